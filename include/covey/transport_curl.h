/*
 * A transport: carries the requests of devices to their relays over HTTPS, with
 * libcurl. A library of its own, covey_transport; a host that has another way to
 * its relay (a modem, MQTT, a test) leaves it out and loses nothing.
 * docs/TRANSPORT.md tells more.
 *
 * The order of calls:
 *
 *   covey_transport_new
 *   covey_transport_add        for each device; they may come and go
 *   loop:
 *     covey_transport_run      until something happened, or the time is over
 *   covey_transport_free
 *
 * One thread uses a transport and the devices that are in it. Only
 * covey_transport_wake may be called from another.
 *
 * Relays are untrusted, and so is this: what a relay answers goes to the device
 * as it came. What is limited here is how much a relay can cost: no redirect is
 * followed, nothing is taken that is longer than asked for, nothing waits for
 * ever, and after a failure the device says when to try again. Each mailbox has a connection of its own that no other mailbox of the
 * device uses after it, and no TLS session is resumed.
 *
 * Memory comes from malloc, as libcurl's does.
 */
#ifndef COVEY_TRANSPORT_CURL_H
#define COVEY_TRANSPORT_CURL_H

#include <stdbool.h>
#include <stdint.h>

#include <covey/device.h>
#include <covey/export.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct covey_transport covey_transport;

/* How a transport runs. All zero is a good choice. */
typedef struct {
    /* Certificates (PEM) that are trusted instead of the system's. */
    const char *ca_file;
    /* A proxy's URL, for all requests but those to the loopback in clear:
     * http://, https://, socks5h://. NULL: none, whatever the environment
     * says. */
    const char *proxy;
    /* Relays at 127.0.0.0/8, ::1 and localhost are asked over http, in clear:
     * for tests. All others are asked over https, always. */
    bool plain_loopback;
    /* For name, connection and TLS together; 0: 15,000. */
    uint32_t connect_ms;
    /* For an answer beyond what the relay may wait; a request and an answer of
     * n bytes get n / 4 ms more. 0: 30,000. */
    uint32_t answer_ms;
    /* The time; NULL: the system's. */
    covey_now (*now)(void *ctx);
    void *now_ctx;
} covey_transport_config;

/* How a request ended. */
typedef enum {
    COVEY_TRANSPORT_ANSWERED = 0,
    COVEY_TRANSPORT_GIVEN_UP = 1, /* a long poll, for something to send */
    COVEY_TRANSPORT_RELAY = 2,    /* its name is not one */
    COVEY_TRANSPORT_CONNECT = 3,  /* not found, not there, or the proxy */
    COVEY_TRANSPORT_TLS = 4,      /* no certificate for it that is trusted */
    COVEY_TRANSPORT_TIMEOUT = 5,
    COVEY_TRANSPORT_STATUS = 6,   /* HTTP says no, or to ask elsewhere */
    COVEY_TRANSPORT_TOO_LONG = 7, /* an answer longer than asked for */
    COVEY_TRANSPORT_BROKEN = 8,   /* ended early, or not HTTP */
    COVEY_TRANSPORT_GARBAGE = 9,  /* HTTP, but not the answer of a relay */
    COVEY_TRANSPORT_LOCAL = 10    /* out of memory, or of sockets */
} covey_transport_outcome;

/* What the host hears of a device, within covey_transport_run. Calls on the
 * device are allowed, and covey_transport_add and _remove. */
typedef struct {
    void *ctx;
    /* As covey_device_next_event gives it. */
    void (*on_event)(void *ctx, covey_device *device, const covey_event *event);
    /* A call on the device failed with a covey_error: a hook of the host, as a
     * rule. It is tried again after a while. May be NULL. */
    void (*on_error)(void *ctx, covey_device *device, int error);
    /* A request ended: for a log, or a sign that the relay is away. The device
     * knows already. http_status is 0 when there is none. May be NULL. */
    void (*on_outcome)(void *ctx, covey_device *device,
                       covey_transport_outcome outcome, int http_status);
} covey_transport_callbacks;

/**
 * Makes a transport.
 *
 * Where libcurl is older than 7.84 the first one is to be made before the
 * program has other threads.
 *
 * @param[out] transport  The transport; NULL on failure.
 * @param      config     Copied, but for now_ctx.
 *
 * @retval COVEY_OK            Made.
 * @retval COVEY_ERR_ARGUMENT  ca_file cannot be read, or a time is more than
 *                             an hour.
 * @retval COVEY_ERR_CAPACITY  There is no memory, or no more sockets.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transport_new(covey_transport **transport,
                    const covey_transport_config *config);

/**
 * Takes all devices out, as covey_transport_remove does, and ends. Not within a
 * callback.
 *
 * @param transport  Any, or NULL.
 */
COVEY_API void covey_transport_free(covey_transport *transport);

/**
 * Serves a device from the next turn on.
 *
 * @param transport  Any.
 * @param device     Open, and in no transport; outlives its stay in this one.
 * @param callbacks  Copied; on_event is not NULL.
 *
 * @retval COVEY_OK            Added.
 * @retval COVEY_ERR_ARGUMENT  on_event is NULL.
 * @retval COVEY_ERR_STATE     It is in here already.
 * @retval COVEY_ERR_CAPACITY  There is no memory.
 */
COVEY_API COVEY_MUST_CHECK int
covey_transport_add(covey_transport *transport, covey_device *device,
                    const covey_transport_callbacks *callbacks);

/**
 * Serves a device no longer. What is on its way is given up, and the device is
 * told. To be called before covey_device_keep and covey_device_close.
 *
 * @param transport  Any.
 * @param device     One that was added; others are passed over.
 */
COVEY_API void covey_transport_remove(covey_transport *transport,
                                      covey_device *device);

/**
 * One turn: hands out events, sends what is due, waits, takes what came. To be
 * called again and again; in between, calls on the devices are allowed.
 *
 * @param transport   Any.
 * @param timeout_ms  Waits no longer than this. It ends earlier when a
 *                    callback was called, a device has something to do, or
 *                    somebody woke it; and sometimes without a reason.
 *
 * @retval COVEY_OK         Done.
 * @retval COVEY_ERR_STATE  Called within a callback.
 * @retval COVEY_ERR_PORT   libcurl failed: out of memory, as a rule.
 */
COVEY_API COVEY_MUST_CHECK int covey_transport_run(covey_transport *transport,
                                                   uint32_t timeout_ms);

/**
 * Ends the wait of covey_transport_run, or of its next call. From any thread;
 * that is how another thread says that it has work for the devices.
 *
 * @param transport  Any, until covey_transport_free.
 */
COVEY_API void covey_transport_wake(covey_transport *transport);

/** The time as the transport tells it to devices: for the host's own calls. */
COVEY_API covey_now covey_transport_now(const covey_transport *transport);

#ifdef __cplusplus
}
#endif

#endif
