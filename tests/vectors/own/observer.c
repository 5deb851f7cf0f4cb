#include "observer.h"

#include <covey/error.h>

#include "mls/framing.h"
#include "mls/group.h"
#include "mls/tree_codec.h"
#include "support/bytes.h"

#define ROOM 65536

static covey_bytes copy_of(const void *at, size_t len)
{
    return covey_bytes_of(test_copy(covey_bytes_of(at, len)), len);
}

static covey_secret root_of(const covey_secret_tree *tree)
{
    return tree->width == 1
               ? tree->senders[0].ratchets[0].secret
               : tree->nodes[covey_tree_root(tree->width).value / 2];
}

void observer_note(observer_epoch *out, const covey_mls_group *group)
{
    const covey_epoch *epoch = &group->epoch;
    const covey_secret root = root_of(&epoch->secret_tree);
    covey_writer context = covey_writer_of(test_alloc(ROOM), ROOM);
    covey_writer tree = covey_writer_of(test_alloc(ROOM), ROOM);

    covey_write_group_context(&context, &epoch->context);
    covey_write_ratchet_tree(&tree, &epoch->tree);
    out->epoch = epoch->context.epoch;
    out->group_context = covey_writer_since(&context, 0);
    out->ratchet_tree = covey_writer_since(&tree, 0);
    out->sender_data_secret =
        copy_of(&epoch->sender_data_secret, sizeof epoch->sender_data_secret);
    out->encryption_secret = copy_of(&root, sizeof root);
    out->epoch_authenticator =
        copy_of(&epoch->epoch_authenticator, sizeof epoch->epoch_authenticator);
    out->init_secret = copy_of(&epoch->init_secret, sizeof epoch->init_secret);
    out->interim_transcript_hash =
        copy_of(&epoch->interim_transcript_hash,
                sizeof epoch->interim_transcript_hash);
}

covey_mls_group *observer_group(const observer_epoch *from)
{
    size_t size = covey_mls_group_size();
    covey_mls_group *group = covey_mls_group_at(test_alloc(size), size);
    covey_epoch *epoch = &group->epoch;
    covey_reader r = covey_reader_of(from->group_context);
    covey_encryption_secret root;

    if (covey_read_group_context(&r, &epoch->context) != COVEY_OK ||
        covey_reader_finish(&r) != COVEY_OK ||
        covey_ratchet_tree_decode(&epoch->tree, from->ratchet_tree,
                                  epoch->context.suite) != COVEY_OK ||
        from->encryption_secret.len != sizeof root ||
        from->sender_data_secret.len != sizeof epoch->sender_data_secret ||
        covey_limits_resolve(&group->limits, NULL) != COVEY_OK) {
        return NULL;
    }
    memcpy(&root, from->encryption_secret.at, sizeof root);
    memcpy(&epoch->sender_data_secret, from->sender_data_secret.at,
           sizeof epoch->sender_data_secret);
    covey_secret_tree_init(&epoch->secret_tree, &root, epoch->tree.width);
    epoch->keys.self = (covey_leaf_index){UINT32_MAX};
    group->state = COVEY_GROUP_OPEN;
    return group;
}

int observer_open_handshake(covey_mls_group *group, covey_bytes message,
                            uint32_t *sender, uint32_t *generation,
                            uint8_t *kind)
{
    covey_scratch scratch = covey_scratch_of(test_alloc(ROOM), ROOM);
    covey_authenticated_content content;

    int err = covey_framing_open(&content, &group->epoch, message,
                                 group->limits.forward_max, &scratch);
    if (err) return err;
    covey_framing_take(&group->epoch, &content);
    *sender = content.sender.value;
    *generation = content.generation;
    *kind = content.content_type;
    return COVEY_OK;
}

covey_bytes observer_identity(const covey_mls_group *group, uint32_t leaf)
{
    const covey_tree *tree = &group->epoch.tree;
    covey_leaf_node node;

    if (leaf >= tree->width ||
        !covey_tree_has_leaf(tree, (covey_leaf_index){leaf})) {
        return covey_bytes_of(NULL, 0);
    }
    covey_tree_leaf(tree, (covey_leaf_index){leaf}, &node);
    return node.identity;
}
