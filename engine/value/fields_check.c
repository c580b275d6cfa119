/*
 * fields_check.c - a whole map against a field table, with defaults filled in.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "value/fields_parts.h"
#include "value/value.h"

/* Where we are, for the message: a chain up to the map that was given. */
struct trail {
    const struct trail *up;
    struct quell_str name;
    size_t index; /* when name is empty */
};

struct checker {
    struct arena *arena;
    struct quell_error *err;
};

static enum quell_code check_map(struct checker *in, const struct quell_field *table,
                                 struct quell_value map, const struct trail *trail,
                                 struct quell_value *checked);
static enum quell_code check(struct checker *in, const struct quell_field *field,
                             struct quell_value value, const struct trail *trail,
                             struct quell_value *checked);

static struct quell_str trail_text(struct arena *arena, const struct trail *trail)
{
    if (!trail)
        return QUELL_STR("");
    struct quell_str up = trail_text(arena, trail->up);
    if (trail->name.len == 0)
        return arena_format(arena, "%.*s[%zu]", QUELL_ARG(up), trail->index);
    return arena_format(arena, "%.*s%s%.*s", QUELL_ARG(up), up.len ? "." : "",
                        QUELL_ARG(trail->name));
}

static enum quell_code refuse(struct checker *in, const struct trail *trail, struct quell_str what)
{
    struct quell_str where = trail_text(in->arena, trail);
    if (where.len == 0)
        return error_set(in->err, QUELL_INVALID, "%.*s", QUELL_ARG(what));
    return error_set(in->err, QUELL_INVALID, "`%.*s`: %.*s", QUELL_ARG(where), QUELL_ARG(what));
}

static enum quell_code check_list(struct checker *in, const struct quell_field *field,
                                  struct quell_value value, const struct trail *trail,
                                  struct quell_value *checked)
{
    if (value.type != QUELL_LIST && field->flags & QUELL_ONE_OR_MANY && value.type != QUELL_NULL)
        value = quell_list(arena_copy(in->arena, &value, sizeof(value)), 1);
    if (value.type != QUELL_LIST)
        return refuse(in, trail, fields_wrong_type(in->arena, field, value));
    struct quell_str fault = fields_size(in->arena, field, value);
    if (fault.len)
        return refuse(in, trail, fault);

    struct quell_field row = fields_item(field);
    struct list_builder items = {.arena = in->arena};
    for (uint32_t i = 0; i < value.len; i++) {
        struct trail below = {.up = trail, .index = i};
        struct quell_value item;
        enum quell_code code = check(in, &row, value.as.items[i], &below, &item);
        if (code)
            return code;
        list_add(&items, item);
    }
    *checked = list_made(&items);
    return QUELL_OK;
}

static enum quell_code check_values(struct checker *in, const struct quell_field *field,
                                    struct quell_value map, const struct trail *trail,
                                    struct quell_value *checked)
{
    if (map.type != QUELL_MAP)
        return refuse(in, trail, fields_wrong_type(in->arena, field, map));
    struct quell_field row = fields_item(field);
    struct map_builder pairs = {.arena = in->arena};
    for (uint32_t i = 0; i < map.len; i++) {
        struct trail below = {.up = trail, .name = quell_str(map.as.pairs[i].key)};
        struct quell_value value;
        enum quell_code code = check(in, &row, map.as.pairs[i].value, &below, &value);
        if (code)
            return code;
        map_add_key(&pairs, map.as.pairs[i].key, value);
    }
    *checked = map_made(&pairs);
    return QUELL_OK;
}

static enum quell_code check_shape(struct checker *in, const struct quell_field *field,
                                   struct quell_value value, const struct trail *trail,
                                   struct quell_value *checked)
{
    bool passes =
        value.type == QUELL_UNKNOWN || (value.type == QUELL_NULL && field->flags & QUELL_NULLABLE);
    if (!passes && field->type == QUELL_FIELD_LIST)
        return check_list(in, field, value, trail, checked);
    if (!passes && field->type == QUELL_FIELD_MAP)
        return check_values(in, field, value, trail, checked);
    if (!passes && field->type == QUELL_FIELD_OBJECT) {
        if (value.type != QUELL_MAP)
            return refuse(in, trail, fields_wrong_type(in->arena, field, value));
        return check_map(in, field->fields, value, trail, checked);
    }
    struct quell_str fault = fields_leaf(in->arena, field, value, checked);
    return fault.len ? refuse(in, trail, fault) : QUELL_OK;
}

static enum quell_code check(struct checker *in, const struct quell_field *field,
                             struct quell_value value, const struct trail *trail,
                             struct quell_value *checked)
{
    enum quell_code code = check_shape(in, field, value, trail, checked);
    if (code)
        return code;
    if (field->flags & QUELL_SECRET_FIELD || value.flags & QUELL_SECRET)
        *checked = value_secret(*checked);
    return QUELL_OK;
}

/* "; known are `a`, `b`": at most so many bytes of it. */
static struct quell_str known_names(struct arena *arena, const struct quell_field *table)
{
    enum { NAMES_BYTES = 240 }; /* a longer message is cut anyway */
    struct quell_str text = {"", 0};
    for (; table && table->name; table++) {
        if (text.len > NAMES_BYTES)
            return arena_format(arena, "%.*s ...", QUELL_ARG(text));
        text = arena_format(arena, "%.*s%s`%s`", QUELL_ARG(text), text.len ? ", " : "; known are ",
                            table->name);
    }
    return text;
}

static enum quell_code check_names(struct checker *in, const struct quell_field *table,
                                   struct quell_value map, const struct trail *trail)
{
    for (uint32_t i = 0; i < map.len; i++) {
        struct quell_str name = quell_str(map.as.pairs[i].key);
        if (map.as.pairs[i].key.type == QUELL_STRING && fields_find(table, name))
            continue;
        struct trail below = {.up = trail, .name = name};
        struct quell_str hint = fields_did_you_mean(in->arena, fields_nearest(table, name));
        if (hint.len == 0)
            hint = known_names(in->arena, table);
        return refuse(in, &below,
                      arena_format(in->arena, "there is no such field%.*s", QUELL_ARG(hint)));
    }
    return QUELL_OK;
}

static enum quell_code check_map(struct checker *in, const struct quell_field *table,
                                 struct quell_value map, const struct trail *trail,
                                 struct quell_value *checked)
{
    struct map_builder pairs = {.arena = in->arena};
    enum quell_code code = check_names(in, table, map, trail);
    if (code)
        return code;
    for (const struct quell_field *field = table; field && field->name; field++) {
        struct trail below = {.up = trail, .name = quell_str_of(field->name)};
        struct quell_value value;
        if (!value_find(map, below.name, &value)) {
            if (field->flags & QUELL_REQUIRED)
                return refuse(in, &below, QUELL_STR("is missing"));
            if (!field->fallback)
                continue;
            value = fields_fallback(in->arena, field);
        }
        code = check(in, field, value, &below, &value);
        if (code)
            return code;
        map_add(&pairs, field->name, value);
    }
    *checked = map_made(&pairs);
    return QUELL_OK;
}

enum quell_code fields_check(struct arena *arena, const struct quell_field *table,
                             struct quell_value map, struct quell_value *checked,
                             struct quell_error *err)
{
    struct checker in = {.arena = arena, .err = err};
    struct quell_value made;
    if (map.type == QUELL_UNKNOWN) {
        *checked = map;
        return QUELL_OK;
    }
    if (map.type == QUELL_NULL) /* nothing written: nothing given */
        map = quell_map(NULL, 0);
    if (map.type != QUELL_MAP)
        return error_set(err, QUELL_INVALID, "a map is expected, this is a %s",
                         value_type_name(map));
    enum quell_code code = check_map(&in, table, map, NULL, &made);
    if (code)
        return code;
    *checked = made;
    return QUELL_OK;
}
