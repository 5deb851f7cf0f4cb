/*
 * Writes attachment.json, the test vectors of the attachments of SPEC.md
 * section 3.6, into a directory; with --check before it, compares. What is
 * refused is sealed here as the specification says, but for one thing. See
 * README.md.
 */
#include <covey/error.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "crypto/aead.h"
#include "device/transfer_chunk.h"
#include "relay/mailbox.h"
#include "support/bytes.h"

static void must(bool is_so, const char *what)
{
    if (is_so) return;
    (void)fprintf(stderr, "attachment_write: %s\n", what);
    exit(1);
}

/* first, first + 1, ... */
static covey_bytes count(uint8_t first, size_t len)
{
    uint8_t *at = test_alloc(len);

    for (size_t i = 0; i < len; i++) at[i] = (uint8_t)(first + i);
    return covey_bytes_of(at, len);
}

static void put(json_t *object, const char *name, json_t *value)
{
    must(json_object_set_new(object, name, value) == 0, name);
}

static void put_hex(json_t *object, const char *name, covey_bytes bytes)
{
    put(object, name, json_string(hex_of(bytes)));
}

static void put_number(json_t *object, const char *name, uint32_t value)
{
    put(object, name, json_integer((json_int_t)value));
}

static json_t *add(json_t *array)
{
    json_t *object = json_object();

    must(json_array_append_new(array, object) == 0, "memory");
    return object;
}

/* ---- attachments ---- */

static covey_attachment attachment_of(covey_bytes clear, uint32_t chunk_size)
{
    covey_attachment what = {.media = COVEY_MEDIA_VOICE,
                             .duration_ms = 1,
                             .size = (uint32_t)clear.len,
                             .chunk_size = chunk_size};
    covey_digest digest;
    covey_hash hash;

    covey_hash_begin(&hash);
    covey_hash_add(&hash, clear);
    covey_hash_end(&hash, &digest);
    memcpy(what.sha256, digest.bytes, sizeof what.sha256);
    memcpy(what.mailbox_seed, count(0x40, 32).at, 32);
    memcpy(what.key, count((uint8_t)clear.len, 32).at, 32);
    return what;
}

static void put_address(json_t *one, const covey_attachment *what)
{
    covey_mailbox mailbox;

    covey_mailbox_of_seed(&mailbox, what->mailbox_seed);
    covey_mailbox_address address = covey_mailbox_address_of(&mailbox);
    put_hex(one, "address", covey_mailbox_address_bytes(&address));
}

static covey_bytes seal(const covey_transfer_chunks *chunks, uint32_t number,
                        covey_bytes clear)
{
    uint8_t *blob = test_alloc(chunks->blob_size);

    memcpy(covey_transfer_chunk_at(blob),
           clear.at + (size_t)number * chunks->chunk_size,
           covey_transfer_chunk_len(chunks, number));
    covey_transfer_chunk_seal(chunks, number, blob);
    return covey_bytes_of(blob, chunks->blob_size);
}

static void put_what(json_t *one, const covey_attachment *what,
                     covey_bytes clear)
{
    put_number(one, "size", what->size);
    put_number(one, "chunk_size", what->chunk_size);
    put_hex(one, "clear", clear);
    put_hex(one, "sha256", covey_bytes_of(what->sha256, 32));
    put_hex(one, "mailbox_seed", covey_bytes_of(what->mailbox_seed, 32));
    put_address(one, what);
    put_hex(one, "key", covey_bytes_of(what->key, 32));
}

static void put_attachment(json_t *list, size_t size, uint32_t chunk_size)
{
    const covey_bytes clear = count(7, size);
    const covey_attachment what = attachment_of(clear, chunk_size);
    json_t *one = add(list);
    json_t *blobs = json_array();
    covey_transfer_chunks chunks;

    covey_transfer_chunks_of(&chunks, &what);
    put_what(one, &what, clear);
    put_hex(one, "secret", covey_secret_bytes(&chunks.secret));
    for (uint32_t i = 0; i < chunks.num; i++) {
        (void)json_array_append_new(blobs, json_string(hex_of(
                                               seal(&chunks, i, clear))));
    }
    put(one, "blobs", blobs);
}

/* ---- refused ---- */

static covey_transfer_chunks refusing;

static void put_refused(json_t *list, const char *why, uint32_t number,
                        covey_bytes blob)
{
    json_t *one = add(list);

    put(one, "why", json_string(why));
    put_number(one, "number", number);
    put_hex(one, "blob", blob);
}

/* The third and last chunk, 44 bytes, of the attachment of 300 in chunks of
 * 128: with other padding, another id, or other aad. */
static covey_bytes seal_wrong(uint8_t padding, uint8_t id, uint8_t aad)
{
    uint8_t plain[224] = {0};
    uint8_t head[16] = {0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 1, 0x2c, 0, 0, 0, 128};
    const covey_bytes view = covey_bytes_of(head, sizeof head);
    const covey_bytes text = covey_bytes_of(plain, sizeof plain);
    const covey_bytes id_info[] = {covey_bytes_of_text("covey chunk id"), view,
                                   text};
    uint8_t *blob = test_alloc(256);
    const covey_bytes key_info[] = {covey_bytes_of_text("covey chunk key"),
                                    view, covey_bytes_of(blob, 16)};
    uint8_t both[44];
    covey_aead_key key;

    memcpy(plain, count(7, 300).at + 256, 44);
    plain[223] = padding;
    must(covey_hkdf_expand(blob, 16, &refusing.secret, id_info, 3) == 0, "id");
    blob[0] ^= id;
    must(covey_hkdf_expand(both, 44, &refusing.secret, key_info, 3) == 0,
         "key");
    memcpy(key.key, both, 32);
    memcpy(key.nonce, both + 32, 12);
    head[15] ^= aad;
    covey_aead_seal(blob + 16, &key, view, text);
    return covey_bytes_of(blob, 256);
}

static json_t *refused(void)
{
    const covey_bytes clear = count(7, 300);
    const covey_attachment what = attachment_of(clear, 128);
    json_t *list = json_array();

    covey_transfer_chunks_of(&refusing, &what);
    covey_bytes good = seal(&refusing, 2, clear);
    must(covey_bytes_same(good, seal_wrong(0, 0, 0)), "not as specified");
    put_refused(list, "it is another chunk's", 1, good);
    put_refused(list, "padding is not zero", 2, seal_wrong(1, 0, 0));
    put_refused(list, "the id is not that of the chunk", 2,
                seal_wrong(0, 1, 0));
    put_refused(list, "the aad is another", 2, seal_wrong(0, 0, 1));
    put_refused(list, "shorter", 2, covey_bytes_of(good.at, 255));
    uint8_t *longer = test_alloc(512);
    memcpy(longer, good.at, 256);
    put_refused(list, "longer", 2, covey_bytes_of(longer, 512));
    uint8_t *changed = test_copy(good);
    changed[255] ^= 1;
    put_refused(list, "the tag is another", 2, covey_bytes_of(changed, 256));
    return list;
}

/* ---- the file ---- */

static json_t *attachments(void)
{
    json_t *object = json_object();
    json_t *list = json_array();

    put_attachment(list, 1, 128);
    put_attachment(list, 300, 128);
    put_attachment(list, 448, 224);
    put_attachment(list, 481, 480);
    put(object, "attachments", list);
    put(object, "refused", refused());
    return object;
}

static bool is_same(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    char *found = (char *)test_alloc(1 << 20);

    if (file == NULL) return false;
    size_t len = fread(found, 1, 1 << 20, file);
    (void)fclose(file);
    return len == strlen(text) + 1 && memcmp(found, text, len - 1) == 0;
}

int main(int argc, char **argv)
{
    bool check = argc == 3 && strcmp(argv[1], "--check") == 0;
    char path[4096];

    if (argc != 2 && !check) {
        (void)fprintf(stderr, "usage: attachment_write [--check] DIRECTORY\n");
        return 2;
    }
    json_t *value = attachments();
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    bool same = true;
    (void)snprintf(path, sizeof path, "%s/attachment.json", argv[argc - 1]);
    json_decref(value);
    must(text != NULL, "memory");
    if (check) {
        same = is_same(path, text);
        if (!same) (void)fprintf(stderr, "%s is not of today\n", path);
    } else {
        FILE *file = fopen(path, "wb");
        must(file != NULL && fprintf(file, "%s\n", text) > 0 &&
                 fclose(file) == 0,
             path);
    }
    free(text);
    test_free_all();
    return same ? 0 : 1;
}
