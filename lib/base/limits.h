/*
 * Every bound that a peer could otherwise choose, with its reason. A bound
 * marked "alike" decides about the validity of messages: it must be the same
 * on all devices of a group, so no build option changes it.
 */
#ifndef COVEY_BASE_LIMITS_H
#define COVEY_BASE_LIMITS_H

/* Leaves of a group's tree; a power of two. A family is 2 to 8 devices; 32
 * leaves room for carers. The firmware preset takes 16 to save memory. */
#ifndef COVEY_MLS_MEMBERS_MAX
#define COVEY_MLS_MEMBERS_MAX 32
#endif

/* Encoded LeafNode, alike. Two keys, a signature, a 32-byte identity and
 * Covey's extensions are 260 bytes; the rest is for foreign capabilities. */
#ifndef COVEY_MLS_LEAF_NODE_MAX
#define COVEY_MLS_LEAF_NODE_MAX 320
#endif

/* Encoded GroupContext extensions, alike: the roster of a circle. */
#ifndef COVEY_MLS_EXTENSIONS_MAX
#define COVEY_MLS_EXTENSIONS_MAX 1024
#endif

/* Random in our groups (KDF.Nh bytes); others may use less. Alike. */
#define COVEY_MLS_GROUP_ID_MAX 32

/* Authenticated data of a message that this library frames: the circle's
 * handshakes need 24 bytes. Alike. */
#define COVEY_MLS_AUTHENTICATED_DATA_MAX 64

/* Extensions in one list, alike: looking for repeats is quadratic. */
#define COVEY_MLS_EXTENSION_TYPES_MAX 16

/* Proposals in one commit, and cached in one epoch; alike. */
#define COVEY_MLS_PROPOSALS_MAX 16

/* Bytes of cached proposals, alike: ten Updates. */
#define COVEY_MLS_PROPOSAL_BYTES_MAX 3072

/* External PSKs in one commit, alike. The circle needs one. */
#define COVEY_MLS_PSKS_MAX 4

/* Identifier of an external PSK, alike. */
#define COVEY_MLS_PSK_ID_MAX 64

/* A handshake message, alike: what a relay stores of it is at most 8,192
 * bytes and lacks 51. A commit of 32 members whose tree is blank takes 3.1
 * kB, with extensions 4.2. */
#define COVEY_MLS_HANDSHAKE_MAX 8256

/* Steps a handshake ratchet follows at once, alike: all members must agree
 * on whether a commit is valid. Honest members send a few per epoch. */
#define COVEY_MLS_HANDSHAKE_FORWARD_MAX 1024

/* Steps an application ratchet follows at once where the host says nothing
 * else: 1,024 steps are 2 ms on a phone, 15 million instructions on a watch. */
#define COVEY_MLS_FORWARD_DEFAULT 1024

/* Keys kept of generations that were skipped. Application messages arrive
 * in log order, so these serve gaps that are filled late. */
#ifndef COVEY_MLS_SKIPPED_MAX
#define COVEY_MLS_SKIPPED_MAX COVEY_MLS_MEMBERS_MAX
#endif

/* The same of handshake messages, alike: a proposal that a member missed is
 * delivered again inside the commit. */
#define COVEY_MLS_HANDSHAKE_SKIPPED_MAX 16

/* Longest validity of a KeyPackage, alike where the host says nothing else:
 * RFC 9420 section 7.2 wants a maximum; pairing takes minutes. 28 days. */
#define COVEY_MLS_LIFETIME_MAX_S (28u * 24u * 3600u)

/* Sizes of a blob at the relay: 256, 512 and so on, each twice the one
 * before. Alike. */
#define COVEY_BLOB_MIN 256
#define COVEY_BLOB_MAX 16384

/* The largest that is accepted in an epoch's mailbox, alike: every member
 * must be able to read every entry. There are 6 sizes up to it. */
#define COVEY_BLOB_EPOCH_MAX 8192
#define COVEY_BLOB_EPOCH_BUCKETS 6

/* An epoch's blob as MLSMessage. */
#define COVEY_BLOB_MESSAGE_MAX COVEY_MLS_HANDSHAKE_MAX

/* Proposals that travel inside a commit's blob, alike: what a header of 64
 * bytes has room for. */
#define COVEY_BUNDLED_MAX 14

/* One sync request: blobs appended at once, the relay's name (a host name),
 * a sealed push endpoint (a WebPush subscription is 250 bytes), a token of
 * admission (RFC 9578's longest is 354), and how long to wait and to wake. */
#define COVEY_SYNC_APPENDS_MAX 8
#define COVEY_SYNC_RELAY_MAX 255
#define COVEY_SYNC_ENDPOINT_MAX 512
#define COVEY_SYNC_TOKEN_MAX 512
#define COVEY_SYNC_WAIT_MAX_MS (5u * 60u * 1000u)
#define COVEY_SYNC_EXPIRY_MAX_S (14u * 24u * 3600u)

/* Encoded: the blobs, 12 bytes for each, and the rest. */
#define COVEY_SYNC_REQUEST_MAX                                                 \
    (COVEY_SYNC_APPENDS_MAX * (COVEY_BLOB_MAX + 12) + 1280)

/* One sync response: entries, and what it takes besides its first blob. */
#define COVEY_SYNC_ENTRIES_MAX 256
#define COVEY_SYNC_HEAD_MAX 128

#if COVEY_MLS_MEMBERS_MAX < 2 || COVEY_MLS_MEMBERS_MAX > 256 ||                \
    (COVEY_MLS_MEMBERS_MAX & (COVEY_MLS_MEMBERS_MAX - 1)) != 0
#error "COVEY_MLS_MEMBERS_MAX is a power of two between 2 and 256"
#endif

#endif
