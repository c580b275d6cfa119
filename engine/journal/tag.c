/*
 * tag.c - values that JSON has no form for, written as maps of one pair whose key is a tag.
 *
 * A map that could be taken for a tag is itself written under one. What lies deeper than our own
 * JSON may be nested goes into a text of its own, so that whatever was a value can be read again.
 * Out is a switch over the types, in is a table of the tags.
 */
#include "journal/tag.h"

#include <math.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "value/json.h"
#include "value/value.h"

#define MASK "***"

/* Levels of JSON that one container ($pairs: three) and a leaf in it (an empty $optional: two) may
 * open. */
enum { TAG_LEVELS = 5 };

/* One walk over a value; the first failure stays. */
struct walk {
    struct arena *arena;
    enum quell_code code;
    struct quell_error *err;
};

typedef struct quell_value convert_fn(struct walk *walk, struct quell_value value, size_t depth);

/* Enough of a comparison to see that a conversion left a value as it was. */
static bool untouched(struct quell_value a, struct quell_value b)
{
    if (a.type != b.type || a.flags != b.flags || a.len != b.len)
        return false;
    return a.type == QUELL_BOOL ? a.as.boolean == b.as.boolean : a.as.natural == b.as.natural;
}

/* Converts every item; copies the list only if one of them changed. */
static struct quell_value each_item(struct walk *walk, struct quell_value list, size_t depth,
                                    convert_fn *convert)
{
    struct quell_value *items = NULL;
    uint32_t i;

    for (i = 0; i < list.len; i++) {
        struct quell_value item = convert(walk, list.as.items[i], depth);

        if (!items && !untouched(item, list.as.items[i])) {
            items = arena_array(walk->arena, struct quell_value, list.len);
            memcpy(items, list.as.items, i * sizeof *items);
        }
        if (items)
            items[i] = item;
    }
    if (items)
        list.as.items = items;
    return list;
}

/* The same for the values of a map; its keys stay. */
static struct quell_value each_pair(struct walk *walk, struct quell_value map, size_t depth,
                                    convert_fn *convert)
{
    struct map_builder made = {.arena = walk->arena};
    bool changed = false;
    uint32_t i, j;

    for (i = 0; i < map.len; i++) {
        struct quell_value value = convert(walk, map.as.pairs[i].value, depth);

        if (!changed && !untouched(value, map.as.pairs[i].value)) {
            changed = true;
            for (j = 0; j < i; j++)
                map_add_key(&made, map.as.pairs[j].key, map.as.pairs[j].value);
        }
        if (changed)
            map_add_key(&made, map.as.pairs[i].key, value);
    }
    return changed ? map_made(&made) : map;
}

/* ---- out -------------------------------------------------------------------------------------*/

static struct quell_value tagged(struct walk *walk, const char *key, struct quell_value inner)
{
    struct quell_pair *pair = arena_one(walk->arena, struct quell_pair);

    pair->key = quell_text(key);
    pair->value = inner;
    return quell_map(pair, 1);
}

static struct quell_value tagged_str(struct walk *walk, const char *key, struct quell_str text)
{
    return tagged(walk, key, quell_string(text));
}

/* Of a map whose keys are texts. */
static bool looks_tagged(struct quell_value map)
{
    return map.len == 1 && map.as.pairs[0].key.len > 0 && map.as.pairs[0].key.as.text[0] == '$';
}

/* Whether JSON's reader would take all the keys. */
static bool all_keys_plain(struct quell_value map)
{
    uint32_t i;

    for (i = 0; i < map.len; i++) {
        if (!quell_is(map.as.pairs[i].key, QUELL_STRING) ||
            map.as.pairs[i].key.len > LIMIT_KEY_BYTES)
            return false;
    }
    return true;
}

/* The fewest digits that give back the same double. */
static struct quell_str double_text(struct arena *arena, double real)
{
    int digits;

    if (isnan(real))
        return QUELL_STR("NaN");
    if (isinf(real))
        return real < 0 ? QUELL_STR("-Infinity") : QUELL_STR("Infinity");
    for (digits = 15; digits < 17; digits++) {
        struct quell_str text = arena_format(arena, "%.*g", digits, real);

        if (value_real(value_verbatim(text)) == real)
            return text;
    }
    return arena_format(arena, "%.17g", real);
}

static struct quell_value encode(struct walk *walk, struct quell_value value, size_t depth);

static struct quell_value encode_pairs(struct walk *walk, struct quell_value map, size_t depth)
{
    struct quell_value *items = arena_array(walk->arena, struct quell_value, map.len);
    uint32_t i;

    for (i = 0; i < map.len; i++) {
        struct quell_value *pair = arena_array(walk->arena, struct quell_value, 2);

        pair[0] = encode(walk, map.as.pairs[i].key, depth + 3);
        pair[1] = encode(walk, map.as.pairs[i].value, depth + 3);
        items[i] = quell_list(pair, 2);
    }
    return tagged(walk, "$pairs", quell_list(items, map.len));
}

static struct quell_value encode_container(struct walk *walk, struct quell_value value,
                                           size_t depth)
{
    if (value.len > 0 && depth + TAG_LEVELS > LIMIT_OWN_DEPTH)
        return tagged_str(walk, "$json",
                          json_text(walk->arena, encode(walk, value, 0), JSON_COMPACT));
    if (quell_is(value, QUELL_LIST))
        return each_item(walk, value, depth + 1, encode);
    if (quell_is(value, QUELL_OPTIONAL))
        return tagged(walk, "$optional",
                      each_item(walk, quell_list(value.as.items, value.len), depth + 2, encode));
    if (!all_keys_plain(value))
        return encode_pairs(walk, value, depth);
    if (looks_tagged(value))
        return tagged(walk, "$map", each_pair(walk, value, depth + 2, encode));
    return each_pair(walk, value, depth + 1, encode);
}

static struct quell_value encode(struct walk *walk, struct quell_value value, size_t depth)
{
    struct arena *arena = walk->arena;
    struct when when = {value.as.integer, value.len};

    if (value.flags & QUELL_SECRET)
        return tagged_str(walk, "$secret", QUELL_STR(MASK));
    if (value.flags & QUELL_SENSITIVE) {
        value.flags &= (uint8_t)~QUELL_SENSITIVE;
        return tagged(walk, "$sensitive",
                      each_item(walk, quell_list(arena_copy(arena, &value, sizeof(value)), 1),
                                depth + 2, encode));
    }
    switch ((enum quell_type)value.type) { /* unreachable: a type that has no case */
    case QUELL_NULL:
    case QUELL_BOOL:
    case QUELL_INT:
    case QUELL_STRING:
        return value;
    case QUELL_UINT:
        return tagged_str(walk, "$uint",
                          arena_format(arena, "%llu", (unsigned long long)value.as.natural));
    case QUELL_DOUBLE:
        if (value.flags & QUELL_VERBATIM)
            return value;
        return tagged_str(walk, "$double", double_text(arena, value.as.real));
    case QUELL_BYTES:
        return tagged_str(walk, "$bytes", digest_base64(arena, quell_str(value)));
    case QUELL_LIST:
    case QUELL_MAP:
    case QUELL_OPTIONAL:
        return encode_container(walk, value, depth);
    case QUELL_TIME:
        return tagged_str(walk, "$time", when_format_time(arena, when));
    case QUELL_DURATION:
        return tagged_str(walk, "$duration", when_format_duration(arena, when));
    case QUELL_TYPE:
        return tagged_str(walk, "$type", quell_str(value));
    case QUELL_IP:
        return tagged_str(walk, "$ip", quell_str(value));
    case QUELL_CIDR:
        return tagged_str(walk, "$cidr", quell_str(value));
    case QUELL_UNKNOWN:
        return tagged_str(walk, "$unknown", quell_str(value));
    }
    return quell_null();
}

struct quell_value tag_encode(struct arena *arena, struct quell_value value, size_t depth)
{
    struct walk walk = {.arena = arena};

    return encode(&walk, value, depth);
}

/* ---- in: each reads what stands behind its tag; false when it is malformed --------------------*/

static struct quell_value decode(struct walk *walk, struct quell_value value, size_t depth);

static bool read_uint(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    struct quell_str text = quell_str(inner);
    uint64_t natural = 0;
    size_t i;

    (void)walk; /* needs no memory */
    for (i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';

        if (digit > 9 || natural > (UINT64_MAX - digit) / 10)
            return false;
        natural = natural * 10 + digit;
    }
    *value = value_uint(natural);
    return text.len > 0;
}

static bool read_double(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    struct quell_str text = quell_str(inner);
    struct quell_value number;

    if (str_is(text, "NaN"))
        *value = value_double((double)NAN);
    else if (str_is(text, "Infinity"))
        *value = value_double((double)INFINITY);
    else if (str_is(text, "-Infinity"))
        *value = value_double(-(double)INFINITY);
    else if (json_read_own(walk->arena, text, &number, NULL) == QUELL_OK &&
             (quell_is(number, QUELL_INT) || quell_is(number, QUELL_DOUBLE)))
        *value = value_double(value_real(value_verbatim(text))); /* `-0` is an int there */
    else
        return false;
    return true;
}

static bool read_bytes(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    struct quell_str bytes = {"", 0};

    if (!digest_from_base64(walk->arena, quell_str(inner), &bytes))
        return false;
    *value = value_bytes(bytes);
    return true;
}

static bool read_time(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    struct when when;

    (void)walk; /* needs no memory */
    if (!when_parse_time(quell_str(inner), &when))
        return false;
    *value = value_time(when.seconds, when.nanos);
    return true;
}

static bool read_duration(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    struct when when;

    (void)walk; /* needs no memory */
    if (!when_parse_duration(quell_str(inner), &when))
        return false;
    *value = value_duration(when.seconds, when.nanos);
    return true;
}

static bool read_type(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    (void)walk; /* needs no memory */
    *value = inner;
    value->type = QUELL_TYPE;
    return true;
}

static bool read_ip(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    (void)walk; /* needs no memory */
    *value = inner;
    value->type = QUELL_IP;
    return true;
}

static bool read_cidr(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    (void)walk; /* needs no memory */
    *value = inner;
    value->type = QUELL_CIDR;
    return true;
}

static bool read_unknown(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    (void)walk; /* needs no memory */
    *value = quell_unknown(quell_str(inner));
    return true;
}

static bool read_secret(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    (void)walk; /* needs no memory */
    *value = value_secret(inner);
    return true;
}

static bool read_sensitive(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    if (inner.len != 1)
        return false;
    *value = value_sensitive(quell_at(each_item(walk, inner, 0, decode), 0));
    return true;
}

static bool read_optional(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    if (inner.len > 1)
        return false;
    *value = each_item(walk, inner, 0, decode);
    value->type = QUELL_OPTIONAL;
    return true;
}

static bool read_map(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    *value = each_pair(walk, inner, 0, decode);
    return true;
}

static bool read_pairs(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    struct map_builder made = {.arena = walk->arena};
    uint32_t i;

    for (i = 0; i < inner.len; i++) {
        if (quell_count(inner.as.items[i]) != 2)
            return false;
        map_add_key(&made, decode(walk, quell_at(inner.as.items[i], 0), 0),
                    decode(walk, quell_at(inner.as.items[i], 1), 0));
    }
    *value = map_made(&made);
    return true;
}

static bool read_json(struct walk *walk, struct quell_value inner, struct quell_value *value)
{
    struct quell_value read;
    enum quell_code code = json_read_own(walk->arena, quell_str(inner), &read, NULL);

    if (code)
        return false;
    *value = decode(walk, read, 0);
    return true;
}

static const struct {
    const char *key;
    enum quell_type type; /* of what stands behind it */
    bool (*read)(struct walk *walk, struct quell_value inner, struct quell_value *value);
} tags[] = {
    {"$time", QUELL_STRING, read_time},
    {"$duration", QUELL_STRING, read_duration},
    {"$bytes", QUELL_STRING, read_bytes},
    {"$uint", QUELL_STRING, read_uint},
    {"$double", QUELL_STRING, read_double},
    {"$type", QUELL_STRING, read_type},
    {"$unknown", QUELL_STRING, read_unknown},
    {"$secret", QUELL_STRING, read_secret},
    {"$ip", QUELL_STRING, read_ip},
    {"$cidr", QUELL_STRING, read_cidr},
    {"$sensitive", QUELL_LIST, read_sensitive},
    {"$optional", QUELL_LIST, read_optional},
    {"$map", QUELL_MAP, read_map},
    {"$pairs", QUELL_LIST, read_pairs},
    {"$json", QUELL_STRING, read_json},
};

static struct quell_value decode_tag(struct walk *walk, const struct quell_pair *pair)
{
    struct quell_str key = quell_str(pair->key);
    struct quell_value value = quell_null();
    size_t i;

    for (i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (!str_is(key, tags[i].key))
            continue;
        if ((!quell_is(pair->value, tags[i].type) || !tags[i].read(walk, pair->value, &value)) &&
            !walk->code)
            walk->code = error_set(walk->err, QUELL_INVALID, "malformed `%.*s` in the journal",
                                   QUELL_ARG(key));
        return value;
    }
    if (!walk->code)
        walk->code = error_set(walk->err, QUELL_INVALID,
                               "unknown tag `%.*s` in the journal: written by a newer quell",
                               QUELL_ARG(key));
    return value;
}

static struct quell_value decode(struct walk *walk, struct quell_value value, size_t depth)
{
    if (quell_is(value, QUELL_LIST))
        return each_item(walk, value, depth, decode);
    if (!quell_is(value, QUELL_MAP))
        return value;
    if (looks_tagged(value))
        return decode_tag(walk, &value.as.pairs[0]);
    return each_pair(walk, value, depth, decode);
}

enum quell_code tag_decode(struct arena *arena, struct quell_value tagged_value,
                           struct quell_value *value, struct quell_error *err)
{
    struct walk walk = {.arena = arena, .err = err};
    struct quell_value decoded = decode(&walk, tagged_value, 0);

    if (walk.code)
        return walk.code;
    *value = decoded;
    return QUELL_OK;
}

/* ---- masking ---------------------------------------------------------------------------------*/

static struct quell_value mask(struct walk *walk, struct quell_value value, size_t depth)
{
    struct quell_value made;

    if (value.flags & QUELL_SECRET)
        return value_secret(quell_text(MASK));
    made = quell_is(value, QUELL_LIST) || quell_is(value, QUELL_OPTIONAL)
               ? each_item(walk, value, depth, mask)
           : quell_is(value, QUELL_MAP) ? each_pair(walk, value, depth, mask)
                                        : value;
    made.flags |= value.flags & QUELL_SENSITIVE;
    return made;
}

struct quell_value tag_mask(struct arena *arena, struct quell_value value)
{
    struct walk walk = {.arena = arena};

    return mask(&walk, value, 0);
}
