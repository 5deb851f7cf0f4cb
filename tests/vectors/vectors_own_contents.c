/*
 * own/contents.json: each payload decodes to what is said in words, and
 * encodes to its bytes again. And the file is the one that would be written
 * today.
 */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "support/contents.h"
#include "support/vectors.h"

static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE];
static uint8_t other_room[COVEY_CONTENT_SCRATCH_SIZE];

static const json_t *open_own(void)
{
    static json_t *root;
    json_error_t error;

    root = json_load_file(OWN_VECTORS "/contents.json", JSON_REJECT_DUPLICATES,
                          &error);
    cr_assert_not_null(root, "%s", error.text);
    return root;
}

static void check_hash(const json_t *vector, const covey_content *content)
{
    uint8_t hash[COVEY_ACCESS_CHAIN_SIZE];
    covey_buffer work = {other_room, sizeof other_room, 0};

    if (content->kind == COVEY_CONTENT_DOCUMENT) {
        cr_assert_eq(covey_document_hash(hash, &content->of.document, &work),
                     COVEY_OK);
        check_bytes(covey_bytes_of(hash, COVEY_DOCUMENT_HASH_SIZE),
                    vector_hex(vector, "document_hash"));
    }
    if (content->kind == COVEY_CONTENT_ACCESS_LOG) {
        cr_assert_eq(covey_access_log_after(hash, &content->of.access_log,
                                            &work),
                     COVEY_OK);
        check_bytes(covey_bytes_of(hash, sizeof hash),
                    vector_hex(vector, "chain_after"));
    }
}

static void check_vector(const json_t *vector)
{
    covey_bytes bytes = vector_hex(vector, "encoding");
    covey_buffer work = {room, sizeof room, 0};
    covey_buffer other = {other_room, sizeof other_room, 0};
    covey_buffer out = {test_alloc(COVEY_PAYLOAD_MAX), COVEY_PAYLOAD_MAX, 0};
    const char *name = vector_text(vector, "name");
    covey_payload payload;

    cr_assert_eq(covey_payload_decode(&payload, bytes, &work), COVEY_OK, "%s",
                 name);
    json_t *words = contents_json(&payload);
    cr_assert(json_equal(words, vector_get(vector, "payload")), "%s", name);
    json_decref(words);
    check_hash(vector, &payload.content);
    cr_assert_eq(covey_payload_encode(&out, &payload, &other), COVEY_OK);
    check_bytes(covey_bytes_of(out.at, out.len), bytes);
}

Test(own_contents, each_decodes_to_its_words_and_encodes_again)
{
    const json_t *vectors = vector_list(open_own(), "valid"), *vector;
    size_t i;

    json_array_foreach(vectors, i, vector)
    {
        check_vector(vector);
        test_free_all();
    }
    cr_assert_eq(i, CONTENTS_NUM);
}

Test(own_contents, the_file_is_that_of_today)
{
    const json_t *vectors = vector_list(open_own(), "valid"), *vector;
    size_t i;

    json_array_foreach(vectors, i, vector)
    {
        const char *name;
        covey_payload payload = contents_sample(i, &name);
        json_t *words = contents_json(&payload);

        cr_assert_str_eq(name, vector_text(vector, "name"));
        cr_assert(json_equal(words, vector_get(vector, "payload")), "%s", name);
        json_decref(words);
        test_free_all();
    }
}

Test(own_contents, what_later_versions_say_is_read)
{
    const json_t *vectors = vector_list(open_own(), "of_later_versions");
    const json_t *vector;
    size_t i;

    json_array_foreach(vectors, i, vector)
    {
        covey_buffer work = {room, sizeof room, 0};
        covey_payload payload;

        cr_assert_eq(covey_payload_decode(&payload,
                                          vector_hex(vector, "encoding"),
                                          &work),
                     COVEY_OK);
        json_t *words = contents_json(&payload);
        cr_assert(json_equal(words, vector_get(vector, "payload")), "%zu", i);
        json_decref(words);
    }
    cr_assert_gt(i, 0);
}

Test(own_contents, what_is_refused_is_refused)
{
    const json_t *vectors = vector_list(open_own(), "refused"), *vector;
    size_t i;

    json_array_foreach(vectors, i, vector)
    {
        covey_buffer work = {room, sizeof room, 0};
        covey_payload payload;

        cr_assert_eq(covey_payload_decode(&payload,
                                          vector_hex(vector, "encoding"),
                                          &work),
                     COVEY_ERR_MALFORMED, "%s", vector_text(vector, "why"));
    }
    cr_assert_gt(i, 0);
}
