#include "content/wire.h"

/* How far an act's field number is behind its kind. */
#define BEHIND                                                                 \
    ((uint32_t)COVEY__COMMAND__ACT_LOCATE - (uint32_t)COVEY_COMMAND_LOCATE)

static bool arguments_valid(const covey_command *command)
{
    const covey_document_name *policy = &command->of.set_policy;

    switch (command->kind) {
    case COVEY_COMMAND_RING:
    case COVEY_COMMAND_FIND_WATCH:
        return covey_within(command->of.duration_s, 1, COVEY_RING_S_MAX);
    case COVEY_COMMAND_READ_MESSAGE:
        return covey_reference_valid(&command->of.message);
    case COVEY_COMMAND_SET_POLICY:
        return covey_within(policy->kind, 1, COVEY_DOCUMENT_KIND_MAX) &&
               policy->version != 0;
    case COVEY_COMMAND_UNKNOWN: /* can be read, not sent: body.c */
    case COVEY_COMMAND_LOCATE:
    case COVEY_COMMAND_POWER_OFF:
    case COVEY_COMMAND_SYNC: return true;
    default: return false;
    }
}

static bool valid(const covey_content *content)
{
    const covey_command *command = &content->of.command;

    return covey_time_valid(command->not_after_ms) && arguments_valid(command);
}

static Covey__Ring *put_ring(covey_wire *w, const covey_command *command)
{
    Covey__Ring *message = covey_wire_new(w, &covey__ring__descriptor);

    if (message != NULL) message->duration_s = command->of.duration_s;
    return message;
}

static Covey__ReadMessage *put_read(covey_wire *w, const covey_command *command)
{
    Covey__ReadMessage *message =
        covey_wire_new(w, &covey__read_message__descriptor);

    if (message == NULL) return NULL;
    message->message = covey_put_reference(w, &command->of.message);
    return message;
}

static Covey__DocumentName *put_policy(covey_wire *w,
                                       const covey_command *command)
{
    const covey_document_name *name = &command->of.set_policy;
    Covey__DocumentName *message =
        covey_wire_new(w, &covey__document_name__descriptor);

    if (message == NULL) return NULL;
    message->kind = name->kind;
    message->version = name->version;
    message->hash = covey_put_fixed(name->hash, sizeof name->hash);
    return message;
}

static void put_act(covey_wire *w, Covey__Command *message,
                    const covey_command *command)
{
    message->act_case =
        (Covey__Command__ActCase)((uint32_t)command->kind + BEHIND);
    switch (command->kind) {
    case COVEY_COMMAND_LOCATE:
        message->locate = covey_wire_new(w, &covey__locate__descriptor);
        break;
    case COVEY_COMMAND_RING: message->ring = put_ring(w, command); break;
    case COVEY_COMMAND_READ_MESSAGE:
        message->read_message = put_read(w, command);
        break;
    case COVEY_COMMAND_SET_POLICY:
        message->set_policy = put_policy(w, command);
        break;
    case COVEY_COMMAND_FIND_WATCH:
        message->find_watch = put_ring(w, command);
        break;
    case COVEY_COMMAND_POWER_OFF:
        message->power_off = covey_wire_new(w, &covey__power_off__descriptor);
        break;
    default: message->sync = covey_wire_new(w, &covey__sync__descriptor); break;
    }
}

static void *put(covey_wire *w, const covey_content *content)
{
    const covey_command *command = &content->of.command;
    Covey__Command *message = covey_wire_new(w, &covey__command__descriptor);

    if (message == NULL) return NULL;
    message->target = covey_put_member(&command->target);
    message->not_after_ms = (uint64_t)command->not_after_ms;
    put_act(w, message, command);
    return message;
}

static void get_ring(covey_wire *w, covey_command *command,
                     const Covey__Ring *message)
{
    covey_get_known(w, &message->base);
    command->of.duration_s = message->duration_s;
}

static void get_policy(covey_wire *w, covey_command *command,
                       const Covey__DocumentName *message)
{
    covey_document_name *name = &command->of.set_policy;

    covey_get_known(w, &message->base);
    name->kind = message->kind;
    name->version = message->version;
    covey_get_fixed(w, name->hash, sizeof name->hash, &message->hash);
}

static void get_act(covey_wire *w, covey_command *command,
                    const Covey__Command *message)
{
    switch (message->act_case) {
    case COVEY__COMMAND__ACT_LOCATE:
        covey_get_known(w, &message->locate->base);
        break;
    case COVEY__COMMAND__ACT_RING: get_ring(w, command, message->ring); break;
    case COVEY__COMMAND__ACT_READ_MESSAGE:
        covey_get_known(w, &message->read_message->base);
        covey_get_reference(w, &command->of.message,
                            message->read_message->message);
        break;
    case COVEY__COMMAND__ACT_SET_POLICY:
        get_policy(w, command, message->set_policy);
        break;
    case COVEY__COMMAND__ACT_FIND_WATCH:
        get_ring(w, command, message->find_watch);
        break;
    case COVEY__COMMAND__ACT_POWER_OFF:
        covey_get_known(w, &message->power_off->base);
        break;
    case COVEY__COMMAND__ACT_SYNC:
        covey_get_known(w, &message->sync->base);
        break;
    default: w->failed = true; break;
    }
    command->kind = (covey_command_kind)(message->act_case - BEHIND);
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Command *message = from;
    covey_command *command = &content->of.command;

    covey_get_member(w, &command->target, &message->target);
    command->not_after_ms = (int64_t)message->not_after_ms;
    if (message->act_case == COVEY__COMMAND__ACT__NOT_SET) {
        command->kind = COVEY_COMMAND_UNKNOWN;
        command->of.unknown = covey_get_unknown(w, &message->base) - BEHIND;
        return;
    }
    covey_get_known(w, &message->base);
    get_act(w, command, message);
}

const covey_codec covey_codec_command = {valid, put, get};
