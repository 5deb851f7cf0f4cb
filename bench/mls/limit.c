#include "limit.h"

#include <string.h>

#include "mls/framing.h"
#include "mls/key_package.h"
#include "mls/message.h"
#include "mls/types.h"
#include "mls/welcome.h"
#include "parts.h"

#define SEALED_SECRET COVEY_HASH_SIZE

/* ---- framing ---- */

typedef struct {
    size_t content_len; /* of the content with its vector head */
    size_t framed_len;  /* wire format and FramedContent */
    size_t plain_len;
} private_sizes;

static private_sizes sizes_of(covey_bytes message)
{
    covey_reader r = covey_reader_of(message);
    covey_private_message message_in;
    private_sizes sizes;
    size_t auth = part_vec(COVEY_SIGNATURE_SIZE);

    (void)covey_read_message_head(&r);
    covey_read_private_message(&r, &message_in);
    if (message_in.content_type == COVEY_CONTENT_COMMIT) {
        auth += part_vec(COVEY_HASH_SIZE);
    }
    sizes.plain_len = message_in.ciphertext.len - COVEY_AEAD_TAG_SIZE;
    sizes.content_len = sizes.plain_len - auth;
    sizes.framed_len =
        2 + part_group_id_len() + 8 + 5 + part_vec(0) + 1 + sizes.content_len;
    return sizes;
}

static size_t framed_content(const private_sizes *sizes, size_t context_len)
{
    return part_sign_content("FramedContentTBS",
                             2 + sizes->framed_len + context_len);
}

/* Sender data, and the content itself. */
static void aead(bare_plan *plan, bare_kind kind, const private_sizes *sizes)
{
    size_t aad = part_group_id_len() + 8 + 1;

    part_key(plan);
    part_expand(plan, "key", COVEY_HASH_SIZE);
    part_expand(plan, "nonce", COVEY_HASH_SIZE);
    bare_add_aead(plan, kind, COVEY_SENDER_DATA_SIZE, aad);
    bare_add_aead(plan, kind, sizes->plain_len, aad + part_vec(0));
}

/* Key and nonce of a generation, and the next one's secret if the ratchet
 * stays. */
static void ratchet(bare_plan *plan, bool stays)
{
    part_key(plan);
    part_expand(plan, "key", 4);
    part_expand(plan, "nonce", 4);
    if (stays) part_expand(plan, "secret", 4);
}

/* From the root of the secret tree to a leaf's ratchet. Where the epoch
 * stays, the secrets on the way must go, RFC 9420 section 9.2, so that what
 * is beside them is derived too. */
static void open_secret_tree(bare_plan *plan, uint32_t width, bool stays)
{
    unsigned height = covey_node_level(covey_tree_root(width));

    for (unsigned level = 0; level < height; level++) {
        part_key(plan);
        part_expand(plan, "tree", strlen("left"));
        if (stays) part_expand(plan, "tree", strlen("right"));
    }
    part_key(plan);
    part_expand(plan, "handshake", 0);
    if (stays) part_expand(plan, "application", 0);
}

static void application(bare_plan *plan, const covey_epoch *epoch,
                        const private_sizes *sizes, bare_kind kind, bool first)
{
    if (first) open_secret_tree(plan, epoch->tree.width, true);
    ratchet(plan, true);
    aead(plan, kind, sizes);
}

static size_t context_len_of(const covey_group_context *context)
{
    covey_writer w = covey_writer_counting();

    covey_write_group_context(&w, context);
    return w.len;
}

void limit_protect(bare_plan *plan, const covey_epoch *epoch,
                   covey_bytes message, bool first)
{
    private_sizes sizes = sizes_of(message);

    bare_add(plan, BARE_SIGN,
             framed_content(&sizes, context_len_of(&epoch->context)));
    application(plan, epoch, &sizes, BARE_SEAL, first);
}

void limit_unprotect(bare_plan *plan, const covey_epoch *epoch,
                     covey_bytes message, bool first)
{
    private_sizes sizes = sizes_of(message);

    application(plan, epoch, &sizes, BARE_OPEN, first);
    bare_add(plan, BARE_VERIFY,
             framed_content(&sizes, context_len_of(&epoch->context)));
}

/* ---- KeyPackages ---- */

static covey_key_package read_package(covey_bytes message)
{
    covey_reader r;
    covey_key_package package;

    memset(&package, 0, sizeof package);
    if (covey_message_body(&r, message, COVEY_WIRE_KEY_PACKAGE) == COVEY_OK) {
        covey_read_key_package(&r, &package);
    }
    return package;
}

static size_t package_content(const covey_key_package *package)
{
    return part_sign_content("KeyPackageTBS", package->to_be_signed.len);
}

static void package_ref(bare_plan *plan, const covey_key_package *package)
{
    part_ref_hash(plan, "MLS 1.0 KeyPackage Reference", package->encoding.len);
}

void limit_key_package(bare_plan *plan, covey_bytes message)
{
    covey_key_package package = read_package(message);

    bare_add(plan, BARE_SIGN_KEY, 0);
    bare_add(plan, BARE_BASE, 0); /* init_key */
    bare_add(plan, BARE_BASE, 0); /* encryption_key */
    bare_add(plan, BARE_SIGN,
             part_leaf_content(package.leaf.encoding.len, package.leaf.source));
    bare_add(plan, BARE_SIGN, package_content(&package));
    package_ref(plan, &package);
}

/* ---- commits ---- */

static void parent_hashes_along(bare_plan *plan, const limit_commit *commit)
{
    covey_filtered_path path;

    covey_tree_filtered_path(commit->tree, commit->committer, &path);
    for (size_t i = 0; i < path.num; i++) {
        part_parent_hash(plan,
                         covey_tree_parent(commit->tree,
                                           covey_node_above(commit->committer,
                                                            path.level[i])));
    }
}

/* A node's key pair and the next path secret, from a path secret. */
static void path_node(bare_plan *plan)
{
    part_key(plan);
    part_expand(plan, "node", 0);
    part_expand(plan, "path", 0);
    part_derive_key_pair(plan);
}

/* The nodes at this level and above. */
static void path_nodes(bare_plan *plan, const limit_commit *commit,
                       unsigned level)
{
    covey_filtered_path path;

    covey_tree_filtered_path(commit->tree, commit->committer, &path);
    for (size_t i = 0; i < path.num; i++) {
        if (path.level[i] >= level) path_node(plan);
    }
}

static size_t num_ciphertexts(const limit_commit *commit)
{
    covey_filtered_path path;
    covey_leaf_set added = {{0}};
    size_t num = 0;

    if (commit->key_package.len != 0) covey_leaf_set_add(&added, commit->added);
    covey_tree_filtered_path(commit->tree, commit->committer, &path);
    for (size_t i = 0; i < path.num; i++) {
        covey_resolution resolution;
        covey_node_index child =
            covey_node_above(commit->committer, path.level[i] - 1);

        covey_tree_resolution(commit->tree, covey_node_sibling(child), &added,
                              &resolution);
        num += resolution.num;
    }
    return num;
}

/* From joiner_secret's salt to the confirmation tag. Of the epoch's secrets
 * only those that this profile uses: no external, no resumption secret. */
static void schedule_epoch(bare_plan *plan, size_t context_len)
{
    static const char *const labels[] = {"sender data", "encryption",
                                         "exporter",    "confirm",
                                         "membership",  "authentication",
                                         "init"};

    part_expand(plan, "epoch", context_len); /* under the member secret */
    part_key(plan);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        part_expand(plan, labels[i], 0);
    }
    part_key(plan);
    bare_add(plan, BARE_HMAC, COVEY_HASH_SIZE); /* confirmation_tag */
}

/* The member secret, and that it is the key now. */
static void schedule_member(bare_plan *plan)
{
    part_key(plan);
    bare_add(plan, BARE_HMAC, COVEY_HASH_SIZE);
    part_key(plan);
}

static void schedule_joiner(bare_plan *plan, size_t context_len)
{
    part_key(plan);
    bare_add(plan, BARE_HMAC, COVEY_HASH_SIZE);
    part_key(plan);
    part_expand(plan, "joiner", context_len);
}

static void welcome_key(bare_plan *plan)
{
    part_key(plan);
    part_expand(plan, "key", 0);
    part_expand(plan, "nonce", 0);
}

static void confirmed_transcript(bare_plan *plan, const private_sizes *sizes)
{
    bare_add(plan, BARE_HASH,
             COVEY_HASH_SIZE + sizes->framed_len +
                 part_vec(COVEY_SIGNATURE_SIZE));
}

static void interim_transcript(bare_plan *plan)
{
    bare_add(plan, BARE_HASH, COVEY_HASH_SIZE + part_vec(COVEY_HASH_SIZE));
}

typedef struct {
    covey_welcome welcome;
    size_t secrets_len;    /* one newcomer's, plain */
    size_t group_info_len; /* plain, signature included */
    size_t group_info_signed;
} welcome_sizes;

static welcome_sizes welcome_sizes_of(covey_bytes message)
{
    welcome_sizes sizes;
    covey_reader r;

    memset(&sizes, 0, sizeof sizes);
    if (covey_message_body(&r, message, COVEY_WIRE_WELCOME) != COVEY_OK) {
        return sizes;
    }
    covey_read_welcome(&r, &sizes.welcome);

    covey_reader secrets = covey_reader_of(sizes.welcome.secrets);
    covey_encrypted_group_secrets one;
    covey_read_encrypted_group_secrets(&secrets, &one);
    sizes.secrets_len = one.group_secrets.ciphertext.len - COVEY_AEAD_TAG_SIZE;
    sizes.group_info_len =
        sizes.welcome.encrypted_group_info.len - COVEY_AEAD_TAG_SIZE;
    sizes.group_info_signed =
        part_sign_content("GroupInfoTBS", sizes.group_info_len -
                                              part_vec(COVEY_SIGNATURE_SIZE));
    return sizes;
}

static void make_welcome(bare_plan *plan, const limit_commit *commit)
{
    welcome_sizes sizes = welcome_sizes_of(commit->welcome);
    covey_key_package package = read_package(commit->key_package);

    part_expand(plan, "welcome", 0); /* under the member secret */
    welcome_key(plan);
    bare_add(plan, BARE_SIGN, sizes.group_info_signed);
    bare_add(plan, BARE_SEAL, sizes.group_info_len);
    part_hpke_info(plan, "Welcome", sizes.welcome.encrypted_group_info.len);
    part_hpke_seal(plan, sizes.secrets_len);
    package_ref(plan, &package);
}

static void verify_package(bare_plan *plan, covey_bytes message)
{
    covey_key_package package = read_package(message);

    bare_add(plan, BARE_VERIFY, package_content(&package));
    bare_add(plan, BARE_VERIFY,
             part_leaf_content(package.leaf.encoding.len, package.leaf.source));
}

void limit_make_commit(bare_plan *plan, const limit_commit *commit)
{
    private_sizes sizes = sizes_of(commit->message);
    const covey_tree *tree = commit->tree;
    bool adds = commit->key_package.len != 0;
    size_t num = num_ciphertexts(commit);

    if (adds) verify_package(plan, commit->key_package);
    bare_add(plan, BARE_BASE, 0); /* the leaf's key is random */
    path_nodes(plan, commit, 0);
    parent_hashes_along(plan, commit);
    bare_add(plan, BARE_SIGN,
             part_leaf_content(tree->leaves[commit->committer.value].len,
                               COVEY_SOURCE_COMMIT));
    part_hash_tree_along(plan, tree, commit->committer);
    if (adds) part_hash_leaf(plan, tree, commit->added);
    if (num != 0) part_hpke_info(plan, "UpdatePathNode", commit->context_len);
    for (size_t i = 0; i < num; i++) part_hpke_seal(plan, SEALED_SECRET);
    bare_add(plan, BARE_SIGN, framed_content(&sizes, commit->context_len));
    confirmed_transcript(plan, &sizes);
    schedule_joiner(plan, commit->context_len);
    schedule_member(plan);
    schedule_epoch(plan, commit->context_len);
    interim_transcript(plan);
    open_secret_tree(plan, commit->width_before, true);
    ratchet(plan, true);
    aead(plan, BARE_SEAL, &sizes);
    if (adds) make_welcome(plan, commit);
}

void limit_process_commit(bare_plan *plan, const limit_commit *commit,
                          covey_leaf_index self)
{
    private_sizes sizes = sizes_of(commit->message);

    open_secret_tree(plan, commit->width_before, false);
    ratchet(plan, false);
    aead(plan, BARE_OPEN, &sizes);
    bare_add(plan, BARE_VERIFY, framed_content(&sizes, commit->context_len));
    bare_add(
        plan, BARE_VERIFY,
        part_leaf_content(commit->tree->leaves[commit->committer.value].len,
                          COVEY_SOURCE_COMMIT));
    parent_hashes_along(plan, commit);
    part_hash_tree_along(plan, commit->tree, commit->committer);
    part_hpke_info(plan, "UpdatePathNode", commit->context_len);
    part_hpke_open(plan, SEALED_SECRET);
    path_nodes(plan, commit,
               covey_node_level(
                   covey_common_ancestor(commit->committer, self)));
    confirmed_transcript(plan, &sizes);
    schedule_joiner(plan, commit->context_len);
    schedule_member(plan);
    schedule_epoch(plan, commit->context_len);
    interim_transcript(plan);
}

/* Every leaf but one's own, which one has signed. */
static void verify_leaves(bare_plan *plan, const limit_commit *commit)
{
    covey_leaf_index leaf;

    for (bool first = true; covey_tree_next_member(commit->tree, &leaf, first);
         first = false) {
        covey_leaf_node node;

        if (covey_leaf_same(leaf, commit->added)) continue;
        covey_tree_leaf(commit->tree, leaf, &node);
        bare_add(plan, BARE_VERIFY,
                 part_leaf_content(node.encoding.len, node.source));
    }
}

/* One for each parent that is there: which child it is chained to is taken
 * to be known, and the sibling's original tree hash too. */
static void verify_parent_hashes(bare_plan *plan, const covey_tree *tree)
{
    for (uint32_t i = 0; i + 1 < tree->width; i++) {
        const covey_parent_node *parent =
            covey_tree_parent(tree, (covey_node_index){2 * i + 1});

        if (parent != NULL) part_parent_hash(plan, parent);
    }
}

void limit_join(bare_plan *plan, const limit_commit *commit)
{
    welcome_sizes sizes = welcome_sizes_of(commit->welcome);

    part_hpke_info(plan, "Welcome", sizes.welcome.encrypted_group_info.len);
    part_hpke_open(plan, sizes.secrets_len);
    schedule_member(plan);
    part_expand(plan, "welcome", 0);
    schedule_epoch(plan, commit->context_len);
    interim_transcript(plan);
    welcome_key(plan);
    bare_add(plan, BARE_OPEN, sizes.group_info_len);
    bare_add(plan, BARE_VERIFY, sizes.group_info_signed);
    part_hash_tree(plan, commit->tree);
    verify_parent_hashes(plan, commit->tree);
    verify_leaves(plan, commit);
    path_nodes(plan, commit,
               covey_node_level(
                   covey_common_ancestor(commit->committer, commit->added)));
}
