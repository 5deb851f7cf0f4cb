#include <stdio.h>

#include "content_json.h"
#include "desk_inside.h"
#include "fix_json.h"
#include "words.h"

/* What became of a command. */
typedef struct {
    covey_outcome outcome;
    covey_refused reason;
    bool has_fix;
    covey_fix fix;
} result;

static const result done = {.outcome = COVEY_OUTCOME_DONE};

static result refused(covey_refused reason)
{
    return (result){.outcome = COVEY_OUTCOME_REFUSED, .reason = reason};
}

/* From whoever replays or listens to a receiver, or the newest there was. */
static result locate(desk *d)
{
    result r = done;

    r.has_fix = d->where != NULL && d->where(d->where_ctx, &r.fix);
    if (!r.has_fix && d->view.newest != NULL) {
        r.has_fix =
            fix_from_json(&r.fix, json_object_get(d->view.newest, "fix"));
    }
    r.fix.reason = COVEY_REASON_ASKED;
    return r.has_fix ? r : refused(COVEY_REFUSED_FAILED);
}

static result ring(const covey_command *command)
{
    printf("\a%s for %u s\n",
           command->kind == COVEY_COMMAND_RING ? "RING RING"
                                               : "HERE I AM, HERE I AM",
           command->of.duration_s);
    fflush(stdout);
    return done;
}

static result read_message(desk *d, const covey_command *command)
{
    json_t *reference = reference_to_json(&command->of.message);
    char name[HISTORY_NAME_MAX];

    view_row_name(name, reference);
    json_decref(reference);
    const char *text = json_string_value(
        json_object_get(json_object_get(d->view.by_id, name), "text"));
    if (text == NULL) return refused(COVEY_REFUSED_REFERENCE);
    printf("MUST BE READ: %s\n", text);
    fflush(stdout);
    return done;
}

static result run(desk *d, const covey_command *command)
{
    switch (command->kind) {
    case COVEY_COMMAND_LOCATE: return locate(d);
    case COVEY_COMMAND_RING:
    case COVEY_COMMAND_FIND_WATCH: return ring(command);
    case COVEY_COMMAND_READ_MESSAGE: return read_message(d, command);
    case COVEY_COMMAND_SET_POLICY:
    case COVEY_COMMAND_SYNC: return done;
    case COVEY_COMMAND_POWER_OFF: d->wants_to_end = true; return done;
    default: return refused(COVEY_REFUSED_KIND);
    }
}

void desk_run_command(desk *d, const covey_reference *id,
                      const covey_command *command)
{
    result r = run(d, command);
    const covey_location where = {.fixes = &r.fix, .num_fixes = 1};
    char issuer[MEMBER_TEXT_SIZE];

    int err = covey_device_command_done(d->device, desk_now(d), id, r.outcome,
                                        r.outcome == COVEY_OUTCOME_REFUSED
                                            ? r.reason
                                            : COVEY_REFUSED_OTHER,
                                        r.has_fix ? &where : NULL);
    if (err) d->error = err;
    member_text(issuer, &id->sender);
    desk_note(d, "ran",
              json_pack("{s:s, s:s, s:s}", "operation",
                        word(WORDS_COMMAND, (int)command->kind), "by", issuer,
                        "outcome", word(WORDS_OUTCOME, (int)r.outcome)));
}
