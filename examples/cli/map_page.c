#include "map_page.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "map_parts.h"

#define NONCE_SIZE 16

bool map_tiles_are_good(const char *url)
{
    static const char others[] = ":/.-_~{}?=&%@,+";
    const char *at = url;

    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) {
        return false;
    }
    while (*at != 0 &&
           (strchr(others, *at) != NULL || (*at >= '0' && *at <= '9') ||
            (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z'))) {
        at++;
    }
    return *at == 0 && strlen(url) < 400;
}

/* Scheme and host, for the content security policy. "{s}" stands for any
 * subdomain. */
static void put_origin(FILE *out, const char *url)
{
    const char *host = strstr(url, "://") + 3;
    const char *end = host + strcspn(host, "/?");
    const char *sub = strstr(host, "{s}");

    if (sub != NULL && sub < end) {
        fprintf(out, " %.*s*%.*s", (int)(host - url), url, (int)(end - sub - 3),
                sub + 3);
    } else {
        fprintf(out, " %.*s", (int)(end - url), url);
    }
}

/* Whatever a member wrote, no script of ours can be ended by it, and no other
 * script begins: only those with the nonce run. */
static void put_policy(FILE *out, const char *nonce, const map_options *options)
{
    fprintf(out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\""
            "default-src 'none'; script-src 'nonce-%s'; "
            "style-src 'nonce-%s'; connect-src %s; img-src data:",
            nonce, nonce, options->live ? "'self'" : "'none'");
    if (options->tiles != NULL) put_origin(out, options->tiles);
    fputs("\">\n", out);
}

/* JSON in HTML: "<" could begin "</script>". */
static bool put_data(FILE *out, const char *id, const json_t *data)
{
    char *text = json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII);

    if (text == NULL) return false;
    fprintf(out, "<script type=\"application/json\" id=\"%s\">", id);
    for (const char *at = text; *at != 0; at++) {
        if (*at == '<' || *at == '>' || *at == '&') {
            fprintf(out, "\\u%04x", (unsigned)*at);
        } else {
            fputc(*at, out);
        }
    }
    fputs("</script>\n", out);
    sodium_memzero(text, strlen(text));
    free(text);
    return true;
}

static void put_part(FILE *out, const char *tag, const char *nonce,
                     const map_part *part)
{
    fprintf(out, "<%s nonce=\"%s\">\n", tag, nonce);
    (void)fwrite(part->at, 1, part->len, out);
    fprintf(out, "\n</%s>\n", tag);
}

bool map_page_write(FILE *out, const json_t *data, const map_options *options)
{
    unsigned char random[NONCE_SIZE];
    char nonce[2 * NONCE_SIZE + 1];
    json_t *settings = json_pack("{s:b, s:s?}", "live", options->live, "tiles",
                                 options->tiles);

    randombytes_buf(random, sizeof random);
    (void)sodium_bin2hex(nonce, sizeof nonce, random, sizeof random);
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n",
          out);
    put_policy(out, nonce, options);
    fputs("<meta name=\"referrer\" content=\"no-referrer\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n"
          "<title>Covey</title>\n",
          out);
    put_part(out, "style", nonce, &map_leaflet_css);
    put_part(out, "style", nonce, &map_page_css);
    fputs("</head><body>\n", out);
    (void)fwrite(map_page_html.at, 1, map_page_html.len, out);
    bool ok =
        put_data(out, "settings", settings) && put_data(out, "data", data);
    put_part(out, "script", nonce, &map_leaflet_js);
    put_part(out, "script", nonce, &map_page_js);
    fputs("</body></html>\n", out);
    json_decref(settings);
    return ok && fflush(out) == 0 && !ferror(out);
}
