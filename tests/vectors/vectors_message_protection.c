/*
 * mls/message-protection.json: RFC 9420 sections 6.1 to 6.3.
 */
#include <covey/error.h>

#include "mls/framing.h"
#include "mls/types.h"
#include "support/random.h"
#include "vectors/values.h"

#define ROOM 4096
#define SENDER 1

/* A leaf of the tree: the messages' sender is looked up there. */
static void set_leaf(covey_tree *tree, uint32_t leaf, covey_bytes public_key)
{
    uint8_t *at = test_alloc(COVEY_MLS_LEAF_NODE_MAX);
    covey_writer w = covey_writer_of(at, COVEY_MLS_LEAF_NODE_MAX);
    const covey_leaf_node node = {
        .signature_key = public_key,
        .credential_type = COVEY_CREDENTIAL_BASIC,
        .source = COVEY_SOURCE_UPDATE,
    };

    covey_write_leaf_node(&w, &node);
    cr_assert_eq(covey_writer_finish(&w), COVEY_OK);
    covey_tree_set_leaf(tree, (covey_leaf_index){leaf},
                        covey_writer_since(&w, 0));
}

/* A fresh view of the group, of one of its two members. */
static covey_epoch *epoch_of(const json_t *value, uint32_t self)
{
    covey_epoch *epoch = (covey_epoch *)(void *)test_alloc(sizeof *epoch);
    covey_bytes group_id = vector_hex(value, "group_id");
    covey_bytes seed = vector_hex(value, "signature_priv");
    covey_encryption_secret root = {vector_secret(value, "encryption_secret")};

    cr_assert_eq(seed.len, COVEY_SIGN_SEED_SIZE);
    cr_assert_leq(group_id.len, COVEY_MLS_GROUP_ID_MAX);
    epoch->context = (covey_group_context){
        .suite = vector_suite(),
        .epoch = vector_number(value, "epoch"),
        .group_id_len = (uint8_t)group_id.len,
        .confirmed_transcript_hash_len = COVEY_HASH_SIZE,
        .tree_hash = vector_digest(value, "tree_hash"),
        .confirmed_transcript_hash =
            vector_digest(value, "confirmed_transcript_hash"),
    };
    memcpy(epoch->context.group_id, group_id.at, group_id.len);
    covey_tree_init(&epoch->tree);
    epoch->tree.width = 2;
    set_leaf(&epoch->tree, 1 - SENDER, hex("00"));
    set_leaf(&epoch->tree, SENDER, vector_hex(value, "signature_pub"));
    epoch->keys.self.value = self;
    covey_sign_key_of_seed(&epoch->sign_key, seed.at);
    epoch->sender_data_secret.secret =
        vector_secret(value, "sender_data_secret");
    epoch->membership_key.secret = vector_secret(value, "membership_key");
    covey_secret_tree_init(&epoch->secret_tree, &root, 2);
    return epoch;
}

/* The bytes that the vectors call the raw proposal, commit or application
 * data. */
static covey_bytes raw_of(const covey_authenticated_content *content)
{
    return content->content_type == COVEY_CONTENT_APPLICATION
               ? content->content.of.application
               : content->content.encoding;
}

static void check_opens(const json_t *value, covey_bytes message, uint8_t type,
                        covey_bytes raw)
{
    covey_epoch *epoch = epoch_of(value, 1 - SENDER);
    covey_scratch scratch = covey_scratch_of(test_alloc(ROOM), ROOM);
    covey_authenticated_content content;

    cr_assert_eq(covey_framing_open(&content, epoch, message, 0, &scratch),
                 COVEY_OK);
    cr_assert_eq(content.content_type, type);
    cr_assert_eq(content.sender.value, SENDER);
    check_bytes(raw_of(&content), raw);
    covey_framing_take(epoch, &content);
    /* A PrivateMessage is used up; a PublicMessage can be read again. */
    scratch = covey_scratch_of(test_alloc(ROOM), ROOM);
    cr_assert_eq(covey_framing_open(&content, epoch, message, 0, &scratch),
                 content.wire_format == COVEY_WIRE_PRIVATE_MESSAGE
                     ? COVEY_ERR_REPLAY
                     : COVEY_OK);
}

/* Any changed byte is noticed. */
static void check_altered(const json_t *value, covey_bytes message)
{
    for (size_t i = 0; i < message.len; i++) {
        covey_epoch *epoch = epoch_of(value, 1 - SENDER);
        covey_scratch scratch = covey_scratch_of(test_alloc(ROOM), ROOM);
        covey_authenticated_content content;
        uint8_t *altered = test_copy(message);

        altered[i] ^= 1;
        cr_assert_neq(covey_framing_open(&content, epoch,
                                         covey_bytes_of(altered, message.len),
                                         0, &scratch),
                      COVEY_OK, "byte %zu", i);
    }
}

/* Frames the raw bytes anew; the error of the first step where it fails. */
static int protect(covey_writer *w, const json_t *value, uint8_t type,
                   covey_bytes raw, bool as_public)
{
    covey_epoch *epoch = epoch_of(value, SENDER);
    covey_scratch scratch = covey_scratch_of(test_alloc(ROOM), ROOM);
    test_random source = test_random_of(5);
    covey_random random = test_random_hook(&source);
    const covey_mls_framing framing = {.as_public = as_public};
    const covey_digest tag = {{1, 2, 3}};
    covey_outgoing out;
    int err = covey_outgoing_begin(&out, epoch, type, &framing, &scratch);

    if (err) return err;
    covey_writer content = covey_writer_of(covey_content_place(&out.text),
                                           covey_content_room(&out.text));
    if (type == COVEY_CONTENT_APPLICATION) {
        covey_write_vec(&content, raw);
    } else {
        covey_write_fixed(&content, raw);
    }
    err = covey_outgoing_sign(&out, epoch, content.len);
    if (!err) {
        err = covey_outgoing_seal(w, &out, epoch,
                                  type == COVEY_CONTENT_COMMIT ? &tag : NULL,
                                  &framing, &random);
    }
    return err;
}

static void check_protects(const json_t *value, uint8_t type, covey_bytes raw,
                           bool as_public)
{
    covey_writer w = covey_writer_of(test_alloc(ROOM), ROOM);

    cr_assert_eq(protect(&w, value, type, raw, as_public), COVEY_OK);
    check_opens(value, covey_writer_since(&w, 0), type, raw);
}

static void check_case(const json_t *value)
{
    static const struct {
        uint8_t type;
        const char *raw;
        const char *pub;
        const char *priv;
    } contents[] = {
        {COVEY_CONTENT_PROPOSAL, "proposal", "proposal_pub", "proposal_priv"},
        {COVEY_CONTENT_COMMIT, "commit", "commit_pub", "commit_priv"},
        {COVEY_CONTENT_APPLICATION, "application", NULL, "application_priv"},
    };

    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        uint8_t type = contents[i].type;
        covey_bytes raw = vector_hex(value, contents[i].raw);
        covey_bytes priv = vector_hex(value, contents[i].priv);

        check_opens(value, priv, type, raw);
        check_altered(value, priv);
        check_protects(value, type, raw, false);
        if (contents[i].pub != NULL) {
            covey_bytes pub = vector_hex(value, contents[i].pub);

            check_opens(value, pub, type, raw);
            check_altered(value, pub);
            check_protects(value, type, raw, true);
        } else {
            covey_writer w = covey_writer_of(test_alloc(ROOM), ROOM);

            cr_assert_eq(protect(&w, value, type, raw, true),
                         COVEY_ERR_ARGUMENT);
        }
        test_free_all();
    }
}

Test(vectors, message_protection)
{
    const json_t *root = vectors_open("mls/message-protection.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        check_suite(value);
        check_case(value);
        num++;
    }
    report_cases("message-protection", num, json_array_size(root));
}
