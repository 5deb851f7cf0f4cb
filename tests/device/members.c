/* Who is in, who is told, and who reads what. */
#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "device/device.h"
#include "home.h"
#include "relay/blob.h"

static home_device *anna;
static home_device *watch;

static void begin(void)
{
    home_two(&anna, &watch);
}

TestSuite(members, .init = begin);

static size_t num_members(const home_device *device)
{
    covey_member member;
    size_t num = 0;

    while (
        covey_device_member(device->device, num, home_now(device), &member)) {
        num++;
    }
    return num;
}

/* Blobs of a log that a device's present group opens. */
static size_t opens(const home_device *device, const home_box *box)
{
    static uint8_t message[COVEY_BLOB_MESSAGE_MAX + 64];
    size_t num = 0;

    for (size_t i = 0; i < box->num; i++) {
        covey_writer w = covey_writer_of(message, sizeof message);
        covey_blob blob;

        if (covey_blob_open(&blob, device->device->group,
                            &device->device->log.handshake_key, box->blobs[i],
                            &w) == COVEY_OK) {
            num++;
        }
    }
    return num;
}

Test(members, T06_a_joiner_is_shown_before_anything_is_said)
{
    home_device *ben = home_add("ben", true);
    char uri[COVEY_URI_SIZE];

    watch->shows = false;
    cr_assert_eq(covey_device_invite(ben->device, COVEY_ROLE_GUARDIAN,
                                     HOME_RELAY, 0, home_now(ben), uri),
                 COVEY_OK);
    cr_assert_eq(covey_device_accept(anna->device, uri, false, home_now(anna)),
                 COVEY_OK);
    home_run(40000);
    cr_assert_eq(home_last(watch, COVEY_EVENT_NOTICE)->notice.kind,
                 COVEY_NOTICE_JOIN);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 0);
    cr_assert(home_count(watch, COVEY_EVENT_NOTICE) >= 3);
    watch->shows = true;
    home_run(4 * HOME_MINUTE);
    cr_assert_eq(home_heard(anna, COVEY_CONTENT_LOCATION), 1);
}

Test(members, T06_everybody_sees_the_same_members)
{
    home_device *ben = home_add("ben", true);
    char one[COVEY_SAFETY_NUMBER_SIZE];
    char two[COVEY_SAFETY_NUMBER_SIZE];

    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    home_run(HOME_MINUTE);
    cr_assert_eq(num_members(watch), 3);
    cr_assert_eq(num_members(ben), 3);
    cr_assert_eq(covey_device_safety_number(watch->device, one), COVEY_OK);
    cr_assert_eq(covey_device_safety_number(ben->device, two), COVEY_OK);
    cr_assert_str_eq(one, two);
}

Test(members, T45_a_newcomer_reads_nothing_from_before)
{
    home_device *ben = home_add("ben", true);

    cr_assert_eq(home_text(anna, "before"), COVEY_OK);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    home_box *old = home_box_of(watch);
    cr_assert(opens(anna, old) >= 2);
    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    cr_assert_eq(opens(ben, old), 0);
    cr_assert_eq(home_heard(ben, COVEY_CONTENT_TEXT), 0);
}

Test(members, T43_who_is_removed_opens_nothing_more)
{
    home_device *phone = home_add("old phone", true);
    home_device *thief = calloc(1, sizeof *thief);
    covey_member_id id;

    home_pair(anna, phone, COVEY_ROLE_GUARDIAN, true);
    id = home_id(phone);
    cr_assert_eq(covey_device_remove(anna->device, &id, home_now(anna)),
                 COVEY_OK);
    phone->is_off = true; /* it keeps all that it has */
    home_run(HOME_MINUTE);
    cr_assert_eq(home_last(anna, COVEY_EVENT_DONE)->kind, COVEY_EVENT_DONE);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    cr_assert_eq(home_text(anna, "after"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(opens(phone, home_box_of(watch)), 0);
    phone->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(phone->device), COVEY_DEVICE_ENDED);
    cr_assert_eq(home_heard(phone, COVEY_CONTENT_LOCATION), 0);
    cr_assert_eq(home_count(watch, COVEY_EVENT_REMOVED), 1);
    free(thief);
}

static bool is_confirmed(const home_device *by, const home_device *of)
{
    const covey_member_id id = home_id(of);
    covey_member member;

    for (size_t i = 0;
         covey_device_member(by->device, i, home_now(by), &member); i++) {
        if (memcmp(&member.id, &id, sizeof id) == 0) return member.is_confirmed;
    }
    return false;
}

/* The relay withholds a commit from the watch: its guardian sees that. */
Test(members, T44_a_guardian_sees_that_the_watch_has_not_applied_it)
{
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert(is_confirmed(anna, watch));
    watch->is_off = true;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_run(5 * HOME_MINUTE);
    cr_assert_not(is_confirmed(anna, watch));
    watch->is_off = false;
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert(is_confirmed(anna, watch));
}

Test(members, T46_one_guardian_does_not_remove_another)
{
    home_device *ben = home_add("ben", true);
    covey_member_id id;

    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    id = home_id(ben);
    cr_assert_eq(covey_device_remove(anna->device, &id, home_now(anna)),
                 COVEY_OK);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(num_members(anna), 3);
    cr_assert_eq(home_count(watch, COVEY_EVENT_REMOVAL_PROPOSED), 1);
    /* With the wearer's word it goes. */
    cr_assert_eq(covey_device_remove(watch->device, &id, home_now(watch)),
                 COVEY_OK);
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(num_members(anna), 2);
    cr_assert_eq(covey_device_state_of(ben->device), COVEY_DEVICE_ENDED);
}

Test(members, leaving_is_possible_for_all_but_the_last_guardian)
{
    home_device *ben = home_add("ben", true);

    cr_assert_eq(covey_device_leave(anna->device, home_now(anna)),
                 COVEY_ERR_PERMISSION);
    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    cr_assert_eq(covey_device_leave(ben->device, home_now(ben)), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(ben->device), COVEY_DEVICE_ENDED);
    cr_assert_eq(num_members(watch), 2);
}

Test(members, T54_a_watch_that_leaves_is_seen_to_end)
{
    cr_assert_eq(covey_device_leave(watch->device, home_now(watch)), COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_ENDED);
    cr_assert_eq(home_count(anna, COVEY_EVENT_REMOVED), 1);
    cr_assert_eq(covey_device_wipe(watch->device), COVEY_OK);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_EMPTY);
    for (size_t slot = 1; slot < HOME_SLOTS; slot++) {
        cr_assert_eq(watch->records[slot].len, 0);
    }
}

Test(members, T04_no_device_gives_itself_a_role)
{
    home_device *friend = home_add("friend", true);
    covey_content status = {.kind = COVEY_CONTENT_STATUS};
    const covey_member_id id = home_id(watch);

    home_pair(anna, friend, COVEY_ROLE_FRIEND, false);
    cr_assert_eq(covey_device_send(friend->device, home_now(friend), &status,
                                   NULL),
                 COVEY_ERR_PERMISSION);
    cr_assert_eq(home_fix(friend, 1), COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_device_remove(friend->device, &id, home_now(friend)),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_device_refresh(friend->device, home_now(friend)),
                 COVEY_ERR_STATE);
    /* Not even when its own software lies to it about its role. */
    friend->device->self.role = COVEY_ROLE_GUARDIAN;
    cr_assert_eq(covey_device_refresh(friend->device, home_now(friend)),
                 COVEY_OK);
    cr_assert_eq(home_command(friend, watch, COVEY_COMMAND_LOCATE, 3600000),
                 COVEY_OK);
    home_run(2 * HOME_MINUTE);
    cr_assert_eq(home_count(watch, COVEY_EVENT_NOTICE), 0);
    cr_assert_eq(home_count(watch, COVEY_EVENT_EPOCH), 0);
}

Test(members, the_keys_of_the_watch_are_renewed_each_day)
{
    uint8_t before[COVEY_SIGN_PUBLIC_SIZE];
    covey_mls_member_info info = {.leaf = COVEY_MLS_NO_LEAF};
    uint32_t leaf = covey_mls_own_leaf(watch->device->group);

    while (covey_mls_next_member(anna->device->group, info.leaf, &info) &&
           info.leaf != leaf) {
    }
    memcpy(before, info.signature_key.at, sizeof before);
    for (unsigned i = 0; i < 50; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_run(3600000 / 60);
        home_ms += 3600000 - 60000;
    }
    home_run(HOME_MINUTE);
    info.leaf = COVEY_MLS_NO_LEAF;
    while (covey_mls_next_member(anna->device->group, info.leaf, &info) &&
           info.leaf != leaf) {
    }
    cr_assert_neq(memcmp(before, info.signature_key.at, sizeof before), 0);
    cr_assert(covey_mls_epoch(anna->device->group) >= 3);
}
