/*
 * Lists of extensions, RFC 9420 section 13.4, kept as the bytes that stand
 * inside their vector; unknown ones stay as they came.
 */
#ifndef COVEY_MLS_EXTENSION_H
#define COVEY_MLS_EXTENSION_H

#include "base/reader.h"

typedef struct {
    uint16_t type;
    covey_bytes data;
} covey_extension;

covey_extension covey_read_extension(covey_reader *r);

/* COVEY_ERR_MALFORMED; COVEY_ERR_EXTENSION when a type comes twice;
 * COVEY_ERR_PROFILE above COVEY_MLS_EXTENSION_TYPES_MAX. */
int covey_extensions_check(covey_bytes list);

/* The data of the extension of this type; false when there is none. */
bool covey_extensions_find(covey_bytes list, uint16_t type, covey_bytes *data);

/* Whether a vector of uint16 holds this value. */
bool covey_u16_listed(covey_bytes list, uint16_t value);

/* Whether every member is expected to know it: section 7.2. */
bool covey_extension_is_default(uint16_t type);
bool covey_proposal_is_default(uint16_t type);

/* RequiredCapabilities, section 11.1: vectors of uint16. */
typedef struct {
    covey_bytes extensions;
    covey_bytes proposals;
    covey_bytes credentials;
} covey_required_capabilities;

/* Those of a GroupContext's extensions; all empty when there are none.
 * COVEY_ERR_MALFORMED. */
int covey_required_capabilities_of(covey_required_capabilities *out,
                                   covey_bytes extensions);

#endif
