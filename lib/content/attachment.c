#include "content/attachment.h"

#include "content/wire.h"

static bool voice_valid(const covey_attachment *a)
{
    return covey_within(a->duration_ms, 1, COVEY_VOICE_MS_MAX) &&
           a->width == 0 && a->height == 0;
}

static bool picture_valid(const covey_attachment *a)
{
    return covey_within(a->width, 1, COVEY_PICTURE_SIDE_MAX) &&
           covey_within(a->height, 1, COVEY_PICTURE_SIDE_MAX) &&
           a->duration_ms == 0;
}

bool covey_attachment_valid(const covey_attachment *a)
{
    return ((a->media == COVEY_MEDIA_VOICE && voice_valid(a)) ||
            (a->media == COVEY_MEDIA_PICTURE && picture_valid(a))) &&
           covey_within(a->size, 1, COVEY_ATTACHMENT_MAX) &&
           covey_within(a->chunk_size, COVEY_CHUNK_MIN, COVEY_CHUNK_MAX);
}

static bool valid(const covey_content *content)
{
    return covey_attachment_valid(&content->of.attachment);
}

static void put_media(covey_wire *w, Covey__Attachment *message,
                      const covey_attachment *a)
{
    if (a->media == COVEY_MEDIA_VOICE) {
        Covey__Voice *voice = covey_wire_new(w, &covey__voice__descriptor);

        if (voice != NULL) voice->duration_ms = a->duration_ms;
        message->media_case = COVEY__ATTACHMENT__MEDIA_VOICE;
        message->voice = voice;
        return;
    }
    Covey__Picture *picture = covey_wire_new(w, &covey__picture__descriptor);
    if (picture != NULL) {
        picture->width = a->width;
        picture->height = a->height;
    }
    message->media_case = COVEY__ATTACHMENT__MEDIA_PICTURE;
    message->picture = picture;
}

static void *put(covey_wire *w, const covey_content *content)
{
    const covey_attachment *a = &content->of.attachment;
    Covey__Attachment *message =
        covey_wire_new(w, &covey__attachment__descriptor);

    if (message == NULL) return NULL;
    put_media(w, message, a);
    message->size = a->size;
    message->sha256 = covey_put_fixed(a->sha256, sizeof a->sha256);
    message->chunk_size = a->chunk_size;
    message->mailbox_seed =
        covey_put_fixed(a->mailbox_seed, sizeof a->mailbox_seed);
    message->key = covey_put_fixed(a->key, sizeof a->key);
    return message;
}

static void get_media(covey_wire *w, covey_attachment *a,
                      const Covey__Attachment *message)
{
    switch (message->media_case) {
    case COVEY__ATTACHMENT__MEDIA_VOICE:
        covey_get_known(w, &message->voice->base);
        a->media = COVEY_MEDIA_VOICE;
        a->duration_ms = message->voice->duration_ms;
        break;
    case COVEY__ATTACHMENT__MEDIA_PICTURE:
        covey_get_known(w, &message->picture->base);
        a->media = COVEY_MEDIA_PICTURE;
        a->width = message->picture->width;
        a->height = message->picture->height;
        break;
    default: w->failed = true; break;
    }
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Attachment *message = from;
    covey_attachment *a = &content->of.attachment;

    covey_get_known(w, &message->base);
    get_media(w, a, message);
    a->size = message->size;
    covey_get_fixed(w, a->sha256, sizeof a->sha256, &message->sha256);
    a->chunk_size = message->chunk_size;
    covey_get_fixed(w, a->mailbox_seed, sizeof a->mailbox_seed,
                    &message->mailbox_seed);
    covey_get_fixed(w, a->key, sizeof a->key, &message->key);
}

const covey_codec covey_codec_attachment = {valid, put, get};
