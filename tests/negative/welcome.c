/* RFC 9420 sections 12.4.3 and 12.4.3.1: the Welcome, its GroupSecrets and
 * GroupInfo. Its tree is in welcome_tree.c. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge_welcome.h"
#include "mls/tree_codec.h"
#include "support/trees.h"

static covey_bytes none(void)
{
    return covey_bytes_of(NULL, 0);
}

#define JOINER (FAMILY_MAX - 1)

/* ---- the message ---- */

static void suite_of(welcome_forgery *f)
{
    f->welcome.cipher_suite = (uint16_t)f->argument;
}

Test(welcome, the_suite_is_ours)
{
    static const uint32_t suites[] = {0, 1, 2, 4, 7, 0xffff};
    welcome_forgery *f = welcome_begin(3);

    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        f->argument = suites[i];
        check_welcome(f, W_WELCOME, suite_of, COVEY_ERR_PROFILE);
    }
}

Test(welcome, the_messages_version_and_format_are_checked)
{
    welcome_forgery *f = welcome_begin(3);
    covey_bytes message = forge_welcome(f);
    covey_bytes body = covey_bytes_of(message.at + 4, message.len - 4);

    refuse_welcome(f, bytes_join(hex("00020003"), body), COVEY_ERR_PROFILE);
    refuse_welcome(f, bytes_join(hex("00010004"), body), COVEY_ERR_PROFILE);
    refuse_welcome(f, bytes_join(hex("00010002"), body), COVEY_ERR_PROFILE);
    refuse_welcome(f, bytes_join(message, hex("00")), COVEY_ERR_MALFORMED);
    refuse_welcome(f, hex("0001"), COVEY_ERR_MALFORMED);
    accept_welcome(f, message);
}

static void other_reference(welcome_forgery *f)
{
    f->entry.new_member = bytes_flip(f->entry.new_member, 255);
}

static void short_reference(welcome_forgery *f)
{
    f->entry.new_member = bytes_cut(f->entry.new_member, 31);
}

static void no_entry(welcome_forgery *f)
{
    f->welcome.secrets = none();
}

Test(welcome, an_entry_names_our_key_package)
{
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_ENTRY, other_reference, COVEY_ERR_REFERENCE);
    check_welcome(f, W_ENTRY, short_reference, COVEY_ERR_REFERENCE);
    check_welcome(f, W_WELCOME, no_entry, COVEY_ERR_REFERENCE);
}

/* ---- GroupSecrets ---- */

static void flip_secrets(welcome_forgery *f)
{
    covey_bytes *text = &f->entry.group_secrets.ciphertext;

    *text = bytes_flip(*text, 8 * f->argument);
}

static void flip_kem_output(welcome_forgery *f)
{
    covey_bytes *output = &f->entry.group_secrets.kem_output;

    *output = bytes_flip(*output, 8 * f->argument);
}

static void kem_output_of_len(welcome_forgery *f)
{
    covey_bytes *output = &f->entry.group_secrets.kem_output;

    *output = bytes_cut(bytes_join(*output, bytes_fill(0, 8)), f->argument);
}

static void zero_kem_output(welcome_forgery *f)
{
    f->entry.group_secrets.kem_output = bytes_fill(0, 32);
}

static void short_secrets(welcome_forgery *f)
{
    f->entry.group_secrets.ciphertext = bytes_fill(1, f->argument);
}

Test(welcome, its_secrets_are_encrypted_to_us)
{
    static const uint32_t lens[] = {0, 31, 33};
    welcome_forgery *f = welcome_begin(3);

    for (f->argument = 0; f->argument < 32; f->argument += 7) {
        check_welcome(f, W_ENTRY, flip_secrets, COVEY_ERR_AUTH);
        check_welcome(f, W_ENTRY, flip_kem_output, COVEY_ERR_AUTH);
    }
    for (f->argument = 0; f->argument < 20; f->argument++) {
        check_welcome(f, W_ENTRY, short_secrets, COVEY_ERR_AUTH);
    }
    for (size_t i = 0; i < 3; i++) {
        f->argument = lens[i];
        check_welcome(f, W_ENTRY, kem_output_of_len, COVEY_ERR_AUTH);
    }
    check_welcome(f, W_ENTRY, zero_kem_output, COVEY_ERR_AUTH);
}

static void more_secrets(welcome_forgery *f)
{
    f->secrets_bytes = bytes_join(f->secrets_bytes, bytes_fill(0, 1));
}

static void less_secrets(welcome_forgery *f)
{
    f->secrets_bytes = bytes_cut(f->secrets_bytes, f->argument);
}

Test(welcome, pitfall_11_its_secrets_are_encoded_right)
{
    welcome_forgery *f = welcome_begin(3);
    size_t len = 1 + 32 + 1 + 1;

    check_welcome(f, W_SECRETS_BYTES, more_secrets, COVEY_ERR_MALFORMED);
    for (f->argument = 0; f->argument < len; f->argument++) {
        check_welcome(f, W_SECRETS_BYTES, less_secrets, COVEY_ERR_MALFORMED);
    }
}

static void joiner_secret_of_len(welcome_forgery *f)
{
    f->secrets.joiner_secret =
        bytes_cut(bytes_join(f->secrets.joiner_secret, bytes_fill(0, 8)),
                  f->argument);
}

static void path_secret_of_len(welcome_forgery *f)
{
    f->secrets.path_secret =
        bytes_cut(bytes_join(f->secrets.path_secret, bytes_fill(0, 8)),
                  f->argument);
}

Test(welcome, its_secrets_have_their_sizes)
{
    static const uint32_t lens[] = {0, 31, 33};

    family_begin(3);
    welcome_forgery *f = welcome_of_commit(0, 7);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        f->argument = lens[i];
        check_welcome(f, W_SECRETS, joiner_secret_of_len, COVEY_ERR_MALFORMED);
        check_welcome(f, W_SECRETS, path_secret_of_len, COVEY_ERR_MALFORMED);
    }
}

static void other_joiner_secret(welcome_forgery *f)
{
    f->secrets.joiner_secret = bytes_flip(f->secrets.joiner_secret, 0);
}

Test(welcome, the_joiner_secret_opens_the_group_info)
{
    check_welcome(welcome_begin(3), W_SECRETS, other_joiner_secret,
                  COVEY_ERR_AUTH);
}

/* ---- the path secret ---- */

static void other_path_secret(welcome_forgery *f)
{
    f->secrets.path_secret = bytes_flip(f->secrets.path_secret, 100);
}

Test(welcome, the_path_secret_is_that_of_the_tree)
{
    family_begin(4);
    for (size_t i = 0; i < 4; i++) {
        check_welcome(welcome_of_commit(i, 7), W_SECRETS, other_path_secret,
                      COVEY_ERR_PATH_KEY);
    }
}

static void other_root(welcome_forgery *f)
{
    covey_node_index root = covey_tree_root(f->next.tree.width);

    /* Whose tree hash and parent hashes are right even so. */
    covey_tree_parent_slot(&f->next.tree, root)->encryption_key.bytes[0] ^= 1;
}

static void and_parent_hashes(welcome_forgery *f)
{
    covey_leaf_index signer = f->signer;
    covey_leaf_place place = {covey_group_id(&f->next.context), signer};
    covey_filtered_path nodes;
    covey_copath_hashes copath;
    covey_digest hash;
    size_t len = 0;
    covey_leaf_node leaf;

    other_root(f);
    covey_tree_filtered_path(&f->next.tree, signer, &nodes);
    covey_copath_hashes_of(&copath, &f->next.tree, signer);
    covey_parent_hashes_set(&f->next.tree, signer, &nodes, &copath, &hash,
                            &len);
    covey_tree_leaf(&f->next.tree, signer, &leaf);
    leaf.parent_hash = covey_bytes_of(hash.bytes, len);
    leaf.signature = none();
    covey_tree_set_leaf(&f->next.tree, signer,
                        forge_leaf(&leaf, &place, &f->sign_key));
    covey_tree_hash(&f->next.context.tree_hash, &f->next.tree,
                    covey_tree_root(f->next.tree.width), NULL);
}

/* Also those that follow from it, up to the root. */
Test(welcome, each_key_that_follows_from_the_path_secret_is_compared)
{
    family_begin(3);
    check_welcome(welcome_of_commit(2, 7), W_CONTEXT, and_parent_hashes,
                  COVEY_ERR_PATH_KEY);
}

/* One for a node that is not there. */
Test(welcome, a_path_secret_belongs_to_a_node)
{
    welcome_forgery *f = welcome_begin(3);

    accept_welcome(f, forge_welcome(f));
    f->has_path_secret = true;
    refuse_welcome(f, forge_welcome(f), COVEY_ERR_PATH_SECRET);
}

/* ---- PSKs ---- */

static covey_bytes psk_id(const char *id, size_t nonce_len, uint8_t nonce)
{
    const covey_psk_id psk = {.type = COVEY_PSK_EXTERNAL,
                              .id = covey_bytes_of_text(id),
                              .nonce = bytes_fill(nonce, nonce_len)};
    covey_bytes proposal = proposal_psk_of(&psk);

    return covey_bytes_of(proposal.at + 2, proposal.len - 2);
}

static covey_bytes resumption(uint8_t usage)
{
    const covey_psk_id psk = {.type = COVEY_PSK_RESUMPTION,
                              .usage = usage,
                              .group_id = bytes_fill(1, 32),
                              .epoch = 1,
                              .nonce = bytes_fill(2, 32)};
    covey_bytes proposal = proposal_psk_of(&psk);

    return covey_bytes_of(proposal.at + 2, proposal.len - 2);
}

static welcome_forgery *begin_psks(void)
{
    family_psks[0] =
        (covey_mls_psk){covey_bytes_of_text("a"), covey_bytes_of_text("first")};
    family_psks[1] = (covey_mls_psk){covey_bytes_of_text("b"),
                                     covey_bytes_of_text("second")};
    family_num_psks = 2;
    return welcome_begin(2);
}

static void check_psks(welcome_forgery *f, covey_bytes good, covey_bytes bad,
                       int err)
{
    f->psks = good;
    accept_welcome(f, forge_welcome(f));
    f->psks = bad;
    refuse_welcome(f, forge_welcome(f), err);
}

Test(welcome, pitfall_18_its_psks_follow_the_rules)
{
    welcome_forgery *f = begin_psks();
    covey_bytes a = psk_id("a", 32, 1);
    covey_bytes b = psk_id("b", 32, 1);

    check_psks(f, bytes_join(a, b), bytes_join(a, a), COVEY_ERR_PROPOSAL);
    check_psks(f, bytes_join(a, psk_id("a", 32, 2)),
               bytes_join(bytes_join(a, b), a), COVEY_ERR_PROPOSAL);
    check_psks(f, a, psk_id("a", 31, 1), COVEY_ERR_PROPOSAL);
    check_psks(f, a, psk_id("a", 0, 1), COVEY_ERR_PROPOSAL);
    check_psks(f, a, resumption(COVEY_USAGE_REINIT), COVEY_ERR_PROPOSAL);
    check_psks(f, a, resumption(COVEY_USAGE_BRANCH), COVEY_ERR_PROPOSAL);
    check_psks(f, a, resumption(COVEY_USAGE_APPLICATION), COVEY_ERR_PROFILE);
}

Test(welcome, pitfall_11_four_psks_and_no_more)
{
    welcome_forgery *f = begin_psks();
    covey_bytes four = none();

    for (uint8_t i = 0; i < 4; i++) four = bytes_join(four, psk_id("a", 32, i));
    check_psks(f, four, bytes_join(four, psk_id("a", 32, 4)),
               COVEY_ERR_PROFILE);
}

Test(welcome, an_unknown_psk_is_missing)
{
    welcome_forgery *f = begin_psks();

    f->psks = bytes_join(psk_id("a", 32, 1), psk_id("b", 32, 1));
    covey_bytes message = forge_welcome(f);
    accept_welcome(f, message);
    family_num_psks = 1;
    refuse_welcome(f, message, COVEY_ERR_PSK);
    family_num_psks = 2;
    family_psks[1].secret = covey_bytes_of_text("not the second");
    refuse_welcome(f, message, COVEY_ERR_AUTH);
}

static void half_an_entry(welcome_forgery *f)
{
    f->welcome.secrets = bytes_join(f->welcome.secrets, hex("20 00"));
}

Test(welcome, pitfall_11_its_lists_end_with_an_element)
{
    welcome_forgery *f = begin_psks();
    covey_bytes a = psk_id("a", 32, 1);

    check_psks(f, a, bytes_join(a, hex("01 05")), COVEY_ERR_MALFORMED);
    f->psks = none();
    check_welcome(f, W_WELCOME, half_an_entry, COVEY_ERR_MALFORMED);
}

/* ---- GroupInfo ---- */

static void flip_info(welcome_forgery *f)
{
    f->welcome.encrypted_group_info =
        bytes_flip(f->welcome.encrypted_group_info, f->argument);
}

static void short_info(welcome_forgery *f)
{
    f->welcome.encrypted_group_info = bytes_fill(1, f->argument);
}

Test(welcome, the_group_info_is_authentic)
{
    welcome_forgery *f = welcome_begin(3);

    for (f->argument = 0; f->argument < 4000; f->argument += 777) {
        check_welcome(f, W_WELCOME, flip_info, COVEY_ERR_AUTH);
    }
    for (f->argument = 0; f->argument < 20; f->argument++) {
        check_welcome(f, W_WELCOME, short_info, COVEY_ERR_AUTH);
    }
}

static void more_info(welcome_forgery *f)
{
    f->info_bytes = bytes_join(f->info_bytes, bytes_fill(0, 1));
}

static void less_info(welcome_forgery *f)
{
    f->info_bytes = bytes_cut(f->info_bytes, f->argument);
}

Test(welcome, pitfall_11_the_group_info_is_encoded_right)
{
    welcome_forgery *f = welcome_begin(2);
    covey_bytes message = forge_welcome(f);
    size_t len = f->info_bytes.len;

    accept_welcome(f, message);
    check_welcome(f, W_INFO_BYTES, more_info, COVEY_ERR_MALFORMED);
    for (f->argument = 0; f->argument < len; f->argument += 23) {
        check_welcome(f, W_INFO_BYTES, less_info, COVEY_ERR_MALFORMED);
    }
}

/* ---- its signature ---- */

static void signed_by_another(welcome_forgery *f)
{
    f->sign_key = test_sign_key(1);
}

static void flip_signature(welcome_forgery *f)
{
    f->info.signature = bytes_flip(f->info.signature, f->argument);
}

static void signature_of_len(welcome_forgery *f)
{
    f->info.signature =
        bytes_cut(bytes_join(f->info.signature, bytes_fill(0, 8)), f->argument);
}

Test(welcome, pitfall_4_the_signature_is_the_signers)
{
    static const uint32_t lens[] = {0, 63, 65};
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_INFO, signed_by_another, COVEY_ERR_AUTH);
    for (f->argument = 0; f->argument < 512; f->argument += 73) {
        check_welcome(f, W_SIGNED, flip_signature, COVEY_ERR_AUTH);
    }
    for (size_t i = 0; i < 3; i++) {
        f->argument = lens[i];
        check_welcome(f, W_SIGNED, signature_of_len, COVEY_ERR_AUTH);
    }
}

static void signer_of(welcome_forgery *f)
{
    f->info.signer.value = f->argument;
}

Test(welcome, pitfall_4_the_signer_is_a_member)
{
    static const uint32_t blank[] = {3, 5, 6, 7, 8, 31, 32, 33, 0xffffffff};
    welcome_forgery *f = welcome_begin(3); /* the newcomer is at 3 */
    covey_leaf_index leaf;

    cr_assert_eq(covey_tree_add(&f->next.tree, test_leaf(50), &leaf), COVEY_OK);
    cr_assert_eq(leaf.value, 4);
    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++) {
        f->argument = blank[i];
        check_welcome(f, W_INFO, signer_of, COVEY_ERR_SENDER);
    }
    f->argument = 1; /* a member, but not who signed */
    check_welcome(f, W_INFO, signer_of, COVEY_ERR_AUTH);
}

static void signed_by_oneself(welcome_forgery *f)
{
    f->info.signer.value = 3;
    f->sign_key = f->joiner->sign_key;
}

Test(welcome, the_signer_is_not_oneself)
{
    check_welcome(welcome_begin(3), W_INFO, signed_by_oneself,
                  COVEY_ERR_SENDER);
}

/* ---- the confirmation tag ---- */

static void flip_tag(welcome_forgery *f)
{
    f->info.confirmation_tag =
        bytes_flip(f->info.confirmation_tag, f->argument);
}

static void tag_of_len(welcome_forgery *f)
{
    f->info.confirmation_tag =
        bytes_cut(bytes_join(f->info.confirmation_tag, bytes_fill(0, 8)),
                  f->argument);
}

Test(welcome, pitfall_4_the_confirmation_tag_is_right)
{
    welcome_forgery *f = welcome_begin(3);

    for (f->argument = 0; f->argument < 256; f->argument += 51) {
        check_welcome(f, W_INFO, flip_tag, COVEY_ERR_CONFIRMATION);
    }
}

Test(welcome, pitfall_12_a_confirmation_tag_has_32_bytes)
{
    static const uint32_t lens[] = {0, 1, 31, 33};
    welcome_forgery *f = welcome_begin(3);

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        f->argument = lens[i];
        check_welcome(f, W_INFO, tag_of_len, COVEY_ERR_AUTH);
    }
}

/* ---- the GroupContext ---- */

static void byte_of_context(welcome_forgery *f)
{
    uint8_t *at = test_copy(f->context);

    at[f->argument] ^= 1;
    f->context = covey_bytes_of(at, f->context.len);
}

Test(welcome, the_contexts_version_and_suite_are_ours)
{
    welcome_forgery *f = welcome_begin(3);

    for (f->argument = 0; f->argument < 4; f->argument++) {
        check_welcome(f, W_ENCODED, byte_of_context, COVEY_ERR_PROFILE);
    }
}

/* The context with fields of any length. */
static void write_context(welcome_forgery *f, covey_bytes group_id,
                          covey_bytes tree_hash, covey_bytes confirmed)
{
    covey_writer w = covey_writer_of(test_alloc(8192), 8192);

    covey_write_u16(&w, COVEY_MLS10);
    covey_write_u16(&w, COVEY_SUITE_X25519_CHACHA);
    covey_write_vec(&w, group_id);
    covey_write_u64(&w, f->next.context.epoch);
    covey_write_vec(&w, tree_hash);
    covey_write_vec(&w, confirmed);
    covey_write_vec(&w, covey_group_extensions(&f->next.context));
    f->context = covey_writer_since(&w, 0);
}

static void long_group_id(welcome_forgery *f)
{
    write_context(f, bytes_fill(1, 33),
                  covey_digest_bytes(&f->next.context.tree_hash),
                  bytes_fill(0, 32));
}

static void short_tree_hash(welcome_forgery *f)
{
    write_context(f, covey_group_id(&f->next.context),
                  bytes_cut(covey_digest_bytes(&f->next.context.tree_hash), 31),
                  bytes_fill(0, 32));
}

static void long_confirmed(welcome_forgery *f)
{
    write_context(f, covey_group_id(&f->next.context),
                  covey_digest_bytes(&f->next.context.tree_hash),
                  bytes_fill(0, 33));
}

Test(welcome, pitfall_11_the_contexts_fields_have_their_sizes)
{
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_ENCODED, long_group_id, COVEY_ERR_PROFILE);
    check_welcome(f, W_ENCODED, short_tree_hash, COVEY_ERR_MALFORMED);
    check_welcome(f, W_ENCODED, long_confirmed, COVEY_ERR_MALFORMED);
}

static void set_extensions(welcome_forgery *f, covey_bytes extensions)
{
    covey_copy(f->next.context.extensions, extensions.at, extensions.len);
    f->next.context.extensions_len = (uint16_t)extensions.len;
}

static void repeated_extension(welcome_forgery *f)
{
    covey_bytes one = extension_of(COVEY_EXTENSION_APPLICATION_ID, none());

    set_extensions(f, bytes_join(one, one));
}

static void external_senders(welcome_forgery *f)
{
    set_extensions(f, extension_of(COVEY_EXTENSION_EXTERNAL_SENDERS, none()));
}

static void broken_extension(welcome_forgery *f)
{
    set_extensions(f, hex("0001 02 00"));
}

static void broken_requirements(welcome_forgery *f)
{
    set_extensions(f, extension_of(COVEY_EXTENSION_REQUIRED_CAPABILITIES,
                                   hex("0000")));
}

/* The joiner knows it, the others do not. */
static void others_unsupported(welcome_forgery *f)
{
    set_extensions(f, extension_of(FAMILY_EXTENSION, none()));
}

static void unsupported(welcome_forgery *f)
{
    set_extensions(f, extension_of(0xff77, none()));
}

static void required_extension(welcome_forgery *f)
{
    set_extensions(f, extension_required("ff77", "", ""));
}

static void required_proposal(welcome_forgery *f)
{
    set_extensions(f, extension_required("", "ff77", ""));
}

static void required_credential(welcome_forgery *f)
{
    set_extensions(f, extension_required("", "", "0002"));
}

static void required_and_there(welcome_forgery *f)
{
    set_extensions(f, bytes_join(extension_required("00010005", "000100020003",
                                                    "0001"),
                                 extension_of(COVEY_EXTENSION_APPLICATION_ID,
                                              bytes_fill(3, 5))));
}

Test(welcome, pitfall_29_the_contexts_extensions_are_supported)
{
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_CONTEXT, repeated_extension, COVEY_ERR_EXTENSION);
    check_welcome(f, W_CONTEXT, external_senders, COVEY_ERR_PROFILE);
    check_welcome(f, W_CONTEXT, broken_extension, COVEY_ERR_MALFORMED);
    check_welcome(f, W_CONTEXT, broken_requirements, COVEY_ERR_MALFORMED);
    check_welcome(f, W_CONTEXT, unsupported, COVEY_ERR_EXTENSION);
    check_welcome(f, W_CONTEXT, others_unsupported, COVEY_ERR_EXTENSION);
    check_welcome(f, W_CONTEXT, required_extension, COVEY_ERR_LEAF);
    check_welcome(f, W_CONTEXT, required_proposal, COVEY_ERR_LEAF);
    check_welcome(f, W_CONTEXT, required_credential, COVEY_ERR_LEAF);
    f->at[W_CONTEXT] = required_and_there;
    accept_welcome(f, forge_welcome(f));
}

/* ---- GroupInfo's own extensions ---- */

static void extension_twice(welcome_forgery *f)
{
    f->extensions = bytes_join(f->extensions, f->extensions);
}

static void extensions_cut(welcome_forgery *f)
{
    f->extensions = bytes_cut(f->extensions, f->extensions.len - 1);
}

static void unknown_extension(welcome_forgery *f)
{
    f->extensions =
        bytes_join(extension_of(0x7a7a, bytes_fill(1, 9)), f->extensions);
}

static void seventeen_extensions(welcome_forgery *f)
{
    for (uint16_t i = 0; i < 16; i++) {
        f->extensions =
            bytes_join(f->extensions,
                       extension_of((uint16_t)(0x2000 + i), none()));
    }
}

Test(welcome, the_group_infos_extensions_are_a_list_without_repeats)
{
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_EXTENSIONS, extension_twice, COVEY_ERR_EXTENSION);
    check_welcome(f, W_EXTENSIONS, extensions_cut, COVEY_ERR_MALFORMED);
    check_welcome(f, W_EXTENSIONS, seventeen_extensions, COVEY_ERR_PROFILE);
    /* Unknown ones are ignored there. */
    f->at[W_EXTENSIONS] = unknown_extension;
    accept_welcome(f, forge_welcome(f));
}

static void no_tree(welcome_forgery *f)
{
    f->extensions = none();
}

Test(welcome, there_is_a_tree)
{
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_EXTENSIONS, no_tree, COVEY_ERR_REFERENCE);
    f->tree_apart = true;
    accept_welcome(f, forge_welcome(f));
}

/* ---- joining ---- */

static int stage(covey_bytes message)
{
    return covey_mls_stage_welcome(family[JOINER].staged, family[JOINER].joiner,
                                   message, none(), NULL, 0, NULL,
                                   family_scratch());
}

Test(welcome, pitfall_15_a_key_package_is_used_once)
{
    covey_bytes message = forge_welcome(welcome_begin(3));
    family_member *m = &family[JOINER];

    cr_assert_eq(stage(message), COVEY_OK);
    cr_assert_eq(stage(message), COVEY_ERR_STATE); /* staged is not empty */
    cr_assert_eq(covey_mls_join(m->group, m->joiner, m->staged), COVEY_OK);
    cr_assert(test_is_zero(m->joiner, covey_mls_joiner_size()));
    cr_assert(test_is_zero(m->staged, covey_mls_staged_size()));
    cr_assert_eq(stage(message), COVEY_ERR_STATE);
    cr_assert_eq(covey_mls_join(m->group, m->joiner, m->staged),
                 COVEY_ERR_STATE);
    /* Nor with another KeyPackage of the same member. */
    (void)family_package(JOINER);
    cr_assert_eq(stage(message), COVEY_ERR_REFERENCE);
}

Test(welcome, one_joins_with_the_key_package_that_was_staged)
{
    covey_bytes message = forge_welcome(welcome_begin(3));
    family_member *m = &family[JOINER];
    covey_mls_staged_info_data info;

    cr_assert_eq(stage(message), COVEY_OK);
    cr_assert_eq(covey_mls_staged_info(m->staged, &info), COVEY_OK);
    cr_assert(info.is_join);
    cr_assert_eq(covey_mls_merge(m->group, m->staged), COVEY_ERR_STATE);
    (void)family_package(JOINER);
    cr_assert_eq(covey_mls_join(m->group, m->joiner, m->staged),
                 COVEY_ERR_STATE);
    cr_assert_not(covey_mls_is_open(m->group));
}

Test(welcome, one_does_not_join_over_a_group)
{
    covey_bytes message = forge_welcome(welcome_begin(3));
    family_member *m = &family[JOINER];

    cr_assert_eq(stage(message), COVEY_OK);
    m->group->state = COVEY_GROUP_OPEN;
    cr_assert_eq(covey_mls_join(m->group, m->joiner, m->staged),
                 COVEY_ERR_STATE);
}

Test(welcome, a_failed_welcome_leaves_the_key_package_for_another)
{
    welcome_forgery *f = welcome_begin(3);

    check_welcome(f, W_INFO, flip_tag, COVEY_ERR_CONFIRMATION);
    cr_assert_eq(stage(forge_welcome(f)), COVEY_OK);
    cr_assert_eq(covey_mls_join(family[JOINER].group, family[JOINER].joiner,
                                family[JOINER].staged),
                 COVEY_OK);
}
