/*
 * shape.c - the part of OpenAPI's schemas that tells whether an answer has the right shape.
 */
#include "shape.h"

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "value/value.h"

struct check {
    struct arena *arena;
    struct quell_str fault; /* the first one */
};

static void complain(struct check *check, struct quell_str where, const char *what)
{
    if (check->fault.len == 0)
        check->fault = arena_format(check->arena, "%.*s: %s", QUELL_ARG(where), what);
}

static bool type_fits(struct quell_value value, struct quell_str type)
{
    static const struct {
        const char *word;
        enum quell_type type;
    } types[] = {{"string", QUELL_STRING},
                 {"integer", QUELL_INT},
                 {"boolean", QUELL_BOOL},
                 {"array", QUELL_LIST},
                 {"object", QUELL_MAP}};
    size_t i;
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_is(type, types[i].word))
            return quell_is(value, types[i].type);
    }
    return type.len == 0; /* no type: anything */
}

static void check_text(struct check *check, struct quell_value schema, struct quell_value value,
                       struct quell_str where)
{
    struct quell_value allowed = quell_get(schema, "enum");
    struct quell_str format = quell_get_str(schema, "format"), text = quell_str(value);
    struct when when;
    size_t i;
    for (i = 0; i < quell_count(allowed); i++) {
        if (value_equal(quell_at(allowed, i), value))
            break;
    }
    if (quell_count(allowed) > 0 && i == quell_count(allowed))
        complain(check, where, "not one of the allowed words");
    if (str_is(format, "date-time") && !when_parse_time(text, &when))
        complain(check, where, "no date-time");
    if (str_is(format, "uuid") && !id_valid(text))
        complain(check, where, "no uuid");
    if ((int64_t)utf8_count(text) > quell_get_int(schema, "maxLength", INT64_MAX))
        complain(check, where, "too long");
}

static void check_value(struct check *check, struct quell_value schema, struct quell_value value,
                        struct quell_str where);

static void check_map(struct check *check, struct quell_value schema, struct quell_value value,
                      struct quell_str where)
{
    struct quell_value properties = quell_get(schema, "properties");
    struct quell_value required = quell_get(schema, "required"), property, found;
    size_t i;
    for (i = 0; i < quell_count(required); i++) {
        if (!quell_find(value, quell_str(quell_at(required, i)), &found))
            complain(check, where, "a required member is missing");
    }
    for (i = 0; quell_is(properties, QUELL_MAP) && i < quell_count(value); i++) {
        const struct quell_pair *pair = &value.as.pairs[i];
        struct quell_str inner = arena_format(check->arena, "%.*s.%.*s", QUELL_ARG(where),
                                              QUELL_ARG(quell_str(pair->key)));
        if (quell_find(properties, quell_str(pair->key), &property))
            check_value(check, property, pair->value, inner);
        else
            complain(check, inner, "the API has no such member");
    }
}

static void check_value(struct check *check, struct quell_value schema, struct quell_value value,
                        struct quell_str where)
{
    size_t i;
    if (quell_is_null(value)) {
        if (!quell_get_bool(schema, "nullable", false))
            complain(check, where, "null");
        return;
    }
    if (!type_fits(value, quell_get_str(schema, "type"))) {
        complain(check, where, "wrong type");
        return;
    }
    if (quell_is(value, QUELL_STRING))
        check_text(check, schema, value, where);
    if (quell_is(value, QUELL_MAP))
        check_map(check, schema, value, where);
    for (i = 0; quell_is(value, QUELL_LIST) && i < quell_count(value); i++)
        check_value(check, quell_get(schema, "items"), quell_at(value, i),
                    arena_format(check->arena, "%.*s[%zu]", QUELL_ARG(where), i));
}

/* `members` is the example with all its leaves taken off; a list's only item stands for all. */
static void check_members(struct check *check, struct quell_value members, struct quell_value value,
                          struct quell_str where)
{
    size_t i;
    if (quell_is(members, QUELL_LIST)) {
        for (i = 0; i < quell_count(value) && quell_count(members) > 0; i++)
            check_members(check, quell_at(members, 0), quell_at(value, i), where);
        return;
    }
    for (i = 0; quell_is(members, QUELL_MAP) && i < quell_count(members); i++) {
        const struct quell_pair *pair = &members.as.pairs[i];
        struct quell_str inner = arena_format(check->arena, "%.*s.%.*s", QUELL_ARG(where),
                                              QUELL_ARG(quell_str(pair->key)));
        struct quell_value found;
        if (quell_find(value, quell_str(pair->key), &found))
            check_members(check, pair->value, found, inner);
        else
            complain(check, inner, "the API's example has it, the answer has not");
    }
}

struct quell_str shape_check(struct arena *arena, struct quell_value schema,
                             struct quell_value members, struct quell_value value)
{
    struct check check = {.arena = arena, .fault = {"", 0}};
    check_value(&check, schema, value, QUELL_STR("answer"));
    check_members(&check, members, value, QUELL_STR("answer"));
    return check.fault;
}
