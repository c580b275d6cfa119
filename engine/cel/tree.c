/*
 * tree.c - a whole value with templates in its texts: a step's `with`.
 *
 * What holds no template is kept as it is and costs nothing when it is evaluated.
 */
#include <stdio.h>

#include <quell/connector.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/fault.h"
#include "value/value.h"

struct cel_tree {
    struct quell_value value;           /* as it was; all of it when there is nothing to evaluate */
    const struct cel_template *text;    /* a text with templates, else NULL */
    const struct cel_tree *const *kids; /* of a list or map with templates inside, else NULL */
};

/* Where we are, from the inside out. */
struct trail {
    const struct trail *outer;
    struct quell_str key; /* of a map */
    size_t index;         /* of a list, when key.data is NULL */
};

static struct quell_str path_of(struct arena *arena, const struct trail *trail)
{
    struct quell_str outer;
    if (!trail)
        return QUELL_STR("");
    outer = path_of(arena, trail->outer);
    if (!trail->key.data)
        return arena_format(arena, "%.*s[%zu]", QUELL_ARG(outer), trail->index);
    return arena_format(arena, "%.*s%s%.*s", QUELL_ARG(outer), outer.len ? "." : "",
                        QUELL_ARG(trail->key));
}

static struct trail step(const struct trail *outer, struct quell_value of, size_t index)
{
    struct trail trail = {.outer = outer, .index = index};
    if (of.type == QUELL_MAP)
        trail.key = quell_str(of.as.pairs[index].key);
    return trail;
}

static struct quell_value child(struct quell_value of, size_t index)
{
    return of.type == QUELL_MAP ? of.as.pairs[index].value : of.as.items[index];
}

static bool is_constant(const struct cel_tree *tree)
{
    return !tree->text && !tree->kids;
}

/* ---- parsing ------------------------------------------------------------------------------- */

struct growing {
    struct arena *arena;
    struct cel_fault *fault;
    struct quell_str *where;
};

/* Where a value ends, as the field tables say it. */
struct spot {
    const struct quell_field *fields; /* of its keys, or NULL: they say nothing of them */
    bool any;                         /* not of its own keys, but of what stands at them */
    enum cel_sink sink;
};

static struct spot below(struct spot spot, struct quell_value of, size_t index)
{
    const struct quell_field *field = spot.fields;
    struct quell_str key;
    if (of.type != QUELL_MAP || !field)
        return spot;
    if (spot.any)
        return (struct spot){.fields = field, .sink = spot.sink};
    key = quell_str(of.as.pairs[index].key);
    while (field->name && !str_is(key, field->name))
        field++;
    if (!field->name)
        return (struct spot){.sink = CEL_PLAIN};
    return (struct spot){.fields = field->fields,
                         .any = field->type == QUELL_FIELD_MAP,
                         .sink = cel_sink_of(field->sink)};
}

static enum quell_code grow(const struct growing *g, struct quell_value value, struct spot spot,
                            const struct trail *trail, const struct cel_tree **tree);

static enum quell_code grow_text(const struct growing *g, enum cel_sink sink,
                                 const struct trail *trail, struct cel_tree *made)
{
    const struct cel_template *text;
    enum quell_code code =
        cel_template_parse_for(g->arena, quell_str(made->value), sink, &text, g->fault);
    if (code)
        *g->where = path_of(g->arena, trail);
    else if (!cel_template_is_constant(text))
        made->text = text;
    return code;
}

static enum quell_code grow_kids(const struct growing *g, struct spot spot,
                                 const struct trail *trail, struct cel_tree *made)
{
    size_t count = quell_count(made->value);
    const struct cel_tree **kids = arena_array(g->arena, const struct cel_tree *, count);
    bool constant = true;
    for (size_t i = 0; i < count; i++) {
        struct trail here = step(trail, made->value, i);
        enum quell_code code =
            grow(g, child(made->value, i), below(spot, made->value, i), &here, &kids[i]);
        if (code)
            return code;
        constant = constant && is_constant(kids[i]);
    }
    made->kids = constant ? NULL : kids;
    return QUELL_OK;
}

static enum quell_code grow(const struct growing *g, struct quell_value value, struct spot spot,
                            const struct trail *trail, const struct cel_tree **tree)
{
    struct cel_tree *made = arena_one(g->arena, struct cel_tree);
    enum quell_code code = QUELL_OK;
    made->value = value;
    if (value.type == QUELL_STRING)
        code = grow_text(g, spot.sink, trail, made);
    else
        code = grow_kids(g, spot, trail, made);
    if (!code)
        *tree = made;
    return code;
}

enum quell_code cel_tree_parse(struct arena *arena, struct quell_value value,
                               const struct cel_tree **tree, struct cel_fault *fault,
                               struct quell_str *where)
{
    return cel_tree_parse_for(arena, value, NULL, tree, fault, where);
}

enum quell_code cel_tree_parse_for(struct arena *arena, struct quell_value value,
                                   const struct quell_field *fields, const struct cel_tree **tree,
                                   struct cel_fault *fault, struct quell_str *where)
{
    struct growing g = {.arena = arena, .fault = fault, .where = where};
    return grow(&g, value, (struct spot){.fields = fields}, NULL, tree);
}

/* ---- evaluating ---------------------------------------------------------------------------- */

struct tree_evaluation {
    const struct cel_scope *scope;
    struct arena *arena;
    struct cel_fault *fault;
};

/* Says in which text of the tree it happened. */
static void name_the_text(const struct tree_evaluation *t, const struct trail *trail)
{
    struct quell_str path = path_of(t->arena, trail);
    char message[sizeof(t->fault->message)];
    char help[sizeof(t->fault->help)];
    if (!path.len)
        return;
    (void)snprintf(message, sizeof(message), "%s", t->fault->message); /* same size */
    (void)snprintf(help, sizeof(help), "%s", t->fault->help);          /* same size */
    (void)fault_set(t->fault, t->fault->place, QUELL_OK, "`%.*s`: %s", QUELL_ARG(path), message);
    (void)fault_help(t->fault, QUELL_OK, "%s", help);
}

static enum quell_code evaluate(const struct tree_evaluation *t, const struct cel_tree *tree,
                                const struct trail *trail, struct quell_value *value)
{
    struct list_builder list = {.arena = t->arena};
    struct map_builder map = {.arena = t->arena};
    enum quell_code code;
    if (tree->text) {
        code = cel_template_eval(tree->text, t->scope, t->arena, value, t->fault);
        if (code)
            name_the_text(t, trail);
        return code;
    }
    if (!tree->kids) {
        *value = tree->value;
        return QUELL_OK;
    }
    for (size_t i = 0; i < tree->value.len; i++) {
        struct trail here = step(trail, tree->value, i);
        struct quell_value made;
        code = evaluate(t, tree->kids[i], &here, &made);
        if (code)
            return code;
        if (tree->value.type == QUELL_MAP)
            map_add_key(&map, tree->value.as.pairs[i].key, made);
        else
            list_add(&list, made);
    }
    *value = tree->value.type == QUELL_MAP ? map_made(&map) : list_made(&list);
    return QUELL_OK;
}

enum quell_code cel_tree_eval(const struct cel_tree *tree, const struct cel_scope *scope,
                              struct arena *arena, struct quell_value *value,
                              struct cel_fault *fault)
{
    struct tree_evaluation t = {.scope = scope, .arena = arena, .fault = fault};
    struct quell_value made;
    enum quell_code code = evaluate(&t, tree, NULL, &made);
    if (!code)
        *value = made;
    return code;
}
