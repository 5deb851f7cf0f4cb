#include "desk_inside.h"
#include "document_json.h"
#include "words.h"

#define LOG_SHOWN 200
#define HEARD_STEP_MS 10000

static json_t *member_json(const covey_member_id *id)
{
    char text[MEMBER_TEXT_SIZE];

    member_text(text, id);
    return json_string(text);
}

/* The time of hearing, in steps: the picture must not change all the time. */
static json_int_t heard_at(const covey_member *member, covey_now now)
{
    if (member->heard_ms < 0) return 0;
    int64_t at = now.utc_ms - member->heard_ms;
    return at - at % HEARD_STEP_MS;
}

static json_t *members_json(const desk *d, covey_now now)
{
    json_t *list = json_array();
    covey_member m;

    for (size_t i = 0; covey_device_member(d->device, i, now, &m); i++) {
        json_array_append_new(list,
                              json_pack("{s:o, s:s, s:i, s:b, s:b, s:b, s:I}",
                                        "id", member_json(&m.id), "role",
                                        word(WORDS_ROLE, (int)m.role), "person",
                                        (int)m.person, "votes", (int)m.votes,
                                        "self", (int)m.is_self, "confirmed",
                                        (int)m.is_confirmed, "heard_ms",
                                        heard_at(&m, now)));
    }
    return list;
}

static json_t *policy_json(const desk *d)
{
    json_t *list = json_array();

    for (int kind = COVEY_DOCUMENT_ZONES; kind <= COVEY_DOCUMENT_PRECISION;
         kind++) {
        covey_document document;
        bool in_force = false;
        if (covey_device_policy(d->device, (covey_document_kind)kind, &document,
                                &in_force) == COVEY_OK) {
            json_array_append_new(list, json_pack("{s:o, s:b}", "document",
                                                  document_to_json(&document),
                                                  "in_force", (int)in_force));
        }
    }
    return list;
}

static json_t *log_json(const desk *d)
{
    json_t *list = json_array();
    covey_access_entry entry;

    for (size_t i = 0;
         i < LOG_SHOWN && covey_device_access(d->device, i, &entry); i++) {
        json_t *o = json_pack("{s:o, s:s, s:I}", "who", member_json(&entry.who),
                              "what", word(WORDS_ACCESS, (int)entry.what),
                              "time_ms", (json_int_t)entry.time_ms);
        bool is_command = entry.what == COVEY_ACCESS_COMMAND ||
                          entry.what == COVEY_ACCESS_REFUSED;
        if (is_command || entry.what == COVEY_ACCESS_POLICY) {
            json_object_set_new(o, "detail",
                                json_string(word(is_command ? WORDS_COMMAND
                                                            : WORDS_DOCUMENT,
                                                 (int)entry.detail)));
        }
        if (entry.has_subject) {
            json_object_set_new(o, "subject", member_json(&entry.subject));
        }
        json_array_append_new(list, o);
    }
    return list;
}

json_t *desk_picture(desk *d)
{
    covey_now now = desk_now(d);
    covey_member_id self = covey_device_self(d->device);
    char number[COVEY_SAFETY_NUMBER_SIZE] = "";
    char why[TROUBLE_SIZE];
    json_t *policy = policy_json(d);

    int err = covey_device_safety_number(d->device, number);
    desk_trouble(why, d);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:I, s:o, s:o, s:o}", "type",
        "device", "relay", covey_device_relay(d->device), "trouble", why,
        "state", word(WORDS_STATE, (int)covey_device_state_of(d->device)),
        "self", member_json(&self), "safety_number", err ? "" : number, "busy",
        word(WORDS_OPERATION, (int)covey_device_busy(d->device)), "sos",
        word(WORDS_SOS, (int)covey_device_sos_state(d->device)), "waiting",
        (json_int_t)covey_device_num_waiting(d->device), "members",
        members_json(d, now), "policy", policy, "log", log_json(d));
}
