/*
 * type.c - making types of expressions, comparing them, writing them as text.
 *
 * Reading them from text is type_read.c's affair.
 */
#include "cel/type.h"

#include "base/arena.h"
#include "base/str.h"
#include "value/fields.h"

const struct cel_type cel_dyn = {.kind = CEL_DYN}, cel_null = {.kind = CEL_NULL},
                      cel_bool = {.kind = CEL_BOOL}, cel_int = {.kind = CEL_INT},
                      cel_uint = {.kind = CEL_UINT}, cel_double = {.kind = CEL_DOUBLE},
                      cel_string = {.kind = CEL_STRING}, cel_bytes = {.kind = CEL_BYTES},
                      cel_timestamp = {.kind = CEL_TIMESTAMP},
                      cel_duration = {.kind = CEL_DURATION};

/* ---- making ------------------------------------------------------------------------------------
 */

static const struct cel_type *make(struct arena *arena, enum cel_kind kind,
                                   const struct cel_type *first, const struct cel_type *second)
{
    struct cel_type *made = arena_one(arena, struct cel_type);
    const struct cel_type **of = arena_array(arena, const struct cel_type *, 2);
    of[0] = first;
    of[1] = second;
    made->kind = kind;
    made->of = of;
    made->count = second ? 2 : 1;
    return made;
}

const struct cel_type *cel_type_of(struct arena *arena, enum cel_kind kind,
                                   const struct cel_type *of)
{
    return make(arena, kind, of, NULL);
}

const struct cel_type *cel_type_map(struct arena *arena, const struct cel_type *key,
                                    const struct cel_type *value)
{
    return make(arena, CEL_MAP, key, value);
}

const struct cel_type *cel_type_opaque(struct arena *arena, struct quell_str name,
                                       const struct cel_type *const *of, size_t count)
{
    struct cel_type *made = arena_one(arena, struct cel_type);
    *made = (struct cel_type){.kind = CEL_OPAQUE, .name = name, .of = of, .count = (uint16_t)count};
    return made;
}

const struct cel_type *cel_type_object(struct arena *arena, struct quell_str name,
                                       const struct cel_member *members, size_t count)
{
    struct cel_type *made = arena_one(arena, struct cel_type);
    *made = (struct cel_type){
        .kind = CEL_OBJECT, .name = name, .members = members, .member_count = count};
    return made;
}

const struct cel_type *cel_type_fields(struct arena *arena, struct quell_str name,
                                       const struct quell_field *fields)
{
    struct cel_type *made = arena_one(arena, struct cel_type);
    *made = (struct cel_type){.kind = CEL_OBJECT, .name = name, .fields = fields};
    return made;
}

const struct cel_type *cel_type_lazy(struct arena *arena, struct quell_str name,
                                     const struct cel_type *(*find)(struct arena *arena,
                                                                    struct quell_str name,
                                                                    const void *owner),
                                     const void *owner)
{
    struct cel_type *made = arena_one(arena, struct cel_type);
    *made = (struct cel_type){.kind = CEL_OBJECT, .name = name, .find = find, .owner = owner};
    return made;
}

const struct cel_type *cel_type_nullable(struct arena *arena, const struct cel_type *type)
{
    struct cel_type *made;
    if (type->nullable || type->kind == CEL_DYN || type->kind == CEL_NULL ||
        type->kind == CEL_VARIABLE)
        return type;
    made = arena_copy(arena, type, sizeof(*type));
    made->nullable = true;
    return made;
}

static const struct cel_type *of_field_type(struct arena *arena, enum quell_field_type type,
                                            const struct quell_field *field)
{
    struct cel_type *words;
    switch (type) {
    case QUELL_FIELD_ANY:
        return &cel_dyn;
    case QUELL_FIELD_BOOL:
        return &cel_bool;
    case QUELL_FIELD_INT:
        return &cel_int;
    case QUELL_FIELD_DOUBLE:
        return &cel_double;
    case QUELL_FIELD_STRING:
        return &cel_string;
    case QUELL_FIELD_TIMESTAMP:
        return &cel_timestamp;
    case QUELL_FIELD_DURATION:
        return &cel_duration;
    case QUELL_FIELD_ENUM:
        words = arena_copy(arena, &cel_string, sizeof(cel_string));
        words->words = field->words;
        return words;
    case QUELL_FIELD_LIST:
        if (field->type != QUELL_FIELD_LIST || field->of == QUELL_FIELD_LIST)
            return cel_type_of(arena, CEL_LIST, &cel_dyn);
        return cel_type_of(arena, CEL_LIST, of_field_type(arena, field->of, field));
    case QUELL_FIELD_MAP:
        if (field->type != QUELL_FIELD_MAP || field->of == QUELL_FIELD_MAP)
            return cel_type_map(arena, &cel_string, &cel_dyn);
        return cel_type_map(arena, &cel_string, of_field_type(arena, field->of, field));
    case QUELL_FIELD_OBJECT:
        if (!field->fields || !field->fields[0].name)
            return cel_type_map(arena, &cel_string, &cel_dyn);
        return cel_type_fields(arena, quell_str_of(field->name), field->fields);
    }
    return &cel_dyn;
}

const struct cel_type *cel_type_field(struct arena *arena, const struct quell_field *field)
{
    const struct cel_type *type = of_field_type(arena, field->type, field);
    return field->flags & QUELL_NULLABLE ? cel_type_nullable(arena, type) : type;
}

/* ---- values ------------------------------------------------------------------------------------
 */

const struct cel_type *cel_type_of_value(struct arena *arena, struct quell_value value)
{
    static const struct cel_type *const simple[] = {
        [QUELL_NULL] = &cel_null,   [QUELL_BOOL] = &cel_bool,      [QUELL_INT] = &cel_int,
        [QUELL_UINT] = &cel_uint,   [QUELL_DOUBLE] = &cel_double,  [QUELL_STRING] = &cel_string,
        [QUELL_BYTES] = &cel_bytes, [QUELL_TIME] = &cel_timestamp, [QUELL_DURATION] = &cel_duration,
    };
    if (value.type == QUELL_LIST)
        return cel_type_of(arena, CEL_LIST, &cel_dyn);
    if (value.type == QUELL_MAP)
        return cel_type_map(arena, &cel_string, &cel_dyn);
    if (value.type < sizeof(simple) / sizeof(simple[0]) && simple[value.type])
        return simple[value.type];
    return &cel_dyn;
}

/* ---- fields ------------------------------------------------------------------------------------
 */

const struct cel_type *cel_type_member(struct arena *arena, const struct cel_type *object,
                                       struct quell_str name)
{
    const struct quell_field *field = fields_find(object->fields, name);
    if (field)
        return cel_type_field(arena, field);
    if (object->find)
        return object->find(arena, name, object->owner);
    for (size_t i = 0; i < object->member_count; i++) {
        if (quell_str_equal(object->members[i].name, name))
            return object->members[i].type;
    }
    return NULL;
}

struct quell_str cel_type_nearest(struct arena *arena, const struct cel_type *object,
                                  struct quell_str wrong)
{
    struct quell_str *names;
    if (object->fields)
        return fields_nearest(object->fields, wrong);
    names = arena_array(arena, struct quell_str, object->member_count);
    for (size_t i = 0; i < object->member_count; i++)
        names[i] = object->members[i].name;
    return str_nearest(wrong, names, object->member_count);
}

/* ---- comparing ---------------------------------------------------------------------------------
 */

bool cel_type_equal(const struct cel_type *a, const struct cel_type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case CEL_OPAQUE:
        if (!quell_str_equal(a->name, b->name))
            return false;
        break;
    case CEL_OBJECT:
        return a->fields == b->fields && a->members == b->members && a->find == b->find &&
               a->owner == b->owner;
    case CEL_PARAMETER:
    case CEL_VARIABLE:
        return a->number == b->number;
    case CEL_DYN:
    case CEL_NULL:
    case CEL_BOOL:
    case CEL_INT:
    case CEL_UINT:
    case CEL_DOUBLE:
    case CEL_STRING:
    case CEL_BYTES:
    case CEL_TIMESTAMP:
    case CEL_DURATION:
    case CEL_LIST:
    case CEL_MAP:
    case CEL_OPTIONAL:
    case CEL_TYPE:
    case CEL_UNION:
    case CEL_KINDS:
        break;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!cel_type_equal(a->of[i], b->of[i]))
            return false;
    }
    return true;
}

/* ---- as text -----------------------------------------------------------------------------------
 */

/* Names for people, and on the wire where they differ. */
static const struct {
    const char *name, *wire;
} names[CEL_KINDS] = {
    [CEL_DYN] = {"dyn", NULL},
    [CEL_NULL] = {"null", NULL},
    [CEL_BOOL] = {"bool", NULL},
    [CEL_INT] = {"int", "int64"},
    [CEL_UINT] = {"uint", "uint64"},
    [CEL_DOUBLE] = {"double", NULL},
    [CEL_STRING] = {"string", NULL},
    [CEL_BYTES] = {"bytes", NULL},
    [CEL_TIMESTAMP] = {"timestamp", NULL},
    [CEL_DURATION] = {"duration", NULL},
    [CEL_LIST] = {"list", NULL},
    [CEL_MAP] = {"map", NULL},
    [CEL_OPTIONAL] = {"optional", "optional_type"},
    [CEL_TYPE] = {"type", NULL},
    [CEL_OPAQUE] = {"", NULL},
    [CEL_OBJECT] = {"map", "map(string,dyn)"},
    [CEL_PARAMETER] = {"", NULL},
    [CEL_VARIABLE] = {"dyn", NULL},
    [CEL_UNION] = {"", NULL},
};

static struct quell_str text_of(struct arena *arena, const struct cel_type *type, bool wire)
{
    struct quell_str text =
        type->kind == CEL_OPAQUE || type->kind == CEL_PARAMETER
            ? type->name
            : quell_str_of(wire && names[type->kind].wire ? names[type->kind].wire
                                                          : names[type->kind].name);
    const char *between = type->kind == CEL_UNION ? " | " : wire ? "," : ", ";
    if (!type->count)
        return text;
    if (type->kind != CEL_UNION)
        text = arena_format(arena, "%.*s(", QUELL_ARG(text));
    for (size_t i = 0; i < type->count; i++) {
        struct quell_str part = text_of(arena, type->of[i], wire);
        text =
            arena_format(arena, "%.*s%s%.*s", QUELL_ARG(text), i ? between : "", QUELL_ARG(part));
    }
    return type->kind == CEL_UNION ? text : arena_format(arena, "%.*s)", QUELL_ARG(text));
}

struct quell_str cel_type_text(struct arena *arena, const struct cel_type *type)
{
    return text_of(arena, type, false);
}

struct quell_str cel_type_wire(struct arena *arena, const struct cel_type *type)
{
    return text_of(arena, type, true);
}
