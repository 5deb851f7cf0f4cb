#include "relay.h"

#include <stdlib.h>

#define SCRATCH (256u * 1024u)
#define ARCHIVE_MAX (8u * 1024u * 1024u)

static uint8_t scratch_bytes[SCRATCH];

void sim_relay_init(sim_relay *relay)
{
    *relay = (sim_relay){.checks_nothing = false, .origin = 1};
}

static void *grown(void *at, size_t *room, size_t num, size_t size)
{
    if (num < *room) return at;
    *room = *room == 0 ? 16 : 2 * *room;
    at = realloc(at, *room * size);
    if (at == NULL) abort();
    return at;
}

static void note_lost(sim_relay *relay, covey_bytes blob, uint64_t at_ms)
{
    relay->lost = grown(relay->lost, &relay->lost_room, relay->num_lost,
                        sizeof relay->lost[0]);
    sim_lost *lost = &relay->lost[relay->num_lost++];

    lost->at_ms = at_ms;
    covey_blob_hash(&lost->hash, blob);
}

/* When a blob came first. */
static uint64_t age_of(const sim_relay *relay, covey_bytes blob,
                       uint64_t now_ms)
{
    covey_digest hash;

    if (relay->num_lost == 0) return now_ms;
    covey_blob_hash(&hash, blob);
    for (size_t i = 0; i < relay->num_lost; i++) {
        if (memcmp(&relay->lost[i].hash, &hash, sizeof hash) == 0) {
            return relay->lost[i].at_ms;
        }
    }
    return now_ms;
}

void sim_relay_lose(sim_relay *relay)
{
    for (size_t i = 0; i < relay->num; i++) {
        sim_mailbox *mailbox = &relay->mailboxes[i];

        for (size_t j = 0; j < mailbox->num; j++) {
            const sim_entry *entry = &mailbox->entries[j];

            if (entry->keep) {
                note_lost(relay, covey_bytes_of(entry->blob, entry->len),
                          entry->at_ms);
            }
            free(entry->blob);
        }
        free(mailbox->entries);
    }
    free(relay->mailboxes);
    relay->mailboxes = NULL;
    relay->num = 0;
    relay->room = 0;
    relay->origin++;
}

void sim_relay_free(sim_relay *relay)
{
    sim_relay_lose(relay);
    free(relay->lost);
    free(relay->archive.bytes);
    *relay = (sim_relay){.checks_nothing = false};
}

/* ---- the archive ---- */

#define LATELY 256 /* blobs */

/* A relay that loses what it has, or shows two logs, gets the same again. */
static bool came_lately(const sim_archive *archive, covey_bytes blob)
{
    size_t num = archive->len / COVEY_BLOB_MIN;
    size_t first = num > LATELY ? num - LATELY : 0;

    for (size_t i = first; i < num; i++) {
        if (memcmp(archive->bytes + i * COVEY_BLOB_MIN, blob.at,
                   COVEY_BLOB_MIN) == 0) {
            return true;
        }
    }
    return false;
}

static void archive(sim_archive *archive, covey_bytes blob)
{
    size_t bucket = 0;

    while (bucket <= COVEY_BLOB_EPOCH_BUCKETS &&
           (size_t)COVEY_BLOB_MIN << bucket != blob.len) {
        bucket++;
    }
    if (bucket > COVEY_BLOB_EPOCH_BUCKETS) {
        archive->num_bad++;
        return;
    }
    archive->num[bucket]++;
    if (blob.len != COVEY_BLOB_MIN || archive->len >= ARCHIVE_MAX ||
        came_lately(archive, blob)) {
        return;
    }
    if (archive->len + blob.len > archive->room) {
        archive->room = 2 * archive->room + 64 * COVEY_BLOB_MIN;
        archive->bytes = realloc(archive->bytes, archive->room);
        if (archive->bytes == NULL) abort();
    }
    memcpy(archive->bytes + archive->len, blob.at, blob.len);
    archive->len += blob.len;
}

/* ---- mailboxes ---- */

static bool has_address(const sim_mailbox *mailbox,
                        const covey_mailbox_address *address, unsigned side)
{
    return mailbox->side == side &&
           memcmp(&mailbox->address, address, sizeof *address) == 0;
}

sim_mailbox *sim_relay_find(sim_relay *relay,
                            const covey_mailbox_address *address, unsigned side)
{
    for (size_t i = relay->num; i-- > 0;) {
        sim_mailbox *mailbox = &relay->mailboxes[i];

        if (has_address(mailbox, address, side)) return mailbox;
    }
    return NULL;
}

void sim_relay_append(sim_mailbox *mailbox, const sim_asker *asker,
                      covey_bytes blob, bool keep)
{
    mailbox->entries = grown(mailbox->entries, &mailbox->room, mailbox->num,
                             sizeof mailbox->entries[0]);
    sim_entry *entry = &mailbox->entries[mailbox->num++];

    *entry = (sim_entry){.index = mailbox->next++,
                         .at_ms = asker->now_ms,
                         .from = asker->node,
                         .keep = keep,
                         .is_forged = asker->forges,
                         .blob = malloc(blob.len),
                         .len = blob.len};
    if (entry->blob == NULL) abort();
    memcpy(entry->blob, blob.at, blob.len);
}

/* Another side begins as a copy of the first one. */
static void copy_side(sim_mailbox *to, const sim_mailbox *from)
{
    for (size_t i = 0; i < from->num; i++) {
        const sim_entry *entry = &from->entries[i];
        sim_asker asker = {.node = entry->from, .now_ms = entry->at_ms};

        to->next = entry->index;
        sim_relay_append(to, &asker, covey_bytes_of(entry->blob, entry->len),
                         entry->keep);
    }
    to->next = from->next;
}

static sim_mailbox *get(sim_relay *relay, const sim_asker *asker,
                        const covey_mailbox_address *address)
{
    sim_mailbox *found = sim_relay_find(relay, address, asker->side);

    if (found != NULL) return found;
    relay->mailboxes = grown(relay->mailboxes, &relay->room, relay->num,
                             sizeof relay->mailboxes[0]);
    sim_mailbox *mailbox = &relay->mailboxes[relay->num++];

    *mailbox = (sim_mailbox){.address = *address,
                             .side = asker->side,
                             .owner = asker->node,
                             .next = 1};
    if (asker->side != 0) {
        const sim_mailbox *first = sim_relay_find(relay, address, 0);

        if (first != NULL) copy_side(mailbox, first);
    }
    return mailbox;
}

static void expire(sim_mailbox *mailbox, uint64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < mailbox->num; i++) {
        sim_entry *entry = &mailbox->entries[i];
        uint64_t lives = entry->keep ? SIM_KEEP_MS : SIM_EXPIRE_MS;

        if (entry->at_ms + lives < now_ms) {
            free(entry->blob);
        } else {
            mailbox->entries[kept++] = *entry;
        }
    }
    mailbox->num = kept;
}

/* ---- answering ---- */

/* The index of a blob that is there already; 0: it is not. */
static uint64_t index_of(const sim_mailbox *mailbox, covey_bytes blob)
{
    for (size_t i = mailbox->num; i-- > 0;) {
        const sim_entry *entry = &mailbox->entries[i];

        if (covey_bytes_same(blob, covey_bytes_of(entry->blob, entry->len))) {
            return entry->index;
        }
    }
    return 0;
}

static void append(sim_relay *relay, sim_mailbox *mailbox,
                   const sim_asker *asker, sim_reply *reply)
{
    const covey_sync_request *request = &reply->request;
    covey_sync_response *response = &reply->response;
    size_t num_new = 0;

    for (size_t i = 0; i < request->num_appends; i++) {
        num_new += index_of(mailbox, request->appends[i].blob) == 0;
    }
    if (num_new != 0 && request->has_expect_next && !asker->not_next &&
        request->expect_next != mailbox->next) {
        response->status = COVEY_SYNC_CONFLICT;
        return;
    }
    for (size_t i = 0; i < request->num_appends; i++) {
        covey_bytes blob = request->appends[i].blob;
        uint64_t index = index_of(mailbox, blob);

        if (index == 0) {
            index = mailbox->next;
            sim_relay_append(mailbox, asker, blob, request->appends[i].keep);
            mailbox->entries[mailbox->num - 1].at_ms =
                age_of(relay, blob, asker->now_ms);
            archive(&relay->archive, blob);
            relay->num_appends++;
        }
        response->appended[response->num_appended++] = index;
    }
}

static bool is_own(const covey_sync_response *response, uint64_t index)
{
    for (size_t i = 0; i < response->num_appended; i++) {
        if (response->appended[i] == index) return true;
    }
    return false;
}

static covey_sync_entry entry_of(const sim_entry *entry, uint32_t max_blob)
{
    covey_bytes blob = covey_bytes_of(entry->blob, entry->len);
    covey_sync_entry out = {.index = entry->index, .blob = blob};

    if (entry->len <= max_blob) return out;
    out.is_stub = true;
    out.stub_len = (uint32_t)entry->len;
    out.blob = covey_bytes_of(NULL, 0);
    covey_blob_hash(&out.stub_hash, blob);
    return out;
}

static void give(const sim_mailbox *mailbox, const sim_asker *asker,
                 sim_reply *reply, uint64_t new_from)
{
    covey_sync_response *response = &reply->response;
    size_t left = reply->request.max_bytes - COVEY_SYNC_HEAD_MAX;

    for (size_t i = 0; i < mailbox->num; i++) {
        const sim_entry *entry = &mailbox->entries[i];
        size_t size = entry->len + 20;

        if (entry->index <= reply->request.after ||
            entry->at_ms > asker->until_ms ||
            (entry->index >= new_from && is_own(response, entry->index))) {
            continue;
        }
        if (response->num_entries == COVEY_SYNC_ENTRIES_MAX ||
            (response->num_entries != 0 && size > left)) {
            break;
        }
        left = size > left ? 0 : left - size;
        reply->entries[response->num_entries++] =
            entry_of(entry, reply->request.max_blob);
    }
    response->entries = reply->entries;
}

/* The same poll is the same bytes: it need not be verified again. */
static bool is_signed(sim_relay *relay, const sim_asker *asker,
                      const covey_sync_request *request, covey_bytes body)
{
    covey_digest *last = &relay->verified[asker->node % 16];
    covey_digest hash;

    covey_blob_hash(&hash, body);
    if (memcmp(last, &hash, sizeof hash) == 0) return true;
    if (covey_sync_request_verify(request, covey_bytes_of_text(SIM_RELAY))) {
        return false;
    }
    *last = hash;
    return true;
}

void sim_relay_miss(sim_relay *relay, covey_bytes body, uint64_t now_ms)
{
    covey_scratch scratch = covey_scratch_of(scratch_bytes, SCRATCH);
    covey_sync_request request;

    if (covey_sync_request_decode(&request, &scratch, body)) return;
    for (size_t i = 0; i < request.num_appends; i++) {
        covey_bytes blob = request.appends[i].blob;

        note_lost(relay, blob, age_of(relay, blob, now_ms));
    }
}

void sim_relay_answer(sim_relay *relay, const sim_asker *asker,
                      covey_bytes body, sim_reply *reply)
{
    covey_scratch scratch = covey_scratch_of(scratch_bytes, SCRATCH);

    relay->num_requests++;
    memset(&reply->response, 0, sizeof reply->response);
    reply->response.status = COVEY_SYNC_BAD_REQUEST;
    if (covey_sync_request_decode(&reply->request, &scratch, body)) return;
    reply->response.status = COVEY_SYNC_NOT_FOUND;
    if (!relay->checks_nothing &&
        !is_signed(relay, asker, &reply->request, body)) {
        return;
    }
    reply->response.origin = relay->origin;
    if (reply->request.origin != 0 && reply->request.origin != relay->origin) {
        reply->response.status = COVEY_SYNC_CONFLICT;
        reply->response.next = 1;
        return;
    }
    sim_mailbox *mailbox = get(relay, asker, &reply->request.mailbox);
    uint64_t new_from = mailbox->next;

    if (!relay->keeps_all) expire(mailbox, asker->now_ms);
    reply->response.status = COVEY_SYNC_OK;
    append(relay, mailbox, asker, reply);
    reply->response.next = mailbox->next;
    give(mailbox, asker, reply, new_from);
}
