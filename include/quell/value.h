/*
 * quell/value.h - the one value type of quell, and its readers.
 *
 * A value is 16 bytes, immutable, and borrows: texts, lists and maps point into memory that
 * somebody else owns (an arena, a static table). Copying a value copies 16 bytes, never what it
 * points to. All readers here are inline, so that a connector built outside the tree needs no
 * symbol of the engine.
 */
#ifndef QUELL_VALUE_H
#define QUELL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A slice of UTF-8 text (or of bytes). Not NUL-terminated unless a contract says so. */
struct quell_str {
    const char *data;
    size_t len;
};

enum quell_type {
    QUELL_NULL,
    QUELL_BOOL,
    QUELL_INT,
    QUELL_UINT,
    QUELL_DOUBLE, /* with QUELL_VERBATIM: a number that is not an int64, kept as its text */
    QUELL_STRING, /* valid UTF-8, may contain NUL */
    QUELL_BYTES,
    QUELL_LIST,
    QUELL_MAP,      /* insertion order; keys unique */
    QUELL_TIME,     /* seconds since 1970-01-01T00:00:00Z and nanoseconds */
    QUELL_DURATION, /* seconds and nanoseconds; nanoseconds are never negative */
    QUELL_OPTIONAL, /* CEL's optional: len is 0 (none) or 1 (items[0]) */
    QUELL_TYPE,     /* CEL's type value: text is its name */
    QUELL_UNKNOWN,  /* cannot be known in a plan: text says why */
    QUELL_IP,       /* CEL's net.IP: an address; text is its shortest form, as RFC 5952 has it */
    QUELL_CIDR,     /* CEL's net.CIDR: a range; text is an address, `/`, leading bits */
};

enum quell_value_flag {
    QUELL_SECRET = 1,    /* prints as *** everywhere but on the wire */
    QUELL_VERBATIM = 2,  /* QUELL_DOUBLE only: `text`/`len` hold the number's text */
    QUELL_INDEXED = 4,   /* QUELL_MAP only: the engine's hash index lies behind the pairs */
    QUELL_SENSITIVE = 8, /* prints as a secret does, and the journal keeps it */
    QUELL_MASKED = QUELL_SECRET | QUELL_SENSITIVE,
};

struct quell_pair;

struct quell_value {
    uint8_t type;  /* enum quell_type */
    uint8_t flags; /* enum quell_value_flag, or-ed */
    uint16_t reserved;
    uint32_t len; /* bytes of text, count of items or pairs, nanoseconds of a time or duration */
    union {
        bool boolean;
        int64_t integer; /* int; seconds of a time or duration */
        uint64_t natural;
        double real;
        const char *text;
        const struct quell_value *items;
        const struct quell_pair *pairs;
    } as;
};

/* Keys are strings in all data that comes from JSON or YAML; CEL also makes bool and int keys. */
struct quell_pair {
    struct quell_value key;
    struct quell_value value;
};

#if !defined(__cplusplus)
_Static_assert(sizeof(struct quell_value) == 16, "a value is two words");
#endif

/* The slice of a string literal. */
#define QUELL_STR(literal) ((struct quell_str){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define QUELL_ARG(str) (int)(str).len, (str).data

static inline struct quell_str quell_str_of(const char *text)
{
    struct quell_str str = {text, text ? strlen(text) : 0};
    return str;
}

static inline bool quell_str_equal(struct quell_str a, struct quell_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool quell_is(struct quell_value value, enum quell_type type)
{
    return value.type == (uint8_t)type;
}

static inline bool quell_is_null(struct quell_value value)
{
    return value.type == QUELL_NULL;
}

static inline struct quell_value quell_null(void)
{
    struct quell_value value = {QUELL_NULL, 0, 0, 0, {0}};
    return value;
}

static inline struct quell_value quell_bool(bool boolean)
{
    struct quell_value value = {QUELL_BOOL, 0, 0, 0, {0}};
    value.as.boolean = boolean;
    return value;
}

static inline struct quell_value quell_int(int64_t integer)
{
    struct quell_value value = {QUELL_INT, 0, 0, 0, {0}};
    value.as.integer = integer;
    return value;
}

/* Borrows `str`; at most 4 GiB - 1. */
static inline struct quell_value quell_string(struct quell_str str)
{
    struct quell_value value = {QUELL_STRING, 0, 0, 0, {0}};
    value.len = (uint32_t)str.len;
    value.as.text = str.data ? str.data : "";
    return value;
}

/* Borrows a NUL-terminated text; NULL gives null. */
static inline struct quell_value quell_text(const char *text)
{
    return text ? quell_string(quell_str_of(text)) : quell_null();
}

/* Borrows `items`. */
static inline struct quell_value quell_list(const struct quell_value *items, size_t count)
{
    struct quell_value value = {QUELL_LIST, 0, 0, 0, {0}};
    value.len = (uint32_t)count;
    value.as.items = items;
    return value;
}

/* Borrows `pairs`; keys must be unique. */
static inline struct quell_value quell_map(const struct quell_pair *pairs, size_t count)
{
    struct quell_value value = {QUELL_MAP, 0, 0, 0, {0}};
    value.len = (uint32_t)count;
    value.as.pairs = pairs;
    return value;
}

/* `text` says why it cannot be known; borrowed. */
static inline struct quell_value quell_unknown(struct quell_str why)
{
    struct quell_value value = quell_string(why);
    value.type = QUELL_UNKNOWN;
    return value;
}

/* The text of a string, bytes, type, unknown, address, range or verbatim number; else empty. */
static inline struct quell_str quell_str(struct quell_value value)
{
    struct quell_str str = {"", 0};
    if (value.type == QUELL_STRING || value.type == QUELL_BYTES || value.type == QUELL_TYPE ||
        value.type >= QUELL_UNKNOWN || (value.flags & QUELL_VERBATIM)) {
        str.data = value.as.text;
        str.len = value.len;
    }
    return str;
}

/* Items of a list or pairs of a map; 0 for anything else. */
static inline size_t quell_count(struct quell_value value)
{
    return value.type == QUELL_LIST || value.type == QUELL_MAP ? value.len : 0;
}

/* The item of a list, or null when there is none. */
static inline struct quell_value quell_at(struct quell_value list, size_t index)
{
    return list.type == QUELL_LIST && index < list.len ? list.as.items[index] : quell_null();
}

/* Finds a string key; false (and *found untouched) when absent or when `map` is no map. */
static inline bool quell_find(struct quell_value map, struct quell_str key,
                              struct quell_value *found)
{
    uint32_t i;
    if (map.type != QUELL_MAP)
        return false;
    for (i = 0; i < map.len; i++) {
        const struct quell_pair *pair = &map.as.pairs[i];
        if (pair->key.type == QUELL_STRING && pair->key.len == key.len &&
            memcmp(pair->key.as.text, key.data, key.len) == 0) {
            *found = pair->value;
            return true;
        }
    }
    return false;
}

/* The value at a string key, or null. */
static inline struct quell_value quell_get(struct quell_value map, const char *key)
{
    struct quell_value found = quell_null();
    (void)quell_find(map, quell_str_of(key), &found); /* absent reads as null by contract */
    return found;
}

/* The text at a string key, or an empty slice. */
static inline struct quell_str quell_get_str(struct quell_value map, const char *key)
{
    return quell_str(quell_get(map, key));
}

static inline int64_t quell_get_int(struct quell_value map, const char *key, int64_t otherwise)
{
    struct quell_value found = quell_get(map, key);
    return found.type == QUELL_INT ? found.as.integer : otherwise;
}

static inline bool quell_get_bool(struct quell_value map, const char *key, bool otherwise)
{
    struct quell_value found = quell_get(map, key);
    return found.type == QUELL_BOOL ? found.as.boolean : otherwise;
}

static inline bool quell_text_is(struct quell_value value, const char *text)
{
    return value.type == QUELL_STRING && quell_str_equal(quell_str(value), quell_str_of(text));
}

#ifdef __cplusplus
}
#endif
#endif
