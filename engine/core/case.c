/*
 * case.c - one case of CEL's conformance suite: an expression with declarations and bindings, as
 * `quell eval --jsonl` reads them. This is CEL as it is defined, not as playbooks have it: numbers
 * of different types are not compared, names may have dots, a container is looked into first.
 */
#include <quell/author.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/check.h"
#include "cel/tagged.h"
#include "core/core.h"
#include "value/value.h"

enum { CASE_PARAMETERS = 8 };

struct world {
    struct arena *arena;
    struct map_builder bindings;
    struct cel_member *variables;
    struct cel_declaration *functions;
    size_t variable_count, function_count;
    const char *why; /* what is wrong with the case; NULL: nothing */
};

static const struct cel_type *find(struct quell_str name, void *user)
{
    const struct world *world = user;
    for (size_t i = world->variable_count; i-- > 0;) {
        if (quell_str_equal(world->variables[i].name, name))
            return world->variables[i].type;
    }
    return NULL;
}

static void complain(struct world *world, const char *what, struct quell_str name)
{
    if (!world->why)
        world->why = arena_format(world->arena, "%s: `%.*s`", what, QUELL_ARG(name)).data;
}

/* ---- declarations -------------------------------------------------------------------------- */

static void declare(struct world *world, struct quell_str name, const struct cel_type *type)
{
    world->variables[world->variable_count++] = (struct cel_member){name, type};
}

/* An overload {"params": [types], "result": type, "method": true}, made a signature of. */
static void declare_overload(struct world *world, struct quell_str name,
                             struct quell_value overload)
{
    struct quell_value params = quell_get(overload, "params");
    bool method = quell_get_bool(overload, "method", false);
    struct quell_str text = name;
    struct cel_declaration *made = &world->functions[world->function_count];
    if (method)
        text = arena_format(world->arena, "%.*s.%.*s", QUELL_ARG(quell_str(quell_at(params, 0))),
                            QUELL_ARG(name));
    text = arena_format(world->arena, "%.*s(", QUELL_ARG(text));
    for (size_t i = method; i < quell_count(params) && i < CASE_PARAMETERS; i++)
        text = arena_format(world->arena, "%.*s%s%.*s", QUELL_ARG(text), i > method ? ", " : "",
                            QUELL_ARG(quell_str(quell_at(params, i))));
    text = arena_format(world->arena, "%.*s) -> %.*s", QUELL_ARG(text),
                        QUELL_ARG(quell_get_str(overload, "result")));
    made->name = name;
    if (cel_signature_read(world->arena, name, text, &made->signature))
        world->function_count++;
    else
        complain(world, "this is no signature", text);
}

static size_t count_overloads(struct quell_value declarations)
{
    size_t count = 0;
    for (size_t i = 0; i < quell_count(declarations); i++)
        count += quell_count(quell_get(quell_at(declarations, i), "function"));
    return count;
}

static void read_declarations(struct world *world, struct quell_value declarations,
                              struct quell_value bindings)
{
    size_t count = quell_count(declarations);
    world->variables = arena_array(world->arena, struct cel_member, count + quell_count(bindings));
    world->functions =
        arena_array(world->arena, struct cel_declaration, count_overloads(declarations));
    for (size_t i = 0; i < quell_count(bindings); i++)
        declare(world, quell_str(bindings.as.pairs[i].key), &cel_dyn);
    for (size_t i = 0; i < count; i++) {
        struct quell_value one = quell_at(declarations, i);
        struct quell_value overloads = quell_get(one, "function");
        struct quell_str name = quell_get_str(one, "name"), text = quell_get_str(one, "type");
        const struct cel_type *type = text.len ? cel_type_read(world->arena, text) : &cel_dyn;
        for (size_t k = 0; k < quell_count(overloads); k++)
            declare_overload(world, name, quell_at(overloads, k));
        if (!name.len || !type)
            complain(world, "this is no declaration", name.len ? text : name);
        else if (!quell_is(overloads, QUELL_LIST))
            declare(world, name, type);
    }
}

static void read_bindings(struct world *world, struct quell_value bindings)
{
    for (size_t i = 0; i < quell_count(bindings); i++) {
        const struct quell_pair *pair = &bindings.as.pairs[i];
        struct quell_value value;
        if (tagged_read(world->arena, pair->value, &value))
            map_add_key(&world->bindings, pair->key, value);
        else
            complain(world, "this binding is no tagged value", quell_str(pair->key));
    }
}

/* ---- one case ------------------------------------------------------------------------------ */

static bool has_flag(struct quell_value test, const char *flag)
{
    struct quell_value flags = quell_get(test, "flags");
    for (size_t i = 0; i < quell_count(flags); i++) {
        if (quell_text_is(quell_at(flags, i), flag))
            return true;
    }
    return false;
}

/* The type, or a fault's text. */
static const char *check(struct world *world, const struct cel *expr, struct quell_str *type)
{
    struct cel_environment environment = {.library = cel_library_new(world->arena),
                                          .variable = find,
                                          .user = world,
                                          .functions = world->functions,
                                          .function_count = world->function_count};
    struct cel_problems problems = {NULL, 0};
    const struct cel_type *found = cel_check(expr, &environment, world->arena, &problems);
    if (problems.count)
        return problems.items[0].fault.message;
    *type = cel_type_wire(world->arena, found);
    return NULL;
}

static bool flagged(struct quell_value test)
{
    struct quell_value unused;
    return quell_find(test, QUELL_STR("flags"), &unused);
}

/* Adds the value; a text when there is none. */
static const char *evaluate(struct world *world, const struct cel *expr, struct map_builder *map)
{
    struct cel_scope scope = {.vars = map_made(&world->bindings)};
    struct quell_value value;
    struct cel_fault fault;
    if (cel_eval(expr, &scope, world->arena, &value, &fault))
        return arena_format(world->arena, "%s", fault.message).data;
    map_add(map, "value", tagged_write(world->arena, value));
    return NULL;
}

/* Fills what is answered; a text when there is no value. A case without flags may be one that the
 * suite evaluates unchecked: there, a value counts more than what the checker says of it. */
static const char *answer(struct world *world, struct quell_value test, struct map_builder *map)
{
    struct cel_options options = {
        .container = quell_get_str(test, "container"), .dotted = true, .late = true};
    struct quell_value expression = quell_get(test, "expr");
    struct quell_str type = QUELL_STR("dyn");
    const char *problem = NULL, *why = NULL;
    struct cel_fault fault;
    const struct cel *expr;
    if (!quell_is(expression, QUELL_STRING))
        return "a line has the text `expr`";
    if (world->why)
        return world->why;
    if (cel_parse_with(world->arena, quell_str(expression), &options, &expr, &fault))
        return arena_format(world->arena, "%s", fault.message).data;
    if (!has_flag(test, "disable_check"))
        problem = check(world, expr, &type);
    if (problem && flagged(test))
        return problem;
    if (!has_flag(test, "check_only"))
        why = evaluate(world, expr, map);
    if (why && problem)
        return problem;
    map_add(map, "type", quell_string(type));
    if (problem)
        map_add(map, "problem", quell_text(problem));
    return why;
}

void quell_eval_case(struct quell_value test, struct quell_document *document)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct world world = {.arena = arena, .bindings = {.arena = arena}};
    struct map_builder map = {.arena = arena};
    const char *why;
    test = value_copy(arena, test);
    read_declarations(&world, quell_get(test, "type_env"), quell_get(test, "bindings"));
    read_bindings(&world, quell_get(test, "bindings"));
    map_add(&map, "id", quell_get(test, "id"));
    why = answer(&world, test, &map);
    if (why)
        map_add(&map, "error", quell_text(why));
    made.value = map_made(&map);
    *document = made;
}
