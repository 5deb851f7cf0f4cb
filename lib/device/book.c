#include "device/book.h"

#include "device/fields.h"

covey_access_log covey_book_piece(const covey_book *book,
                                  const covey_access_entry *entry)
{
    covey_access_log piece = {.first = book->count,
                              .entries = entry,
                              .num_entries = 1};

    memcpy(piece.before, book->chain, sizeof piece.before);
    return piece;
}

static void keep(covey_book *book, const covey_access_entry *entry)
{
    if (book->num == COVEY_ACCESS_KEPT) {
        book->num--;
        memmove(&book->kept[0], &book->kept[1],
                book->num * sizeof book->kept[0]);
    }
    book->kept[book->num++] = *entry;
}

bool covey_book_take(covey_book *book, const covey_access_log *piece,
                     covey_buffer *scratch)
{
    bool goes_on = !book->is_known || (piece->first == book->count &&
                                       memcmp(piece->before, book->chain,
                                              sizeof book->chain) == 0);

    for (size_t i = 0; i < piece->num_entries; i++) {
        keep(book, &piece->entries[i]);
    }
    book->count = piece->first + piece->num_entries;
    book->is_known =
        covey_access_log_after(book->chain, piece, scratch) == COVEY_OK;
    return goes_on;
}

/* ---- saved ---- */

static void write_entry(covey_writer *w, const covey_access_entry *entry)
{
    covey_write_member(w, &entry->who);
    covey_write_u32(w, entry->what);
    covey_write_u64(w, (uint64_t)entry->time_ms);
    covey_write_u32(w, entry->detail);
    covey_write_flag(w, entry->has_subject);
    covey_write_member(w, &entry->subject);
    covey_write_flag(w, entry->has_id);
    covey_write_u64(w, entry->id.counter);
    covey_write_u32(w, entry->id.incarnation);
}

static void read_entry(covey_reader *r, covey_access_entry *entry)
{
    covey_read_member(r, &entry->who);
    entry->what = covey_read_u32(r);
    entry->time_ms = (int64_t)covey_read_u64(r);
    entry->detail = covey_read_u32(r);
    entry->has_subject = covey_read_flag(r);
    covey_read_member(r, &entry->subject);
    entry->has_id = covey_read_flag(r);
    entry->id.counter = covey_read_u64(r);
    entry->id.incarnation = covey_read_u32(r);
}

void covey_book_write(covey_writer *w, const covey_book *book)
{
    covey_write_flag(w, book->is_known);
    covey_write_u64(w, book->count);
    covey_write_fixed(w, covey_bytes_of(book->chain, sizeof book->chain));
    covey_write_u16(w, book->num);
    for (size_t i = 0; i < book->num; i++) write_entry(w, &book->kept[i]);
}

int covey_book_read(covey_book *book, covey_reader *r)
{
    book->is_known = covey_read_flag(r);
    book->count = covey_read_u64(r);
    covey_read_into(r, book->chain, sizeof book->chain);
    uint16_t num = covey_read_u16(r);

    book->num = 0;
    if (num > COVEY_ACCESS_KEPT) return COVEY_ERR_CAPACITY;
    for (uint16_t i = 0; i < num; i++) read_entry(r, &book->kept[i]);
    if (r->failed) return COVEY_ERR_MALFORMED;
    book->num = num;
    return COVEY_OK;
}
