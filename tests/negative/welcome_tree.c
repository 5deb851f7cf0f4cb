/* RFC 9420 sections 7.3, 7.9.2, 12.4.3.1 and 12.4.3.3: the tree of a Welcome.
 * Whatever the tree, hash, secrets and signature fit to it. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge_welcome.h"
#include "leaf_faults.h"
#include "mls/tree_codec.h"
#include "support/trees.h"

static covey_bytes none(void)
{
    return covey_bytes_of(NULL, 0);
}

/* ---- the whole ---- */

static void other_tree_hash(welcome_forgery *f)
{
    f->next.context.tree_hash.bytes[f->argument] ^= 1;
}

Test(welcome_tree, pitfall_4_its_hash_is_the_contexts)
{
    welcome_forgery *f = welcome_begin(3);

    for (f->argument = 0; f->argument < 32; f->argument += 31) {
        check_welcome(f, W_CONTEXT, other_tree_hash, COVEY_ERR_TREE);
    }
    f->argument = 7;
    f->tree_apart = true;
    check_welcome(f, W_CONTEXT, other_tree_hash, COVEY_ERR_TREE);
}

static void another_tree(welcome_forgery *f)
{
    covey_tree tree = f->next.tree;

    covey_tree_remove(&tree, (covey_leaf_index){1});
    f->tree = test_tree_encode(&tree);
}

Test(welcome_tree, a_tree_that_comes_apart_is_the_groups)
{
    welcome_forgery *f = welcome_begin(3);

    f->tree_apart = true;
    check_welcome(f, W_TREE, another_tree, COVEY_ERR_TREE);
}

/* Contents of the vector, before it is put in front. */
static void set_nodes(welcome_forgery *f, covey_bytes before, covey_bytes nodes,
                      covey_bytes after)
{
    f->tree = bytes_vec(bytes_join(bytes_join(before, nodes), after));
}

static covey_bytes nodes_of(const welcome_forgery *f)
{
    covey_reader r = covey_reader_of(f->tree);
    covey_bytes nodes = covey_read_vec(&r);

    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    return nodes;
}

static void blank_at_the_end(welcome_forgery *f)
{
    set_nodes(f, none(), nodes_of(f), bytes_fill(0, f->argument));
}

Test(welcome_tree, its_last_node_is_not_blank)
{
    welcome_forgery *f = welcome_begin(4); /* 5 leaves of 8 */

    for (f->argument = 1; f->argument <= 7; f->argument++) {
        check_welcome(f, W_TREE, blank_at_the_end, COVEY_ERR_TREE);
    }
}

static void more_behind(welcome_forgery *f)
{
    f->tree = bytes_join(f->tree, bytes_fill(0, 1));
}

static void cut(welcome_forgery *f)
{
    covey_bytes nodes = nodes_of(f);

    set_nodes(f, none(), bytes_cut(nodes, nodes.len - f->argument), none());
}

static void empty(welcome_forgery *f)
{
    f->tree = bytes_vec(none());
}

Test(welcome_tree, pitfall_11_it_is_encoded_right)
{
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_TREE, more_behind, COVEY_ERR_MALFORMED);
    check_welcome(f, W_TREE, empty, COVEY_ERR_TREE);
    for (f->argument = 1; f->argument < 100; f->argument += 7) {
        check_welcome(f, W_TREE, cut, COVEY_ERR_MALFORMED);
    }
}

static covey_bytes begins_with;

static void only_the_beginning(welcome_forgery *f)
{
    f->tree = bytes_vec(begins_with);
}

/* Between two nodes it is a tree, if not this one; within one it is none. */
Test(welcome_tree, pitfall_11_each_node_is_whole)
{
    welcome_forgery *f = welcome_begin(7);

    for (uint32_t i = 0; i < 7; i++) test_tree_renew(&f->next.tree, i, 100 + i);
    f->sign_key = test_sign_key(100);
    accept_welcome(f, forge_welcome(f));
    covey_bytes nodes = nodes_of(f);
    covey_reader r = covey_reader_of(nodes);
    size_t next = 0; /* where the next node begins */

    f->at[W_TREE] = only_the_beginning;
    for (size_t len = 0; len < nodes.len; len++) {
        bool between = len == next;
        if (between) {
            (void)covey_read_u8(&r);
            if (covey_read_u8(&r) == COVEY_NODE_LEAF) {
                covey_leaf_node leaf;
                covey_read_leaf_node(&r, &leaf);
            } else {
                (void)covey_read_vec(&r);
                (void)covey_read_vec(&r);
                (void)covey_read_vec(&r);
            }
            next = nodes.len - r.left;
        } else if (len % 5 != 0 && next - len > 3) {
            continue;
        }
        begins_with = bytes_cut(nodes, len);
        refuse_welcome(f, forge_welcome(f),
                       between ? COVEY_ERR_TREE : COVEY_ERR_MALFORMED);
    }
}

static void too_large(welcome_forgery *f)
{
    /* Blanks up to one leaf more than there is room for. */
    covey_bytes leaf = bytes_join(hex("0101"), test_leaf(60));

    set_nodes(f, none(),
              bytes_join(nodes_of(f),
                         bytes_fill(0, 2 * COVEY_MLS_MEMBERS_MAX - 7)),
              leaf);
}

Test(welcome_tree, pitfall_11_it_is_not_larger_than_there_is_room)
{
    check_welcome(welcome_begin(3), W_TREE, too_large, COVEY_ERR_CAPACITY);
}

/* ---- one's own leaf ---- */

static void without_oneself(welcome_forgery *f)
{
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){2}, test_leaf(70));
    covey_tree_hash(&f->next.context.tree_hash, &f->next.tree,
                    covey_tree_root(f->next.tree.width), NULL);
}

/* The newcomer's keys in a leaf that is not the KeyPackage's. */
static void changed_oneself(welcome_forgery *f)
{
    const covey_leaf_place nowhere = {none(), {0}};
    covey_leaf_node leaf;

    covey_tree_leaf(&f->next.tree, (covey_leaf_index){2}, &leaf);
    leaf.identity = covey_bytes_of_text("somebody else");
    leaf.signature = none();
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){2},
                        forge_leaf(&leaf, &nowhere, &f->joiner->sign_key));
    covey_tree_hash(&f->next.context.tree_hash, &f->next.tree,
                    covey_tree_root(f->next.tree.width), NULL);
}

Test(welcome_tree, pitfall_4_ones_own_leaf_is_the_key_packages)
{
    check_welcome(welcome_begin(2), W_CONTEXT, without_oneself, COVEY_ERR_TREE);
    check_welcome(welcome_begin(2), W_CONTEXT, changed_oneself, COVEY_ERR_TREE);
}

/* ---- leaves ---- */

static const leaf_fault *fault;

static void expect(welcome_forgery *f, int err)
{
    covey_bytes message = forge_welcome(f);

    if (err != COVEY_OK) {
        refuse_welcome(f, message, err);
    } else {
        accept_welcome(f, message);
    }
}

/* All that can be wrong with a leaf by itself: of a member that came with a
 * KeyPackage. */
Test(welcome_tree, pitfall_4_each_leaf_is_valid)
{
    const covey_leaf_place nowhere = {none(), {0}};

    for (fault = leaf_faults; fault < leaf_faults + num_leaf_faults; fault++) {
        welcome_forgery *f = welcome_begin(3);
        covey_leaf_node leaf = test_leaf_node(1);
        const covey_sign_key key = test_sign_key(1);
        covey_bytes encoding;

        trying = fault->name;
        leaf.capabilities.extensions = hex("ff01");
        fault->make(&leaf);
        encoding = forge_leaf(&leaf, &nowhere, &key);
        if (encoding.len > COVEY_MLS_LEAF_NODE_MAX) continue; /* below */
        covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){1}, encoding);
        expect(f, fault->err);
        test_free_all();
    }
}

static covey_bytes long_leaf;

/* In the place of the first leaf. */
static void leaf_too_long(welcome_forgery *f)
{
    covey_bytes nodes = nodes_of(f);
    size_t first = 2u + f->next.tree.leaves[0].len;

    set_nodes(f, hex("0101"), long_leaf,
              covey_bytes_of(nodes.at + first, nodes.len - first));
}

Test(welcome_tree, pitfall_11_a_leaf_has_a_greatest_size)
{
    const covey_leaf_place nowhere = {none(), {0}};
    welcome_forgery *f = welcome_begin(3);
    covey_leaf_node leaf = test_leaf_node(0);
    const covey_sign_key key = test_sign_key(0);

    leaf.identity = bytes_fill('x', COVEY_MLS_LEAF_NODE_MAX);
    long_leaf = forge_leaf(&leaf, &nowhere, &key);
    check_welcome(f, W_TREE, leaf_too_long, COVEY_ERR_PROFILE);
}

/* A leaf that its owner renewed, of source update. */
static covey_bytes updated_leaf(uint32_t number, uint32_t place)
{
    covey_leaf_node leaf = test_leaf_node(number);

    leaf.source = COVEY_SOURCE_UPDATE;
    return test_leaf_sign(&leaf, number, place);
}

static void other_group_id(welcome_forgery *f)
{
    f->next.context.group_id[0] ^= 1;
}

Test(welcome_tree, pitfall_3_group_and_index_are_signed)
{
    welcome_forgery *f = welcome_begin(3);

    /* Of the KeyPackage's source: bound to neither. */
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){1}, test_leaf(2));
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){2}, test_leaf(1));
    expect(f, COVEY_OK);
    f->at[W_CONTEXT] = other_group_id;
    expect(f, COVEY_OK);

    f = welcome_begin(3);
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){1},
                        updated_leaf(1, 1));
    expect(f, COVEY_OK);
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){1},
                        updated_leaf(1, 2));
    expect(f, COVEY_ERR_AUTH);
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){1},
                        updated_leaf(1, 1));
    f->at[W_CONTEXT] = other_group_id;
    expect(f, COVEY_ERR_AUTH);
}

Test(welcome_tree, pitfall_4_keys_of_leaves_are_unique)
{
    covey_leaf_node leaf = test_leaf_node(1);
    covey_leaf_node other = test_leaf_node(2);

    /* The encryption key of another. */
    welcome_forgery *f = welcome_begin(3);
    other.encryption_key = leaf.encryption_key;
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){2},
                        test_leaf_sign(&other, 2, 2));
    expect(f, COVEY_ERR_TREE);

    /* The signature key of another. */
    f = welcome_begin(3);
    other = test_leaf_node(2);
    other.signature_key = leaf.signature_key;
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){2},
                        test_leaf_sign(&other, 1, 2));
    expect(f, COVEY_ERR_TREE);

    /* The same leaf twice. */
    f = welcome_begin(3);
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){2}, test_leaf(1));
    expect(f, COVEY_ERR_TREE);

    f = welcome_begin(3);
    expect(f, COVEY_OK);
}

/* The newcomer's own keys are nobody else's either. */
Test(welcome_tree, pitfall_4_ones_own_keys_are_unique)
{
    welcome_forgery *f = welcome_begin(3);
    covey_leaf_node leaf = test_leaf_node(1);
    covey_leaf_node own;

    covey_tree_leaf(&f->next.tree, (covey_leaf_index){3}, &own);
    leaf.encryption_key = own.encryption_key;
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){1},
                        test_leaf_sign(&leaf, 1, 1));
    expect(f, COVEY_ERR_TREE);
}

/* ---- parents: groups whose members have committed ---- */

/* 7 members and the newcomer, of whom each has committed: no parent is blank;
 * the newcomer is unmerged where it is not blank. */
static welcome_forgery *committed(void)
{
    welcome_forgery *f = welcome_begin(7);

    for (uint32_t i = 0; i < 7; i++) test_tree_renew(&f->next.tree, i, 100 + i);
    f->sign_key = test_sign_key(100);
    return f;
}

static covey_parent_node *parent_at(welcome_forgery *f, uint32_t node)
{
    return covey_tree_parent_slot(&f->next.tree, (covey_node_index){node});
}

Test(welcome_tree, honest_trees_are_accepted)
{
    welcome_forgery *f = committed();
    covey_leaf_index leaf;

    expect(f, COVEY_OK);
    covey_tree_remove(&f->next.tree, (covey_leaf_index){2});
    expect(f, COVEY_OK);
    cr_assert_eq(covey_tree_add(&f->next.tree, test_leaf(60), &leaf), COVEY_OK);
    expect(f, COVEY_OK);
    test_tree_renew(&f->next.tree, 4, 200);
    expect(f, COVEY_OK);
    test_tree_renew(&f->next.tree, 0, 201);
    f->sign_key = test_sign_key(201);
    expect(f, COVEY_OK);
}

Test(welcome_tree, pitfall_5_each_parent_hash_is_right)
{
    for (uint32_t node = 1; node < 15; node += 2) {
        welcome_forgery *f = committed();
        covey_parent_node *parent = parent_at(f, node);

        cr_assert(parent->present);
        parent->encryption_key.bytes[1] ^= 1;
        expect(f, COVEY_ERR_TREE);
        parent->encryption_key.bytes[1] ^= 1;
        expect(f, COVEY_OK);
        if (parent->parent_hash_len == 0) continue; /* the root's */
        parent->parent_hash.bytes[31] ^= 1;
        expect(f, COVEY_ERR_TREE);
        parent->parent_hash.bytes[31] ^= 1;
        parent->parent_hash_len = 0;
        expect(f, COVEY_ERR_TREE);
        test_free_all();
    }
}

Test(welcome_tree, pitfall_5_the_root_has_no_parent_hash)
{
    welcome_forgery *f = committed();

    parent_at(f, 7)->parent_hash_len = 32;
    expect(f, COVEY_ERR_TREE);
}

/* Leaf 6 committed last: its leaf says so. */
static void set_leaf_hash(welcome_forgery *f, covey_bytes hash)
{
    covey_leaf_node leaf;

    covey_tree_leaf(&f->next.tree, (covey_leaf_index){6}, &leaf);
    leaf.parent_hash = hash;
    leaf.signature = none();
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){6},
                        test_leaf_sign(&leaf, 106, 6));
}

Test(welcome_tree, pitfall_5_a_leafs_parent_hash_is_right)
{
    welcome_forgery *f = committed();
    covey_leaf_node leaf;

    covey_tree_leaf(&f->next.tree, (covey_leaf_index){6}, &leaf);
    covey_bytes right =
        covey_bytes_of(test_copy(leaf.parent_hash), leaf.parent_hash.len);
    set_leaf_hash(f, right);
    expect(f, COVEY_OK);
    set_leaf_hash(f, bytes_flip(right, 77));
    expect(f, COVEY_ERR_TREE);
    set_leaf_hash(f, none());
    expect(f, COVEY_ERR_TREE);
    set_leaf_hash(f, bytes_cut(right, 31));
    expect(f, COVEY_ERR_TREE);
}

/* The leaf below a parent is one that never committed. */
Test(welcome_tree, pitfall_5_a_parent_chains_to_a_leaf)
{
    welcome_forgery *f = committed();

    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){6}, test_leaf(6));
    expect(f, COVEY_ERR_TREE);
    test_tree_renew(&f->next.tree, 6, 106);
    expect(f, COVEY_OK);
}

/* What was below its sibling when it was made is part of its hash. */
Test(welcome_tree, pitfall_5_the_original_sibling_is_hashed)
{
    welcome_forgery *f = committed();

    /* Leaf 4 and 5 were there when 6 committed; 5 updates since. */
    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){5},
                        updated_leaf(55, 5));
    expect(f, COVEY_ERR_TREE);
    covey_tree_blank_path(&f->next.tree, (covey_leaf_index){5});
    expect(f, COVEY_OK);
}

/* Exactly one node below each parent leads to it. */
Test(welcome_tree, pitfall_5_a_parent_without_a_child_that_names_it)
{
    welcome_forgery *f = committed();

    /* The nodes on the way from leaf 6 to the root are blanked: what the
     * root stood on is gone. */
    memset(parent_at(f, 13), 0, sizeof(covey_parent_node));
    expect(f, COVEY_ERR_TREE);
}

static void unmerge(welcome_forgery *f, uint32_t node, uint32_t leaf)
{
    covey_leaf_set_add(&parent_at(f, node)->unmerged_leaves,
                       (covey_leaf_index){leaf});
}

static void merge(welcome_forgery *f, uint32_t node, uint32_t leaf)
{
    covey_leaf_set_drop(&parent_at(f, node)->unmerged_leaves,
                        (covey_leaf_index){leaf});
}

/* Leaf 2 was removed, the path of 3 renewed, then somebody added there: it is
 * unmerged in nodes 3 and 7 (5 has only that leaf beside 3's). */
static welcome_forgery *unmerged(void)
{
    welcome_forgery *f = committed();
    covey_leaf_index leaf;

    covey_tree_remove(&f->next.tree, (covey_leaf_index){2});
    test_tree_renew(&f->next.tree, 0, 210);
    f->sign_key = test_sign_key(210);
    cr_assert_eq(covey_tree_add(&f->next.tree, test_leaf(61), &leaf), COVEY_OK);
    cr_assert_eq(leaf.value, 2);
    cr_assert(covey_leaf_set_has(&parent_at(f, 3)->unmerged_leaves, leaf));
    cr_assert(covey_leaf_set_has(&parent_at(f, 7)->unmerged_leaves, leaf));
    return f;
}

Test(welcome_tree, pitfall_4_unmerged_leaves_are_there)
{
    static const uint32_t blank[] = {8, 9, 16, 31};
    welcome_forgery *f = unmerged();

    expect(f, COVEY_OK);
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++) {
        unmerge(f, 7, blank[i]);
        expect(f, COVEY_ERR_TREE);
        merge(f, 7, blank[i]);
    }
    expect(f, COVEY_OK);
}

Test(welcome_tree, pitfall_4_unmerged_leaves_are_below)
{
    welcome_forgery *f = unmerged();

    expect(f, COVEY_OK);
    unmerge(f, 3, 5);
    expect(f, COVEY_ERR_TREE);
    merge(f, 3, 5);
    unmerge(f, 1, 2);
    expect(f, COVEY_ERR_TREE);
    merge(f, 1, 2);
    expect(f, COVEY_OK);
}

Test(welcome_tree, pitfall_4_unmerged_leaves_are_in_all_between)
{
    welcome_forgery *f = unmerged();

    merge(f, 3, 2); /* still in 7 */
    expect(f, COVEY_ERR_TREE);
    unmerge(f, 3, 2);
    expect(f, COVEY_OK);
    merge(f, 7, 2); /* still in 3 */
    expect(f, COVEY_ERR_TREE);
}

/* A member in the list that was there when the parent was made. */
Test(welcome_tree, pitfall_5_unmerged_leaves_are_not_invented)
{
    welcome_forgery *f = unmerged();

    unmerge(f, 7, 4);
    unmerge(f, 11, 4);
    unmerge(f, 9, 4);
    expect(f, COVEY_ERR_TREE);
}

/* ---- trees that only an insider would make ---- */

/* A parent as if `leaf` had committed it, and its hash into that leaf. */
static void chain(welcome_forgery *f, uint32_t node, uint32_t leaf,
                  const char *unmerged_leaves)
{
    covey_node_index at = {node};
    covey_leaf_index self = {leaf};
    covey_node_index child = covey_node_above(self, covey_node_level(at) - 1);
    covey_parent_node *parent = covey_tree_parent_slot(&f->next.tree, at);
    covey_reader list = covey_reader_of(hex(unmerged_leaves));
    covey_leaf_node renewed = test_leaf_node(500 + leaf);
    covey_digest sibling;
    covey_digest hash;

    memset(parent, 0, sizeof *parent);
    parent->present = true;
    memset(parent->encryption_key.bytes, (int)(0x60 + node), 32);
    while (covey_reader_more(&list)) {
        covey_leaf_set_add(&parent->unmerged_leaves,
                           (covey_leaf_index){covey_read_u32(&list)});
    }
    covey_tree_hash(&sibling, &f->next.tree, covey_node_sibling(child),
                    &parent->unmerged_leaves);
    covey_parent_hash(&hash, parent, &sibling);
    renewed.source = COVEY_SOURCE_COMMIT;
    renewed.parent_hash = covey_digest_bytes(&hash);
    covey_tree_set_leaf(&f->next.tree, self,
                        test_leaf_sign(&renewed, 500 + leaf, leaf));
}

/* Of leaves 0 and 1 below the parent's child, 0 made the parent, and 1 never
 * got its key: 1 must be listed. Listing 0 in its place is as many. */
Test(welcome_tree, pitfall_5_unmerged_leaves_are_the_right_ones)
{
    welcome_forgery *f = welcome_begin(3);

    chain(f, 3, 0, "00000001");
    f->sign_key = test_sign_key(500);
    expect(f, COVEY_OK);
    chain(f, 3, 0, "00000000");
    expect(f, COVEY_ERR_TREE);
    chain(f, 3, 0, "");
    expect(f, COVEY_ERR_TREE);
}

/* Beside the one that made it there are only leaves, no other parent. */
Test(welcome_tree, pitfall_5_no_other_parent_is_below)
{
    welcome_forgery *f = welcome_begin(4); /* the newcomer is at 4 */

    covey_tree_set_leaf(&f->next.tree, (covey_leaf_index){3}, none());
    chain(f, 1, 1, "00000000");
    expect(f, COVEY_OK);
    chain(f, 7, 2, "0000000000000002");
    expect(f, COVEY_ERR_TREE);
    chain(f, 7, 2, "00000000");
    expect(f, COVEY_ERR_TREE);
}

/* ---- ratchet_tree's own order: by hand, as no writer writes it ---- */

static covey_bytes raw_parent(const welcome_forgery *f, uint32_t node,
                              const char *unmerged_leaves)
{
    const covey_parent_node *parent =
        covey_tree_parent(&f->next.tree, (covey_node_index){node});
    covey_writer w = covey_writer_of(test_alloc(512), 512);

    covey_write_vec(&w, covey_bytes_of(parent->encryption_key.bytes, 32));
    covey_write_vec(&w, covey_bytes_of(parent->parent_hash.bytes,
                                       parent->parent_hash_len));
    covey_write_vec(&w, hex(unmerged_leaves));
    return covey_writer_since(&w, 0);
}

static const char *unmerged_list;

static void root_with_list(welcome_forgery *f)
{
    covey_bytes nodes = nodes_of(f);
    covey_bytes old = raw_parent(f, 7, "00000002");

    for (size_t i = 0; i + old.len <= nodes.len; i++) {
        if (memcmp(nodes.at + i, old.at, old.len) != 0) continue;
        size_t behind = i + old.len;
        set_nodes(f, bytes_cut(nodes, i), raw_parent(f, 7, unmerged_list),
                  covey_bytes_of(nodes.at + behind, nodes.len - behind));
        return;
    }
    cr_assert_fail("the root is not there");
}

Test(welcome_tree, pitfall_4_unmerged_leaves_are_sorted_and_once)
{
    static const char *const lists[] = {
        "0000000200000002", "0000000300000002", "00000020",
        "ffffffff",         "0000000280000000",
    };
    welcome_forgery *f = unmerged();

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        unmerged_list = lists[i];
        trying = lists[i];
        check_welcome(f, W_TREE, root_with_list, COVEY_ERR_TREE);
    }
    unmerged_list = "000002";
    check_welcome(f, W_TREE, root_with_list, COVEY_ERR_MALFORMED);
    unmerged_list = "00000002";
    f->at[W_TREE] = root_with_list;
    expect(f, COVEY_OK);
}

/* ---- keys of parents ---- */

/* As test_tree_renew does it, with one parent's key given. */
static void renew_with(welcome_forgery *f, uint32_t who, uint32_t number,
                       unsigned level, covey_bytes key)
{
    covey_tree *tree = &f->next.tree;
    covey_leaf_index self = {who};
    covey_leaf_node node = test_leaf_node(number);
    covey_filtered_path path;
    covey_copath_hashes copath;
    covey_digest hash;
    size_t hash_len = 0;

    test_tree_renew(tree, who, number);
    covey_tree_filtered_path(tree, self, &path);
    covey_parent_node *parent =
        covey_tree_parent_slot(tree, covey_node_above(self, level));
    memcpy(parent->encryption_key.bytes, key.at, key.len);
    covey_copath_hashes_of(&copath, tree, self);
    covey_parent_hashes_set(tree, self, &path, &copath, &hash, &hash_len);
    node.source = COVEY_SOURCE_COMMIT;
    node.parent_hash = covey_bytes_of(hash.bytes, hash_len);
    covey_tree_set_leaf(tree, self, test_leaf_sign(&node, number, who));
}

Test(welcome_tree, pitfall_4_keys_of_parents_are_unique)
{
    for (unsigned level = 1; level <= 3; level++) {
        welcome_forgery *f = committed();

        renew_with(f, 0, 300, level, bytes_fill(0x77, 32));
        f->sign_key = test_sign_key(300);
        expect(f, COVEY_OK);
        /* That of another parent, on the other side. */
        renew_with(f, 0, 301, level,
                   covey_tree_encryption_key(&f->next.tree,
                                             (covey_node_index){9}));
        f->sign_key = test_sign_key(301);
        expect(f, COVEY_ERR_TREE);
        /* That of a leaf. */
        f = committed();
        renew_with(f, 0, 302, level, test_encryption_key(104));
        f->sign_key = test_sign_key(302);
        expect(f, COVEY_ERR_TREE);
    }
}

Test(welcome_tree, pitfall_4_keys_of_parents_in_one_path_are_unique)
{
    welcome_forgery *f = committed();

    test_tree_renew(&f->next.tree, 0, 300);
    covey_bytes key =
        covey_tree_encryption_key(&f->next.tree, (covey_node_index){1});
    renew_with(f, 0, 300, 3, covey_bytes_of(test_copy(key), 32));
    f->sign_key = test_sign_key(300);
    expect(f, COVEY_ERR_TREE);
}
