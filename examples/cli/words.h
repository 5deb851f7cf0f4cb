/*
 * The library's enumerations in words, as --json and the history say them.
 */
#ifndef DESK_WORDS_H
#define DESK_WORDS_H

#include <covey/content.h>

#define MEMBER_TEXT_SIZE (2 * COVEY_MEMBER_ID_SIZE + 1)

typedef enum {
    WORDS_ROLE,
    WORDS_SOURCE,
    WORDS_REASON,
    WORDS_YES_NO,
    WORDS_LIMIT,
    WORDS_MEDIA,
    WORDS_RECEIPT,
    WORDS_ACK,
    WORDS_COMMAND,
    WORDS_OUTCOME,
    WORDS_REFUSED,
    WORDS_DOCUMENT,
    WORDS_NOTICE,
    WORDS_ACCESS,
    WORDS_CONTENT,
    WORDS_TRUST,
    WORDS_STATE,
    WORDS_RELAY,
    WORDS_OPERATION,
    WORDS_SOS,
    NUM_WORDS
} words_of;

/* "unknown" for a value that has no word. */
const char *word(words_of which, int value);

/* The other way round; -1: no such word. NULL is no word. */
int word_value(words_of which, const char *text);

/* In hexadecimal. */
void member_text(char out[MEMBER_TEXT_SIZE], const covey_member_id *id);
bool member_read(covey_member_id *id, const char *text);

#endif
