#include "content/access.h"

#define DETAIL_MAX 255

static bool entry_valid(const covey_access_entry *entry)
{
    return entry->what != 0 && covey_time_or_none(entry->time_ms) &&
           entry->detail <= DETAIL_MAX &&
           (entry->has_subject || covey_member_is_zero(&entry->subject)) &&
           entry->has_id == (entry->id.counter != 0) &&
           (entry->has_id || entry->id.incarnation == 0);
}

bool covey_access_log_valid(const covey_access_log *log)
{
    bool ok = log->num_entries >= 1 &&
              log->num_entries <= COVEY_ACCESS_ENTRIES_MAX &&
              log->first <= UINT64_MAX - COVEY_ACCESS_ENTRIES_MAX;

    for (size_t i = 0; ok && i < log->num_entries; i++) {
        ok = entry_valid(&log->entries[i]);
    }
    return ok;
}

Covey__AccessEntry *covey_put_access_entry(covey_wire *w,
                                           const covey_access_entry *entry)
{
    Covey__AccessEntry *message =
        covey_wire_new(w, &covey__access_entry__descriptor);

    if (message == NULL) return NULL;
    message->who = covey_put_member(&entry->who);
    message->what = entry->what;
    message->time_ms = (uint64_t)entry->time_ms;
    message->detail = entry->detail;
    message->has_subject = entry->has_subject;
    message->subject = covey_put_member(&entry->subject);
    message->has_counter = entry->has_id;
    message->counter = entry->id.counter;
    message->has_incarnation = entry->has_id;
    message->incarnation = entry->id.incarnation;
    return message;
}

static bool valid(const covey_content *content)
{
    return covey_access_log_valid(&content->of.access_log);
}

static void *put(covey_wire *w, const covey_content *content)
{
    const covey_access_log *log = &content->of.access_log;
    size_t num = log->num_entries;
    Covey__AccessLog *message =
        covey_wire_new(w, &covey__access_log__descriptor);
    Covey__AccessEntry **entries = covey_wire_list(w, num);

    if (message == NULL || entries == NULL) return NULL;
    for (size_t i = 0; i < num; i++) {
        entries[i] = covey_put_access_entry(w, &log->entries[i]);
    }
    message->first = log->first;
    message->before = covey_put_fixed(log->before, sizeof log->before);
    message->entries = entries;
    message->n_entries = num;
    return message;
}

static void get_entry(covey_wire *w, covey_access_entry *entry,
                      const Covey__AccessEntry *message)
{
    covey_get_known(w, &message->base);
    covey_get_member(w, &entry->who, &message->who);
    entry->what = message->what;
    entry->time_ms = (int64_t)message->time_ms;
    entry->detail = message->detail;
    entry->has_subject = message->has_subject != 0;
    if (message->has_subject) {
        covey_get_member(w, &entry->subject, &message->subject);
    }
    covey_wire_require(w, message->has_counter == message->has_incarnation);
    entry->has_id = message->has_counter != 0;
    entry->id.counter = message->counter;
    entry->id.incarnation = message->incarnation;
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__AccessLog *message = from;
    covey_access_log *log = &content->of.access_log;

    covey_get_known(w, &message->base);
    covey_wire_require(w, message->n_entries <= COVEY_ACCESS_ENTRIES_MAX);
    covey_get_fixed(w, log->before, sizeof log->before, &message->before);
    if (w->failed) return;
    covey_access_entry *entries =
        covey_wire_take(w, message->n_entries, sizeof entries[0]);
    if (entries == NULL) return;
    for (size_t i = 0; i < message->n_entries; i++) {
        get_entry(w, &entries[i], message->entries[i]);
    }
    log->first = message->first;
    log->entries = entries;
    log->num_entries = message->n_entries;
}

const covey_codec covey_codec_access_log = {valid, put, get};
