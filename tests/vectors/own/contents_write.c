/*
 * Writes contents.json: each sample payload, in words and in bytes. See
 * README.md.
 */
#include <covey/error.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/contents.h"

static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE], out[COVEY_PAYLOAD_MAX];

static void require(bool condition, const char *what)
{
    if (condition) return;
    (void)fprintf(stderr, "contents_write: %s\n", what);
    exit(1);
}

static void add_hex(json_t *object, const char *key, const uint8_t *at,
                    size_t len)
{
    (void)json_object_set_new(object, key,
                              json_string(hex_of(covey_bytes_of(at, len))));
}

/* What is named or chained by a hash. */
static void add_hash(json_t *vector, const covey_content *content)
{
    uint8_t hash[COVEY_ACCESS_CHAIN_SIZE];
    covey_buffer work = {room, sizeof room, 0};

    if (content->kind == COVEY_CONTENT_DOCUMENT) {
        require(!covey_document_hash(hash, &content->of.document, &work),
                "document");
        add_hex(vector, "document_hash", hash, COVEY_DOCUMENT_HASH_SIZE);
    }
    if (content->kind == COVEY_CONTENT_ACCESS_LOG) {
        require(!covey_access_log_after(hash, &content->of.access_log, &work),
                "access log");
        add_hex(vector, "chain_after", hash, sizeof hash);
    }
}

static json_t *vector_of(size_t i)
{
    const char *name;
    covey_payload payload = contents_sample(i, &name);
    covey_buffer to = {out, sizeof out, 0}, work = {room, sizeof room, 0};
    json_t *vector = json_object();

    require(!covey_payload_encode(&to, &payload, &work), name);
    (void)json_object_set_new(vector, "name", json_string(name));
    (void)json_object_set_new(vector, "payload", contents_json(&payload));
    add_hex(vector, "encoding", out, to.len);
    add_hash(vector, &payload.content);
    return vector;
}

/* Before a Body: counter 1, incarnation 0, no clock, nothing seen. */
#define HEAD "0801100018002000 2a1000000000000000000000000000000000 "

/* Of later versions: they are read, and cannot be written. */
static const char *const later[] = {
    HEAD "3203820100",
    HEAD "3207c2bb0103ffffff",
    HEAD "3218 4216 0a10000102030405060708090a0b0c0d0e0f 1001 5200",
};

static const struct {
    const char *why, *encoding;
} refused[] = {
    {"no body", HEAD},
    {"a body without a kind", HEAD "3200"},
    {"two kinds", HEAD "3207 7a020800 820100"},
    {"an unknown field of the payload", HEAD "3204 7a020800 7801"},
    {"an unknown field of a content", HEAD "3206 7a04 0800 1001"},
    {"a number that is not as short as it could be", HEAD "3205 7a03 088000"},
    {"a length that is not as short", HEAD "3205 7a8200 0800"},
    {"a field twice", HEAD "3206 7a04 0800 0800"},
    {"a required field is missing", HEAD "3202 7a00"},
    {"fields out of order", "1000 0801 1800 2000 2a10"
                            "00000000000000000000000000000000 32047a020800"},
    {"counter 0", "0800 1000 1800 2000 2a10"
                  "00000000000000000000000000000000 32047a020800"},
    {"a chain of 15 bytes", "0801 1000 1800 2000 2a0f"
                            "000000000000000000000000000000 32047a020800"},
    {"audience 0, but sealed", HEAD "3a08 0800 120100 1a0100"},
    {"numbers that are not packed", HEAD "3207 0a05 0802 1a0104"},
    {"a column that ends in 0", HEAD "3208 0a06 0a0102 120100"},
    {"a longitude for a fix that is not there", HEAD "3205 0a03 120102"},
    {"neither fix nor scan", HEAD "3202 0a00"},
    {"a speed that the state does not announce",
     HEAD "3208 0a06 0a0102 3a0102"},
    {"a text with a control character", HEAD "3205 1a03 0a0107"},
    {"a text that is not UTF-8", HEAD "3205 1a03 0a01ff"},
    {"a time beyond the year 9999", HEAD "320a 7a08 0880b8ff90fdce39"},
    {"a byte too much", HEAD "3204 7a020800 00"},
};

static json_t *later_of(const char *encoding)
{
    covey_buffer work = {room, sizeof room, 0};
    covey_bytes bytes = hex(encoding);
    json_t *vector = json_object();
    covey_payload payload;

    require(!covey_payload_decode(&payload, bytes, &work), encoding);
    (void)json_object_set_new(vector, "payload", contents_json(&payload));
    add_hex(vector, "encoding", bytes.at, bytes.len);
    return vector;
}

static json_t *refused_of(const char *why, const char *encoding)
{
    covey_buffer work = {room, sizeof room, 0};
    covey_bytes bytes = hex(encoding);
    json_t *vector = json_object();
    covey_payload payload;

    require(covey_payload_decode(&payload, bytes, &work) == COVEY_ERR_MALFORMED,
            why);
    (void)json_object_set_new(vector, "why", json_string(why));
    add_hex(vector, "encoding", bytes.at, bytes.len);
    return vector;
}

#define NUM(list) (sizeof(list) / sizeof(list)[0])

int main(int argc, char **argv)
{
    json_t *valid = json_array(), *read_only = json_array();
    json_t *bad = json_array(), *all = json_object();

    require(argc == 2, "usage: contents_write FILE");
    for (size_t i = 0; i < CONTENTS_NUM; i++) {
        (void)json_array_append_new(valid, vector_of(i));
    }
    for (size_t i = 0; i < NUM(later); i++) {
        (void)json_array_append_new(read_only, later_of(later[i]));
    }
    for (size_t i = 0; i < NUM(refused); i++) {
        (void)json_array_append_new(bad, refused_of(refused[i].why,
                                                    refused[i].encoding));
    }
    (void)json_object_set_new(all, "valid", valid);
    (void)json_object_set_new(all, "of_later_versions", read_only);
    (void)json_object_set_new(all, "refused", bad);
    require(!json_dump_file(all, argv[1], JSON_INDENT(1)), argv[1]);
    json_decref(all);
    test_free_all();
    return 0;
}
