/*
 * mls/transcript-hashes.json: RFC 9420 section 8.2, and the confirmation tag
 * of section 6.1.
 */
#include <covey/error.h>

#include "mls/group_context.h"
#include "mls/message.h"
#include "mls/schedule.h"
#include "mls/types.h"
#include "vectors/values.h"

/* AuthenticatedContent, section 6: its three parts. */
typedef struct {
    covey_bytes framed; /* WireFormat and FramedContent */
    covey_framed_content content;
    covey_auth_data auth;
} authenticated_content;

static void read_authenticated_content(authenticated_content *out,
                                       covey_bytes bytes)
{
    covey_reader r = covey_reader_of(bytes);
    const uint8_t *start = r.at;
    uint16_t wire_format = covey_read_u16(&r);

    cr_assert(wire_format == COVEY_WIRE_PUBLIC_MESSAGE ||
              wire_format == COVEY_WIRE_PRIVATE_MESSAGE);
    covey_read_framed_content(&r, &out->content);
    out->framed = covey_reader_since(&r, start);
    covey_read_auth_data(&r, out->content.content_type, &out->auth);
    cr_assert_eq(covey_reader_finish(&r), COVEY_OK);
}

static void check_case(const json_t *value)
{
    covey_confirmation_key key = {vector_secret(value, "confirmation_key")};
    covey_digest before =
        vector_digest(value, "interim_transcript_hash_before");
    authenticated_content content;
    covey_digest confirmed;
    covey_digest interim;
    covey_digest tag;

    read_authenticated_content(&content,
                               vector_hex(value, "authenticated_content"));
    cr_assert_eq(content.content.content_type, COVEY_CONTENT_COMMIT);

    covey_confirmation_tag(&tag, &key,
                           vector_hex(value,
                                      "confirmed_transcript_hash_after"));
    check_bytes(covey_digest_bytes(&tag), content.auth.confirmation_tag);

    covey_confirmed_transcript_hash(&confirmed, &before, content.framed,
                                    content.auth.signature);
    check_digest(confirmed, value, "confirmed_transcript_hash_after");
    covey_interim_transcript_hash(&interim, covey_digest_bytes(&confirmed),
                                  content.auth.confirmation_tag);
    check_digest(interim, value, "interim_transcript_hash_after");
}

Test(vectors, transcript_hashes)
{
    const json_t *root = vectors_open("mls/transcript-hashes.json");
    const json_t *value;
    size_t num = 0;
    size_t i;

    json_array_foreach(root, i, value)
    {
        check_suite(value);
        check_case(value);
        num++;
    }
    report_cases("transcript-hashes", num, json_array_size(root));
}
