/*
 * Writes refused.json into a directory: blobs and sealed messages that only
 * somebody with their keys can make, and that are refused all the same
 * (SPEC.md 2.6, 4.3); with --check before it, compares. See README.md.
 */
#include <covey/error.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "circle/invite.h"
#include "crypto/hkdf.h"
#include "mls/group.h"
#include "relay/blob.h"
#include "support/bytes.h"

#define OVERHEAD (COVEY_AEAD_NONCE_SIZE + COVEY_AEAD_TAG_SIZE)

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "refused_write: %s\n", what);
    exit(1);
}

static void count(uint8_t *out, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(first + i);
}

static void put_hex(json_t *object, const char *name, const void *at,
                    size_t len)
{
    (void)json_object_set_new(object, name,
                              json_string(hex_of(covey_bytes_of(at, len))));
}

static void put(json_t *list, const char *why, int err, const uint8_t *at,
                size_t len)
{
    json_t *one = json_object();

    (void)json_object_set_new(one, "why", json_string(why));
    (void)json_object_set_new(one, "error",
                              json_string(covey_error_name(err) +
                                          strlen("COVEY_ERR_")));
    put_hex(one, "blob", at, len);
    (void)json_array_append_new(list, one);
}

/* ---- blobs ---- */

/* Places of a header. */
enum { TYPE, NUM = 21, SIZES = 22 };

typedef struct {
    const char *why;
    int err;
    size_t size;
    uint8_t type;
    uint8_t num;
    uint8_t sizes[14];
} bad_blob;

static const bad_blob bad_blobs[] = {
    {"no size of a blob", COVEY_ERR_MALFORMED, 257, 3, 0, {0}},
    {"junk", COVEY_ERR_AUTH, 256, 0, 0, {0}},
    {"another type", COVEY_ERR_MALFORMED, 256, 1, 0, {0}},
    {"a proposal that bundles", COVEY_ERR_MALFORMED, 512, 2, 1, {1}},
    {"fifteen bundled",
     COVEY_ERR_MALFORMED,
     8192,
     3,
     15,
     {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    {"a bundled blob of no size", COVEY_ERR_MALFORMED, 512, 3, 1, {0}},
    {"a bundled blob of 16384 bytes", COVEY_ERR_MALFORMED, 512, 3, 1, {7}},
    {"a size behind the last", COVEY_ERR_MALFORMED, 1024, 3, 1, {1, 1}},
    {"no room for a message", COVEY_ERR_MALFORMED, 1024, 3, 3, {2, 1, 1}},
};

static covey_mls_group *new_group(json_t *object)
{
    size_t size = covey_mls_group_size();
    covey_mls_group *group = covey_mls_group_at(test_alloc(size), size);
    covey_group_context *context = &group->epoch.context;

    group->state = COVEY_GROUP_OPEN;
    count(context->group_id, 32, 0x10);
    context->group_id_len = 32;
    context->epoch = 9;
    count((uint8_t *)&group->epoch.sender_data_secret, 32, 0x30);
    put_hex(object, "group_id", context->group_id, 32);
    (void)json_object_set_new(object, "epoch", json_integer(9));
    put_hex(object, "sender_data_secret", &group->epoch.sender_data_secret, 32);
    return group;
}

static void make_blob(uint8_t *blob, const bad_blob *bad,
                      const covey_handshake_key *key)
{
    uint8_t plain[COVEY_HEADER_PLAIN_SIZE] = {0};
    covey_aead_key aead;

    count(blob, bad->size, 0x70);
    if (bad->type == 0) return;
    plain[TYPE] = bad->type;
    plain[NUM] = bad->num;
    memcpy(plain + SIZES, bad->sizes, sizeof plain - SIZES);
    memcpy(aead.key, key->bytes, sizeof aead.key);
    memcpy(aead.nonce, blob, sizeof aead.nonce);
    covey_aead_seal(blob + sizeof aead.nonce, &aead, covey_bytes_of(NULL, 0),
                    covey_bytes_of(plain, sizeof plain));
}

static json_t *blobs(void)
{
    json_t *object = json_object();
    json_t *list = json_array();
    const covey_mls_group *group = new_group(object);
    covey_handshake_key key;

    count(key.bytes, sizeof key.bytes, 0x50);
    put_hex(object, "handshake_key", key.bytes, sizeof key.bytes);
    for (size_t i = 0; i < sizeof bad_blobs / sizeof bad_blobs[0]; i++) {
        const bad_blob *bad = &bad_blobs[i];
        uint8_t *blob = test_alloc(bad->size);
        uint8_t *message = test_alloc(COVEY_BLOB_MESSAGE_MAX);
        covey_writer w = covey_writer_of(message, COVEY_BLOB_MESSAGE_MAX);
        covey_blob opened;

        make_blob(blob, bad, &key);
        must(covey_blob_open(&opened, group, &key,
                             covey_bytes_of(blob, bad->size), &w) == bad->err,
             bad->why);
        put(list, bad->why, bad->err, blob, bad->size);
    }
    (void)json_object_set_new(object, "blobs", list);
    return object;
}

/* ---- sealed messages of an invite ---- */

typedef struct {
    const char *why;
    int err;
    size_t size;
    uint16_t len;  /* that it says; its message is of five bytes */
    uint8_t last;  /* byte of the padding */
    uint8_t spoil; /* of the tag */
} bad_sealed;

static const bad_sealed bad_seals[] = {
    {"shorter than a nonce and a tag", COVEY_ERR_AUTH, 27, 0, 0, 0},
    {"the tag is another", COVEY_ERR_AUTH, 1024, 5, 0, 1},
    {"padding is not zero", COVEY_ERR_PADDING, 1024, 5, 1, 0},
    {"a length beyond the end", COVEY_ERR_PADDING, 1024, 995, 0, 0},
    {"longer than it has to be", COVEY_ERR_PADDING, 2048, 5, 0, 0},
    {"no size", COVEY_ERR_PADDING, 1025, 5, 0, 0},
    {"a smaller size", COVEY_ERR_PADDING, 512, 5, 0, 0},
};

static void derive(uint8_t key[32], const covey_invite *invite)
{
    const covey_bytes secret =
        covey_bytes_of(invite->secret, sizeof invite->secret);
    const covey_bytes info = covey_bytes_of_text("welcome");
    covey_secret prk;

    covey_hkdf_extract(&prk, covey_bytes_of_text("covey invite 1"), &secret, 1);
    must(covey_hkdf_expand(key, 32, &prk, &info, 1) == COVEY_OK, "a key");
}

static void make_sealed(uint8_t *sealed, const bad_sealed *bad,
                        const covey_invite *invite)
{
    uint8_t *plain = sealed + COVEY_AEAD_NONCE_SIZE;
    covey_aead_key key;

    count(sealed, COVEY_AEAD_NONCE_SIZE, 0x90);
    if (bad->size < OVERHEAD) return;
    derive(key.key, invite);
    memcpy(key.nonce, sealed, sizeof key.nonce);
    memset(plain, 0, bad->size - OVERHEAD);
    plain[0] = (uint8_t)(bad->len >> 8);
    plain[1] = (uint8_t)bad->len;
    memcpy(plain + 2, "hello", 5);
    plain[bad->size - OVERHEAD - 1] = bad->last;
    covey_aead_seal(plain, &key, covey_bytes_of(NULL, 0),
                    covey_bytes_of(plain, bad->size - OVERHEAD));
    sealed[bad->size - 1] ^= bad->spoil;
}

static json_t *seals(void)
{
    json_t *object = json_object();
    json_t *list = json_array();
    covey_invite invite = {.role = COVEY_ROLE_WEARER};

    count(invite.secret, sizeof invite.secret, 0xb0);
    put_hex(object, "secret", invite.secret, sizeof invite.secret);
    for (size_t i = 0; i < sizeof bad_seals / sizeof bad_seals[0]; i++) {
        const bad_sealed *bad = &bad_seals[i];
        uint8_t *sealed = test_alloc(bad->size);
        covey_bytes message;

        make_sealed(sealed, bad, &invite);
        must(covey_invite_open(test_alloc(bad->size), &message, &invite,
                               COVEY_INVITE_WELCOME,
                               covey_bytes_of(sealed, bad->size)) == bad->err,
             bad->why);
        put(list, bad->why, bad->err, sealed, bad->size);
    }
    (void)json_object_set_new(object, "sealed", list);
    return object;
}

/* ---- the file ---- */

static bool is_file(const char *path, const char *text)
{
    json_t *found = json_load_file(path, 0, NULL);
    json_t *made = json_loads(text, 0, NULL);
    bool same = found != NULL && made != NULL && json_equal(found, made);

    json_decref(found);
    json_decref(made);
    if (!same) (void)fprintf(stderr, "%s is not of today\n", path);
    return same;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    json_t *all = json_object();
    char path[4096];
    bool well = true;

    must(argc == 2 || check, "say [--check] DIRECTORY");
    (void)snprintf(path, sizeof path, "%s/refused.json", argv[argc - 1]);
    (void)json_object_set_new(all, "epoch", blobs());
    (void)json_object_set_new(all, "invite", seals());
    char *text = json_dumps(all, JSON_INDENT(1));

    must(text != NULL, "no memory");
    if (check) {
        well = is_file(path, text);
    } else {
        FILE *file = fopen(path, "wb");

        must(file != NULL, path);
        well = fprintf(file, "%s\n", text) > 0 && fclose(file) == 0;
    }
    free(text);
    json_decref(all);
    test_free_all();
    return well ? 0 : 1;
}
