#include "content/utf8.h"
#include "content/wire.h"

static bool documents_valid(const covey_status *status)
{
    if (status->num_documents > COVEY_VERSIONS_MAX) return false;
    for (size_t i = 0; i < COVEY_VERSIONS_MAX; i++) {
        const covey_document_version *at = &status->documents[i];

        if (i >= status->num_documents) {
            if (at->kind != 0 || at->version != 0) return false;
        } else if (!covey_version_valid(at) ||
                   (i > 0 && at->kind <= at[-1].kind)) {
            return false;
        }
    }
    return true;
}

static bool limit_valid(const covey_status *status)
{
    return covey_within((int64_t)status->limit, COVEY_LIMIT_NONE,
                        COVEY_LIMIT_BATTERY) &&
           (status->limit == COVEY_LIMIT_GUARDIAN_SILENT ||
            covey_member_is_zero(&status->silent));
}

static bool valid(const covey_content *content)
{
    const covey_status *status = &content->of.status;

    return status->battery_percent <= (status->has_battery ? 100u : 0u) &&
           covey_yes_no_valid(status->charging) &&
           covey_yes_no_valid(status->worn) &&
           covey_within(status->signal_dbm, status->has_signal ? -150 : 0, 0) &&
           status->firmware.len <= COVEY_FIRMWARE_MAX &&
           covey_ascii_valid(status->firmware) &&
           covey_time_or_none(status->paused_until_ms) && limit_valid(status) &&
           documents_valid(status);
}

static void put_documents(covey_wire *w, Covey__Status *message,
                          const covey_status *status)
{
    size_t num = status->num_documents;
    Covey__DocumentVersion **all = covey_wire_list(w, num);

    for (size_t i = 0; all != NULL && i < num; i++) {
        all[i] = covey_put_version(w, &status->documents[i]);
    }
    message->documents = all;
    message->n_documents = num;
}

static void *put(covey_wire *w, const covey_content *content)
{
    const covey_status *status = &content->of.status;
    Covey__Status *message = covey_wire_new(w, &covey__status__descriptor);

    if (message == NULL) return NULL;
    message->has_battery_percent = status->has_battery;
    message->battery_percent = status->battery_percent;
    message->has_charging = status->charging != COVEY_YES_NO_UNKNOWN;
    message->charging = (Covey__YesNo)status->charging;
    message->has_worn = status->worn != COVEY_YES_NO_UNKNOWN;
    message->worn = (Covey__YesNo)status->worn;
    message->has_signal_dbm = status->has_signal;
    message->signal_dbm = status->signal_dbm;
    if (status->firmware.len != 0) {
        message->firmware = covey_put_text(w, status->firmware);
    }
    message->has_paused_until_ms = status->paused_until_ms != 0;
    message->paused_until_ms = (uint64_t)status->paused_until_ms;
    message->has_limit = status->limit != COVEY_LIMIT_NONE;
    message->limit = (Covey__Limit)status->limit;
    message->has_silent = status->limit == COVEY_LIMIT_GUARDIAN_SILENT;
    message->silent = covey_put_member(&status->silent);
    put_documents(w, message, status);
    return message;
}

static void get_documents(covey_wire *w, covey_status *status,
                          const Covey__Status *message)
{
    covey_wire_require(w, message->n_documents <= COVEY_VERSIONS_MAX);
    if (w->failed) return;
    for (size_t i = 0; i < message->n_documents; i++) {
        covey_get_version(w, &status->documents[i], message->documents[i]);
    }
    status->num_documents = message->n_documents;
}

/* What says nothing is not there: 0 does not stand for "unknown". */
static void get_states(covey_wire *w, covey_status *status,
                       const Covey__Status *message)
{
    if (message->has_charging) {
        covey_wire_require(w, message->charging != 0);
        status->charging = (covey_yes_no)message->charging;
    }
    if (message->has_worn) {
        covey_wire_require(w, message->worn != 0);
        status->worn = (covey_yes_no)message->worn;
    }
    if (message->has_paused_until_ms) {
        covey_wire_require(w, message->paused_until_ms != 0);
        status->paused_until_ms = (int64_t)message->paused_until_ms;
    }
    if (message->has_limit) {
        covey_wire_require(w, message->limit != 0);
        status->limit = (covey_limit)message->limit;
    }
    covey_wire_require(w, message->has_silent ==
                              (status->limit == COVEY_LIMIT_GUARDIAN_SILENT));
    if (message->has_silent) {
        covey_get_member(w, &status->silent, &message->silent);
    }
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Status *message = from;
    covey_status *status = &content->of.status;

    covey_get_known(w, &message->base);
    status->has_battery = message->has_battery_percent != 0;
    status->battery_percent = message->battery_percent;
    status->has_signal = message->has_signal_dbm != 0;
    status->signal_dbm = message->signal_dbm;
    if (message->firmware != NULL) {
        status->firmware = covey_get_text(message->firmware);
        covey_wire_require(w, status->firmware.len != 0);
    }
    get_states(w, status, message);
    get_documents(w, status, message);
}

const covey_codec covey_codec_status = {valid, put, get};
