#include "content/document.h"

static bool hours_valid(const covey_document *document)
{
    const covey_span *spans = document->of.school_hours.spans;
    size_t num = document->of.school_hours.num_spans;

    if (num > COVEY_SPANS_MAX) return false;
    for (size_t i = 0; i < num; i++) {
        if (spans[i].begin < (i == 0 ? 0 : spans[i - 1].end) ||
            spans[i].end <= spans[i].begin ||
            spans[i].end > COVEY_WEEK_MINUTES) {
            return false;
        }
    }
    return true;
}

static bool members_valid(const covey_document *document)
{
    const covey_member_id *ids = document->of.members.ids;
    size_t num = document->of.members.num_ids;

    if (num > COVEY_CONTACTS_MAX) return false;
    for (size_t i = 0; i < num; i++) {
        for (size_t j = 0; j < i; j++) {
            if (memcmp(&ids[i], &ids[j], sizeof ids[0]) == 0) return false;
        }
    }
    return true;
}

static bool reporting_valid(const covey_document *document)
{
    uint32_t interval_s = document->of.reporting.interval_s;

    return covey_within(interval_s, 10, 86400) &&
           covey_within(document->of.reporting.moving_interval_s, 10,
                        interval_s) &&
           covey_within(document->of.reporting.moved_m, 10, 10000) &&
           document->of.reporting.reserve_percent <= 50;
}

static bool precision_valid(const covey_document *document)
{
    uint32_t grid_m = document->of.precision.grid_m;

    return grid_m == 0 || covey_within(grid_m, 100, 50000);
}

bool covey_document_valid(const covey_document *document)
{
    if (document->version == 0) return false;
    switch (document->kind) {
    case COVEY_DOCUMENT_ZONES: return covey_zones_valid(document);
    case COVEY_DOCUMENT_SCHOOL_HOURS: return hours_valid(document);
    case COVEY_DOCUMENT_CONTACTS:
    case COVEY_DOCUMENT_SOS_LIST: return members_valid(document);
    case COVEY_DOCUMENT_REPORTING: return reporting_valid(document);
    case COVEY_DOCUMENT_PRECISION: return precision_valid(document);
    default: return false;
    }
}

static Covey__Hours *put_hours(covey_wire *w, const covey_document *document)
{
    size_t num = document->of.school_hours.num_spans;
    Covey__Hours *message = covey_wire_new(w, &covey__hours__descriptor);
    uint32_t *told = covey_wire_take(w, 2 * num, sizeof told[0]);
    uint32_t last = 0;

    if (message == NULL || told == NULL) return NULL;
    for (size_t i = 0; i < num; i++) {
        const covey_span *span = &document->of.school_hours.spans[i];

        told[2 * i] = span->begin - last;
        told[2 * i + 1] = span->end - span->begin;
        last = span->end;
    }
    message->spans = told;
    message->n_spans = 2 * num;
    return message;
}

static Covey__Members *put_members(covey_wire *w,
                                   const covey_document *document)
{
    Covey__Members *message = covey_wire_new(w, &covey__members__descriptor);
    size_t len = document->of.members.num_ids * COVEY_MEMBER_ID_SIZE;

    if (message == NULL || len == 0) return message;
    message->has_ids = true;
    message->ids = covey_put_fixed(document->of.members.ids[0].bytes, len);
    return message;
}

static Covey__Reporting *put_reporting(covey_wire *w,
                                       const covey_document *document)
{
    Covey__Reporting *message =
        covey_wire_new(w, &covey__reporting__descriptor);

    if (message == NULL) return NULL;
    message->interval_s = document->of.reporting.interval_s;
    message->moving_interval_s = document->of.reporting.moving_interval_s;
    message->moved_m = document->of.reporting.moved_m;
    message->reserve_percent = document->of.reporting.reserve_percent;
    return message;
}

static Covey__Precision *put_precision(covey_wire *w,
                                       const covey_document *document)
{
    Covey__Precision *message =
        covey_wire_new(w, &covey__precision__descriptor);

    if (message != NULL) message->grid_m = document->of.precision.grid_m;
    return message;
}

Covey__Document *covey_put_document(covey_wire *w,
                                    const covey_document *document)
{
    Covey__Document *message = covey_wire_new(w, &covey__document__descriptor);

    if (message == NULL) return NULL;
    message->version = document->version;
    message->of_case = (Covey__Document__OfCase)document->kind;
    switch (document->kind) {
    case COVEY_DOCUMENT_ZONES:
        message->zones = covey_put_zones(w, document);
        break;
    case COVEY_DOCUMENT_SCHOOL_HOURS:
        message->school_hours = put_hours(w, document);
        break;
    case COVEY_DOCUMENT_CONTACTS:
        message->contacts = put_members(w, document);
        break;
    case COVEY_DOCUMENT_SOS_LIST:
        message->sos_list = put_members(w, document);
        break;
    case COVEY_DOCUMENT_REPORTING:
        message->reporting = put_reporting(w, document);
        break;
    default: message->precision = put_precision(w, document); break;
    }
    return message;
}

static void get_hours(covey_wire *w, covey_document *document,
                      const Covey__Hours *message)
{
    size_t num = message->n_spans / 2;
    uint32_t last = 0;

    covey_get_known(w, &message->base);
    covey_wire_require(w, message->n_spans % 2 == 0 && num <= COVEY_SPANS_MAX);
    for (size_t i = 0; i < num && !w->failed; i++) {
        covey_span *span = &document->of.school_hours.spans[i];
        const uint32_t *told = &message->spans[2 * i];

        covey_wire_require(w, told[0] <= COVEY_WEEK_MINUTES &&
                                  told[1] <= COVEY_WEEK_MINUTES);
        if (w->failed) return;
        span->begin = last + told[0];
        span->end = span->begin + told[1];
        last = span->end;
    }
    document->of.school_hours.num_spans = num;
}

static void get_members(covey_wire *w, covey_document *document,
                        const Covey__Members *message)
{
    size_t num = message->ids.len / COVEY_MEMBER_ID_SIZE;

    covey_get_known(w, &message->base);
    covey_wire_require(w, message->ids.len % COVEY_MEMBER_ID_SIZE == 0 &&
                              num <= COVEY_CONTACTS_MAX &&
                              (message->has_ids != 0) == (num != 0));
    if (w->failed) return;
    covey_member_id *ids = covey_wire_take(w, num, sizeof ids[0]);
    if (ids == NULL) return;
    covey_copy(ids, message->ids.data, message->ids.len);
    document->of.members.ids = ids;
    document->of.members.num_ids = num;
}

static void get_reporting(covey_wire *w, covey_document *document,
                          const Covey__Reporting *message)
{
    covey_get_known(w, &message->base);
    document->of.reporting.interval_s = message->interval_s;
    document->of.reporting.moving_interval_s = message->moving_interval_s;
    document->of.reporting.moved_m = message->moved_m;
    document->of.reporting.reserve_percent = message->reserve_percent;
}

static void get_precision(covey_wire *w, covey_document *document,
                          const Covey__Precision *message)
{
    covey_get_known(w, &message->base);
    document->of.precision.grid_m = message->grid_m;
}

void covey_get_document(covey_wire *w, covey_document *document,
                        const Covey__Document *message)
{
    covey_get_known(w, &message->base);
    document->version = message->version;
    document->kind = (covey_document_kind)message->of_case;
    switch (message->of_case) {
    case COVEY__DOCUMENT__OF_ZONES:
        covey_get_zones(w, document, message->zones);
        break;
    case COVEY__DOCUMENT__OF_SCHOOL_HOURS:
        get_hours(w, document, message->school_hours);
        break;
    case COVEY__DOCUMENT__OF_CONTACTS:
        get_members(w, document, message->contacts);
        break;
    case COVEY__DOCUMENT__OF_SOS_LIST:
        get_members(w, document, message->sos_list);
        break;
    case COVEY__DOCUMENT__OF_REPORTING:
        get_reporting(w, document, message->reporting);
        break;
    case COVEY__DOCUMENT__OF_PRECISION:
        get_precision(w, document, message->precision);
        break;
    default: w->failed = true; break;
    }
}

static bool valid(const covey_content *content)
{
    return covey_document_valid(&content->of.document);
}

static void *put(covey_wire *w, const covey_content *content)
{
    return covey_put_document(w, &content->of.document);
}

static void get(covey_wire *w, covey_content *content, const void *message)
{
    covey_get_document(w, &content->of.document, message);
}

const covey_codec covey_codec_document = {valid, put, get};
