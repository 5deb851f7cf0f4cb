/*
 * Messaging Layer Security, RFC 9420, for small groups and small machines:
 * one cipher suite, basic credentials, and a profile that refuses whatever
 * lets somebody in who was not asked in. See SPEC.md, chapter "MLS".
 *
 * Objects live in memory that the caller gives: ask for the size, get the
 * memory, make the object in it. The library allocates nothing, keeps no
 * globals and does no input or output. An object is used by one thread at a
 * time; different objects are independent.
 *
 * A change of the group goes in three steps. Stage: everything is verified
 * and the next epoch is made beside the present one, which stays as it is.
 * Inspect: covey_mls_staged_info says what would change; refuse it by
 * dropping it. Merge: the next epoch takes the present one's place. One's own
 * commit goes the same way, and waits between making and merging until it is
 * known to have won; joining is staged, inspected and accepted as well.
 *
 * State must be saved (covey_mls_group_save) before a message that was made
 * leaves, and before data that was read is shown: a restored older state
 * would use keys twice.
 *
 * Sizes of outputs are bounded by COVEY_MLS_MESSAGE_MAX and the like. Every
 * call that takes a `scratch` needs covey_mls_scratch_size() bytes of it, or
 * answers COVEY_ERR_BUFFER; views that the call hands out point into it. The
 * scratch may hold plaintext and secrets afterwards: wipe it when it is given
 * back.
 */
#ifndef COVEY_MLS_H
#define COVEY_MLS_H

#include <stdbool.h>

#include <covey/error.h>
#include <covey/export.h>
#include <covey/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COVEY_MLS_HASH_SIZE 32       /* hashes, references, exporter secret */
#define COVEY_MLS_SIGN_SEED_SIZE 32  /* an Ed25519 seed, RFC 8032 */
#define COVEY_MLS_CHANGES_MAX 16     /* proposals in one commit */
#define COVEY_MLS_AUTH_DATA_MAX 64   /* authenticated data of a message */
#define COVEY_MLS_NO_LEAF UINT32_MAX /* no leaf index */

/* A group as one member sees it. */
typedef struct covey_mls_group covey_mls_group;
/* A next epoch that may come. */
typedef struct covey_mls_staged covey_mls_staged;
/* The private side of a KeyPackage, until its Welcome comes. */
typedef struct covey_mls_joiner covey_mls_joiner;

/* What this member bears with; the same for all groups of one application.
 * Zero means the default that is named. */
typedef struct {
    /* Steps that a sender's application ratchet is followed at once (1,024).
     * At most 65,536. */
    uint32_t forward_max;
    /* Longest total lifetime of a KeyPackage, in seconds (28 days). It
     * decides whether commits are valid: all members need the same. */
    uint64_t lifetime_max_s;
} covey_mls_limits;

/* What a member says of itself in its leaf. */
typedef struct {
    covey_bytes identity; /* of the basic credential */
    /* The extension types that it understands beyond RFC 9420's. */
    const uint16_t *extension_types;
    size_t num_extension_types;
    /* Its leaf's extensions, encoded as RFC 9420's Extension, one after the
     * other; their types are among the above. */
    covey_bytes extensions;
    /* When the leaf may be brought into a group, in seconds since 1970; the
     * total is at most the limit of all members. A clockless watch takes the
     * time of the pairing. */
    uint64_t not_before_s;
    uint64_t not_after_s;
} covey_mls_member;

/* How a message goes out. All zero is well. */
typedef struct {
    /* Bytes that all members see authenticated; never secret. At most
     * COVEY_MLS_AUTH_DATA_MAX. */
    covey_bytes authenticated_data;
    /* Gives the ciphertext's padded length for its least length; NULL: no
     * padding. Must not give less. */
    size_t (*pad)(size_t ciphertext_len);
    /* Bytes that will travel beside the ciphertext: pad is given, and gives,
     * the length of both together. */
    size_t beside;
    /* PublicMessage instead of PrivateMessage; handshakes only. Covey never
     * sets it. */
    bool as_public;
} covey_mls_framing;

/* A pre-shared key that this member knows. */
typedef struct {
    covey_bytes id;
    covey_bytes secret;
} covey_mls_psk;

typedef enum {
    COVEY_MLS_ADD = 1,
    COVEY_MLS_UPDATE = 2,
    COVEY_MLS_REMOVE = 3,
    COVEY_MLS_PSK = 4,
    COVEY_MLS_EXTENSIONS = 7
} covey_mls_change_kind;

/* A change that this member proposes or commits. */
typedef struct {
    covey_mls_change_kind kind;
    covey_bytes key_package; /* ADD: an MLSMessage */
    uint32_t leaf;           /* REMOVE: the member's leaf index */
    covey_bytes psk_id;      /* PSK: external, at most 64 bytes */
    covey_bytes extensions;  /* EXTENSIONS: the whole new list, encoded */
} covey_mls_change;

/* ---- sizes ---- */

/** Bytes of memory for a group, aligned as for uint64_t. */
COVEY_API size_t covey_mls_group_size(void);
/** Bytes of memory for a staged epoch, aligned as for uint64_t. */
COVEY_API size_t covey_mls_staged_size(void);
/** Bytes of memory for a joiner, aligned as for uint64_t. */
COVEY_API size_t covey_mls_joiner_size(void);
/** Bytes of scratch with which no call fails for want of it, as long as
 *  application messages are no longer than handshakes may be. */
COVEY_API size_t covey_mls_scratch_size(void);
/** The same for a member that never adds another: less. */
COVEY_API size_t covey_mls_member_scratch_size(void);
/** Bytes that a saved group takes at most, a pending commit included. */
COVEY_API size_t covey_mls_saved_size(void);
/** Bytes of the longest handshake message. */
COVEY_API size_t covey_mls_message_size(void);
/** Bytes of the longest Welcome, for as many newcomers as a commit adds. */
COVEY_API size_t covey_mls_welcome_size(void);
/** Bytes of the longest KeyPackage, as MLSMessage. */
COVEY_API size_t covey_mls_key_package_size(void);

/* ---- objects ---- */

/**
 * Makes an empty group in the caller's memory.
 *
 * @param memory  At least covey_mls_group_size() bytes, aligned as for
 *                uint64_t; the caller's, and must outlive the group.
 * @param len     Its size in bytes.
 *
 * @return The group, or NULL when the memory is too small or misaligned.
 */
COVEY_API covey_mls_group *covey_mls_group_at(void *memory, size_t len);

/**
 * Makes an empty staged epoch in the caller's memory.
 *
 * @param memory  At least covey_mls_staged_size() bytes, as above.
 * @param len     Its size in bytes.
 *
 * @return The object, or NULL when the memory is too small or misaligned.
 */
COVEY_API covey_mls_staged *covey_mls_staged_at(void *memory, size_t len);

/**
 * Makes an empty joiner in the caller's memory.
 *
 * @param memory  At least covey_mls_joiner_size() bytes, as above.
 * @param len     Its size in bytes.
 *
 * @return The object, or NULL when the memory is too small or misaligned.
 */
COVEY_API covey_mls_joiner *covey_mls_joiner_at(void *memory, size_t len);

/**
 * Wipes a group and all its secrets. It is empty afterwards.
 *
 * @param group  Any group.
 */
COVEY_API void covey_mls_group_wipe(covey_mls_group *group);

/**
 * Wipes a joiner and its private keys. It is empty afterwards.
 *
 * @param joiner  Any joiner.
 */
COVEY_API void covey_mls_joiner_wipe(covey_mls_joiner *joiner);

/**
 * Refuses what is staged, or gives up one's own commit that did not win. It
 * is empty afterwards; the group stays in its epoch.
 *
 * @param staged  Any staged epoch, also an empty one.
 */
COVEY_API void covey_mls_drop(covey_mls_staged *staged);

/* ---- beginning ---- */

/**
 * Makes fresh keys and a KeyPackage for joining a group.
 *
 * Source: RFC 9420 section 10.
 *
 * @param[out] joiner       Empty; holds the private keys until the join.
 * @param      random       The host's randomness.
 * @param      member       What the leaf says.
 * @param      sign_seed    COVEY_MLS_SIGN_SEED_SIZE bytes of the member's
 *                          signature key, or NULL for a fresh one. Secret.
 * @param[out] out          The KeyPackage as MLSMessage, at most
 *                          covey_mls_key_package_size() bytes.
 *
 * @retval COVEY_OK            Give `out` to a member who is to add this one.
 * @retval COVEY_ERR_ARGUMENT  The leaf is not valid as it stands.
 * @retval COVEY_ERR_CAPACITY  The leaf is too long.
 * @retval COVEY_ERR_BUFFER    `out` is too small.
 * @retval COVEY_ERR_STATE     The joiner is not empty.
 * @retval COVEY_ERR_RANDOM    The random hook failed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_joiner_new(covey_mls_joiner *joiner, const covey_random *random,
                     const covey_mls_member *member, const uint8_t *sign_seed,
                     covey_buffer *out);

/**
 * Creates a group of one member, in epoch 0.
 *
 * Source: RFC 9420 section 11.
 *
 * @param[out] group       Empty.
 * @param      random      The host's randomness.
 * @param      group_id    At most 32 bytes, or empty for 32 fresh ones.
 * @param      member      What the creator's leaf says.
 * @param      sign_seed   As in covey_mls_joiner_new.
 * @param      extensions  Of the GroupContext: Extension, one after the other.
 * @param      limits      NULL: all defaults.
 *
 * @retval COVEY_OK             The group exists.
 * @retval COVEY_ERR_ARGUMENT   The leaf, id or limits are not valid.
 * @retval COVEY_ERR_EXTENSION  An extension is repeated, or one that the
 *                              member does not list.
 * @retval COVEY_ERR_LEAF       They require what the member does not have.
 * @retval COVEY_ERR_MALFORMED  The extensions are not encoded so.
 * @retval COVEY_ERR_PROFILE    Too many or too long extensions.
 * @retval COVEY_ERR_CAPACITY   The leaf is too long.
 * @retval COVEY_ERR_STATE      The group is not empty.
 * @retval COVEY_ERR_RANDOM     The random hook failed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_group_create(covey_mls_group *group, const covey_random *random,
                       covey_bytes group_id, const covey_mls_member *member,
                       const uint8_t *sign_seed, covey_bytes extensions,
                       const covey_mls_limits *limits);

/* ---- joining ---- */

/**
 * Verifies a Welcome and makes the epoch that it leads to. Nothing is joined
 * yet: inspect it, then covey_mls_join or covey_mls_drop.
 *
 * Source: RFC 9420 section 12.4.3.1.
 *
 * @param[out] staged        Empty.
 * @param      joiner        Whose KeyPackage was added.
 * @param      welcome       The MLSMessage.
 * @param      ratchet_tree  The extension's contents when the Welcome does
 *                           not carry it, else empty.
 * @param      psks          Pre-shared keys that may be needed.
 * @param      num_psks      How many.
 * @param      limits        NULL: all defaults.
 * @param      scratch       Working memory.
 *
 * @retval COVEY_OK                Inspect it.
 * @retval COVEY_ERR_REFERENCE     Not for this KeyPackage, or no tree.
 * @retval COVEY_ERR_MALFORMED, COVEY_ERR_PROFILE, COVEY_ERR_AUTH,
 *         COVEY_ERR_SENDER, COVEY_ERR_LEAF, COVEY_ERR_TREE,
 *         COVEY_ERR_EXTENSION, COVEY_ERR_LIFETIME, COVEY_ERR_PROPOSAL
 *                                 The Welcome is not valid.
 * @retval COVEY_ERR_PATH_SECRET, COVEY_ERR_PATH_KEY, COVEY_ERR_CONFIRMATION
 *                                 Its secrets do not fit the group.
 * @retval COVEY_ERR_PSK           A pre-shared key is missing.
 * @retval COVEY_ERR_CAPACITY      The group is too large for this build.
 * @retval COVEY_ERR_BUFFER        The scratch is too small.
 * @retval COVEY_ERR_STATE         The joiner is empty, or staged is not.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_stage_welcome(
    covey_mls_staged *staged, const covey_mls_joiner *joiner,
    covey_bytes welcome, covey_bytes ratchet_tree, const covey_mls_psk *psks,
    size_t num_psks, const covey_mls_limits *limits, covey_buffer *scratch);

/**
 * Accepts a staged Welcome: the group begins, the joiner's keys are gone.
 *
 * That the group's id is new among the member's groups is the caller's to
 * check, RFC 9420 section 12.4.3.1.
 *
 * @param[out]    group   Empty.
 * @param[in,out] joiner  Wiped: its KeyPackage is used up.
 * @param[in,out] staged  Empty afterwards.
 *
 * @retval COVEY_OK         The group is open.
 * @retval COVEY_ERR_STATE  Nothing of this joiner is staged, or the group is
 *                          not empty.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_join(covey_mls_group *group,
                                              covey_mls_joiner *joiner,
                                              covey_mls_staged *staged);

/* ---- proposing ---- */

/* An Update by which the member renews its leaf. All zero: new encryption
 * key, the rest as it is. */
typedef struct {
    const uint8_t *sign_seed; /* a new signature key; NULL: as it is */
    bool set_extensions;      /* whether the leaf's extensions change */
    covey_bytes extensions;   /* the new ones */
} covey_mls_renewal;

/* Names a proposal: its ProposalRef. */
typedef struct {
    uint8_t bytes[COVEY_MLS_HASH_SIZE];
} covey_mls_ref;

/**
 * Makes a proposal message, and caches the proposal for a later commit.
 *
 * Source: RFC 9420 section 12.1.
 *
 * @param[in,out] group    Uses up one handshake generation.
 * @param         random   The host's randomness.
 * @param         change   What is proposed. An UPDATE's new private keys wait
 *                         in the group for a commit that takes it up: one
 *                         per epoch.
 * @param         renewal  Of an UPDATE; NULL: all zero.
 * @param         now_s    Seconds since 1970, for an ADD: its KeyPackage must
 *                         be valid now. 0: no clock, not checked.
 * @param         framing  How it goes out; NULL: all zero.
 * @param         scratch  Working memory.
 * @param[out]    out      The MLSMessage.
 * @param[out]    ref      Its name; may be NULL.
 *
 * @retval COVEY_OK             Save, then send.
 * @retval COVEY_ERR_ARGUMENT   An unknown kind, or authenticated data too long.
 * @retval COVEY_ERR_PROPOSAL, COVEY_ERR_LEAF, COVEY_ERR_LIFETIME,
 *         COVEY_ERR_EXTENSION, COVEY_ERR_AUTH, COVEY_ERR_MALFORMED,
 *         COVEY_ERR_PROFILE    Members would refuse this change.
 * @retval COVEY_ERR_CAPACITY   No room for another proposal in this epoch.
 * @retval COVEY_ERR_BUFFER     `out` or the scratch is too small.
 * @retval COVEY_ERR_EXHAUSTED  No generation is left.
 * @retval COVEY_ERR_STATE      The group is empty, or one was removed; or an
 *                              UPDATE waits already: forget it first, if it
 *                              never reached the others.
 * @retval COVEY_ERR_RANDOM     The random hook failed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_propose(covey_mls_group *group, const covey_random *random,
                  const covey_mls_change *change,
                  const covey_mls_renewal *renewal, uint64_t now_s,
                  const covey_mls_framing *framing, covey_buffer *scratch,
                  covey_buffer *out, covey_mls_ref *ref);

/* One change, in a proposal or a staged commit. Views are valid until the
 * next call on the group or staged epoch. */
typedef struct {
    covey_mls_change_kind kind;
    uint32_t proposer;      /* leaf index of who asked for it */
    bool by_reference;      /* proposed in a message of its own */
    covey_mls_ref ref;      /* then its name */
    uint32_t leaf;          /* added, updated or removed; else NO_LEAF. Of a
                               proposed ADD: NO_LEAF, not known yet */
    covey_bytes identity;   /* of that leaf: the new one of an UPDATE */
    covey_bytes psk_id;     /* PSK */
    covey_bytes extensions; /* EXTENSIONS: the new list */
} covey_mls_change_info;

/**
 * Reads another member's proposal and caches it.
 *
 * Source: RFC 9420 section 12.1. A proposal of this member itself was cached
 * when it was made; it comes back as COVEY_ERR_SENDER.
 *
 * @param[in,out] group    Uses up the message's key.
 * @param         message  The MLSMessage.
 * @param         scratch  Working memory.
 * @param[out]    info     What is proposed, and by whom.
 * @param[out]    authenticated_data  A view of the message's; may be NULL.
 *
 * @retval COVEY_OK             Cached. covey_mls_forget_proposal refuses it.
 * @retval COVEY_ERR_MALFORMED, COVEY_ERR_PROFILE, COVEY_ERR_EPOCH,
 *         COVEY_ERR_SENDER, COVEY_ERR_REPLAY, COVEY_ERR_TOO_FAR,
 *         COVEY_ERR_AUTH, COVEY_ERR_PADDING   The message is not valid.
 * @retval COVEY_ERR_PROPOSAL, COVEY_ERR_LEAF, COVEY_ERR_LIFETIME,
 *         COVEY_ERR_EXTENSION                 The proposal is not valid.
 * @retval COVEY_ERR_ROLLBACK   One's own, ahead of one's own state.
 * @retval COVEY_ERR_CAPACITY   No room for another proposal in this epoch.
 * @retval COVEY_ERR_BUFFER     The scratch is too small.
 * @retval COVEY_ERR_STATE      The group is empty, or one was removed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_receive_proposal(covey_mls_group *group, covey_bytes message,
                           covey_buffer *scratch, covey_mls_change_info *info,
                           covey_bytes *authenticated_data);

/** The number of proposals cached in this epoch. */
COVEY_API size_t covey_mls_num_proposals(const covey_mls_group *group);

/**
 * A cached proposal.
 *
 * @param      group  An open group.
 * @param      at     Below covey_mls_num_proposals, in order of arrival.
 * @param[out] info   The proposal.
 *
 * @retval COVEY_OK            Done.
 * @retval COVEY_ERR_ARGUMENT  There is no such proposal.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_proposal(const covey_mls_group *group,
                                                  size_t at,
                                                  covey_mls_change_info *info);

/**
 * Takes a proposal out of the cache: one's own that never reached the others,
 * or one whose sender had no right to it.
 *
 * @param[in,out] group  An open group.
 * @param         ref    Its name.
 *
 * @retval COVEY_OK             Gone; an own Update's keys with it.
 * @retval COVEY_ERR_REFERENCE  There is no such proposal.
 */
COVEY_API int covey_mls_forget_proposal(covey_mls_group *group,
                                        const covey_mls_ref *ref);

/* ---- committing ---- */

typedef struct {
    /* By value, in this order. */
    const covey_mls_change *changes;
    size_t num_changes;
    /* The cached proposals to include. NULL and 0 with take_all false: none.
     * take_all: all that can stand together (RFC 9420 section 12.2: Removes
     * before Updates, the latest Update of a member, nothing of one's own
     * that a committer may not commit). */
    const covey_mls_ref *refs;
    size_t num_refs;
    bool take_all;
    /* Leave the path out where RFC 9420 allows it. Covey never sets it. */
    bool without_path;
    /* The committer's own leaf; NULL: new encryption key only. */
    const covey_mls_renewal *renewal;
    const covey_mls_psk *psks; /* secrets of the PSKs that are committed */
    size_t num_psks;
    uint64_t now_s; /* as in covey_mls_propose */
    const covey_mls_framing *framing;
} covey_mls_commit_options;

/**
 * Makes a commit, the Welcome of those it adds, and the epoch it leads to.
 * The group stays as it is but for one handshake generation. When the commit
 * is known to be the one that all take, covey_mls_merge; when another one is,
 * covey_mls_drop, then stage the other. Send the Welcome after merging only.
 *
 * Source: RFC 9420 section 12.4.1.
 *
 * @param[in,out] group    Uses up one handshake generation.
 * @param         random   The host's randomness.
 * @param         options  What is committed; NULL: all zero, a key refresh.
 * @param[out]    staged   Empty; holds the next epoch.
 * @param         scratch  Working memory.
 * @param[out]    commit   The MLSMessage.
 * @param[out]    welcome  The MLSMessage for all newcomers; len 0 when there
 *                         are none. May be NULL when none is added.
 *
 * @retval COVEY_OK             Save group and staged, then send the commit.
 * @retval COVEY_ERR_REFERENCE  A ref is not cached.
 * @retval COVEY_ERR_PROPOSAL, COVEY_ERR_LEAF, COVEY_ERR_LIFETIME,
 *         COVEY_ERR_EXTENSION, COVEY_ERR_AUTH, COVEY_ERR_MALFORMED,
 *         COVEY_ERR_PROFILE, COVEY_ERR_PATH   Members would refuse this.
 * @retval COVEY_ERR_PSK        A PSK's secret is not among options->psks.
 * @retval COVEY_ERR_CAPACITY   More members than this build takes.
 * @retval COVEY_ERR_BUFFER     An output or the scratch is too small.
 * @retval COVEY_ERR_EXHAUSTED  No generation is left.
 * @retval COVEY_ERR_ARGUMENT   As in covey_mls_propose.
 * @retval COVEY_ERR_STATE      staged is not empty, or the group is empty.
 * @retval COVEY_ERR_RANDOM     The random hook failed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_commit(covey_mls_group *group, const covey_random *random,
                 const covey_mls_commit_options *options,
                 covey_mls_staged *staged, covey_buffer *scratch,
                 covey_buffer *commit, covey_buffer *welcome);

/**
 * Verifies another member's commit and makes the epoch it leads to. The
 * group stays as it is.
 *
 * The checks that every member decides alike come first. When they pass and
 * only this member's own do not, the answer is a private error
 * (covey_error_is_public says no), and `staged` can be inspected but not
 * merged: the caller may still find that the commit was not permitted, and
 * skip it; otherwise it is locked out and must say so.
 *
 * Source: RFC 9420 section 12.4.2.
 *
 * @param         group     An open group.
 * @param[out]    staged    Empty.
 * @param         message   The MLSMessage.
 * @param         psks      Pre-shared keys that may be needed.
 * @param         num_psks  How many.
 * @param         scratch   Working memory.
 *
 * @retval COVEY_OK             Inspect it; it may remove this member.
 * @retval COVEY_ERR_MALFORMED, COVEY_ERR_PROFILE, COVEY_ERR_EPOCH,
 *         COVEY_ERR_SENDER, COVEY_ERR_REPLAY, COVEY_ERR_TOO_FAR,
 *         COVEY_ERR_AUTH, COVEY_ERR_PADDING   The message is not valid.
 * @retval COVEY_ERR_PROPOSAL, COVEY_ERR_LEAF, COVEY_ERR_LIFETIME,
 *         COVEY_ERR_EXTENSION, COVEY_ERR_PATH, COVEY_ERR_TREE   The commit
 *                              is not valid.
 * @retval COVEY_ERR_PATH_SECRET, COVEY_ERR_PATH_KEY, COVEY_ERR_CONFIRMATION,
 *         COVEY_ERR_PSK, COVEY_ERR_KEYS   Private; see above.
 * @retval COVEY_ERR_REFERENCE  A proposal it names is not cached. Nothing can
 *                              be inspected.
 * @retval COVEY_ERR_ROLLBACK   One's own, ahead of one's own state.
 * @retval COVEY_ERR_CAPACITY   The group would be too large for this build.
 * @retval COVEY_ERR_BUFFER     The scratch is too small.
 * @retval COVEY_ERR_STATE      staged is not empty, or the group is.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_stage(const covey_mls_group *group, covey_mls_staged *staged,
                covey_bytes message, const covey_mls_psk *psks, size_t num_psks,
                covey_buffer *scratch);

/* What a staged epoch would bring. */
typedef struct {
    uint64_t epoch;
    bool is_join;                   /* a Welcome: no changes are listed */
    bool is_own;                    /* this member's own commit */
    bool removes_self;              /* merging ends this member's part */
    bool has_path;                  /* the committer renewed its keys */
    uint32_t committer;             /* leaf index; of a Welcome its signer */
    covey_bytes authenticated_data; /* of the commit */
    size_t num_changes;
} covey_mls_staged_info_data;

/**
 * What a staged epoch would bring.
 *
 * @param      staged  Staged, whether mergeable or failed privately.
 * @param[out] info    The answer.
 *
 * @retval COVEY_OK         Done.
 * @retval COVEY_ERR_STATE  Nothing is staged.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_staged_info(const covey_mls_staged *staged,
                      covey_mls_staged_info_data *info);

/**
 * One change of a staged commit, in the commit's order.
 *
 * @param      group   The group it was staged on: a removed member's
 *                     identity is still there.
 * @param      staged  Staged.
 * @param      at      Below num_changes.
 * @param[out] info    The change.
 *
 * @retval COVEY_OK            Done.
 * @retval COVEY_ERR_ARGUMENT  There is no such change.
 * @retval COVEY_ERR_STATE     Nothing is staged.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_staged_change(const covey_mls_group *group,
                        const covey_mls_staged *staged, size_t at,
                        covey_mls_change_info *info);

/**
 * Takes the staged epoch as the present one. The old epoch's secrets are
 * wiped. After a commit that removes this member the group holds nothing.
 *
 * @param[in,out] group   The group it was staged on.
 * @param[in,out] staged  Empty afterwards.
 *
 * @retval COVEY_OK         Save it.
 * @retval COVEY_ERR_STATE  Nothing that can be merged is staged, or it was
 *                          staged on another group or epoch.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_merge(covey_mls_group *group,
                                               covey_mls_staged *staged);

/* ---- messages ---- */

/**
 * Encrypts application data for the members of this epoch.
 *
 * Source: RFC 9420 section 6.3.
 *
 * @param[in,out] group    Uses up one application generation.
 * @param         random   The host's randomness.
 * @param         data     Secret.
 * @param         framing  NULL: all zero. as_public must be false.
 * @param         scratch  Room for data, padding and 1.5 kB.
 * @param[out]    out      The MLSMessage: data, padding and about 200 bytes.
 *
 * @retval COVEY_OK             Save, then send.
 * @retval COVEY_ERR_ARGUMENT   As a PublicMessage, or authenticated data too
 *                              long.
 * @retval COVEY_ERR_BUFFER     `out` or the scratch is too small.
 * @retval COVEY_ERR_EXHAUSTED  No generation is left.
 * @retval COVEY_ERR_STATE      The group is empty, or one was removed.
 * @retval COVEY_ERR_RANDOM     The random hook failed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_protect(covey_mls_group *group, const covey_random *random,
                  covey_bytes data, const covey_mls_framing *framing,
                  covey_buffer *scratch, covey_buffer *out);

/* An application message that was read; views point into the scratch, the
 * group, and authenticated_data into the message. */
typedef struct {
    uint32_t sender;                /* leaf index */
    uint32_t generation;            /* of the sender, from 0 in each epoch */
    covey_bytes identity;           /* of the sender's credential */
    covey_bytes authenticated_data; /* not encrypted */
    covey_bytes data;
} covey_mls_received;

/**
 * Decrypts and verifies an application message of this epoch.
 *
 * Source: RFC 9420 section 6.3. A message that fails changes nothing.
 *
 * @param[in,out] group    Uses up the message's key: a second time it is
 *                         COVEY_ERR_REPLAY.
 * @param         message  The MLSMessage.
 * @param         scratch  Room for the message and 1.5 kB; holds the data.
 * @param[out]    received The answer.
 *
 * @retval COVEY_OK             Save, then show.
 * @retval COVEY_ERR_MALFORMED, COVEY_ERR_PROFILE, COVEY_ERR_EPOCH,
 *         COVEY_ERR_SENDER, COVEY_ERR_REPLAY, COVEY_ERR_TOO_FAR,
 *         COVEY_ERR_AUTH, COVEY_ERR_PADDING   Drop the message.
 * @retval COVEY_ERR_ROLLBACK   One's own, ahead of one's own state.
 * @retval COVEY_ERR_BUFFER     The scratch is too small.
 * @retval COVEY_ERR_STATE      The group is empty, or one was removed.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_unprotect(covey_mls_group *group, covey_bytes message,
                    covey_buffer *scratch, covey_mls_received *received);

/**
 * Passes over application generations of one's own that a later self may have
 * used, of which nothing was saved. They are not used again, and what it sent
 * in them can be read like another member's, once.
 *
 * @param[in,out] group  Uses up num generations, and one.
 * @param         num    At most COVEY_MLS_SKIPPED_MAX of the build, at least 16.
 *
 * @retval COVEY_OK             Save before anything is sent.
 * @retval COVEY_ERR_ARGUMENT   Too many.
 * @retval COVEY_ERR_EXHAUSTED  No generation would be left.
 * @retval COVEY_ERR_STATE      The group is empty, or one was removed.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_pass_over(covey_mls_group *group,
                                                   uint32_t num);

typedef enum {
    COVEY_MLS_MESSAGE_APPLICATION = 1,
    COVEY_MLS_MESSAGE_PROPOSAL = 2,
    COVEY_MLS_MESSAGE_COMMIT = 3,
    COVEY_MLS_MESSAGE_WELCOME = 4,
    COVEY_MLS_MESSAGE_GROUP_INFO = 5,
    COVEY_MLS_MESSAGE_KEY_PACKAGE = 6
} covey_mls_message_kind;

/**
 * Says what a message claims to be, so that it can be given to the right
 * function. Nothing of it has been verified.
 *
 * @param      message  An MLSMessage.
 * @param[out] kind     What it claims to be.
 * @param[out] epoch    The epoch it names, 0 where it names none; may be NULL.
 *
 * @retval COVEY_OK             Done.
 * @retval COVEY_ERR_MALFORMED  Not an MLSMessage.
 * @retval COVEY_ERR_PROFILE    Of another version or wire format.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_message_peek(covey_bytes message, covey_mls_message_kind *kind,
                       uint64_t *epoch);

/* ---- looking ---- */

/** Whether the group is open: this member is in it and can go on. */
COVEY_API bool covey_mls_is_open(const covey_mls_group *group);

/** The epoch's number; 0 for an empty group. */
COVEY_API uint64_t covey_mls_epoch(const covey_mls_group *group);

/** The group's identifier; a view, valid until the group is wiped. */
COVEY_API covey_bytes covey_mls_group_id(const covey_mls_group *group);

/** The GroupContext's extensions, encoded; a view until the next merge. */
COVEY_API covey_bytes covey_mls_extensions(const covey_mls_group *group);

/** This member's leaf index; COVEY_MLS_NO_LEAF in an empty group. */
COVEY_API uint32_t covey_mls_own_leaf(const covey_mls_group *group);

/** The number of members. */
COVEY_API uint32_t covey_mls_num_members(const covey_mls_group *group);

/* A member; views are valid until the next merge. */
typedef struct {
    uint32_t leaf;
    covey_bytes identity;
    covey_bytes signature_key;
    covey_bytes encryption_key;
    covey_bytes extensions; /* of its leaf, encoded */
} covey_mls_member_info;

/**
 * The members in order of their leaves: begin with COVEY_MLS_NO_LEAF, go on
 * with the leaf of the last answer.
 *
 * @param      group  An open group.
 * @param      after  The leaf before, or COVEY_MLS_NO_LEAF.
 * @param[out] info   The next member.
 *
 * @retval true   There is one.
 * @retval false  That was the last.
 */
COVEY_API bool covey_mls_next_member(const covey_mls_group *group,
                                     uint32_t after,
                                     covey_mls_member_info *info);

/**
 * The same for a staged epoch, a Welcome's above all.
 *
 * @param      staged  Staged.
 * @param      after   The leaf before, or COVEY_MLS_NO_LEAF.
 * @param[out] info    The next member.
 *
 * @retval true   There is one.
 * @retval false  That was the last, or nothing is staged.
 */
COVEY_API bool covey_mls_staged_next_member(const covey_mls_staged *staged,
                                            uint32_t after,
                                            covey_mls_member_info *info);

/** The group id of a staged epoch; empty when nothing is staged. */
COVEY_API covey_bytes covey_mls_staged_group_id(const covey_mls_staged *staged);

/** The GroupContext extensions of a staged epoch; empty likewise. */
COVEY_API covey_bytes
covey_mls_staged_extensions(const covey_mls_staged *staged);

/* ---- secrets for the application ---- */

/**
 * A secret of this epoch for one use of the application.
 *
 * Source: RFC 9420 section 8.5. Use a label for one purpose only.
 *
 * @param      group    An open group.
 * @param      label    At most 64 bytes.
 * @param      context  Public; may be empty.
 * @param[out] out      Secret.
 * @param      out_len  At most 8,160.
 *
 * @retval COVEY_OK            Done.
 * @retval COVEY_ERR_ARGUMENT  Label or length is too long.
 * @retval COVEY_ERR_STATE     The group is empty, or the exporter forgotten.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_export(const covey_mls_group *group,
                                                const char *label,
                                                covey_bytes context,
                                                uint8_t *out, size_t out_len);

/**
 * The same of a staged epoch that can be merged, for a host that prepares
 * its successor before it merges.
 *
 * @param      staged   Staged.
 * @param      label    At most 64 bytes.
 * @param      context  Public; may be empty.
 * @param[out] out      Secret.
 * @param      out_len  At most 8,160.
 *
 * @retval COVEY_OK            Done.
 * @retval COVEY_ERR_ARGUMENT  Label or length is too long.
 * @retval COVEY_ERR_STATE     Nothing that can be merged is staged.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_staged_export(const covey_mls_staged *staged, const char *label,
                        covey_bytes context, uint8_t *out, size_t out_len);

/**
 * Wipes this epoch's exporter secret: nothing more can be exported, and who
 * later takes the device cannot either.
 *
 * @param[in,out] group  An open group.
 */
COVEY_API void covey_mls_forget_exporter(covey_mls_group *group);

/**
 * The epoch authenticator: equal for all members who agree, and for nobody
 * else. For comparing, never a key.
 *
 * Source: RFC 9420 section 8.7.
 *
 * @param      group  An open group.
 * @param[out] out    COVEY_MLS_HASH_SIZE bytes.
 *
 * @retval COVEY_OK         Done.
 * @retval COVEY_ERR_STATE  The group is empty.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_epoch_authenticator(const covey_mls_group *group,
                              uint8_t out[COVEY_MLS_HASH_SIZE]);

/* ---- keeping ---- */

/**
 * Writes the whole group, secrets in clear: the caller seals it.
 *
 * Source: SPEC.md, "Saved state".
 *
 * @param      group   An open group, or one this member was removed from.
 * @param      staged  A pending own commit to keep with it, or NULL.
 * @param[out] out     At most covey_mls_saved_size() bytes. Secret.
 *
 * @retval COVEY_OK          Done.
 * @retval COVEY_ERR_BUFFER  `out` is too small.
 * @retval COVEY_ERR_STATE   The group is empty, or staged cannot be merged
 *                           into it.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_group_save(const covey_mls_group *group,
                     const covey_mls_staged *staged, covey_buffer *out);

/**
 * Reads a saved group: it goes on exactly where it stood.
 *
 * @param[out] group   Empty.
 * @param[out] staged  Empty; takes the pending commit if there is one. NULL:
 *                     a pending commit is dropped.
 * @param      saved   What covey_mls_group_save wrote.
 *
 * @retval COVEY_OK             The group is as it was.
 * @retval COVEY_ERR_MALFORMED  Not a saved group, or of another version.
 * @retval COVEY_ERR_CAPACITY   Saved by a build with larger limits.
 * @retval COVEY_ERR_STATE      An object is not empty.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_group_load(covey_mls_group *group,
                                                    covey_mls_staged *staged,
                                                    covey_bytes saved);

/**
 * Writes the private side of a KeyPackage that waits for its Welcome.
 *
 * @param      joiner  Not empty.
 * @param[out] out     At most covey_mls_joiner_size() bytes. Secret.
 *
 * @retval COVEY_OK          Done.
 * @retval COVEY_ERR_BUFFER  `out` is too small.
 * @retval COVEY_ERR_STATE   The joiner is empty.
 */
COVEY_API COVEY_MUST_CHECK int
covey_mls_joiner_save(const covey_mls_joiner *joiner, covey_buffer *out);

/**
 * Reads what covey_mls_joiner_save wrote.
 *
 * @param[out] joiner  Empty.
 * @param      saved   The bytes.
 *
 * @retval COVEY_OK             The joiner is as it was.
 * @retval COVEY_ERR_MALFORMED  Not a saved joiner, or of another version.
 * @retval COVEY_ERR_STATE      The joiner is not empty.
 */
COVEY_API COVEY_MUST_CHECK int covey_mls_joiner_load(covey_mls_joiner *joiner,
                                                     covey_bytes saved);

#ifdef __cplusplus
}
#endif

#endif
