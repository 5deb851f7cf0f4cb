/* What a relay gives: stubs, parts, and where they end. */
#include <sodium.h>
#include <string.h>

#include "cases.h"

static void check_stub(finding *f, const covey_sync_entry *entry,
                       covey_bytes blob)
{
    covey_digest hash;

    crypto_hash_sha256(hash.bytes, blob.at, blob.len);
    CHECK(f, entry->stub_len == blob.len, "a stub of %zu bytes says %u",
          blob.len, entry->stub_len);
    CHECK(f, memcmp(entry->stub_hash.bytes, hash.bytes, sizeof hash.bytes) == 0,
          "a stub's hash is not the blob's SHA-256");
}

static void stubs(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *sent = client_new(f->to);
    exchange *x = client_new(f->to);

    for (size_t len = COVEY_BLOB_MIN; len <= 4096; len *= 2) {
        client_add(sent, len);
    }
    if (!sync_wants(f, sent, &mailbox, COVEY_SYNC_OK)) return;
    x->request.max_blob = 1024;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, x->response.num_entries == 5, "5 were appended, %zu come",
          x->response.num_entries);
    for (size_t i = 0; i < 5; i++) {
        const covey_sync_entry *entry = &x->response.entries[i];
        covey_bytes blob = sent->request.appends[i].blob;

        if (blob.len <= 1024) {
            CHECK(f, is_entry_of(entry, sent, i),
                  "a blob of %zu bytes does not come whole", blob.len);
        } else {
            CHECK(f, entry->is_stub, "a blob of %zu bytes is not a stub",
                  blob.len);
            check_stub(f, entry, blob);
        }
    }
    client_free(sent);
    client_free(x);
}

/* Reads a mailbox in parts; every entry comes once, in order. */
static void read_in_parts(finding *f, const covey_mailbox *mailbox,
                          uint32_t max_bytes, uint32_t max_blob, size_t all)
{
    uint64_t after = 0;
    size_t num = 0;

    for (;;) {
        exchange *x = client_new(f->to);

        x->request.after = after;
        x->request.max_bytes = max_bytes;
        x->request.max_blob = max_blob;
        if (!sync_wants(f, x, mailbox, COVEY_SYNC_OK)) return;
        size_t got = x->response.num_entries;
        num += got;
        if (got != 0) after = x->response.entries[got - 1].index;
        client_free(x);
        if (got == 0) break;
    }
    CHECK(f, num == all, "%zu were appended, %zu come in parts of %u bytes",
          all, num, max_bytes);
}

static void max_bytes(finding *f)
{
    covey_mailbox mailbox = client_mailbox();

    if (!append_fresh(f, &mailbox, 40)) return;
    read_in_parts(f, &mailbox, 2000, BLOB, 40);
}

static void one_entry_at_least(finding *f)
{
    covey_mailbox mailbox = client_mailbox();

    for (size_t len = COVEY_BLOB_MIN; len <= COVEY_BLOB_MAX; len *= 2) {
        exchange *x = client_new(f->to);

        client_add(x, len);
        if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
        client_free(x);
    }
    read_in_parts(f, &mailbox, COVEY_BLOB_MAX + COVEY_SYNC_HEAD_MAX,
                  COVEY_BLOB_MAX, 7);
    /* Stubs too have room where max_bytes is the least. */
    if (f->verdict == PASSED) {
        read_in_parts(f, &mailbox, BLOB + COVEY_SYNC_HEAD_MAX, BLOB, 7);
    }
}

static void many_entries(finding *f)
{
    covey_mailbox mailbox = client_mailbox();

    if (!append_fresh(f, &mailbox, 280)) return;
    read_in_parts(f, &mailbox, 262144, BLOB, 280);
}

static void after_the_end(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    uint64_t next = 0;

    if (!append_fresh(f, &mailbox, 2) || !next_of(f, &mailbox, &next)) return;
    const uint64_t after[] = {next - 1, next, next + 1000, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        exchange *x = client_new(f->to);

        x->request.after = after[i];
        if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
        CHECK(f, x->response.num_entries == 0 && x->response.next == next,
              "behind the end there are %zu entries, and `next` is %llu",
              x->response.num_entries, (unsigned long long)x->response.next);
        client_free(x);
    }
}

static void new_mailbox(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);

    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, x->response.num_entries == 0 && x->response.next == 1,
          "a mailbox that nobody used is not an empty one");
    client_free(x);
}

const conformance_case read_cases[] = {
    {"new_mailbox", "whoever can sign for it has an empty mailbox",
     new_mailbox},
    {"stubs", "what is larger than `max_blob` comes as length and hash", stubs},
    {"max_bytes", "a response is not longer; nothing is left out", max_bytes},
    {"one_entry_at_least", "one entry comes whatever its size",
     one_entry_at_least},
    {"many_entries", "at most 256 at once, the rest behind them", many_entries},
    {"after_the_end", "behind the end is nothing", after_the_end},
    {0},
};
