/* RFC 9420 section 6.2: PublicMessage, and the senders that are no members. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "forge.h"

static forgery *forge_public(size_t who)
{
    forgery *f = forge_begin(who);

    f->as_public = true;
    return f;
}

static void check_both(forge_stage at, forge_hook *hook, int err)
{
    trying = "proposal";
    check_proposal(forge_public(0), proposal_remove(1), at, hook, err);
    trying = "commit";
    check_commit(forge_public(0), at, hook, err);
}

/* ---- the membership tag ---- */

static const covey_membership_key *other_key(void)
{
    static covey_membership_key key;

    return &key;
}

static void tag_by_a_stranger(forgery *f)
{
    f->message.membership_key = other_key();
}

static void tag_of_nothing(forgery *f)
{
    f->message.membership_tag = bytes_fill(0, 32);
}

static void empty_tag(forgery *f)
{
    f->message.membership_tag = covey_bytes_of(test_alloc(1), 0);
}

/* The right tag, longer or shorter. */
static void tag_of_len(forgery *f)
{
    covey_bytes sealed = frame_seal(&f->message);
    covey_bytes tag = covey_bytes_of(sealed.at + sealed.len - 32, 32);

    f->message.membership_tag =
        bytes_cut(bytes_join(tag, bytes_fill(0, 8)), f->argument);
}

Test(public_message, the_membership_tag_is_checked)
{
    family_begin(2);
    check_both(AT_SEAL, tag_by_a_stranger, COVEY_ERR_AUTH);
    check_both(AT_SEAL, tag_of_nothing, COVEY_ERR_AUTH);
}

Test(public_message, pitfall_12_a_membership_tag_has_32_bytes)
{
    static const uint32_t lens[] = {1, 16, 31, 33};

    family_begin(2);
    check_both(AT_SEAL, empty_tag, COVEY_ERR_AUTH);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        forgery *f = forge_public(0);
        f->argument = lens[i];
        check_commit(f, AT_SEAL, tag_of_len, COVEY_ERR_AUTH);
        check_proposal(f, proposal_remove(1), AT_SEAL, tag_of_len,
                       COVEY_ERR_AUTH);
    }
}

static void flip_tag(forgery *f)
{
    f->argument = 32;
    tag_of_len(f);
    f->message.membership_tag = bytes_flip(f->message.membership_tag, 255);
}

Test(public_message, each_bit_of_the_membership_tag_counts)
{
    family_begin(2);
    check_both(AT_SEAL, flip_tag, COVEY_ERR_AUTH);
}

static void flip_what_is_tagged(forgery *f)
{
    f->message.to_be_signed = bytes_flip(f->message.to_be_signed,
                                         8 * f->message.to_be_signed.len - 1);
}

Test(public_message, the_membership_tag_covers_the_group_context)
{
    family_begin(2);
    check_both(AT_SEAL, flip_what_is_tagged, COVEY_ERR_AUTH);
}

/* ---- the signature, under a right tag ---- */

static void signed_by_another(forgery *f)
{
    f->message.sign_key = family[1].group->epoch.sign_key;
}

static void signature_of_len(forgery *f)
{
    covey_bytes more = bytes_join(f->message.signature, bytes_fill(0, 8));

    f->message.signature = bytes_cut(more, f->argument);
}

Test(public_message, the_signature_is_checked_too)
{
    family_begin(3);
    check_both(AT_SIGN, signed_by_another, COVEY_ERR_AUTH);
}

Test(public_message, a_signature_has_64_bytes)
{
    static const uint32_t lens[] = {0, 63, 65};

    family_begin(2);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        forgery *f = forge_public(0);
        f->argument = lens[i];
        check_commit(f, AT_SEAL, signature_of_len, COVEY_ERR_AUTH);
        check_proposal(f, proposal_remove(1), AT_SEAL, signature_of_len,
                       COVEY_ERR_AUTH);
    }
}

/* ---- addresses and senders ---- */

static void next_epoch(forgery *f)
{
    f->message.framed.epoch++;
}

static void other_group(forgery *f)
{
    f->message.framed.group_id = bytes_flip(f->message.framed.group_id, 7);
}

static void long_authenticated_data(forgery *f)
{
    f->message.framed.authenticated_data = bytes_fill(1, 65);
}

Test(public_message, the_head_is_checked)
{
    family_begin(2);
    check_both(AT_SIGN, next_epoch, COVEY_ERR_EPOCH);
    check_both(AT_SIGN, other_group, COVEY_ERR_EPOCH);
    check_both(AT_SIGN, long_authenticated_data, COVEY_ERR_PROFILE);
}

static void sender_leaf(forgery *f)
{
    f->message.framed.sender = f->argument;
}

Test(public_message, the_sender_is_a_member)
{
    static const uint32_t leaves[] = {2, 4, 5, 32, 33, 0xffffffff};
    const covey_mls_change remove = {.kind = COVEY_MLS_REMOVE, .leaf = 2};
    const covey_mls_commit_options options = {.changes = &remove,
                                              .num_changes = 1};

    family_begin(4);
    covey_mls_group_wipe(family[2].group);
    family_commit(0, &options, NULL);
    for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; i++) {
        forgery *f = forge_public(0);
        f->argument = leaves[i];
        check_commit(f, AT_SIGN, sender_leaf, COVEY_ERR_SENDER);
        check_proposal(f, proposal_remove(1), AT_SIGN, sender_leaf,
                       COVEY_ERR_SENDER);
    }
}

Test(public_message, one_does_not_hear_oneself)
{
    family_begin(2);
    covey_bytes commit = forge_commit(forge_public(0));
    covey_bytes proposal = forge_proposal(forge_public(0), proposal_remove(1));

    refuse_commit(0, commit, COVEY_ERR_SENDER);
    refuse_proposal(0, proposal, COVEY_ERR_SENDER);
    accept_commit(1, commit);
    accept_proposal(1, proposal);
}

/* Nothing of these is right but their shape: that they are refused as what
 * they are shows that it happens before any cryptography. */
static void sender_type(forgery *f)
{
    f->message.framed.sender_type = (uint8_t)f->argument;
    f->message.membership_key = other_key();
}

static void garbage(forgery *f)
{
    f->message.signature = bytes_fill(3, 64);
    if (f->message.tag.at != NULL) f->message.tag = bytes_fill(3, 32);
}

Test(public_message, pitfall_9_others_than_members_are_refused_unread)
{
    for (uint32_t type = COVEY_SENDER_EXTERNAL;
         type <= COVEY_SENDER_NEW_MEMBER_COMMIT; type++) {
        forgery *f = forge_public(0);

        if (type == COVEY_SENDER_EXTERNAL) family_begin(2);
        f->argument = type;
        check_commit(f, AT_SIGN, sender_type, COVEY_ERR_PROFILE);
        check_proposal(f, proposal_remove(1), AT_SIGN, sender_type,
                       COVEY_ERR_PROFILE);
        check_proposal(f, proposal_add(family_package(5)), AT_SIGN, sender_type,
                       COVEY_ERR_PROFILE);
        f->at[AT_SIGN] = sender_type;
        f->at[AT_SEAL] = garbage;
        refuse_commit(1, forge_commit(f), COVEY_ERR_PROFILE);
        refuse_proposal(1, forge_proposal(f, proposal_add(family_package(5))),
                        COVEY_ERR_PROFILE);
    }
}

Test(public_message, there_are_no_other_sender_types)
{
    static const uint32_t types[] = {0, 5, 255};

    family_begin(2);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        forgery *f = forge_public(0);
        f->argument = types[i];
        check_commit(f, AT_SIGN, sender_type, COVEY_ERR_MALFORMED);
        check_proposal(f, proposal_remove(1), AT_SIGN, sender_type,
                       COVEY_ERR_MALFORMED);
    }
}

/* ---- application data ---- */

Test(public_message, application_data_is_never_public)
{
    forgery *f = forge_public(0);

    family_begin(2);
    covey_bytes data = forge_data(f, "hello");
    refuse_data(1, data, COVEY_ERR_PROFILE);
    refuse_commit(1, data, COVEY_ERR_PROFILE);
    refuse_proposal(1, data, COVEY_ERR_PROFILE);
    f->at[AT_SEAL] = garbage;
    refuse_data(1, forge_data(f, "hello"), COVEY_ERR_PROFILE);
    f->at[AT_SEAL] = NULL;
    f->as_public = false;
    accept_data(1, forge_data(f, "hello"));
}

/* ---- shapes ---- */

static void no_such_content(forgery *f)
{
    f->message.framed.content_type = (uint8_t)f->argument;
}

Test(public_message, there_are_three_content_types)
{
    static const uint32_t types[] = {0, 4, 255};

    family_begin(2);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        forgery *f = forge_public(0);
        f->argument = types[i];
        check_commit(f, AT_SIGN, no_such_content, COVEY_ERR_MALFORMED);
    }
}

Test(public_message, pitfall_11_nothing_follows_a_message)
{
    family_begin(2);
    covey_bytes proposal = forge_proposal(forge_public(0), proposal_remove(1));
    covey_bytes commit = forge_commit(forge_public(0));

    for (size_t len = 1; len < 40; len += 13) {
        covey_bytes more = bytes_fill(0, len);
        refuse_proposal(1, bytes_join(proposal, more), COVEY_ERR_MALFORMED);
        refuse_commit(1, bytes_join(commit, more), COVEY_ERR_MALFORMED);
    }
    accept_proposal(1, proposal);
    accept_commit(1, commit);
}
