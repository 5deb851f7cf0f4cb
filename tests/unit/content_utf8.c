#include "content/utf8.h"

#include <covey/error.h>
#include <criterion/criterion.h>
#include <stdio.h>

#include "support/contents.h"
#include "support/guard.h"

static bool valid(const char *text, bool lines)
{
    bool answer = covey_utf8_valid(guard_copy(hex(text)), lines);

    guard_free_all();
    return answer;
}

/* A code point in as many bytes as are said. */
static covey_bytes written(uint32_t code, unsigned len, uint8_t out[4])
{
    static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (unsigned i = len; i-- > 1;) {
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (uint8_t)(heads[len] | code);
    return covey_bytes_of(out, len);
}

static unsigned shortest(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* All there are, each in all lengths that can hold it. */
Test(content_utf8, every_code_point_in_its_shortest_form_alone)
{
    for (uint32_t code = 0; code < 0x200000; code++) {
        bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        bool good =
            !control && (code < 0xd800 || code > 0xdfff) && code <= 0x10ffff;
        bool line = code == '\n' || code == '\t';

        for (unsigned len = shortest(code); len <= 4; len++) {
            uint8_t out[4];
            covey_bytes text = written(code, len, out);
            bool least = len == shortest(code);

            cr_assert_eq(covey_utf8_valid(text, false), least && good, "%x",
                         code);
            cr_assert_eq(covey_utf8_valid(text, true), least && (good || line),
                         "%x", code);
        }
    }
}

Test(content_utf8, what_is_cut_or_continues_nothing_is_refused)
{
    cr_assert(valid("", true));
    cr_assert(valid("41c3a9e282acf09f918b0a", true));
    cr_assert_not(valid("41c3", true));
    cr_assert_not(valid("e282", true));
    cr_assert_not(valid("f09f91", true));
    cr_assert_not(valid("c341", true));
    cr_assert_not(valid("e28241", true));
    cr_assert_not(valid("80", true));
    cr_assert_not(valid("41bf", true));
    cr_assert_not(valid("f8888080 80", true));
    cr_assert_not(valid("fe", true));
    cr_assert_not(valid("ff", true));
    cr_assert_not(valid("eda080edb080", true), "a pair of surrogates");
    cr_assert_not(valid("c080", true), "another zero");
}

Test(content_utf8, visible_ascii_is_visible)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t one = (uint8_t)byte;

        cr_assert_eq(covey_ascii_valid(covey_bytes_of(&one, 1)),
                     byte > 0x20 && byte < 0x7f);
    }
}

static int send(const char *text, size_t len)
{
    static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE], out[COVEY_PAYLOAD_MAX];
    covey_buffer to = {out, sizeof out, 0}, work = {room, sizeof room, 0};
    covey_payload payload = contents_head();

    payload.content.kind = COVEY_CONTENT_TEXT;
    payload.content.of.text.text = covey_bytes_of(text, len);
    return covey_payload_encode(&to, &payload, &work);
}

Test(content_utf8, t20_a_text_is_text_and_has_an_end)
{
    char text[COVEY_TEXT_MAX + 1];

    memset(text, 'a', sizeof text);
    cr_assert_eq(send(text, COVEY_TEXT_MAX), COVEY_OK);
    cr_assert_eq(send(text, COVEY_TEXT_MAX + 1), COVEY_ERR_ARGUMENT);
    cr_assert_eq(send(text, 0), COVEY_ERR_ARGUMENT);
    cr_assert_eq(send("a\0b", 3), COVEY_ERR_ARGUMENT);
    cr_assert_eq(send("a\x1b[2Jb", 6), COVEY_ERR_ARGUMENT);
    cr_assert_eq(send("a\r\n", 3), COVEY_ERR_ARGUMENT);
    cr_assert_eq(send("a\n\tb", 4), COVEY_OK);
    cr_assert_eq(send("\xc3\x28", 2), COVEY_ERR_ARGUMENT);
}

/* The same by somebody who does not check: a Body of a text. */
Test(content_utf8, t20_a_foreign_text_is_refused_too)
{
    static const char *const bad[] = {"00", "1b", "0d",   "7f",     "c285",
                                      "ff", "c3", "c080", "eda080", "f4908080"};
    static uint8_t room[COVEY_CONTENT_SCRATCH_SIZE];
    covey_buffer work = {room, sizeof room, 0};
    const char *head = "080110001800 2000 2a10"
                       "00000000000000000000000000000000";
    covey_payload payload;
    char text[256];

    (void)snprintf(text, sizeof text, "%s 32051a030a0141", head);
    cr_assert_eq(covey_payload_decode(&payload, hex(text), &work), COVEY_OK);
    cr_assert_eq(payload.content.of.text.text.len, 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = strlen(bad[i]) / 2;

        (void)snprintf(text, sizeof text, "%s 32%02zx1a%02zx0a%02zx%s", head,
                       len + 4, len + 2, len, bad[i]);
        cr_assert_eq(covey_payload_decode(&payload, hex(text), &work),
                     COVEY_ERR_MALFORMED, "%s", bad[i]);
    }
}
