/*
 * A line to one mailbox: one request at a time, over connections that no other
 * mailbox uses. When a line is given to another mailbox, or rests for long, its
 * connections are closed first.
 */
#ifndef COVEY_TRANSPORT_LINE_H
#define COVEY_TRANSPORT_LINE_H

#include "transport/answer.h"
#include "transport/settings.h"

/* A request begins with its mailbox's address: SPEC.md section 4.5 has it as
 * the first field, of 32 bytes, in the only form that is valid. */
#define COVEY_LINE_NAME_SIZE 34

typedef struct {
    void *owner;   /* whose it is */
    CURL *easy;    /* NULL: no mailbox yet */
    CURLSH *share; /* holds this line's connections, and no others */
    uint8_t name[COVEY_LINE_NAME_SIZE];
    char relay[COVEY_RELAY_SIZE];
    bool is_busy;
    covey_request request; /* while busy; its body is in `body` */
    uint8_t *body;         /* covey_device_request_size() bytes */
    covey_answer answer;
    uint64_t begun_ms;
    uint64_t limit_ms; /* what it may take */
    uint64_t used_ms;
} covey_line;

/* False: no memory. */
bool covey_line_init(covey_line *line, void *owner);

/* Ends what is on its way, and closes. */
void covey_line_free(covey_line *line, CURLM *multi);

/* Whether it is this request's mailbox's already. */
bool covey_line_is_of(const covey_line *line, const covey_request *request);

/* Sends request, whose body is in *body: the two bodies change places. On
 * another outcome than COVEY_TRANSPORT_ANSWERED it was not sent. */
covey_transport_outcome
covey_line_begin(covey_line *line, CURLM *multi,
                 const covey_transport_settings *settings,
                 const covey_request *request, uint8_t **body, uint64_t now_ms);

/* Ends what is on its way, finished or not. */
void covey_line_end(covey_line *line, CURLM *multi, uint64_t now_ms);

/* What libcurl's result means; status is HTTP's. */
covey_transport_outcome covey_line_outcome(const covey_line *line,
                                           CURLcode result, int *status);

/* Closes the connections. Only when nothing is on its way. */
void covey_line_close(covey_line *line);

#endif
