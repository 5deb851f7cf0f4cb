/* RFC 9420 sections 7.3 and 12.1.2: Update proposals. What is wrong with the
 * leaf by itself is in leaf_node.c. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

typedef struct {
    covey_leaf_node leaf;
    covey_leaf_place place;
    covey_sign_key key;
} update;

typedef void update_hook(update *u);

static uint32_t argument;

/* An Update of member `who`, changed before it is signed. */
static covey_bytes forge_update(size_t who, update_hook *hook)
{
    const covey_epoch *epoch = &family[who].group->epoch;
    covey_reader r = covey_reader_of(proposal_update(who));
    update u = {.place = {covey_group_id(&epoch->context), epoch->keys.self},
                .key = epoch->sign_key};
    covey_proposal proposal;

    covey_read_proposal(&r, &proposal);
    u.leaf = proposal.of.update;
    u.leaf.signature = covey_bytes_of(NULL, 0);
    if (hook != NULL) hook(&u);
    return proposal_of(COVEY_PROPOSAL_UPDATE,
                       forge_leaf(&u.leaf, &u.place, &u.key));
}

static covey_bytes as_message(size_t who, covey_bytes proposal)
{
    return forge_proposal(forge_begin(who), proposal);
}

static void check(update_hook *hook, int err)
{
    all_accept_proposal(1, as_message(1, forge_update(1, NULL)));
    all_refuse_proposal(1, as_message(1, forge_update(1, hook)), err);
}

static void source_key_package(update *u)
{
    u->leaf.source = COVEY_SOURCE_KEY_PACKAGE;
    u->leaf.lifetime = (covey_lifetime){1000, 2000};
}

static void source_commit(update *u)
{
    u->leaf.source = COVEY_SOURCE_COMMIT;
    u->leaf.parent_hash = bytes_fill(0, 32);
}

Test(update, pitfall_3_the_leafs_source_is_update)
{
    family_begin(3);
    check(source_key_package, COVEY_ERR_LEAF);
    check(source_commit, COVEY_ERR_LEAF);
}

static covey_bytes member_key(size_t who)
{
    return covey_tree_encryption_key(&family[0].group->epoch.tree,
                                     covey_node_of_leaf(
                                         (covey_leaf_index){(uint32_t)who}));
}

static void key_of_a_member(update *u)
{
    u->leaf.encryption_key = member_key(argument);
}

static void key_of_a_parent(update *u)
{
    u->leaf.encryption_key =
        covey_tree_encryption_key(&family[0].group->epoch.tree,
                                  (covey_node_index){argument});
}

Test(update, pitfall_17_the_encryption_key_changes)
{
    family_begin(3);
    argument = 1;
    check(key_of_a_member, COVEY_ERR_LEAF);
}

Test(update, pitfall_17_the_encryption_key_is_in_no_node)
{
    family_begin(4);
    for (argument = 0; argument < 4; argument++) {
        check(key_of_a_member, COVEY_ERR_LEAF);
    }
    for (argument = 1; argument < 6; argument += 2) {
        check(key_of_a_parent, COVEY_ERR_LEAF);
    }
}

/* ---- where it stands is signed ---- */

static void other_group(update *u)
{
    u->place.group_id = bytes_flip(u->place.group_id, 0);
}

static void other_leaf(update *u)
{
    u->place.leaf.value ^= 1;
}

static void no_place(update *u)
{
    covey_leaf_node as_package = u->leaf;

    /* As one would sign without group and index, then name the source. */
    as_package.source = COVEY_SOURCE_KEY_PACKAGE;
    covey_bytes made = forge_leaf(&as_package, &u->place, &u->key);
    u->leaf.signature = covey_bytes_of(made.at + made.len - 64, 64);
}

static void signed_by_another(update *u)
{
    u->key = family[2].group->epoch.sign_key;
}

Test(update, pitfall_3_group_and_index_are_signed)
{
    family_begin(3);
    check(other_group, COVEY_ERR_AUTH);
    check(other_leaf, COVEY_ERR_AUTH);
    check(no_place, COVEY_ERR_AUTH);
    check(signed_by_another, COVEY_ERR_AUTH);
}

/* Anothers Update is not one's own to send. */
Test(update, an_update_is_its_senders)
{
    family_begin(3);
    all_refuse_proposal(1, as_message(1, forge_update(2, NULL)),
                        COVEY_ERR_AUTH);
    all_accept_proposal(2, as_message(2, forge_update(2, NULL)));
}

/* ---- several at once: each by itself is right ---- */

static covey_kem_public shared_key;

static void share_key(update *u)
{
    u->leaf.encryption_key =
        covey_bytes_of(shared_key.bytes, sizeof shared_key.bytes);
}

static void share_signature_key(update *u)
{
    covey_sign_key_of_seed(&u->key, shared_key.bytes);
    covey_bytes public_key = covey_sign_key_public(&u->key);
    u->leaf.signature_key =
        covey_bytes_of(test_copy(public_key), public_key.len);
}

static covey_mls_ref cache(size_t who, covey_bytes proposal)
{
    covey_bytes message = as_message(who, proposal);
    covey_mls_change_info info;

    for (size_t i = 0; i < FAMILY_MAX; i++) {
        if (i == who || !family_is_in(i)) continue;
        cr_assert_eq(covey_mls_receive_proposal(family[i].group, message,
                                                family_scratch(), &info, NULL),
                     COVEY_OK);
    }
    /* Its sender has it too. */
    covey_digest ref;
    memcpy(ref.bytes, info.ref.bytes, sizeof ref.bytes);
    cr_assert_eq(covey_proposal_store_add(&family[who].group->proposals, &ref,
                                          family[who].group->epoch.keys.self,
                                          proposal),
                 COVEY_OK);
    return info.ref;
}

static void check_two(update_hook *hook, int err)
{
    covey_bytes a = forge_update(1, hook);
    covey_bytes b = forge_update(2, hook);
    covey_bytes c = forge_update(2, NULL);
    covey_mls_ref refs[3];
    forgery *good = forge_begin(0);
    forgery *bad = forge_begin(0);

    refs[0] = cache(1, a);
    refs[1] = cache(2, b);
    refs[2] = cache(2, c);
    forge_add_ref(good, &refs[0], 1, a);
    forge_add_ref(good, &refs[2], 2, c);
    forge_add_ref(bad, &refs[0], 1, a);
    forge_add_ref(bad, &refs[1], 2, b);
    /* 1 and 2 lack the private keys of what we made for them. */
    accept_commit(3, forge_commit(good));
    refuse_commit(1, forge_commit(good), COVEY_ERR_KEYS);
    all_refuse_commit(0, forge_commit(bad), err);
}

Test(update, pitfall_17_two_updates_do_not_share_an_encryption_key)
{
    family_begin(4);
    memset(&shared_key, 5, sizeof shared_key);
    check_two(share_key, COVEY_ERR_LEAF);
}

Test(update, two_updates_do_not_share_a_signature_key)
{
    family_begin(4);
    memset(&shared_key, 6, sizeof shared_key);
    check_two(share_signature_key, COVEY_ERR_LEAF);
}

static void signature_key_of_a_member(update *u)
{
    u->key = family[3].group->epoch.sign_key;
    covey_bytes public_key = covey_sign_key_public(&u->key);
    u->leaf.signature_key =
        covey_bytes_of(test_copy(public_key), public_key.len);
}

Test(update, the_signature_key_is_nobody_elses)
{
    family_begin(4);
    covey_bytes proposal = forge_update(1, signature_key_of_a_member);
    covey_mls_ref ref = cache(1, proposal);
    forgery *bad = forge_begin(0);
    forgery *good = forge_begin(0);

    forge_add_ref(bad, &ref, 1, proposal);
    all_refuse_commit(0, forge_commit(bad), COVEY_ERR_LEAF);
    /* It may be that of a member who leaves. */
    forge_add_ref(good, &ref, 1, proposal);
    forge_add_value(good, proposal_remove(3));
    accept_commit(2, forge_commit(good));
}

/* ---- one's own keys ---- */

/* The commit takes up an Update whose keys this member does not have: its
 * own fault, and only its own. */
Test(update, who_lost_its_updates_keys_fails_alone)
{
    const covey_mls_change renew = {.kind = COVEY_MLS_UPDATE};

    family_begin(3);
    covey_bytes before = family_saved(1);
    covey_mls_ref ref = family_propose_to_all(1, &renew);
    const covey_mls_commit_options options = {.refs = &ref, .num_refs = 1};
    covey_bytes commit = family_stage_own(0, &options, NULL);

    accept_commit(2, commit);
    accept_commit(1, commit);
    memset(&family[1].group->own_update, 0, sizeof family[1].group->own_update);
    refuse_commit(1, commit, COVEY_ERR_KEYS);
    /* A restored older state does not even have the proposal. */
    covey_mls_group_wipe(family[1].group);
    cr_assert_eq(covey_mls_group_load(family[1].group, NULL, before), COVEY_OK);
    refuse_commit(1, commit, COVEY_ERR_REFERENCE);
}

/* The commit takes up an earlier Update, which this member has given up: it
 * has the keys of the later one only. */
Test(update, the_keys_of_another_update_do_not_do)
{
    const covey_mls_change renew = {.kind = COVEY_MLS_UPDATE};
    covey_mls_ref first;

    family_begin(3);
    first = family_propose_to_all(1, &renew);
    const covey_mls_commit_options options = {.refs = &first, .num_refs = 1};
    covey_bytes commit = family_stage_own(0, &options, NULL);
    accept_commit(1, commit);

    covey_mls_group *group = family[1].group;
    const covey_proposal_store store = group->proposals;
    cr_assert_eq(covey_mls_forget_proposal(group, &first), COVEY_OK);
    refuse_commit(1, commit, COVEY_ERR_REFERENCE);
    (void)family_propose_to_all(1, &renew);
    group->proposals = store; /* it came back from the others */
    refuse_commit(1, commit, COVEY_ERR_KEYS);
    accept_commit(2, commit);
}

Test(update, one_waits_at_a_time)
{
    covey_random random = family_random();
    uint8_t room[8192];
    covey_buffer out = {room, sizeof room, 0};
    covey_mls_ref ref;
    const covey_mls_change renew = {.kind = COVEY_MLS_UPDATE};

    family_begin(2);
    (void)family_propose(0, &renew, &ref);
    cr_assert_eq(covey_mls_propose(family[0].group, &random, &renew, NULL, 0,
                                   NULL, family_scratch(), &out, NULL),
                 COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_forget_proposal(family[0].group, &ref), COVEY_OK);
    (void)family_propose(0, &renew, &ref);
}
