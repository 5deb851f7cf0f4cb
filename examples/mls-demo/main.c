/*
 * A family of three devices, and those who would like to be in it. All live
 * in this process; what they send is only bytes in a buffer, and whoever
 * carries the bytes may do with them what he likes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <covey/mls.h>
#include <sodium.h>

typedef struct {
    const char *name;
    covey_mls_group *group;
} device;

typedef struct {
    covey_mls_staged *staged;
    covey_mls_staged *others;
    covey_mls_joiner *joiner;
    covey_buffer scratch;
    covey_buffer message;
    covey_buffer welcome;
    covey_buffer key_package;
    covey_buffer saved;
} tools;

static int fill(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    randombytes_buf(out, len);
    return 0;
}

static const covey_random randomness = {NULL, fill};

static void *memory(size_t len)
{
    void *at = calloc(1, len);

    if (at == NULL) {
        fprintf(stderr, "covey-mls-demo: out of memory\n");
        exit(1);
    }
    return at;
}

static covey_buffer buffer(size_t cap)
{
    return (covey_buffer){memory(cap), cap, 0};
}

static covey_bytes view(const covey_buffer *of)
{
    return (covey_bytes){of->at, of->len};
}

static covey_bytes text(const char *of)
{
    return (covey_bytes){(const uint8_t *)of, strlen(of)};
}

static void must(int err, const char *what)
{
    if (err == COVEY_OK) return;
    fprintf(stderr, "covey-mls-demo: %s failed: %s\n", what,
            covey_error_text(err));
    exit(1);
}

static void step(const char *what)
{
    printf("\n%s\n", what);
}

/* What an attack came to. It failing is what this program shows. */
static void refused(const char *what, int err)
{
    if (err == COVEY_OK) {
        fprintf(stderr, "covey-mls-demo: %s SUCCEEDED\n", what);
        exit(1);
    }
    printf("  refused   %-42s %s\n", what, covey_error_text(err));
}

static covey_mls_member describe(const char *name)
{
    /* Checked by who adds a device, if it has a clock; these have none. */
    return (covey_mls_member){.identity = text(name),
                              .not_before_s = 1,
                              .not_after_s = 24 * 3600};
}

/* The epoch authenticator: equal for all who agree, and for nobody else. */
static void print_agreement(device *devices, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        uint8_t authenticator[COVEY_MLS_HASH_SIZE];
        covey_mls_group *group = devices[i].group;

        if (covey_mls_epoch_authenticator(group, authenticator) != COVEY_OK) {
            printf("  %-14s no longer in the group\n", devices[i].name);
            continue;
        }
        printf(
            "  %-14s epoch %-3llu members %-3u agrees on %02x%02x %02x%02x\n",
            devices[i].name, (unsigned long long)covey_mls_epoch(group),
            covey_mls_num_members(group), authenticator[0], authenticator[1],
            authenticator[2], authenticator[3]);
    }
}

/* Everybody but the committer looks at the commit and takes it. */
static void deliver_commit(tools *t, device *devices, size_t num,
                           device *committer)
{
    for (size_t i = 0; i < num; i++) {
        covey_mls_group *group = devices[i].group;

        if (&devices[i] == committer || !covey_mls_is_open(group)) continue;
        must(covey_mls_stage(group, t->others, view(&t->message), NULL, 0,
                             &t->scratch),
             "checking a commit");
        must(covey_mls_merge(group, t->others), "taking a commit");
    }
    must(covey_mls_merge(committer->group, t->staged), "taking one's own");
}

static void add(tools *t, device *devices, size_t num_present,
                device *committer, device *newcomer)
{
    const covey_mls_member member = describe(newcomer->name);
    covey_mls_change change = {.kind = COVEY_MLS_ADD};
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};

    must(covey_mls_joiner_new(t->joiner, &randomness, &member, NULL,
                              &t->key_package),
         "making a key package");
    change.key_package = view(&t->key_package);
    must(covey_mls_commit(committer->group, &randomness, &options, t->staged,
                          &t->scratch, &t->message, &t->welcome),
         "adding a device");
    printf("  %s -> %s: key package %zu bytes, commit %zu, welcome %zu\n",
           committer->name, newcomer->name, t->key_package.len, t->message.len,
           t->welcome.len);
    deliver_commit(t, devices, num_present, committer);
    must(covey_mls_stage_welcome(t->others, t->joiner, view(&t->welcome),
                                 (covey_bytes){NULL, 0}, NULL, 0, NULL,
                                 &t->scratch),
         "checking a welcome");
    must(covey_mls_join(newcomer->group, t->joiner, t->others), "joining");
}

static size_t to_256(size_t ciphertext_len)
{
    return ciphertext_len <= 256 ? 256 : (ciphertext_len + 255) / 256 * 256;
}

static void say(tools *t, device *from, const char *what)
{
    const covey_mls_framing framing = {.pad = to_256};

    must(covey_mls_protect(from->group, &randomness, text(what), &framing,
                           &t->scratch, &t->message),
         "encrypting");
    printf("  %s says \"%s\": %zu bytes on the wire\n", from->name, what,
           t->message.len);
}

static int hear(tools *t, device *who, bool show)
{
    covey_mls_received received;
    int err = covey_mls_unprotect(who->group, view(&t->message), &t->scratch,
                                  &received);

    if (err == COVEY_OK && show) {
        printf("  %s reads \"%.*s\" of %.*s\n", who->name,
               (int)received.data.len, (const char *)received.data.at,
               (int)received.identity.len, (const char *)received.identity.at);
    }
    return err;
}

static void attack(tools *t, device *victim)
{
    say(t, victim - 1, "home at five");
    t->message.at[t->message.len / 2] ^= 1;
    refused("one bit flipped on the way", hear(t, victim, false));
    t->message.at[t->message.len / 2] ^= 1;
    must(hear(t, victim, true), "reading");
    refused("the same message again", hear(t, victim, false));
}

/* Which epoch a message is of stands in it in clear, behind version, wire
 * format and a group id of 32 bytes. A liar may write there what he likes. */
static void relabel(tools *t, int by)
{
    uint8_t *epoch = t->message.at + 2 + 2 + 1 + 32 + 7;

    *epoch = (uint8_t)(*epoch + by);
}

static void save_and_load(tools *t, device *who)
{
    must(covey_mls_group_save(who->group, NULL, &t->saved), "saving");
    covey_mls_group_wipe(who->group);
    must(covey_mls_group_load(who->group, NULL, view(&t->saved)), "loading");
    printf("  %s was switched off and on: %zu bytes of state\n", who->name,
           t->saved.len);
}

int main(void)
{
    device devices[] = {{"mum's phone", NULL},
                        {"the watch", NULL},
                        {"dad's phone", NULL}};
    device *mum = &devices[0];
    device *watch = &devices[1];
    device *dad = &devices[2];
    tools t = {
        .staged = covey_mls_staged_at(memory(covey_mls_staged_size()),
                                      covey_mls_staged_size()),
        .others = covey_mls_staged_at(memory(covey_mls_staged_size()),
                                      covey_mls_staged_size()),
        .joiner = covey_mls_joiner_at(memory(covey_mls_joiner_size()),
                                      covey_mls_joiner_size()),
        .scratch = buffer(covey_mls_scratch_size()),
        .message = buffer(covey_mls_message_size()),
        .welcome = buffer(covey_mls_welcome_size()),
        .key_package = buffer(covey_mls_key_package_size()),
        .saved = buffer(covey_mls_saved_size()),
    };
    const covey_mls_member member = describe(mum->name);

    if (sodium_init() < 0) {
        fprintf(stderr, "covey-mls-demo: libsodium does not start\n");
        return 1;
    }
    for (size_t i = 0; i < 3; i++) {
        devices[i].group = covey_mls_group_at(memory(covey_mls_group_size()),
                                              covey_mls_group_size());
    }

    step("1. Mum creates the group, and adds the watch and Dad's phone.");
    must(covey_mls_group_create(mum->group, &randomness, (covey_bytes){NULL, 0},
                                &member, NULL, (covey_bytes){NULL, 0}, NULL),
         "creating the group");
    add(&t, devices, 1, mum, watch);
    add(&t, devices, 2, mum, dad);
    print_agreement(devices, 3);

    step("2. The watch tells where it is; both parents can read it.");
    say(&t, watch, "47.3769 N, 8.5417 E");
    must(hear(&t, mum, true), "reading");
    must(hear(&t, dad, true), "reading");

    step("3. Whoever carries the bytes tries to change or repeat them.");
    attack(&t, watch);

    step("4. Mum renews the keys: what was stolen yesterday opens nothing.");
    must(covey_mls_commit(mum->group, &randomness, NULL, t.staged, &t.scratch,
                          &t.message, NULL),
         "renewing");
    deliver_commit(&t, devices, 3, mum);
    print_agreement(devices, 3);

    step("5. The watch's battery is empty, and charged again.");
    save_and_load(&t, watch);
    say(&t, dad, "dinner is ready");
    must(hear(&t, watch, true), "reading");

    step("6. Dad's old phone is lost: Mum removes it, and it hears no more.");
    const covey_mls_change change = {
        .kind = COVEY_MLS_REMOVE,
        .leaf = covey_mls_own_leaf(dad->group),
    };
    const covey_mls_commit_options options = {.changes = &change,
                                              .num_changes = 1};
    must(covey_mls_group_save(dad->group, NULL, &t.saved), "saving");
    must(covey_mls_commit(mum->group, &randomness, &options, t.staged,
                          &t.scratch, &t.message, NULL),
         "removing");
    deliver_commit(&t, devices, 3, mum);
    print_agreement(devices, 3);

    covey_mls_group_wipe(dad->group);
    must(covey_mls_group_load(dad->group, NULL, view(&t.saved)), "loading");
    say(&t, watch, "47.3780 N, 8.5402 E");
    refused("the lost phone, as it was before", hear(&t, dad, false));
    relabel(&t, -1);
    refused("the same, relabelled as of its epoch", hear(&t, dad, false));
    relabel(&t, 1);
    must(hear(&t, mum, true), "reading");

    printf("\nAll of it went as it should.\n");
    return 0;
}
