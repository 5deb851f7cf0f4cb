#include "mls/extension.h"

#include <covey/error.h>

#include "base/limits.h"
#include "mls/types.h"

covey_extension covey_read_extension(covey_reader *r)
{
    covey_extension extension;

    extension.type = covey_read_u16(r);
    extension.data = covey_read_vec(r);
    return extension;
}

int covey_extensions_check(covey_bytes list)
{
    uint16_t seen[COVEY_MLS_EXTENSION_TYPES_MAX];
    size_t num = 0;
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_extension extension = covey_read_extension(&r);

        if (r.failed) break;
        if (num == COVEY_MLS_EXTENSION_TYPES_MAX) return COVEY_ERR_PROFILE;
        for (size_t i = 0; i < num; i++) {
            if (seen[i] == extension.type) return COVEY_ERR_EXTENSION;
        }
        seen[num++] = extension.type;
    }
    return covey_reader_finish(&r);
}

bool covey_extensions_find(covey_bytes list, uint16_t type, covey_bytes *data)
{
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        covey_extension extension = covey_read_extension(&r);

        if (!r.failed && extension.type == type) {
            *data = extension.data;
            return true;
        }
    }
    return false;
}

bool covey_u16_listed(covey_bytes list, uint16_t value)
{
    covey_reader r = covey_reader_of(list);

    while (covey_reader_more(&r)) {
        uint16_t listed = covey_read_u16(&r);

        if (!r.failed && listed == value) return true;
    }
    return false;
}

bool covey_extension_is_default(uint16_t type)
{
    return type >= COVEY_EXTENSION_APPLICATION_ID &&
           type <= COVEY_EXTENSION_EXTERNAL_SENDERS;
}

bool covey_proposal_is_default(uint16_t type)
{
    return type >= COVEY_PROPOSAL_ADD &&
           type <= COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

int covey_required_capabilities_of(covey_required_capabilities *out,
                                   covey_bytes extensions)
{
    covey_bytes data = covey_bytes_of(NULL, 0);

    *out = (covey_required_capabilities){data, data, data};
    if (!covey_extensions_find(extensions,
                               COVEY_EXTENSION_REQUIRED_CAPABILITIES, &data)) {
        return COVEY_OK;
    }
    covey_reader r = covey_reader_of(data);
    out->extensions = covey_read_vec(&r);
    out->proposals = covey_read_vec(&r);
    out->credentials = covey_read_vec(&r);
    if ((out->extensions.len | out->proposals.len | out->credentials.len) & 1) {
        return COVEY_ERR_MALFORMED;
    }
    return covey_reader_finish(&r);
}
