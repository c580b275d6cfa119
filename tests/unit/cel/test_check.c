/*
 * test_check.c - the type checker: runs tests/cel/types/check.txt, and reads every signature there
 * is.
 *
 *   let NAME TYPE              a variable for the cases below it
 *   > EXPR                     the expression
 *   : TYPE                     its type
 *      ^^^ MESSAGE             a problem with these bytes, in the order of places
 *   ? HELP                     and its help
 *   # TEXT                     a comment
 *
 * With a file as argument it prints what its cases give, to be read and kept. `incident` is the
 * real one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "cel/check.h"
#include "cel/checking.h"
#include "cel/overload.h"
#include "incident/incident.h"

struct world {
    struct arena *arena;
    struct cel_library *library;
    struct cel_member variables[64];
    size_t count;
    bool mixed;
};

static const struct cel_type *find(struct quell_str name, void *user)
{
    const struct world *world = user;
    for (size_t i = world->count; i-- > 0;) {
        if (quell_str_equal(world->variables[i].name, name))
            return world->variables[i].type;
    }
    return NULL;
}

static void declare(struct world *world, struct quell_str name, const struct cel_type *type)
{
    assert_non_null(type);
    world->variables[world->count++] = (struct cel_member){name, type};
}

/* ---- the cases of a file --------------------------------------------------------------------- */

static void show_problem(struct buf *out, const struct cel_problem *problem)
{
    for (size_t i = 0; i < (size_t)problem->fault.place.offset + 2; i++)
        buf_add_text(out, " ");
    for (size_t i = 0; i < problem->fault.place.len; i++)
        buf_add_text(out, "^");
    buf_add_format(out, " %s", problem->fault.message);
    if (problem->note.len)
        buf_add_format(out, " (%.*s)", QUELL_ARG(problem->note));
    buf_add_text(out, "\n");
    if (problem->fault.help[0])
        buf_add_format(out, "? %s\n", problem->fault.help);
}

/* What the file says of an expression. */
static void show(struct world *world, struct quell_str text, struct buf *out)
{
    struct cel_environment environment = {
        .library = world->library, .variable = find, .user = world, .mixed_numbers = world->mixed};
    struct cel_options options = {.late = true};
    struct cel_problems problems = {NULL, 0};
    struct cel_fault fault;
    const struct cel_type *type;
    const struct cel *expr;
    if (cel_parse_with(world->arena, text, &options, &expr, &fault)) {
        buf_add_format(out, "%s\n", fault.message);
        return;
    }
    type = cel_check(expr, &environment, world->arena, &problems);
    if (!problems.count)
        buf_add_format(out, ": %.*s%s\n", QUELL_ARG(cel_type_text(world->arena, type)),
                       type->nullable ? " or null" : "");
    for (size_t i = 0; i < problems.count; i++)
        show_problem(out, &problems.items[i]);
}

static void take_let(struct world *world, struct quell_str line)
{
    struct quell_str name, type;
    assert_true(str_cut(str_slice(line, 4, line.len), ' ', &name, &type));
    declare(world, arena_str(world->arena, name),
            cel_type_read(world->arena, arena_str(world->arena, type)));
}

static struct world *new_world(struct arena *arena)
{
    struct world *world = arena_one(arena, struct world);
    world->arena = arena;
    world->library = cel_library_new(arena);
    declare(world, QUELL_STR("incident"),
            cel_type_fields(arena, QUELL_STR("incident"), incident_fields));
    return world;
}

/* Reads a file and writes what it should be, from its own cases. */
static void redo(struct arena *arena, FILE *file, struct buf *read, struct buf *made)
{
    static char line[4096];
    struct world *world = new_world(arena);
    while (fgets(line, sizeof(line), file)) {
        struct quell_str text = quell_str_of(line);
        buf_add_text(read, line);
        if (text.data[0] == ':' || text.data[0] == '?' || text.data[0] == ' ')
            continue;
        buf_add_text(made, line);
        text = str_slice(text, 0, text.len - 1);
        if (str_starts(text, QUELL_STR("let ")))
            take_let(world, text);
        if (str_is(text, "mixed"))
            world->mixed = true;
        if (str_starts(text, QUELL_STR("> ")))
            show(world, arena_str(arena, str_slice(text, 2, text.len)), made);
    }
}

static void cases(void **state)
{
    struct buf read = {.size_max = 1 << 20}, made = {.size_max = 1 << 20};
    struct arena *arena = arena_new(0);
    FILE *file = fopen(QUELL_SOURCE_DIR "/tests/cel/types/check.txt", "rb");
    struct quell_str one, other, rest_one, rest_other;
    (void)state;
    assert_non_null(file);
    redo(arena, file, &read, &made);
    fclose(file);
    rest_one = buf_str(&read);
    rest_other = buf_str(&made);
    while (rest_one.len || rest_other.len) {
        (void)str_cut(rest_one, '\n', &one, &rest_one);
        (void)str_cut(rest_other, '\n', &other, &rest_other);
        if (!quell_str_equal(one, other))
            fail_msg("the file says\n%.*s\nthe checker says\n%.*s", QUELL_ARG(one),
                     QUELL_ARG(other));
    }
    buf_free(&read);
    buf_free(&made);
    arena_free(arena);
}

/* ---- signatures ------------------------------------------------------------------------------ */

static void every_signature_is_read(void **state)
{
    struct arena *arena = arena_new(0);
    size_t count;
    const struct function_row *rows = function_rows(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct cel_signature signature;
        const char *text = function_signature(&rows[i]);
        if (!cel_signature_read(arena, rows[i].name, quell_str_of(text), &signature))
            fail_msg("%s", text);
        if (signature.method != (rows[i].form == METHOD))
            fail_msg("%s", text);
        if (rows[i].macro) {
            assert_int_equal(signature.variables, rows[i].variables);
            assert_int_equal(signature.count, rows[i].arguments);
        }
    }
    arena_free(arena);
}

static void operators_have_signatures(void **state)
{
    struct arena *arena = arena_new(0);
    struct cel_environment environment = {.library = cel_library_new(arena)};
    static const size_t counts[OPERATIONS] = {9, 6, 3, 3, 2, 8, 8, 8, 8, 1, 1, 2};
    (void)state;
    for (int i = 0; i < OPERATIONS; i++) {
        struct checking *c = arena_one(arena, struct checking);
        c->environment = &environment;
        c->arena = arena;
        assert_int_equal(check_operator(c, (enum operation)i).count, counts[i]);
    }
    arena_free(arena);
}

static void wrong_signatures_are_refused(void **state)
{
    static const char *const wrong[] = {
        "f",
        "f(",
        "f()",
        "f() ->",
        "f() -> ",
        "f(int -> int",
        "f(int,int) -> int",
        "f(int, ) -> int",
        "f(int) -> int int",
        "f(list(int) -> int",
        "f(map(int)) -> int",
        "g(int) -> int",
        ".f(int) -> int",
        "int f(int) -> int",
        "f(int..., int) -> int",
        "f(int, x: int) -> int",
        "(int | string.f() -> int",
        "f(int |) -> int",
    };
    struct arena *arena = arena_new(0);
    struct cel_signature signature;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (cel_signature_read(arena, QUELL_STR("f"), quell_str_of(wrong[i]), &signature))
            fail_msg("%s", wrong[i]);
    assert_null(cel_type_read(arena, QUELL_STR("")));
    assert_null(cel_type_read(arena, QUELL_STR("list(int")));
    assert_null(cel_type_read(arena, QUELL_STR("list(int) x")));
    arena_free(arena);
}

/* ---- what fits ------------------------------------------------------------------------------- */

static void what_fits(void **state)
{
    static const struct {
        const char *given, *wanted;
        bool fits;
    } rows[] = {
        {"int", "int", true},
        {"int", "string", false},
        {"int", "dyn", true},
        {"dyn", "list(int)", true},
        {"list(dyn)", "list(int)", true},
        {"list(string)", "list(int)", false},
        {"map(string, int)", "map(string, dyn)", true},
        {"map(int, int)", "map(string, dyn)", false},
        {"null", "string", false},
        {"null", "timestamp", true},
        {"ip", "ip", true},
        {"ip", "cidr", false},
        {"optional(int)", "int", false},
        {"type(int)", "type(string)", true},
    };
    struct arena *arena = arena_new(0);
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (cel_type_fits(arena, cel_type_read(arena, quell_str_of(rows[i].given)),
                          cel_type_read(arena, quell_str_of(rows[i].wanted))) != rows[i].fits)
            fail_msg("%s and %s", rows[i].given, rows[i].wanted);
    arena_free(arena);
}

/* A type that holds itself twice at each level would grow without a bound. */
static void growth_is_bounded(void **state)
{
    struct arena *arena = arena_new(0);
    struct world *world = new_world(arena);
    struct buf text = {.size_max = 1 << 20}, out = {.size_max = 1 << 20};
    (void)state;
    declare(world, QUELL_STR("pair"),
            cel_type_read(arena, QUELL_STR("list(map(string, list(dyn)))")));
    for (int i = 0; i < 60; i++)
        buf_add_text(&text, "[");
    buf_add_text(&text, "1");
    for (int i = 0; i < 60; i++)
        buf_add_text(&text, "]");
    for (int i = 0; i < 60; i++)
        buf_add_text(&text, ".map(x, [x, x])");
    show(world, buf_str(&text), &out);
    assert_true(arena_used(arena) < (size_t)64 << 20);
    buf_free(&text);
    buf_free(&out);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(every_signature_is_read),
        cmocka_unit_test(operators_have_signatures),
        cmocka_unit_test(wrong_signatures_are_refused),
        cmocka_unit_test(what_fits),
        cmocka_unit_test(growth_is_bounded),
    };
    if (argc > 1) {
        struct arena *arena = arena_new(0);
        struct buf read = {.size_max = 1 << 20}, made = {.size_max = 1 << 20};
        FILE *file = fopen(argv[1], "rb");
        if (!file)
            return 2;
        redo(arena, file, &read, &made);
        fclose(file);
        printf("%.*s", QUELL_ARG(buf_str(&made)));
        buf_free(&read);
        buf_free(&made);
        arena_free(arena);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
