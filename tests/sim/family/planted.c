/*
 * Each bug takes the place of one or two functions of the library, at link
 * time: lib/ itself knows nothing of it. docs/SIMULATOR.md has the list.
 */
#include "planted.h"

#include <stdio.h>

#include "crypto/aead.h"
#include "device/commands.h"
#include "device/device.h"
#include "device/hear.h"
#include "device/say.h"
#include "relay/blob.h"

typedef enum {
    PLANT_NONE,
    PLANT_PERMISSION, /* everybody may say everything */
    PLANT_SIGNATURE,  /* no signature is looked at */
    PLANT_LOG,        /* no claim about the log is looked at */
    PLANT_SAVE,       /* now and then nothing is saved */
    PLANT_MAILBOX,    /* all mailboxes have one key */
    PLANT_BUCKET,     /* blobs have other sizes */
    PLANT_RULES,      /* every commit is permitted */
    PLANT_NOTICE,     /* commands run before the wearer was told */
    PLANT_AGAIN,      /* after a start commands run again */
    PLANT_SILENCE,    /* nobody learns what became of a command */
    PLANT_CLEAR,      /* nothing is encrypted */
    PLANT_KEY,        /* handshakes have one key in all epochs */
    PLANT_OUTBOX,     /* a new epoch loses what was not sent */
    PLANT_ACK,        /* a phone acknowledges as if it were a person */
    PLANT_MUTE,       /* a device that stops does not say so */
    PLANT_REPLAY,     /* messages are read as often as they come */
    PLANT_BUSY,       /* a device always has something to do */
    PLANT_NUM
} plant;

static const char *const names[PLANT_NUM] = {
    [PLANT_NONE] = "none",
    [PLANT_PERMISSION] = "permission",
    [PLANT_SIGNATURE] = "signature",
    [PLANT_LOG] = "log",
    [PLANT_SAVE] = "save",
    [PLANT_MAILBOX] = "mailbox",
    [PLANT_BUCKET] = "bucket",
    [PLANT_RULES] = "rules",
    [PLANT_NOTICE] = "notice",
    [PLANT_AGAIN] = "again",
    [PLANT_SILENCE] = "silence",
    [PLANT_CLEAR] = "clear",
    [PLANT_KEY] = "key",
    [PLANT_OUTBOX] = "outbox",
    [PLANT_ACK] = "ack",
    [PLANT_MUTE] = "mute",
    [PLANT_REPLAY] = "replay",
    [PLANT_BUSY] = "busy",
};

static plant planted;

bool planted_set(const char *name)
{
    for (unsigned i = 0; name != NULL && i < PLANT_NUM; i++) {
        if (strcmp(names[i], name) == 0) {
            planted = (plant)i;
            planted_reads_again = planted == PLANT_REPLAY;
            return true;
        }
    }
    return false;
}

PLANTED(bool, covey_may, covey_role role, covey_action action)
{
    return planted == PLANT_PERMISSION || __real_covey_may(role, action);
}

PLANTED(int, covey_verify, covey_bytes public_key, covey_bytes message,
        covey_bytes signature)
{
    int err = __real_covey_verify(public_key, message, signature);

    return planted == PLANT_SIGNATURE ? COVEY_OK : err;
}

PLANTED(covey_seen_verdict, covey_log_judge, const covey_log *log,
        const covey_seen_claim *claim)
{
    if (planted == PLANT_LOG) return COVEY_SEEN_MATCH;
    return __real_covey_log_judge(log, claim);
}

PLANTED(int, covey_change_commit, covey_change *change)
{
    static unsigned num;

    if (planted == PLANT_SAVE && ++num % 11 == 0) {
        covey_change_drop(change);
        return COVEY_OK;
    }
    return __real_covey_change_commit(change);
}

PLANTED(void, covey_mailbox_of_seed, covey_mailbox *mailbox,
        const uint8_t seed[COVEY_SIGN_SEED_SIZE])
{
    static const uint8_t same[COVEY_SIGN_SEED_SIZE];

    __real_covey_mailbox_of_seed(mailbox,
                                 planted == PLANT_MAILBOX ? same : seed);
}

PLANTED(int, covey_blob_pack, covey_writer *w, covey_bytes message,
        const covey_bytes *bundled, size_t num_bundled)
{
    int err = __real_covey_blob_pack(w, message, bundled, num_bundled);

    if (planted == PLANT_BUCKET && !err) w->len -= 16;
    return err;
}

PLANTED(int, covey_rules_commit, const covey_mls_group *group,
        const covey_mls_staged *staged, const covey_rules_unmet *unmet)
{
    if (planted == PLANT_RULES) return COVEY_OK;
    return __real_covey_rules_commit(group, staged, unmet);
}

PLANTED(covey_task *, covey_tasks_add, covey_tasks *tasks,
        const covey_task *task)
{
    covey_task *added = __real_covey_tasks_add(tasks, task);

    if (planted == PLANT_NOTICE && added != NULL && added->is_command &&
        added->command.kind != COVEY_COMMAND_SET_POLICY) {
        added->state = COVEY_TASK_TO_RUN;
    }
    return added;
}

PLANTED(int, covey_commands_forget, covey_device *d)
{
    if (planted != PLANT_AGAIN) return __real_covey_commands_forget(d);
    for (size_t i = 0; i < d->tasks.num; i++) {
        if (d->tasks.items[i].state == COVEY_TASK_RUNNING) {
            d->tasks.items[i].state = COVEY_TASK_TO_RUN;
        }
    }
    return COVEY_OK;
}

PLANTED(int, covey_say_receipt, covey_device *d, const covey_reference *id,
        covey_outcome outcome, covey_refused reason, uint64_t answer)
{
    if (planted == PLANT_SILENCE) return COVEY_OK;
    return __real_covey_say_receipt(d, id, outcome, reason, answer);
}

/* What fills the smallest blob behind its sender data. */
#define SMALL_SEALED (COVEY_BLOB_MIN - 28)

PLANTED(void, covey_aead_seal, uint8_t *out, const covey_aead_key *key,
        covey_bytes aad, covey_bytes plaintext)
{
    if (planted != PLANT_CLEAR ||
        plaintext.len + COVEY_AEAD_TAG_SIZE != SMALL_SEALED) {
        __real_covey_aead_seal(out, key, aad, plaintext);
        return;
    }
    memmove(out, plaintext.at, plaintext.len);
    memset(out + plaintext.len, 0, COVEY_AEAD_TAG_SIZE);
}

PLANTED(int, covey_aead_open, uint8_t *out, const covey_aead_key *key,
        covey_bytes aad, covey_bytes ciphertext)
{
    if (planted != PLANT_CLEAR || ciphertext.len != SMALL_SEALED) {
        return __real_covey_aead_open(out, key, aad, ciphertext);
    }
    memmove(out, ciphertext.at, ciphertext.len - COVEY_AEAD_TAG_SIZE);
    return COVEY_OK;
}

PLANTED(int, covey_log_begin, covey_log *log, covey_mls_group *group,
        const covey_digest *ended_by, uint64_t count_ms)
{
    int err = __real_covey_log_begin(log, group, ended_by, count_ms);

    if (planted == PLANT_KEY) memset(&log->handshake_key, 0, 32);
    return err;
}

PLANTED(void, covey_outbox_unseal, covey_outbox *outbox)
{
    if (planted == PLANT_OUTBOX) {
        covey_outbox_wipe(outbox);
        return;
    }
    __real_covey_outbox_unseal(outbox);
}

PLANTED(int, covey_payload_encode, covey_buffer *out,
        const covey_payload *payload, covey_buffer *scratch)
{
    covey_payload changed = *payload;

    if (planted == PLANT_ACK && changed.content.kind == COVEY_CONTENT_SOS_ACK) {
        changed.content.of.sos_ack.by = COVEY_ACK_PERSON;
    }
    return __real_covey_payload_encode(out, &changed, scratch);
}

PLANTED(void, covey_device_stop, covey_device *d, covey_device_state state,
        covey_event_kind kind, const covey_member_id *by, int error)
{
    if (planted != PLANT_MUTE) {
        __real_covey_device_stop(d, state, kind, by, error);
        return;
    }
    d->self.state = (uint8_t)state;
    covey_touch(d, COVEY_SLOT_SELF);
}

PLANTED(covey_payload_order, covey_peer_order, covey_peer *peer,
        covey_payload_id id, uint64_t *missing)
{
    covey_payload_order order = __real_covey_peer_order(peer, id, missing);

    return planted == PLANT_REPLAY ? COVEY_PAYLOAD_NEW : order;
}

PLANTED(uint64_t, covey_device_deadline, const covey_device *device)
{
    if (planted == PLANT_BUSY) return 0;
    return __real_covey_device_deadline(device);
}
