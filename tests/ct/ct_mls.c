/*
 * lib/mls: key schedule, PSKs, secret tree.
 */
#include <covey/error.h>

#include "crypto/label.h"
#include "ct.h"
#include "mls/psk.h"
#include "mls/secret_tree.h"

#define WIDTH 8
#define FORWARD 64

static void key_schedule(void)
{
    covey_bytes context = covey_bytes_of_text("a GroupContext");
    covey_init_secret init;
    covey_commit_secret commit;
    covey_psk_secret psk;
    covey_joiner_secret joiner;
    covey_member_secret member;
    covey_welcome_secret welcome;
    covey_epoch_secret epoch;
    covey_schedule schedule;
    covey_digest tag;
    uint8_t exported[64];

    ct_make_secret(&init, sizeof init, 1);
    ct_make_secret(&commit, sizeof commit, 2);
    ct_make_secret(&psk, sizeof psk, 3);
    covey_psk_secret_add(&psk.secret, covey_bytes_of_text("a PreSharedKeyID"),
                         covey_secret_bytes(&commit.secret), 0, 1);
    ct_require(ct_is_secret(&psk, sizeof psk), "psk_secret");
    covey_schedule_joiner(&joiner, &init, &commit, context);
    ct_require(ct_is_secret(&joiner, sizeof joiner), "joiner_secret");
    covey_schedule_member(&member, &joiner, &psk);
    covey_schedule_welcome(&welcome, &member);
    ct_require(ct_is_secret(&welcome, sizeof welcome), "welcome_secret");
    covey_schedule_epoch(&epoch, &member, context);
    ct_require(ct_is_secret(&epoch, sizeof epoch), "epoch_secret");
    covey_schedule_derive(&schedule, &epoch);
    ct_require(ct_is_secret(&schedule, sizeof schedule), "all that follows");
    covey_confirmation_tag(&tag, &schedule.confirmation_key, context);
    ct_require(ct_is_secret(&tag, sizeof tag), "a tag to compare with");
    ct_require(covey_exporter(exported, sizeof exported,
                              &schedule.exporter_secret, "label",
                              context) == COVEY_OK,
               "exports");
    ct_require(ct_is_secret(exported, sizeof exported), "exported");
    covey_schedule_wipe(&schedule);
    ct_require(ct_is_public(&schedule, sizeof schedule), "nothing is left");
}

static void sender_data(void)
{
    covey_sender_data_secret secret;
    covey_aead_key key;
    uint8_t ciphertext[100] = {0};

    ct_make_secret(&secret, sizeof secret, 4);
    for (size_t len = 16; len <= sizeof ciphertext; len += 14) {
        covey_sender_data_key(&key, &secret, covey_bytes_of(ciphertext, len));
        ct_require(ct_is_secret(&key, sizeof key), "the key");
    }
}

/* Peeks at a key, and takes it if so asked. */
static void use_key(covey_secret_tree *tree, uint32_t leaf,
                    covey_ratchet_kind kind, uint32_t generation, bool take)
{
    const covey_key_name name = {{leaf}, kind, generation};
    covey_aead_key key;

    ct_require(covey_secret_tree_peek(&key, tree, &name, FORWARD) == COVEY_OK,
               "finds the key");
    ct_require(ct_is_secret(&key, sizeof key), "the key");
    if (!take) return;
    covey_secret_tree_take(tree, &name);
    ct_require(covey_secret_tree_peek(&key, tree, &name, FORWARD) ==
                   COVEY_ERR_REPLAY,
               "a key that was taken is gone");
}

/* In order, with gaps, with gaps that are filled, more gaps than there is
 * room for: nothing but the names of the keys may decide anything. */
static void ratchets_of(covey_secret_tree *tree, covey_ratchet_kind kind)
{
    for (uint32_t leaf = 0; leaf < tree->width; leaf++) {
        use_key(tree, leaf, kind, 0, false);
        use_key(tree, leaf, kind, 0, true);
        use_key(tree, leaf, kind, 5, true);
        use_key(tree, leaf, kind, 3, false);
        use_key(tree, leaf, kind, 3, true);
        use_key(tree, leaf, kind, 4, true);
        use_key(tree, leaf, kind, 60, true);
        use_key(tree, leaf, kind, 59, true);
    }
}

static void ratchets(void)
{
    static covey_secret_tree tree;
    covey_encryption_secret root;

    for (uint32_t width = 1; width <= WIDTH; width *= 2) {
        ct_make_secret(&root, sizeof root, 5);
        covey_secret_tree_init(&tree, &root, width);
        ratchets_of(&tree, COVEY_RATCHET_HANDSHAKE);
        ratchets_of(&tree, COVEY_RATCHET_APPLICATION);
        for (size_t node = 0; node + 1 < width; node++) {
            ct_require(ct_is_public(&tree.nodes[node], sizeof tree.nodes[0]),
                       "no node above a leaf in use keeps its secret");
        }
    }
}

static const ct_case cases[] = {
    {"key schedule", key_schedule},
    {"sender data", sender_data},
    {"ratchets", ratchets},
};

CT_LIST(ct_mls, "mls", cases);
