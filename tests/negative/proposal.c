/* RFC 9420 sections 8.4, 12.1 and 13.4: one proposal by itself, in a message
 * and by value in a commit. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

static covey_bytes none(void)
{
    return covey_bytes_of(NULL, 0);
}

/* `good` and `bad` alike but for one rule. */
static void check(covey_bytes good, covey_bytes bad, int err)
{
    for (unsigned public = 0; public < 2; public ++) {
        forgery *f = forge_begin(0);

        f->as_public = public == 1;
        all_accept_proposal(0, forge_proposal(f, good));
        all_refuse_proposal(0, forge_proposal(f, bad), err);
        forge_add_value(f, good);
        all_accept_commit(0, forge_commit(f));
        f->num_items = 0;
        forge_add_value(f, bad);
        all_refuse_commit(0, forge_commit(f), err);
        /* Also behind another one. */
        f->num_items = 0;
        forge_add_value(f, proposal_psk("known", 77));
        forge_add_value(f, bad);
        all_refuse_commit(0, forge_commit(f), err);
    }
}

static void begin(size_t num)
{
    family_begin(num);
    family_psks[0] = (covey_mls_psk){covey_bytes_of_text("known"),
                                     covey_bytes_of_text("a secret")};
    family_num_psks = 1;
}

/* ---- types ---- */

Test(proposal, unknown_types_are_refused)
{
    static const uint16_t types[] = {0, 8, 9, 0x0a0a, 0xf000, 0xff01, 0xffff};

    begin(3);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        check(proposal_remove(2), proposal_of(types[i], hex("00000002")),
              COVEY_ERR_PROFILE);
        check(proposal_remove(2), proposal_of(types[i], none()),
              COVEY_ERR_PROFILE);
    }
}

Test(proposal, reinit_is_refused)
{
    begin(2);
    covey_bytes id = bytes_vec(bytes_fill(5, 32));

    check(proposal_remove(1),
          proposal_of(COVEY_PROPOSAL_REINIT,
                      bytes_join(id, hex("0001 0003 00"))),
          COVEY_ERR_PROFILE);
    check(proposal_remove(1),
          proposal_of(COVEY_PROPOSAL_REINIT,
                      bytes_join(id, hex("0000 0001 00"))),
          COVEY_ERR_PROFILE);
}

Test(proposal, pitfall_9_external_init_is_refused)
{
    begin(2);
    check(proposal_remove(1),
          proposal_of(COVEY_PROPOSAL_EXTERNAL_INIT,
                      bytes_vec(bytes_fill(5, 32))),
          COVEY_ERR_PROFILE);
}

static void and_more(forgery *f)
{
    f->content = bytes_join(f->content, bytes_fill(0, 1));
}

/* In a PublicMessage what follows the proposal is its auth data. */
Test(proposal, pitfall_11_nothing_follows_a_proposal_in_a_public_message)
{
    forgery *f = forge_begin(0);

    begin(2);
    f->as_public = true;
    check_proposal(f, proposal_remove(1), AT_CONTENT, and_more,
                   COVEY_ERR_MALFORMED);
}

Test(proposal, a_proposal_that_ends_early_is_refused)
{
    begin(2);
    const covey_bytes all[] = {
        proposal_remove(1),
        proposal_psk("known", 1),
        proposal_extensions(extension_of(FAMILY_EXTENSION, none())),
        proposal_add(family_package(5)),
        proposal_update(0),
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        covey_bytes whole = all[i];

        for (size_t len = 2; len < whole.len; len += 1 + len / 8) {
            forgery *f = forge_with(0, bytes_cut(whole, len));
            refuse_commit(1, forge_commit(f), COVEY_ERR_MALFORMED);
            f->as_public = true;
            refuse_proposal(1, forge_proposal(f, bytes_cut(whole, len)),
                            COVEY_ERR_MALFORMED);
        }
    }
}

/* ---- Remove ---- */

Test(proposal, a_remove_names_a_member)
{
    static const uint32_t leaves[] = {2,  4,    5,          7,         8,
                                      31, 32,   33,         0x10001,   1000,
                                      64, 1024, 0x80000001, 0xffffffff};
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 2};
    const covey_mls_commit_options options = {.changes = &remove,
                                              .num_changes = 1};

    begin(4);
    covey_mls_group_wipe(family[2].group);
    family_commit(0, &options, NULL);
    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        check(proposal_remove(3), proposal_remove(leaves[i]),
              COVEY_ERR_PROPOSAL);
    }
}

/* ---- PreSharedKey ---- */

static covey_bytes psk_with_nonce(size_t len)
{
    const covey_psk_id psk = {.type = COVEY_PSK_EXTERNAL,
                              .id = covey_bytes_of_text("known"),
                              .nonce = bytes_fill(3, len)};

    return proposal_psk_of(&psk);
}

Test(proposal, pitfall_18_a_psk_nonce_has_32_bytes)
{
    static const size_t lens[] = {0, 1, 16, 31, 33, 64};

    begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        check(psk_with_nonce(32), psk_with_nonce(lens[i]), COVEY_ERR_PROPOSAL);
    }
}

static covey_bytes resumption(uint8_t usage)
{
    const covey_psk_id psk = {
        .type = COVEY_PSK_RESUMPTION,
        .usage = usage,
        .group_id = covey_mls_group_id(family[0].group),
        .epoch = covey_mls_epoch(family[0].group),
        .nonce = bytes_fill(3, 32),
    };

    return proposal_psk_of(&psk);
}

Test(proposal, pitfall_18_resumption_psks_are_refused)
{
    begin(2);
    check(psk_with_nonce(32), resumption(COVEY_USAGE_REINIT),
          COVEY_ERR_PROPOSAL);
    check(psk_with_nonce(32), resumption(COVEY_USAGE_BRANCH),
          COVEY_ERR_PROPOSAL);
    check(psk_with_nonce(32), resumption(COVEY_USAGE_APPLICATION),
          COVEY_ERR_PROFILE);
    check(psk_with_nonce(32), resumption(0), COVEY_ERR_PROPOSAL);
    check(psk_with_nonce(32), resumption(9), COVEY_ERR_PROPOSAL);
}

Test(proposal, there_are_two_psk_types)
{
    begin(2);
    for (unsigned type = 0; type < 256; type++) {
        if (type == COVEY_PSK_EXTERNAL || type == COVEY_PSK_RESUMPTION) {
            continue;
        }
        if (type > 4 && type < 250) continue;
        uint8_t *bad = test_copy(psk_with_nonce(32));
        bad[2] = (uint8_t)type;
        check(psk_with_nonce(32), covey_bytes_of(bad, psk_with_nonce(32).len),
              COVEY_ERR_MALFORMED);
    }
}

Test(proposal, pitfall_11_a_psk_id_has_at_most_64_bytes)
{
    covey_psk_id psk = {.type = COVEY_PSK_EXTERNAL, .nonce = bytes_fill(3, 32)};

    begin(2);
    psk.id = bytes_fill('x', 64);
    family_psks[1] = (covey_mls_psk){psk.id, covey_bytes_of_text("long")};
    family_num_psks = 2;
    covey_bytes longest = proposal_psk_of(&psk);
    psk.id = bytes_fill('x', 65);
    check(longest, proposal_psk_of(&psk), COVEY_ERR_PROFILE);
}

/* ---- GroupContextExtensions ---- */

static covey_bytes honest_extensions(void)
{
    return proposal_extensions(
        extension_of(FAMILY_EXTENSION, bytes_fill(7, 40)));
}

Test(proposal, extensions_are_not_repeated)
{
    begin(2);
    covey_bytes one = extension_of(FAMILY_EXTENSION, bytes_fill(7, 10));
    covey_bytes other = extension_of(COVEY_EXTENSION_APPLICATION_ID, none());

    check(proposal_extensions(one), proposal_extensions(bytes_join(one, one)),
          COVEY_ERR_EXTENSION);
    check(proposal_extensions(bytes_join(one, other)),
          proposal_extensions(bytes_join(bytes_join(one, other), one)),
          COVEY_ERR_EXTENSION);
}

Test(proposal, extensions_are_encoded_right)
{
    begin(2);
    check(honest_extensions(), proposal_extensions(hex("ff")),
          COVEY_ERR_MALFORMED);
    check(honest_extensions(), proposal_extensions(hex("ff01 02 00")),
          COVEY_ERR_MALFORMED);
    check(honest_extensions(), proposal_extensions(hex("ff01 4001 00")),
          COVEY_ERR_MALFORMED);
    /* That it is cut counts before that it comes twice. */
    check(honest_extensions(), proposal_extensions(hex("ff01 00 ff01 02 00")),
          COVEY_ERR_MALFORMED);
}

Test(proposal, pitfall_9_nobody_sends_from_outside)
{
    begin(2);
    covey_bytes senders =
        extension_of(COVEY_EXTENSION_EXTERNAL_SENDERS, none());

    check(honest_extensions(), proposal_extensions(senders), COVEY_ERR_PROFILE);
    check(honest_extensions(),
          proposal_extensions(
              bytes_join(extension_of(FAMILY_EXTENSION, none()), senders)),
          COVEY_ERR_PROFILE);
}

Test(proposal, pitfall_11_extensions_have_a_greatest_size)
{
    begin(2);
    size_t head = 2 + 2;

    check(proposal_extensions(
              extension_of(FAMILY_EXTENSION,
                           bytes_fill(1, COVEY_MLS_EXTENSIONS_MAX - head))),
          proposal_extensions(
              extension_of(FAMILY_EXTENSION,
                           bytes_fill(1, COVEY_MLS_EXTENSIONS_MAX - head + 1))),
          COVEY_ERR_PROFILE);
}

Test(proposal, required_capabilities_are_encoded_right)
{
    static const char *const bad[] = {
        "",         "00",       "0000",         "00000000",     "01ff0000",
        "00010000", "00000100", "03ff01ff0000", "02ff010000ff", "000003000100",
    };

    begin(2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        trying = bad[i];
        check(proposal_extensions(extension_required("ff01", "", "0001")),
              proposal_extensions(
                  extension_of(COVEY_EXTENSION_REQUIRED_CAPABILITIES,
                               hex(bad[i]))),
              COVEY_ERR_MALFORMED);
    }
}

/* ---- one's own library does not send them ---- */

static int try_to(const covey_mls_change *change)
{
    covey_random random = family_random();
    uint8_t room[16384];
    covey_buffer out = {room, sizeof room, 0};
    const covey_mls_commit_options options = {.changes = change,
                                              .num_changes = 1,
                                              .psks = family_psks,
                                              .num_psks = family_num_psks};
    covey_bytes saved = family_saved(0);
    int err = covey_mls_propose(family[0].group, &random, change, NULL, 0, NULL,
                                family_scratch(), &out, NULL);

    cr_assert_neq(err, COVEY_OK);
    cr_assert_eq(covey_mls_commit(family[0].group, &random, &options,
                                  family[0].staged, family_scratch(), &out,
                                  NULL),
                 err);
    check_bytes(family_saved(0), saved);
    return err;
}

Test(proposal, a_member_does_not_send_them)
{
    begin(2);
    cr_assert_eq(try_to(
                     &(covey_mls_change){.kind = COVEY_MLS_REMOVE, .leaf = 2}),
                 COVEY_ERR_PROPOSAL);
    cr_assert_eq(try_to(&(covey_mls_change){.kind = COVEY_MLS_PSK,
                                            .psk_id = bytes_fill(1, 65)}),
                 COVEY_ERR_PROFILE);
    cr_assert_eq(try_to(&(covey_mls_change){.kind = COVEY_MLS_EXTENSIONS,
                                            .extensions = hex("ff")}),
                 COVEY_ERR_MALFORMED);
    cr_assert_eq(try_to(&(covey_mls_change){.kind = 5}), COVEY_ERR_ARGUMENT);
    cr_assert_eq(try_to(&(covey_mls_change){.kind = 6}), COVEY_ERR_ARGUMENT);
}

/* ---- the cache ---- */

static covey_mls_change_info receive(size_t who, size_t from,
                                     covey_bytes proposal)
{
    covey_mls_change_info info;

    cr_assert_eq(covey_mls_receive_proposal(family[who].group,
                                            forge_proposal(forge_begin(from),
                                                           proposal),
                                            family_scratch(), &info, NULL),
                 COVEY_OK);
    return info;
}

/* Who floods the cache pushes out its own. */
Test(proposal, pitfall_11_so_many_are_cached_and_no_more)
{
    covey_mls_change_info info;

    begin(3);
    (void)receive(1, 2, proposal_psk("known", 99));
    for (uint8_t i = 0; i < 3 * COVEY_MLS_PROPOSALS_MAX; i++) {
        (void)receive(1, 0, proposal_psk("known", i));
        cr_assert_leq(covey_mls_num_proposals(family[1].group),
                      COVEY_MLS_PROPOSALS_MAX);
    }
    cr_assert_eq(covey_mls_proposal(family[1].group, 0, &info), COVEY_OK);
    cr_assert_eq(info.proposer, 2);
    cr_assert_eq(covey_mls_proposal(family[1].group, COVEY_MLS_PROPOSALS_MAX,
                                    &info),
                 COVEY_ERR_ARGUMENT);
}

static covey_bytes large_proposal(uint8_t fill)
{
    return proposal_extensions(
        extension_of(FAMILY_EXTENSION, bytes_fill(fill, 1000)));
}

Test(proposal, pitfall_11_so_many_bytes_are_cached_and_no_more)
{
    covey_mls_change_info info;

    begin(3);
    size_t len = large_proposal(0).len;
    (void)receive(1, 2, large_proposal(0));
    for (uint8_t i = 0; i < 6; i++) (void)receive(1, 0, large_proposal(i));
    cr_assert_eq(covey_mls_num_proposals(family[1].group),
                 COVEY_MLS_PROPOSAL_BYTES_MAX / len);
    cr_assert_eq(covey_mls_proposal(family[1].group, 0, &info), COVEY_OK);
    cr_assert_eq(info.proposer, 2);
}

/* One large proposal takes the place of several small ones of its sender. */
Test(proposal, pitfall_11_room_is_made_by_as_many_as_it_takes)
{
    covey_mls_change_info info;

    begin(3);
    for (uint8_t i = 0; i < 2; i++) (void)receive(1, 2, large_proposal(i));
    for (uint8_t i = 0; i < 14; i++) {
        (void)receive(1, 0, proposal_psk("known", i));
    }
    (void)receive(1, 0, large_proposal(7));
    size_t num = covey_mls_num_proposals(family[1].group);
    cr_assert_lt(num, 14);
    cr_assert_leq(family[1].group->proposals.used,
                  COVEY_MLS_PROPOSAL_BYTES_MAX);
    for (size_t i = 0; i < num; i++) {
        cr_assert_eq(covey_mls_proposal(family[1].group, i, &info), COVEY_OK);
        cr_assert_eq(info.proposer, i < 2 ? 2 : 0);
    }
    cr_assert_eq(info.kind, COVEY_MLS_EXTENSIONS);
}

Test(proposal, pitfall_11_a_cache_where_all_have_the_same_share_is_full)
{
    begin(COVEY_MLS_PROPOSALS_MAX + 2);
    for (size_t i = 1; i <= COVEY_MLS_PROPOSALS_MAX; i++) {
        (void)receive(0, i, proposal_psk("known", (uint8_t)i));
    }
    size_t last = COVEY_MLS_PROPOSALS_MAX + 1;
    refuse_proposal(0, forge_proposal(forge_begin(last), proposal_remove(2)),
                    COVEY_ERR_CAPACITY);
    (void)receive(0, 1, proposal_remove(2)); /* in the place of its first */
}
