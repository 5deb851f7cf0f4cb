/* RFC 9420 sections 12.2 and 12.4: what may stand together in one commit. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

static forgery *good;
static forgery *bad;

static void begin(size_t num)
{
    family_begin(num);
    family_psks[0] =
        (covey_mls_psk){covey_bytes_of_text("a"), covey_bytes_of_text("first")};
    family_psks[1] = (covey_mls_psk){covey_bytes_of_text("b"),
                                     covey_bytes_of_text("second")};
    family_num_psks = 2;
    good = forge_begin(0);
    bad = forge_begin(0);
}

static void check(int err)
{
    all_accept_commit(0, forge_commit(good));
    all_refuse_commit(0, forge_commit(bad), err);
}

static covey_bytes stored(size_t who, const covey_mls_ref *ref)
{
    const covey_proposal_store *store = &family[who].group->proposals;
    const covey_stored_proposal *item =
        covey_proposal_store_find(store, covey_bytes_of(ref->bytes,
                                                        sizeof ref->bytes));

    cr_assert_not_null(item);
    covey_bytes view = covey_stored_encoding(store, item);
    return covey_bytes_of(test_copy(view), view.len);
}

/* A proposal that all have cached, as an item. */
static void add_ref(forgery *f, size_t who, const covey_mls_ref *ref)
{
    forge_add_ref(f, ref, who, stored(who, ref));
}

static const covey_mls_change renew = {.kind = COVEY_MLS_UPDATE};

static covey_mls_change remove_of(uint32_t leaf)
{
    return (covey_mls_change){.kind = COVEY_MLS_REMOVE, .leaf = leaf};
}

/* ---- the committer ---- */

Test(proposal_list, pitfall_19_the_committer_does_not_update_by_value)
{
    begin(3);
    forge_add_value(bad, proposal_update(0));
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_19_the_committer_does_not_update_by_reference)
{
    begin(3);
    covey_mls_ref own = family_propose_to_all(0, &renew);
    covey_mls_ref other = family_propose_to_all(1, &renew);

    add_ref(good, 1, &other);
    add_ref(bad, 0, &own);
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_19_the_committer_does_not_remove_itself)
{
    begin(3);
    forge_add_value(good, proposal_remove(1));
    forge_add_value(bad, proposal_remove(0));
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_19_nor_if_another_has_proposed_it)
{
    begin(3);
    covey_mls_change me = remove_of(0);
    covey_mls_change you = remove_of(1);
    covey_mls_ref own = family_propose_to_all(2, &me);
    covey_mls_ref other = family_propose_to_all(2, &you);

    add_ref(good, 2, &other);
    add_ref(bad, 2, &own);
    check(COVEY_ERR_PROPOSAL);
}

/* ---- one leaf twice ---- */

Test(proposal_list, pitfall_19_a_leaf_is_removed_once)
{
    begin(4);
    forge_add_value(good, proposal_remove(1));
    forge_add_value(good, proposal_remove(2));
    forge_add_value(bad, proposal_remove(1));
    forge_add_value(bad, proposal_remove(1));
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_19_a_leaf_is_removed_once_by_value_or_reference)
{
    begin(4);
    covey_mls_change one = remove_of(1);
    covey_mls_ref ref = family_propose_to_all(3, &one);

    add_ref(good, 3, &ref);
    forge_add_value(good, proposal_remove(2));
    add_ref(bad, 3, &ref);
    forge_add_value(bad, proposal_remove(1));
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_19_a_leaf_is_updated_once)
{
    begin(4);
    covey_mls_ref first;
    covey_bytes message = family_propose(1, &renew, &first);
    covey_mls_ref other = family_propose_to_all(2, &renew);
    covey_mls_ref second;

    /* The member gave its first one up; the others did not hear of that. */
    covey_bytes encoding = stored(1, &first);
    covey_own_update keys = family[1].group->own_update;
    cr_assert_eq(covey_mls_forget_proposal(family[1].group, &first), COVEY_OK);
    second = family_propose_to_all(1, &renew);
    for (size_t i = 0; i < 4; i++) {
        covey_mls_change_info info;
        if (i == 1) continue;
        cr_assert_eq(covey_mls_receive_proposal(family[i].group, message,
                                                family_scratch(), &info, NULL),
                     COVEY_OK);
    }
    covey_digest ref;
    memcpy(ref.bytes, first.bytes, sizeof ref.bytes);
    cr_assert_eq(covey_proposal_store_add(&family[1].group->proposals, &ref,
                                          (covey_leaf_index){1}, encoding),
                 COVEY_OK);
    family[1].group->own_update = keys;
    add_ref(good, 1, &first);
    add_ref(good, 2, &other);
    add_ref(bad, 1, &first);
    add_ref(bad, 1, &second);
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_19_a_leaf_is_updated_or_removed)
{
    begin(4);
    covey_mls_ref ref = family_propose_to_all(1, &renew);

    add_ref(good, 1, &ref);
    forge_add_value(good, proposal_remove(2));
    add_ref(bad, 1, &ref);
    forge_add_value(bad, proposal_remove(1));
    check(COVEY_ERR_PROPOSAL);
    bad->num_items = 0;
    forge_add_value(bad, proposal_remove(1));
    add_ref(bad, 1, &ref);
    check(COVEY_ERR_PROPOSAL);
}

/* ---- Adds ---- */

static covey_sign_key same_key;
static covey_bytes same_encryption_key;

static void with_same_signature_key(package_forgery *f)
{
    covey_sign_key_of_seed(&same_key, bytes_fill(4, 32).at);
    f->sign_key = f->package_sign_key = same_key;
    covey_bytes public_key = covey_sign_key_public(&same_key);
    f->leaf.signature_key =
        covey_bytes_of(test_copy(public_key), public_key.len);
}

static void with_same_encryption_key(package_forgery *f)
{
    f->leaf.encryption_key = same_encryption_key;
}

Test(proposal_list, pitfall_19_a_client_is_added_once)
{
    package_forgery plain = {.at_leaf = NULL};
    package_forgery same = {.at_leaf = with_same_signature_key};

    begin(3);
    forge_add_value(good, forge_add(&same));
    forge_add_value(good, forge_add(&plain));
    forge_add_value(bad, forge_add(&same));
    forge_add_value(bad, forge_add(&same));
    check(COVEY_ERR_LEAF);
}

Test(proposal_list, pitfall_17_two_adds_do_not_share_an_encryption_key)
{
    package_forgery plain = {.at_leaf = NULL};
    package_forgery same = {.at_leaf = with_same_encryption_key};

    begin(3);
    same_encryption_key = bytes_fill(9, 32);
    forge_add_value(good, forge_add(&same));
    forge_add_value(good, forge_add(&plain));
    forge_add_value(bad, forge_add(&same));
    forge_add_value(bad, forge_add(&same));
    check(COVEY_ERR_LEAF);
}

Test(proposal_list, a_key_package_is_added_once)
{
    begin(3);
    covey_bytes add = proposal_add(family_package(7));

    forge_add_value(good, add);
    forge_add_value(bad, add);
    forge_add_value(bad, add);
    check(COVEY_ERR_LEAF);
}

Test(proposal_list, an_add_and_an_update_do_not_share_keys)
{
    covey_bytes update;
    covey_reader r;
    covey_proposal p;
    package_forgery plain = {.at_leaf = NULL};
    package_forgery same = {.at_leaf = with_same_encryption_key};

    begin(3);
    covey_mls_ref ref = family_propose_to_all(1, &renew);
    update = stored(1, &ref);
    r = covey_reader_of(update);
    covey_read_proposal(&r, &p);
    same_encryption_key = p.of.update.encryption_key;
    add_ref(good, 1, &ref);
    forge_add_value(good, forge_add(&plain));
    add_ref(bad, 1, &ref);
    forge_add_value(bad, forge_add(&same));
    check(COVEY_ERR_LEAF);
}

/* ---- PSKs ---- */

Test(proposal_list, pitfall_18_a_psk_id_comes_once)
{
    begin(3);
    forge_add_value(good, proposal_psk("a", 1));
    forge_add_value(good, proposal_psk("a", 2)); /* another nonce */
    forge_add_value(good, proposal_psk("b", 1));
    forge_add_value(bad, proposal_psk("a", 1));
    forge_add_value(bad, proposal_psk("b", 1));
    forge_add_value(bad, proposal_psk("a", 1));
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_18_a_psk_id_comes_once_by_value_or_reference)
{
    begin(3);
    const covey_mls_change psk = {.kind = COVEY_MLS_PSK,
                                  .psk_id = covey_bytes_of_text("a")};
    covey_mls_ref ref = family_propose_to_all(1, &psk);

    add_ref(good, 1, &ref);
    forge_add_value(good, proposal_psk("a", 1));
    add_ref(bad, 1, &ref);
    forge_add_value(bad, stored(1, &ref));
    check(COVEY_ERR_PROPOSAL);
}

Test(proposal_list, pitfall_11_four_psks_and_no_more)
{
    begin(3);
    for (uint8_t i = 0; i < 5; i++) {
        if (i < 4) forge_add_value(good, proposal_psk("a", i));
        forge_add_value(bad, proposal_psk("a", i));
    }
    check(COVEY_ERR_PROFILE);
}

/* All members know the PSKs that are proposed, in the order of the list. */
Test(proposal_list, pitfall_18_an_unknown_psk_fails_privately)
{
    begin(4);
    forge_add_value(good, proposal_psk("a", 1));
    forge_add_value(good, proposal_psk("b", 1));

    covey_bytes commit = forge_commit(good);
    all_accept_commit(0, commit);
    family_num_psks = 1;
    all_refuse_commit(0, commit, COVEY_ERR_PSK);
    family_num_psks = 0;
    all_refuse_commit(0, commit, COVEY_ERR_PSK);
    family_num_psks = 2;
    family_psks[1].secret = covey_bytes_of_text("not the second");
    all_refuse_commit(0, commit, COVEY_ERR_CONFIRMATION);
}

/* ---- GroupContextExtensions ---- */

Test(proposal_list, pitfall_19_extensions_change_once)
{
    begin(3);
    covey_bytes one =
        proposal_extensions(extension_of(FAMILY_EXTENSION, bytes_fill(1, 1)));
    covey_bytes other =
        proposal_extensions(extension_of(FAMILY_EXTENSION, bytes_fill(2, 1)));

    forge_add_value(good, one);
    forge_add_value(bad, one);
    forge_add_value(bad, other);
    check(COVEY_ERR_PROPOSAL);
    bad->num_items = 0;
    forge_add_value(bad, one);
    forge_add_value(bad, one);
    check(COVEY_ERR_PROPOSAL);
}

/* ---- numbers and references ---- */

Test(proposal_list, pitfall_11_sixteen_proposals_and_no_more)
{
    package_forgery package = {.at_leaf = NULL};

    begin(3);
    for (size_t i = 0; i < COVEY_MLS_PROPOSALS_MAX + 1; i++) {
        covey_bytes add = forge_add(&package);
        if (i < COVEY_MLS_PROPOSALS_MAX) forge_add_value(good, add);
        forge_add_value(bad, add);
    }
    check(COVEY_ERR_PROFILE);
}

Test(proposal_list, pitfall_11_no_more_members_than_there_is_room)
{
    package_forgery package = {.at_leaf = NULL};

    begin(COVEY_MLS_MEMBERS_MAX - 1);
    forge_add_value(good, forge_add(&package));
    forge_add_value(bad, forge_add(&package));
    forge_add_value(bad, forge_add(&package));
    accept_commit(1, forge_commit(good));
    refuse_commit(1, forge_commit(bad), COVEY_ERR_CAPACITY);
}

Test(proposal_list, a_reference_that_is_not_cached_is_refused)
{
    covey_mls_change one = remove_of(1);
    covey_mls_ref ref;
    covey_mls_ref other;

    begin(3);
    covey_bytes message = family_propose(0, &one, &ref);
    covey_mls_change_info info;
    covey_bytes encoding = stored(0, &ref);
    forge_add_ref(good, &ref, 0, encoding);
    covey_bytes commit = forge_commit(good);
    /* It can be given later, and the commit offered again. */
    all_refuse_commit(0, commit, COVEY_ERR_REFERENCE);
    for (size_t i = 1; i < 3; i++) {
        cr_assert_eq(covey_mls_receive_proposal(family[i].group, message,
                                                family_scratch(), &info, NULL),
                     COVEY_OK);
    }
    all_accept_commit(0, commit);
    other = ref;
    other.bytes[31] ^= 1;
    forge_add_ref(bad, &other, 0, encoding);
    all_refuse_commit(0, forge_commit(bad), COVEY_ERR_REFERENCE);
}

static void shorter_reference(forgery *f)
{
    /* Type, length and 31 bytes of the reference. */
    covey_bytes head = hex("21 02 1f");
    covey_bytes ref = covey_bytes_of(f->items[0].ref->bytes, 31);
    size_t old = 1 + 1 + 1 + 32;
    covey_bytes rest =
        covey_bytes_of(f->content.at + old, f->content.len - old);

    f->content = bytes_join(bytes_join(head, ref), rest);
}

Test(proposal_list, a_reference_has_its_size)
{
    begin(3);
    covey_mls_change one = remove_of(1);
    covey_mls_ref ref = family_propose_to_all(2, &one);

    add_ref(good, 2, &ref);
    check_commit(good, AT_CONTENT, shorter_reference, COVEY_ERR_REFERENCE);
}

Test(proposal_list, a_reference_is_of_this_epoch)
{
    begin(3);
    covey_mls_change one = remove_of(1);
    covey_mls_ref ref = family_propose_to_all(2, &one);

    add_ref(good, 2, &ref);
    all_accept_commit(0, forge_commit(good));
    family_commit(1, NULL, NULL);
    all_refuse_commit(0, forge_commit(good), COVEY_ERR_REFERENCE);
}

static void type_of_item(forgery *f)
{
    uint8_t *content = test_copy(f->content);

    content[1] = (uint8_t)f->argument;
    f->content = covey_bytes_of(content, f->content.len);
}

Test(proposal_list, an_item_is_a_proposal_or_a_reference)
{
    static const uint32_t types[] = {0, 3, 255};

    begin(3);
    forge_add_value(good, proposal_remove(1));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        good->argument = types[i];
        check_commit(good, AT_CONTENT, type_of_item, COVEY_ERR_MALFORMED);
    }
}

/* ---- the order in which they apply: section 12.3 ---- */

/* Whatever the list's order, Removes come before Adds: the newcomer has the
 * place that was made. */
Test(proposal_list, removes_come_before_adds)
{
    covey_mls_staged_info_data info;
    covey_mls_change_info change;

    begin(4);
    forge_add_value(good, proposal_add(family_package(7)));
    forge_add_value(good, proposal_remove(2));
    cr_assert_eq(covey_mls_stage(family[1].group, family[1].staged,
                                 forge_commit(good), NULL, 0, family_scratch()),
                 COVEY_OK);
    cr_assert_eq(covey_mls_staged_info(family[1].staged, &info), COVEY_OK);
    cr_assert_eq(info.num_changes, 2);
    cr_assert_eq(covey_mls_staged_change(family[1].group, family[1].staged, 0,
                                         &change),
                 COVEY_OK);
    cr_assert_eq(change.leaf, 2);
}

/* Who is removed is told so, even when its leaf has a new owner. */
Test(proposal_list, who_is_replaced_is_removed)
{
    covey_mls_staged_info_data info;

    begin(4);
    forge_add_value(good, proposal_add(family_package(7)));
    forge_add_value(good, proposal_remove(2));
    covey_bytes commit = forge_commit(good);
    cr_assert_eq(covey_mls_stage(family[2].group, family[2].staged, commit,
                                 NULL, 0, family_scratch()),
                 COVEY_OK);
    cr_assert_eq(covey_mls_staged_info(family[2].staged, &info), COVEY_OK);
    cr_assert(info.removes_self);
    cr_assert_eq(covey_mls_merge(family[2].group, family[2].staged), COVEY_OK);
    cr_assert_not(covey_mls_is_open(family[2].group));
}
