#include "circle/invite.h"

#include <covey/error.h>

#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include "crypto/random.h"

#define SCHEME "COVEY:"
#define SCHEME_LEN (sizeof SCHEME - 1)
#define VERSION 1
#define BODY_MAX                                                               \
    (2 + COVEY_INVITE_SECRET_SIZE + COVEY_INVITE_KEY_HASH_SIZE +               \
     COVEY_INVITE_RELAY_MAX)
#define LEN_SIZE 2 /* before the message, inside the seal */

void covey_invite_key_hash(uint8_t hash[COVEY_INVITE_KEY_HASH_SIZE],
                           covey_bytes signature_key)
{
    covey_digest digest;
    covey_hash state;

    covey_hash_begin(&state);
    covey_hash_add(&state, signature_key);
    covey_hash_end(&state, &digest);
    memcpy(hash, digest.bytes, COVEY_INVITE_KEY_HASH_SIZE);
}

/* ---- the URI ---- */

/* Base32 of RFC 4648 without padding: upper case alone is what the dense
 * mode of a QR code takes. The secret passes through it, so there is no table
 * to look into and no branch. */
static char base32_letter(uint8_t value)
{
    uint32_t is_digit = (25u - (uint32_t)value) >> 31; /* 26 to 31 */

    return (char)('A' + value - is_digit * ('A' + 26u - '2'));
}

static void write_base32(char *out, const uint8_t *bytes, size_t len)
{
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8 | bytes[i]) & 0xfff;
        have += 8;
        for (; have >= 5; have -= 5) {
            *out++ = base32_letter((uint8_t)(bits >> (have - 5) & 31));
        }
    }
    if (have > 0) *out++ = base32_letter((uint8_t)(bits << (5 - have) & 31));
    *out = 0;
}

/* 0 to 31; bit 8 is set for what is no letter of base32. */
static uint32_t base32_value(uint8_t letter)
{
    uint32_t folded = letter & ~((uint32_t)letter >> 1 & 0x20);
    uint32_t value = 0;
    uint32_t found = 0;

    for (uint8_t i = 0; i < 32; i++) {
        uint32_t same = ((folded ^ (uint8_t)base32_letter(i)) - 1) >> 31;

        value |= same * i;
        found |= same;
    }
    return value | (found ^ 1) << 8;
}

/* Gives the number of bytes, or 0 when it is not base32: no other letters,
 * and no bits behind the last byte. */
static size_t read_base32(uint8_t *out, size_t cap, covey_bytes text)
{
    uint32_t bits = 0;
    uint32_t wrong = 0;
    unsigned have = 0;
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint32_t value = base32_value(text.at[i]);

        wrong |= value & 0x100;
        bits = (bits << 5 | (value & 31)) & 0xfff;
        have += 5;
        if (have < 8) continue;
        have -= 8;
        if (len == cap) return 0;
        out[len++] = (uint8_t)(bits >> have & 0xff);
    }
    wrong |= have >= 5;
    wrong |= bits & ((1u << have) - 1);
    COVEY_CT_PUBLIC(&wrong, sizeof wrong);
    return wrong != 0 ? 0 : len;
}

int covey_invite_write(char *uri, size_t cap, size_t *len,
                       const covey_invite *invite)
{
    uint8_t body[BODY_MAX];
    covey_writer w = covey_writer_of(body, sizeof body);

    covey_write_u8(&w, VERSION);
    covey_write_u8(&w, invite->role);
    covey_write_fixed(&w,
                      covey_bytes_of(invite->secret, sizeof invite->secret));
    covey_write_fixed(&w, covey_bytes_of(invite->key_hash,
                                         sizeof invite->key_hash));
    covey_write_fixed(&w, covey_bytes_of(invite->relay, invite->relay_len));

    size_t letters = (w.len * 8 + 4) / 5;
    bool fits = !w.failed && cap >= SCHEME_LEN + letters + 1;
    if (fits) {
        memcpy(uri, SCHEME, SCHEME_LEN);
        write_base32(uri + SCHEME_LEN, body, w.len);
        *len = SCHEME_LEN + letters;
    }
    covey_wipe(body, sizeof body);
    return fits ? COVEY_OK : COVEY_ERR_BUFFER;
}

static bool has_scheme(covey_bytes uri)
{
    static const char lower[] = "covey:";

    if (uri.len < SCHEME_LEN) return false;
    for (size_t i = 0; i < SCHEME_LEN; i++) {
        if (uri.at[i] != (uint8_t)SCHEME[i] && uri.at[i] != (uint8_t)lower[i]) {
            return false;
        }
    }
    return true;
}

int covey_invite_read(covey_invite *invite, covey_bytes uri)
{
    uint8_t body[BODY_MAX];
    covey_invite read;

    if (!has_scheme(uri)) return COVEY_ERR_INVITE;
    size_t len =
        read_base32(body, sizeof body,
                    covey_bytes_of(uri.at + SCHEME_LEN, uri.len - SCHEME_LEN));
    covey_reader r = covey_reader_of(covey_bytes_of(body, len));
    uint8_t version = covey_read_u8(&r);

    memset(&read, 0, sizeof read);
    read.role = covey_read_u8(&r);
    covey_bytes secret = covey_read_fixed(&r, sizeof read.secret);
    covey_bytes key_hash = covey_read_fixed(&r, sizeof read.key_hash);
    covey_bytes relay = covey_read_fixed(&r, r.left);
    bool valid =
        !r.failed && version == VERSION && read.role >= COVEY_ROLE_WEARER &&
        read.role <= COVEY_ROLE_FRIEND && covey_relay_name_is_valid(relay);

    if (valid) {
        memcpy(read.secret, secret.at, sizeof read.secret);
        memcpy(read.key_hash, key_hash.at, sizeof read.key_hash);
        memcpy(read.relay, relay.at, relay.len);
        read.relay_len = (uint8_t)relay.len;
        *invite = read;
    }
    covey_wipe(body, sizeof body);
    covey_wipe(&read, sizeof read);
    return valid ? COVEY_OK : COVEY_ERR_INVITE;
}

/* ---- keys ---- */

static void derive(covey_secret *out, const covey_invite *invite,
                   const char *purpose)
{
    const covey_bytes salt = covey_bytes_of_text("covey invite 1");
    const covey_bytes ikm =
        covey_bytes_of(invite->secret, sizeof invite->secret);
    const covey_bytes info = covey_bytes_of_text(purpose);

    covey_hkdf_extract(out, salt, &ikm, 1);
    (void)covey_hkdf_expand(out->bytes, sizeof out->bytes, out, &info, 1);
}

void covey_invite_mailbox_seed(covey_secret *seed, const covey_invite *invite)
{
    derive(seed, invite, "mailbox");
}

/* Each way has its key, and each message its random nonce: an invite is used
 * once, for one message either way. */
static void message_key(covey_aead_key *key, const covey_invite *invite,
                        covey_invite_way way,
                        const uint8_t nonce[COVEY_AEAD_NONCE_SIZE])
{
    covey_secret secret;

    derive(&secret, invite,
           way == COVEY_INVITE_KEY_PACKAGE ? "key package" : "welcome");
    memcpy(key->key, secret.bytes, sizeof key->key);
    memcpy(key->nonce, nonce, sizeof key->nonce);
    covey_wipe(&secret, sizeof secret);
}

/* ---- sealed messages ---- */

#define OVERHEAD (COVEY_AEAD_NONCE_SIZE + COVEY_AEAD_TAG_SIZE)

size_t covey_invite_sealed_len(size_t len)
{
    for (size_t bucket = 1024; bucket <= 16384; bucket *= 2) {
        if (len <= bucket - OVERHEAD - LEN_SIZE) return bucket;
    }
    return 0;
}

int covey_invite_seal(uint8_t *out, size_t cap, size_t *len,
                      const covey_invite *invite, covey_invite_way way,
                      const covey_random *random, covey_bytes message)
{
    size_t sealed_len = covey_invite_sealed_len(message.len);
    covey_aead_key key;

    if (sealed_len == 0 || sealed_len > cap) return COVEY_ERR_BUFFER;
    int err = covey_random_fill(random, out, COVEY_AEAD_NONCE_SIZE);
    if (err) return err;

    uint8_t *plain = out + COVEY_AEAD_NONCE_SIZE;
    covey_writer w = covey_writer_of(plain, sealed_len - OVERHEAD);
    covey_write_u16(&w, (uint16_t)message.len);
    covey_write_fixed(&w, message);
    covey_write_zeros(&w, sealed_len - OVERHEAD - w.len);
    message_key(&key, invite, way, out);
    covey_aead_seal(plain, &key, covey_bytes_of(NULL, 0),
                    covey_bytes_of(plain, w.len));
    covey_wipe(&key, sizeof key);
    *len = sealed_len;
    return COVEY_OK;
}

int covey_invite_open(uint8_t *out, covey_bytes *message,
                      const covey_invite *invite, covey_invite_way way,
                      covey_bytes sealed)
{
    covey_aead_key key;

    if (sealed.len < OVERHEAD) return COVEY_ERR_AUTH;
    size_t plain_len = sealed.len - OVERHEAD;
    message_key(&key, invite, way, sealed.at);
    int err =
        covey_aead_open(out, &key, covey_bytes_of(NULL, 0),
                        covey_bytes_of(sealed.at + COVEY_AEAD_NONCE_SIZE,
                                       sealed.len - COVEY_AEAD_NONCE_SIZE));
    covey_wipe(&key, sizeof key);
    if (err) return err;

    covey_reader r = covey_reader_of(covey_bytes_of(out, plain_len));
    size_t len = covey_read_u16(&r);
    covey_bytes inner = covey_read_fixed(&r, len);
    if (r.failed || covey_invite_sealed_len(len) != sealed.len ||
        !covey_ct_is_zero(r.at, r.left)) {
        covey_wipe(out, plain_len);
        return COVEY_ERR_PADDING;
    }
    *message = inner;
    return COVEY_OK;
}
