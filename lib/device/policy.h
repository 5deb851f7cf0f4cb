/*
 * Policy documents: named in the roster, kept in records of their own, and in
 * force on the watch once its wearer was told.
 */
#ifndef COVEY_DEVICE_POLICY_H
#define COVEY_DEVICE_POLICY_H

#include "device/device.h"

/* Whether this device has the document, and the roster names it. */
bool covey_policy_has(const covey_device *d, const covey_document_name *name);

/* A document came, as a payload's bytes in the scratch part of the work
 * memory: kept, if it is the one that the roster names. Then it is saved, and
 * *payload is what the event shows; its kind is 0 when it was not kept. */
int covey_policy_heard(covey_device *d, covey_bytes bytes,
                       covey_payload *payload);

/* Keeps one's own document, that has just come into the roster. The bytes lie
 * outside of the work memory. */
int covey_policy_keep(covey_device *d, const covey_document *document,
                      covey_bytes bytes);

/* On the watch: from now on it holds. COVEY_ERR_REFERENCE. */
int covey_policy_enforce(covey_device *d, const covey_document_name *name);

/* The document of a kind, decoded in the front part of the work memory.
 * COVEY_ERR_REFERENCE. */
int covey_policy_load(covey_device *d, uint32_t kind, covey_payload *payload);

/* The entry of the roster; NULL. */
const covey_roster_document *covey_policy_named(const covey_roster *roster,
                                                uint32_t kind);

/* Sends every document that this device has: to a newcomer. */
int covey_policy_say_all(covey_device *d);

#endif
