/*
 * type_check.c - says what the checker of expressions found, in the words and places of a playbook.
 */
#include "playbook/types.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

/* ---- problems ----------------------------------------------------------------------------------
 */

static enum lint lint_of(enum cel_problem_kind kind)
{
    switch (kind) {
    case CEL_UNDECLARED:
    case CEL_NO_FIELD:
        return LINT_UNKNOWN_REFERENCE;
    case CEL_NO_FUNCTION:
        return LINT_UNKNOWN_FUNCTION;
    case CEL_UNORDERED:
        return LINT_UNORDERED;
    case CEL_FOREIGN_WORD:
        return LINT_NEVER;
    case CEL_CONSTANT:
        return LINT_CONSTANT;
    case CEL_MISMATCH:
    case CEL_PROBLEM_KINDS:
        break;
    }
    return LINT_MISMATCH;
}

const char *playbook_problem_code(enum cel_problem_kind kind)
{
    return lints[lint_of(kind)].code;
}

/* Whether a function of this name exists; then it was only called the wrong way. */
static bool is_function(struct quell_str name)
{
    size_t i, count;
    const struct cel_function_info *functions = cel_functions(&count);
    for (i = 0; i < count; i++)
        if (str_is(name, functions[i].name))
            return true;
    return false;
}

/* Whether something is said of this place already: a name that is wrong has no type. */
static bool is_said(const struct binding *binding, struct place place)
{
    const struct diag_list *diags = binding->loader->diags;
    size_t i;
    for (i = binding->said; i < diags->count; i++)
        if (diags->items[i].place.offset == place.offset)
            return true;
    return diags->count == LIMIT_DIAGS && diags->errors > binding->errors; /* not kept */
}

static void report_problem(const struct binding *binding, const struct cel_problem *problem)
{
    struct diag_list *diags = binding->loader->diags;
    const struct playbook_lint *lint = &lints[lint_of(problem->kind)];
    struct place inside = problem->fault.place, place = bind_place(binding, inside);
    struct diag *diag;
    if (is_said(binding, place))
        return;
    if (problem->kind == CEL_NO_FUNCTION &&
        is_function(str_slice(cel_source(binding->expr), inside.offset,
                              (size_t)inside.offset + inside.len)))
        lint = &lints[LINT_EXPRESSION];
    diag = diag_add(diags, lint->code, lint->severity, place, "%s", problem->fault.message);
    if (problem->note.len)
        diag->note = diag_format(diags, "%.*s", QUELL_ARG(problem->note));
    if (problem->fault.help[0])
        diag->help = diag_format(diags, "%s", problem->fault.help);
    if (problem->kind == CEL_UNORDERED &&
        str_find(cel_source(binding->expr), QUELL_STR("incident.severity"), 0) != SIZE_MAX)
        diag->help = QUELL_STR("compare the number: `incident.severity_rank >= 3`; 0 is "
                               "informational, 4 critical");
}

void type_expression(const struct binding *binding)
{
    struct loader *loader = binding->loader;
    struct typing *typing = typing_of(loader);
    struct type_scope scope = {loader, binding->here};
    struct cel_environment environment = type_environment(&scope);
    struct cel_problems problems;
    const struct cel_type *type = cel_check(binding->expr, &environment, loader->arena, &problems);
    size_t i;
    for (i = 0; i < problems.count; i++)
        report_problem(binding, &problems.items[i]);
    grow(loader, typing->items, typing->count, typing->cap);
    typing->items[typing->count++] =
        (struct typed){binding->expr, binding->scalar, binding->offset, type};
}

/* ---- what is known -----------------------------------------------------------------------------
 */

const struct cel_type *type_of_expression(struct loader *loader, const struct cel *expr)
{
    const struct typing *typing = typing_of(loader);
    size_t i;
    for (i = typing->count; i-- > 0;)
        if (typing->items[i].expr == expr)
            return typing->items[i].type;
    return &cel_dyn;
}

/* A text is of the type of its expression when there is nothing around it. */
static const struct cel_type *type_of_text(struct loader *loader, const struct yaml_node *scalar)
{
    const struct typing *typing = typing_of(loader);
    struct quell_str text = quell_str(scalar->value);
    size_t i;
    if (str_find(text, QUELL_STR("${{"), 0) == SIZE_MAX)
        return &cel_string;
    for (i = typing->count; i-- > 0;) {
        const struct typed *typed = &typing->items[i];
        struct quell_str behind;
        if (typed->scalar != scalar)
            continue;
        behind = str_slice(text, typed->offset + cel_source(typed->expr).len, text.len);
        return typed->offset == 3 && str_is(behind, "}}") ? typed->type : &cel_string;
    }
    return &cel_dyn; /* it has a fault */
}

static const struct cel_type *type_of_list(struct loader *loader, const struct yaml_node *node)
{
    const struct cel_type *item = NULL;
    size_t i;
    for (i = 0; i < node->count; i++) {
        const struct cel_type *type = type_of_node(loader, &node->items[i]);
        item = !item || cel_type_equal(item, type) ? type : &cel_dyn;
    }
    return cel_type_of(loader->arena, CEL_LIST, item ? item : &cel_dyn);
}

static const struct cel_type *type_of_map(struct loader *loader, const struct yaml_node *node)
{
    struct cel_member *members = arena_array(loader->arena, struct cel_member, node->count);
    size_t i;
    for (i = 0; i < node->count; i++)
        members[i] = (struct cel_member){quell_str(node->pairs[i].key.value),
                                         type_of_node(loader, &node->pairs[i].node)};
    return cel_type_object(loader->arena, QUELL_STR(""), members, node->count);
}

const struct cel_type *type_of_node(struct loader *loader, const struct yaml_node *node)
{
    switch ((enum quell_type)node->value.type) {
    case QUELL_NULL:
        return &cel_null;
    case QUELL_BOOL:
        return &cel_bool;
    case QUELL_INT:
        return &cel_int;
    case QUELL_DOUBLE:
        return &cel_double;
    case QUELL_STRING:
        return type_of_text(loader, node);
    case QUELL_LIST:
        return type_of_list(loader, node);
    case QUELL_MAP:
        return type_of_map(loader, node);
    case QUELL_UINT:
    case QUELL_BYTES:
    case QUELL_TIME:
    case QUELL_DURATION:
    case QUELL_OPTIONAL:
    case QUELL_TYPE:
    case QUELL_UNKNOWN:
    case QUELL_IP:
    case QUELL_CIDR:
        break; /* no value of YAML */
    }
    return &cel_dyn;
}

/* ---- expressions that stand alone --------------------------------------------------------------
 */

static const struct keyword {
    const char *key;
    enum cel_kind takes;
    const char *called;
} keywords[] = {
    {"if", CEL_BOOL, "a bool"},         {"when", CEL_BOOL, "a bool"},
    {"while", CEL_BOOL, "a bool"},      {"where", CEL_BOOL, "a bool"},
    {"unless", CEL_BOOL, "a bool"},     {"for-each", CEL_LIST, "a list"},
    {"until", CEL_TIMESTAMP, "a time"}, {"until", CEL_BOOL, "a bool"},
};

/* `until` of a `wait` is a time, that of a `poll` a condition. */
static const struct keyword *find_keyword(const struct loader *loader, struct here here,
                                          struct quell_str key)
{
    bool waits = here.step != NO_STEP && loader->outline[here.step].step &&
                 loader->outline[here.step].step->kind == STEP_WAIT;
    size_t i;
    for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (str_is(key, keywords[i].key) && (keywords[i].takes != CEL_TIMESTAMP || waits))
            return &keywords[i];
    return NULL;
}

static struct quell_str advice(const struct cel_type *type, enum cel_kind takes)
{
    if (type->kind == CEL_OPTIONAL)
        return takes == CEL_LIST ? QUELL_STR("say what it is when there is none: `.orValue([])`")
                                 : QUELL_STR("say what holds when there is none: "
                                             "`.orValue(false)`, or ask `.hasValue()`");
    if (takes == CEL_LIST && (type->kind == CEL_MAP || type->kind == CEL_OBJECT))
        return QUELL_STR("the keys of a map are a list: `.map(key, key)`");
    if (takes == CEL_LIST)
        return QUELL_STR("a list of one is written `[...]`");
    if (takes == CEL_TIMESTAMP && type->kind == CEL_STRING)
        return QUELL_STR("make a time of it: `timestamp(...)`");
    if (takes == CEL_TIMESTAMP)
        return QUELL_STR("to wait for a span of time write `wait: 15m`");
    if (type->kind == CEL_STRING)
        return QUELL_STR("compare it: `... == 'x'`; whether there is a text: `... != ''`");
    if (type->kind == CEL_LIST || type->kind == CEL_MAP)
        return QUELL_STR("whether there is anything in it: `size(...) > 0`");
    return QUELL_STR("");
}

static void check_constant(const struct binding *binding)
{
    struct type_scope scope = {binding->loader, binding->here};
    struct cel_environment environment = type_environment(&scope);
    struct cel_problems problems;
    size_t i;
    environment.condition = true;
    (void)cel_check(binding->expr, &environment, binding->loader->arena, &problems);
    for (i = 0; i < problems.count; i++)
        if (problems.items[i].kind == CEL_CONSTANT)
            report_problem(binding, &problems.items[i]);
}

void type_keyword(struct loader *loader, struct here here, const struct yaml_pair *pair,
                  const struct cel *expr)
{
    const struct typing *typing = typing_of(loader);
    const struct keyword *keyword = find_keyword(loader, here, quell_str(pair->key.value));
    const struct typed *typed = typing->count ? &typing->items[typing->count - 1] : NULL;
    struct binding binding = {
        loader, here, expr, &pair->node, 0, loader->diags->count, loader->diags->errors};
    const struct cel_type *type;
    struct diag *diag;
    if (!keyword || !typed || typed->expr != expr)
        return;
    binding.offset = typed->offset;
    type = typed->type;
    if (type->kind != keyword->takes && type->kind != CEL_DYN) {
        struct place whole = {0, (uint32_t)cel_source(expr).len};
        diag = report(loader, EXPECTED, bind_place(&binding, whole), "`%s` takes %s, not `%.*s`",
                      keyword->key, keyword->called, QUELL_ARG(cel_type_text(loader->arena, type)));
        diag->help = advice(type, keyword->takes);
        return;
    }
    /* A loop that always goes on ends by a `stop` inside it, or at its `max`. */
    if (keyword->takes == CEL_BOOL && !(str_is(quell_str(pair->key.value), "while") &&
                                        str_is(str_trim(cel_source(expr)), "true")))
        check_constant(&binding);
}
