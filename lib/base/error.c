#include <covey/error.h>

#include <stddef.h>

typedef struct {
    int err;
    const char *name;
    const char *text;
} entry;

static const entry table[] = {
    {COVEY_OK, "COVEY_OK", "done"},
    {COVEY_ERR_ARGUMENT, "COVEY_ERR_ARGUMENT",
     "a parameter is outside its documented range"},
    {COVEY_ERR_STATE, "COVEY_ERR_STATE",
     "the object is not in a state in which this can be done"},
    {COVEY_ERR_BUFFER, "COVEY_ERR_BUFFER", "the output buffer is too small"},
    {COVEY_ERR_CAPACITY, "COVEY_ERR_CAPACITY",
     "over a limit that this build was made with"},
    {COVEY_ERR_MALFORMED, "COVEY_ERR_MALFORMED",
     "the bytes are not the encoding of what they should be"},
    {COVEY_ERR_PROFILE, "COVEY_ERR_PROFILE",
     "allowed by RFC 9420 but refused by Covey's profile"},
    {COVEY_ERR_AUTH, "COVEY_ERR_AUTH",
     "decryption, signature or authentication tag failed"},
    {COVEY_ERR_EPOCH, "COVEY_ERR_EPOCH",
     "the message belongs to another group or epoch"},
    {COVEY_ERR_SENDER, "COVEY_ERR_SENDER",
     "the sender is not a member, or is this member itself"},
    {COVEY_ERR_REPLAY, "COVEY_ERR_REPLAY",
     "the message was read before, or its key has been forgotten"},
    {COVEY_ERR_TOO_FAR, "COVEY_ERR_TOO_FAR",
     "the message is too far ahead of the last one of its sender"},
    {COVEY_ERR_LEAF, "COVEY_ERR_LEAF",
     "a LeafNode or KeyPackage is not valid here"},
    {COVEY_ERR_PROPOSAL, "COVEY_ERR_PROPOSAL",
     "a proposal, or the list of proposals, is not valid"},
    {COVEY_ERR_PATH, "COVEY_ERR_PATH",
     "the commit's path is missing or does not fit the tree"},
    {COVEY_ERR_TREE, "COVEY_ERR_TREE", "the ratchet tree is not valid"},
    {COVEY_ERR_EXTENSION, "COVEY_ERR_EXTENSION",
     "an extension is repeated, or not supported by all members"},
    {COVEY_ERR_LIFETIME, "COVEY_ERR_LIFETIME",
     "the lifetime is too long, or does not include the present"},
    {COVEY_ERR_PADDING, "COVEY_ERR_PADDING", "the padding is not all zero"},
    {COVEY_ERR_PERMISSION, "COVEY_ERR_PERMISSION",
     "the sender has no right to this in the circle"},
    {COVEY_ERR_ROSTER, "COVEY_ERR_ROSTER",
     "the roster is not valid, or does not fit the members"},
    {COVEY_ERR_INVITE, "COVEY_ERR_INVITE",
     "not an invite, or one of another version"},
    {COVEY_ERR_REFERENCE, "COVEY_ERR_REFERENCE",
     "the message refers to something that is not known here"},
    {COVEY_ERR_PATH_SECRET, "COVEY_ERR_PATH_SECRET",
     "the path secret for this member cannot be opened"},
    {COVEY_ERR_PATH_KEY, "COVEY_ERR_PATH_KEY",
     "a public key of the path is not that of its path secret"},
    {COVEY_ERR_CONFIRMATION, "COVEY_ERR_CONFIRMATION",
     "the confirmation tag is wrong: the group states differ"},
    {COVEY_ERR_PSK, "COVEY_ERR_PSK",
     "a pre-shared key of the commit is not known here"},
    {COVEY_ERR_KEYS, "COVEY_ERR_KEYS",
     "a private key of one's own is missing or does not fit"},
    {COVEY_ERR_ROLLBACK, "COVEY_ERR_ROLLBACK",
     "an older state of one's own came back"},
    {COVEY_ERR_EXHAUSTED, "COVEY_ERR_EXHAUSTED",
     "a counter of this epoch is used up: a commit is needed"},
    {COVEY_ERR_RANDOM, "COVEY_ERR_RANDOM", "the host's random hook failed"},
    {COVEY_ERR_PORT, "COVEY_ERR_PORT",
     "the host's storage or counter hook failed"},
    {COVEY_ERR_CONFLICT, "COVEY_ERR_CONFLICT",
     "another process saved in between: open again and repeat"},
};

static const entry *find(int err)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].err == err) return &table[i];
    }
    return NULL;
}

const char *covey_error_name(int err)
{
    const entry *found = find(err);
    return found != NULL ? found->name : "COVEY_ERR_UNKNOWN";
}

const char *covey_error_text(int err)
{
    const entry *found = find(err);
    return found != NULL ? found->text : "not an error of this library";
}

bool covey_error_is_public(int err)
{
    return err <= -32 && err > -64;
}
