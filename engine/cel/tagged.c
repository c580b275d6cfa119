/*
 * tagged.c - values with their types beside them, read and written.
 */
#include "cel/tagged.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "cel/cel.h"
#include "value/value.h"

enum { SECOND_NS = 1000000000 };

/* ---- reading ------------------------------------------------------------------------------- */

static bool read_natural(struct quell_str digits, struct quell_value *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)digits.data[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = value_uint(sum);
    return true;
}

static bool read_number(struct quell_str type, struct quell_value v, struct quell_value *value)
{
    char text[64] = "", *end = text;
    struct quell_str digits = quell_str(v);
    if (!quell_is(v, QUELL_STRING) || !digits.len || digits.len >= sizeof(text))
        return false;
    memcpy(text, digits.data, digits.len);
    if (str_is(type, "int")) {
        int64_t number;
        if (!str_to_int(digits, &number))
            return false;
        *value = quell_int(number);
        return true;
    }
    if (str_is(type, "uint"))
        return read_natural(digits, value);
    *value = value_double(strtod(text, &end));
    return end == text + digits.len;
}

static bool read_list(struct arena *arena, struct quell_value items, struct quell_value *value)
{
    struct list_builder list = {.arena = arena};
    for (size_t i = 0; i < quell_count(items); i++) {
        struct quell_value of;
        if (!tagged_read(arena, quell_at(items, i), &of))
            return false;
        list_add(&list, of);
    }
    *value = list_made(&list);
    return quell_is(items, QUELL_LIST);
}

static bool read_map(struct arena *arena, struct quell_value items, struct quell_value *value)
{
    struct map_builder map = {.arena = arena};
    for (size_t i = 0; i < quell_count(items); i++) {
        struct quell_value key, of, found;
        if (!tagged_read(arena, quell_at(quell_at(items, i), 0), &key) ||
            !tagged_read(arena, quell_at(quell_at(items, i), 1), &of) ||
            value_find_key(quell_map(map.pairs, map.count), key, &found))
            return false;
        map_add_key(&map, key, of);
    }
    *value = map_made(&map);
    return quell_is(items, QUELL_LIST);
}

static bool read_optional(struct arena *arena, struct quell_value v, struct quell_value *value)
{
    if (!read_list(arena, v, value) || value->len > 1)
        return false;
    value->type = QUELL_OPTIONAL;
    return true;
}

/* A number, or its text; 0 when it is not there. */
static int64_t part_of(struct quell_value tag, const char *key)
{
    struct quell_value found = quell_get(tag, key);
    int64_t number = quell_is(found, QUELL_INT) ? found.as.integer : 0;
    if (quell_is(found, QUELL_STRING))
        (void)str_to_int(quell_str(found), &number); /* what is no number is 0 */
    return number;
}

/* The nanoseconds of a duration may be negative there; never in ours. */
static bool read_when(struct quell_value tag, bool time, struct quell_value *value)
{
    int64_t seconds = part_of(tag, "seconds"), nanos = part_of(tag, "nanos");
    if (nanos <= -SECOND_NS || nanos >= SECOND_NS || seconds == INT64_MIN)
        return false;
    if (nanos < 0) {
        seconds--;
        nanos += SECOND_NS;
    }
    *value = time ? value_time(seconds, (uint32_t)nanos) : value_duration(seconds, (uint32_t)nanos);
    return true;
}

/* Types whose text is in `v`. */
static bool read_text(struct quell_str type, struct quell_value v, struct quell_value *value)
{
    static const struct {
        const char *name;
        enum quell_type type;
    } types[] = {
        {"string", QUELL_STRING}, {"type", QUELL_TYPE}, {"ip", QUELL_IP}, {"cidr", QUELL_CIDR}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (!str_is(type, types[i].name) || !quell_is(v, QUELL_STRING))
            continue;
        *value = v;
        value->type = (uint8_t)types[i].type;
        return true;
    }
    return false;
}

bool tagged_read(struct arena *arena, struct quell_value tag, struct quell_value *value)
{
    struct quell_str type = quell_get_str(tag, "t"), bytes;
    struct quell_value v = quell_get(tag, "v");
    if (str_is(type, "null")) {
        *value = quell_null();
        return true;
    }
    if (str_is(type, "bool")) {
        *value = v;
        return quell_is(v, QUELL_BOOL);
    }
    if (str_is(type, "int") || str_is(type, "uint") || str_is(type, "double"))
        return read_number(type, v, value);
    if (str_is(type, "bytes")) {
        if (!digest_from_base64(arena, quell_get_str(tag, "b64"), &bytes))
            return false;
        *value = value_bytes(bytes);
        return true;
    }
    if (str_is(type, "list"))
        return read_list(arena, v, value);
    if (str_is(type, "map"))
        return read_map(arena, v, value);
    if (str_is(type, "optional"))
        return read_optional(arena, v, value);
    if (str_is(type, "timestamp") || str_is(type, "duration"))
        return read_when(tag, str_is(type, "timestamp"), value);
    return read_text(type, v, value);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* The fewest digits that read back as the same number, always with a point or an exponent. */
static struct quell_str double_text(struct arena *arena, double real)
{
    char text[40];
    if (isnan(real) || isinf(real))
        return quell_str_of(isnan(real) ? "NaN" : real < 0 ? "-Infinity" : "Infinity");
    for (int precision = 1; precision <= 17; precision++) {
        (void)snprintf(text, sizeof(text), "%.*g", precision, real);
        if (memcmp(&(double){strtod(text, NULL)}, &real, sizeof(real)) == 0)
            break;
    }
    if (strchr(text, 'e') && fabs(real) >= 1e-4 && fabs(real) < 1e16)
        (void)snprintf(text, sizeof(text), "%.0f", real); /* whole: the fewest digits were few */
    return arena_format(arena, "%s%s", text, strchr(text, '.') || strchr(text, 'e') ? "" : ".0");
}

static struct quell_value write_list(struct arena *arena, struct quell_value value)
{
    struct list_builder list = {.arena = arena};
    for (size_t i = 0; i < value.len; i++)
        list_add(&list, tagged_write(arena, value.as.items[i]));
    return list_made(&list);
}

static struct quell_value write_map(struct arena *arena, struct quell_value value)
{
    struct list_builder list = {.arena = arena};
    for (size_t i = 0; i < value.len; i++) {
        struct list_builder pair = {.arena = arena};
        list_add(&pair, tagged_write(arena, value.as.pairs[i].key));
        list_add(&pair, tagged_write(arena, value.as.pairs[i].value));
        list_add(&list, list_made(&pair));
    }
    return list_made(&list);
}

/* What stands at `v`; null for those that have no `v`. */
static struct quell_value write_v(struct arena *arena, struct quell_value value)
{
    switch ((enum quell_type)value.type) {
    case QUELL_BOOL:
        return value;
    case QUELL_INT:
    case QUELL_UINT:
    case QUELL_STRING:
    case QUELL_TYPE:
    case QUELL_IP:
    case QUELL_CIDR:
        return quell_string(cel_to_text(arena, value));
    case QUELL_DOUBLE:
        return quell_string(double_text(arena, value_real(value)));
    case QUELL_LIST:
    case QUELL_OPTIONAL:
        return write_list(arena, value);
    case QUELL_MAP:
        return write_map(arena, value);
    case QUELL_NULL:
    case QUELL_BYTES:
    case QUELL_TIME:
    case QUELL_DURATION:
    case QUELL_UNKNOWN:
        break;
    }
    return quell_null();
}

/* Both parts of a duration have its sign, as protobuf has it. */
static void write_when(struct map_builder *map, struct quell_value value)
{
    bool behind = value.type == QUELL_DURATION && value.as.integer < 0 && value.len;
    map_add(map, "seconds", quell_int(value.as.integer + behind));
    map_add(map, "nanos", quell_int(behind ? (int64_t)value.len - SECOND_NS : value.len));
}

struct quell_value tagged_write(struct arena *arena, struct quell_value value)
{
    struct map_builder map = {.arena = arena};
    struct quell_value v = write_v(arena, value);
    bool time = value.type == QUELL_TIME || value.type == QUELL_DURATION;
    map_add(&map, "t", quell_text(value.type == QUELL_UNKNOWN ? "null" : value_type_name(value)));
    if (value.type == QUELL_BYTES)
        map_add(&map, "b64", quell_string(digest_base64(arena, quell_str(value))));
    if (time)
        write_when(&map, value);
    if (!quell_is_null(v))
        map_add(&map, "v", v);
    return map_made(&map);
}
