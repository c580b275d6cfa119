/*
 * load_view.c - which field a path names, by the incident's field table.
 */
#include "base/arena.h"
#include "base/str.h"
#include "match/load.h"
#include "value/fields.h"

/* Where the walk through the table stands. */
struct spot {
    enum quell_field_type type; /* of the field, or of the list's items once entered */
    enum quell_field_type of;
    const struct quell_field *fields;
    const char *const *words;
    unsigned flags;
};

static struct spot spot_of(const struct quell_field *field)
{
    return (struct spot){field->type, field->of, field->fields, field->words, field->flags};
}

static void enter_list(struct spot *spot)
{
    spot->type = spot->of;
    spot->of = QUELL_FIELD_ANY;
}

/* `incident.title` for `title`. */
static bool names_subject(const struct loader *loader, struct quell_str path,
                          struct quell_str *rest)
{
    struct quell_str head;
    return str_cut(path, '.', &head, rest) && str_is(head, match_subject_name(loader->subject));
}

static bool unknown_field(struct loader *loader, const struct yaml_node *key,
                          const struct spot *spot, struct quell_str parent, struct quell_str name)
{
    struct quell_str nearest = fields_nearest(spot->fields, name), rest;
    struct diag *diag = diag_add(loader->diags, "QL202", SEVERITY_ERROR, key->place,
                                 "unknown field `%.*s`", QUELL_ARG(quell_str(key->value)));

    diag->label = parent.len > 0 ? diag_format(loader->diags, "`%.*s` has no field `%.*s`",
                                               QUELL_ARG(parent), QUELL_ARG(name))
                                 : diag_format(loader->diags, "an incident has no field `%.*s`",
                                               QUELL_ARG(name));
    if (nearest.len > 0)
        diag_suggest(loader->diags, diag,
                     parent.len > 0 ? diag_format(loader->diags, "%.*s.%.*s", QUELL_ARG(parent),
                                                  QUELL_ARG(nearest))
                                    : nearest);
    else if (names_subject(loader, quell_str(key->value), &rest)) {
        diag->help = diag_format(loader->diags, "write `%.*s`; the %s is meant anyway",
                                 QUELL_ARG(rest), match_subject_name(loader->subject));
        diag_set_fix(diag, diag->place, rest, true);
    } else
        diag->help = QUELL_STR("what a sender sends beside the known fields is below `raw`");
    return false;
}

static bool no_such_part(struct loader *loader, const struct yaml_node *key, const char *what)
{
    struct diag *diag = diag_add(loader->diags, "QL202", SEVERITY_ERROR, key->place,
                                 "unknown field `%.*s`", QUELL_ARG(quell_str(key->value)));
    diag->label = quell_str_of(what);
    return false;
}

static enum subject subject_of(const struct spot *spot)
{
    switch (spot->type) {
    case QUELL_FIELD_STRING:
        return SUBJECT_TEXT;
    case QUELL_FIELD_ENUM:
        return spot->flags & QUELL_ORDERED ? SUBJECT_RANK : SUBJECT_ENUM;
    case QUELL_FIELD_INT:
    case QUELL_FIELD_DOUBLE:
        return SUBJECT_NUMBER;
    case QUELL_FIELD_BOOL:
        return SUBJECT_BOOL;
    case QUELL_FIELD_TIMESTAMP:
        return SUBJECT_TIME;
    case QUELL_FIELD_OBJECT:
    case QUELL_FIELD_MAP:
        return SUBJECT_ITEM;
    case QUELL_FIELD_ANY:
    case QUELL_FIELD_DURATION:
    case QUELL_FIELD_LIST:
        break;
    }
    return SUBJECT_ANY;
}

/* One part of the path; false when the table has no such thing. */
static bool step_into(struct loader *loader, const struct yaml_node *key, const struct path *path,
                      size_t part, struct spot *spot)
{
    const struct path_part *here = &path->parts[part];
    const struct quell_field *field;
    size_t before = (size_t)(here->name.data - path->text.data);
    struct quell_str parent = {0};

    if (here->is_index || here->any) {
        if (spot->type != QUELL_FIELD_LIST)
            return no_such_part(loader, key, "only a list has elements");
        enter_list(spot);
        return true;
    }
    if (spot->type == QUELL_FIELD_LIST)
        enter_list(spot);
    if (spot->type == QUELL_FIELD_MAP || spot->type == QUELL_FIELD_ANY) {
        spot->type = QUELL_FIELD_ANY;
        return true;
    }
    if (spot->type != QUELL_FIELD_OBJECT || !spot->fields)
        return no_such_part(loader, key, "this field holds a value and has no fields below it");
    field = fields_find(spot->fields, here->name);
    if (!field) {
        if (part > 0 && before > 0 && before < path->text.len)
            parent = str_slice(path->text, 0, before - 1);
        return unknown_field(loader, key, spot, parent, here->name);
    }
    *spot = spot_of(field);
    return true;
}

bool load_view(struct loader *loader, const struct yaml_node *key, const struct path *path,
               struct field_view *view)
{
    struct spot spot = {.type = loader->fields ? QUELL_FIELD_OBJECT : QUELL_FIELD_ANY,
                        .fields = loader->fields};
    size_t i;

    for (i = 0; i < path->count && spot.type != QUELL_FIELD_ANY; i++) {
        if (!step_into(loader, key, path, i, &spot))
            return false;
    }
    if (spot.type == QUELL_FIELD_LIST)
        enter_list(&spot);
    *view = (struct field_view){.subject = subject_of(&spot), .words = spot.words};
    return true;
}
