/*
 * What a file is: its size, the sides of a PNG or JPEG picture, the length of
 * a WAV recording.
 */
#ifndef DESK_MEDIA_H
#define DESK_MEDIA_H

#include <covey/content.h>

#include "complaint.h"

/* The beginning of a file. False when it is neither PNG nor JPEG. */
bool media_picture(covey_attachment *what, const uint8_t *at, size_t len);

/* False when it is not PCM in WAV. */
bool media_voice(covey_attachment *what, const uint8_t *at, size_t len);

#endif
