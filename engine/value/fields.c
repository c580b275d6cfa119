/*
 * fields.c - one value against one row of a field table: names, types as text, sizes, coercions.
 * Whole maps are checked in fields_check.c, documents in fields_node.c.
 */
#include "value/fields.h"

#include <assert.h>
#include <inttypes.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/when.h"
#include "value/fields_parts.h"
#include "value/json.h"
#include "value/value.h"

static const struct quell_str nothing = {"", 0};

const struct quell_field *fields_find(const struct quell_field *table, struct quell_str name)
{
    for (; table && table->name; table++)
        if (str_is(name, table->name))
            return table;
    return NULL;
}

/* ---- names ----------------------------------------------------------------------------------- */

enum { NAMES_MAX = 256 }; /* names looked at for a suggestion; no table of ours is as long */

struct quell_str fields_nearest(const struct quell_field *table, struct quell_str wrong)
{
    struct quell_str names[NAMES_MAX];
    size_t count = 0;
    for (; table && table->name && count < NAMES_MAX; table++)
        names[count++] = quell_str_of(table->name);
    return str_nearest(wrong, names, count);
}

struct quell_str fields_nearest_word(const char *const *words, struct quell_str wrong)
{
    struct quell_str names[NAMES_MAX];
    size_t count = 0;
    for (; words && *words && count < NAMES_MAX; words++)
        names[count++] = quell_str_of(*words);
    return str_nearest(wrong, names, count);
}

struct quell_str fields_did_you_mean(struct arena *arena, struct quell_str nearest)
{
    return nearest.len ? arena_format(arena, "; did you mean `%.*s`?", QUELL_ARG(nearest))
                       : nothing;
}

/* ---- types as text --------------------------------------------------------------------------- */

static const char *type_word(enum quell_field_type type)
{
    switch (type) {
    case QUELL_FIELD_ANY:
        return "any value";
    case QUELL_FIELD_BOOL:
        return "bool";
    case QUELL_FIELD_INT:
        return "int";
    case QUELL_FIELD_DOUBLE:
        return "number";
    case QUELL_FIELD_STRING:
        return "string";
    case QUELL_FIELD_TIMESTAMP:
        return "timestamp";
    case QUELL_FIELD_DURATION:
        return "duration";
    case QUELL_FIELD_ENUM:
        return "word";
    case QUELL_FIELD_LIST:
        return "list";
    case QUELL_FIELD_MAP:
    case QUELL_FIELD_OBJECT:
        return "map";
    }
    return "value";
}

static struct quell_str words_text(struct arena *arena, const char *const *words)
{
    struct buf text = {0};
    for (size_t i = 0; words && words[i]; i++) {
        if (i)
            buf_add_text(&text, " | ");
        buf_add_text(&text, words[i]);
    }
    struct quell_str made = arena_str(arena, buf_str(&text));
    buf_free(&text);
    return made;
}

struct quell_str fields_type_text(struct arena *arena, const struct quell_field *field)
{
    if (field->type == QUELL_FIELD_ENUM)
        return words_text(arena, field->words);
    if (field->type != QUELL_FIELD_LIST && field->type != QUELL_FIELD_MAP)
        return quell_str_of(type_word(field->type));
    const char *whole = type_word(field->type);
    if (field->of == QUELL_FIELD_ANY)
        return quell_str_of(whole);
    if (field->of == QUELL_FIELD_ENUM) {
        struct quell_str words = words_text(arena, field->words);
        return arena_format(arena, "%s of %.*s", whole, QUELL_ARG(words));
    }
    return arena_format(arena, "%s of %s", whole, type_word(field->of));
}

struct quell_str fields_wrong_type(struct arena *arena, const struct quell_field *field,
                                   struct quell_value value)
{
    const char *is = value_type_name(value);
    const char *is_article = value.type == QUELL_NULL ? "" : is[0] == 'i' ? "an " : "a ";
    struct quell_str wanted = fields_type_text(arena, field);
    const char *before = field->type == QUELL_FIELD_ENUM   ? "one of"
                         : strchr("aeiou", wanted.data[0]) ? "an"
                                                           : "a";
    return arena_format(arena, "%s %.*s is expected, this is %s%s", before, QUELL_ARG(wanted),
                        is_article, is);
}

/* ---- sizes and sinks ------------------------------------------------------------------------- */

struct quell_str fields_size(struct arena *arena, const struct quell_field *field,
                             struct quell_value value)
{
    bool is_list = value.type == QUELL_LIST;
    if (!is_list && value.type != QUELL_STRING)
        return nothing;
    if (field->flags & QUELL_NOT_EMPTY && value.len == 0)
        return is_list ? QUELL_STR("at least one item is expected")
                       : QUELL_STR("the text may not be empty");
    if (field->size_max > 0 && value.len > field->size_max)
        return arena_format(arena, "at most %" PRId64 " %s are allowed, these are %" PRIu32,
                            field->size_max, is_list ? "items" : "bytes", value.len);
    return nothing;
}

static bool is_one_line(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\r' || text.data[i] == '\n' || text.data[i] == '\0')
            return false;
    return true;
}

static struct quell_str check_text(struct arena *arena, const struct quell_field *field,
                                   struct quell_value value)
{
    bool one_line = field->sink && (strcmp(field->sink, "header") == 0 ||
                                    strcmp(field->sink, "mail-address") == 0);
    if (one_line && !is_one_line(quell_str(value)))
        return QUELL_STR("a line break or NUL is not allowed here");
    return fields_size(arena, field, value);
}

/* ---- leaves ---------------------------------------------------------------------------------- */

static struct quell_str check_enum(struct arena *arena, const struct quell_field *field,
                                   struct quell_str text)
{
    for (size_t i = 0; field->words && field->words[i]; i++)
        if (str_is(text, field->words[i]))
            return nothing;
    struct quell_str hint = fields_did_you_mean(arena, fields_nearest_word(field->words, text));
    struct quell_str words = words_text(arena, field->words);
    return arena_format(arena, "`%.*s` is none of %.*s%.*s", QUELL_ARG(text), QUELL_ARG(words),
                        QUELL_ARG(hint));
}

static struct quell_str check_when(struct arena *arena, const struct quell_field *field,
                                   struct quell_value value, struct quell_value *checked)
{
    bool is_time = field->type == QUELL_FIELD_TIMESTAMP;
    struct when when;
    if (value.type == (is_time ? QUELL_TIME : QUELL_DURATION))
        return nothing;
    if (value.type != QUELL_STRING)
        return fields_wrong_type(arena, field, value);
    struct quell_str text = quell_str(value);
    if (is_time ? when_parse_time(text, &when) : when_parse_duration(text, &when)) {
        *checked = is_time ? value_time(when.seconds, when.nanos)
                           : value_duration(when.seconds, when.nanos);
        return nothing;
    }
    return arena_format(arena,
                        is_time ? "`%.*s` is no time as 2026-01-02T03:04:05Z"
                                : "`%.*s` is no duration as 90s, 1h30m or 250ms",
                        QUELL_ARG(text));
}

struct quell_str fields_leaf(struct arena *arena, const struct quell_field *field,
                             struct quell_value value, struct quell_value *checked)
{
    enum quell_type type = (enum quell_type)value.type;
    bool fits = false;

    *checked = value;
    if (type == QUELL_UNKNOWN || (type == QUELL_NULL && field->flags & QUELL_NULLABLE))
        return nothing;
    switch (field->type) {
    case QUELL_FIELD_ANY:
        return fields_size(arena, field, value);
    case QUELL_FIELD_BOOL:
        fits = type == QUELL_BOOL;
        break;
    case QUELL_FIELD_INT:
        fits = type == QUELL_INT || (type == QUELL_UINT && value.as.natural <= INT64_MAX);
        if (type == QUELL_UINT && fits)
            *checked = quell_int((int64_t)value.as.natural);
        break;
    case QUELL_FIELD_DOUBLE:
        fits = type == QUELL_DOUBLE || type == QUELL_INT || type == QUELL_UINT;
        if (type == QUELL_INT || type == QUELL_UINT)
            *checked = value_double(value_real(value));
        break;
    case QUELL_FIELD_STRING:
        if (type == QUELL_STRING)
            return check_text(arena, field, value);
        break;
    case QUELL_FIELD_ENUM:
        if (type == QUELL_STRING)
            return check_enum(arena, field, quell_str(value));
        break;
    case QUELL_FIELD_TIMESTAMP:
    case QUELL_FIELD_DURATION:
        return check_when(arena, field, value, checked);
    case QUELL_FIELD_LIST:
    case QUELL_FIELD_MAP:
    case QUELL_FIELD_OBJECT:
        break;
    }
    return fits ? nothing : fields_wrong_type(arena, field, value);
}

struct quell_field fields_item(const struct quell_field *field)
{
    struct quell_field item = *field;
    item.type = field->of;
    item.of = QUELL_FIELD_ANY;
    item.flags = field->flags & QUELL_SECRET_FIELD;
    item.size_max = 0;
    item.fallback = NULL;
    return item;
}

struct quell_value fields_fallback(struct arena *arena, const struct quell_field *field)
{
    struct quell_value value = quell_null();
    struct quell_error err;
    if (!field->fallback)
        return value;
    enum quell_code code = json_read(arena, quell_str_of(field->fallback), 0, &value, NULL, &err);
    assert(code == QUELL_OK); /* a table of ours, or a connector's that was checked when loaded */
    (void)code;
    return value;
}
