#include "content/location.h"

static bool no_where(const covey_location *where)
{
    return where->num_fixes == 0 && !where->has_scan && !where->has_answer_to;
}

static bool sos_valid(const covey_content *content)
{
    const covey_sos *sos = &content->of.sos;

    if (!sos->has_where) return no_where(&sos->where);
    return covey_location_valid(&sos->where) && sos->where.num_fixes <= 1 &&
           !sos->where.has_answer_to;
}

static void *put_sos(covey_wire *w, const covey_content *content)
{
    const covey_sos *sos = &content->of.sos;
    Covey__Sos *message = covey_wire_new(w, &covey__sos__descriptor);

    if (message == NULL) return NULL;
    message->id = sos->id;
    message->repeat = sos->repeat;
    message->over = sos->over;
    if (sos->has_where) message->where = covey_put_location(w, &sos->where);
    return message;
}

static void get_sos(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__Sos *message = from;
    covey_sos *sos = &content->of.sos;

    covey_get_known(w, &message->base);
    sos->id = message->id;
    sos->repeat = message->repeat;
    sos->over = message->over != 0;
    sos->has_where = message->where != NULL;
    if (message->where != NULL) {
        covey_get_location(w, &sos->where, message->where);
    }
}

const covey_codec covey_codec_sos = {sos_valid, put_sos, get_sos};

static bool ack_valid(const covey_content *content)
{
    return covey_within((int64_t)content->of.sos_ack.by, COVEY_ACK_DEVICE,
                        COVEY_ACK_PERSON);
}

static void *put_ack(covey_wire *w, const covey_content *content)
{
    Covey__SosAck *message = covey_wire_new(w, &covey__sos_ack__descriptor);

    if (message == NULL) return NULL;
    message->id = content->of.sos_ack.id;
    message->by = (Covey__SosAck__By)content->of.sos_ack.by;
    return message;
}

static void get_ack(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__SosAck *message = from;

    covey_get_known(w, &message->base);
    content->of.sos_ack.id = message->id;
    content->of.sos_ack.by = (covey_ack_by)message->by;
}

const covey_codec covey_codec_sos_ack = {ack_valid, put_ack, get_ack};
