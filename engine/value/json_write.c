/*
 * json_write.c - values as JSON text. What JSON has no form for is written as its reader in a
 * playbook would want it; secrets are masked unless the text is for the wire.
 */
#include <inttypes.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/when.h"
#include "value/json.h"
#include "value/json_scan.h"
#include "value/value.h"

static void write_value(struct buf *out, struct quell_value value, enum json_style style,
                        size_t depth);

/* ---- texts ----------------------------------------------------------------------------------- */

static void write_escape(struct buf *out, unsigned char byte)
{
    static const char shorts[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'},
                                     {'\n', 'n'}, {'\r', 'r'},  {'\t', 't'}};
    for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
        if (byte == (unsigned char)shorts[i][0]) {
            buf_add(out, (char[]){'\\', shorts[i][1]}, 2);
            return;
        }
    }
    buf_add_format(out, "\\u%04x", byte);
}

/* The end of what may be added in one piece: plain text, valid UTF-8 included. */
static size_t clean_run(struct quell_str text, size_t at)
{
    const char *end = text.data + text.len;
    for (;;) {
        uint32_t code_point;
        at = (size_t)(json_plain_run(text.data + at, end) - text.data);
        if (at == text.len || (unsigned char)text.data[at] < 0x80)
            return at;
        size_t len = utf8_read(text, at, &code_point);
        if (len == 0)
            return at;
        at += len;
    }
}

void json_write_string(struct buf *out, struct quell_str text)
{
    buf_add_char(out, '"');
    for (size_t at = 0; at < text.len; at++) {
        size_t run = at;
        at = clean_run(text, at);
        buf_add(out, text.data + run, at - run);
        if (at == text.len)
            break;
        /* A connector may hand us bytes of a reply as text: the document stays valid. */
        if ((unsigned char)text.data[at] >= 0x80)
            buf_add_text(out, "\xEF\xBF\xBD");
        else
            write_escape(out, (unsigned char)text.data[at]);
    }
    buf_add_char(out, '"');
}

static void write_bytes(struct buf *out, struct quell_str bytes)
{
    enum { PIECE = 48 }; /* bytes; a multiple of three leaves no padding in the middle */
    unsigned char text[PIECE / 3 * 4 + 1];

    buf_add_char(out, '"');
    for (size_t at = 0; at < bytes.len; at += PIECE) {
        size_t len = bytes.len - at < PIECE ? bytes.len - at : PIECE;
        int written = EVP_EncodeBlock(text, (const unsigned char *)bytes.data + at, (int)len);
        buf_add(out, text, (size_t)written);
    }
    buf_add_char(out, '"');
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void write_natural(struct buf *out, uint64_t natural, bool minus)
{
    char digits[21];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + natural % 10);
        natural /= 10;
    } while (natural);
    if (minus)
        digits[--at] = '-';
    buf_add(out, digits + at, sizeof(digits) - at);
}

static void write_int(struct buf *out, int64_t integer)
{
    bool minus = integer < 0;
    write_natural(out, minus ? 0 - (uint64_t)integer : (uint64_t)integer, minus);
}

/* The shortest of the usual precisions that reads back as the same number; always recognisable as
 * no integer, so that it stays a double. */
static void write_double(struct buf *out, double real)
{
    char text[40];
    if (!isfinite(real)) {
        buf_add_text(out, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof(text), "%.*g", precision, real); /* at most 25 bytes */
        if (strtod(text, NULL) == real)
            break;
    }
    buf_add_text(out, text);
    if (!text[strcspn(text, ".e")])
        buf_add_text(out, ".0");
}

/* ---- lists and maps -------------------------------------------------------------------------- */

static void new_line(struct buf *out, enum json_style style, size_t depth)
{
    if (!(style & JSON_PRETTY))
        return;
    buf_add_char(out, '\n');
    for (size_t i = 0; i < depth; i++)
        buf_add(out, "  ", 2);
}

static void write_list(struct buf *out, struct quell_value list, enum json_style style,
                       size_t depth)
{
    buf_add_char(out, '[');
    for (uint32_t i = 0; i < list.len; i++) {
        if (i)
            buf_add_char(out, ',');
        new_line(out, style, depth + 1);
        write_value(out, list.as.items[i], style, depth + 1);
    }
    if (list.len)
        new_line(out, style, depth);
    buf_add_char(out, ']');
}

static void write_key(struct buf *out, struct quell_value key, enum json_style style)
{
    if (key.type == QUELL_STRING) {
        json_write_string(out, quell_str(key));
        return;
    }
    /* CEL's keys are bool, int and uint: their text needs no escape. */
    buf_add_char(out, '"');
    write_value(out, key, style, 0);
    buf_add_char(out, '"');
}

static void write_map(struct buf *out, struct quell_value map, enum json_style style, size_t depth)
{
    buf_add_char(out, '{');
    for (uint32_t i = 0; i < map.len; i++) {
        if (i)
            buf_add_char(out, ',');
        new_line(out, style, depth + 1);
        write_key(out, map.as.pairs[i].key, style);
        buf_add_char(out, ':');
        if (style & JSON_PRETTY)
            buf_add_char(out, ' ');
        write_value(out, map.as.pairs[i].value, style, depth + 1);
    }
    if (map.len)
        new_line(out, style, depth);
    buf_add_char(out, '}');
}

static void write_unknown(struct buf *out, struct quell_str why)
{
    buf_add_text(out, "{\"unknown\":");
    json_write_string(out, why);
    buf_add_char(out, '}');
}

static void write_when(struct buf *out, struct quell_value value)
{
    struct when when = {value.as.integer, value.len};
    char text[WHEN_TEXT];
    size_t len =
        value.type == QUELL_TIME ? when_write_time(when, text) : when_write_duration(when, text);
    json_write_string(out, (struct quell_str){text, len});
}

static void write_value(struct buf *out, struct quell_value value, enum json_style style,
                        size_t depth)
{
    if (depth > LIMIT_OWN_DEPTH) {
        out->over = true; /* json_read_own would refuse it as well */
        return;
    }
    if ((value.flags & QUELL_MASKED) && !(style & JSON_SECRETS)) {
        buf_add_text(out, "\"***\"");
        return;
    }
    switch ((enum quell_type)value.type) {
    case QUELL_NULL:
        buf_add_text(out, "null");
        break;
    case QUELL_BOOL:
        buf_add_text(out, value.as.boolean ? "true" : "false");
        break;
    case QUELL_INT:
        write_int(out, value.as.integer);
        break;
    case QUELL_UINT:
        write_natural(out, value.as.natural, false);
        break;
    case QUELL_DOUBLE:
        if (value.flags & QUELL_VERBATIM)
            buf_add_str(out, quell_str(value));
        else
            write_double(out, value.as.real);
        break;
    case QUELL_STRING:
    case QUELL_TYPE:
    case QUELL_IP:
    case QUELL_CIDR:
        json_write_string(out, quell_str(value));
        break;
    case QUELL_BYTES:
        write_bytes(out, quell_str(value));
        break;
    case QUELL_LIST:
        write_list(out, value, style, depth);
        break;
    case QUELL_MAP:
        write_map(out, value, style, depth);
        break;
    case QUELL_TIME:
    case QUELL_DURATION:
        write_when(out, value);
        break;
    case QUELL_OPTIONAL:
        write_value(out, value.len ? value.as.items[0] : quell_null(), style, depth + 1);
        break;
    case QUELL_UNKNOWN:
        write_unknown(out, quell_str(value));
        break;
    }
}

void json_write(struct buf *out, struct quell_value value, enum json_style style)
{
    write_value(out, value, style, 0);
}

struct quell_str json_text(struct arena *arena, struct quell_value value, enum json_style style)
{
    struct buf buf = {0};
    json_write(&buf, value, style);
    struct quell_str text = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return text;
}
