/*
 * test_traps.c - what YAML does to authors of expressions (LANGUAGE.md section 7): each trap ends
 * in one diagnostic of its own, at its place, that says how to write it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "fixture.h"

#define HEAD "quell: 1\nplaybook: traps\non: { manual: }\nsteps:\n"
#define MATCH "quell: 1\nplaybook: traps\non:\n  incident:\n    match:\n"
#define STEPS "steps:\n  - stop:\n"

static const struct trap {
    const char *text, *code;
    size_t line, column;
    const char *says; /* in the help */
} traps[] = {
    {HEAD "  - set:\n      a: ${{ incident.number == '1' ? 1 : 2 }}\n", "QL001", 6, 41, "quotes"},
    {HEAD "  - set: { a: ${{ incident.title }} }\n", "QL001", 5, 15, "quotes"},
    {HEAD "  - if: !has(incident.title)\n    stop:\n", "QL004", 5, 9, "quotes"},
    {HEAD "  - if: 'a' in incident.tags\n    stop:\n", "QL001", 5, 13, "quotes"},
    {HEAD "  - fail: x ${{ incident.title }} #1\n", "QL112", 5, 35, "quotes"},
    {HEAD "  - fail: x ${{ incident.title #1 }}\n", "QL110", 5, 13, "quotes"},
    {MATCH "      title: { regex: \"\\b(a|b)\" }\n" STEPS, "QL209", 6, 24, "single quotes"},
    {HEAD "  - if: *x\n    stop:\n", "QL003", 5, 9, "quotes"},
    {HEAD "  - fail: %x\n", "QL001", 5, 11, "quotes"},
    {HEAD "  - set:\n      a: ${{ {'a': {'b': 1}} }}\n", "QL001", 6, 18, "quotes"},
    {MATCH "      { entities.devices[0].name: x }\n" STEPS, "QL001", 6, 25, "quotes"},
    {HEAD "  - uses: defender.get-device\n    with: { device_id: 0123 }\n", "QL104", 6, 24,
     "'0123'"},
    {HEAD "  - fail: @x\n", "QL001", 5, 11, "quotes"},
    {HEAD "\t- stop:\n", "QL005", 5, 1, ""},
    {HEAD "  - stop:\n  - stop:\nsteps:\n  - stop:\n", "QL002", 7, 1, ""},
};

static bool as_said(const struct trap *trap, const struct diag_list *diags)
{
    const struct diag *diag = diags->items;
    struct diag_position at;
    if (diags->count != 1)
        return false;
    at = diag_position(diags->text, diag->place.offset);
    return strcmp(diag->code, trap->code) == 0 && at.line == trap->line &&
           at.column == trap->column &&
           str_find(diag->help, quell_str_of(trap->says), 0) != SIZE_MAX;
}

static void test_traps(void **state)
{
    size_t i, bad = 0;
    (void)state;
    for (i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
        struct arena *arena = arena_new(0);
        struct diag_list diags;
        struct buf shown = {.size_max = 1 << 16};
        struct playbook *playbook = fixture_load(arena, quell_str_of(traps[i].text), &diags);
        if (!as_said(&traps[i], &diags)) {
            size_t k;
            for (k = 0; k < diags.count; k++)
                diag_render(&shown, &diags, &diags.items[k], (struct diag_style){false, true});
            fprintf(stderr, "trap %zu wants %s at %zu:%zu\n%.*s", i, traps[i].code, traps[i].line,
                    traps[i].column, QUELL_ARG(buf_str(&shown)));
            bad++;
        }
        playbook_free(playbook);
        buf_free(&shown);
        arena_free(arena);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_traps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
