#include "device/leaf.h"

covey_mls_member covey_leaf_of(const covey_member_id *id, int64_t utc_ms)
{
    static const uint16_t types[] = {COVEY_EXTENSION_ROSTER};
    uint64_t now_s = (uint64_t)utc_ms / 1000;
    uint64_t early = now_s > 86400 ? now_s - 86400 : 0;

    /* Nobody compares it with a clock here: a KeyPackage is as fresh as the
     * invite that seals it. */
    return (covey_mls_member){
        .identity = covey_member_id_bytes(id),
        .extension_types = types,
        .num_extension_types = 1,
        .not_before_s = early,
        .not_after_s = early + 14 * 86400,
    };
}

covey_mls_limits covey_limits_of(covey_role role)
{
    return (covey_mls_limits){
        .forward_max = role == COVEY_ROLE_WEARER ? 0 : COVEY_PHONE_FORWARD_MAX,
    };
}
