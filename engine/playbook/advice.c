/*
 * advice.c - what an author most likely meant: a key under the name it has in other tools, a key
 * that stands one level too deep or too high, the brackets of another template language. It only
 * completes or adds diagnostics; nothing is loaded here.
 */
#include "playbook/bind.h"

#include <string.h>

#include "base/str.h"

/* ---- keys --------------------------------------------------------------------------------------
 */

/* Words of other tools for keys of ours. */
static const struct {
    const char *theirs, *ours;
} foreign[] = {
    {"when", "if"},         {"condition", "if"},        {"do", "steps"},
    {"then", "steps"},      {"tasks", "steps"},         {"actions", "steps"},
    {"loop", "for-each"},   {"with_items", "for-each"}, {"action", "uses"},
    {"params", "with"},     {"args", "with"},           {"parameters", "with"},
    {"inputs", "with"},     {"retries", "retry"},       {"attempts", "max"},
    {"count", "max"},       {"limit", "max"},           {"delay", "first"},
    {"triggers", "on"},     {"trigger", "on"},          {"catch", "on-error"},
    {"rescue", "on-error"}, {"otherwise", "else"},      {"version", "quell"},
    {"id", "playbook"},
};

static struct quell_str place_text(const struct loader *loader, struct place place)
{
    return str_slice(loader->diags->text, place.offset, (size_t)place.offset + place.len);
}

static const char *ours(const struct quell_field *table, struct quell_str word)
{
    size_t i;
    for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (str_equal_fold(word, quell_str_of(foreign[i].theirs)) &&
            fields_find(table, quell_str_of(foreign[i].ours)))
            return foreign[i].ours;
    return NULL;
}

static struct quell_str known_keys(const struct loader *loader, const struct quell_field *table)
{
    struct quell_str text = {"", 0};
    for (; table && table->name; table++)
        if (!(table->flags & PLAYBOOK_LATER))
            text = diag_format(loader->diags, "%.*s%s`%s`", QUELL_ARG(text), text.len ? ", " : "",
                               table->name);
    return text;
}

/* The diagnostic that says of this key that it is unknown, or NULL. */
static struct diag *unknown_key(const struct loader *loader, const struct yaml_node *key,
                                size_t from)
{
    size_t i;
    for (i = from; i < loader->diags->count; i++) {
        struct diag *diag = &loader->diags->items[i];
        if (diag->place.offset == key->place.offset &&
            strcmp(diag->code, lints[LINT_UNKNOWN_KEY].code) == 0)
            return diag;
    }
    return NULL;
}

void advise_keys(struct loader *loader, const struct quell_field *table,
                 const struct yaml_node *map, size_t from)
{
    size_t i;
    for (i = 0; quell_is(map->value, QUELL_MAP) && i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct quell_str key = quell_str(pair->key.value);
        const struct quell_field *field = fields_find(table, key);
        struct diag *diag = field ? NULL : unknown_key(loader, &pair->key, from);
        if (field && field->type == QUELL_FIELD_OBJECT)
            advise_keys(loader, field->fields, &pair->node, from);
        if (!diag || !str_starts(diag->help, QUELL_STR("known here")))
            continue;
        diag->help =
            diag_format(loader->diags, "known here: %.*s", QUELL_ARG(known_keys(loader, table)));
        if (table == playbook_fields && fields_find(on_fields, key))
            diag->help =
                diag_format(loader->diags, "`%.*s` stands below `on:`, indented", QUELL_ARG(key));
        if (ours(table, key)) {
            diag->help = diag_format(loader->diags, "here it is called `%s`", ours(table, key));
            diag_set_fix(diag, diag->place, quell_str_of(ours(table, key)), true);
        }
    }
}

void advise_with(struct loader *loader, size_t from)
{
    size_t i;
    for (i = from; i < loader->diags->count; i++) {
        struct diag *diag = &loader->diags->items[i];
        struct quell_str key = place_text(loader, diag->place);
        const struct quell_field *field = fields_find(step_fields, key);
        if (strcmp(diag->code, lints[LINT_UNKNOWN_KEY].code) != 0)
            continue;
        if (!field && ours(step_fields, key))
            field = fields_find(step_fields, quell_str_of(ours(step_fields, key)));
        if (field && !(field->flags & PLAYBOOK_LATER))
            diag->help = diag_format(loader->diags,
                                     "`%s` is a key of the step: write it beside "
                                     "`with`, not inside",
                                     field->name);
    }
}

void advise_step(struct loader *loader, const struct yaml_node *map,
                 const struct quell_field *inputs)
{
    size_t i;
    for (i = 0; i < map->count; i++) {
        const struct yaml_node *key = &map->pairs[i].key;
        struct diag *diag = unknown_key(loader, key, 0);
        if (diag && fields_find(inputs, quell_str(key->value)))
            diag->help = QUELL_STR("it is an input of the action: indent it below `with:`");
    }
}

/* ---- texts -------------------------------------------------------------------------------------
 */

void advise_brackets(struct loader *loader, const struct yaml_node *scalar)
{
    static const char *const roots[] = {"incident.", "inputs.", "vars.",  "steps.", "run.",
                                        "playbook.", "config.", "lists.", "error.", "item."};
    struct quell_str text = quell_str(scalar->value);
    size_t i, at = 0;
    for (at = str_find(text, QUELL_STR("{{"), 0); at != SIZE_MAX;
         at = str_find(text, QUELL_STR("{{"), at + 2)) {
        struct quell_str inside = str_trim(str_slice(text, at + 2, text.len));
        struct diag *diag;
        if (at && text.data[at - 1] == '$')
            continue;
        for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
            if (str_starts(inside, quell_str_of(roots[i])))
                break;
        if (i == sizeof(roots) / sizeof(roots[0]))
            continue;
        diag = report(loader, BRACKETS, yaml_place_inside(loader->diags->text, scalar, at, 2),
                      "`{{ }}` is plain text here");
        diag->label = QUELL_STR("it would be sent as it stands");
        diag->help = QUELL_STR("write `${{ }}`");
        diag_set_fix(diag, diag->place, QUELL_STR("${{"), false);
    }
}
