#include "content/body.h"

/* A kind is the number of its field. */
static const covey_codec *const codecs[] = {
    [COVEY__BODY__KIND_LOCATION] = &covey_codec_location,
    [COVEY__BODY__KIND_STATUS] = &covey_codec_status,
    [COVEY__BODY__KIND_TEXT] = &covey_codec_text,
    [COVEY__BODY__KIND_ATTACHMENT] = &covey_codec_attachment,
    [COVEY__BODY__KIND_RECEIPT] = &covey_codec_receipt,
    [COVEY__BODY__KIND_SOS] = &covey_codec_sos,
    [COVEY__BODY__KIND_SOS_ACK] = &covey_codec_sos_ack,
    [COVEY__BODY__KIND_COMMAND] = &covey_codec_command,
    [COVEY__BODY__KIND_COMMAND_RECEIPT] = &covey_codec_command_receipt,
    [COVEY__BODY__KIND_BOOT] = &covey_codec_boot,
    [COVEY__BODY__KIND_JOINED] = &covey_codec_joined,
    [COVEY__BODY__KIND_DOCUMENT] = &covey_codec_document,
    [COVEY__BODY__KIND_NOTICE] = &covey_codec_notice,
    [COVEY__BODY__KIND_ACCESS_LOG] = &covey_codec_access_log,
    [COVEY__BODY__KIND_PAUSE] = &covey_codec_pause,
};

static const covey_codec *codec_of(int64_t kind)
{
    return covey_within(kind, 1, sizeof codecs / sizeof codecs[0] - 1)
               ? codecs[kind]
               : NULL;
}

/* What is read may be of a later kind; what is sent may not. */
static bool known(const covey_content *content)
{
    switch (content->kind) {
    case COVEY_CONTENT_COMMAND:
        return content->of.command.kind != COVEY_COMMAND_UNKNOWN;
    case COVEY_CONTENT_NOTICE:
        return content->of.notice.kind != COVEY_NOTICE_UNKNOWN;
    default: return true;
    }
}

bool covey_body_valid(const covey_content *content)
{
    const covey_codec *codec = codec_of((int64_t)content->kind);

    return codec != NULL && known(content) && codec->valid(content);
}

Covey__Body *covey_put_body(covey_wire *w, const covey_content *content)
{
    const covey_codec *codec = codec_of((int64_t)content->kind);
    Covey__Body *message = covey_wire_new(w, &covey__body__descriptor);

    if (message == NULL || codec == NULL) return NULL;
    message->kind_case = (Covey__Body__KindCase)content->kind;
    message->location = codec->put(w, content); /* whichever it is */
    return message;
}

void covey_get_body(covey_wire *w, covey_content *content,
                    const Covey__Body *message)
{
    const covey_codec *codec = codec_of((int64_t)message->kind_case);

    if (codec == NULL) {
        content->kind = COVEY_CONTENT_UNKNOWN;
        content->of.unknown = covey_get_unknown(w, &message->base);
        return;
    }
    covey_get_known(w, &message->base);
    content->kind = (covey_content_kind)message->kind_case;
    if (w->failed) return;
    codec->get(w, content, message->location);
    covey_wire_require(w, !w->failed && codec->valid(content));
}
