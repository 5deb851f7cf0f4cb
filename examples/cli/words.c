#include "words.h"

#include <sodium.h>
#include <string.h>

#define WORDS_MAX 24

static const char *const words[NUM_WORDS][WORDS_MAX] = {
    [WORDS_ROLE] = {NULL, "wearer", "guardian", "carer", "friend"},
    [WORDS_SOURCE] = {NULL, "gnss", "wifi", "cell", "fused"},
    [WORDS_REASON] = {NULL, "interval", "moved", "asked", "zone", "sos"},
    [WORDS_YES_NO] = {NULL, "yes", "no"},
    [WORDS_LIMIT] = {"none", "paused", "guardian_silent", "policy", "battery"},
    [WORDS_MEDIA] = {NULL, "voice", "picture"},
    [WORDS_RECEIPT] = {NULL, "delivered", "read"},
    [WORDS_ACK] = {NULL, "device", "person"},
    [WORDS_COMMAND] = {NULL, "locate", "ring", "read_message", "set_policy",
                       "find_watch", "power_off", "sync"},
    [WORDS_OUTCOME] = {NULL, "done", "refused", "expired", "not_known"},
    [WORDS_REFUSED] = {"other", "permission", "kind", "notice", "quota",
                       "battery", "paused", "reference", "failed"},
    [WORDS_DOCUMENT] = {NULL, "zones", "school_hours", "contacts", "sos_list",
                        "reporting", "precision"},
    [WORDS_NOTICE] = {NULL, "join", "removal", "locate", "policy_change",
                      "command"},
    [WORDS_ACCESS] = {NULL, "look", "command", "policy", "join", "removal",
                      "refused", "pause"},
    [WORDS_CONTENT] = {NULL, "location", "status", "text", "attachment",
                       "receipt", "sos", "sos_ack", "command",
                       "command_receipt", "boot", "joined", "document",
                       "notice", "access_log", "pause"},
    [WORDS_TRUST] = {NULL, "fresh", "stale"},
    [WORDS_STATE] = {"empty", "inviting", "joined", "member", "forked",
                     "locked_out", "rolled_back", "ended"},
    [WORDS_RELAY] = {"well", "full", "refuses", "wrong", "away", "lost"},
    [WORDS_OPERATION] = {"none", "add", "remove", "policy", "refresh", "leave",
                         "move"},
    [WORDS_SOS] = {"off", "calling", "ringing", "seen"},
};

const char *word(words_of which, int value)
{
    if (value < 0 || value >= WORDS_MAX || words[which][value] == NULL) {
        return "unknown";
    }
    return words[which][value];
}

int word_value(words_of which, const char *text)
{
    for (int i = 0; text != NULL && i < WORDS_MAX; i++) {
        if (words[which][i] != NULL && strcmp(words[which][i], text) == 0) {
            return i;
        }
    }
    return -1;
}

void member_text(char out[MEMBER_TEXT_SIZE], const covey_member_id *id)
{
    (void)sodium_bin2hex(out, MEMBER_TEXT_SIZE, id->bytes, sizeof id->bytes);
}

bool member_read(covey_member_id *id, const char *text)
{
    covey_member_id read;
    size_t len = 0;

    if (text == NULL || strlen(text) != MEMBER_TEXT_SIZE - 1 ||
        sodium_hex2bin(read.bytes, sizeof read.bytes, text,
                       MEMBER_TEXT_SIZE - 1, NULL, &len, NULL) != 0 ||
        len != sizeof read.bytes) {
        return false;
    }
    *id = read;
    return true;
}
