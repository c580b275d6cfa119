/*
 * shape.c - conforms a value to the field table, so that every incident has every key with the
 * type the table says. What the sources make goes through here, and so do documents that are
 * already in our shape; the latter may be written by hand, so a misspelt key is an error.
 */
#include "incident/shape.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "incident/incident.h"
#include "incident/words.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

/* Where we are, innermost first: written out only when something is wrong. */
struct trail {
    const struct trail *up;
    const char *name; /* NULL: an item */
    size_t index;
};

enum { PATH_MAX_BYTES = 200 }; /* of a path in a message; deeper ones are cut */

static void write_trail(struct buf *out, const struct trail *trail)
{
    if (!trail)
        return;
    write_trail(out, trail->up);
    if (!trail->name)
        buf_add_format(out, "[%zu]", trail->index);
    else
        buf_add_format(out, "%s%s", trail->up ? "." : "", trail->name);
}

static enum quell_code fail(const struct trail *trail, enum quell_code code, const char *what,
                            const char *more, struct quell_error *err)
{
    struct buf path = {.size_max = PATH_MAX_BYTES};
    struct quell_str text;

    write_trail(&path, trail);
    text = buf_str(&path);
    (void)error_set(err, code, "%.*s%s%s%s", QUELL_ARG(text), text.len > 0 ? ": " : "", what, more);
    buf_free(&path);
    return code;
}

static enum quell_code wrong(const struct trail *trail, const char *wanted, struct quell_value got,
                             struct quell_error *err)
{
    char what[80];
    (void)snprintf(what, sizeof what, "expected %s, found ", wanted); /* cut is fine */
    return fail(trail, QUELL_INVALID, what, value_type_name(got), err);
}

static enum quell_code conform_text(struct arena *arena, struct quell_value got,
                                    const struct trail *trail, struct quell_value *out,
                                    struct quell_error *err)
{
    if (got.type == QUELL_INT || got.type == QUELL_UINT || got.type == QUELL_DOUBLE) {
        *out = quell_string(json_text(arena, got, JSON_COMPACT));
        return QUELL_OK;
    }
    if (!quell_is(got, QUELL_STRING))
        return wrong(trail, "text", got, err);
    *out = got;
    return QUELL_OK;
}

static enum quell_code conform_word(struct arena *arena, const struct quell_field *field,
                                    struct quell_value got, const struct trail *trail,
                                    struct quell_value *out, struct quell_error *err)
{
    if (!quell_is(got, QUELL_STRING))
        return wrong(trail, "text", got, err);
    if (str_is(quell_str_of(field->name), "determination"))
        *out = word_determination(arena, got);
    else
        *out = quell_string(word_kebab(arena, quell_str(got)));
    return QUELL_OK;
}

static enum quell_code conform_time(struct quell_value got, const struct trail *trail,
                                    struct quell_value *out, struct quell_error *err)
{
    struct when when;

    if (quell_is(got, QUELL_TIME)) {
        *out = got;
        return QUELL_OK;
    }
    if (!quell_is(got, QUELL_STRING))
        return wrong(trail, "a time", got, err);
    if (!when_parse_time(quell_str(got), &when))
        return fail(trail, QUELL_INVALID, "expected a time such as 2026-05-04T10:00:00Z", "", err);
    *out = value_time(when.seconds, when.nanos);
    return QUELL_OK;
}

static enum quell_code conform_map(struct arena *arena, const struct quell_field *table,
                                   struct quell_value map, const struct trail *trail,
                                   struct quell_value *conformed, struct quell_error *err);

static enum quell_code conform_item(struct arena *arena, const struct quell_field *field,
                                    struct quell_value got, const struct trail *trail,
                                    struct quell_value *out, struct quell_error *err)
{
    if (field->of == QUELL_FIELD_OBJECT)
        return conform_map(arena, field->fields, got, trail, out, err);
    if (field->of == QUELL_FIELD_STRING)
        return conform_text(arena, got, trail, out, err);
    *out = got;
    return QUELL_OK;
}

static enum quell_code conform_list(struct arena *arena, const struct quell_field *field,
                                    struct quell_value got, const struct trail *trail,
                                    struct quell_value *out, struct quell_error *err)
{
    size_t i, count = quell_count(got);
    struct quell_value *items;
    enum quell_code code;

    if (!quell_is(got, QUELL_LIST))
        return wrong(trail, "a list", got, err);
    if (field->of == QUELL_FIELD_ANY) {
        *out = got;
        return QUELL_OK;
    }
    if (count > LIMIT_INCIDENT_ITEMS)
        return fail(trail, QUELL_LIMIT, "more items than LIMIT_INCIDENT_ITEMS allows", "", err);
    items = arena_array(arena, struct quell_value, count + 1);
    for (i = 0; i < count; i++) {
        struct trail here = {trail, NULL, i};
        code = conform_item(arena, field, got.as.items[i], &here, &items[i], err);
        if (code)
            return code;
    }
    *out = quell_list(items, count);
    return QUELL_OK;
}

static enum quell_code conform_field(struct arena *arena, const struct quell_field *field,
                                     struct quell_value got, const struct trail *trail,
                                     struct quell_value *out, struct quell_error *err)
{
    bool missing = quell_is_null(got);

    if (missing && field->fallback)
        return json_read(arena, quell_str_of(field->fallback), LIMIT_DOCUMENT_BYTES, out, NULL,
                         err);
    switch (field->type) {
    case QUELL_FIELD_LIST:
        if (missing)
            got = quell_list(NULL, 0);
        return conform_list(arena, field, got, trail, out, err);
    case QUELL_FIELD_OBJECT:
        if (missing && (field->flags & QUELL_NULLABLE))
            break;
        if (missing)
            got = quell_map(NULL, 0);
        return conform_map(arena, field->fields, got, trail, out, err);
    case QUELL_FIELD_STRING:
        if (missing)
            break;
        return conform_text(arena, got, trail, out, err);
    case QUELL_FIELD_ENUM:
        if (missing)
            break;
        return conform_word(arena, field, got, trail, out, err);
    case QUELL_FIELD_TIMESTAMP:
        if (missing)
            break;
        return conform_time(got, trail, out, err);
    case QUELL_FIELD_ANY:
    case QUELL_FIELD_BOOL:
    case QUELL_FIELD_INT:
    case QUELL_FIELD_DOUBLE:
    case QUELL_FIELD_DURATION:
    case QUELL_FIELD_MAP:
        break;
    }
    *out = got; /* null, or of a type the table leaves open */
    return QUELL_OK;
}

static enum quell_code refuse_unknown(const struct quell_field *table, struct quell_value map,
                                      const struct trail *trail, struct quell_error *err)
{
    size_t i;

    for (i = 0; i < map.len; i++) {
        struct quell_str key = quell_str(map.as.pairs[i].key), nearest;
        char what[200];
        if (fields_find(table, key))
            continue;
        nearest = fields_nearest(table, key);
        (void)snprintf(what, sizeof what, "`%.*s` is no field of an incident%s%.*s%s",
                       (int)(key.len < 60 ? key.len : 60), key.data,
                       nearest.len > 0 ? "; did you mean `" : "", QUELL_ARG(nearest),
                       nearest.len > 0 ? "`?" : "");
        return fail(trail, QUELL_INVALID, what, "", err);
    }
    return QUELL_OK;
}

static enum quell_code conform_map(struct arena *arena, const struct quell_field *table,
                                   struct quell_value map, const struct trail *trail,
                                   struct quell_value *conformed, struct quell_error *err)
{
    struct map_builder made = {.arena = arena};
    const struct quell_field *field;
    enum quell_code code;

    if (!quell_is(map, QUELL_MAP))
        return wrong(trail, "an object", map, err);
    code = refuse_unknown(table, map, trail, err);
    if (code)
        return code;
    for (field = table; field->name; field++) {
        struct trail here = {trail, field->name, 0};
        struct quell_value got = quell_null(), out;
        (void)value_find(map, quell_str_of(field->name), &got); /* absent reads as null */
        code = conform_field(arena, field, got, &here, &out, err);
        if (code)
            return code;
        map_add(&made, field->name, out);
    }
    *conformed = map_made(&made);
    return QUELL_OK;
}

enum quell_code shape_conform(struct arena *arena, struct quell_value map,
                              struct quell_value *conformed, struct quell_error *err)
{
    return conform_map(arena, incident_fields, map, NULL, conformed, err);
}
