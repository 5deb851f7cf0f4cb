#include "content/document.h"
#include "content/utf8.h"

static bool zone_valid(const covey_zone *zone)
{
    return zone->id != 0 && covey_within(zone->lat_e7, -900000000, 900000000) &&
           covey_within(zone->lon_e7, -1800000000, 1800000000) &&
           covey_within(zone->radius_m, 10, 100000) && zone->name.len >= 1 &&
           zone->name.len <= COVEY_ZONE_NAME_MAX &&
           covey_utf8_valid(zone->name, false);
}

bool covey_zones_valid(const covey_document *document)
{
    const covey_zone *zones = document->of.zones.zones;
    size_t num = document->of.zones.num_zones;

    if (num > COVEY_ZONES_MAX) return false;
    for (size_t i = 0; i < num; i++) {
        if (!zone_valid(&zones[i])) return false;
        for (size_t j = 0; j < i; j++) {
            if (zones[j].id == zones[i].id) return false;
        }
    }
    return true;
}

static Covey__Zone *put_zone(covey_wire *w, const covey_zone *zone)
{
    Covey__Zone *message = covey_wire_new(w, &covey__zone__descriptor);

    if (message == NULL) return NULL;
    message->id = zone->id;
    message->lat_e7 = zone->lat_e7;
    message->lon_e7 = zone->lon_e7;
    message->radius_m = zone->radius_m;
    message->name = covey_put_text(w, zone->name);
    message->tell_enter = zone->tell_enter;
    message->tell_leave = zone->tell_leave;
    message->hidden = zone->hidden;
    return message;
}

Covey__Zones *covey_put_zones(covey_wire *w, const covey_document *document)
{
    size_t num = document->of.zones.num_zones;
    Covey__Zones *message = covey_wire_new(w, &covey__zones__descriptor);
    Covey__Zone **zones = covey_wire_list(w, num);

    if (message == NULL || zones == NULL) return NULL;
    for (size_t i = 0; i < num; i++) {
        zones[i] = put_zone(w, &document->of.zones.zones[i]);
    }
    message->zones = zones;
    message->n_zones = num;
    return message;
}

static void get_zone(covey_wire *w, covey_zone *zone,
                     const Covey__Zone *message)
{
    covey_get_known(w, &message->base);
    zone->id = message->id;
    zone->lat_e7 = message->lat_e7;
    zone->lon_e7 = message->lon_e7;
    zone->radius_m = message->radius_m;
    zone->name = covey_get_text(message->name);
    zone->tell_enter = message->tell_enter != 0;
    zone->tell_leave = message->tell_leave != 0;
    zone->hidden = message->hidden != 0;
}

void covey_get_zones(covey_wire *w, covey_document *document,
                     const Covey__Zones *message)
{
    covey_get_known(w, &message->base);
    covey_wire_require(w, message->n_zones <= COVEY_ZONES_MAX);
    if (w->failed) return;
    covey_zone *zones = covey_wire_take(w, message->n_zones, sizeof zones[0]);
    if (zones == NULL) return;
    for (size_t i = 0; i < message->n_zones; i++) {
        get_zone(w, &zones[i], message->zones[i]);
    }
    document->of.zones.zones = zones;
    document->of.zones.num_zones = message->n_zones;
}
