/*
 * json_read.c - the strict JSON reader: one pass over a copy of the text, strings unescaped in
 * place. Texts and numbers are read in json_scan.c.
 *
 * Values are collected on a stack and copied into the arena when their list or map ends, so the
 * arena holds no half-grown arrays. Nesting is bounded, hence the recursion is as well.
 */
#include "value/json.h"

#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "value/json_scan.h"
#include "value/map_index.h"
#include "value/value.h"

struct reader {
    struct json_scan scan;
    struct arena *arena;
    struct quell_value *stack;
    size_t count, cap;
    size_t depth, depth_max;
};

static bool read_value(struct reader *in, struct quell_value *value);

static void push(struct reader *in, struct quell_value value)
{
    if (in->count == in->cap) {
        in->cap = in->cap ? in->cap * 2 : 256;
        in->stack = memory_resize(in->stack, in->cap * sizeof(*in->stack));
    }
    in->stack[in->count++] = value;
}

static void skip_blanks(struct reader *in)
{
    const char *at = in->scan.at;
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
        at++;
    in->scan.at = (char *)at;
}

static bool refuse(struct reader *in, const char *expected)
{
    return json_scan_refuse(&in->scan, in->scan.at, expected);
}

static bool enter(struct reader *in)
{
    if (in->depth == in->depth_max)
        return json_scan_limit(&in->scan, in->scan.at, "lists and maps are nested deeper than %zu",
                               in->depth_max);
    if (arena_over(in->arena))
        return json_scan_limit(&in->scan, in->scan.at,
                               "the document takes more memory than it may");
    in->depth++;
    in->scan.at++;
    skip_blanks(in);
    return true;
}

/* Behind an item: true with *more set when a comma was read, false with an error otherwise. */
static bool separated(struct reader *in, char close, const char *expected, bool *more)
{
    skip_blanks(in);
    *more = *in->scan.at == ',';
    if (!*more && *in->scan.at != close)
        return refuse(in, expected);
    in->scan.at++;
    skip_blanks(in);
    if (*more && *in->scan.at == close)
        return refuse(in, "another item behind the comma");
    return true;
}

static bool read_list(struct reader *in, struct quell_value *value)
{
    size_t start = in->count;
    bool more = true;

    if (!enter(in))
        return false;
    if (*in->scan.at == ']') {
        in->scan.at++;
        more = false;
    }
    while (more) {
        struct quell_value item;
        if (!read_value(in, &item))
            return false;
        push(in, item);
        if (!separated(in, ']', "`,` or `]`", &more))
            return false;
    }
    size_t count = in->count - start;
    const struct quell_value *items =
        count ? in->stack + start : NULL; /* the stack may be unborn */
    *value = quell_list(arena_copy(in->arena, items, count * sizeof(*items)), count);
    in->count = start;
    in->depth--;
    return true;
}

static bool read_pair(struct reader *in)
{
    struct quell_value key, value;
    if (*in->scan.at != '"')
        return refuse(in, "a key in double quotes");
    char *start = in->scan.at;
    if (!json_scan_string(&in->scan, &key))
        return false;
    if (key.len > LIMIT_KEY_BYTES)
        return json_scan_limit(&in->scan, start, "a key is longer than %d bytes", LIMIT_KEY_BYTES);
    skip_blanks(in);
    if (*in->scan.at != ':')
        return refuse(in, "`:` behind the key");
    in->scan.at++;
    skip_blanks(in);
    if (!read_value(in, &value))
        return false;
    push(in, key);
    push(in, value);
    return true;
}

static bool read_map(struct reader *in, struct quell_value *value)
{
    size_t start = in->count;
    bool more = true;

    if (!enter(in))
        return false;
    if (*in->scan.at == '}') {
        in->scan.at++;
        more = false;
    }
    while (more)
        if (!read_pair(in) || !separated(in, '}', "`,` or `}`", &more))
            return false;

    /* A key and its value behind each other on the stack are a pair. */
    _Static_assert(sizeof(struct quell_pair) == 2 * sizeof(struct quell_value), "no padding");
    size_t duplicate = SIZE_MAX, count = (in->count - start) / 2;
    const struct quell_pair *pairs = count ? (const struct quell_pair *)(in->stack + start) : NULL;
    *value = map_index_make(in->arena, pairs, count, &duplicate);
    if (duplicate != SIZE_MAX)
        return json_scan_duplicate(&in->scan, quell_str(value->as.pairs[duplicate].key));
    in->count = start;
    in->depth--;
    return true;
}

static bool read_word(struct reader *in, const char *word, struct quell_value meaning,
                      struct quell_value *value)
{
    size_t len = strlen(word);
    if (strncmp(in->scan.at, word, len) != 0)
        return refuse(in, "a value");
    in->scan.at += len;
    *value = meaning;
    return true;
}

static bool read_value(struct reader *in, struct quell_value *value)
{
    switch (*in->scan.at) {
    case '"':
        return json_scan_string(&in->scan, value);
    case '{':
        return read_map(in, value);
    case '[':
        return read_list(in, value);
    case 't':
        return read_word(in, "true", quell_bool(true), value);
    case 'f':
        return read_word(in, "false", quell_bool(false), value);
    case 'n':
        return read_word(in, "null", quell_null(), value);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return json_scan_number(&in->scan, value);
    default: /* a byte, not one of our enums */
        return refuse(in, "a value");
    }
}

static bool read_document(struct reader *in, struct quell_value *value)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";

    if (in->scan.end - in->scan.start >= 3 && memcmp(in->scan.start, byte_order_mark, 3) == 0)
        return json_scan_fail(&in->scan, in->scan.start,
                              "the document begins with a byte order mark; send it without one");
    skip_blanks(in);
    if (in->scan.at == in->scan.end)
        return json_scan_fail(&in->scan, in->scan.at, "the document is empty");
    if (!read_value(in, value))
        return false;
    skip_blanks(in);
    if (in->scan.at != in->scan.end)
        return refuse(in, "nothing more behind the value");
    return true;
}

static enum quell_code tell(const struct json_scan *scan, struct quell_str text,
                            struct json_place *place, struct quell_error *err)
{
    struct diag_position position = diag_position(text, scan->fault_at);
    if (place)
        *place = (struct json_place){scan->fault_at, position.line, position.column};
    return error_set(err, scan->code, "line %zu, column %zu: %s", position.line, position.column,
                     scan->fault);
}

static enum quell_code read(struct arena *arena, struct quell_str text, size_t size_max,
                            size_t depth_max, struct quell_value *value, struct json_place *place,
                            struct quell_error *err)
{
    if (text.len > size_max) {
        if (place)
            *place = (struct json_place){0, 1, 1};
        return error_set(err, QUELL_LIMIT,
                         "line 1, column 1: the document has %zu bytes, %zu are allowed", text.len,
                         size_max);
    }
    struct quell_str copy = arena_str(arena, text);
    char *start = (char *)(uintptr_t)copy.data; /* our own fresh copy */
    struct reader in = {
        .scan = {.source = text, .start = start, .at = start, .end = start + copy.len},
        .arena = arena,
        .depth_max = depth_max,
    };
    struct quell_value root;
    bool good = read_document(&in, &root);
    memory_free(in.stack);
    if (!good)
        return tell(&in.scan, text, place, err);
    *value = root;
    return QUELL_OK;
}

enum quell_code json_read(struct arena *arena, struct quell_str text, size_t size_max,
                          struct quell_value *value, struct json_place *place,
                          struct quell_error *err)
{
    if (size_max == 0)
        size_max = LIMIT_DOCUMENT_BYTES;
    return read(arena, text, size_max, LIMIT_DEPTH, value, place, err);
}

enum quell_code json_read_own(struct arena *arena, struct quell_str text, struct quell_value *value,
                              struct quell_error *err)
{
    return read(arena, text, LIMIT_OWN_JSON_BYTES, LIMIT_OWN_DEPTH, value, NULL, err);
}
