#include "forge.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdlib.h>

#include "mls/advance.h"

static void run(forgery *f, forge_stage stage)
{
    if (f->at[stage] != NULL) f->at[stage](f);
}

forgery *forge_begin(size_t who)
{
    forgery *f = calloc(1, sizeof *f);

    cr_assert_not_null(f);
    f->who = who;
    return f;
}

void forge_add_value(forgery *f, covey_bytes proposal)
{
    cr_assert_lt(f->num_items, FORGE_ITEMS_MAX);
    f->items[f->num_items++] = (forge_item){.encoding = proposal};
}

void forge_add_ref(forgery *f, const covey_mls_ref *ref, size_t sender,
                   covey_bytes proposal)
{
    cr_assert_lt(f->num_items, FORGE_ITEMS_MAX);
    f->items[f->num_items++] = (forge_item){.encoding = proposal,
                                            .ref = ref,
                                            .sender = (uint32_t)sender};
}

forgery *forge_with(size_t who, covey_bytes proposal)
{
    forgery *f = forge_begin(who);

    forge_add_value(f, proposal);
    return f;
}

/* ---- the list, applied without a question ---- */

static void apply_item(forgery *f, const forge_item *item, uint16_t pass)
{
    covey_tree *tree = &f->next.tree;
    covey_reader r = covey_reader_of(item->encoding);
    covey_proposal p;
    covey_leaf_index leaf;

    memset(&p, 0, sizeof p);
    covey_read_proposal(&r, &p);
    if (r.failed || p.type != pass) return;
    switch (p.type) {
    case COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        if (p.of.extensions.len > sizeof f->next.context.extensions) return;
        covey_copy(f->next.context.extensions, p.of.extensions.at,
                   p.of.extensions.len);
        f->next.context.extensions_len = (uint16_t)p.of.extensions.len;
        break;
    case COVEY_PROPOSAL_UPDATE:
        leaf.value = item->ref != NULL ? item->sender : f->from.keys.self.value;
        if (p.of.update.encoding.len <= COVEY_MLS_LEAF_NODE_MAX) {
            covey_tree_update(tree, leaf, p.of.update.encoding);
        }
        break;
    case COVEY_PROPOSAL_REMOVE:
        if (covey_tree_has_leaf(tree, p.of.remove)) {
            covey_tree_remove(tree, p.of.remove);
        }
        break;
    case COVEY_PROPOSAL_ADD:
        if (p.of.add.leaf.encoding.len <= COVEY_MLS_LEAF_NODE_MAX &&
            covey_tree_add(tree, p.of.add.leaf.encoding, &leaf) == COVEY_OK) {
            covey_leaf_set_add(&f->added, leaf);
        }
        break;
    default: break;
    }
}

static void apply_list(forgery *f)
{
    static const uint16_t order[] = {COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                                     COVEY_PROPOSAL_UPDATE,
                                     COVEY_PROPOSAL_REMOVE, COVEY_PROPOSAL_ADD};

    memset(&f->added, 0, sizeof f->added);
    for (size_t pass = 0; pass < sizeof order / sizeof order[0]; pass++) {
        for (size_t i = 0; i < f->num_items; i++) {
            apply_item(f, &f->items[i], order[pass]);
        }
    }
    f->next.context.epoch++;
    f->not_for = f->added;
    covey_tree_keys_prune(&f->next.keys, &f->next.tree);
}

static covey_psk_secret psk_secret(const forgery *f)
{
    covey_psk_secret secret;
    uint16_t count = 0;
    uint16_t index = 0;

    memset(&secret, 0, sizeof secret);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < f->num_items; i++) {
            covey_reader r = covey_reader_of(f->items[i].encoding);
            covey_proposal p;

            covey_read_proposal(&r, &p);
            if (r.failed || p.type != COVEY_PROPOSAL_PSK) continue;
            if (pass == 0) {
                count++;
                continue;
            }
            const covey_mls_psk *psk =
                covey_psk_lookup(family_psks, family_num_psks, p.of.psk.id);
            covey_psk_secret_add(&secret.secret, p.of.psk.encoding,
                                 psk != NULL ? psk->secret
                                             : covey_bytes_of_text("not known"),
                                 index++, count);
        }
    }
    return secret;
}

/* ---- the path ---- */

static void fresh_keys(forgery *f)
{
    covey_random random = family_random();
    const covey_suite *suite = f->from.context.suite;
    covey_secret secret;

    cr_assert_eq(covey_kem_keys_new(suite->kem, &f->leaf_secret, &f->leaf_key,
                                    &random),
                 COVEY_OK);
    cr_assert_eq(random.fill(random.ctx, secret.bytes, sizeof secret.bytes), 0);
    if (f->first_secret != NULL) secret = *f->first_secret;
    for (size_t i = 0; i < f->path.nodes.num; i++) {
        unsigned level = f->path.nodes.level[i];
        covey_parent_node *node =
            covey_tree_parent_slot(&f->next.tree,
                                   covey_node_above(f->next.keys.self, level));
        covey_secret node_secret;
        covey_kem_secret kem_secret;

        f->path.secrets[i] = secret;
        covey_derive_secret(&node_secret, &secret, "node");
        suite->kem->derive(&kem_secret, &node->encryption_key,
                           covey_secret_bytes(&node_secret));
        node->present = true;
        covey_tree_keys_set(&f->next.keys, level, &kem_secret);
        covey_derive_secret(&secret, &secret, "path");
    }
    f->path.commit_secret.secret = secret;
}

static void renew(forgery *f)
{
    covey_tree *tree = &f->next.tree;
    covey_leaf_index self = f->from.keys.self;
    covey_copath_hashes copath;
    covey_digest parent_hash;
    size_t parent_hash_len = 0;

    covey_tree_filtered_path(tree, self, &f->path.nodes);
    covey_tree_blank_path(tree, self);
    covey_tree_keys_prune(&f->next.keys, tree);
    fresh_keys(f);
    run(f, AT_KEYS);
    f->next.keys.leaf = f->leaf_secret;

    covey_copath_hashes_of(&copath, tree, self);
    covey_parent_hashes_set(tree, self, &f->path.nodes, &copath, &parent_hash,
                            &parent_hash_len);
    covey_tree_leaf(&f->from.tree, self, &f->leaf);
    f->leaf.signature = covey_bytes_of(NULL, 0);
    f->leaf.encryption_key =
        covey_bytes_of(f->leaf_key.bytes, sizeof f->leaf_key.bytes);
    f->leaf.source = COVEY_SOURCE_COMMIT;
    f->leaf.parent_hash =
        covey_bytes_of(test_copy(covey_bytes_of(parent_hash.bytes, 32)),
                       parent_hash_len);
    f->leaf_sign_key = f->from.sign_key;
    f->place = (covey_leaf_place){covey_group_id(&f->from.context), self};
    run(f, AT_LEAF);
    f->leaf_encoding = forge_leaf(&f->leaf, &f->place, &f->leaf_sign_key);
    if (f->leaf_encoding.len <= COVEY_MLS_LEAF_NODE_MAX) {
        covey_tree_set_leaf(tree, self, f->leaf_encoding);
    }
}

/* Encrypts the path, and takes it apart for the hooks. */
static void encrypt_path(forgery *f)
{
    covey_random random = family_random();
    uint8_t *context = test_alloc(COVEY_MLS_GROUP_CONTEXT_MAX);
    covey_writer w = bytes_writer();

    cr_assert_eq(
        covey_treekem_write_path(&w, &f->next.tree, f->from.keys.self, &f->path,
                                 f->from.context.suite, &random,
                                 covey_context_encode(context, &f->provisional),
                                 &f->not_for),
        COVEY_OK);
    /* The leaf comes first as it stands in the tree; it may be no leaf. */
    size_t leaf_len = f->next.tree.leaves[f->from.keys.self.value].len;
    covey_reader r = covey_reader_of(bytes_done(&w));
    (void)covey_read_fixed(&r, leaf_len);
    covey_reader nodes = covey_read_list(&r);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    f->more_nodes = covey_bytes_of(NULL, 0);
    for (f->num_nodes = 0; covey_reader_more(&nodes); f->num_nodes++) {
        forge_node *node = &f->nodes[f->num_nodes];
        node->more = covey_bytes_of(NULL, 0);
        covey_update_path_node one;

        covey_read_update_path_node(&nodes, &one);
        node->key = one.encryption_key;
        covey_reader texts = covey_reader_of(one.ciphertexts);
        for (node->num = 0; covey_reader_more(&texts); node->num++) {
            covey_read_hpke_ciphertext(&texts, &node->texts[node->num]);
        }
    }
}

static void write_path(covey_writer *w, const forgery *f)
{
    covey_write_fixed(w, f->leaf_encoding);
    size_t nodes = covey_write_vec_open(w);
    for (size_t i = 0; i < f->num_nodes; i++) {
        covey_write_vec(w, f->nodes[i].key);
        size_t texts = covey_write_vec_open(w);
        for (size_t k = 0; k < f->nodes[i].num; k++) {
            covey_write_hpke_ciphertext(w, &f->nodes[i].texts[k]);
        }
        covey_write_fixed(w, f->nodes[i].more);
        covey_write_vec_close(w, texts);
    }
    covey_write_fixed(w, f->more_nodes);
    covey_write_vec_close(w, nodes);
}

/* ---- the commit ---- */

/* The sender goes on as if it had sent this itself. */
static void go_on(const forgery *f, const covey_key_name *honest)
{
    if (!f->as_public && !f->stays) {
        covey_secret_tree_take(&family[f->who].group->epoch.secret_tree,
                               honest);
    }
}

static void write_content(forgery *f)
{
    covey_writer w = bytes_writer();
    size_t mark = covey_write_vec_open(&w);

    for (size_t i = 0; i < f->num_items; i++) {
        const forge_item *item = &f->items[i];

        if (item->ref == NULL) {
            covey_write_u8(&w, COVEY_BY_VALUE);
            covey_write_fixed(&w, item->encoding);
        } else {
            covey_write_u8(&w, COVEY_BY_REFERENCE);
            covey_write_vec(&w, covey_bytes_of(item->ref->bytes,
                                               sizeof item->ref->bytes));
        }
    }
    covey_write_vec_close(&w, mark);
    covey_write_u8(&w, f->without_path ? 0 : 1);
    if (!f->without_path) write_path(&w, f);
    f->content = bytes_done(&w);
}

static void make_tree(forgery *f)
{
    memset(&f->path, 0, sizeof f->path);
    apply_list(f);
    run(f, AT_LIST);
    if (!f->without_path) renew(f);
    covey_tree_hash(&f->next.context.tree_hash, &f->next.tree,
                    covey_tree_root(f->next.tree.width), NULL);
    run(f, AT_TREE);
    f->provisional = f->next.context;
    run(f, AT_CONTEXT);
    if (!f->without_path) encrypt_path(f);
    run(f, AT_PATH);
}

static void make_secrets(forgery *f)
{
    uint8_t *at = test_alloc(COVEY_MLS_GROUP_CONTEXT_MAX);
    const covey_psk_secret psk = psk_secret(f);
    uint8_t signature[COVEY_SIGNATURE_SIZE] = {0};

    if (f->message.signature.len == sizeof signature) {
        memcpy(signature, f->message.signature.at, sizeof signature);
    }
    covey_advance_transcript(&f->next, f->message.hashed, signature);
    covey_bytes context = covey_context_encode(at, &f->next.context);
    covey_advance_joiner(&f->joiner, &f->next, &f->path.commit_secret, context);
    covey_schedule_member(&f->member, &f->joiner, &psk);
    covey_advance_secrets(&f->next, &f->tag, &f->member, context);
    covey_advance_interim(&f->next, &f->tag);
    f->next.sign_key = f->without_path ? f->from.sign_key : f->leaf_sign_key;
}

covey_bytes forge_commit(forgery *f)
{
    f->from = family[f->who].group->epoch;
    f->next = f->from;
    make_tree(f);
    write_content(f);
    run(f, AT_CONTENT);
    f->message = frame_of(&f->from, COVEY_CONTENT_COMMIT, f->content);
    const covey_key_name honest = f->message.key_name;
    if (f->as_public) frame_make_public(&f->message);
    run(f, AT_SIGN);
    frame_sign(&f->message);
    run(f, AT_TAG);
    make_secrets(f);
    f->message.tag = covey_bytes_of(test_copy(covey_digest_bytes(&f->tag)),
                                    sizeof f->tag.bytes);
    run(f, AT_SEAL);
    go_on(f, &honest);
    return frame_seal(&f->message);
}

void check_commit(forgery *f, forge_stage at, forge_hook *hook, int err)
{
    f->at[at] = NULL;
    all_accept_commit(f->who, forge_commit(f));
    f->at[at] = hook;
    all_refuse_commit(f->who, forge_commit(f), err);
    f->at[at] = NULL;
}

/* ---- proposals and data ---- */

static covey_bytes forge_content(forgery *f, uint8_t type, covey_bytes content)
{
    f->from = family[f->who].group->epoch;
    f->content = content;
    run(f, AT_CONTENT);
    f->message = frame_of(&f->from, type, f->content);
    const covey_key_name honest = f->message.key_name;
    if (f->as_public) frame_make_public(&f->message);
    run(f, AT_SIGN);
    frame_sign(&f->message);
    run(f, AT_SEAL);
    go_on(f, &honest);
    return frame_seal(&f->message);
}

covey_bytes forge_proposal(forgery *f, covey_bytes proposal)
{
    return forge_content(f, COVEY_CONTENT_PROPOSAL, proposal);
}

void check_proposal(forgery *f, covey_bytes proposal, forge_stage at,
                    forge_hook *hook, int err)
{
    f->at[at] = hook;
    all_refuse_proposal(f->who, forge_proposal(f, proposal), err);
    f->at[at] = NULL;

    covey_bytes honest = forge_proposal(f, proposal);
    all_accept_proposal(f->who, honest);
}

covey_bytes forge_data(forgery *f, const char *data)
{
    return forge_content(f, COVEY_CONTENT_APPLICATION,
                         bytes_vec(covey_bytes_of_text(data)));
}

void check_data(forgery *f, forge_stage at, forge_hook *hook, int err)
{
    f->at[at] = hook;
    all_refuse_data(f->who, forge_data(f, "hello"), err);
    f->at[at] = NULL;

    covey_bytes honest = forge_data(f, "hello");
    for (size_t i = 0; i < FAMILY_MAX; i++) {
        if (i != f->who && family_is_in(i)) accept_data(i, honest);
    }
}

/* ---- leaves and proposals ---- */

covey_bytes forge_leaf(const covey_leaf_node *leaf,
                       const covey_leaf_place *place, const covey_sign_key *key)
{
    covey_writer tbs = bytes_writer();
    covey_writer w = bytes_writer();
    covey_leaf_node copy = *leaf;

    copy.signature = covey_bytes_of(NULL, 0);
    covey_write_leaf_node(&tbs, &copy);
    tbs.len--; /* the empty signature's head */
    if (leaf->source != COVEY_SOURCE_KEY_PACKAGE) {
        covey_write_vec(&tbs, place->group_id);
        covey_write_u32(&tbs, place->leaf.value);
    }
    covey_bytes signature = bytes_signed("LeafNodeTBS", bytes_done(&tbs), key);
    copy.signature = leaf->signature.at != NULL ? leaf->signature : signature;
    covey_write_leaf_node(&w, &copy);
    return bytes_done(&w);
}

covey_bytes proposal_of(uint16_t type, covey_bytes body)
{
    covey_writer w = bytes_writer();

    covey_write_u16(&w, type);
    covey_write_fixed(&w, body);
    return bytes_done(&w);
}

covey_bytes proposal_remove(uint32_t leaf)
{
    covey_writer w = bytes_writer();

    covey_write_u32(&w, leaf);
    return proposal_of(COVEY_PROPOSAL_REMOVE, bytes_done(&w));
}

covey_bytes proposal_extensions(covey_bytes extensions)
{
    return proposal_of(COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS,
                       bytes_vec(extensions));
}

covey_bytes proposal_psk_of(const covey_psk_id *psk)
{
    covey_writer w = bytes_writer();

    covey_write_psk_id(&w, psk);
    return proposal_of(COVEY_PROPOSAL_PSK, bytes_done(&w));
}

covey_bytes proposal_psk(const char *id, uint8_t nonce)
{
    const covey_psk_id psk = {
        .type = COVEY_PSK_EXTERNAL,
        .id = covey_bytes_of_text(id),
        .nonce = bytes_fill(nonce, COVEY_HASH_SIZE),
    };

    return proposal_psk_of(&psk);
}

covey_bytes proposal_add(covey_bytes message)
{
    size_t head = 4;

    return proposal_of(COVEY_PROPOSAL_ADD,
                       covey_bytes_of(message.at + head, message.len - head));
}

covey_bytes proposal_update(size_t who)
{
    const covey_epoch *epoch = &family[who].group->epoch;
    covey_random random = family_random();
    const covey_leaf_place place = {covey_group_id(&epoch->context),
                                    epoch->keys.self};
    covey_kem_secret secret;
    covey_kem_public key;
    covey_leaf_node leaf;

    cr_assert_eq(covey_kem_keys_new(epoch->context.suite->kem, &secret, &key,
                                    &random),
                 COVEY_OK);
    covey_tree_leaf(&epoch->tree, epoch->keys.self, &leaf);
    leaf.signature = covey_bytes_of(NULL, 0);
    leaf.source = COVEY_SOURCE_UPDATE;
    leaf.encryption_key = covey_bytes_of(key.bytes, sizeof key.bytes);
    return proposal_of(COVEY_PROPOSAL_UPDATE,
                       forge_leaf(&leaf, &place, &epoch->sign_key));
}

covey_bytes extension_of(uint16_t type, covey_bytes data)
{
    covey_writer w = bytes_writer();

    covey_write_u16(&w, type);
    covey_write_vec(&w, data);
    return bytes_done(&w);
}

covey_bytes extension_required(const char *extensions, const char *proposals,
                               const char *credentials)
{
    covey_writer w = bytes_writer();

    covey_write_vec(&w, hex(extensions));
    covey_write_vec(&w, hex(proposals));
    covey_write_vec(&w, hex(credentials));
    return extension_of(COVEY_EXTENSION_REQUIRED_CAPABILITIES, bytes_done(&w));
}

/* ---- KeyPackages ---- */

covey_leaf_node forge_leaf_node(covey_kem_secret *secret, covey_kem_public *key,
                                covey_sign_key *sign_key)
{
    static const uint8_t versions[] = {0, COVEY_MLS10};
    static const uint8_t suites[] = {0, COVEY_SUITE_X25519_CHACHA};
    static const uint8_t credentials[] = {0, COVEY_CREDENTIAL_BASIC};
    static const uint8_t extensions[] = {FAMILY_EXTENSION >> 8,
                                         FAMILY_EXTENSION & 0xff};
    covey_random random = family_random();
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);

    cr_assert_eq(covey_kem_keys_new(suite->kem, secret, key, &random),
                 COVEY_OK);
    cr_assert_eq(covey_sign_key_new(sign_key, &random), COVEY_OK);
    covey_bytes public_key = covey_sign_key_public(sign_key);
    return (covey_leaf_node){
        .encryption_key =
            covey_bytes_of(test_copy(
                               covey_bytes_of(key->bytes, sizeof key->bytes)),
                           sizeof key->bytes),
        .signature_key = covey_bytes_of(test_copy(public_key), public_key.len),
        .credential_type = COVEY_CREDENTIAL_BASIC,
        .identity = covey_bytes_of_text("newcomer"),
        .capabilities = {.versions = covey_bytes_of(versions, 2),
                         .cipher_suites = covey_bytes_of(suites, 2),
                         .extensions = covey_bytes_of(extensions, 2),
                         .credentials = covey_bytes_of(credentials, 2)},
        .source = COVEY_SOURCE_KEY_PACKAGE,
        .lifetime = {1000, 2000},
    };
}

static void sign_package(package_forgery *f)
{
    covey_writer tbs = bytes_writer();

    f->package.signature = covey_bytes_of(NULL, 0);
    covey_write_key_package(&tbs, &f->package);
    tbs.len--;
    f->package.signature =
        bytes_signed("KeyPackageTBS", bytes_done(&tbs), &f->package_sign_key);
}

covey_bytes forge_add(package_forgery *f)
{
    covey_random random = family_random();
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    const covey_leaf_place nowhere = {covey_bytes_of(NULL, 0), {0}};
    covey_writer w = bytes_writer();

    f->leaf = forge_leaf_node(&f->leaf_secret, &f->leaf_key, &f->sign_key);
    f->package_sign_key = f->sign_key;
    cr_assert_eq(covey_kem_keys_new(suite->kem, &f->init_secret, &f->init_key,
                                    &random),
                 COVEY_OK);
    if (f->at_leaf != NULL) f->at_leaf(f);
    covey_bytes leaf = forge_leaf(&f->leaf, &nowhere, &f->sign_key);
    f->package = (covey_key_package){
        .version = COVEY_MLS10,
        .cipher_suite = suite->id,
        .init_key = covey_bytes_of(f->init_key.bytes, sizeof f->init_key.bytes),
        .leaf = f->leaf,
    };
    if (f->leaf.signature.at == NULL) {
        f->package.leaf.signature =
            covey_bytes_of(leaf.at + leaf.len - COVEY_SIGNATURE_SIZE,
                           COVEY_SIGNATURE_SIZE);
    }
    if (f->at_package != NULL) f->at_package(f);
    sign_package(f);
    if (f->at_end != NULL) f->at_end(f);
    covey_write_key_package(&w, &f->package);
    return proposal_of(COVEY_PROPOSAL_ADD, bytes_done(&w));
}
