/*
 * mls/messages.json: every field decodes as its structure, and encodes again
 * to the same bytes from the decoded parts.
 */
#include <covey/error.h>

#include "mls/message.h"
#include "mls/types.h"
#include "support/reencode.h"
#include "vectors/values.h"

static void check_again(covey_bytes bytes, reencode_kind kind, const char *name)
{
    covey_bytes again;

    cr_assert_eq(reencode(&again, kind, bytes), COVEY_OK, "%s", name);
    check_bytes(again, bytes);
    /* Nothing behind it, nothing missing. */
    for (size_t len = 0; len < bytes.len; len++) {
        cr_assert_neq(reencode(&again, kind, covey_bytes_of(bytes.at, len)),
                      COVEY_OK, "%s", name);
    }
    covey_writer w = covey_writer_of(test_alloc(bytes.len + 1), bytes.len + 1);
    covey_write_fixed(&w, bytes);
    covey_write_u8(&w, 0);
    cr_assert_eq(reencode(&again, kind, covey_writer_since(&w, 0)),
                 COVEY_ERR_MALFORMED, "%s", name);
}

static void check_message(const json_t *value, const char *key, uint16_t format,
                          uint8_t content_type)
{
    covey_bytes bytes = vector_hex(value, key);
    covey_public_message message;
    covey_reader body;

    cr_assert_eq(covey_message_body(&body, bytes, format), COVEY_OK, "%s", key);
    if (format == COVEY_WIRE_PUBLIC_MESSAGE) {
        covey_read_public_message(&body, &message);
        cr_assert_eq(message.framed.content_type, content_type);
    }
    check_again(bytes, REENCODE_MESSAGE, key);
}

/* The vectors hold the structure without its type. */
static void check_proposal(const json_t *value, const char *key, uint16_t type)
{
    covey_bytes bytes = vector_hex(value, key);
    covey_writer w = covey_writer_of(test_alloc(2 + bytes.len), 2 + bytes.len);

    covey_write_u16(&w, type);
    covey_write_fixed(&w, bytes);
    check_again(covey_writer_since(&w, 0), REENCODE_PROPOSAL, key);
}

static void check_messages(const json_t *value)
{
    check_message(value, "mls_welcome", COVEY_WIRE_WELCOME, 0);
    check_message(value, "mls_group_info", COVEY_WIRE_GROUP_INFO, 0);
    check_message(value, "mls_key_package", COVEY_WIRE_KEY_PACKAGE, 0);
    check_message(value, "public_message_application",
                  COVEY_WIRE_PUBLIC_MESSAGE, COVEY_CONTENT_APPLICATION);
    check_message(value, "public_message_proposal", COVEY_WIRE_PUBLIC_MESSAGE,
                  COVEY_CONTENT_PROPOSAL);
    check_message(value, "public_message_commit", COVEY_WIRE_PUBLIC_MESSAGE,
                  COVEY_CONTENT_COMMIT);
    check_message(value, "private_message", COVEY_WIRE_PRIVATE_MESSAGE, 0);
}

static void check_proposals(const json_t *value)
{
    check_proposal(value, "add_proposal", COVEY_PROPOSAL_ADD);
    check_proposal(value, "update_proposal", COVEY_PROPOSAL_UPDATE);
    check_proposal(value, "remove_proposal", COVEY_PROPOSAL_REMOVE);
    check_proposal(value, "pre_shared_key_proposal", COVEY_PROPOSAL_PSK);
    check_proposal(value, "re_init_proposal", COVEY_PROPOSAL_REINIT);
    check_proposal(value, "external_init_proposal",
                   COVEY_PROPOSAL_EXTERNAL_INIT);
    check_proposal(value, "group_context_extensions_proposal",
                   COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS);
}

Test(vectors, messages)
{
    const json_t *root = vectors_open("mls/messages.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        check_messages(value);
        check_proposals(value);
        check_again(vector_hex(value, "ratchet_tree"), REENCODE_RATCHET_TREE,
                    "ratchet_tree");
        check_again(vector_hex(value, "group_secrets"), REENCODE_GROUP_SECRETS,
                    "group_secrets");
        check_again(vector_hex(value, "commit"), REENCODE_COMMIT, "commit");
        num++;
        test_free_all();
    }
    report_cases("messages", num, json_array_size(root));
}
