/*
 * overload.c - the tables of all functions: looking names up, picking a row by the types of the
 * arguments, running it.
 *
 * It also does for every function what none needs to do itself: an unknown argument makes the
 * result unknown, a secret one makes it secret.
 */
#include "cel/overload.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "cel/evaluation.h"

/* ---- the tables ---------------------------------------------------------------------------- */

#define TYPES(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define NAME(text)                                                                                 \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

#define FUNCTION(called, title, takes, does, signature, doc, example, result)                      \
    {.name = NAME(title), .form = (called), .types = takes, .run = (does)},
#define MACRO(called, title, shaped, names, count, does, signature, doc, example, result)          \
    {.name = NAME(title),                                                                          \
     .form = (called),                                                                             \
     .variables = (names),                                                                         \
     .arguments = (count),                                                                         \
     .shape = (shaped),                                                                            \
     .macro = (does)},
static const struct function_row rows[] = {
#include "cel/functions.def"
};
#undef FUNCTION
#undef MACRO

#define FUNCTION(called, title, takes, does, signature, doc, example, result)                      \
    {title, signature, doc, example, result},
#define MACRO(called, title, shaped, names, count, does, signature, doc, example, result)          \
    {title, signature, doc, example, result},
static const struct cel_function_info infos[] = {
#include "cel/functions.def"
};
#undef FUNCTION
#undef MACRO

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

const struct function_row *function_rows(size_t *count)
{
    *count = ROWS;
    return rows;
}

const struct cel_function_info *cel_functions(size_t *count)
{
    *count = ROWS;
    return infos;
}

const char *function_signature(const struct function_row *row)
{
    return infos[row - rows].signature;
}

/* ---- finding ------------------------------------------------------------------------------- */

size_t function_find(struct quell_str name, enum function_form form,
                     const struct function_row **found, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < ROWS && count < max; i++) {
        if (rows[i].form == form && quell_str_equal(rows[i].name, name))
            found[count++] = &rows[i];
    }
    return count;
}

static size_t arity(const struct function_row *row, bool *more)
{
    size_t count = 0;
    while (row->types[count])
        count++;
    *more = count && (row->types[count - 1] & T_MORE);
    return count;
}

bool function_takes(const struct function_row *row, size_t count)
{
    bool more;
    size_t declared = arity(row, &more);
    if (row->macro)
        return count == row->arguments;
    return more ? count + 1 >= declared : count == declared;
}

struct quell_str function_nearest(struct quell_str wrong, enum function_form form)
{
    struct quell_str names[ROWS];
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].form == form)
            names[count++] = rows[i].name;
    }
    return str_nearest(wrong, names, count);
}

/* ---- running ------------------------------------------------------------------------------- */

static bool fits(const struct function_row *row, const struct quell_value *arguments, size_t count)
{
    size_t declared = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(row->types[declared] & (1u << arguments[i].type)))
            return false;
        if (!(row->types[declared] & T_MORE))
            declared++;
    }
    return true;
}

/* "`contains` does not take (int, string)", and what it takes. */
static enum quell_code no_overload(struct evaluation *e, const struct node *node,
                                   const struct quell_value *arguments)
{
    struct quell_str types = {"", 0}, takes = {"", 0};
    bool method = node->rows[0]->form == METHOD;
    for (size_t i = method; i < node->count; i++)
        types = arena_format(e->arena, "%.*s%s%s", QUELL_ARG(types), types.len ? ", " : "",
                             type_with_article(arguments[i]));
    if (method)
        (void)evaluation_fail(e, node, "%s has no function `%.*s(%.*s)`",
                              type_with_article(arguments[0]), QUELL_ARG(node->name),
                              QUELL_ARG(types));
    else
        (void)evaluation_fail(e, node, "`%.*s` does not take %.*s", QUELL_ARG(node->name),
                              QUELL_ARG(types));
    for (size_t i = 0; i < node->row_count; i++)
        takes = arena_format(e->arena, "%.*s%s%s", QUELL_ARG(takes), i ? ", " : "",
                             function_signature(node->rows[i]));
    return evaluation_help(e, "%.*s", QUELL_ARG(takes));
}

enum quell_code overload_call(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments, struct quell_value *result)
{
    uint8_t secret = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (arguments[i].type == QUELL_UNKNOWN) {
            *result = arguments[i];
            return QUELL_OK;
        }
        secret |= arguments[i].flags & QUELL_MASKED;
    }
    for (size_t i = 0; i < node->row_count; i++) {
        enum quell_code code;
        if (!fits(node->rows[i], arguments, node->count))
            continue;
        code = node->rows[i]->run(e, node, arguments, result);
        if (!code && secret && result->type != QUELL_BOOL)
            result->flags |= secret;
        return code;
    }
    return no_overload(e, node, arguments);
}
