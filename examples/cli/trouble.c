#include "trouble.h"

#include <stdio.h>

static const char silence[] = "the relay does not answer.";

static const char *const outcomes[] = {
    [COVEY_TRANSPORT_RELAY] = "what the circle calls its relay is no host.",
    [COVEY_TRANSPORT_CONNECT] =
        "the relay cannot be reached: is this device online?",
    [COVEY_TRANSPORT_TLS] =
        "the relay did not prove who it is, so nothing was sent to it: its "
        "certificate has expired, is for another name or of an authority that "
        "is not trusted here, or it speaks no TLS. Is the clock right? Who runs "
        "the relay can renew its certificate; `--ca-file FILE` names an "
        "authority of his own.",
    [COVEY_TRANSPORT_TIMEOUT] = silence,
    [COVEY_TRANSPORT_TOO_LONG] =
        "the relay answers more than it was asked for, which was not taken.",
    [COVEY_TRANSPORT_BROKEN] = "the relay breaks off, or does not speak HTTP.",
    [COVEY_TRANSPORT_GARBAGE] =
        "what answers is not a relay, or lies: is a portal in between?",
    [COVEY_TRANSPORT_LOCAL] = "out of memory, or of sockets.",
};

bool trouble_is(const trouble *t)
{
    return (t->outcome != COVEY_TRANSPORT_ANSWERED &&
            t->outcome != COVEY_TRANSPORT_GIVEN_UP) ||
           t->relay == COVEY_RELAY_REFUSES || t->relay == COVEY_RELAY_FULL;
}

static void write_status(char out[TROUBLE_SIZE], int status)
{
    const char *what = "the relay does not serve this";

    if (status >= 300 && status < 400) {
        what = "the relay says to ask elsewhere, which is not done";
    } else if (status == 429 || status >= 500) {
        what = "the relay says that it cannot serve now";
    } else if (status == 404 || status == 405) {
        what = "there is no relay at this address";
    }
    snprintf(out, TROUBLE_SIZE, "%s (HTTP status %d).", what, status);
}

void trouble_write(char out[TROUBLE_SIZE], const trouble *t)
{
    const char *text = silence;

    if (t->outcome == COVEY_TRANSPORT_STATUS) {
        write_status(out, t->http_status);
        return;
    }
    if (t->outcome == COVEY_TRANSPORT_ANSWERED &&
        t->relay == COVEY_RELAY_REFUSES) {
        text = "the relay refuses to serve the circle's mailbox, or is too "
               "busy.";
    } else if (t->outcome == COVEY_TRANSPORT_ANSWERED &&
               t->relay == COVEY_RELAY_FULL) {
        text = "the circle's mailbox at the relay is full.";
    } else if ((size_t)t->outcome < sizeof outcomes / sizeof outcomes[0] &&
               outcomes[t->outcome] != NULL) {
        text = outcomes[t->outcome];
    }
    snprintf(out, TROUBLE_SIZE, "%s", text);
}
