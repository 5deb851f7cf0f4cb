/* covey_mls_message_peek; the rest of lib/mls/group_message.c needs a group
 * and is shown by the sim. */
#include <covey/error.h>
#include <covey/mls.h>
#include <criterion/criterion.h>

#include "base/writer.h"
#include "mls/types.h"
#include "support/bytes.h"
#include "support/guard.h"

#define EPOCH 0x0102030405060708

static covey_writer begin(uint16_t version, uint16_t wire_format)
{
    covey_writer w = covey_writer_of(test_alloc(128), 128);

    covey_write_u16(&w, version);
    covey_write_u16(&w, wire_format);
    return w;
}

static int peek(const covey_writer *w, covey_mls_message_kind *kind,
                uint64_t *epoch)
{
    return covey_mls_message_peek(guard_copy(covey_writer_since(w, 0)), kind,
                                  epoch);
}

static covey_writer public_message(uint8_t sender, uint8_t content_type)
{
    covey_writer w = begin(COVEY_MLS10, COVEY_WIRE_PUBLIC_MESSAGE);

    covey_write_vec(&w, covey_bytes_of_text("group"));
    covey_write_u64(&w, EPOCH);
    covey_write_u8(&w, sender);
    if (sender == COVEY_SENDER_MEMBER || sender == COVEY_SENDER_EXTERNAL) {
        covey_write_u32(&w, 3);
    }
    covey_write_vec(&w, covey_bytes_of_text("seen"));
    covey_write_u8(&w, content_type);
    return w;
}

static covey_writer private_message(uint8_t content_type)
{
    covey_writer w = begin(COVEY_MLS10, COVEY_WIRE_PRIVATE_MESSAGE);

    covey_write_vec(&w, covey_bytes_of_text("group"));
    covey_write_u64(&w, EPOCH);
    covey_write_u8(&w, content_type);
    covey_write_vec(&w, covey_bytes_of_text("seen"));
    covey_write_vec(&w, covey_bytes_of_text("sender"));
    covey_write_vec(&w, covey_bytes_of_text("ciphertext"));
    return w;
}

/* Content types above a commit's are numbers of other kinds of message: a
 * PublicMessage must not be taken for a Welcome. */
Test(group_message, framed_messages_are_text_proposal_or_commit)
{
    for (unsigned type = 0; type < 256; type++) {
        covey_writer messages[] = {public_message(COVEY_SENDER_MEMBER,
                                                  (uint8_t)type),
                                   private_message((uint8_t)type)};

        for (size_t i = 0; i < 2; i++) {
            covey_mls_message_kind kind = COVEY_MLS_MESSAGE_KEY_PACKAGE;
            uint64_t epoch = 0;
            bool known = type >= 1 && type <= 3;

            cr_assert_eq(peek(&messages[i], &kind, &epoch),
                         known ? COVEY_OK : COVEY_ERR_MALFORMED, "type %u",
                         type);
            cr_assert_eq((unsigned)kind,
                         known ? type : COVEY_MLS_MESSAGE_KEY_PACKAGE);
            cr_assert_eq(epoch, known ? EPOCH : 0);
        }
        guard_free_all();
    }
}

Test(group_message, senders_are_of_the_four_types)
{
    for (unsigned sender = 0; sender < 256; sender++) {
        covey_writer w =
            public_message((uint8_t)sender, COVEY_CONTENT_PROPOSAL);
        covey_mls_message_kind kind;

        cr_assert_eq(peek(&w, &kind, NULL),
                     sender >= 1 && sender <= 4 ? COVEY_OK
                                                : COVEY_ERR_MALFORMED,
                     "sender type %u", sender);
        guard_free_all();
    }
}

Test(group_message, other_messages_name_no_epoch)
{
    static const uint16_t formats[] = {COVEY_WIRE_WELCOME,
                                       COVEY_WIRE_GROUP_INFO,
                                       COVEY_WIRE_KEY_PACKAGE};

    for (size_t i = 0; i < 3; i++) {
        covey_writer w = begin(COVEY_MLS10, formats[i]);
        covey_mls_message_kind kind;
        uint64_t epoch = 9;

        cr_assert_eq(peek(&w, &kind, &epoch), COVEY_OK);
        cr_assert_eq(kind, COVEY_MLS_MESSAGE_WELCOME + i);
        cr_assert_eq(epoch, 0);
    }
}

Test(group_message, other_versions_and_formats_are_refused)
{
    covey_mls_message_kind kind;

    for (uint32_t i = 0; i <= UINT16_MAX; i++) {
        covey_writer version = begin((uint16_t)i, COVEY_WIRE_WELCOME);
        covey_writer format = begin(COVEY_MLS10, (uint16_t)i);
        int err = covey_mls_message_peek(covey_writer_since(&version, 0), &kind,
                                         NULL);

        cr_assert_eq(err, i == COVEY_MLS10 ? COVEY_OK : COVEY_ERR_PROFILE);
        err =
            covey_mls_message_peek(covey_writer_since(&format, 0), &kind, NULL);
        cr_assert_eq(err,
                     i >= 3 && i <= 5   ? COVEY_OK
                     : i == 1 || i == 2 ? COVEY_ERR_MALFORMED
                                        : COVEY_ERR_PROFILE,
                     "format %u", i);
        test_free_all();
    }
}

Test(group_message, a_message_that_is_cut_short_is_refused)
{
    covey_writer messages[] = {public_message(COVEY_SENDER_MEMBER,
                                              COVEY_CONTENT_COMMIT),
                               private_message(COVEY_CONTENT_COMMIT)};

    for (size_t i = 0; i < 2; i++) {
        for (size_t len = 0; len < messages[i].len; len++) {
            covey_mls_message_kind kind;
            covey_bytes cut = guard_copy(covey_bytes_of(messages[i].at, len));

            cr_assert_eq(covey_mls_message_peek(cut, &kind, NULL),
                         COVEY_ERR_MALFORMED, "%zu bytes", len);
        }
    }
}
