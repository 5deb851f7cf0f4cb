/* What honest members could decide differently, and must not. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "device/device.h"
#include "device/say.h"
#include "home.h"
#include "mls/group.h"
#include "relay/blob.h"
#include "support/bytes.h"

static home_device *anna;
static home_device *ben;
static home_device *fred;
static home_device *watch;

static void forget_events(void)
{
    anna->num_events = 0;
    ben->num_events = 0;
    fred->num_events = 0;
    watch->num_events = 0;
}

/* Two guardians, a friend, and the watch. */
static void begin(void)
{
    home_two(&anna, &watch);
    ben = home_add("ben", true);
    home_pair(anna, ben, COVEY_ROLE_GUARDIAN, false);
    fred = home_add("fred", false);
    home_pair(anna, fred, COVEY_ROLE_FRIEND, false);
    home_run(HOME_MINUTE);
    forget_events();
}

TestSuite(agree, .init = begin);

/* Everybody says something, again and again, and hears what the others say. */
static void check_all_agree(void)
{
    home_device *all[] = {anna, ben, watch};
    size_t num = 0;

    for (size_t i = 0; i < 3; i++) num += all[i]->is_off ? 0 : 1;
    for (unsigned round = 0; round < 3; round++) {
        forget_events();
        for (size_t i = 0; i < 3; i++) {
            if (all[i]->is_off) continue;
            cr_assert_eq(home_text(all[i], "still here"), COVEY_OK, "%s: %d",
                         all[i]->name,
                         (int)covey_device_state_of(all[i]->device));
            home_turn(all[i]);
        }
        home_run(HOME_MINUTE);
    }
    for (size_t i = 0; i < 3; i++) {
        if (all[i]->is_off) continue;
        cr_assert_eq(covey_device_state_of(all[i]->device), COVEY_DEVICE_MEMBER,
                     "%s", all[i]->name);
        cr_assert_eq(home_heard(all[i], COVEY_CONTENT_TEXT), num - 1);
        cr_assert_eq(home_count(all[i], COVEY_EVENT_TORN), 0);
    }
}

static uint8_t memory[65536];
static uint8_t message[COVEY_BLOB_MESSAGE_MAX + 64];

/* ---- ratchets ---- */

/* His next message is so many generations ahead. */
static void jump(home_device *device, unsigned generations)
{
    const covey_mls_framing framing = covey_blob_framing();
    const covey_random random = test_random_hook(&device->random);

    for (unsigned i = 0; i < generations; i++) {
        covey_buffer scratch = {memory, sizeof memory, 0};
        covey_buffer out = {message, sizeof message, 0};

        cr_assert_eq(covey_mls_protect(device->device->group, &random,
                                       covey_bytes_of_text("nothing"), &framing,
                                       &scratch, &out),
                     COVEY_OK);
    }
}

/* Phones could follow him, the watch could not: what one of them counts and the
 * other does not sets them apart. */
Test(agree, T52_a_ratchet_that_jumps_forks_nobody)
{
    covey_content content = {.kind = COVEY_CONTENT_RECEIPT};

    content.of.receipt = (covey_receipt){.kind = COVEY_RECEIPT_READ,
                                         .sender = home_id(anna),
                                         .ranges = {{1, 1}},
                                         .num_ranges = 1};
    jump(fred, 2000);
    cr_assert_eq(covey_device_send(fred->device, home_now(fred), &content,
                                   NULL),
                 COVEY_OK);
    home_run(HOME_MINUTE);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    check_all_agree();
}

/* A message that was sealed and is put into the log later. */
static covey_bytes sealed_text(home_device *device, uint64_t counter)
{
    const covey_mls_framing framing = covey_blob_framing();
    const covey_random random = test_random_hook(&device->random);
    const covey_seen_claim claim = covey_log_claim(&device->device->log);
    covey_buffer scratch = {memory, sizeof memory, 0};
    covey_buffer out = {message, sizeof message, 0};
    uint8_t *packed = test_alloc(COVEY_BLOB_MAX);
    covey_writer w = covey_writer_of(packed, COVEY_BLOB_MAX);
    uint8_t bytes[512];
    covey_buffer encoded = {bytes, sizeof bytes, 0};
    covey_payload payload = {.id = {counter, 0}, .seen.count = claim.count};

    payload.content.kind = COVEY_CONTENT_RECEIPT;
    payload.content.of.receipt = (covey_receipt){.kind = COVEY_RECEIPT_READ,
                                                 .sender = home_id(anna),
                                                 .ranges = {{1, 1}},
                                                 .num_ranges = 1};
    memcpy(payload.seen.chain, claim.chain.bytes, sizeof payload.seen.chain);
    cr_assert_eq(covey_payload_encode(&encoded, &payload, &scratch), COVEY_OK);
    cr_assert_eq(covey_mls_protect(device->device->group, &random,
                                   covey_bytes_of(bytes, encoded.len), &framing,
                                   &scratch, &out),
                 COVEY_OK);
    cr_assert_eq(covey_blob_pack(&w, covey_bytes_of(out.at, out.len), NULL, 0),
                 COVEY_OK);
    return covey_bytes_of(packed, w.len);
}

/* A watch is built to keep fewer keys than a phone. */
static void forget_skipped_keys(home_device *device)
{
    covey_secret_tree *tree = &device->device->group->epoch.secret_tree;

    cr_assert_neq(tree->num_skipped[COVEY_RATCHET_APPLICATION], 0);
    tree->num_skipped[COVEY_RATCHET_APPLICATION] = 0;
    cr_assert_eq(device->device->log.skipped, 1);
    device->device->log.skipped += COVEY_MLS_SKIPPED_MAX;
}

Test(agree, T52_a_message_out_of_its_turn_forks_nobody)
{
    covey_bytes first = sealed_text(fred, 100);
    covey_bytes second = sealed_text(fred, 101);

    fred->is_off = true;
    home_box_put(home_box_of(anna), second);
    home_run(HOME_MINUTE);
    forget_skipped_keys(watch);
    home_box_put(home_box_of(anna), first);
    home_run(HOME_MINUTE);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(home_fix(watch, 1), COVEY_OK);
        home_run(HOME_MINUTE);
    }
    check_all_agree();
}

/* What comes again is nothing new to anybody, and makes nobody doubt: a watch
 * that doubts cannot tell a guardian that it is right. */
Test(agree, a_message_that_is_repeated_leaves_no_doubt)
{
    home_box *box = home_box_of(anna);

    cr_assert_eq(home_text(fred, "hello"), COVEY_OK);
    home_run(HOME_MINUTE);
    cr_assert_eq(home_fix(watch, 1), COVEY_OK);
    home_run(HOME_MINUTE);
    for (size_t i = 0, num = box->num; i < num; i++) {
        home_box_put(box, box->blobs[i]);
    }
    home_run(HOME_MINUTE);
    cr_assert_not(watch->device->log.is_torn);
    check_all_agree();
}

/* ---- proposals at the same moment ---- */

/* Both parents leave at the same moment: who is first in the log goes, who is
 * second stays, as the last guardian. All agree which is which. */
Test(agree, two_guardians_who_leave_at_once_do_not_fork)
{
    home_relay_is_away = true;
    home_turn(anna);
    home_turn(ben);
    cr_assert_eq(covey_device_leave(anna->device, home_now(anna)), COVEY_OK);
    cr_assert_eq(covey_device_leave(ben->device, home_now(ben)), COVEY_OK);
    home_relay_is_away = false;
    home_run(5 * HOME_MINUTE);
    bool is_anna_out =
        covey_device_state_of(anna->device) == COVEY_DEVICE_ENDED;
    home_device *stays = is_anna_out ? ben : anna;
    home_device *goes = is_anna_out ? anna : ben;

    cr_assert_eq(covey_device_state_of(goes->device), COVEY_DEVICE_ENDED);
    cr_assert_eq(covey_device_state_of(stays->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(home_last(stays, COVEY_EVENT_FAILED)->error,
                 COVEY_ERR_PERMISSION);
    cr_assert_eq(covey_device_busy(stays->device), COVEY_OPERATION_NONE);
    goes->is_off = true;
    check_all_agree();
}

/* Two phones of one person ask for the same at the same moment: once is said,
 * and the second is no entry for anybody. */
Test(agree, two_phones_that_ask_for_the_same_at_once_do_not_fork)
{
    home_device *second = home_add("annas second", true);

    home_pair(anna, second, COVEY_ROLE_GUARDIAN, true);
    home_run(HOME_MINUTE);
    forget_events();
    const covey_member_id id = home_id(ben);

    cr_assert_eq(covey_device_remove(anna->device, &id, home_now(anna)),
                 COVEY_OK);
    cr_assert_eq(covey_device_remove(second->device, &id, home_now(second)),
                 COVEY_OK);
    ben->is_off = true;
    home_turn(anna);
    home_turn(second);
    /* It is sealed before Anna's is in the log, and comes after it. */
    cr_assert_eq(home_text(second, "ben must go"), COVEY_OK);
    home_relay_is_away = true;
    home_turn(second);
    home_relay_is_away = false;
    cr_assert_eq(home_text(anna, "yes"), COVEY_OK);
    home_turn(anna);
    ben->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(anna->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(covey_device_state_of(second->device), COVEY_DEVICE_MEMBER);
    cr_assert_eq(home_count(second, COVEY_EVENT_FAILED), 1);
    check_all_agree();
}

/* The outbox is full when an epoch ends: who leaves asks again later. */
Test(agree, who_leaves_with_a_full_outbox_still_leaves)
{
    covey_content content = {.kind = COVEY_CONTENT_TEXT};

    content.of.text.text = covey_bytes_of_text("so much to say");
    watch->is_off = true;
    cr_assert_eq(covey_device_leave(watch->device, home_now(watch)), COVEY_OK);
    while (covey_say(watch->device, &content, true, NULL) == COVEY_OK) {
    }
    cr_assert_eq(covey_device_end(watch->device, COVEY_OK), COVEY_OK);
    home_pair(anna, home_add("more", true), COVEY_ROLE_GUARDIAN, true);
    watch->is_off = false;
    home_run(5 * HOME_MINUTE);
    cr_assert_eq(covey_device_state_of(watch->device), COVEY_DEVICE_ENDED);
    watch->is_off = true;
    check_all_agree();
}

/* ---- proposals that come with a commit that is none ---- */

static covey_mls_framing framing_of(covey_sealed_header *sealed,
                                    const home_device *device,
                                    const covey_blob_header *header)
{
    const covey_random random =
        test_random_hook(&((home_device *)(uintptr_t)device)->random);

    cr_assert_eq(covey_blob_header_seal(sealed,
                                        &device->device->log.handshake_key,
                                        &random, header),
                 COVEY_OK);
    return covey_blob_handshake_framing(sealed, header);
}

/* A friend asks to be let go, and tells nobody. */
static covey_bytes freds_proposal(void)
{
    static uint8_t blob[COVEY_BLOB_MAX];
    const covey_mls_change change = {.kind = COVEY_MLS_REMOVE,
                                     .leaf = covey_mls_own_leaf(
                                         fred->device->group)};
    const covey_blob_header header = {.seen =
                                          covey_log_claim(&fred->device->log)};
    const covey_random random = test_random_hook(&fred->random);
    covey_buffer scratch = {memory, sizeof memory, 0};
    covey_buffer out = {message, sizeof message, 0};
    covey_writer w = covey_writer_of(blob, sizeof blob);
    covey_sealed_header sealed;
    covey_mls_framing framing = framing_of(&sealed, fred, &header);

    cr_assert_eq(covey_mls_propose(fred->device->group, &random, &change, NULL,
                                   0, &framing, &scratch, &out, NULL),
                 COVEY_OK);
    cr_assert_eq(covey_blob_pack(&w, covey_bytes_of(out.at, out.len), NULL, 0),
                 COVEY_OK);
    return covey_bytes_of(blob, w.len);
}

/* But with a commit that nobody takes, as friends make none. */
static void put_freds_commit(covey_bytes proposal)
{
    uint8_t packed[COVEY_BLOB_MAX];
    covey_blob_header header = {.is_commit = true,
                                .seen = covey_log_claim(&fred->device->log),
                                .num_bundled = 1};
    const covey_random random = test_random_hook(&fred->random);
    const size_t room = covey_mls_scratch_size();
    const size_t size = covey_mls_staged_size();
    covey_buffer scratch = {test_alloc(room), room, 0};
    covey_buffer commit = {message, sizeof message, 0};
    covey_writer w = covey_writer_of(packed, sizeof packed);
    covey_sealed_header sealed;

    header.bundled_len[0] = (uint16_t)proposal.len;
    covey_mls_framing framing = framing_of(&sealed, fred, &header);
    const covey_mls_commit_options options = {.framing = &framing};

    cr_assert_eq(covey_mls_commit(fred->device->group, &random, &options,
                                  covey_mls_staged_at(test_alloc(size), size),
                                  &scratch, &commit, NULL),
                 COVEY_OK);
    cr_assert_eq(covey_blob_pack(&w, covey_bytes_of(commit.at, commit.len),
                                 &proposal, 1),
                 COVEY_OK);
    home_box_put(home_box_of(fred), covey_bytes_of(packed, w.len));
}

/* What came with it binds from then on: a commit that was made before, and
 * counts no entry less, leaves it out, and is none for the others. */
Test(agree, a_commit_is_judged_anew_after_another_that_was_none)
{
    covey_bytes proposal = freds_proposal();

    fred->is_off = true;
    home_relay_is_away = true;
    cr_assert_eq(covey_device_refresh(anna->device, home_now(anna)), COVEY_OK);
    home_turn(anna);
    cr_assert_neq(anna->device->committer->commit_len, 0);
    put_freds_commit(proposal);
    home_relay_is_away = false;
    ben->is_off = true; /* he would commit it */
    home_run(30000);
    ben->is_off = false;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_mls_epoch(anna->device->group),
                 covey_mls_epoch(watch->device->group));
    cr_assert_eq(home_count(watch, COVEY_EVENT_REMOVED), 1);
    check_all_agree();
}

/* Wishes that were given up still are on their way. There are never so many
 * that a member forgets one which the others have. */
Test(agree, wishes_that_were_given_up_do_not_push_out_others)
{
    const covey_member_id id = home_id(ben);
    unsigned num = 0;

    home_relay_is_away = true;
    home_turn(anna);
    while (num < 20 &&
           covey_device_remove(anna->device, &id, home_now(anna)) == COVEY_OK) {
        cr_assert_eq(covey_device_abandon(anna->device), COVEY_OK);
        num++;
    }
    home_relay_is_away = false;
    ben->is_off = true;
    home_run(HOME_MINUTE);
    cr_assert_eq(covey_mls_num_proposals(anna->device->group), 1);
    cr_assert_eq(covey_mls_num_proposals(watch->device->group), 1);
    ben->is_off = false;
    home_run(HOME_MINUTE);
    check_all_agree();
    cr_assert_eq(num, 3);
}
