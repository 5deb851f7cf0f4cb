#include "content/location.h"

/* A scan that is not there is all zero. */
static bool no_scan(const covey_scan *scan)
{
    return scan->time_ms == 0 && scan->num_wifi == 0 && scan->num_cells == 0;
}

bool covey_location_valid(const covey_location *location)
{
    bool ok = location->num_fixes <= COVEY_FIXES_MAX &&
              (location->num_fixes != 0 || location->has_scan);

    for (size_t i = 0; ok && i < location->num_fixes; i++) {
        ok = covey_fix_valid(&location->fixes[i]);
    }
    return ok &&
           (location->has_scan ? covey_scan_valid(&location->scan)
                               : no_scan(&location->scan)) &&
           (location->has_answer_to
                ? covey_reference_valid(&location->answer_to)
                : covey_reference_is_zero(&location->answer_to));
}

Covey__Location *covey_put_location(covey_wire *w,
                                    const covey_location *location)
{
    Covey__Location *message = covey_wire_new(w, &covey__location__descriptor);

    if (message == NULL) return NULL;
    covey_put_fixes(w, message, location);
    if (location->has_scan) message->scan = covey_put_scan(w, &location->scan);
    if (location->has_answer_to) {
        message->answer_to = covey_put_reference(w, &location->answer_to);
    }
    return message;
}

void covey_get_location(covey_wire *w, covey_location *location,
                        const Covey__Location *message)
{
    covey_get_known(w, &message->base);
    covey_get_fixes(w, location, message);
    location->has_scan = message->scan != NULL;
    if (message->scan != NULL) {
        covey_get_scan(w, &location->scan, message->scan);
    }
    location->has_answer_to = message->answer_to != NULL;
    if (message->answer_to != NULL) {
        covey_get_reference(w, &location->answer_to, message->answer_to);
    }
}

static bool valid(const covey_content *content)
{
    return covey_location_valid(&content->of.location);
}

static void *put(covey_wire *w, const covey_content *content)
{
    return covey_put_location(w, &content->of.location);
}

static void get(covey_wire *w, covey_content *content, const void *message)
{
    covey_get_location(w, &content->of.location, message);
}

const covey_codec covey_codec_location = {valid, put, get};
