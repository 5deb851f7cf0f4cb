#include "content/wire.h"

static bool valid(const covey_content *content)
{
    const covey_notice *notice = &content->of.notice;

    return covey_within((int64_t)notice->kind, COVEY_NOTICE_UNKNOWN,
                        COVEY_NOTICE_COMMAND) &&
           (notice->has_about ? covey_reference_valid(&notice->about)
                              : covey_reference_is_zero(&notice->about)) &&
           (notice->has_document
                ? covey_version_valid(&notice->document)
                : notice->document.kind == 0 && notice->document.version == 0);
}

static void *put(covey_wire *w, const covey_content *content)
{
    const covey_notice *notice = &content->of.notice;
    Covey__Notice *message = covey_wire_new(w, &covey__notice__descriptor);

    if (message == NULL) return NULL;
    message->kind = (uint32_t)notice->kind;
    message->subject = covey_put_member(&notice->subject);
    message->by = covey_put_member(&notice->by);
    if (notice->has_about) {
        message->about = covey_put_reference(w, &notice->about);
    }
    if (notice->has_document) {
        message->document = covey_put_version(w, &notice->document);
    }
    return message;
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Notice *message = from;
    covey_notice *notice = &content->of.notice;

    covey_get_known(w, &message->base);
    covey_wire_require(w, message->kind != 0);
    if (message->kind <= COVEY_NOTICE_COMMAND) {
        notice->kind = (covey_notice_kind)message->kind;
    }
    covey_get_member(w, &notice->subject, &message->subject);
    covey_get_member(w, &notice->by, &message->by);
    notice->has_about = message->about != NULL;
    if (message->about != NULL) {
        covey_get_reference(w, &notice->about, message->about);
    }
    notice->has_document = message->document != NULL;
    if (message->document != NULL) {
        covey_get_version(w, &notice->document, message->document);
    }
}

const covey_codec covey_codec_notice = {valid, put, get};
