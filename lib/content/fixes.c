/*
 * Fixes stand on the wire as columns of differences: of a walk, one minute
 * apart, a fix takes 12 bytes after the first. SPEC.md section 3.4.
 */
#include "content/location.h"

typedef enum {
    LAT,
    LON,
    TIME,
    STATE,
    ACCURACY,
    ALTITUDE,
    SPEED,
    HEADING,
    BATTERY,
    NUM_COLUMNS
} column;

/* Bits of STATE. */
enum {
    HAS_ALTITUDE = 1 << 0,
    HAS_SPEED = 1 << 1,
    HAS_HEADING = 1 << 2,
    HAS_BATTERY = 1 << 3,
    WORN_SHIFT = 4,
    CHARGING_SHIFT = 6,
    SOURCE_SHIFT = 8,
    REASON_SHIFT = 11,
    STATE_MAX = (1 << 14) - 1
};

static const struct {
    int64_t min;
    int64_t max;
    int64_t needs; /* bit of STATE, 0: each fix has it */
} columns[NUM_COLUMNS] = {
    [LAT] = {-900000000, 900000000, 0},
    [LON] = {-1800000000, 1800000000, 0},
    [TIME] = {0, COVEY_TIME_MS_MAX, 0},
    [STATE] = {0, STATE_MAX, 0},
    [ACCURACY] = {0, 100000000, 0},
    [ALTITUDE] = {-2000000, 2000000, HAS_ALTITUDE},
    [SPEED] = {0, 50000, HAS_SPEED},
    [HEADING] = {0, 35999, HAS_HEADING},
    [BATTERY] = {0, 100, HAS_BATTERY},
};

static int64_t state_of(const covey_fix *fix)
{
    return (fix->has_altitude ? HAS_ALTITUDE : 0) |
           (fix->has_speed ? HAS_SPEED : 0) |
           (fix->has_heading ? HAS_HEADING : 0) |
           (fix->has_battery ? HAS_BATTERY : 0) |
           (int64_t)fix->worn << WORN_SHIFT |
           (int64_t)fix->charging << CHARGING_SHIFT |
           (int64_t)fix->source << SOURCE_SHIFT |
           (int64_t)fix->reason << REASON_SHIFT;
}

/* Sources and reasons of later versions become "unknown". */
static void set_state(covey_fix *fix, unsigned state)
{
    unsigned source = state >> SOURCE_SHIFT & 7u;
    unsigned reason = state >> REASON_SHIFT & 7u;

    fix->has_altitude = (state & HAS_ALTITUDE) != 0;
    fix->has_speed = (state & HAS_SPEED) != 0;
    fix->has_heading = (state & HAS_HEADING) != 0;
    fix->has_battery = (state & HAS_BATTERY) != 0;
    fix->worn = (covey_yes_no)(state >> WORN_SHIFT & 3u);
    fix->charging = (covey_yes_no)(state >> CHARGING_SHIFT & 3u);
    fix->source = source > COVEY_SOURCE_FUSED ? COVEY_SOURCE_UNKNOWN
                                              : (covey_source)source;
    fix->reason =
        reason > COVEY_REASON_SOS ? COVEY_REASON_UNKNOWN : (covey_reason)reason;
}

static int64_t value_of(const covey_fix *fix, column c)
{
    switch (c) {
    case LAT: return fix->lat_e7;
    case LON: return fix->lon_e7;
    case TIME: return fix->time_ms;
    case STATE: return state_of(fix);
    case ACCURACY: return fix->accuracy_cm;
    case ALTITUDE: return fix->altitude_cm;
    case SPEED: return fix->speed_cm_s;
    case HEADING: return fix->heading_cdeg;
    default: return fix->battery_percent;
    }
}

/* The value is within the column's range. */
static void set_value(covey_fix *fix, column c, int64_t value)
{
    switch (c) {
    case LAT: fix->lat_e7 = (int32_t)value; break;
    case LON: fix->lon_e7 = (int32_t)value; break;
    case TIME: fix->time_ms = value; break;
    case STATE: set_state(fix, (unsigned)value); break;
    case ACCURACY: fix->accuracy_cm = (uint32_t)value; break;
    case ALTITUDE: fix->altitude_cm = (int32_t)value; break;
    case SPEED: fix->speed_cm_s = (uint32_t)value; break;
    case HEADING: fix->heading_cdeg = (uint32_t)value; break;
    default: fix->battery_percent = (uint32_t)value; break;
    }
}

static bool has(const covey_fix *fix, column c)
{
    return columns[c].needs == 0 || (state_of(fix) & columns[c].needs) != 0;
}

static bool enums_valid(const covey_fix *fix)
{
    return covey_yes_no_valid(fix->worn) && covey_yes_no_valid(fix->charging) &&
           covey_within((int64_t)fix->source, COVEY_SOURCE_UNKNOWN,
                        COVEY_SOURCE_FUSED) &&
           covey_within((int64_t)fix->reason, COVEY_REASON_UNKNOWN,
                        COVEY_REASON_SOS);
}

bool covey_fix_valid(const covey_fix *fix)
{
    bool valid = enums_valid(fix);

    for (column c = LAT; valid && c < NUM_COLUMNS; c++) {
        int64_t value = value_of(fix, c);

        valid = has(fix, c)
                    ? covey_within(value, columns[c].min, columns[c].max)
                    : value == 0;
    }
    return valid;
}

/* The values of a column, told from what came before. They wrap where a peer
 * may have chosen them; ranges are checked behind. */
typedef struct {
    column c;
    uint64_t last;
    uint64_t step; /* of LAT, LON and TIME, which go on as before */
    size_t num;
} series;

static series series_of(column c, int64_t sent_ms)
{
    return (series){c, c == TIME ? (uint64_t)sent_ms : 0, 0, 0};
}

static void advance(series *s, uint64_t value)
{
    s->step = s->c <= TIME && s->num > 0 ? value - s->last : 0;
    s->last = value;
    s->num++;
}

static int64_t wrapped(uint64_t value)
{
    return value <= INT64_MAX ? (int64_t)value
                              : -(int64_t)(UINT64_MAX - value) - 1;
}

/* From north to north it is 36,000 hundredths of a degree. */
static int64_t shorter_turn(int64_t turn)
{
    if (turn >= 18000) return turn - 36000;
    return turn < -18000 ? turn + 36000 : turn;
}

static int64_t difference(series *s, int64_t value)
{
    int64_t told = wrapped((uint64_t)value - s->last - s->step);

    if (s->c == HEADING && s->num > 0) told = shorter_turn(told);
    advance(s, (uint64_t)value);
    return told;
}

static int64_t add_difference(covey_wire *w, series *s, int64_t told)
{
    uint64_t value = s->last + s->step + (uint64_t)told;

    if (s->c == HEADING && s->num > 0) {
        covey_wire_require(w, covey_within(told, -18000, 17999));
        if (wrapped(value) < 0) value += 36000;
        if (wrapped(value) > 35999) value -= 36000;
    }
    advance(s, value);
    return wrapped(value);
}

typedef struct {
    size_t *num;
    int64_t **values;
} place;

static place place_of(Covey__Location *m, column c)
{
    switch (c) {
    case LAT: return (place){&m->n_lat_e7, &m->lat_e7};
    case LON: return (place){&m->n_lon_e7, &m->lon_e7};
    case TIME: return (place){&m->n_time_ms, &m->time_ms};
    case STATE: return (place){&m->n_state, &m->state};
    case ACCURACY: return (place){&m->n_accuracy_cm, &m->accuracy_cm};
    case ALTITUDE: return (place){&m->n_altitude_cm, &m->altitude_cm};
    case SPEED: return (place){&m->n_speed_cm_s, &m->speed_cm_s};
    case HEADING: return (place){&m->n_heading_cdeg, &m->heading_cdeg};
    default: return (place){&m->n_battery_percent, &m->battery_percent};
    }
}

static void put_column(covey_wire *w, Covey__Location *message,
                       const covey_location *location, column c)
{
    place to = place_of(message, c);
    series s = series_of(c, w->sent_ms);
    int64_t *values = covey_wire_take(w, location->num_fixes, sizeof values[0]);

    if (values == NULL) return;
    for (size_t i = 0; i < location->num_fixes; i++) {
        const covey_fix *fix = &location->fixes[i];

        if (!has(fix, c)) continue;
        int64_t told = difference(&s, value_of(fix, c));
        values[s.num - 1] = told;
        if (told != 0 || c == LAT) *to.num = s.num;
    }
    *to.values = values;
}

void covey_put_fixes(covey_wire *w, Covey__Location *message,
                     const covey_location *location)
{
    for (column c = LAT; c < NUM_COLUMNS; c++) {
        put_column(w, message, location, c);
    }
}

/* STATE comes before what depends on it. */
static void get_column(covey_wire *w, covey_fix *fixes, size_t num_fixes,
                       place from, column c)
{
    series s = series_of(c, w->sent_ms);
    size_t num = *from.num;

    for (size_t i = 0; i < num_fixes && !w->failed; i++) {
        if (!has(&fixes[i], c)) continue;
        int64_t told = s.num < num ? (*from.values)[s.num] : 0;
        int64_t value = add_difference(w, &s, told);

        covey_wire_require(w,
                           covey_within(value, columns[c].min, columns[c].max));
        if (!w->failed) set_value(&fixes[i], c, value);
    }
    covey_wire_require(w, num <= s.num);
    if (c != LAT && num != 0) {
        covey_wire_require(w, (*from.values)[num - 1] != 0);
    }
}

void covey_get_fixes(covey_wire *w, covey_location *location,
                     const Covey__Location *message)
{
    Covey__Location columns_of = *message; /* place_of() may write; we do not */
    size_t num = message->n_lat_e7;

    covey_wire_require(w, num <= COVEY_FIXES_MAX);
    if (w->failed) return;
    covey_fix *fixes = covey_wire_take(w, num, sizeof fixes[0]);
    if (fixes == NULL) return;
    for (column c = LAT; c < NUM_COLUMNS; c++) {
        get_column(w, fixes, num, place_of(&columns_of, c), c);
    }
    location->fixes = fixes;
    location->num_fixes = num;
}
