#include "content/wire.h"

/* The least gap between two ranges: nearer ones would be one. */
#define APART 2

static bool ranges_valid(const covey_receipt *receipt)
{
    for (size_t i = 0; i < COVEY_RANGES_MAX; i++) {
        const covey_range *at = &receipt->ranges[i];

        if (i >= receipt->num_ranges) {
            if (at->first != 0 || at->last != 0) return false;
        } else if (at->first == 0 || at->last < at->first ||
                   (i > 0 && (at->first < at[-1].last ||
                              at->first - at[-1].last < APART))) {
            return false;
        }
    }
    return true;
}

static bool valid(const covey_content *content)
{
    const covey_receipt *receipt = &content->of.receipt;

    return covey_within((int64_t)receipt->kind, COVEY_RECEIPT_DELIVERED,
                        COVEY_RECEIPT_READ) &&
           receipt->num_ranges >= 1 &&
           receipt->num_ranges <= COVEY_RANGES_MAX && ranges_valid(receipt);
}

static void *put(covey_wire *w, const covey_content *content)
{
    const covey_receipt *receipt = &content->of.receipt;
    Covey__Receipt *message = covey_wire_new(w, &covey__receipt__descriptor);
    uint64_t *told =
        covey_wire_take(w, 2 * receipt->num_ranges, sizeof told[0]);
    uint64_t least = 0;

    if (message == NULL || told == NULL) return NULL;
    message->kind = (Covey__Receipt__Kind)receipt->kind;
    message->sender = covey_put_member(&receipt->sender);
    message->incarnation = receipt->incarnation;
    message->ranges = told;
    message->n_ranges = 2 * receipt->num_ranges;
    for (size_t i = 0; i < receipt->num_ranges; i++) {
        const covey_range *range = &receipt->ranges[i];

        told[2 * i] = range->first - least;
        told[2 * i + 1] = range->last - range->first;
        least = range->last + APART;
    }
    return message;
}

/* One number more; fails where it would not be a counter. */
static uint64_t add(covey_wire *w, uint64_t from, uint64_t told)
{
    covey_wire_require(w, told <= UINT64_MAX - from);
    return w->failed ? 0 : from + told;
}

static void get_ranges(covey_wire *w, covey_receipt *receipt,
                       const uint64_t *told, size_t num_told)
{
    size_t num = num_told / 2;

    covey_wire_require(w, num_told % 2 == 0 && num <= COVEY_RANGES_MAX);
    for (size_t i = 0; i < num && !w->failed; i++) {
        covey_range *range = &receipt->ranges[i];
        uint64_t least = i == 0 ? 0 : add(w, range[-1].last, APART);

        range->first = add(w, least, told[2 * i]);
        range->last = add(w, range->first, told[2 * i + 1]);
    }
    receipt->num_ranges = num;
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Receipt *message = from;
    covey_receipt *receipt = &content->of.receipt;

    covey_get_known(w, &message->base);
    receipt->kind = (covey_receipt_kind)message->kind;
    covey_get_member(w, &receipt->sender, &message->sender);
    receipt->incarnation = message->incarnation;
    get_ranges(w, receipt, message->ranges, message->n_ranges);
}

const covey_codec covey_codec_receipt = {valid, put, get};
