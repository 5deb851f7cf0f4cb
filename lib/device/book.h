/*
 * The wearer's access log as this device has it: the watch writes it, the
 * others read it and see whether a piece is missing. The last entries are kept.
 */
#ifndef COVEY_DEVICE_BOOK_H
#define COVEY_DEVICE_BOOK_H

#include <covey/content.h>

#include "base/reader.h"
#include "base/writer.h"
#include "device/limits.h"

typedef struct {
    bool is_known;  /* somewhere it began for this device */
    uint64_t count; /* entries so far */
    uint8_t chain[COVEY_ACCESS_CHAIN_SIZE];
    uint16_t num; /* kept, oldest first */
    covey_access_entry kept[COVEY_ACCESS_KEPT];
} covey_book;

/* The piece that says the next entry; a view of it. */
covey_access_log covey_book_piece(const covey_book *book,
                                  const covey_access_entry *entry);

/* Takes a piece. False when it does not go on from what is here; it is kept
 * even so. Works in the scratch. */
bool covey_book_take(covey_book *book, const covey_access_log *piece,
                     covey_buffer *scratch);

void covey_book_write(covey_writer *w, const covey_book *book);
/* COVEY_ERR_MALFORMED, COVEY_ERR_CAPACITY. */
int covey_book_read(covey_book *book, covey_reader *r);

#endif
