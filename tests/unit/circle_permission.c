/* SPEC.md section 2.3: who may send what, the whole table. */
#include <criterion/criterion.h>

#include <covey/circle.h>

#define ROLES 4
#define ACTIONS 21

/* Columns: wearer, guardian, carer, friend. */
static const struct {
    covey_action action;
    const char *roles;
} table[] = {
    {COVEY_ACTION_LOCATION, "w..."},
    {COVEY_ACTION_STATUS, "w..."},
    {COVEY_ACTION_TEXT, "wgcf"},
    {COVEY_ACTION_ATTACHMENT, "wgcf"},
    {COVEY_ACTION_RECEIPT, "wgcf"},
    {COVEY_ACTION_SOS, "w..."},
    {COVEY_ACTION_SOS_ACK, ".gc."},
    {COVEY_ACTION_COMMAND_LOCATE, ".gc."},
    {COVEY_ACTION_COMMAND_RING, ".g.."},
    {COVEY_ACTION_COMMAND_READ_MESSAGE, ".g.."},
    {COVEY_ACTION_COMMAND_SET_POLICY, ".g.."},
    {COVEY_ACTION_COMMAND_FIND_WATCH, ".g.."},
    {COVEY_ACTION_COMMAND_POWER_OFF, ".g.."},
    {COVEY_ACTION_COMMAND_SYNC, ".gc."},
    {COVEY_ACTION_COMMAND_RECEIPT, "w..."},
    {COVEY_ACTION_BOOT, "w..."},
    {COVEY_ACTION_JOINED, "wgcf"},
    {COVEY_ACTION_POLICY_DOCUMENT, ".g.."},
    {COVEY_ACTION_NOTICE, "wg.."},
    {COVEY_ACTION_ACCESS_LOG, "w..."},
    {COVEY_ACTION_PAUSE, "w..."},
};

static bool in_table(int role, int action)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if ((int)table[i].action == action) {
            return role >= 1 && role <= ROLES &&
                   table[i].roles[role - 1] != '.';
        }
    }
    return false;
}

Test(circle_permission, the_table_has_each_action_once)
{
    cr_assert_eq(sizeof table / sizeof table[0], ACTIONS);
    for (int action = 1; action <= ACTIONS; action++) {
        cr_assert_eq((int)table[action - 1].action, action);
    }
}

Test(circle_permission, T47_all_of_the_table_and_nothing_else)
{
    for (int role = -300; role <= 300; role++) {
        for (int action = -300; action <= 300; action++) {
            cr_assert_eq(covey_may((covey_role)role, (covey_action)action),
                         in_table(role, action), "role %d, action %d", role,
                         action);
        }
    }
}

Test(circle_permission, values_far_away_are_refused)
{
    static const int far[] = {INT32_MIN,     INT32_MIN + 1, INT32_MAX,
                              INT32_MAX - 1, 1 << 16,       1 << 24};

    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        for (int near = 0; near <= ACTIONS; near++) {
            cr_assert_not(covey_may((covey_role)far[i], (covey_action)near));
            cr_assert_not(covey_may((covey_role)near, (covey_action)far[i]));
        }
    }
}

Test(circle_permission, T52_a_friend_sends_messages_only)
{
    static const covey_action commands[] = {
        COVEY_ACTION_COMMAND_LOCATE,       COVEY_ACTION_COMMAND_RING,
        COVEY_ACTION_COMMAND_READ_MESSAGE, COVEY_ACTION_COMMAND_SET_POLICY,
        COVEY_ACTION_COMMAND_FIND_WATCH,   COVEY_ACTION_COMMAND_POWER_OFF,
        COVEY_ACTION_COMMAND_SYNC,         COVEY_ACTION_SOS_ACK};

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        cr_assert_not(covey_may(COVEY_ROLE_FRIEND, commands[i]));
    }
    cr_assert(covey_may(COVEY_ROLE_FRIEND, COVEY_ACTION_TEXT));
}
