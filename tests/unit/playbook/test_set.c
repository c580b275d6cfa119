/*
 * test_set.c - what is said of playbooks only because they stand beside each other.
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
#include "fixture.h"

#define HEAD(id) "quell: 1\nplaybook: " id "\non: { call: , manual: }\n"
#define CALLED                                                                                     \
    HEAD("called")                                                                                 \
    "inputs:\n  who: { type: string, required: true }\n  n: { type: int }\n"                       \
    "steps:\n  - id: s\n    set: { x: 1 }\noutputs: { x: '${{ vars.x }}' }\n"

/* Each diagnostic of the first playbook as `CODE LINE: message | note`, one a line. */
static void says(const char *const *texts, const char *expected)
{
    struct arena *arena = arena_new(0);
    struct playbook_member members[4];
    struct diag_list lists[4];
    struct playbook *made[4];
    struct buf told = {.size_max = 65536};
    size_t i, count = 0;

    for (; texts[count]; count++) {
        made[count] = fixture_load(arena, quell_str_of(texts[count]), &lists[count]);
        members[count] = (struct playbook_member){made[count], &lists[count]};
    }
    playbook_check_set(members, count);
    diag_sort(&lists[0]);
    for (i = 0; i < lists[0].count; i++) {
        const struct diag *diag = &lists[0].items[i];
        buf_add_format(&told, "%s %zu: %.*s | %.*s\n", diag->code,
                       diag_position(lists[0].text, diag->place.offset).line,
                       QUELL_ARG(diag->message), QUELL_ARG(diag->note));
    }
    if (!str_is(buf_str(&told), expected))
        fail_msg("said\n%.*sexpected\n%s", QUELL_ARG(buf_str(&told)), expected);
    for (i = 0; i < count; i++)
        playbook_free(made[i]);
    buf_free(&told);
    arena_free(arena);
}

#define SAYS(expected, ...) says((const char *const[]){__VA_ARGS__, NULL}, expected)

static void inputs_and_outputs(void **state)
{
    (void)state;
    SAYS("",
         HEAD("a") "steps:\n  - id: c\n    call: called\n    with: { who: '${{ run.id }}', n: 3 }\n"
                   "  - fail: '${{ steps.c.output.x }}'\n",
         CALLED);
    SAYS("QL103 5: `who` is missing | these are the inputs of `called`\n",
         HEAD("a") "steps:\n  - call: called\n", CALLED);
    SAYS("QL102 6: unknown key `hwo` | these are the inputs of `called`\n"
         "QL104 6: `n`: an int is expected, this is a string | these are the inputs of `called`\n",
         HEAD("a") "steps:\n  - call: called\n    with: { who: x, hwo: x, n: many }\n", CALLED);
    SAYS("QL126 6: `who` takes `string`, not `timestamp` | \n"
         "QL126 6: `n` takes `int`, not `string` | \n",
         HEAD("a") "steps:\n  - call: called\n    with: { who: '${{ run.started_at }}', "
                   "n: '${{ run.id }}' }\n",
         CALLED);
    SAYS("QL114 8: `called` has no output `y` | \n",
         HEAD("a") "steps:\n  - id: c\n    call: called\n    with: { who: x }\n"
                   "  - fail: '${{ steps.c.output.y }}'\n",
         CALLED);
}

static void cycles_are_named(void **state)
{
    (void)state;
    SAYS("QL143 5: `a` starts itself in the end | a -> a\n", HEAD("a") "steps:\n  - call: a\n");
    SAYS("QL143 5: `a` starts itself in the end | a -> b -> c -> a\n",
         HEAD("a") "steps:\n  - call: b\n", HEAD("b") "steps:\n  - call: c\n",
         HEAD("c") "steps:\n  - parallel: { x: [{ call: a, detach: true }] }\n");
    SAYS("", HEAD("a") "steps:\n  - call: b\n  - call: c\n", HEAD("b") "steps:\n  - call: c\n",
         HEAD("c") "steps:\n  - stop:\n");
    SAYS("QL143 3: `a` starts itself in the end | a -> a\n",
         "quell: 1\nplaybook: a\non: { run: { playbook: a } }\nsteps:\n  - stop:\n");
    SAYS("QL143 5: `a` starts itself in the end | a -> b -> a\n", HEAD("a") "steps:\n  - call: b\n",
         "quell: 1\nplaybook: b\non: { call: , run: { playbook: [a] } }\nsteps:\n"
         "  - call: a\n");
    /* A cycle beside it is not its own. */
    SAYS("", HEAD("a") "steps:\n  - call: b\n", HEAD("b") "steps:\n  - call: c\n",
         HEAD("c") "steps:\n  - call: b\n");
}

#define DISRUPTS(id, match)                                                                        \
    "quell: 1\nplaybook: " id "\non: { incident: { match: { " match " } } }\n"                     \
    "limits: { device: { run: 1 } }\nsteps:\n  - uses: defender.stop-process\n"                    \
    "    with: { device_id: d }\n"

/* In a large folder a finding for each pair would bury the others. */
static void overlaps_are_told_once(void **state)
{
    (void)state;
    SAYS("QL309 3: `b` may start on the same incident | it stands in test.yaml\n",
         DISRUPTS("a", "severity: high"), DISRUPTS("b", "title: x"),
         DISRUPTS("c", "severity: low"));
    SAYS("QL309 3: `b` may start on the same incident | it stands in test.yaml; "
         "1 more overlap likewise\n",
         DISRUPTS("a", "severity: high"), DISRUPTS("b", "title: x"), DISRUPTS("c", "title: y"));
}

#define ON_UPDATE(id, types, more)                                                                 \
    "quell: 1\nplaybook: " id "\non: { call: , incident: { types: " types                          \
    ", match: { severity: high }" more " } }\n"
#define COMMENT                                                                                    \
    "steps:\n  - id: c\n    uses: sentinel.add-comment\n"                                          \
    "    with: { incident_id: '${{ incident.source_id }}', message: x }\n"
#define CALLS(id) "steps:\n  - id: k\n    call: " id "\n"
#define UPDATES(id, of)                                                                            \
    "QL144 3: `" id "` starts on updates of incidents, and makes them | step `c` of `" of          \
    "` updates an incident\n"

static void updates_that_it_makes_itself(void **state)
{
    (void)state;
    SAYS(UPDATES("a", "a"), ON_UPDATE("a", "updated", "") COMMENT);
    SAYS(UPDATES("a", "a"), ON_UPDATE("a", "[created, closed]", "") COMMENT);
    SAYS("", ON_UPDATE("a", "created", "") COMMENT);
    SAYS("", ON_UPDATE("a", "updated", "") "steps:\n  - stop:\n");
    SAYS("", "state: off\n" ON_UPDATE("a", "updated", "") COMMENT);
    SAYS("", ON_UPDATE("a", "updated", "") "dedupe: { key: incident.id }\n" COMMENT);
    SAYS("", ON_UPDATE("a", "updated", "") "throttle: { once-within: 10m }\n" COMMENT);
    SAYS("", ON_UPDATE("a", "updated", "") "concurrency: { group: incident.id }\n" COMMENT);
    /* What it asks of the update is no comment. */
    SAYS("", ON_UPDATE("a", "updated", ", changed: { status: any }") COMMENT);
    SAYS(UPDATES("a", "a"), ON_UPDATE("a", "updated", ", changed: { comments: any }") COMMENT);
    /* By those that it calls, and theirs. */
    SAYS(UPDATES("a", "c"), ON_UPDATE("a", "updated", "") CALLS("b"), HEAD("b") CALLS("c"),
         HEAD("c") COMMENT);
    SAYS("", ON_UPDATE("a", "updated", "") CALLS("b"), HEAD("b") "steps:\n  - stop:\n",
         HEAD("c") COMMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_and_outputs), cmocka_unit_test(cycles_are_named),
        cmocka_unit_test(overlaps_are_told_once), cmocka_unit_test(updates_that_it_makes_itself)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
