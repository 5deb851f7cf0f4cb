#include "device/notes.h"

#include "device/fields.h"

void covey_notes_add(covey_notes *notes, const covey_note *note)
{
    covey_note lost;

    if (notes->num == COVEY_NOTES_MAX) (void)covey_notes_take(notes, &lost);
    notes->items[notes->num++] = *note;
}

bool covey_notes_take(covey_notes *notes, covey_note *note)
{
    if (notes->num == 0) return false;
    *note = notes->items[0];
    notes->num--;
    memmove(&notes->items[0], &notes->items[1],
            notes->num * sizeof notes->items[0]);
    return true;
}

void covey_notes_write(covey_writer *w, const covey_notes *notes)
{
    covey_write_u8(w, notes->num);
    for (size_t i = 0; i < notes->num; i++) {
        const covey_note *note = &notes->items[i];

        covey_write_u8(w, note->kind);
        covey_write_u8(w, note->operation);
        covey_write_u16(w, (uint16_t)-note->error);
        covey_write_member(w, &note->member);
        covey_write_member(w, &note->by);
        covey_write_u64(w, note->value);
    }
}

int covey_notes_read(covey_notes *notes, covey_reader *r)
{
    uint8_t num = covey_read_u8(r);

    notes->num = 0;
    if (num > COVEY_NOTES_MAX) return COVEY_ERR_CAPACITY;
    for (uint8_t i = 0; i < num; i++) {
        covey_note *note = &notes->items[i];

        note->kind = covey_read_u8(r);
        note->operation = covey_read_u8(r);
        note->error = (int16_t) - (int)covey_read_u16(r);
        covey_read_member(r, &note->member);
        covey_read_member(r, &note->by);
        note->value = covey_read_u64(r);
    }
    if (r->failed) return COVEY_ERR_MALFORMED;
    notes->num = num;
    return COVEY_OK;
}
