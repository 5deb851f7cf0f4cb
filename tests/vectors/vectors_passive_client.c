/*
 * mls/passive-client-welcome.json and passive-client-handling-commit.json: a
 * member that joins with a Welcome and follows the group, through the public
 * functions of <covey/mls.h>. Only its private keys are put into the joiner
 * from within, as the vectors give them.
 */
#include <covey/mls.h>

#include "mls/group.h"
#include "mls/key_package.h"
#include "mls/message.h"
#include "mls/types.h"
#include "vectors/values.h"

#define PSKS_MAX 16

/* Lifetimes of the vectors are eternal. */
static const covey_mls_limits limits = {.lifetime_max_s = UINT64_MAX};

typedef struct {
    covey_mls_group *group;
    covey_mls_staged *staged;
    covey_mls_joiner *joiner;
    covey_buffer scratch;
    covey_mls_psk psks[PSKS_MAX];
    size_t num_psks;
} client;

static client new_client(const json_t *value)
{
    size_t scratch = covey_mls_scratch_size();
    client c = {
        .group = covey_mls_group_at(test_alloc(covey_mls_group_size()),
                                    covey_mls_group_size()),
        .staged = covey_mls_staged_at(test_alloc(covey_mls_staged_size()),
                                      covey_mls_staged_size()),
        .joiner = covey_mls_joiner_at(test_alloc(covey_mls_joiner_size()),
                                      covey_mls_joiner_size()),
        .scratch = {test_alloc(scratch), scratch, 0},
    };
    const json_t *psk;
    size_t i;

    json_array_foreach(vector_list(value, "external_psks"), i, psk)
    {
        cr_assert_lt(c.num_psks, PSKS_MAX);
        c.psks[c.num_psks++] = (covey_mls_psk){
            .id = vector_hex(psk, "psk_id"),
            .secret = vector_hex(psk, "psk"),
        };
    }
    return c;
}

static void check_is_public_of(const covey_kem_secret *secret, covey_bytes key)
{
    covey_kem_public public_key;

    vector_suite()->kem->public_of(&public_key, secret);
    check_bytes(covey_bytes_of(public_key.bytes, sizeof public_key.bytes), key);
}

/* What covey_mls_joiner_new would have left behind. */
static void load_joiner(covey_mls_joiner *joiner, const json_t *value)
{
    covey_bytes seed = vector_hex(value, "signature_priv");
    covey_key_package package;
    covey_reader r;

    cr_assert_eq(covey_message_body(&r, vector_hex(value, "key_package"),
                                    COVEY_WIRE_KEY_PACKAGE),
                 COVEY_OK);
    covey_read_key_package(&r, &package);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    cr_assert_eq(covey_key_package_validate(&package, vector_suite(),
                                            limits.lifetime_max_s),
                 COVEY_OK);

    joiner->present = true;
    covey_key_package_ref(&joiner->ref, &package);
    joiner->init_secret = kem_secret_of(vector_hex(value, "init_priv"));
    memcpy(joiner->init_key.bytes, package.init_key.at, package.init_key.len);
    joiner->leaf_secret = kem_secret_of(vector_hex(value, "encryption_priv"));
    cr_assert_eq(seed.len, COVEY_SIGN_SEED_SIZE);
    covey_sign_key_of_seed(&joiner->sign_key, seed.at);
    joiner->leaf_len = (uint16_t)package.leaf.encoding.len;
    memcpy(joiner->leaf, package.leaf.encoding.at, package.leaf.encoding.len);

    check_is_public_of(&joiner->init_secret, package.init_key);
    check_is_public_of(&joiner->leaf_secret, package.leaf.encryption_key);
    check_bytes(covey_sign_key_public(&joiner->sign_key),
                package.leaf.signature_key);
}

static void check_authenticator(const client *c, const json_t *value,
                                const char *key)
{
    uint8_t got[COVEY_MLS_HASH_SIZE];

    cr_assert_eq(covey_mls_epoch_authenticator(c->group, got), COVEY_OK);
    check_bytes(covey_bytes_of(got, sizeof got), vector_hex(value, key));
}

static void join(client *c, const json_t *value)
{
    covey_bytes tree = {NULL, 0};
    covey_mls_staged_info_data info;

    if (vector_has(value, "ratchet_tree")) {
        tree = vector_hex(value, "ratchet_tree");
    }
    load_joiner(c->joiner, value);
    cr_assert_eq(covey_mls_stage_welcome(c->staged, c->joiner,
                                         vector_hex(value, "welcome"), tree,
                                         c->psks, c->num_psks, &limits,
                                         &c->scratch),
                 COVEY_OK);
    cr_assert_eq(covey_mls_staged_info(c->staged, &info), COVEY_OK);
    cr_assert(info.is_join);
    cr_assert_eq(covey_mls_join(c->group, c->joiner, c->staged), COVEY_OK);
    cr_assert(covey_mls_is_open(c->group));
    check_authenticator(c, value, "initial_epoch_authenticator");
}

/* ---- what our profile refuses ---- */

static bool is_resumption(const covey_proposal *proposal)
{
    return proposal->type == COVEY_PROPOSAL_PSK &&
           proposal->of.psk.type == COVEY_PSK_RESUMPTION;
}

/* Whether a PublicMessage proposes or commits a resumption PSK, which our
 * profile does not have: no epoch keeps its resumption_psk. */
static bool holds_resumption(covey_bytes bytes)
{
    covey_public_message message;
    const covey_content *content = &message.framed.content;
    covey_reader r;

    cr_assert_eq(covey_message_body(&r, bytes, COVEY_WIRE_PUBLIC_MESSAGE),
                 COVEY_OK);
    covey_read_public_message(&r, &message);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
    if (message.framed.content_type == COVEY_CONTENT_PROPOSAL) {
        return is_resumption(&content->of.proposal);
    }
    covey_reader list = covey_reader_of(content->of.commit.proposals);
    while (covey_reader_more(&list)) {
        covey_proposal_or_ref one;

        covey_read_proposal_or_ref(&list, &one);
        if (one.type == COVEY_BY_VALUE && is_resumption(&one.proposal)) {
            return true;
        }
    }
    return false;
}

/* ---- */

/* True when it was accepted; false when it was refused for the reason above,
 * as it has to be. */
static bool receive(client *c, covey_bytes message)
{
    size_t before = covey_mls_num_proposals(c->group);
    covey_mls_change_info change;
    int err = covey_mls_receive_proposal(c->group, message, &c->scratch,
                                         &change, NULL);

    if (holds_resumption(message)) {
        cr_assert_eq(err, COVEY_ERR_PROFILE, "%s", covey_error_name(err));
        cr_assert_eq(covey_mls_num_proposals(c->group), before);
        return false;
    }
    cr_assert_eq(err, COVEY_OK, "%s", covey_error_name(err));
    return true;
}

static bool commit(client *c, covey_bytes message, bool all_received)
{
    covey_mls_staged_info_data info;
    covey_mls_change_info change;
    uint64_t before = covey_mls_epoch(c->group);
    int err = covey_mls_stage(c->group, c->staged, message, c->psks,
                              c->num_psks, &c->scratch);

    if (holds_resumption(message) || !all_received) {
        cr_assert_eq(err,
                     all_received ? COVEY_ERR_PROFILE : COVEY_ERR_REFERENCE,
                     "%s", covey_error_name(err));
        cr_assert_eq(covey_mls_epoch(c->group), before);
        cr_assert_eq(covey_mls_staged_info(c->staged, &info), COVEY_ERR_STATE);
        return false;
    }
    cr_assert_eq(err, COVEY_OK, "%s", covey_error_name(err));
    cr_assert_eq(covey_mls_staged_info(c->staged, &info), COVEY_OK);
    cr_assert_eq(info.epoch, before + 1);
    for (size_t i = 0; i < info.num_changes; i++) {
        cr_assert_eq(covey_mls_staged_change(c->group, c->staged, i, &change),
                     COVEY_OK);
    }
    cr_assert_eq(covey_mls_merge(c->group, c->staged), COVEY_OK);
    cr_assert_eq(covey_mls_epoch(c->group), before + 1);
    return true;
}

static bool follow(client *c, const json_t *value)
{
    const json_t *message;
    bool received = true;
    size_t i;

    json_array_foreach(vector_list(value, "proposals"), i, message)
    {
        received = receive(c, vector_bytes(message)) && received;
    }
    if (!commit(c, vector_hex(value, "commit"), received)) return false;
    check_authenticator(c, value, "epoch_authenticator");
    return true;
}

/* Says how far the case was followed, and adds to the counts. */
static void run_case(const json_t *value, const char *name, size_t at,
                     size_t *num_epochs, size_t *num_refused)
{
    client c = new_client(value);
    const json_t *epoch;
    size_t i;

    check_suite(value);
    join(&c, value);
    json_array_foreach(vector_list(value, "epochs"), i, epoch)
    {
        if (!follow(&c, epoch)) {
            (void)fprintf(stderr,
                          "%s: case %zu, commit %zu: refused, as our profile "
                          "has no resumption PSKs\n",
                          name, at, i);
            (*num_refused)++;
            return;
        }
        (*num_epochs)++;
    }
}

static void run(const char *file, const char *name)
{
    const json_t *root = vectors_open(file);
    const json_t *value;
    size_t num_epochs = 0;
    size_t num_refused = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        run_case(value, name, i, &num_epochs, &num_refused);
        test_free_all();
    }
    report_cases(name, i - num_refused, i);
    (void)fprintf(stderr, "%s: %zu commits followed, %zu cases refused\n", name,
                  num_epochs, num_refused);
}

Test(vectors, passive_client_welcome)
{
    run("mls/passive-client-welcome.json", "passive-client-welcome");
}

Test(vectors, passive_client_handling_commit)
{
    run("mls/passive-client-handling-commit.json",
        "passive-client-handling-commit");
}
