/* RFC 9420 sections 6, 6.1 and 6.3: PrivateMessage. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"
#include "support/guard.h"

static covey_bytes none(void)
{
    return covey_bytes_of(NULL, 0);
}

/* A hook must be refused in application data, in a proposal and in a commit. */
static void check_all(forge_stage at, forge_hook *hook, int err)
{
    covey_bytes proposal = proposal_remove(1);

    trying = "data";
    check_data(forge_begin(0), at, hook, err);
    trying = "proposal";
    check_proposal(forge_begin(0), proposal, at, hook, err);
    trying = "commit";
    check_commit(forge_begin(0), at, hook, err);
}

/* ---- the signature ---- */

static void signed_by_another(forgery *f)
{
    f->message.sign_key = family[1].group->epoch.sign_key;
}

Test(framing, the_signature_is_by_the_senders_leaf)
{
    family_begin(3);
    check_all(AT_SIGN, signed_by_another, COVEY_ERR_AUTH);
}

static void flip_signature(forgery *f)
{
    f->message.signature = bytes_flip(f->message.signature, f->argument);
}

Test(framing, each_byte_of_the_signature_counts)
{
    family_begin(2);
    for (uint32_t i = 0; i < 64; i += 9) {
        forgery *f = forge_begin(0);
        f->argument = 8 * i + i % 8;
        check_data(f, AT_SEAL, flip_signature, COVEY_ERR_AUTH);
    }
    check_all(AT_SEAL, flip_signature, COVEY_ERR_AUTH);
}

static void signature_of_len(forgery *f)
{
    covey_bytes more = bytes_join(f->message.signature, bytes_fill(0, 8));

    f->message.signature = bytes_cut(more, f->argument);
}

Test(framing, a_signature_has_64_bytes)
{
    static const uint32_t lens[] = {0, 1, 32, 63, 65};

    family_begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = lens[i];
        check_data(f, AT_SEAL, signature_of_len, COVEY_ERR_AUTH);
        check_commit(f, AT_SEAL, signature_of_len, COVEY_ERR_AUTH);
        check_proposal(f, proposal_remove(1), AT_SEAL, signature_of_len,
                       COVEY_ERR_AUTH);
    }
}

static covey_group_context other_context;

static void other_epoch_signed(forgery *f)
{
    other_context = f->from.context;
    other_context.epoch++;
    f->message.context = &other_context;
}

static void other_tree_signed(forgery *f)
{
    other_context = f->from.context;
    other_context.tree_hash.bytes[0] ^= 1;
    f->message.context = &other_context;
}

static void other_transcript_signed(forgery *f)
{
    other_context = f->from.context;
    other_context.confirmed_transcript_hash.bytes[31] ^= 1;
    f->message.context = &other_context;
}

Test(framing, the_signature_covers_the_group_context)
{
    family_begin(2);
    check_all(AT_SIGN, other_epoch_signed, COVEY_ERR_AUTH);
    check_all(AT_SIGN, other_tree_signed, COVEY_ERR_AUTH);
    check_all(AT_SIGN, other_transcript_signed, COVEY_ERR_AUTH);
}

static void signed_as_public(forgery *f)
{
    f->message.wire_format = COVEY_WIRE_PUBLIC_MESSAGE;
}

static void sealed_as_private(forgery *f)
{
    f->message.wire_format = COVEY_WIRE_PRIVATE_MESSAGE;
}

Test(framing, the_signature_covers_the_wire_format)
{
    forgery *f = forge_begin(0);

    family_begin(2);
    f->at[AT_SEAL] = sealed_as_private;
    check_proposal(f, proposal_remove(1), AT_SIGN, signed_as_public,
                   COVEY_ERR_AUTH);
    check_commit(f, AT_SIGN, signed_as_public, COVEY_ERR_AUTH);
}

/* ---- the confirmation tag ---- */

static void tag_of_len(forgery *f)
{
    covey_bytes more = bytes_join(f->message.tag, bytes_fill(0, 8));

    f->message.tag = bytes_cut(more, f->argument);
}

Test(framing, pitfall_12_a_confirmation_tag_has_32_bytes)
{
    static const uint32_t lens[] = {0, 1, 16, 31, 33};

    family_begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = lens[i];
        check_commit(f, AT_SEAL, tag_of_len, COVEY_ERR_AUTH);
        f->as_public = true;
        check_commit(f, AT_SEAL, tag_of_len, COVEY_ERR_AUTH);
    }
}

/* ---- addresses ---- */

static void other_group(forgery *f)
{
    f->message.framed.group_id = bytes_flip(f->message.framed.group_id, 0);
}

static void shorter_group(forgery *f)
{
    f->message.framed.group_id = bytes_cut(f->message.framed.group_id, 31);
}

static void no_group(forgery *f)
{
    f->message.framed.group_id = none();
}

static void next_epoch(forgery *f)
{
    f->message.framed.epoch++;
}

static void last_epoch(forgery *f)
{
    f->message.framed.epoch--;
}

static void far_epoch(forgery *f)
{
    f->message.framed.epoch += (uint64_t)1 << 32;
}

Test(framing, the_group_is_this_one)
{
    family_begin(2);
    check_all(AT_SIGN, other_group, COVEY_ERR_EPOCH);
    check_all(AT_SIGN, shorter_group, COVEY_ERR_EPOCH);
    check_all(AT_SIGN, no_group, COVEY_ERR_EPOCH);
}

Test(framing, the_epoch_is_this_one)
{
    family_begin(2);
    check_all(AT_SIGN, next_epoch, COVEY_ERR_EPOCH);
    check_all(AT_SIGN, last_epoch, COVEY_ERR_EPOCH);
    check_all(AT_SIGN, far_epoch, COVEY_ERR_EPOCH);
}

static void version_of(forgery *f)
{
    f->message.version = (uint16_t)f->argument;
}

Test(framing, the_version_is_mls10)
{
    static const uint32_t versions[] = {0, 2, 0x0100, 0xffff};

    family_begin(2);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = versions[i];
        check_data(f, AT_SIGN, version_of, COVEY_ERR_PROFILE);
        check_commit(f, AT_SIGN, version_of, COVEY_ERR_PROFILE);
        check_proposal(f, proposal_remove(1), AT_SIGN, version_of,
                       COVEY_ERR_PROFILE);
    }
}

static void wire_format_of(forgery *f)
{
    f->message.wire_format = (uint16_t)f->argument;
}

Test(framing, a_member_sends_public_or_private_messages)
{
    static const uint32_t formats[] = {0, 3, 4, 5, 6, 0x0200, 0xffff};

    family_begin(2);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = formats[i];
        check_data(f, AT_SIGN, wire_format_of, COVEY_ERR_PROFILE);
        check_commit(f, AT_SIGN, wire_format_of, COVEY_ERR_PROFILE);
        check_proposal(f, proposal_remove(1), AT_SIGN, wire_format_of,
                       COVEY_ERR_PROFILE);
    }
}

/* ---- the content type ---- */

Test(framing, a_message_goes_where_its_content_type_belongs)
{
    family_begin(3);
    covey_bytes data = forge_data(forge_begin(0), "hello");
    covey_bytes proposal = forge_proposal(forge_begin(0), proposal_remove(1));
    covey_bytes commit = forge_commit(forge_begin(0));

    refuse_data(2, proposal, COVEY_ERR_MALFORMED);
    refuse_data(2, commit, COVEY_ERR_MALFORMED);
    refuse_proposal(2, data, COVEY_ERR_MALFORMED);
    refuse_proposal(2, commit, COVEY_ERR_MALFORMED);
    refuse_commit(2, data, COVEY_ERR_MALFORMED);
    refuse_commit(2, proposal, COVEY_ERR_MALFORMED);
    accept_data(2, data);
    accept_commit(2, commit); /* first: both are of one generation */
    accept_proposal(2, proposal);
}

Test(framing, there_are_three_content_types)
{
    static const uint8_t types[] = {0, 4, 5, 128, 255};

    family_begin(2);
    covey_bytes data = forge_data(forge_begin(0), "hello");
    for (size_t i = 0; i < sizeof types; i++) {
        covey_private_message m = private_read(data);
        m.content_type = types[i];
        covey_bytes changed = private_write(&m);
        refuse_data(1, changed, COVEY_ERR_MALFORMED);
        refuse_proposal(1, changed, COVEY_ERR_MALFORMED);
        refuse_commit(1, changed, COVEY_ERR_MALFORMED);
    }
    accept_data(1, data);
}

/* ---- what is authenticated but not encrypted ---- */

Test(framing, pitfall_24_the_head_is_authenticated)
{
    family_begin(2);
    covey_bytes commit = forge_commit(forge_begin(0));
    covey_private_message m = private_read(commit);

    m.content_type = COVEY_CONTENT_PROPOSAL;
    refuse_proposal(1, private_write(&m), COVEY_ERR_AUTH);
    m.content_type = COVEY_CONTENT_APPLICATION;
    refuse_data(1, private_write(&m), COVEY_ERR_AUTH);
    m = private_read(commit);
    m.authenticated_data = bytes_fill(0, 1);
    refuse_commit(1, private_write(&m), COVEY_ERR_AUTH);
    accept_commit(1, commit);
}

static void authenticated_data_of(forgery *f)
{
    f->message.framed.authenticated_data = bytes_fill(7, f->argument);
}

Test(framing, authenticated_data_has_at_most_64_bytes)
{
    forgery *f = forge_begin(0);

    family_begin(2);
    f->argument = 64;
    f->at[AT_SIGN] = authenticated_data_of;
    all_accept_commit(0, forge_commit(f));
    f->argument = 65;
    check_commit(f, AT_SIGN, authenticated_data_of, COVEY_ERR_PROFILE);
    check_proposal(f, proposal_remove(1), AT_SIGN, authenticated_data_of,
                   COVEY_ERR_PROFILE);
    check_data(f, AT_SIGN, authenticated_data_of, COVEY_ERR_PROFILE);
}

/* ---- padding ---- */

static void pad_with_zeros(forgery *f)
{
    f->message.padding = bytes_fill(0, 100);
}

static void pad_with_a_bit(forgery *f)
{
    f->message.padding = bytes_flip(bytes_fill(0, 100), f->argument);
}

Test(framing, pitfall_23_padding_is_zero)
{
    family_begin(2);
    for (uint32_t bit = 0; bit < 800; bit += 101) {
        forgery *f = forge_begin(0);
        f->argument = bit;
        check_data(f, AT_SEAL, pad_with_a_bit, COVEY_ERR_PADDING);
        check_commit(f, AT_SEAL, pad_with_a_bit, COVEY_ERR_PADDING);
        check_proposal(f, proposal_remove(1), AT_SEAL, pad_with_a_bit,
                       COVEY_ERR_PADDING);
    }
    forgery *f = forge_begin(0);
    f->at[AT_SEAL] = pad_with_zeros;
    all_accept_commit(0, forge_commit(f));
    accept_data(1, forge_data(f, "hello"));
}

/* ---- the ciphertext ---- */

static void ciphertext_of_len(forgery *f)
{
    f->message.ciphertext = bytes_fill(9, f->argument);
}

Test(framing, pitfall_24_short_ciphertexts_are_refused)
{
    family_begin(2);
    for (uint32_t len = 0; len <= 40; len++) {
        forgery *f = forge_begin(0);
        f->argument = len;
        f->at[AT_SEAL] = ciphertext_of_len;
        refuse_data(1, forge_data(f, "hello"), COVEY_ERR_AUTH);
        refuse_commit(1, forge_commit(f), COVEY_ERR_AUTH);
        refuse_proposal(1, forge_proposal(f, proposal_remove(1)),
                        COVEY_ERR_AUTH);
    }
}

static void plain_of_len(forgery *f)
{
    f->message.plain =
        bytes_cut(f->message.framed.content.encoding, f->argument);
}

Test(framing, a_plaintext_that_ends_early_is_refused)
{
    family_begin(2);
    for (uint32_t len = 0; len <= 6; len++) {
        forgery *f = forge_begin(0);
        f->argument = len;
        f->at[AT_SEAL] = plain_of_len;
        refuse_data(1, forge_data(f, "hello"), COVEY_ERR_MALFORMED);
        /* Of the type's two bytes less than all are no type. */
        refuse_proposal(1, forge_proposal(f, proposal_remove(1)),
                        len < 2 ? COVEY_ERR_PROFILE : COVEY_ERR_MALFORMED);
    }
}

/* ---- sender data ---- */

static void sender_data_of_len(forgery *f)
{
    f->message.sender_data =
        bytes_cut(hex("00000000 00000000 01020304 00000000"), f->argument);
}

Test(framing, pitfall_24_sender_data_has_its_size)
{
    static const uint32_t lens[] = {0, 1, 4, 8, 11, 13, 14, 16};

    family_begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        forgery *f = forge_begin(0);
        f->stays = true; /* generation 0, as above */
        f->argument = lens[i];
        f->at[AT_SEAL] = sender_data_of_len;
        refuse_data(1, forge_data(f, "hello"), COVEY_ERR_AUTH);
        refuse_commit(1, forge_commit(f), COVEY_ERR_AUTH);
        f->argument = 12;
        accept_commit(1, forge_commit(f));
    }
    covey_private_message m = private_read(forge_commit(forge_begin(0)));
    m.encrypted_sender_data = none();
    refuse_commit(1, private_write(&m), COVEY_ERR_AUTH);
}

static void sender_leaf(forgery *f)
{
    f->message.framed.sender = f->argument;
    f->message.key_name.leaf.value = f->argument;
}

Test(framing, pitfall_24_sender_data_names_a_leaf_that_is_there)
{
    static const uint32_t leaves[] = {2,    4,          5,          7,
                                      8,    31,         32,         33,
                                      1024, 0x7fffffff, 0x80000000, 0xffffffff};
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 2};
    const covey_mls_commit_options options = {.changes = &remove,
                                              .num_changes = 1};

    /* Leaf 2 is blank, the others are beyond the tree. */
    family_begin(4);
    covey_mls_group_wipe(family[2].group);
    family_commit(0, &options, NULL);
    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        forgery *f = forge_begin(0);
        f->argument = leaves[i];
        check_data(f, AT_SIGN, sender_leaf, COVEY_ERR_SENDER);
        check_commit(f, AT_SIGN, sender_leaf, COVEY_ERR_SENDER);
        check_proposal(f, proposal_remove(1), AT_SIGN, sender_leaf,
                       COVEY_ERR_SENDER);
    }
}

static void key_of_another(forgery *f)
{
    f->message.key_name.leaf.value = 1;
}

/* An insider knows all ratchets, but not the signature keys. */
Test(framing, who_uses_anothers_ratchet_needs_its_signature)
{
    family_begin(4);
    for (size_t i = 2; i < 4; i++) {
        forgery *f = forge_begin(0);
        f->at[AT_SIGN] = key_of_another;
        trying = "data";
        refuse_data(i, forge_data(f, "hello"), COVEY_ERR_AUTH);
        trying = "commit";
        refuse_commit(i, forge_commit(f), COVEY_ERR_AUTH);
        trying = "proposal";
        refuse_proposal(i, forge_proposal(f, proposal_remove(1)),
                        COVEY_ERR_AUTH);
    }
}

/* ---- sizes ---- */

static void pad_to(forgery *f)
{
    f->message.padding = bytes_fill(0, f->argument);
}

static covey_bytes sized(bool commit, uint32_t padding)
{
    forgery *f = forge_begin(0);

    f->argument = padding;
    f->at[AT_SEAL] = pad_to;
    return commit ? forge_commit(f) : forge_proposal(f, proposal_remove(1));
}

Test(framing, pitfall_11_a_handshake_has_at_most_8256_bytes)
{
    family_begin(2);
    for (unsigned turn = 0; turn < 2; turn++) {
        bool commit = turn == 0;
        uint32_t least = (uint32_t)sized(commit, 2000).len - 2000;
        covey_bytes fits = sized(commit, 8256 - least);
        covey_bytes above = sized(commit, 8257 - least);

        cr_assert_eq(fits.len, 8256);
        cr_assert_eq(above.len, 8257);
        if (commit) {
            refuse_commit(1, above, COVEY_ERR_PROFILE);
            accept_commit(1, fits);
        } else {
            refuse_proposal(1, above, COVEY_ERR_PROFILE);
            accept_proposal(1, fits);
        }
    }
}

Test(framing, pitfall_11_nothing_follows_a_message)
{
    family_begin(2);
    covey_bytes data = forge_data(forge_begin(0), "hello");
    covey_bytes proposal = forge_proposal(forge_begin(0), proposal_remove(1));
    covey_bytes commit = forge_commit(forge_begin(0));

    for (size_t len = 1; len < 40; len += 13) {
        covey_bytes more = bytes_fill(0, len);
        refuse_data(1, bytes_join(data, more), COVEY_ERR_MALFORMED);
        refuse_proposal(1, bytes_join(proposal, more), COVEY_ERR_MALFORMED);
        refuse_commit(1, bytes_join(commit, more), COVEY_ERR_MALFORMED);
    }
    accept_data(1, data);
    accept_commit(1, commit); /* first: both are of one generation */
    accept_proposal(1, proposal);
}

Test(framing, pitfall_11_a_message_has_a_head)
{
    family_begin(2);
    covey_bytes data = forge_data(forge_begin(0), "hello");

    for (size_t len = 0; len < 4; len++) {
        covey_bytes head = bytes_cut(data, len);
        refuse_data(1, head, COVEY_ERR_MALFORMED);
        refuse_proposal(1, head, COVEY_ERR_MALFORMED);
        refuse_commit(1, head, COVEY_ERR_MALFORMED);
    }
    accept_data(1, data);
}
