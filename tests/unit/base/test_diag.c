/*
 * Diagnostics: collecting, sorting, positions, and how each looks, to the sign.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/limits.h"
#include "base/str.h"

static struct arena *arena;
static struct diag_list list;

static int setup(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(arena);
    return 0;
}

static void begin(const char *text)
{
    diag_init(&list, arena, QUELL_STR("playbooks/a.yaml"), quell_str_of(text));
}

/* The place of `part` in the text. */
static struct place place_of(const char *part)
{
    size_t at = str_find(list.text, quell_str_of(part), 0);
    assert_true(at != SIZE_MAX);
    return (struct place){(uint32_t)at, (uint32_t)strlen(part)};
}

static void looks(const struct diag *diag, struct diag_style style, const char *expected)
{
    struct buf out = {0};
    diag_render(&out, &list, diag, style);
    if (strcmp(out.data, expected) != 0)
        print_error("%s", out.data);
    assert_string_equal(out.data, expected);
    buf_free(&out);
}

static const char playbook[] = "a: 1\nsteps:\n  - uses: defender.isolat-device\n";

static void an_error_looks_as_designed(void **state)
{
    begin(playbook);
    struct diag *diag = diag_add(&list, "QL101", SEVERITY_ERROR, place_of("defender.isolat-device"),
                                 "unknown action `%s`", "defender.isolat-device");
    diag->label = QUELL_STR("no such action in connector `defender`");
    diag->help = QUELL_STR("did you mean `defender.isolate-device`?");
    looks(diag, (struct diag_style){.ascii = false},
          "error[QL101]: unknown action `defender.isolat-device`\n"
          "  ┌─ playbooks/a.yaml:3:11\n"
          "  │\n"
          " 3│   - uses: defender.isolat-device\n"
          "  │           ^^^^^^^^^^^^^^^^^^^^^^ no such action in connector `defender`\n"
          "  │\n"
          "  = help: did you mean `defender.isolate-device`?\n");
    looks(diag, (struct diag_style){.ascii = true},
          "error[QL101]: unknown action `defender.isolat-device`\n"
          "  --> playbooks/a.yaml:3:11\n"
          "  |\n"
          " 3|   - uses: defender.isolat-device\n"
          "  |           ^^^^^^^^^^^^^^^^^^^^^^ no such action in connector `defender`\n"
          "  |\n"
          "  = help: did you mean `defender.isolate-device`?\n");
}

static void colors_wrap_what_they_color(void **state)
{
    begin("x\n");
    struct diag *diag = diag_add(&list, "QL201", SEVERITY_WARNING, place_of("x"), "careful");
    diag->note = QUELL_STR("two\nlines");
    looks(diag, (struct diag_style){.color = true},
          "\x1b[1;33mwarning[QL201]\x1b[0m\x1b[1m: careful\x1b[0m\n"
          "\x1b[1;34m  ┌─\x1b[0m playbooks/a.yaml:1:1\n"
          "\x1b[1;34m  │\x1b[0m\n"
          "\x1b[1;34m 1│\x1b[0m x\n"
          "\x1b[1;34m  │\x1b[0m \x1b[1;33m^\x1b[0m\n"
          "\x1b[1;34m  │\x1b[0m\n"
          "\x1b[1m  = note: \x1b[0mtwo\n"
          "          lines\n");
}

static void carets_stand_below_what_they_mean(void **state)
{
    begin("k:\t漢字é\tvalue # tail\r\nnext\n");
    looks(diag_add(&list, "QL001", SEVERITY_ERROR, place_of("value"), "wide"),
          (struct diag_style){.ascii = false},
          "error[QL001]: wide\n"
          "  ┌─ playbooks/a.yaml:1:8\n"
          "  │\n"
          " 1│ k:\t漢字é\tvalue # tail\n"
          "  │   \t     \t^^^^^\n");
    looks(diag_add(&list, "QL001", SEVERITY_ERROR, place_of("漢字"), "wide"),
          (struct diag_style){.ascii = false},
          "error[QL001]: wide\n"
          "  ┌─ playbooks/a.yaml:1:4\n"
          "  │\n"
          " 1│ k:\t漢字é\tvalue # tail\n"
          "  │   \t^^^^\n");
}

static void places_at_the_edges(void **state)
{
    begin("first line\nsecond\nthird");
    /* Over several lines: to the end of the first one. */
    looks(diag_add(&list, "QL001", SEVERITY_ERROR, place_of("line\nsecond\nthird"), "long"),
          (struct diag_style){.ascii = true},
          "error[QL001]: long\n  --> playbooks/a.yaml:1:7\n  |\n 1| first line\n  |       ^^^^\n");
    /* Nothing long, and at the end of the text. */
    looks(diag_add(&list, "QL001", SEVERITY_ERROR, (struct place){23, 0}, "end"),
          (struct diag_style){.ascii = true},
          "error[QL001]: end\n  --> playbooks/a.yaml:3:6\n  |\n 3| third\n  |      ^\n");
    /* Beyond the text: as if at its end. */
    looks(diag_add(&list, "QL001", SEVERITY_NOTE, (struct place){9999, 5}, "beyond"),
          (struct diag_style){.ascii = true},
          "note[QL001]: beyond\n  --> playbooks/a.yaml:3:6\n  |\n 3| third\n  |      ^\n");
    begin("");
    looks(diag_add(&list, "QL103", SEVERITY_ERROR, (struct place){0, 0}, "empty"),
          (struct diag_style){.ascii = true},
          "error[QL103]: empty\n  --> playbooks/a.yaml:1:1\n  |\n 1| \n  | ^\n");
}

static void line_numbers_widen_the_gutter(void **state)
{
    struct buf text = {0};
    for (int i = 0; i < 1233; i++)
        buf_add_char(&text, '\n');
    buf_add_text(&text, "here");
    begin(text.data);
    struct diag *diag = diag_add(&list, "QL001", SEVERITY_ERROR, place_of("here"), "far");
    diag->help = QUELL_STR("look");
    looks(diag, (struct diag_style){.ascii = true},
          "error[QL001]: far\n    --> playbooks/a.yaml:1234:1\n    |\n1234| here\n    | ^^^^\n"
          "    |\n    = help: look\n");
    buf_free(&text);
}

static void long_lines_are_cut_to_a_window(void **state)
{
    char line[1001];
    for (size_t i = 0; i < 1000; i++)
        line[i] = (char)('a' + i % 26);
    memcpy(line + 500, "HERE", 4);
    line[1000] = '\0';
    begin(line);
    struct buf out = {0};
    diag_render(&out, &list, diag_add(&list, "QL001", SEVERITY_ERROR, place_of("HERE"), "long"),
                (struct diag_style){.ascii = true});
    struct quell_str head, source, carets, rest = buf_str(&out);
    for (int i = 0; i < 3; i++)
        assert_true(str_cut(rest, '\n', &head, &rest));
    assert_true(str_cut(rest, '\n', &source, &rest));
    assert_true(str_cut(rest, '\n', &carets, &rest));
    assert_true(source.len < 110);
    assert_true(str_starts(source, QUELL_STR(" 1| ...")) && str_ends(source, QUELL_STR("...")));
    assert_int_equal(str_find(source, QUELL_STR("HERE"), 0),
                     str_find(carets, QUELL_STR("^^^^"), 0));
    assert_true(str_ends(carets, QUELL_STR(" ^^^^")));
    buf_free(&out);
}

/* A file cannot drive the terminal, hide text or turn it around. */
static void dangerous_signs_are_replaced(void **state)
{
    begin("a: \x1b[2J\xE2\x80\xAEx\xFF y\n");
    struct diag *diag = diag_add(&list, "QL001", SEVERITY_ERROR, place_of("y"), "\x07%s", "bell");
    diag->label = QUELL_STR("\x1b]0;title\x07");
    looks(diag, (struct diag_style){.ascii = true},
          "error[QL001]: ?bell\n  --> playbooks/a.yaml:1:12\n  |\n 1| a: ?[2J?x? y\n"
          "  |            ^ ?]0;title?\n");
}

static void positions_count_code_points(void **state)
{
    struct quell_str text = QUELL_STR("aé漢\n\r\nxyz");
    static const struct {
        size_t offset, line, column;
    } rows[] = {{0, 1, 1}, {1, 1, 2}, {3, 1, 3},  {6, 1, 4},  {7, 2, 1},
                {8, 2, 2}, {9, 3, 1}, {12, 3, 4}, {999, 3, 4}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag_position position = diag_position(text, rows[i].offset);
        assert_int_equal(position.line, rows[i].line);
        assert_int_equal(position.column, rows[i].column);
    }
}

static void sorting_is_by_place_and_stable(void **state)
{
    begin("0123456789");
    static const uint32_t offsets[] = {5, 1, 5, 0, 5, 9, 1};
    for (size_t i = 0; i < 7; i++)
        (void)diag_add(&list, "QL001", SEVERITY_ERROR, (struct place){offsets[i], 1}, "%zu", i);
    diag_sort(&list);
    static const char *const expected[] = {"3", "1", "6", "0", "2", "4", "5"};
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(list.items[i].message.data, expected[i]);
}

static void too_many_are_only_counted(void **state)
{
    begin("x");
    for (int i = 0; i < LIMIT_DIAGS + 50; i++) {
        struct diag *diag = diag_add(&list, "QL001", i % 2 ? SEVERITY_ERROR : SEVERITY_WARNING,
                                     (struct place){0, 1}, "%d", i);
        assert_non_null(diag);
        diag->help = QUELL_STR("set on a scratch one as well");
    }
    assert_int_equal(list.count, LIMIT_DIAGS);
    assert_int_equal(list.errors + list.warnings, LIMIT_DIAGS + 50);
    assert_string_equal(list.items[LIMIT_DIAGS - 1].message.data, "199");
}

static struct diag *fault_at(uint32_t offset, uint32_t len)
{
    return diag_add(&list, "QL001", SEVERITY_ERROR, (struct place){offset, len}, "x");
}

static const char *fixed_text(bool unsafe, size_t wanted)
{
    size_t count;
    struct quell_str made = diag_fixed(&list, unsafe, &count);
    assert_int_equal(count, wanted);
    return made.data;
}

static void edits_are_made_in_order_and_never_overlap(void **state)
{
    begin("0123456789");
    assert_string_equal(fixed_text(true, 0), "0123456789");
    diag_suggest(&list, fault_at(8, 2), QUELL_STR("end"));
    diag_set_fix(fault_at(2, 3), (struct place){2, 3}, QUELL_STR(""), true);
    diag_set_fix(fault_at(4, 2), (struct place){4, 2}, QUELL_STR("overlaps"), true);
    diag_set_fix(fault_at(0, 0), (struct place){0, 0}, QUELL_STR("<"), true);
    diag_set_fix(fault_at(6, 1), (struct place){6, 1}, QUELL_STR("six"), false);
    diag_suggest(&list, fault_at(7, 1), QUELL_STR("")); /* none known */
    assert_string_equal(fixed_text(false, 3), "<01567end");
    assert_string_equal(fixed_text(true, 4), "<015six7end");
    assert_string_equal(list.items[0].help.data, "did you mean `end`?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_looks_as_designed),
        cmocka_unit_test(colors_wrap_what_they_color),
        cmocka_unit_test(carets_stand_below_what_they_mean),
        cmocka_unit_test(places_at_the_edges),
        cmocka_unit_test(line_numbers_widen_the_gutter),
        cmocka_unit_test(long_lines_are_cut_to_a_window),
        cmocka_unit_test(dangerous_signs_are_replaced),
        cmocka_unit_test(positions_count_code_points),
        cmocka_unit_test(sorting_is_by_place_and_stable),
        cmocka_unit_test(too_many_are_only_counted),
        cmocka_unit_test(edits_are_made_in_order_and_never_overlap),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
