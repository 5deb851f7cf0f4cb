/*
 * The words of a circle: the family group around one wearer. Who is in it,
 * in which role, and what a role may do.
 */
#ifndef COVEY_CIRCLE_H
#define COVEY_CIRCLE_H

#include <stdbool.h>

#include <covey/error.h>
#include <covey/export.h>
#include <covey/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COVEY_MEMBER_ID_SIZE 16
#define COVEY_DIGITS_SIZE 7         /* six digits and the end */
#define COVEY_SAFETY_NUMBER_SIZE 36 /* six groups of five, and the end */

/* Names a device in its circle for as long as it is in it: random, made by
 * the device, the identity of its MLS credential. */
typedef struct {
    uint8_t bytes[COVEY_MEMBER_ID_SIZE];
} covey_member_id;

typedef enum {
    COVEY_ROLE_WEARER = 1,   /* the watch: one in each circle */
    COVEY_ROLE_GUARDIAN = 2, /* a parent's phone */
    COVEY_ROLE_CARER = 3,    /* limited, and expiring */
    COVEY_ROLE_FRIEND = 4    /* messages only */
} covey_role;

/* What a member may send; see covey_may. */
typedef enum {
    COVEY_ACTION_LOCATION = 1,
    COVEY_ACTION_STATUS = 2,
    COVEY_ACTION_TEXT = 3,
    COVEY_ACTION_ATTACHMENT = 4,
    COVEY_ACTION_RECEIPT = 5,
    COVEY_ACTION_SOS = 6,
    COVEY_ACTION_SOS_ACK = 7,
    COVEY_ACTION_COMMAND_LOCATE = 8,
    COVEY_ACTION_COMMAND_RING = 9,
    COVEY_ACTION_COMMAND_READ_MESSAGE = 10,
    COVEY_ACTION_COMMAND_SET_POLICY = 11,
    COVEY_ACTION_COMMAND_FIND_WATCH = 12,
    COVEY_ACTION_COMMAND_POWER_OFF = 13,
    COVEY_ACTION_COMMAND_SYNC = 14,
    COVEY_ACTION_COMMAND_RECEIPT = 15,
    COVEY_ACTION_BOOT = 16,
    COVEY_ACTION_JOINED = 17,
    COVEY_ACTION_POLICY_DOCUMENT = 18,
    COVEY_ACTION_NOTICE = 19,
    COVEY_ACTION_ACCESS_LOG = 20,
    COVEY_ACTION_PAUSE = 21
} covey_action;

/**
 * Whether a role may send something. Every receiver asks this about the
 * authenticated sender.
 *
 * Source: SPEC.md section 2.3.
 *
 * @param role    Of the sender.
 * @param action  What it sent.
 *
 * @retval true   It may.
 * @retval false  It may not, or one of the values is not known.
 */
COVEY_API bool covey_may(covey_role role, covey_action action);

#ifdef __cplusplus
}
#endif

#endif
