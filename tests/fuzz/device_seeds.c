#include "fuzz/device_seeds.h"

#include "base/writer.h"
#include "fuzz/circle.h"
#include "fuzz/fuzz.h"

static void write_seed(const char *directory, const char *name, unsigned mode,
                       const covey_writer *w)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s_%u", directory, name, mode);
    FILE *file = fopen(path, "wb");
    fuzz_require(file != NULL && !w->failed);
    fuzz_require(fwrite(w->at, 1, w->len, file) == w->len);
    fuzz_require(fclose(file) == 0);
}

/* One answer of these blobs of the pool, then what the host does. */
static void put_turn(covey_writer *w, size_t first, size_t num, uint8_t how,
                     uint8_t act)
{
    covey_write_u8(w, 0);
    covey_write_u8(w, (uint8_t)num);
    for (size_t i = 0; i < num; i++) {
        covey_write_u8(w, how);
        covey_write_u16(w, (uint16_t)(first + i));
        if (how == 3) covey_write_u16(w, 77);
        if (how == 4) covey_write_u32(w, 0x02002000);
    }
    covey_write_u8(w, 0); /* where its own was put */
    covey_write_u8(w, act);
}

/* The pool from its start, or from there on, so many at once. */
static void seed(const char *directory, const char *name, unsigned mode,
                 size_t first, size_t at_once, uint8_t how, uint8_t act)
{
    uint8_t bytes[512];
    covey_writer w = covey_writer_of(bytes, sizeof bytes);
    const circle *c = circle_get();

    covey_write_u8(&w, (uint8_t)mode);
    for (size_t i = 0; i < 8 && first + at_once <= c->num_blobs; i++) {
        put_turn(&w, first, at_once, how, act);
        first += at_once;
    }
    write_seed(directory, name, mode, &w);
}

void device_seeds_write(const char *directory)
{
    const circle *c = circle_get();

    for (unsigned mode = 0; mode < 8; mode++) {
        if ((mode & 3) == CIRCLE_NUM) continue;
        seed(directory, "all", mode, 0, 7, 0, 14);
        seed(directory, "one_by_one", mode, 0, 1, 0, 14);
        seed(directory, "next", mode, c->num_present, 7, 0, 14);
        seed(directory, "flipped", mode, 0, 5, 3, 14);
        seed(directory, "overwritten", mode, 0, 5, 4, 14);
        seed(directory, "stubs", mode, 0, 5, 7, 14);
        seed(directory, "reopened", mode, 0, 3, 0, 10);
        seed(directory, "busy", mode, 0, 3, 0, 2);
        seed(directory, "days", mode, 0, 4, 0, 15);
    }
}
