/*
 * What a device says of itself: that it started, that it joined, that its
 * wearer pauses.
 */
#include "content/wire.h"

static bool any(const covey_content *content)
{
    (void)content;
    return true;
}

static void *put_boot(covey_wire *w, const covey_content *content)
{
    const covey_boot *boot = &content->of.boot;
    Covey__Boot *message = covey_wire_new(w, &covey__boot__descriptor);

    if (message == NULL) return NULL;
    message->nonce = covey_put_fixed(boot->nonce, sizeof boot->nonce);
    return message;
}

static void get_boot(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Boot *message = from;
    covey_boot *boot = &content->of.boot;

    covey_get_known(w, &message->base);
    covey_get_fixed(w, boot->nonce, sizeof boot->nonce, &message->nonce);
}

const covey_codec covey_codec_boot = {any, put_boot, get_boot};

static void *put_joined(covey_wire *w, const covey_content *content)
{
    const covey_joined *joined = &content->of.joined;
    Covey__Joined *message = covey_wire_new(w, &covey__joined__descriptor);

    if (message == NULL) return NULL;
    message->member = covey_put_member(&joined->member);
    message->authenticator =
        covey_put_fixed(joined->authenticator, sizeof joined->authenticator);
    return message;
}

static void get_joined(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Joined *message = from;
    covey_joined *joined = &content->of.joined;

    covey_get_known(w, &message->base);
    covey_get_member(w, &joined->member, &message->member);
    covey_get_fixed(w, joined->authenticator, sizeof joined->authenticator,
                    &message->authenticator);
}

const covey_codec covey_codec_joined = {any, put_joined, get_joined};

static bool pause_valid(const covey_content *content)
{
    return covey_time_or_none(content->of.pause.until_ms);
}

static void *put_pause(covey_wire *w, const covey_content *content)
{
    Covey__Pause *message = covey_wire_new(w, &covey__pause__descriptor);

    if (message == NULL) return NULL;
    message->until_ms = (uint64_t)content->of.pause.until_ms;
    return message;
}

static void get_pause(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Pause *message = from;

    covey_get_known(w, &message->base);
    content->of.pause.until_ms = (int64_t)message->until_ms;
}

const covey_codec covey_codec_pause = {pause_valid, put_pause, get_pause};
