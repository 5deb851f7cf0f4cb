/* RFC 9420 sections 7.5, 7.6, 7.9.2 and 12.4.2: the path of a commit. What is
 * wrong with its leaf by itself is in leaf_node.c. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

/* Sizes of groups whose committers have 1 to 3 nodes on their path. */
static const size_t sizes[] = {2, 3, 4, 5, 8};

#define NUM_SIZES (sizeof sizes / sizeof sizes[0])

/* ---- whether there is one ---- */

static void check_needs_path(covey_bytes proposal)
{
    forgery *f = forge_with(0, proposal);

    all_accept_commit(0, forge_commit(f));
    f->without_path = true;
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_PATH);
}

Test(path, an_empty_commit_has_a_path)
{
    forgery *f = forge_begin(0);

    family_begin(3);
    all_accept_commit(0, forge_commit(f));
    f->without_path = true;
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_PATH);
}

Test(path, pitfall_19_removes_and_extensions_need_a_path)
{
    family_begin(4);
    check_needs_path(proposal_remove(2));
    check_needs_path(
        proposal_extensions(extension_of(FAMILY_EXTENSION, bytes_fill(1, 1))));
    check_needs_path(proposal_extensions(covey_bytes_of(NULL, 0)));
}

Test(path, pitfall_19_an_update_needs_a_path)
{
    const covey_mls_change renew = {.kind = COVEY_MLS_UPDATE};
    forgery *f = forge_begin(0);

    family_begin(3);
    covey_mls_ref ref = family_propose_to_all(1, &renew);
    const covey_proposal_store *store = &family[1].group->proposals;
    forge_add_ref(f, &ref, 1, covey_stored_encoding(store, &store->items[0]));
    all_accept_commit(0, forge_commit(f));
    f->without_path = true;
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_PATH);
    /* Neither beside one that needs none. */
    forge_add_value(f, proposal_add(family_package(9)));
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_PATH);
}

Test(path, adds_and_psks_need_none)
{
    forgery *f = forge_with(0, proposal_psk("known", 1));

    family_begin(3);
    family_psks[0] = (covey_mls_psk){covey_bytes_of_text("known"),
                                     covey_bytes_of_text("a secret")};
    family_num_psks = 1;
    f->without_path = true;
    all_accept_commit(0, forge_commit(f));
    forge_add_value(f, proposal_add(family_package(9)));
    all_accept_commit(0, forge_commit(f));
    forge_add_value(f, proposal_remove(2));
    all_refuse_commit(0, forge_commit(f), COVEY_ERR_PATH);
}

Test(path, pitfall_21_one_commits_with_a_path)
{
    covey_mls_staged_info_data info;

    family_begin(2);
    (void)family_stage_own(0, NULL, NULL);
    cr_assert_eq(covey_mls_staged_info(family[0].staged, &info), COVEY_OK);
    cr_assert(info.has_path);
}

/* ---- its nodes ---- */

static void one_less(forgery *f)
{
    f->num_nodes--;
}

static void first_missing(forgery *f)
{
    memmove(&f->nodes[0], &f->nodes[1],
            (f->num_nodes - 1) * sizeof f->nodes[0]);
    f->num_nodes--;
}

static void one_more(forgery *f)
{
    f->nodes[f->num_nodes] = f->nodes[f->num_nodes - 1];
    f->nodes[f->num_nodes++].key = bytes_fill(0x55, 32);
}

static void one_more_without_texts(forgery *f)
{
    f->nodes[f->num_nodes].num = 0;
    f->nodes[f->num_nodes++].key = bytes_fill(0x55, 32);
}

static void none_at_all(forgery *f)
{
    f->num_nodes = 0;
}

Test(path, its_nodes_are_those_of_the_filtered_path)
{
    family_begin(8);
    check_commit(forge_begin(0), AT_PATH, one_less, COVEY_ERR_PATH);
    check_commit(forge_begin(0), AT_PATH, first_missing, COVEY_ERR_PATH);
    check_commit(forge_begin(0), AT_PATH, one_more, COVEY_ERR_PATH);
    check_commit(forge_begin(0), AT_PATH, one_more_without_texts,
                 COVEY_ERR_PATH);
    check_commit(forge_begin(0), AT_PATH, none_at_all, COVEY_ERR_PATH);
}

Test(path, in_groups_of_any_size)
{
    for (size_t i = 0; i < NUM_SIZES; i++) {
        if (i == 0) family_begin(sizes[i]);
        for (size_t k = 0; i > 0 && k < sizes[i]; k++) {
            if (!family_is_in(k)) {
                const covey_mls_change add = {.kind = COVEY_MLS_ADD,
                                              .key_package = family_package(k)};
                const covey_mls_commit_options options = {.changes = &add,
                                                          .num_changes = 1};
                const size_t joins[] = {k, EVERYBODY};
                family_commit(0, &options, joins);
            }
        }
        for (size_t k = 0; k < sizes[i]; k += 2) {
            check_commit(forge_begin(k), AT_PATH, one_less, COVEY_ERR_PATH);
            check_commit(forge_begin(k), AT_PATH, one_more, COVEY_ERR_PATH);
        }
    }
}

static void node_key_of_len(forgery *f)
{
    f->nodes[0].key =
        bytes_cut(bytes_join(f->nodes[0].key, bytes_fill(0, 8)), f->argument);
}

Test(path, a_nodes_key_has_its_size)
{
    static const uint32_t lens[] = {0, 1, 31, 33};

    family_begin(4);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = lens[i];
        check_commit(f, AT_PATH, node_key_of_len, COVEY_ERR_PATH);
    }
}

/* ---- ciphertexts: those of others, so that only counting finds it ---- */

static void one_text_less(forgery *f)
{
    f->nodes[f->argument].num--;
}

static void one_text_more(forgery *f)
{
    forge_node *node = &f->nodes[f->argument];

    node->texts[node->num] = node->texts[0];
    node->num++;
}

static void no_texts(forgery *f)
{
    f->nodes[f->argument].num = 0;
}

Test(path, one_ciphertext_for_each_node_of_the_resolution)
{
    family_begin_blank(7); /* resolutions of several nodes */
    for (uint32_t i = 0; i < 3; i++) {
        forgery *f = forge_begin(5);
        f->argument = i % 2;
        check_commit(f, AT_PATH, one_text_less, COVEY_ERR_PATH);
        check_commit(f, AT_PATH, one_text_more, COVEY_ERR_PATH);
        check_commit(f, AT_PATH, no_texts, COVEY_ERR_PATH);
    }
}

/* The length of one field, as far as it is a ciphertext of another. */
static void kem_output_of_len(forgery *f)
{
    covey_bytes *field = &f->nodes[0].texts[0].kem_output;

    *field = bytes_cut(bytes_join(*field, bytes_fill(0, 8)), f->argument);
}

static void ciphertext_of_len(forgery *f)
{
    covey_bytes *field = &f->nodes[0].texts[0].ciphertext;

    *field = bytes_cut(bytes_join(*field, bytes_fill(0, 8)), f->argument);
}

Test(path, a_ciphertext_has_its_sizes)
{
    static const uint32_t outputs[] = {0, 31, 33};
    static const uint32_t texts[] = {0, 15, 16, 32, 47, 49};

    family_begin(4);
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = outputs[i];
        check_commit(f, AT_PATH, kem_output_of_len, COVEY_ERR_PATH);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = texts[i];
        check_commit(f, AT_PATH, ciphertext_of_len, COVEY_ERR_PATH);
    }
}

static void half_a_text(forgery *f)
{
    f->nodes[f->argument].more = hex("20 00");
}

static void half_a_node(forgery *f)
{
    f->more_nodes = hex("20 00");
}

Test(path, pitfall_11_its_lists_end_with_an_element)
{
    forgery *f = forge_begin(0);

    family_begin(4);
    for (f->argument = 0; f->argument < 2; f->argument++) {
        check_commit(f, AT_PATH, half_a_text, COVEY_ERR_MALFORMED);
    }
    check_commit(f, AT_PATH, half_a_node, COVEY_ERR_MALFORMED);
}

static void for_newcomers_too(forgery *f)
{
    memset(&f->not_for, 0, sizeof f->not_for);
}

Test(path, pitfall_7_newcomers_get_no_ciphertext)
{
    family_begin(3);
    forgery *f = forge_with(0, proposal_add(family_package(9)));

    check_commit(f, AT_CONTEXT, for_newcomers_too, COVEY_ERR_PATH);
    forge_add_value(f, proposal_add(family_package(10)));
    check_commit(f, AT_CONTEXT, for_newcomers_too, COVEY_ERR_PATH);
}

/* ---- keys ---- */

static void leaf_key_of_a_node(forgery *f)
{
    covey_bytes key =
        covey_tree_encryption_key(&f->from.tree,
                                  (covey_node_index){f->argument});

    memcpy(f->leaf_key.bytes, key.at, key.len);
}

Test(path, pitfall_17_the_leafs_key_changes)
{
    forgery *f = forge_begin(0);

    family_begin(3);
    f->argument = 0;
    check_commit(f, AT_KEYS, leaf_key_of_a_node, COVEY_ERR_PATH);
}

Test(path, pitfall_17_the_leafs_key_is_in_no_node)
{
    family_begin(4);
    for (uint32_t node = 0; node < 7; node++) {
        forgery *f = forge_begin(1);
        f->argument = node;
        check_commit(f, AT_KEYS, leaf_key_of_a_node, COVEY_ERR_PATH);
    }
}

/* The committer uses its last path secret again, so that all fits. */
Test(path, pitfall_17_the_nodes_keys_change)
{
    covey_secret first;
    forgery *f = forge_begin(0);
    forgery *again = forge_begin(0);

    family_begin(4);
    memset(&first, 8, sizeof first);
    f->first_secret = &first;
    covey_bytes commit = forge_commit(f);
    for (size_t i = 1; i < 4; i++) {
        cr_assert_eq(covey_mls_stage(family[i].group, family[i].staged, commit,
                                     NULL, 0, family_scratch()),
                     COVEY_OK);
        cr_assert_eq(covey_mls_merge(family[i].group, family[i].staged),
                     COVEY_OK);
    }
    family[0].group->epoch = f->next;
    again->first_secret = NULL;
    all_accept_commit(0, forge_commit(again));
    again->first_secret = &first;
    all_refuse_commit(0, forge_commit(again), COVEY_ERR_PATH);
}

static void leaf_key_is_a_nodes(forgery *f)
{
    unsigned level = f->path.nodes.level[f->argument];
    covey_bytes key =
        covey_tree_encryption_key(&f->next.tree,
                                  covey_node_above(f->next.keys.self, level));

    memcpy(f->leaf_key.bytes, key.at, key.len);
    f->leaf_secret = f->next.keys.parents[level - 1];
}

Test(path, pitfall_17_no_key_comes_twice_in_a_path)
{
    family_begin(4);
    for (uint32_t i = 0; i < 2; i++) {
        forgery *f = forge_begin(0);
        f->argument = i;
        check_commit(f, AT_KEYS, leaf_key_is_a_nodes, COVEY_ERR_PATH);
    }
}

static void two_nodes_alike(forgery *f)
{
    covey_parent_node *low =
        covey_tree_parent_slot(&f->next.tree,
                               covey_node_above(f->next.keys.self, 1));
    covey_parent_node *high =
        covey_tree_parent_slot(&f->next.tree,
                               covey_node_above(f->next.keys.self, 2));

    low->encryption_key = high->encryption_key;
}

Test(path, pitfall_17_no_two_nodes_of_a_path_are_alike)
{
    family_begin(4);
    check_commit(forge_begin(0), AT_KEYS, two_nodes_alike, COVEY_ERR_PATH);
}

static void key_of_the_newcomer(forgery *f)
{
    covey_leaf_index newcomer = {3};
    covey_bytes key =
        covey_tree_encryption_key(&f->next.tree, covey_node_of_leaf(newcomer));

    memcpy(f->leaf_key.bytes, key.at, key.len);
}

Test(path, pitfall_17_no_key_is_that_of_who_is_added)
{
    family_begin(3);
    forgery *f = forge_with(0, proposal_add(family_package(9)));

    check_commit(f, AT_KEYS, key_of_the_newcomer, COVEY_ERR_PATH);
}

/* ---- the leaf ---- */

static void source_update(forgery *f)
{
    f->leaf.source = COVEY_SOURCE_UPDATE;
}

static void source_key_package(forgery *f)
{
    f->leaf.source = COVEY_SOURCE_KEY_PACKAGE;
    f->leaf.lifetime = (covey_lifetime){1000, 2000};
}

/* Leaves of the other sources have no parent hash: that is found first. */
Test(path, pitfall_3_the_leafs_source_is_commit)
{
    family_begin(3);
    check_commit(forge_begin(0), AT_LEAF, source_update, COVEY_ERR_PATH);
    check_commit(forge_begin(0), AT_LEAF, source_key_package, COVEY_ERR_PATH);
}

/* Where there is none, who stays alone. */
Test(path, pitfall_3_the_leafs_source_is_commit_also_without_nodes)
{
    family_begin(2);
    forgery *f = forge_with(0, proposal_remove(1));

    check_commit(f, AT_LEAF, source_update, COVEY_ERR_LEAF);
    check_commit(f, AT_LEAF, source_key_package, COVEY_ERR_LEAF);
}

static void no_parent_hash(forgery *f)
{
    f->leaf.parent_hash = covey_bytes_of(NULL, 0);
}

static void other_parent_hash(forgery *f)
{
    f->leaf.parent_hash = bytes_flip(f->leaf.parent_hash, f->argument);
}

static void short_parent_hash(forgery *f)
{
    f->leaf.parent_hash = bytes_cut(f->leaf.parent_hash, 31);
}

static void long_parent_hash(forgery *f)
{
    f->leaf.parent_hash = bytes_join(f->leaf.parent_hash, bytes_fill(0, 1));
}

Test(path, pitfall_5_the_parent_hash_is_that_of_the_tree)
{
    family_begin(5);
    for (size_t who = 0; who < 5; who += 4) {
        check_commit(forge_begin(who), AT_LEAF, no_parent_hash, COVEY_ERR_PATH);
        check_commit(forge_begin(who), AT_LEAF, short_parent_hash,
                     COVEY_ERR_PATH);
        check_commit(forge_begin(who), AT_LEAF, long_parent_hash,
                     COVEY_ERR_PATH);
        for (uint32_t bit = 0; bit < 256; bit += 85) {
            forgery *f = forge_begin(who);
            f->argument = bit;
            check_commit(f, AT_LEAF, other_parent_hash, COVEY_ERR_PATH);
        }
    }
}

static void some_parent_hash(forgery *f)
{
    f->leaf.parent_hash = bytes_fill(0, 32);
}

Test(path, pitfall_5_without_nodes_there_is_no_parent_hash)
{
    family_begin(2);
    forgery *f = forge_with(0, proposal_remove(1));

    check_commit(f, AT_LEAF, some_parent_hash, COVEY_ERR_PATH);
}

static void other_group(forgery *f)
{
    f->place.group_id = bytes_flip(f->place.group_id, 0);
}

static void other_leaf(forgery *f)
{
    f->place.leaf.value++;
}

static void signed_by_another(forgery *f)
{
    f->leaf_sign_key = family[1].group->epoch.sign_key;
}

Test(path, pitfall_3_group_and_index_are_signed)
{
    family_begin(3);
    check_commit(forge_begin(0), AT_LEAF, other_group, COVEY_ERR_AUTH);
    check_commit(forge_begin(0), AT_LEAF, other_leaf, COVEY_ERR_AUTH);
    check_commit(forge_begin(0), AT_LEAF, signed_by_another, COVEY_ERR_AUTH);
}

static void signature_key_of_a_member(forgery *f)
{
    covey_bytes key;

    f->leaf_sign_key = family[f->argument].group->epoch.sign_key;
    key = covey_sign_key_public(&f->leaf_sign_key);
    f->leaf.signature_key = covey_bytes_of(test_copy(key), key.len);
}

static void new_signature_key(forgery *f)
{
    covey_bytes key;

    covey_sign_key_of_seed(&f->leaf_sign_key, bytes_fill(4, 32).at);
    key = covey_sign_key_public(&f->leaf_sign_key);
    f->leaf.signature_key = covey_bytes_of(test_copy(key), key.len);
}

Test(path, the_signature_key_is_nobody_elses)
{
    family_begin(4);
    for (uint32_t i = 1; i < 4; i++) {
        forgery *f = forge_begin(0);
        f->argument = i;
        check_commit(f, AT_LEAF, signature_key_of_a_member, COVEY_ERR_LEAF);
    }
    forgery *f = forge_begin(0);
    f->at[AT_LEAF] = new_signature_key;
    all_accept_commit(0, forge_commit(f));
}

/* ---- what only who is meant can see ---- */

/* Refused by some privately, taken by the others: those whom the wrong part
 * does not concern. */
static void check_private(forgery *f, forge_stage at, forge_hook *hook,
                          const int errs[])
{
    f->at[at] = NULL;
    all_accept_commit(f->who, forge_commit(f));
    f->at[at] = hook;
    covey_bytes commit = forge_commit(f);
    for (size_t i = 0; i < FAMILY_MAX; i++) {
        if (i == f->who || !family_is_in(i)) continue;
        if (errs[i] == COVEY_OK) {
            accept_commit(i, commit);
        } else {
            cr_assert_not(covey_error_is_public(errs[i]));
            refuse_commit(i, commit, errs[i]);
        }
    }
}

static void flip_text(forgery *f)
{
    covey_bytes *text = &f->nodes[f->argument].texts[0].ciphertext;

    *text = bytes_flip(*text, 5);
}

static void flip_kem_output(forgery *f)
{
    covey_bytes *text = &f->nodes[f->argument].texts[0].kem_output;

    *text = bytes_flip(*text, 5);
}

static void zero_kem_output(forgery *f)
{
    f->nodes[f->argument].texts[0].kem_output = bytes_fill(0, 32);
}

Test(path, a_path_secret_that_does_not_open_fails_privately)
{
    static const int first[] = {0, COVEY_ERR_PATH_SECRET, 0, 0};
    static const int second[] = {0, 0, COVEY_ERR_PATH_SECRET,
                                 COVEY_ERR_PATH_SECRET};
    forgery *f = forge_begin(0);

    family_begin(4);
    for (f->argument = 0; f->argument < 2; f->argument++) {
        const int *errs = f->argument == 0 ? first : second;
        check_private(f, AT_PATH, flip_text, errs);
        check_private(f, AT_PATH, flip_kem_output, errs);
        check_private(f, AT_PATH, zero_kem_output, errs);
    }
}

static void other_context(forgery *f)
{
    f->provisional = f->from.context;
}

static void other_epoch(forgery *f)
{
    f->provisional.epoch--;
}

static void next_transcript(forgery *f)
{
    f->provisional.confirmed_transcript_hash.bytes[0] ^= 1;
}

/* It is encrypted under the provisional GroupContext. */
Test(path, pitfall_7_path_secrets_are_bound_to_the_next_context)
{
    static const int all[] = {0, COVEY_ERR_PATH_SECRET, COVEY_ERR_PATH_SECRET,
                              COVEY_ERR_PATH_SECRET};

    family_begin(4);
    check_private(forge_begin(0), AT_CONTEXT, other_context, all);
    check_private(forge_begin(0), AT_CONTEXT, other_epoch, all);
    check_private(forge_begin(0), AT_CONTEXT, next_transcript, all);
}

static void other_secret(forgery *f)
{
    f->path.secrets[f->argument].bytes[0] ^= 1;
}

Test(path, a_path_secret_that_does_not_fit_fails_privately)
{
    static const int first[] = {0, COVEY_ERR_PATH_KEY, 0, 0};
    static const int second[] = {0, 0, COVEY_ERR_PATH_KEY, COVEY_ERR_PATH_KEY};
    forgery *f = forge_begin(0);

    family_begin(4);
    f->argument = 0;
    check_private(f, AT_CONTEXT, other_secret, first);
    f->argument = 1;
    check_private(f, AT_CONTEXT, other_secret, second);
}

static void other_root(forgery *f)
{
    covey_node_index root = covey_tree_root(f->next.tree.width);

    covey_tree_parent_slot(&f->next.tree, root)->encryption_key.bytes[0] ^= 1;
}

static void other_first_node(forgery *f)
{
    covey_tree_parent_slot(&f->next.tree,
                           covey_node_above(f->next.keys.self, 1))
        ->encryption_key.bytes[0] ^= 1;
}

/* A key further up is looked at too, by all below it. */
Test(path, each_key_that_follows_from_a_secret_is_compared)
{
    static const int all[] = {0, COVEY_ERR_PATH_KEY, COVEY_ERR_PATH_KEY,
                              COVEY_ERR_PATH_KEY};
    static const int first[] = {0, COVEY_ERR_PATH_KEY, 0, 0};

    family_begin(4);
    check_private(forge_begin(0), AT_KEYS, other_root, all);
    check_private(forge_begin(0), AT_KEYS, other_first_node, first);
}

static void other_commit_secret(forgery *f)
{
    f->path.commit_secret.secret.bytes[3] ^= 1;
}

static void flip_tag(forgery *f)
{
    f->message.tag = bytes_flip(f->message.tag, f->argument);
}

static void other_init_secret(forgery *f)
{
    f->next.init_secret.secret.bytes[0] ^= 1;
}

Test(path, a_wrong_confirmation_tag_fails_privately)
{
    static const int all[] = {0, COVEY_ERR_CONFIRMATION, COVEY_ERR_CONFIRMATION,
                              COVEY_ERR_CONFIRMATION};
    forgery *f = forge_begin(0);

    family_begin(4);
    for (f->argument = 0; f->argument < 256; f->argument += 51) {
        check_private(f, AT_SEAL, flip_tag, all);
    }
    f->at[AT_SEAL] = NULL;
    check_private(f, AT_TAG, other_commit_secret, all);
    check_private(f, AT_TAG, other_init_secret, all);
}

static void other_tree_hash(forgery *f)
{
    f->next.context.tree_hash.bytes[0] ^= 1;
}

static void other_extensions(forgery *f)
{
    f->next.context.extensions_len = 0;
}

/* The next GroupContext goes into the secrets, so all must see it alike. */
Test(path, pitfall_1_the_next_context_is_confirmed)
{
    static const int all[] = {0, COVEY_ERR_CONFIRMATION, COVEY_ERR_CONFIRMATION,
                              COVEY_ERR_CONFIRMATION};

    family_begin(4);
    forgery *f =
        forge_with(0, proposal_extensions(
                          extension_of(FAMILY_EXTENSION, bytes_fill(1, 1))));
    check_private(f, AT_TAG, other_tree_hash, all);
    check_private(f, AT_TAG, other_extensions, all);
}

/* ---- a member that is an unmerged leaf ---- */

/* It opens what is encrypted to its own leaf, not to the node above. */
Test(path, pitfall_6_an_unmerged_leaf_reads_a_path)
{
    const size_t joins[] = {4, EVERYBODY};

    family_begin(4);
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 1};
    const covey_mls_commit_options without = {.changes = &remove,
                                              .num_changes = 1};
    covey_mls_group_wipe(family[1].group);
    family_commit(0, &without, NULL);
    const covey_mls_change add = {.kind = COVEY_MLS_ADD,
                                  .key_package = family_package(4)};
    const covey_mls_commit_options options = {.changes = &add,
                                              .num_changes = 1};
    family_commit(2, &options, joins);

    /* 4 stands at leaf 1: of node 1, which 0 made, it has no key. */
    cr_assert_eq(covey_mls_own_leaf(family[4].group), 1);
    const covey_tree *tree = &family[3].group->epoch.tree;
    cr_assert(covey_leaf_set_has(
                  &covey_tree_parent(tree, covey_tree_root(4))->unmerged_leaves,
                  (covey_leaf_index){1}) ||
              covey_tree_parent(tree, (covey_node_index){1}) == NULL ||
              covey_leaf_set_has(&covey_tree_parent(tree, (covey_node_index){1})
                                      ->unmerged_leaves,
                                 (covey_leaf_index){1}));
    all_accept_commit(3, forge_commit(forge_begin(3)));
    for (size_t i = 0; i < 5; i++) {
        if (family_is_in(i)) family_commit(i, NULL, NULL);
    }
}
