#include <covey/circle.h>

#define WEARER (1u << COVEY_ROLE_WEARER)
#define GUARDIAN (1u << COVEY_ROLE_GUARDIAN)
#define CARER (1u << COVEY_ROLE_CARER)
#define FRIEND (1u << COVEY_ROLE_FRIEND)
#define ALL (WEARER | GUARDIAN | CARER | FRIEND)

/* SPEC.md section 2.3. What is not in the table, nobody may. */
static const uint8_t allowed[] = {
    [COVEY_ACTION_LOCATION] = WEARER,
    [COVEY_ACTION_STATUS] = WEARER,
    [COVEY_ACTION_TEXT] = ALL,
    [COVEY_ACTION_ATTACHMENT] = ALL,
    [COVEY_ACTION_RECEIPT] = ALL,
    [COVEY_ACTION_SOS] = WEARER,
    [COVEY_ACTION_SOS_ACK] = GUARDIAN | CARER,
    [COVEY_ACTION_COMMAND_LOCATE] = GUARDIAN | CARER,
    [COVEY_ACTION_COMMAND_RING] = GUARDIAN,
    [COVEY_ACTION_COMMAND_READ_MESSAGE] = GUARDIAN,
    [COVEY_ACTION_COMMAND_SET_POLICY] = GUARDIAN,
    [COVEY_ACTION_COMMAND_FIND_WATCH] = GUARDIAN,
    [COVEY_ACTION_COMMAND_POWER_OFF] = GUARDIAN,
    [COVEY_ACTION_COMMAND_SYNC] = GUARDIAN | CARER,
    [COVEY_ACTION_COMMAND_RECEIPT] = WEARER,
    [COVEY_ACTION_BOOT] = WEARER,
    [COVEY_ACTION_JOINED] = ALL,
    [COVEY_ACTION_POLICY_DOCUMENT] = GUARDIAN,
    [COVEY_ACTION_NOTICE] = WEARER | GUARDIAN,
    [COVEY_ACTION_ACCESS_LOG] = WEARER,
    [COVEY_ACTION_PAUSE] = WEARER,
};

bool covey_may(covey_role role, covey_action action)
{
    int at = (int)action;

    return (int)role >= (int)COVEY_ROLE_WEARER &&
           (int)role <= (int)COVEY_ROLE_FRIEND && at >= 0 &&
           (size_t)at < sizeof allowed / sizeof allowed[0] &&
           (allowed[at] >> role & 1u) != 0;
}
