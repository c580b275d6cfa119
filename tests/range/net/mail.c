/*
 * mail.c - reading a received mail: headers (RFC 5322), encoded words (RFC 2047), MIME parts
 * (RFC 2045) with base64 and quoted-printable.
 *
 * For tests that ask "what would the reader see": generous with what is malformed, and never the
 * judge of whether a mail is well-formed.
 */
#include "mail.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "base/utf8.h"
#include "value/value.h"

enum { PARTS_DEPTH = 8, PARTS_MAX = 100 };

struct quell_str mail_clean(struct arena *arena, struct quell_str text)
{
    struct buf buf = {.size_max = 0};
    struct quell_str clean;
    size_t at = 0;
    while (at < text.len) {
        struct quell_str rest = str_slice(text, at, text.len);
        size_t good = utf8_valid(rest);
        buf_add(&buf, rest.data, good);
        at += good;
        if (at < text.len) {
            buf_add(&buf, "\xEF\xBF\xBD", 3);
            at++;
        }
    }
    clean = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return clean;
}

static bool hex_value(char c, unsigned *value)
{
    const char *digits = "0123456789ABCDEFabcdef";
    const char *found = c ? strchr(digits, c) : NULL;
    if (!found)
        return false;
    *value = (unsigned)(found - digits);
    if (*value > 15)
        *value -= 6;
    return true;
}

/* Quoted-printable; in encoded words `_` is a blank as well. */
static struct quell_str unquote(struct arena *arena, struct quell_str text, bool word)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t i, len = 0;
    for (i = 0; i < text.len; i++) {
        unsigned high, low;
        char c = text.data[i];
        if (c == '_' && word)
            c = ' ';
        if (c == '=' && i + 2 < text.len && text.data[i + 1] == '\r' && text.data[i + 2] == '\n') {
            i += 2; /* a soft line break */
            continue;
        }
        if (c == '=' && i + 2 < text.len && hex_value(text.data[i + 1], &high) &&
            hex_value(text.data[i + 2], &low)) {
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[len++] = c;
    }
    return (struct quell_str){out, len};
}

static struct quell_str unbase64(struct arena *arena, struct quell_str text)
{
    char *packed = arena_alloc(arena, text.len + 1);
    struct quell_str bytes = {"", 0};
    size_t i, len = 0;
    for (i = 0; i < text.len; i++) {
        if (!strchr(" \r\n\t", text.data[i]))
            packed[len++] = text.data[i];
    }
    (void)digest_from_base64(arena, (struct quell_str){packed, len}, &bytes); /* bad reads empty */
    return bytes;
}

/* `=?utf-8?B?...?=` at the start of `text`; *used is its length. */
static bool decode_word(struct arena *arena, struct quell_str text, struct quell_str *decoded,
                        size_t *used)
{
    struct quell_str rest, charset, kind, content;
    size_t end;
    if (!str_starts(text, QUELL_STR("=?")))
        return false;
    if (!str_cut(str_slice(text, 2, text.len), '?', &charset, &rest) ||
        !str_cut(rest, '?', &kind, &rest))
        return false;
    end = str_find(rest, QUELL_STR("?="), 0);
    if (end == SIZE_MAX)
        return false;
    content = str_slice(rest, 0, end);
    if (str_equal_fold(kind, QUELL_STR("b")))
        *decoded = unbase64(arena, content);
    else if (str_equal_fold(kind, QUELL_STR("q")))
        *decoded = unquote(arena, content, true);
    else
        return false;
    *used = (size_t)(rest.data + end + 2 - text.data);
    return true;
}

/* Blanks between two encoded words belong to neither. */
static size_t gap_before_word(struct quell_str text)
{
    size_t len = 0;
    while (len < text.len && (text.data[len] == ' ' || text.data[len] == '\t'))
        len++;
    return str_starts(str_slice(text, len, text.len), QUELL_STR("=?")) ? len : 0;
}

static struct quell_str decode_header(struct arena *arena, struct quell_str text)
{
    struct buf buf = {.size_max = 0};
    struct quell_str decoded, made;
    size_t at = 0, used;
    while (at < text.len) {
        if (decode_word(arena, str_slice(text, at, text.len), &decoded, &used)) {
            buf_add_str(&buf, decoded);
            at += used;
            at += gap_before_word(str_slice(text, at, text.len));
        } else {
            buf_add_char(&buf, text.data[at++]);
        }
    }
    made = mail_clean(arena, buf_str(&buf));
    buf_free(&buf);
    return made;
}

static struct quell_str lower(struct arena *arena, struct quell_str text)
{
    char *out = arena_alloc(arena, text.len + 1);
    size_t i;
    for (i = 0; i < text.len; i++)
        out[i] =
            (char)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + 32 : text.data[i]);
    return (struct quell_str){out, text.len};
}

/* One header with its folded lines; *rest goes behind it. False at the empty line or the end. */
static bool take_header(struct arena *arena, struct quell_str *rest, struct quell_str *header)
{
    struct buf buf = {.size_max = 0};
    bool folded = true;
    if (rest->len == 0 || str_starts(*rest, QUELL_STR("\r\n")))
        return false;
    while (folded) {
        size_t end = str_find(*rest, QUELL_STR("\r\n"), 0);
        buf_add_str(&buf, str_slice(*rest, 0, end));
        *rest = end == SIZE_MAX ? str_slice(*rest, rest->len, rest->len)
                                : str_slice(*rest, end + 2, rest->len);
        folded = rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t');
    }
    *header = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return true;
}

/* Headers into `mail`; what is behind the empty line is returned. */
static struct quell_str parse_headers(struct arena *arena, struct quell_str raw, struct mail *mail)
{
    struct map_builder headers = {.arena = arena};
    struct list_builder names = {.arena = arena};
    struct quell_str line, name, value;
    while (take_header(arena, &raw, &line)) {
        if (!str_cut(line, ':', &name, &value))
            continue;
        name = mail_clean(arena, lower(arena, str_trim(name)));
        map_put(&headers, name, quell_string(decode_header(arena, str_trim(value))));
        list_add(&names, quell_string(name));
    }
    mail->headers = map_made(&headers);
    mail->names = list_made(&names);
    return str_slice(raw, 2, raw.len);
}

/* A parameter of a header: boundary="..." or charset=...; empty when absent. */
static struct quell_str parameter(struct arena *arena, struct quell_str header, const char *name)
{
    struct quell_str wanted = arena_format(arena, "%s=", name), value, rest;
    size_t at = str_find(lower(arena, header), wanted, 0);
    if (at == SIZE_MAX)
        return (struct quell_str){"", 0};
    value = str_slice(header, at + wanted.len, header.len);
    if (value.len > 0 && value.data[0] == '"')
        (void)str_cut(str_slice(value, 1, value.len), '"', &value, &rest);
    else
        (void)str_cut(value, ';', &value, &rest); /* the last one has no semicolon */
    return str_trim(value);
}

static struct quell_str decode_body(struct arena *arena, const struct mail *part,
                                    struct quell_str body)
{
    struct quell_str coding = quell_get_str(part->headers, "content-transfer-encoding");
    if (str_equal_fold(coding, QUELL_STR("base64")))
        body = unbase64(arena, body);
    else if (str_equal_fold(coding, QUELL_STR("quoted-printable")))
        body = unquote(arena, body, false);
    return mail_clean(arena, body);
}

static void parse_part(struct arena *arena, struct quell_str raw, int depth, struct mail *mail,
                       struct mail *found);

/* The parts between `--boundary` lines. */
static void parse_parts(struct arena *arena, struct quell_str body, struct quell_str boundary,
                        int depth, struct mail *found)
{
    struct quell_str mark = arena_format(arena, "--%.*s", QUELL_ARG(boundary));
    size_t start = str_find(body, mark, 0), count;
    for (count = 0; start != SIZE_MAX && count < PARTS_MAX; count++) {
        size_t from = str_find(body, QUELL_STR("\r\n"), start);
        size_t to;
        struct mail part;
        if (from == SIZE_MAX ||
            str_starts(str_slice(body, start + mark.len, body.len), QUELL_STR("--")))
            return;
        to = str_find(body, mark, from);
        if (to == SIZE_MAX)
            return;
        /* The line end before the mark belongs to the mark. */
        parse_part(arena, str_slice(body, from + 2, to >= from + 4 ? to - 2 : from + 2), depth + 1,
                   &part, found);
        start = to;
    }
}

static void parse_part(struct arena *arena, struct quell_str raw, int depth, struct mail *part,
                       struct mail *found)
{
    struct quell_str body = parse_headers(arena, raw, part);
    struct quell_str type = quell_get_str(part->headers, "content-type");
    struct quell_str plain = lower(arena, type);
    if (str_starts(plain, QUELL_STR("multipart/"))) {
        if (depth < PARTS_DEPTH)
            parse_parts(arena, body, parameter(arena, type, "boundary"), depth, found);
    } else if (str_starts(plain, QUELL_STR("text/html"))) {
        if (found->html.len == 0)
            found->html = decode_body(arena, part, body);
    } else if (type.len == 0 || str_starts(plain, QUELL_STR("text/plain"))) {
        if (found->text.len == 0)
            found->text = decode_body(arena, part, body);
    }
}

struct mail mail_parse(struct arena *arena, struct quell_str raw)
{
    struct mail mail = {.text = {"", 0}, .html = {"", 0}};
    struct mail whole;
    parse_part(arena, raw, 0, &whole, &mail);
    mail.headers = whole.headers;
    mail.names = whole.names;
    return mail;
}
