/*
 * What the members of a circle say to each other: SPEC.md chapter 3. Each
 * content is a plain struct; covey_payload_encode makes the bytes that MLS
 * protects, covey_payload_decode reads them. Decoding authenticates nothing:
 * it comes after MLS has, and stands any bytes even so.
 *
 * Everything is an integer with its unit in its name. Times are ms since 1970
 * UTC, from 1 to COVEY_TIME_MS_MAX. What may be missing has a has_, or a value
 * that says "unknown", and is 0 or empty then. No struct has a place for a
 * phone number, an address of the network or anything that is run.
 *
 * Memory is the caller's. Both calls work in a `scratch` of
 * COVEY_CONTENT_SCRATCH_SIZE bytes, and answer COVEY_ERR_BUFFER for a smaller
 * one. Pointers and views in a decoded payload point into the scratch: they
 * are good until it is used again. An attachment holds keys, everything else
 * is private: wipe both when they are done with.
 */
#ifndef COVEY_CONTENT_H
#define COVEY_CONTENT_H

#include <stdbool.h>

#include <covey/circle.h>
#include <covey/error.h>
#include <covey/export.h>
#include <covey/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COVEY_PAYLOAD_MAX 8080      /* those that a blob of 8,192 bytes holds */
#define COVEY_PAYLOAD_SMALL_MAX 144 /* those that one of 256 bytes holds */
#define COVEY_CONTENT_SCRATCH_SIZE 10240  /* of both calls */
#define COVEY_TIME_MS_MAX 253402300799999 /* the end of the year 9999 */
#define COVEY_SEEN_CHAIN_SIZE 16
#define COVEY_KEY_ID_MAX 16          /* of an audience's key */
#define COVEY_FIXES_MAX 32           /* in one payload */
#define COVEY_WIFI_MAX 32            /* access points in one scan */
#define COVEY_CELLS_MAX 8            /* cells in one scan */
#define COVEY_BSSID_SIZE 6           /* of an access point */
#define COVEY_FIRMWARE_MAX 32        /* bytes of a firmware's version */
#define COVEY_TEXT_MAX 4096          /* bytes of UTF-8 */
#define COVEY_ATTACHMENT_MAX 8388608 /* bytes: 8 MiB */
#define COVEY_CHUNK_MIN 128          /* bytes of an attachment's chunk */
#define COVEY_CHUNK_MAX 16000        /* bytes of an attachment's chunk */
#define COVEY_ATTACHMENT_KEY_SIZE 32 /* mailbox seed, key, SHA-256 */
#define COVEY_VOICE_MS_MAX 600000    /* ten minutes */
#define COVEY_PICTURE_SIDE_MAX 8192  /* pixels */
#define COVEY_RANGES_MAX 16          /* in one receipt */
#define COVEY_RING_S_MAX 300         /* five minutes */
#define COVEY_BOOT_NONCE_SIZE 16
#define COVEY_AUTHENTICATOR_SIZE 32 /* of an epoch */
#define COVEY_VERSIONS_MAX 8        /* of documents, in one status */
#define COVEY_DOCUMENT_HASH_SIZE 16
#define COVEY_ZONES_MAX 12
#define COVEY_ZONE_NAME_MAX 48 /* bytes of UTF-8 */
#define COVEY_SPANS_MAX 32     /* school hours of a week */
#define COVEY_WEEK_MINUTES 10080
#define COVEY_CONTACTS_MAX 32
#define COVEY_ACCESS_ENTRIES_MAX 12 /* in one payload */
#define COVEY_ACCESS_CHAIN_SIZE 32

/* ---- shared by several ---- */

/* Of what may not be known. */
typedef enum {
    COVEY_YES_NO_UNKNOWN = 0,
    COVEY_YES = 1,
    COVEY_NO = 2
} covey_yes_no;

/* Names a payload of a sender that is known otherwise. A sender counts its
 * payloads from 1; a new incarnation begins when it lost count. */
typedef struct {
    uint64_t counter; /* not 0 */
    uint32_t incarnation;
} covey_payload_id;

/* Names a payload. */
typedef struct {
    covey_member_id sender;
    covey_payload_id id;
} covey_reference;

/* What the sender had read when it sent: SPEC.md section 4.4. */
typedef struct {
    uint32_t count; /* accepted entries of this epoch's mailbox */
    uint8_t chain[COVEY_SEEN_CHAIN_SIZE];
} covey_seen;

/* ---- where the wearer is ---- */

typedef enum {
    COVEY_SOURCE_UNKNOWN = 0, /* also: of a kind that is not known here */
    COVEY_SOURCE_GNSS = 1,
    COVEY_SOURCE_WIFI = 2,
    COVEY_SOURCE_CELL = 3,
    COVEY_SOURCE_FUSED = 4
} covey_source;

/* Why a fix was sent. */
typedef enum {
    COVEY_REASON_UNKNOWN = 0, /* also: of a kind that is not known here */
    COVEY_REASON_INTERVAL = 1,
    COVEY_REASON_MOVED = 2,
    COVEY_REASON_ASKED = 3, /* by a command */
    COVEY_REASON_ZONE = 4,  /* a safe zone was entered or left */
    COVEY_REASON_SOS = 5
} covey_reason;

typedef struct {
    int64_t time_ms;       /* when it was measured; 0: not known */
    int32_t lat_e7;        /* degrees times 10^7, -900,000,000 to 900,000,000 */
    int32_t lon_e7;        /* the same, -1,800,000,000 to 1,800,000,000 */
    uint32_t accuracy_cm;  /* radius of 68 %, up to 100,000,000 */
    int32_t altitude_cm;   /* above the ellipsoid, +-2,000,000 */
    uint32_t speed_cm_s;   /* 0 to 50,000 */
    uint32_t heading_cdeg; /* hundredths of a degree from north, 0 to 35,999 */
    uint32_t battery_percent; /* 0 to 100 */
    bool has_altitude;
    bool has_speed;
    bool has_heading;
    bool has_battery;
    covey_yes_no charging;
    covey_yes_no worn;
    covey_source source;
    covey_reason reason;
} covey_fix;

/* An access point. */
typedef struct {
    uint8_t bssid[COVEY_BSSID_SIZE];
    int8_t rssi_dbm; /* -127 to 0 */
    uint8_t channel;
} covey_wifi;

typedef enum {
    COVEY_RADIO_GSM = 1,
    COVEY_RADIO_UMTS = 2,
    COVEY_RADIO_LTE = 3,
    COVEY_RADIO_NR = 4
} covey_radio;

/* A cell of the mobile network. */
typedef struct {
    covey_radio radio;
    uint32_t mcc;        /* 0 to 999 */
    uint32_t mnc;        /* 0 to 99, or 999 with three digits */
    uint32_t mnc_digits; /* 2 or 3 */
    uint32_t area;       /* location or tracking area, below 2^24 */
    uint64_t id;         /* below 2^36 */
    int32_t rssi_dbm;    /* -150 to 0 */
} covey_cell;

/* What the radio saw. */
typedef struct {
    int64_t time_ms; /* 0: not known */
    const covey_wifi *wifi;
    size_t num_wifi; /* up to COVEY_WIFI_MAX */
    const covey_cell *cells;
    size_t num_cells; /* up to COVEY_CELLS_MAX; some of one of the two */
} covey_scan;

/* A fix at least, or a scan. */
typedef struct {
    const covey_fix *fixes; /* oldest first */
    size_t num_fixes;       /* up to COVEY_FIXES_MAX */
    bool has_scan;
    covey_scan scan;
    bool has_answer_to;
    covey_reference answer_to; /* the command that asked */
} covey_location;

/* Policy documents. */
typedef enum {
    COVEY_DOCUMENT_ZONES = 1,
    COVEY_DOCUMENT_SCHOOL_HOURS = 2,
    COVEY_DOCUMENT_CONTACTS = 3,
    COVEY_DOCUMENT_SOS_LIST = 4,
    COVEY_DOCUMENT_REPORTING = 5,
    COVEY_DOCUMENT_PRECISION = 6
} covey_document_kind;

typedef struct {
    uint32_t kind;    /* a covey_document_kind; others, up to 255, are not
                         known here */
    uint32_t version; /* from 1; 0: none in force */
} covey_document_version;

/* Why locations are less fine, or fewer, than they could be. */
typedef enum {
    COVEY_LIMIT_NONE = 0,
    COVEY_LIMIT_PAUSED = 1,
    COVEY_LIMIT_GUARDIAN_SILENT = 2,
    COVEY_LIMIT_POLICY = 3,
    COVEY_LIMIT_BATTERY = 4
} covey_limit;

typedef struct {
    bool has_battery;
    uint32_t battery_percent; /* 0 to 100 */
    covey_yes_no charging;
    covey_yes_no worn;
    bool has_signal;
    int32_t signal_dbm;      /* -150 to 0 */
    covey_bytes firmware;    /* visible ASCII, up to COVEY_FIRMWARE_MAX; empty:
                             not said */
    int64_t paused_until_ms; /* 0: not paused */
    covey_limit limit;
    covey_member_id silent; /* COVEY_LIMIT_GUARDIAN_SILENT: who */
    covey_document_version documents[COVEY_VERSIONS_MAX]; /* in force, by
                                                             rising kind */
    size_t num_documents;
} covey_status;

/* ---- messages ---- */

typedef struct {
    /* UTF-8, 1 to COVEY_TEXT_MAX bytes; of control characters only line feed
     * and tab. */
    covey_bytes text;
} covey_text;

typedef enum { COVEY_MEDIA_VOICE = 1, COVEY_MEDIA_PICTURE = 2 } covey_media;

/* Where an attachment is, and how to open it. */
typedef struct {
    covey_media media;
    uint32_t duration_ms; /* VOICE: 1 to COVEY_VOICE_MS_MAX */
    uint32_t width;       /* PICTURE: 1 to COVEY_PICTURE_SIDE_MAX */
    uint32_t height;      /* PICTURE: the same */
    uint32_t size;        /* bytes in the clear, 1 to COVEY_ATTACHMENT_MAX */
    uint32_t chunk_size;  /* bytes, COVEY_CHUNK_MIN to COVEY_CHUNK_MAX */
    uint8_t sha256[COVEY_ATTACHMENT_KEY_SIZE];       /* in the clear */
    uint8_t mailbox_seed[COVEY_ATTACHMENT_KEY_SIZE]; /* secret */
    uint8_t key[COVEY_ATTACHMENT_KEY_SIZE];          /* secret */
} covey_attachment;

typedef enum {
    COVEY_RECEIPT_DELIVERED = 1,
    COVEY_RECEIPT_READ = 2
} covey_receipt_kind;

/* Counters of payloads, both ends included. */
typedef struct {
    uint64_t first; /* not 0 */
    uint64_t last;
} covey_range;

typedef struct {
    covey_receipt_kind kind;
    covey_member_id sender; /* of what was received */
    uint32_t incarnation;
    covey_range ranges[COVEY_RANGES_MAX]; /* rising, none touches the next */
    size_t num_ranges;                    /* 1 to COVEY_RANGES_MAX */
} covey_receipt;

/* ---- SOS ---- */

typedef struct {
    uint64_t id;     /* random; the same in every repeat */
    uint32_t repeat; /* 0: the first */
    bool over;       /* the wearer called it off */
    bool has_where;
    covey_location where; /* at most one fix; answers nothing */
} covey_sos;

typedef enum {
    COVEY_ACK_DEVICE = 1, /* the phone has it and rings */
    COVEY_ACK_PERSON = 2  /* somebody has seen it */
} covey_ack_by;

typedef struct {
    uint64_t id; /* of the SOS */
    covey_ack_by by;
} covey_sos_ack;

/* ---- commands ---- */

typedef enum {
    COVEY_COMMAND_UNKNOWN = 0, /* of a kind that is not known here: refuse */
    COVEY_COMMAND_LOCATE = 1,
    COVEY_COMMAND_RING = 2,
    COVEY_COMMAND_READ_MESSAGE = 3,
    COVEY_COMMAND_SET_POLICY = 4,
    COVEY_COMMAND_FIND_WATCH = 5,
    COVEY_COMMAND_POWER_OFF = 6,
    COVEY_COMMAND_SYNC = 7
} covey_command_kind;

/* Names a policy document for good. */
typedef struct {
    uint32_t kind;                          /* as above */
    uint32_t version;                       /* not 0 */
    uint8_t hash[COVEY_DOCUMENT_HASH_SIZE]; /* covey_document_hash */
} covey_document_name;

/* Its id is that of its payload. */
typedef struct {
    covey_member_id target;
    int64_t not_after_ms; /* not run later than that */
    covey_command_kind kind;
    union {
        uint32_t unknown;               /* UNKNOWN: its number */
        uint32_t duration_s;            /* RING, FIND_WATCH: 1 to 300 */
        covey_reference message;        /* READ_MESSAGE */
        covey_document_name set_policy; /* SET_POLICY */
    } of;
} covey_command;

typedef enum {
    COVEY_OUTCOME_DONE = 1,
    COVEY_OUTCOME_REFUSED = 2,
    COVEY_OUTCOME_EXPIRED = 3,
    COVEY_OUTCOME_UNKNOWN = 4 /* whether it ran: ask again */
} covey_outcome;

typedef enum {
    COVEY_REFUSED_OTHER = 0,      /* also: a reason that is not known here */
    COVEY_REFUSED_PERMISSION = 1, /* the issuer may not */
    COVEY_REFUSED_KIND = 2,       /* a kind that the watch does not know */
    COVEY_REFUSED_NOTICE = 3,     /* the wearer could not be told */
    COVEY_REFUSED_QUOTA = 4,      /* too many of them */
    COVEY_REFUSED_BATTERY = 5,    /* kept for an SOS */
    COVEY_REFUSED_PAUSED = 6,     /* the wearer paused */
    COVEY_REFUSED_REFERENCE = 7,  /* it names what the watch does not have */
    COVEY_REFUSED_FAILED = 8      /* the watch tried and could not */
} covey_refused;

typedef struct {
    covey_reference command;
    covey_outcome outcome;
    covey_refused reason; /* REFUSED, else 0 */
    bool has_answer;      /* DONE: there is a payload that answers */
    uint64_t answer;      /* its counter; same sender and incarnation */
} covey_command_receipt;

/* ---- of devices ---- */

/* A watch started: it runs only commands whose `seen` covers this. */
typedef struct {
    uint8_t nonce[COVEY_BOOT_NONCE_SIZE]; /* random */
} covey_boot;

/* A newcomer's only words until it is confirmed. */
typedef struct {
    covey_member_id member;                          /* itself */
    uint8_t authenticator[COVEY_AUTHENTICATOR_SIZE]; /* of its epoch */
} covey_joined;

/* The wearer's right to an unobserved time. */
typedef struct {
    int64_t until_ms; /* 0: the pause is over */
} covey_pause;

/* ---- policy ---- */

typedef struct {
    uint32_t id; /* not 0; each once */
    int32_t lat_e7;
    int32_t lon_e7;
    uint32_t radius_m; /* 10 to 100,000 */
    covey_bytes name;  /* UTF-8, 1 to COVEY_ZONE_NAME_MAX bytes, no control
                          characters */
    bool tell_enter;
    bool tell_leave;
    bool hidden; /* inside, no coordinates leave the watch */
} covey_zone;

/* Minutes of the wearer's local week, from Monday 00:00. */
typedef struct {
    uint32_t begin; /* 0 to 10,079 */
    uint32_t end;   /* after begin, up to 10,080; itself not part of it */
} covey_span;

typedef struct {
    covey_document_kind kind;
    uint32_t version; /* not 0 */
    union {
        struct {
            const covey_zone *zones;
            size_t num_zones; /* up to COVEY_ZONES_MAX */
        } zones;
        struct {
            covey_span spans[COVEY_SPANS_MAX]; /* rising, none overlaps */
            size_t num_spans;
        } school_hours;
        struct {
            const covey_member_id *ids; /* each once; SOS_LIST: in order */
            size_t num_ids;             /* up to COVEY_CONTACTS_MAX */
        } members;                      /* CONTACTS, SOS_LIST */
        struct {
            uint32_t interval_s;        /* 10 to 86,400 */
            uint32_t moving_interval_s; /* 10 to interval_s */
            uint32_t moved_m;           /* 10 to 10,000 */
            uint32_t reserve_percent;   /* battery kept for SOS, 0 to 50 */
        } reporting;
        struct {
            uint32_t grid_m; /* 0: as fine as it is; else 100 to 50,000 */
        } precision;
    } of;
} covey_document;

/* ---- what is shown and kept ---- */

typedef enum {
    COVEY_NOTICE_UNKNOWN = 0, /* of a kind that is not known here: show it */
    COVEY_NOTICE_JOIN = 1,
    COVEY_NOTICE_REMOVAL = 2,
    COVEY_NOTICE_LOCATE = 3,
    COVEY_NOTICE_POLICY_CHANGE = 4,
    COVEY_NOTICE_COMMAND = 5 /* of another kind */
} covey_notice_kind;

typedef struct {
    covey_notice_kind kind;
    covey_member_id subject; /* whom it is about */
    covey_member_id by;      /* whose doing it was */
    bool has_about;
    covey_reference about; /* the payload that caused it */
    bool has_document;
    covey_document_version document; /* POLICY_CHANGE */
} covey_notice;

typedef enum {
    COVEY_ACCESS_LOOK = 1,    /* asked where the wearer is */
    COVEY_ACCESS_COMMAND = 2, /* another command; detail: its kind */
    COVEY_ACCESS_POLICY = 3,  /* detail: the document's kind */
    COVEY_ACCESS_JOIN = 4,    /* added `subject` */
    COVEY_ACCESS_REMOVAL = 5, /* removed `subject` */
    COVEY_ACCESS_REFUSED = 6, /* was refused a command; detail: its kind */
    COVEY_ACCESS_PAUSE = 7    /* the wearer paused, or went on */
} covey_access_kind;

typedef struct {
    covey_member_id who;
    uint32_t what;   /* a covey_access_kind; others: show them even so */
    int64_t time_ms; /* 0: not known */
    uint32_t detail; /* 0 where nothing is said; up to 255 */
    bool has_subject;
    covey_member_id subject;
    bool has_id;
    covey_payload_id id; /* of the payload, by `who` */
} covey_access_entry;

/* A piece of the log that the wearer's watch keeps. */
typedef struct {
    uint64_t first; /* index of the first entry, from 0 */
    uint8_t before[COVEY_ACCESS_CHAIN_SIZE]; /* chain before it; zeros at 0 */
    const covey_access_entry *entries;
    size_t num_entries; /* 1 to COVEY_ACCESS_ENTRIES_MAX */
} covey_access_log;

/* ---- a payload ---- */

typedef enum {
    COVEY_CONTENT_SEALED = -1, /* present, but not for this member */
    COVEY_CONTENT_UNKNOWN = 0, /* of a kind that is not known here: count it */
    COVEY_CONTENT_LOCATION = 1,
    COVEY_CONTENT_STATUS = 2,
    COVEY_CONTENT_TEXT = 3,
    COVEY_CONTENT_ATTACHMENT = 4,
    COVEY_CONTENT_RECEIPT = 5,
    COVEY_CONTENT_SOS = 6,
    COVEY_CONTENT_SOS_ACK = 7,
    COVEY_CONTENT_COMMAND = 8,
    COVEY_CONTENT_COMMAND_RECEIPT = 9,
    COVEY_CONTENT_BOOT = 10,
    COVEY_CONTENT_JOINED = 11,
    COVEY_CONTENT_DOCUMENT = 12,
    COVEY_CONTENT_NOTICE = 13,
    COVEY_CONTENT_ACCESS_LOG = 14,
    COVEY_CONTENT_PAUSE = 15
} covey_content_kind;

/* For an audience, and sealed for it. */
typedef struct {
    uint32_t audience_id; /* not 0, which is everybody */
    covey_bytes key_id;   /* 1 to COVEY_KEY_ID_MAX bytes */
    covey_bytes ciphertext;
} covey_sealed;

typedef struct {
    covey_content_kind kind;
    union {
        covey_sealed sealed;
        uint32_t unknown; /* its number */
        covey_location location;
        covey_status status;
        covey_text text;
        covey_attachment attachment;
        covey_receipt receipt;
        covey_sos sos;
        covey_sos_ack sos_ack;
        covey_command command;
        covey_command_receipt command_receipt;
        covey_boot boot;
        covey_joined joined;
        covey_document document;
        covey_notice notice;
        covey_access_log access_log;
        covey_pause pause;
    } of;
} covey_content;

typedef struct {
    covey_payload_id id;
    int64_t sent_ms; /* 0: the sender has no clock */
    covey_seen seen;
    covey_content content;
} covey_payload;

/**
 * Encodes a payload.
 *
 * Source: SPEC.md chapter 3.
 *
 * @param[in,out] out      COVEY_PAYLOAD_MAX bytes take any payload.
 * @param         payload  All of it within the ranges above. Private.
 * @param         scratch  COVEY_CONTENT_SCRATCH_SIZE bytes.
 *
 * @retval COVEY_OK            It decodes to the same payload.
 * @retval COVEY_ERR_ARGUMENT  A field is outside its range, the kind is
 *                             unknown, or the payload would be too long.
 * @retval COVEY_ERR_BUFFER    `out` or the scratch is too small.
 */
COVEY_API COVEY_MUST_CHECK int
covey_payload_encode(covey_buffer *out, const covey_payload *payload,
                     covey_buffer *scratch);

/**
 * Decodes a payload. Only the one encoding that covey_payload_encode would
 * make is taken, and nothing is left out but what the kinds UNKNOWN and SEALED
 * stand for.
 *
 * Source: SPEC.md chapter 3.
 *
 * @param[out] out      Views in it point into the scratch.
 * @param      bytes    Any; up to COVEY_PAYLOAD_MAX are looked at.
 * @param      scratch  COVEY_CONTENT_SCRATCH_SIZE bytes.
 *
 * @retval COVEY_OK             Every field is within its range.
 * @retval COVEY_ERR_MALFORMED  Not a payload.
 * @retval COVEY_ERR_BUFFER     The scratch is too small.
 */
COVEY_API COVEY_MUST_CHECK int covey_payload_decode(covey_payload *out,
                                                    covey_bytes bytes,
                                                    covey_buffer *scratch);

/**
 * The hash that names a policy document: in commands, and in the roster.
 *
 * Source: SPEC.md section 3.9.
 *
 * @param[out] out       16 bytes.
 * @param      document  All of it within the ranges above.
 * @param      scratch   COVEY_CONTENT_SCRATCH_SIZE bytes.
 *
 * @retval COVEY_OK            Done.
 * @retval COVEY_ERR_ARGUMENT  A field is outside its range.
 * @retval COVEY_ERR_BUFFER    The scratch is too small.
 */
COVEY_API COVEY_MUST_CHECK int
covey_document_hash(uint8_t out[COVEY_DOCUMENT_HASH_SIZE],
                    const covey_document *document, covey_buffer *scratch);

/**
 * The chain behind the last entry of a piece of the access log. It is the
 * next piece's `before`, or one of the two is not the wearer's whole log.
 *
 * Source: SPEC.md section 3.10.
 *
 * @param[out] after    32 bytes.
 * @param      log      All of it within the ranges above.
 * @param      scratch  COVEY_CONTENT_SCRATCH_SIZE bytes.
 *
 * @retval COVEY_OK            Done.
 * @retval COVEY_ERR_ARGUMENT  A field is outside its range.
 * @retval COVEY_ERR_BUFFER    The scratch is too small.
 */
COVEY_API COVEY_MUST_CHECK int
covey_access_log_after(uint8_t after[COVEY_ACCESS_CHAIN_SIZE],
                       const covey_access_log *log, covey_buffer *scratch);

/** COVEY_PAYLOAD_MAX. */
COVEY_API size_t covey_payload_max(void);
/** COVEY_PAYLOAD_SMALL_MAX. */
COVEY_API size_t covey_payload_small_max(void);
/** COVEY_CONTENT_SCRATCH_SIZE. */
COVEY_API size_t covey_content_scratch_size(void);
/** COVEY_TEXT_MAX. */
COVEY_API size_t covey_text_max(void);
/** COVEY_FIXES_MAX. */
COVEY_API size_t covey_fixes_max(void);
/** COVEY_WIFI_MAX. */
COVEY_API size_t covey_wifi_max(void);
/** COVEY_CELLS_MAX. */
COVEY_API size_t covey_cells_max(void);
/** COVEY_ZONES_MAX. */
COVEY_API size_t covey_zones_max(void);
/** COVEY_ZONE_NAME_MAX. */
COVEY_API size_t covey_zone_name_max(void);
/** COVEY_CONTACTS_MAX. */
COVEY_API size_t covey_contacts_max(void);
/** COVEY_ACCESS_ENTRIES_MAX. */
COVEY_API size_t covey_access_entries_max(void);
/** COVEY_ATTACHMENT_MAX. */
COVEY_API size_t covey_attachment_max(void);
/** COVEY_CHUNK_MAX. */
COVEY_API size_t covey_chunk_max(void);

#ifdef __cplusplus
}
#endif

#endif
