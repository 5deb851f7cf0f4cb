#include "content/utf8.h"
#include "content/wire.h"

static bool valid(const covey_content *content)
{
    covey_bytes text = content->of.text.text;

    return text.len >= 1 && text.len <= COVEY_TEXT_MAX &&
           covey_utf8_valid(text, true);
}

static void *put(covey_wire *w, const covey_content *content)
{
    Covey__Text *message = covey_wire_new(w, &covey__text__descriptor);

    if (message == NULL) return NULL;
    message->text = covey_put_text(w, content->of.text.text);
    return message;
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Text *message = from;

    covey_get_known(w, &message->base);
    content->of.text.text = covey_get_text(message->text);
}

const covey_codec covey_codec_text = {valid, put, get};
