/* Application messages, and telling messages apart. */
#include <covey/error.h>

#include "base/secret.h"
#include "mls/framing.h"
#include "mls/group.h"
#include "mls/types.h"

int covey_mls_protect(covey_mls_group *group, const covey_random *random,
                      covey_bytes data, const covey_mls_framing *framing,
                      covey_buffer *scratch, covey_buffer *out)
{
    static const covey_mls_framing no_framing;
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_outgoing message;

    out->len = 0;
    if (group->state != COVEY_GROUP_OPEN) return COVEY_ERR_STATE;
    if (framing == NULL) framing = &no_framing;

    int err = covey_outgoing_begin(&message, &group->epoch,
                                   COVEY_CONTENT_APPLICATION, framing, &s);
    if (err) return err;
    covey_writer content = covey_writer_of(covey_content_place(&message.text),
                                           covey_content_room(&message.text));
    covey_writer w = covey_writer_of(out->at, out->cap);
    covey_write_vec(&content, data);
    err = covey_writer_finish(&content);
    if (!err) err = covey_outgoing_sign(&message, &group->epoch, content.len);
    if (!err) {
        err = covey_outgoing_seal(&w, &message, &group->epoch, NULL, framing,
                                  random);
    }
    if (err) return err;
    covey_outgoing_take(&group->epoch, &message);
    out->len = w.len;
    return COVEY_OK;
}

int covey_mls_unprotect(covey_mls_group *group, covey_bytes message,
                        covey_buffer *scratch, covey_mls_received *received)
{
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_authenticated_content content;
    covey_leaf_node leaf;

    if (group->state != COVEY_GROUP_OPEN) return COVEY_ERR_STATE;

    int err = covey_framing_open(&content, &group->epoch, message,
                                 group->limits.forward_max, &s);
    if (!err && content.content_type != COVEY_CONTENT_APPLICATION) {
        err = COVEY_ERR_MALFORMED;
    }
    if (err) return err;
    covey_framing_take(&group->epoch, &content);
    covey_tree_leaf(&group->epoch.tree, content.sender, &leaf);
    *received = (covey_mls_received){
        .sender = content.sender.value,
        .generation = content.generation,
        .identity = leaf.identity,
        .authenticated_data = content.authenticated_data,
        .data = content.content.of.application,
    };
    return COVEY_OK;
}

int covey_mls_pass_over(covey_mls_group *group, uint32_t num)
{
    covey_secret_tree *tree = &group->epoch.secret_tree;
    covey_aead_key key;

    if (group->state != COVEY_GROUP_OPEN) return COVEY_ERR_STATE;
    if (num > COVEY_MLS_SKIPPED_MAX) return COVEY_ERR_ARGUMENT;
    if (num == 0) return COVEY_OK;
    covey_key_name name = {group->epoch.keys.self, COVEY_RATCHET_APPLICATION,
                           0};
    name.generation = covey_secret_tree_next(tree, name.leaf, name.kind);
    if (name.generation > UINT32_MAX - 1 - num) return COVEY_ERR_EXHAUSTED;
    name.generation += num;
    int err = covey_secret_tree_peek(&key, tree, &name, num);
    if (!err) covey_secret_tree_take(tree, &name);
    covey_wipe(&key, sizeof key);
    return err;
}

int covey_group_try_sender_data(const covey_mls_group *group,
                                uint8_t content_type,
                                covey_bytes encrypted_sender_data,
                                covey_bytes ciphertext)
{
    const covey_private_message message = {
        .content_type = content_type,
        .encrypted_sender_data = encrypted_sender_data,
        .ciphertext = ciphertext,
    };

    if (group->state != COVEY_GROUP_OPEN) return COVEY_ERR_AUTH;
    return covey_framing_try(&group->epoch, &message);
}

/* Reads as far as the content type of a message that is not encrypted. */
static int peek_public(covey_reader *r, uint8_t *content_type, uint64_t *epoch)
{
    (void)covey_read_vec(r);
    *epoch = covey_read_u64(r);

    uint8_t sender = covey_read_u8(r);
    if (sender == COVEY_SENDER_MEMBER || sender == COVEY_SENDER_EXTERNAL) {
        (void)covey_read_u32(r);
    }
    (void)covey_read_vec(r);
    *content_type = covey_read_u8(r);
    return r->failed || sender < COVEY_SENDER_MEMBER ||
                   sender > COVEY_SENDER_NEW_MEMBER_COMMIT ||
                   *content_type > COVEY_CONTENT_COMMIT
               ? COVEY_ERR_MALFORMED
               : COVEY_OK;
}

static int peek_private(covey_reader *r, uint8_t *content_type, uint64_t *epoch)
{
    covey_private_message message;

    covey_read_private_message(r, &message);
    *content_type = message.content_type;
    *epoch = message.epoch;
    return covey_reader_finish(r);
}

int covey_mls_message_peek(covey_bytes message, covey_mls_message_kind *kind,
                           uint64_t *epoch)
{
    covey_reader r = covey_reader_of(message);
    covey_message_head head = covey_read_message_head(&r);
    uint8_t content_type = 0;
    uint64_t number = 0;
    int err = COVEY_OK;

    if (r.failed) return COVEY_ERR_MALFORMED;
    if (head.version != COVEY_MLS10) return COVEY_ERR_PROFILE;
    switch (head.wire_format) {
    case COVEY_WIRE_PUBLIC_MESSAGE:
        err = peek_public(&r, &content_type, &number);
        break;
    case COVEY_WIRE_PRIVATE_MESSAGE:
        err = peek_private(&r, &content_type, &number);
        break;
    case COVEY_WIRE_WELCOME: content_type = COVEY_MLS_MESSAGE_WELCOME; break;
    case COVEY_WIRE_GROUP_INFO:
        content_type = COVEY_MLS_MESSAGE_GROUP_INFO;
        break;
    case COVEY_WIRE_KEY_PACKAGE:
        content_type = COVEY_MLS_MESSAGE_KEY_PACKAGE;
        break;
    default: return COVEY_ERR_PROFILE;
    }
    if (!err && (content_type < COVEY_MLS_MESSAGE_APPLICATION ||
                 content_type > COVEY_MLS_MESSAGE_KEY_PACKAGE)) {
        err = COVEY_ERR_MALFORMED;
    }
    if (err) return err;
    *kind = (covey_mls_message_kind)content_type;
    if (epoch != NULL) *epoch = number;
    return COVEY_OK;
}
