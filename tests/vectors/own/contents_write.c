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
    {"a latitude beyond the pole", HEAD "32090a070a0582a4a7da06"},
    {"33 fixes",
     HEAD "32250a230a21000000000000000000000000000000000000000000000000"
          "000000000000000000"},
    {"neither worn nor not, 3", HEAD "32080a060a0100220160"},
    {"a bit of the state that does not exist", HEAD "320a0a080a01002203808002"},
    {"a heading the longer way", HEAD "320f0a0d0a020000220108420402a09902"},
    {"a time before 1970", HEAD "32080a060a01001a0101"},
    {"a scan of nothing", HEAD "32060a0452020800"},
    {"an access point of 9 bytes",
     HEAD "32110a0f520d08001209000000000000000000"},
    {"mnc 100 of two digits",
     HEAD "32160a14521208001a0e0801100118642002280030003800"},
    {"worn 0", HEAD "320412021800"},
    {"limit 2, and nobody silent", HEAD "320412023802"},
    {"documents that do not rise", HEAD "320e120c4a04080210004a0408021000"},
    {"a text of no bytes", HEAD "32041a020a00"},
    {"a surrogate in a text", HEAD "32071a050a03eda080"},
    {"U+0085 in a text", HEAD "32061a040a02c285"},
    {"a range beyond 2^64 - 1",
     HEAD "32272a2508011210000102030405060708090a0b0c0d0e0f1800220d0100"
          "fdffffffffffffffff0100"},
    {"a range from 0",
     HEAD "321c2a1a08011210000102030405060708090a0b0c0d0e0f180022020001"},
    {"an odd number of ranges",
     HEAD "321b2a1908011210000102030405060708090a0b0c0d0e0f1800220101"},
    {"an answer to a command in an SOS",
     HEAD "322c322a09000000000000000010001800221b0a01005a160a1000010203"
          "0405060708090a0b0c0d0e0f10011800"},
    {"a bool of 2", HEAD "320f320d09000000000000000010001802"},
    {"acknowledged by 3", HEAD "320d3a0b0900000000000000001003"},
    {"a command without an act",
     HEAD "321642140a10000102030405060708090a0b0c0d0e0f1001"},
    {"a command without an end",
     HEAD "321842160a10000102030405060708090a0b0c0d0e0f10001a00"},
    {"an unknown act that is a number",
     HEAD "321842160a10000102030405060708090a0b0c0d0e0f10015000"},
    {"an unknown act beside a known one",
     HEAD "321a42180a10000102030405060708090a0b0c0d0e0f10014a005200"},
    {"a kind of the number 0", HEAD "32020200"},
    {"refused, without a reason",
     HEAD "321c4a1a0a160a10000102030405060708090a0b0c0d0e0f100118001002"},
    {"a reason, but done",
     HEAD "321e4a1c0a160a10000102030405060708090a0b0c0d0e0f100118001001"
          "1801"},
    {"a reference to counter 0",
     HEAD "321c4a1a0a160a10000102030405060708090a0b0c0d0e0f100018001003"},
    {"version 0 of a document", HEAD "32086206320208007800"},
    {"a grid of 99 m", HEAD "32086206320208637801"},
    {"spans that leave the week", HEAD "320b620912050a03e04e017801"},
    {"a member twice",
     HEAD "322862261a220a20000102030405060708090a0b0c0d0e0f000102030405"
          "060708090a0b0c0d0e0f7801"},
    {"who did it, without a counter",
     HEAD "324272400800122000000000000000000000000000000000000000000000"
          "000000000000000000001a1a0a10000102030405060708090a0b0c0d0e0f"
          "1001180020003800"},
    {"a log of no entries",
     HEAD "322672240800122000000000000000000000000000000000000000000000"
          "00000000000000000000"},
    {"a log that goes on too far",
     HEAD "3249724708f4ffffffffffffffff01122000000000000000000000000000"
          "000000000000000000000000000000000000001a180a1000010203040506"
          "0708090a0b0c0d0e0f100118002000"},
    {"a notice of kind 0",
     HEAD "32286a2608001210000102030405060708090a0b0c0d0e0f1a1000010203"
          "0405060708090a0b0c0d0e0f"},
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
