#include "forge.h"

#include "mls/framing.h"
#include "mls/group.h"
#include "mls/message_key.h"
#include "mls/types.h"
#include "relay/blob.h"

size_t sim_forge(covey_mls_group *group, const covey_random *random,
                 const sim_forgery *how, covey_bytes data,
                 covey_buffer *scratch, covey_buffer *out)
{
    const covey_epoch *epoch = &group->epoch;
    covey_scratch s = covey_scratch_of(scratch->at, scratch->cap);
    covey_writer w = covey_writer_of(out->at, out->cap);
    covey_mls_framing framing = covey_blob_framing();
    covey_outgoing message;

    if (covey_outgoing_begin(&message, epoch, COVEY_CONTENT_APPLICATION,
                             &framing, &s)) {
        return 0;
    }
    covey_writer content = covey_writer_of(covey_content_place(&message.text),
                                           covey_content_room(&message.text));

    covey_write_vec(&content, data);
    if (covey_writer_finish(&content) ||
        covey_outgoing_sign(&message, epoch, content.len)) {
        return 0;
    }
    if (how->is_unsigned) message.signature[5] ^= 1;
    if (how->as_leaf != COVEY_MLS_NO_LEAF) {
        covey_leaf_index leaf = {how->as_leaf};

        message.key_name.leaf = leaf;
        message.key_name.generation =
            covey_secret_tree_next(&epoch->secret_tree, leaf,
                                   COVEY_RATCHET_APPLICATION);
    }
    if (covey_outgoing_seal(&w, &message, epoch, NULL, &framing, random)) {
        return 0;
    }
    covey_outgoing_take(&group->epoch, &message);
    return w.len;
}
