#include "crypto/hash.h"

#include <criterion/criterion.h>

#include "crypto/hkdf.h"
#include "support/bytes.h"
#include "support/guard.h"
#include "support/random.h"

static covey_digest hash_of(covey_bytes bytes)
{
    covey_hash hash;
    covey_digest digest;

    covey_hash_begin(&hash);
    covey_hash_add(&hash, bytes);
    covey_hash_end(&hash, &digest);
    return digest;
}

static covey_digest hmac_of(covey_bytes key, covey_bytes bytes)
{
    covey_hmac hmac;
    covey_digest digest;

    covey_hmac_begin(&hmac, key);
    covey_hmac_add(&hmac, bytes);
    covey_hmac_end(&hmac, &digest);
    return digest;
}

/* FIPS 180-2 appendix B. */
Test(hash, is_sha_256)
{
    static const struct {
        const char *text;
        const char *digest;
    } cases[] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        covey_digest digest = hash_of(covey_bytes_of_text(cases[i].text));

        check_hex(digest.bytes, sizeof digest, cases[i].digest);
    }
}

Test(hash, of_nothing_takes_no_pointer)
{
    covey_digest digest = hash_of(covey_bytes_of(NULL, 0));

    check_hex(digest.bytes, sizeof digest,
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
              "55");
}

Test(hash, does_not_depend_on_how_the_bytes_come)
{
    test_choices choices = test_choices_of(2);

    for (unsigned run = 0; run < 200; run++) {
        size_t len = test_below(&choices, 300);
        uint8_t *at = guard_end(len);
        covey_hash hash;
        covey_digest pieces;

        test_fill(&choices, at, len);

        covey_digest whole = hash_of(covey_bytes_of(at, len));

        covey_hash_begin(&hash);
        for (size_t done = 0; done < len;) {
            size_t piece = test_below(&choices, 70);

            if (piece > len - done) piece = len - done;
            covey_hash_add(&hash, covey_bytes_of(at + done, piece));
            done += piece;
        }
        covey_hash_end(&hash, &pieces);
        check_bytes(covey_digest_bytes(&pieces), covey_digest_bytes(&whole));
    }
}

Test(hash, a_vector_is_hashed_under_its_shortest_length)
{
    static const struct {
        size_t len;
        const char *prefix;
    } cases[] = {{0, "00"},       {63, "3f"},          {64, "4040"},
                 {16383, "7fff"}, {16384, "80004000"}, {70000, "80011170"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        covey_bytes prefix = hex(cases[i].prefix);
        size_t size = prefix.len + cases[i].len;
        uint8_t *at = test_alloc(size);
        covey_hash hash;
        covey_digest got;

        memcpy(at, prefix.at, prefix.len);
        covey_hash_begin(&hash);
        covey_hash_add_vec(&hash,
                           covey_bytes_of(at + prefix.len, cases[i].len));
        covey_hash_end(&hash, &got);

        covey_digest want = hash_of(covey_bytes_of(at, size));

        check_bytes(covey_digest_bytes(&got), covey_digest_bytes(&want));
    }
}

/* RFC 4231 section 4, cases 1, 2, 3, 6 and 7; 6 and 7 have a long key. */
Test(hmac, is_that_of_rfc_4231)
{
    static const struct {
        unsigned key_byte;
        size_t key_len;
        const char *data;
        const char *tag;
    } cases[] = {
        {0x0b, 20, "4869205468657265",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {0xaa, 20,
         "dddddddddddddddddddddddddddddddddddddddddddddddddd"
         "dddddddddddddddddddddddddddddddddddddddddddddddddd",
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {0xaa, 131,
         "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
         "65204b6579202d2048617368204b6579204669727374",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {0xaa, 131,
         "5468697320697320612074657374207573696e672061206c6172676572207468"
         "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
         "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
         "647320746f20626520686173686564206265666f7265206265696e6720757365"
         "642062792074686520484d414320616c676f726974686d2e",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *key = guard_end(cases[i].key_len);

        memset(key, (int)cases[i].key_byte, cases[i].key_len);

        covey_digest tag = hmac_of(covey_bytes_of(key, cases[i].key_len),
                                   guard_copy(hex(cases[i].data)));

        check_hex(tag.bytes, sizeof tag, cases[i].tag);
    }

    covey_digest tag =
        hmac_of(covey_bytes_of_text("Jefe"),
                covey_bytes_of_text("what do ya want for nothing?"));

    check_hex(tag.bytes, sizeof tag,
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec38"
              "43");
}

Test(hmac, no_key_is_a_key_of_zeros)
{
    static const uint8_t zeros[64];
    covey_bytes data = covey_bytes_of_text("data");
    covey_digest none = hmac_of(covey_bytes_of(NULL, 0), data);

    for (size_t len = 1; len <= sizeof zeros; len++) {
        covey_digest some = hmac_of(covey_bytes_of(zeros, len), data);

        check_bytes(covey_digest_bytes(&some), covey_digest_bytes(&none));
    }
}

Test(hmac, is_wiped_by_its_end)
{
    covey_hmac hmac;
    covey_digest tag;

    covey_hmac_begin(&hmac, covey_bytes_of_text("key"));
    cr_assert_not(test_is_zero(&hmac, sizeof hmac));
    covey_hmac_end(&hmac, &tag);
    cr_assert(test_is_zero(&hmac, sizeof hmac));
}
