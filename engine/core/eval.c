/*
 * eval.c - for authors: one expression with variables from JSON. No store, no network.
 *
 * It is checked before it is evaluated, as a playbook is, with the types that the variables have.
 */
#include "core/core.h"

#include <quell/author.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/check.h"
#include "value/json.h"
#include "value/value.h"

struct evaluation_of {
    struct arena *arena;
    struct quell_str text;
    struct quell_value vars;
    struct diag_list diags;
};

static const struct cel_type *variable(struct quell_str name, void *user)
{
    const struct evaluation_of *it = user;
    struct quell_value value;

    return value_find(it->vars, name, &value) ? cel_type_of_value(it->arena, value) : NULL;
}

static struct diag *add_fault(struct evaluation_of *it, const char *code,
                              const struct cel_fault *fault)
{
    struct diag *diag =
        diag_add(&it->diags, code, SEVERITY_ERROR, fault->place, "%s", fault->message);

    if (fault->help[0])
        diag->help = diag_format(&it->diags, "%s", fault->help);
    return diag;
}

/* Adds what the types say is wrong; gives the type. */
static const struct cel_type *check(struct evaluation_of *it, const struct cel *expr)
{
    struct cel_environment environment = {.library = cel_library_new(it->arena),
                                          .variable = variable,
                                          .user = it,
                                          .mixed_numbers = true};
    struct cel_problems problems;
    const struct cel_type *type = cel_check(expr, &environment, it->arena, &problems);
    size_t i;

    for (i = 0; i < problems.count; i++) {
        const struct cel_problem *problem = &problems.items[i];
        add_fault(it, playbook_problem_code(problem->kind), &problem->fault)->note = problem->note;
    }
    return type;
}

/* A function that is not there does not hide what else is wrong. */
static void check_late(struct evaluation_of *it)
{
    struct cel_options options = {.late = true};
    struct cel_fault unused;
    const struct cel *expr;

    if (cel_parse_with(it->arena, it->text, &options, &expr, &unused) == QUELL_OK)
        (void)check(it, expr);
}

static enum quell_code evaluate(struct evaluation_of *it, struct quell_value *value,
                                struct quell_str *type, struct quell_error *err)
{
    struct cel_scope scope = {.vars = it->vars};
    struct cel_fault fault = {0};
    const struct cel *expr;
    enum quell_code code = cel_parse(it->arena, it->text, &expr, &fault);

    if (code == QUELL_OK)
        *type = cel_type_text(it->arena, check(it, expr));
    else
        check_late(it);
    if (it->diags.count)
        return error_set(err, QUELL_INVALID, "%.*s", QUELL_ARG(it->diags.items[0].message));
    if (code == QUELL_OK)
        code = cel_eval(expr, &scope, it->arena, value, &fault);
    if (code == QUELL_OK)
        return QUELL_OK;
    (void)add_fault(it, "QL110", &fault);
    return error_set(err, code, "%s", fault.message);
}

/* All faults, each with the caret below its place. */
static struct quell_str picture(struct evaluation_of *it)
{
    struct buf out = {0};
    struct quell_str text;
    size_t i;

    for (i = 0; i < it->diags.count; i++)
        diag_render(&out, &it->diags, &it->diags.items[i], (struct diag_style){0});
    text = arena_str(it->arena, buf_str(&out));
    buf_free(&out);
    return text;
}

static enum quell_code read_vars(struct arena *arena, struct quell_str text,
                                 struct quell_value *vars, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;

    *vars = quell_map(NULL, 0);
    if (text.len)
        code = json_read(arena, text, LIMIT_DOCUMENT_BYTES, vars, NULL, err);
    if (code == QUELL_OK && !quell_is(*vars, QUELL_MAP))
        code = error_set(err, QUELL_INVALID, "variables are a JSON object");
    return code;
}

enum quell_code quell_eval(struct quell_str expression, struct quell_str vars,
                           struct quell_document *document, struct quell_str *type,
                           struct quell_str *rendered, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct evaluation_of it = {.arena = arena, .text = arena_str(arena, expression)};
    struct quell_str found = {"", 0};
    enum quell_code code = read_vars(arena, vars, &it.vars, err);

    if (code) {
        arena_free(arena);
        return code;
    }
    diag_init(&it.diags, arena, QUELL_STR("expression"), it.text);
    code = evaluate(&it, &made.value, &found, err);
    if (code && rendered)
        *rendered = picture(&it);
    if (type)
        *type = found;
    *document = made;
    return code;
}
