#include "content/location.h"

#define WIFI_SIZE (COVEY_BSSID_SIZE + 2) /* bssid, rssi, channel */

static bool cell_valid(const covey_cell *cell)
{
    return covey_within((int64_t)cell->radio, COVEY_RADIO_GSM,
                        COVEY_RADIO_NR) &&
           cell->mcc <= 999 &&
           cell->mnc <= (cell->mnc_digits == 2 ? 99 : 999) &&
           (cell->mnc_digits == 2 || cell->mnc_digits == 3) &&
           cell->area < 1u << 24 && cell->id < (uint64_t)1 << 36 &&
           covey_within(cell->rssi_dbm, -150, 0);
}

bool covey_scan_valid(const covey_scan *scan)
{
    bool valid = covey_time_or_none(scan->time_ms) &&
                 scan->num_wifi <= COVEY_WIFI_MAX &&
                 scan->num_cells <= COVEY_CELLS_MAX &&
                 scan->num_wifi + scan->num_cells != 0;

    for (size_t i = 0; valid && i < scan->num_wifi; i++) {
        valid = covey_within(scan->wifi[i].rssi_dbm, -127, 0);
    }
    for (size_t i = 0; valid && i < scan->num_cells; i++) {
        valid = cell_valid(&scan->cells[i]);
    }
    return valid;
}

static void put_wifi(covey_wire *w, Covey__Scan *message,
                     const covey_scan *scan)
{
    size_t len = scan->num_wifi * WIFI_SIZE;
    uint8_t *at = covey_wire_take(w, len, 1);

    if (at == NULL || len == 0) return;
    message->has_wifi = true;
    message->wifi = covey_put_fixed(at, len);
    for (size_t i = 0; i < scan->num_wifi; i++, at += WIFI_SIZE) {
        const covey_wifi *wifi = &scan->wifi[i];

        memcpy(at, wifi->bssid, sizeof wifi->bssid);
        at[COVEY_BSSID_SIZE] = (uint8_t)wifi->rssi_dbm; /* two's complement */
        at[COVEY_BSSID_SIZE + 1] = wifi->channel;
    }
}

static Covey__Cell *put_cell(covey_wire *w, const covey_cell *cell)
{
    Covey__Cell *message = covey_wire_new(w, &covey__cell__descriptor);

    if (message == NULL) return NULL;
    message->radio = (Covey__Cell__Radio)cell->radio;
    message->mcc = cell->mcc;
    message->mnc = cell->mnc;
    message->mnc_digits = cell->mnc_digits;
    message->area = cell->area;
    message->id = cell->id;
    message->rssi_dbm = cell->rssi_dbm;
    return message;
}

Covey__Scan *covey_put_scan(covey_wire *w, const covey_scan *scan)
{
    Covey__Scan *message = covey_wire_new(w, &covey__scan__descriptor);
    Covey__Cell **cells = covey_wire_list(w, scan->num_cells);

    if (message == NULL || cells == NULL) return NULL;
    message->time_ms = scan->time_ms - w->sent_ms;
    put_wifi(w, message, scan);
    for (size_t i = 0; i < scan->num_cells; i++) {
        cells[i] = put_cell(w, &scan->cells[i]);
    }
    message->cells = cells;
    message->n_cells = scan->num_cells;
    return message;
}

static void get_wifi(covey_wire *w, covey_scan *scan,
                     const ProtobufCBinaryData *data)
{
    size_t num = data->len / WIFI_SIZE;

    covey_wire_require(w, data->len % WIFI_SIZE == 0 && num != 0 &&
                              num <= COVEY_WIFI_MAX);
    if (w->failed) return;
    covey_wifi *wifi = covey_wire_take(w, num, sizeof wifi[0]);
    if (wifi == NULL) return;
    for (size_t i = 0; i < num; i++) {
        const uint8_t *at = data->data + i * WIFI_SIZE;
        uint8_t rssi = at[COVEY_BSSID_SIZE];

        memcpy(wifi[i].bssid, at, sizeof wifi[i].bssid);
        wifi[i].rssi_dbm = (int8_t)(rssi < 128 ? rssi : rssi - 256);
        wifi[i].channel = at[COVEY_BSSID_SIZE + 1];
    }
    scan->wifi = wifi;
    scan->num_wifi = num;
}

static void get_cell(covey_wire *w, covey_cell *cell,
                     const Covey__Cell *message)
{
    covey_get_known(w, &message->base);
    cell->radio = (covey_radio)message->radio;
    cell->mcc = message->mcc;
    cell->mnc = message->mnc;
    cell->mnc_digits = message->mnc_digits;
    cell->area = message->area;
    cell->id = message->id;
    cell->rssi_dbm = message->rssi_dbm;
}

static void get_cells(covey_wire *w, covey_scan *scan,
                      const Covey__Scan *message)
{
    covey_wire_require(w, message->n_cells <= COVEY_CELLS_MAX);
    if (w->failed) return;
    covey_cell *cells = covey_wire_take(w, message->n_cells, sizeof cells[0]);
    if (cells == NULL) return;
    for (size_t i = 0; i < message->n_cells; i++) {
        get_cell(w, &cells[i], message->cells[i]);
    }
    scan->cells = cells;
    scan->num_cells = message->n_cells;
}

void covey_get_scan(covey_wire *w, covey_scan *scan, const Covey__Scan *message)
{
    covey_get_known(w, &message->base);
    /* Within half of the range each; their sum does not overflow. */
    covey_wire_require(w, covey_within(message->time_ms, -COVEY_TIME_MS_MAX,
                                       COVEY_TIME_MS_MAX));
    if (w->failed) return;
    scan->time_ms = w->sent_ms + message->time_ms;
    if (message->has_wifi) get_wifi(w, scan, &message->wifi);
    get_cells(w, scan, message);
}
