/* What is appended: kept as it is, in order, once. */
#include <string.h>

#include "cases.h"

static void append_and_read(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    exchange *all = client_new(f->to);
    exchange *rest = client_new(f->to);

    for (size_t i = 0; i < 5; i++) client_add(x, BLOB);
    if (sync_wants(f, x, &mailbox, COVEY_SYNC_OK) &&
        sync_wants(f, all, &mailbox, COVEY_SYNC_OK)) {
        const covey_sync_response *response = &all->response;

        CHECK(f, response->num_entries == 5, "5 were appended, %zu come",
              response->num_entries);
        for (size_t i = 0; i < 5; i++) {
            CHECK(f, is_entry_of(&response->entries[i], x, i),
                  "entry %zu is not what was appended there", i + 1);
            CHECK(f, response->entries[i].index == x->response.appended[i],
                  "entry %zu has another index than its append was told",
                  i + 1);
        }
        rest->request.after = x->response.appended[2];
        if (!sync_wants(f, rest, &mailbox, COVEY_SYNC_OK)) return;
        CHECK(f,
              rest->response.num_entries == 2 &&
                  is_entry_of(&rest->response.entries[0], x, 3),
              "`after` is not followed");
    }
    client_free(x);
    client_free(all);
    client_free(rest);
}

static void every_size(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *sent[7];
    exchange *x = client_new(f->to);
    size_t num = 0;

    for (size_t len = COVEY_BLOB_MIN; len <= COVEY_BLOB_MAX; len *= 2) {
        sent[num] = client_new(f->to);
        client_add(sent[num], len);
        if (!sync_wants(f, sent[num], &mailbox, COVEY_SYNC_OK)) return;
        num++;
    }
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, x->response.num_entries == num, "%zu were appended, %zu come", num,
          x->response.num_entries);
    for (size_t i = 0; i < num; i++) {
        CHECK(f, is_entry_of(&x->response.entries[i], sent[i], 0),
              "a blob of %zu bytes was changed",
              sent[i]->request.appends[0].blob.len);
        client_free(sent[i]);
    }
    client_free(x);
}

static void indices_rise(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    uint64_t next = 1;

    for (unsigned round = 0; round < 6; round++) {
        exchange *x = client_new(f->to);

        for (unsigned i = 0; i <= round; i++) client_add(x, BLOB);
        x->request.after = next - 1;
        if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
        const covey_sync_response *response = &x->response;
        CHECK(f, response->appended[0] == next,
              "`next` was %llu, the next append got %llu",
              (unsigned long long)next,
              (unsigned long long)response->appended[0]);
        for (size_t i = 1; i < response->num_appended; i++) {
            CHECK(f, response->appended[i] == response->appended[i - 1] + 1,
                  "the indices of one request are not one after the other");
        }
        next = response->appended[response->num_appended - 1] + 1;
        CHECK(f, response->next == next, "index %llu is left out",
              (unsigned long long)next);
        client_free(x);
    }
}

static void duplicate_keeps_its_index(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *first = client_new(f->to);
    exchange *again = client_new(f->to);
    size_t num = 0;

    client_add(first, BLOB);
    if (!sync_wants(f, first, &mailbox, COVEY_SYNC_OK) ||
        !append_fresh(f, &mailbox, 1)) {
        return;
    }
    /* Another request with the same blob: what a client sends whose answer
     * was lost, and which has something more to say. */
    client_add(again, BLOB);
    client_add_same(again, first, 0);
    if (!sync_wants(f, again, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, again->response.appended[1] == first->response.appended[0],
          "the same blob got another index");
    CHECK(f, again->response.appended[0] > first->response.appended[0],
          "the new blob beside it got an old index");
    if (!count_entries(f, &mailbox, 0, &num)) return;
    CHECK(f, num == 3, "3 different blobs were appended, %zu come", num);
    client_free(first);
    client_free(again);
}

static void duplicate_within_a_request(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    size_t num = 0;

    client_add(x, BLOB);
    client_add(x, BLOB);
    client_add_same(x, x, 0);
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, x->response.appended[2] == x->response.appended[0],
          "the same blob twice in a request got two indices");
    if (!count_entries(f, &mailbox, 0, &num)) return;
    CHECK(f, num == 2, "2 different blobs were appended, %zu come", num);
    client_free(x);
}

static void request_repeated(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    covey_sync_response first;

    client_add(x, BLOB);
    client_add(x, BLOB);
    x->request.has_expect_next = true;
    x->request.expect_next = 1;
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    first = x->response;
    CHECK(f, client_send(x), "%s", x->trouble);
    CHECK(f, x->response.status == COVEY_SYNC_OK,
          "the same bytes again have status %u", x->response.status);
    CHECK(f,
          x->response.next == first.next &&
              memcmp(x->response.appended, first.appended,
                     2 * sizeof first.appended[0]) == 0,
          "the same bytes again are told other indices");
    CHECK(f, x->response.num_entries == 0,
          "the same bytes again are given their own blobs as entries");
    client_free(x);
}

static void own_appends_are_not_echoed(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *other = client_new(f->to);
    exchange *x = client_new(f->to);

    client_add(other, BLOB);
    if (!sync_wants(f, other, &mailbox, COVEY_SYNC_OK)) return;
    client_add(x, BLOB);
    client_add(x, BLOB);
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK)) return;
    CHECK(f, x->response.num_entries != 0,
          "what the other client appended is missing");
    CHECK(f, x->response.num_entries == 1,
          "%zu entries come, not the 1 of the other client",
          x->response.num_entries);
    CHECK(f, is_entry_of(&x->response.entries[0], other, 0),
          "the entry is not the other client's");
    client_free(other);
    client_free(x);
}

static void two_mailboxes(finding *f)
{
    covey_mailbox one = client_mailbox();
    covey_mailbox two = client_mailbox();
    exchange *x = client_new(f->to);
    size_t num = 0;

    client_add(x, BLOB);
    if (!sync_wants(f, x, &one, COVEY_SYNC_OK) ||
        !count_entries(f, &two, 0, &num)) {
        return;
    }
    CHECK(f, num == 0, "an entry shows in another mailbox");
    /* The same blob is another one there. */
    x->request.has_expect_next = true;
    x->request.expect_next = 1;
    if (!sync_wants(f, x, &two, COVEY_SYNC_OK) ||
        !count_entries(f, &two, 0, &num)) {
        return;
    }
    CHECK(f, num == 1, "the other mailbox has %zu entries, not 1", num);
    client_free(x);
}

static void flags_are_accepted(finding *f)
{
    covey_mailbox mailbox = client_mailbox();
    exchange *x = client_new(f->to);
    exchange *all = client_new(f->to);

    for (size_t i = 0; i < 4; i++) {
        client_add(x, BLOB);
        x->request.appends[i].keep = (i & 1) != 0;
        x->request.appends[i].wake = (i & 2) != 0;
    }
    if (!sync_wants(f, x, &mailbox, COVEY_SYNC_OK) ||
        !sync_wants(f, all, &mailbox, COVEY_SYNC_OK)) {
        return;
    }
    CHECK(f, all->response.num_entries == 4, "4 were appended, %zu come",
          all->response.num_entries);
    for (size_t i = 0; i < 4; i++) {
        CHECK(f, is_entry_of(&all->response.entries[i], x, i),
              "flags change the order");
    }
    client_free(x);
    client_free(all);
}

const conformance_case append_cases[] = {
    {"append_and_read", "what was appended is given, unchanged, behind `after`",
     append_and_read},
    {"every_size", "blobs of all seven sizes are kept", every_size},
    {"indices_rise", "indices are 1, 2, 3 and so on; `next` is what comes next",
     indices_rise},
    {"duplicate_keeps_its_index", "a blob that is there is not appended again",
     duplicate_keeps_its_index},
    {"duplicate_within_a_request", "the same blob twice has one index",
     duplicate_within_a_request},
    {"request_repeated", "the same bytes again have the same answer",
     request_repeated},
    {"own_appends_are_not_echoed", "entries are what others appended",
     own_appends_are_not_echoed},
    {"two_mailboxes", "mailboxes know nothing of each other", two_mailboxes},
    {"flags_are_accepted", "`keep` and `wake` change no answer",
     flags_are_accepted},
    {0},
};
