#include "device/lookup.h"

#include "base/bytes.h"
#include "circle/standing.h"

covey_member_id covey_id_of(covey_bytes identity)
{
    covey_member_id id = {{0}};

    if (identity.len == sizeof id.bytes) {
        memcpy(id.bytes, identity.at, sizeof id.bytes);
    }
    return id;
}

covey_member_id covey_id_at(const covey_mls_group *group, uint32_t leaf)
{
    return covey_id_of(covey_standing_identity(group, leaf));
}

uint32_t covey_leaf_with(const covey_mls_group *group,
                         const covey_member_id *id)
{
    covey_mls_member_info info = {.leaf = COVEY_MLS_NO_LEAF};

    while (covey_mls_next_member(group, info.leaf, &info)) {
        if (covey_bytes_same(info.identity, covey_member_id_bytes(id))) {
            return info.leaf;
        }
    }
    return COVEY_MLS_NO_LEAF;
}
