/* What must hold after every epoch. */
#include "sim.h"

#include "mls/advance.h"
#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/tree_validate.h"

static const covey_bytes nothing;

/* ---- those who are in ---- */

static bool same_epoch(const covey_epoch *a, const covey_epoch *b)
{
    const covey_group_context *x = &a->context;
    const covey_group_context *y = &b->context;

    return x->epoch == y->epoch &&
           covey_bytes_same(covey_group_id(x), covey_group_id(y)) &&
           covey_bytes_same(covey_group_extensions(x),
                            covey_group_extensions(y)) &&
           memcmp(&x->tree_hash, &y->tree_hash, sizeof x->tree_hash) == 0 &&
           x->confirmed_transcript_hash_len ==
               y->confirmed_transcript_hash_len &&
           memcmp(&x->confirmed_transcript_hash, &y->confirmed_transcript_hash,
                  sizeof x->confirmed_transcript_hash) == 0 &&
           memcmp(&a->interim_transcript_hash, &b->interim_transcript_hash,
                  sizeof a->interim_transcript_hash) == 0 &&
           memcmp(&a->init_secret, &b->init_secret, sizeof a->init_secret) == 0;
}

static void check_secrets(sim_world *world, const covey_mls_group *a,
                          const covey_mls_group *b)
{
    uint8_t left[48];
    uint8_t right[48];

    sim_ok(world, covey_mls_epoch_authenticator(a, left));
    sim_ok(world, covey_mls_epoch_authenticator(b, right));
    sim_require(world, memcmp(left, right, COVEY_MLS_HASH_SIZE) == 0,
                "leaves %u and %u have one epoch authenticator",
                (unsigned)covey_mls_own_leaf(a),
                (unsigned)covey_mls_own_leaf(b));
    sim_ok(world, covey_mls_export(a, "check", covey_bytes_of_text("context"),
                                   left, sizeof left));
    sim_ok(world, covey_mls_export(b, "check", covey_bytes_of_text("context"),
                                   right, sizeof right));
    sim_require(world, memcmp(left, right, sizeof left) == 0,
                "exported secrets are equal");
}

static covey_bytes encode_tree(const covey_buffer *room, const covey_tree *tree)
{
    covey_writer w = covey_writer_of(room->at, room->cap);

    covey_write_ratchet_tree(&w, tree);
    return covey_writer_since(&w, 0);
}

/* The members are those of the model, at their leaves, with their keys. */
static void check_members(sim_world *world, const covey_mls_group *group)
{
    covey_mls_member_info info = {.leaf = COVEY_MLS_NO_LEAF};

    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        const sim_member *member = &world->members[leaf];
        covey_sign_key key;

        if (!member->present) continue;
        covey_sign_key_of_seed(&key, member->seed);
        sim_require(world, covey_mls_next_member(group, info.leaf, &info),
                    "leaf %u is a member", (unsigned)leaf);
        sim_require(world,
                    info.leaf == leaf &&
                        covey_bytes_same(info.identity,
                                         sim_identity(member->device)) &&
                        covey_bytes_same(info.signature_key,
                                         covey_sign_key_public(&key)),
                    "leaf %u is who it should be", (unsigned)leaf);
    }
    sim_require(world, !covey_mls_next_member(group, info.leaf, &info),
                "there is nobody else");
    sim_require(world, covey_mls_num_members(group) == sim_num_members(world),
                "members are counted");
}

/* A member holds the private keys of exactly those nodes above it that are
 * not blank and in which it is not unmerged. */
static void check_keys(sim_world *world, const covey_mls_group *group)
{
    const covey_tree_keys *keys = &group->epoch.keys;
    const covey_tree *tree = &group->epoch.tree;
    unsigned height = covey_node_level(covey_tree_root(tree->width));

    for (unsigned level = 0; level <= height; level++) {
        covey_node_index node = covey_node_above(keys->self, level);
        const covey_kem_secret *secret = covey_tree_keys_of(keys, node);
        const covey_parent_node *parent =
            level == 0 ? NULL : covey_tree_parent(tree, node);
        bool wanted =
            level == 0 ||
            (parent != NULL &&
             !covey_leaf_set_has(&parent->unmerged_leaves, keys->self));
        covey_kem_public public_key;

        sim_require(world, (secret != NULL) == wanted,
                    "leaf %u holds the keys that it should, level %u",
                    (unsigned)keys->self.value, level);
        if (secret == NULL) continue;
        covey_kem_x25519.public_of(&public_key, secret);
        sim_require(world,
                    covey_bytes_same(covey_bytes_of(public_key.bytes,
                                                    sizeof public_key.bytes),
                                     covey_tree_encryption_key(tree, node)),
                    "leaf %u's private key of level %u is the tree's",
                    (unsigned)keys->self.value, level);
    }
    sim_require(world, keys->held >> (height + 1) == 0,
                "no keys above the root");
}

static void check_tree(sim_world *world, const covey_mls_group *group)
{
    const covey_epoch *epoch = &group->epoch;
    covey_digest hash;

    covey_tree_hash(&hash, &epoch->tree, covey_tree_root(epoch->tree.width),
                    NULL);
    sim_require(world,
                memcmp(&hash, &epoch->context.tree_hash, sizeof hash) == 0,
                "the tree hash is the tree's");
    sim_ok(world, covey_tree_validate(&epoch->tree, epoch->context.suite,
                                      covey_group_id(&epoch->context),
                                      covey_group_extensions(&epoch->context),
                                      COVEY_MLS_LIFETIME_MAX_S));
}

void sim_check(sim_world *world)
{
    bool thorough = sim_num_members(world) <= 8 || sim_once_in(world, 4);
    const covey_mls_group *first = world->members[sim_any_member(world)].group;
    covey_bytes first_tree = encode_tree(&world->welcome, &first->epoch.tree);

    check_members(world, first);
    sim_require(world,
                covey_bytes_same(covey_mls_extensions(first),
                                 covey_bytes_of(world->extensions,
                                                world->extensions_len)),
                "the extensions are those of the model");
    if (thorough) check_tree(world, first);
    for (uint32_t leaf = 0; leaf < SIM_MEMBERS; leaf++) {
        const covey_mls_group *group = world->members[leaf].group;

        if (!world->members[leaf].present) continue;
        sim_require(world,
                    covey_mls_is_open(group) &&
                        covey_mls_own_leaf(group) == leaf &&
                        covey_mls_num_proposals(group) == 0 &&
                        !group->own_update.present,
                    "leaf %u begins the epoch afresh", (unsigned)leaf);
        sim_require(world, same_epoch(&group->epoch, &first->epoch),
                    "leaf %u is in the same epoch", (unsigned)leaf);
        sim_require(world,
                    covey_bytes_same(encode_tree(&world->other_welcome,
                                                 &group->epoch.tree),
                                     first_tree),
                    "leaf %u has the same tree", (unsigned)leaf);
        check_secrets(world, group, first);
        if (thorough || sim_once_in(world, 8)) check_keys(world, group);
    }
}

/* ---- those who are not ---- */

void sim_keep_record(sim_world *world, covey_bytes message)
{
    sim_record *record = &world->records[world->next_record++ % SIM_RECORDS];
    const covey_epoch *epoch =
        &world->members[sim_any_member(world)].group->epoch;

    sim_copy(world, &record->message, message);
    record->context = epoch->context;
    record->tree = epoch->tree;
    record->present = true;
}

/* The state of an outsider, with everything that is public of an epoch which
 * it is not in: as far as it could get with the relay's help. */
static covey_mls_group *pretend(sim_world *world, const covey_mls_group *state,
                                const covey_group_context *context,
                                const covey_tree *tree)
{
    covey_mls_group *group = world->spare;

    memcpy(group, state, covey_mls_group_size());
    group->state = COVEY_GROUP_OPEN;
    group->epoch.context = *context;
    group->epoch.tree = *tree;
    return group;
}

static void try_record(sim_world *world, const covey_mls_group *state,
                       const sim_record *record)
{
    covey_bytes message = sim_view(&record->message);
    covey_mls_received received;
    covey_mls_group *group =
        pretend(world, state, &record->context, &record->tree);

    sim_expect(world, COVEY_ERR_AUTH,
               covey_mls_unprotect(group, message, sim_scratch(world),
                                   &received));
    memcpy(group, state, covey_mls_group_size());
    sim_expect(world, COVEY_ERR_EPOCH,
               covey_mls_unprotect(group, message, sim_scratch(world),
                                   &received));
    world->counts[SIM_OUTSIDERS]++;
}

void sim_check_newcomer(sim_world *world, uint32_t leaf)
{
    for (size_t i = 0; i < SIM_RECORDS; i++) {
        if (!world->records[i].present) continue;
        try_record(world, world->members[leaf].group, &world->records[i]);
    }
}

void sim_list_keys(sim_ghost *ghost)
{
    const covey_mls_group *group = ghost->group;
    const covey_tree_keys *keys = &group->epoch.keys;

    ghost->num_keys = 0;
    covey_kem_x25519.public_of(&ghost->keys[ghost->num_keys++], &keys->leaf);
    if (group->own_update.present) {
        covey_kem_x25519.public_of(&ghost->keys[ghost->num_keys++],
                                   &group->own_update.leaf);
    }
    for (unsigned level = 1; level <= COVEY_MLS_DEPTH_MAX; level++) {
        if ((keys->held >> level & 1) == 0) continue;
        covey_kem_x25519.public_of(&ghost->keys[ghost->num_keys++],
                                   &keys->parents[level - 1]);
    }
}

void sim_check_outsiders(sim_world *world)
{
    const covey_epoch *epoch =
        &world->members[sim_any_member(world)].group->epoch;
    size_t newest = (world->next_record + SIM_RECORDS - 1) % SIM_RECORDS;
    const sim_record *record = &world->records[newest];

    for (size_t i = 0; i < SIM_GHOSTS; i++) {
        const sim_ghost *ghost = &world->ghosts[i];

        if (!ghost->present) continue;
        for (size_t k = 0; k < ghost->num_keys; k++) {
            sim_require(world,
                        !covey_tree_has_encryption_key(
                            &epoch->tree,
                            covey_bytes_of(ghost->keys[k].bytes,
                                           sizeof ghost->keys[k].bytes),
                            COVEY_LEAF_NONE),
                        "device %u, removed, holds no key of the tree",
                        (unsigned)ghost->device);
        }
        try_record(world, ghost->group, record);
    }
}

void sim_check_commit(sim_world *world, const covey_mls_group *group,
                      covey_bytes commit)
{
    for (size_t i = 0; i < SIM_GHOSTS; i++) {
        const sim_ghost *ghost = &world->ghosts[i];

        if (!ghost->present) continue;
        int err =
            covey_mls_stage(pretend(world, ghost->group, &group->epoch.context,
                                    &group->epoch.tree),
                            world->staged, commit, world->psks, SIM_PSKS,
                            sim_scratch(world));
        /* A PublicMessage may come from the leaf that was its own. */
        sim_require(world, err == COVEY_ERR_AUTH || err == COVEY_ERR_SENDER,
                    "device %u, removed, stages a commit: %s",
                    (unsigned)ghost->device, covey_error_name(err));
        sim_expect(world, COVEY_ERR_EPOCH,
                   covey_mls_stage(ghost->group, world->staged, commit,
                                   world->psks, SIM_PSKS, sim_scratch(world)));
        world->counts[SIM_OUTSIDERS]++;
    }
}

/* ---- a path and every key ---- */

static bool opens(const covey_hpke_ciphertext *sealed,
                  const covey_kem_secret *secret, const covey_hpke_info *info,
                  const covey_suite *suite)
{
    uint8_t path_secret[COVEY_HASH_SIZE];
    covey_kem_public public_key;

    suite->kem->public_of(&public_key, secret);
    return sealed->ciphertext.len == sizeof path_secret + COVEY_AEAD_TAG_SIZE &&
           covey_hpke_open(path_secret, suite, sealed->kem_output, secret,
                           &public_key, info, nothing,
                           sealed->ciphertext) == COVEY_OK;
}

static unsigned open_with_all(const covey_hpke_ciphertext *sealed,
                              const covey_mls_group *state,
                              const covey_hpke_info *info,
                              const covey_suite *suite)
{
    const covey_tree_keys *keys = &state->epoch.keys;
    unsigned num = opens(sealed, &keys->leaf, info, suite);

    if (state->own_update.present) {
        num += opens(sealed, &state->own_update.leaf, info, suite);
    }
    for (unsigned level = 1; level <= COVEY_MLS_DEPTH_MAX; level++) {
        if ((keys->held >> level & 1) == 0) continue;
        num += opens(sealed, &keys->parents[level - 1], info, suite);
    }
    return num;
}

unsigned sim_open_path(sim_world *world, const covey_mls_group *state,
                       const covey_mls_group *reader, const covey_epoch *next,
                       covey_bytes commit)
{
    static uint8_t encoding[COVEY_MLS_GROUP_CONTEXT_MAX];
    covey_scratch scratch =
        covey_scratch_of(world->scratch.at, world->scratch.cap);
    covey_group_context provisional = next->context;
    covey_authenticated_content content;
    covey_hpke_info info;
    unsigned num = 0;

    provisional.confirmed_transcript_hash =
        reader->epoch.context.confirmed_transcript_hash;
    provisional.confirmed_transcript_hash_len =
        reader->epoch.context.confirmed_transcript_hash_len;
    covey_encrypt_info(&info, provisional.suite, "UpdatePathNode",
                       covey_context_encode(encoding, &provisional));
    sim_ok(world, covey_framing_open(&content, &reader->epoch, commit,
                                     COVEY_MLS_FORWARD_DEFAULT, &scratch));
    covey_reader nodes = covey_reader_of(content.content.of.commit.path.nodes);
    while (covey_reader_more(&nodes)) {
        covey_update_path_node node;

        covey_read_update_path_node(&nodes, &node);
        covey_reader list = covey_reader_of(node.ciphertexts);
        while (covey_reader_more(&list)) {
            covey_hpke_ciphertext sealed;

            covey_read_hpke_ciphertext(&list, &sealed);
            num += open_with_all(&sealed, state, &info, provisional.suite);
        }
    }
    return num;
}
