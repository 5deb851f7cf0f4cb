#include "fuzz/process_seeds.h"

#include <covey/error.h>

#include "base/writer.h"
#include "fuzz/family.h"
#include "fuzz/fuzz.h"
#include "mls/advance.h"
#include "mls/extension.h"
#include "mls/framing.h"
#include "mls/tree_codec.h"
#include "mls/tree_hash.h"
#include "mls/types.h"
#include "mls/welcome.h"

#define ROOM 65536

/* ---- PrivateMessage ---- */

/* The key that the receiver will look for; zero where there is none. */
static covey_aead_key key_of(const covey_epoch *epoch, uint8_t type,
                             covey_bytes sender_data)
{
    covey_reader r = covey_reader_of(sender_data);
    covey_key_name name = {.leaf = {covey_read_u32(&r)},
                           .kind = type == COVEY_CONTENT_APPLICATION
                                       ? COVEY_RATCHET_APPLICATION
                                       : COVEY_RATCHET_HANDSHAKE};
    covey_aead_key key = {{0}, {0}};

    name.generation = covey_read_u32(&r);
    if (name.leaf.value < epoch->tree.width) {
        (void)covey_secret_tree_peek(&key, &epoch->secret_tree, &name, 64);
    }
    for (size_t i = 0; i < 4; i++) key.nonce[i] ^= covey_read_u8(&r);
    return key;
}

covey_bytes process_seal_private(const covey_epoch *epoch, uint8_t type,
                                 covey_bytes sender_data,
                                 covey_bytes authenticated_data,
                                 covey_bytes plaintext)
{
    covey_writer aad = covey_writer_of(test_alloc(ROOM), ROOM);
    covey_writer w = covey_writer_of(test_alloc(ROOM), ROOM);
    size_t sealed_len = plaintext.len + COVEY_AEAD_TAG_SIZE;
    uint8_t *sealed = test_alloc(sealed_len);
    uint8_t sealed_sender[COVEY_SEALED_SENDER_DATA_SIZE];
    covey_aead_key key = key_of(epoch, type, sender_data);

    covey_write_vec(&aad, covey_group_id(&epoch->context));
    covey_write_u64(&aad, epoch->context.epoch);
    covey_write_u8(&aad, type);
    covey_bytes sender_aad = covey_writer_since(&aad, 0);
    covey_write_vec(&aad, authenticated_data);
    covey_aead_seal(sealed, &key, covey_writer_since(&aad, 0), plaintext);
    covey_sender_data_key(&key, &epoch->sender_data_secret,
                          covey_bytes_of(sealed, sealed_len));
    covey_aead_seal(sealed_sender, &key, sender_aad, sender_data);

    const covey_private_message message = {
        .group_id = covey_group_id(&epoch->context),
        .epoch = epoch->context.epoch,
        .content_type = type,
        .authenticated_data = authenticated_data,
        .encrypted_sender_data =
            covey_bytes_of(sealed_sender, sizeof sealed_sender),
        .ciphertext = covey_bytes_of(sealed, sealed_len),
    };
    covey_write_message_head(&w, COVEY_WIRE_PRIVATE_MESSAGE);
    covey_write_private_message(&w, &message);
    /* A buffer of its own length. */
    covey_bytes out = covey_writer_since(&w, 0);
    return covey_bytes_of(test_copy(out), out.len);
}

/* ---- Welcome ---- */

/* The secrets up to the welcome key, as far as they can be read. */
static covey_welcome_secret welcome_secret_of(covey_bytes encoding)
{
    const covey_mls_psk *psk = &family_get()->psk;
    covey_reader r = covey_reader_of(encoding);
    covey_group_secrets secrets;
    covey_joiner_secret joiner = {{{0}}};
    covey_psk_secret psk_secret = {{{0}}};
    covey_member_secret member;
    covey_welcome_secret out;
    uint16_t num = 0;

    covey_read_group_secrets(&r, &secrets);
    if (!r.failed) {
        covey_reader count = covey_reader_of(secrets.psks);
        covey_reader list = covey_reader_of(secrets.psks);
        covey_psk_id id;

        covey_copy(joiner.secret.bytes, secrets.joiner_secret.at,
                   secrets.joiner_secret.len < COVEY_HASH_SIZE
                       ? secrets.joiner_secret.len
                       : COVEY_HASH_SIZE);
        for (; covey_reader_more(&count); num++) covey_read_psk_id(&count, &id);
        for (uint16_t i = 0; i < num; i++) {
            covey_read_psk_id(&list, &id);
            if (covey_psk_id_check(&id) != COVEY_OK) break;
            covey_psk_secret_add(&psk_secret.secret, id.encoding, psk->secret,
                                 i, num);
        }
    }
    covey_schedule_member(&member, &joiner, &psk_secret);
    covey_schedule_welcome(&out, &member);
    return out;
}

/* Overwrites the tree hash of an encoded GroupInfo in place. */
static void mend_tree_hash(uint8_t *encoding, size_t len)
{
    static covey_tree tree;
    covey_reader r = covey_reader_of(covey_bytes_of(encoding, len));
    covey_group_info info;
    covey_bytes contents;
    covey_digest hash;

    covey_read_group_info(&r, &info);
    if (r.failed ||
        !covey_extensions_find(info.extensions, COVEY_EXTENSION_RATCHET_TREE,
                               &contents) ||
        covey_ratchet_tree_decode(&tree, contents,
                                  covey_suite_find(
                                      COVEY_SUITE_X25519_CHACHA)) != COVEY_OK) {
        return;
    }
    covey_tree_hash(&hash, &tree, covey_tree_root(tree.width), NULL);

    covey_reader context = covey_reader_of(info.group_context);
    (void)covey_read_u32(&context);
    (void)covey_read_vec(&context);
    (void)covey_read_u64(&context);
    covey_bytes place = covey_read_vec(&context);
    if (place.len == sizeof hash.bytes) {
        memcpy(encoding + (place.at - encoding), hash.bytes, sizeof hash.bytes);
    }
}

covey_bytes process_seal_welcome(const covey_mls_joiner *joiner,
                                 covey_bytes input)
{
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    static const uint8_t seed[32] = {3};
    const covey_bytes none = {NULL, 0};
    covey_reader r = covey_reader_of(input);
    covey_bytes secrets = covey_read_vec(&r);
    size_t info_len = r.failed ? 0 : r.left;
    uint8_t *info = test_alloc(info_len + COVEY_AEAD_TAG_SIZE);
    uint8_t *sealed = test_alloc(secrets.len + COVEY_AEAD_TAG_SIZE);
    covey_welcome_secret secret = welcome_secret_of(secrets);
    covey_aead_key key;
    covey_hpke_info hpke;
    covey_kem_output output;
    covey_writer list = covey_writer_of(test_alloc(ROOM), ROOM);
    covey_writer w = covey_writer_of(test_alloc(ROOM), ROOM);

    covey_copy(info, r.at, info_len);
    mend_tree_hash(info, info_len);
    covey_welcome_key(&key, &secret);
    covey_aead_seal(info, &key, none, covey_bytes_of(info, info_len));

    covey_welcome welcome = {
        .cipher_suite = suite->id,
        .encrypted_group_info =
            covey_bytes_of(info, info_len + COVEY_AEAD_TAG_SIZE),
    };
    covey_encrypt_info(&hpke, suite, "Welcome", welcome.encrypted_group_info);
    fuzz_require(covey_hpke_seal_from(&output, sealed, suite, seed,
                                      &joiner->init_key, &hpke, none,
                                      secrets) == COVEY_OK);
    const covey_encrypted_group_secrets one = {
        covey_digest_bytes(&joiner->ref),
        {covey_bytes_of(output.bytes, suite->kem->output_size),
         covey_bytes_of(sealed, secrets.len + COVEY_AEAD_TAG_SIZE)}};
    covey_write_encrypted_group_secrets(&list, &one);
    welcome.secrets = covey_writer_since(&list, 0);
    covey_write_message_head(&w, COVEY_WIRE_WELCOME);
    covey_write_welcome(&w, &welcome);
    covey_bytes out = covey_writer_since(&w, 0);
    return covey_bytes_of(test_copy(out), out.len);
}

/* ---- seeds ---- */

static const char *seed_directory;
static unsigned num_seeds;

/* One input: the first byte, then the messages as they were put together. */
static void write_seed(const covey_writer *messages)
{
    for (unsigned reader = 0; reader < 3; reader++) {
        char path[4096];
        uint8_t first = (uint8_t)(0x81 + reader); /* 0x81 % 3 is 0 */

        (void)snprintf(path, sizeof path, "%s/seed_%03u", seed_directory,
                       num_seeds++);
        FILE *file = fopen(path, "wb");
        fuzz_require(file != NULL && fwrite(&first, 1, 1, file) == 1);
        fuzz_require(fwrite(messages->at, 1, messages->len, file) ==
                     messages->len);
        fuzz_require(fclose(file) == 0);
    }
}

static void put(covey_writer *w, uint8_t form, covey_bytes message)
{
    covey_write_u8(w, form);
    covey_write_u16(w, (uint16_t)message.len);
    covey_write_fixed(w, message);
    fuzz_require(!w->failed && message.len <= UINT16_MAX);
}

static covey_writer fresh(void)
{
    return covey_writer_of(test_alloc(ROOM), ROOM);
}

static void seed_message(uint8_t form, covey_bytes message)
{
    covey_writer w = fresh();

    put(&w, form, message);
    write_seed(&w);
}

/* A PublicMessage's content as the plaintext of a PrivateMessage. */
static void seed_plaintext(covey_bytes bytes)
{
    covey_writer w = fresh();
    covey_public_message message;
    covey_reader body;

    fuzz_require(covey_message_body(&body, bytes, COVEY_WIRE_PUBLIC_MESSAGE) ==
                 COVEY_OK);
    covey_read_public_message(&body, &message);
    covey_write_u8(&w, message.framed.content_type);
    covey_write_u32(&w, message.framed.sender);
    covey_write_u32(&w, 5); /* a generation that is still to come */
    covey_write_u32(&w, 0x01020304);
    covey_write_vec(&w, message.framed.authenticated_data);
    covey_write_fixed(&w, message.framed.content.encoding);
    covey_write_auth_data(&w, message.framed.content_type, &message.auth);
    covey_write_zeros(&w, 3);
    seed_message(1, covey_writer_since(&w, 0));
}

static void seed_handshake(covey_bytes message, bool as_public)
{
    seed_message(0, message);
    if (as_public) seed_plaintext(message);
}

/* The Welcome opened with Greg's key. */
static void seed_welcome(covey_bytes bytes)
{
    const covey_mls_joiner *greg = &family_get()->greg;
    const covey_suite *suite = covey_suite_find(COVEY_SUITE_X25519_CHACHA);
    const covey_bytes none = {NULL, 0};
    covey_writer w = fresh();
    covey_encrypted_group_secrets one;
    covey_hpke_info hpke;
    covey_welcome welcome;
    covey_aead_key key;
    covey_reader body;
    uint8_t *plain = test_alloc(ROOM);

    seed_message(0, bytes);
    fuzz_require(covey_message_body(&body, bytes, COVEY_WIRE_WELCOME) ==
                 COVEY_OK);
    covey_read_welcome(&body, &welcome);
    covey_reader list = covey_reader_of(welcome.secrets);
    covey_read_encrypted_group_secrets(&list, &one);
    covey_encrypt_info(&hpke, suite, "Welcome", welcome.encrypted_group_info);
    fuzz_require(covey_hpke_open(plain, suite, one.group_secrets.kem_output,
                                 &greg->init_secret, &greg->init_key, &hpke,
                                 none,
                                 one.group_secrets.ciphertext) == COVEY_OK);
    covey_bytes secrets =
        covey_bytes_of(plain,
                       one.group_secrets.ciphertext.len - COVEY_AEAD_TAG_SIZE);
    covey_welcome_secret secret = welcome_secret_of(secrets);

    covey_write_vec(&w, secrets);
    covey_welcome_key(&key, &secret);
    fuzz_require(covey_aead_open(plain, &key, none,
                                 welcome.encrypted_group_info) == COVEY_OK);
    covey_write_fixed(&w,
                      covey_bytes_of(plain, welcome.encrypted_group_info.len -
                                                COVEY_AEAD_TAG_SIZE));
    seed_message(2, covey_writer_since(&w, 0));
}

/* Anna's commit, made on a copy of her. */
static void seed_commit(const covey_mls_commit_options *options)
{
    static covey_mls_group anna;
    static covey_mls_staged staged;

    for (unsigned as_public = 0; as_public < 2; as_public++) {
        const covey_mls_framing framing = {.authenticated_data =
                                               covey_bytes_of_text("seen"),
                                           .as_public = as_public != 0};
        covey_mls_commit_options framed = *options;

        framed.framing = &framing;
        framed.psks = &family_get()->psk;
        framed.num_psks = 1;
        anna = family_get()->members[ANNA];
        family_commit made = family_make_commit(&anna, &staged, &framed);
        seed_handshake(made.commit, as_public != 0);
        if (made.welcome.len != 0) seed_welcome(made.welcome);
        covey_mls_drop(&staged);
    }
}

/* Proposed by Anna, then committed by Fred. */
static void seed_proposal(const covey_mls_change *change)
{
    static covey_mls_group anna;
    static covey_mls_group fred;
    static covey_mls_staged staged;

    for (unsigned as_public = 0; as_public < 2; as_public++) {
        covey_mls_change_info info;
        covey_mls_ref ref;
        covey_writer both = fresh();

        anna = family_get()->members[ANNA];
        fred = family_get()->members[FRED];
        covey_bytes message =
            family_make_proposal(&anna, change, as_public != 0, &ref);
        seed_handshake(message, as_public != 0);
        fuzz_require(
            covey_mls_receive_proposal(&fred, message,
                                       &(covey_buffer){test_alloc(ROOM), ROOM,
                                                       0},
                                       &info, NULL) == COVEY_OK);
        const covey_mls_commit_options options = {.refs = &ref,
                                                  .num_refs = 1,
                                                  .psks = &family_get()->psk,
                                                  .num_psks = 1};
        family_commit made = family_make_commit(&fred, &staged, &options);
        put(&both, 0, message);
        put(&both, 0, made.commit);
        write_seed(&both);
        covey_mls_drop(&staged);
    }
}

/* For generate.c: a commit and a proposal of each kind, then a commit of some
 * by value and by reference, sealed either way. */
static void seed_generated(void)
{
    uint8_t choices[32] = {0};

    for (uint8_t form = 0; form < 4; form++) {
        choices[0] = form;
        choices[1] = form & 1; /* Ben proposes, Anna commits */
        for (uint8_t type = 0; type < 8; type++) {
            bool is_commit = (form & 1) == 0;

            choices[2] = is_commit ? 1 : type;
            choices[3] = 0;
            choices[4] = is_commit ? type : 0;
            seed_message(3, covey_bytes_of(choices, sizeof choices));
        }
        choices[2] = 3;
        choices[3] = 0x80;
        choices[4] = 0;
        choices[5] = 0x83;
        seed_message(3, covey_bytes_of(choices, sizeof choices));
    }
}

void process_seeds_write(const char *directory)
{
    const family *all = family_get();
    const covey_mls_change changes[] = {
        {.kind = COVEY_MLS_ADD, .key_package = all->greg_package},
        {.kind = COVEY_MLS_REMOVE, .leaf = 1},
        {.kind = COVEY_MLS_PSK, .psk_id = all->psk.id},
        {.kind = COVEY_MLS_EXTENSIONS, .extensions = family_extensions("new")},
        {.kind = COVEY_MLS_UPDATE},
    };
    static covey_mls_group anna;

    seed_directory = directory;
    seed_commit(&(covey_mls_commit_options){.num_changes = 0});
    for (size_t i = 0; i < 4; i++) {
        seed_commit(&(covey_mls_commit_options){.changes = &changes[i],
                                                .num_changes = 1});
        seed_proposal(&changes[i]);
    }
    seed_proposal(&changes[4]);
    seed_commit(
        &(covey_mls_commit_options){.changes = changes, .num_changes = 4});
    seed_commit(&(covey_mls_commit_options){.changes = changes,
                                            .num_changes = 1,
                                            .without_path = true});
    seed_commit(&(covey_mls_commit_options){.changes = &changes[2],
                                            .num_changes = 1,
                                            .without_path = true});
    for (size_t i = 0; i < FAMILY_PROPOSALS; i++) {
        seed_commit(
            &(covey_mls_commit_options){.refs = &all->refs[i], .num_refs = 1});
    }
    seed_commit(&(covey_mls_commit_options){.take_all = true});

    seed_generated();

    anna = all->members[ANNA];
    (void)family_make_text(&anna, "one");
    seed_message(0, family_make_text(&anna, "two"));
    seed_plaintext(family_make_proposal(&anna, &changes[1], true, NULL));
}
