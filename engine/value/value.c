/*
 * value.c - making, copying and walking values. Comparing is in compare.c, builders in build.c.
 */
#include "value/value.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/when.h"
#include "value/map_index.h"

struct quell_value value_uint(uint64_t natural)
{
    return (struct quell_value){.type = QUELL_UINT, .as.natural = natural};
}

struct quell_value value_double(double real)
{
    return (struct quell_value){.type = QUELL_DOUBLE, .as.real = real};
}

struct quell_value value_bytes(struct quell_str bytes)
{
    struct quell_value value = quell_string(bytes);
    value.type = QUELL_BYTES;
    return value;
}

struct quell_value value_time(int64_t seconds, uint32_t nanos)
{
    return (struct quell_value){.type = QUELL_TIME, .len = nanos, .as.integer = seconds};
}

struct quell_value value_time_us(int64_t us)
{
    struct when when = when_from_us(us);
    return value_time(when.seconds, when.nanos);
}

struct quell_value value_duration(int64_t seconds, uint32_t nanos)
{
    return (struct quell_value){.type = QUELL_DURATION, .len = nanos, .as.integer = seconds};
}

struct quell_value value_verbatim(struct quell_str text)
{
    struct quell_value value = quell_string(text);
    value.type = QUELL_DOUBLE;
    value.flags = QUELL_VERBATIM;
    return value;
}

struct quell_value value_copy_str(struct arena *arena, struct quell_str text)
{
    return quell_string(arena_str(arena, text));
}

struct quell_value value_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct quell_str text = arena_format_list(arena, format, args);
    va_end(args);
    return quell_string(text);
}

struct quell_value value_secret(struct quell_value value)
{
    value.flags |= QUELL_SECRET;
    return value;
}

struct quell_value value_sensitive(struct quell_value value)
{
    value.flags |= QUELL_SENSITIVE;
    return value;
}

static struct quell_value copy_list(struct arena *arena, struct quell_value list)
{
    struct quell_value *items = arena_copy(arena, list.as.items, list.len * sizeof(*items));
    for (uint32_t i = 0; i < list.len; i++)
        items[i] = value_copy(arena, items[i]);
    list.as.items = items;
    return list;
}

static struct quell_value copy_map(struct arena *arena, struct quell_value map)
{
    /* The index holds positions, so it stays right when it is copied with the pairs. */
    size_t index = map.flags & QUELL_INDEXED ? sizeof(struct map_slot) : 0;
    size_t bytes = map.len * (sizeof(struct quell_pair) + index);
    struct quell_pair *pairs = arena_copy(arena, map.as.pairs, bytes);
    for (uint32_t i = 0; i < map.len; i++) {
        pairs[i].key = value_copy(arena, pairs[i].key);
        pairs[i].value = value_copy(arena, pairs[i].value);
    }
    map.as.pairs = pairs;
    return map;
}

struct quell_value value_copy(struct arena *arena, struct quell_value value)
{
    switch ((enum quell_type)value.type) {
    case QUELL_NULL:
    case QUELL_BOOL:
    case QUELL_INT:
    case QUELL_UINT:
    case QUELL_TIME:
    case QUELL_DURATION:
        return value;
    case QUELL_DOUBLE:
        if (!(value.flags & QUELL_VERBATIM))
            return value;
        value.as.text = arena_str(arena, quell_str(value)).data;
        return value;
    case QUELL_STRING:
    case QUELL_BYTES:
    case QUELL_TYPE:
    case QUELL_UNKNOWN:
    case QUELL_IP:
    case QUELL_CIDR:
        value.as.text = arena_str(arena, quell_str(value)).data;
        return value;
    case QUELL_LIST:
    case QUELL_OPTIONAL:
        return copy_list(arena, value);
    case QUELL_MAP:
        return copy_map(arena, value);
    }
    return value;
}

/* strtod wants a NUL; the text of a number is a slice. The locale is always "C" here. */
static double real_of_text(struct quell_str text)
{
    char few[64];
    if (text.len < sizeof(few)) {
        memcpy(few, text.data, text.len);
        few[text.len] = '\0';
        return strtod(few, NULL);
    }
    char *copy = memory_text(text.data, text.len);
    double real = strtod(copy, NULL);
    memory_free(copy);
    return real;
}

double value_real(struct quell_value value)
{
    if (value.type == QUELL_INT)
        return (double)value.as.integer;
    if (value.type == QUELL_UINT)
        return (double)value.as.natural;
    if (value.type != QUELL_DOUBLE)
        return 0;
    return value.flags & QUELL_VERBATIM ? real_of_text(quell_str(value)) : value.as.real;
}

const char *value_type_name(struct quell_value value)
{
    static const char *const names[] = {
        [QUELL_NULL] = "null",      [QUELL_BOOL] = "bool",         [QUELL_INT] = "int",
        [QUELL_UINT] = "uint",      [QUELL_DOUBLE] = "double",     [QUELL_STRING] = "string",
        [QUELL_BYTES] = "bytes",    [QUELL_LIST] = "list",         [QUELL_MAP] = "map",
        [QUELL_TIME] = "timestamp", [QUELL_DURATION] = "duration", [QUELL_OPTIONAL] = "optional",
        [QUELL_TYPE] = "type",      [QUELL_UNKNOWN] = "unknown",   [QUELL_IP] = "ip",
        [QUELL_CIDR] = "cidr",
    };
    _Static_assert(sizeof(names) / sizeof(names[0]) == QUELL_CIDR + 1, "each type has a name");
    return value.type <= QUELL_CIDR ? names[value.type] : "unknown";
}

/* Whether `is` holds for a value or for anything inside of it. */
static bool any(struct quell_value value, bool (*is)(struct quell_value value))
{
    if (is(value))
        return true;
    if (value.type == QUELL_LIST || value.type == QUELL_OPTIONAL) {
        for (uint32_t i = 0; i < value.len; i++)
            if (any(value.as.items[i], is))
                return true;
    } else if (value.type == QUELL_MAP) {
        for (uint32_t i = 0; i < value.len; i++)
            if (any(value.as.pairs[i].key, is) || any(value.as.pairs[i].value, is))
                return true;
    }
    return false;
}

static bool is_unknown(struct quell_value value)
{
    return value.type == QUELL_UNKNOWN;
}

static bool is_secret(struct quell_value value)
{
    return value.flags & QUELL_SECRET;
}

static bool is_sensitive(struct quell_value value)
{
    return value.flags & QUELL_SENSITIVE;
}

bool value_has_unknown(struct quell_value value)
{
    return any(value, is_unknown);
}

bool value_has_secret(struct quell_value value)
{
    return any(value, is_secret) || any(value, is_sensitive);
}

struct quell_value value_masked_as(struct quell_value value, struct quell_value source)
{
    if (any(source, is_secret))
        value = value_secret(value);
    return any(source, is_sensitive) ? value_sensitive(value) : value;
}
