/*
 * parse_call.c - what `f(x)`, `x.f(y)` and `space.f(x)` mean: a macro, or the rows of a function.
 *
 * Names are resolved here, once; which row of a function runs is decided by the types of the
 * arguments, each time.
 */
#include "cel/parse.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "cel/evaluation.h"
#include "cel/overload.h"
#include "cel/regex.h"

enum { ROWS_MAX = 24, SPELT_MAX = 64 };

struct call {
    struct quell_str name; /* with its space: optional.of */
    enum function_form form;
    struct place place;
    struct node *target; /* NULL for a global function */
    const struct node_list *arguments;
    const struct function_row *rows[ROWS_MAX];
    size_t row_count;
    char spelt[SPELT_MAX]; /* target and name, when they spell a name in a space */
    size_t spelt_len;
};

static size_t argument_count(const struct call *call)
{
    return call->arguments->count + (call->target != NULL);
}

static struct place call_place(const struct parser *p, const struct call *call)
{
    size_t from = call->target ? call->target->whole.offset : call->place.offset;
    return (struct place){(uint32_t)from, (uint32_t)(p->end - from)};
}

/* ---- macros -------------------------------------------------------------------------------- */

/* Makes the free name `name` below `node` a variable. Inner macros were here first, so that their
 * variables hide ours. */
static void bind(struct node *node, struct quell_str name, uint16_t slot)
{
    if (node->kind == NODE_NAME && !node->rooted && quell_str_equal(node->name, name)) {
        node->kind = NODE_LOCAL;
        node->slot = slot;
    }
    for (size_t i = 0; i < node->count; i++)
        bind(node->kids[i], name, slot);
}

static struct node *check_macro(struct parser *p, const struct call *call,
                                const struct function_row *row)
{
    struct node_list arguments = *call->arguments;
    for (size_t i = 0; i < row->variables; i++) {
        struct node *variable = arguments.items[i];
        if (variable->kind != NODE_NAME || variable->rooted)
            return parse_fail(p, variable->whole, "`%.*s` wants the name of a variable here",
                              QUELL_ARG(call->name));
        if (str_is(variable->name, "__result__")) /* CEL keeps it for what a macro becomes */
            return parse_fail(p, variable->whole, "`__result__` is a reserved word");
        for (size_t k = 0; k < i; k++) {
            if (quell_str_equal(arguments.items[k]->name, variable->name))
                return parse_fail(p, variable->whole, "`%.*s` is already a variable here",
                                  QUELL_ARG(variable->name));
        }
    }
    if (row->shape == MACRO_SELECTION && arguments.items[0]->kind != NODE_SELECT) {
        (void)parse_fail(p, arguments.items[0]->whole, "`%.*s` wants a field, like x.y",
                         QUELL_ARG(call->name));
        return parse_help(p, "for a key write 'key' in x");
    }
    return arguments.items[0];
}

/* Slots of a macro's variables lie behind those that its body needs. */
static bool bind_variables(struct parser *p, const struct call *call,
                           const struct function_row *row, struct node *node)
{
    const struct node_list *arguments = call->arguments;
    uint16_t slot = 0;
    for (size_t i = row->variables; i < arguments->count; i++) {
        if (arguments->items[i]->slots > slot)
            slot = arguments->items[i]->slots;
    }
    for (size_t i = 0; i < row->variables; i++) {
        size_t first = row->variables + (size_t)(row->shape == MACRO_BINDING);
        for (size_t k = first; k < arguments->count; k++)
            bind(arguments->items[k], arguments->items[i]->name, (uint16_t)(slot + i));
    }
    node->slot = slot;
    if (slot + row->variables > node->slots)
        node->slots = (uint16_t)(slot + row->variables);
    if (node->slots <= EVALUATION_SLOTS)
        return true;
    (void)parse_fail(p, call->place, "macros are nested too deep here");
    p->code = QUELL_LIMIT;
    return false;
}

static struct node *macro(struct parser *p, struct call *call, const struct function_row *row)
{
    struct node_list kids = {0};
    const struct function_row **rows;
    struct node *node;
    if (call->arguments->count && !check_macro(p, call, row))
        return NULL;
    if (call->target)
        node_list_add(p, &kids, call->target);
    for (size_t i = row->variables; i < call->arguments->count; i++)
        node_list_add(p, &kids, call->arguments->items[i]);
    node = node_make(p, NODE_MACRO, call->place, kids.items, kids.count);
    if (!node || !bind_variables(p, call, row, node))
        return NULL;
    rows = arena_array(p->arena, const struct function_row *, 1);
    rows[0] = row;
    node->rows = rows;
    node->row_count = 1;
    node->name = call->name;
    node->method = call->target != NULL;
    node->whole = call_place(p, call);
    return node;
}

/* ---- functions ----------------------------------------------------------------------------- */

/* A literal pattern is compiled here, so that a wrong one is found before anything runs. */
static bool compile_pattern(struct parser *p, struct node *node)
{
    const struct node *pattern = node->count > 1 ? node->kids[1] : NULL;
    bool captures = false;
    if (!node->row_count || !pattern || !regex_function(node->rows[0], &captures) ||
        pattern->kind != NODE_LITERAL || !quell_is(pattern->value, QUELL_STRING))
        return true;
    p->code = regex_compile(p->arena, quell_str(pattern->value), pattern->place, captures,
                            &node->regex, p->fault);
    return p->code == QUELL_OK;
}

static struct node *function(struct parser *p, struct call *call)
{
    struct node_list kids = {0};
    const struct function_row **rows;
    struct node *node;
    if (call->target)
        node_list_add(p, &kids, call->target);
    for (size_t i = 0; i < call->arguments->count; i++)
        node_list_add(p, &kids, call->arguments->items[i]);
    node = node_make(p, NODE_CALL, call->place, kids.items, kids.count);
    if (!node)
        return NULL;
    rows = arena_array(p->arena, const struct function_row *, call->row_count);
    memcpy(rows, call->rows, call->row_count * sizeof(*rows));
    node->rows = rows;
    node->row_count = call->row_count;
    node->name = call->name;
    node->method = call->target != NULL;
    node->whole = call_place(p, call);
    return compile_pattern(p, node) ? node : NULL;
}

/* ---- which one ----------------------------------------------------------------------------- */

/* Whether rows are called `space.something`, where `call` was looked for. */
static bool is_space(const struct call *call)
{
    size_t count;
    const struct function_row *rows = function_rows(&count);
    struct quell_str space = {call->spelt, call->spelt_len - call->name.len};
    for (size_t i = 0; call->spelt_len && i < count; i++) {
        if (str_starts(rows[i].name, space))
            return true;
    }
    return false;
}

/* What a function is called in the languages that authors come from. */
static struct quell_str foreign_function(struct quell_str name)
{
    static const struct {
        const char *wrong, *right;
    } names[] = {
        {"length", "size"},       {"len", "size"},           {"count", "size"},
        {"lower", "lowerAscii"},  {"toLower", "lowerAscii"}, {"toLowerCase", "lowerAscii"},
        {"upper", "upperAscii"},  {"toUpper", "upperAscii"}, {"toUpperCase", "upperAscii"},
        {"includes", "contains"}, {"any", "exists"},         {"some", "exists"},
        {"every", "all"},         {"strip", "trim"},         {"substr", "substring"},
        {"unique", "distinct"},   {"match", "matches"},      {"str", "string"},
        {"float", "double"},      {"where", "filter"},       {"select", "map"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(name, names[i].wrong))
            return quell_str_of(names[i].right);
    }
    return QUELL_STR("");
}

static struct node *unknown_function(struct parser *p, struct call *call)
{
    enum function_form other = call->form == GLOBAL ? METHOD : GLOBAL;
    const struct function_row *row = NULL;
    struct quell_str nearest;
    if (is_space(call)) {
        call->name = (struct quell_str){call->spelt, call->spelt_len};
        call->form = GLOBAL;
    } else if (function_find(call->name, other, &row, 1)) {
        (void)parse_fail(p, call->place,
                         other == METHOD ? "`%.*s` is called on a value, with a dot before it"
                                         : "`%.*s` is not called on a value",
                         QUELL_ARG(call->name));
        return parse_help(p, "%s", function_signature(row));
    }
    nearest = foreign_function(call->name);
    if (!nearest.len)
        nearest = function_nearest(call->name, call->form);
    if (!nearest.len)
        return parse_fail(p, call->place, "`%.*s` is not a function", QUELL_ARG(call->name));
    (void)parse_fail(p, call->place, "`%.*s` is not a function; did you mean `%.*s`?",
                     QUELL_ARG(call->name), QUELL_ARG(nearest));
    if (!function_find(nearest, call->form, &row, 1))
        (void)function_find(nearest, other, &row, 1); /* one of both */
    return parse_help(p, "%s", function_signature(row));
}

static struct node *wrong_count(struct parser *p, const struct call *call)
{
    size_t given = call->arguments->count;
    (void)parse_fail(p, call->place, "`%.*s` does not take %zu argument%s", QUELL_ARG(call->name),
                     given, given == 1 ? "" : "s");
    return parse_help(p, call->row_count > 1 ? "%s, %s" : "%s", function_signature(call->rows[0]),
                      call->row_count > 1 ? function_signature(call->rows[1]) : "");
}

/* A call of what nobody knows, when that is a fault only once it is made: what was to be said of it
 * stays at the node, for the checker. */
static struct node *missing(struct parser *p, struct call *call)
{
    struct cel_fault *fault = arena_copy(p->arena, p->fault, sizeof(*fault));
    struct node *node;
    p->code = QUELL_OK;
    call->row_count = 0;
    node = function(p, call);
    if (node)
        node->fault = fault;
    return node;
}

/* Keeps the rows that take so many arguments; a macro among them stands alone. */
static struct node *resolve(struct parser *p, struct call *call)
{
    size_t kept = 0, given = argument_count(call);
    for (size_t i = 0; i < call->row_count; i++) {
        if (!function_takes(call->rows[i], given))
            continue;
        if (call->rows[i]->macro)
            return macro(p, call, call->rows[i]);
        call->rows[kept++] = call->rows[i];
    }
    if (!kept) {
        (void)wrong_count(p, call);
        return p->options->late ? missing(p, call) : NULL;
    }
    call->row_count = kept;
    return function(p, call);
}

/* `optional.of(x)` looks like a method of a variable `optional`: functions in a space win. */
static bool spaced(struct call *call)
{
    size_t len = 0;
    if (!node_spell(call->target, call->spelt, sizeof(call->spelt), &len) ||
        len + 1 + call->name.len > sizeof(call->spelt))
        return false;
    call->spelt[len++] = '.';
    memcpy(call->spelt + len, call->name.data, call->name.len);
    call->spelt_len = len + call->name.len;
    call->row_count = function_find((struct quell_str){call->spelt, call->spelt_len}, GLOBAL,
                                    call->rows, ROWS_MAX);
    if (!call->row_count)
        return false;
    call->place.len += call->place.offset - call->target->whole.offset;
    call->place.offset = call->target->whole.offset;
    call->name = call->rows[0]->name;
    call->target = NULL;
    call->form = GLOBAL;
    return true;
}

struct node *parse_call(struct parser *p, struct node *target, struct token name,
                        const struct node_list *arguments)
{
    struct call call = {.name = token_text(&p->lexer, name),
                        .form = target ? METHOD : GLOBAL,
                        .place = name.place,
                        .target = target,
                        .arguments = arguments},
                sought;
    if (target && spaced(&call))
        return resolve(p, &call);
    call.row_count = function_find(call.name, call.form, call.rows, ROWS_MAX);
    if (call.row_count)
        return resolve(p, &call);
    sought = call;
    (void)unknown_function(p, &sought);
    return p->options->late ? missing(p, &call) : NULL;
}
