/*
 * quell_docs.c - writes the reference pages from the tables that the engine itself uses, so that
 * they cannot say anything else: `quell-docs playbook` and `quell-docs cel` print docs/playbook.md
 * and docs/cel.md; `quell-docs cel-dictionary` prints words for the fuzzer of expressions.
 */
#include "docs_testing.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cel/cel.h"
#include "incident/incident.h"
#include "match/match.h"
#include "playbook/load.h"
#include "playbook/playbook.h"
#include "value/fields.h"

/* A cell of a table: a bar would end it. */
static void print_cell(struct quell_str text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '|')
            putchar('\\');
        putchar(text.data[i] == '\n' ? ' ' : text.data[i]);
    }
}

static bool later(const struct quell_field *field)
{
    return (field->flags & PLAYBOOK_LATER) != 0;
}

static void print_fields(const char *title, const char *about, const struct quell_field *table)
{
    struct arena *arena = arena_new(0);
    const struct quell_field *field;
    bool any_later = false;

    printf("\n## %s\n\n%s\n\n| key | type | meaning |\n| --- | --- | --- |\n", title, about);
    for (field = table; field->name; field++) {
        any_later |= later(field);
        if (later(field))
            continue;
        printf("| `%s`%s | ", field->name, field->flags & QUELL_REQUIRED ? " (required)" : "");
        print_cell(fields_type_text(arena, field));
        printf(" | ");
        print_cell(quell_str_of(field->doc));
        if (field->fallback) {
            printf(" Default `");
            print_cell(quell_str_of(field->fallback));
            printf("`.");
        }
        printf(" |\n");
    }
    if (any_later) {
        const char *comma = "";
        printf("\nFor a later version, refused until then: ");
        for (field = table; field->name; field++)
            if (later(field)) {
                printf("%s`%s`", comma, field->name);
                comma = ", ";
            }
        printf(".\n");
    }
    arena_free(arena);
}

static void print_operators(void)
{
    size_t count, i;
    const struct match_operator_info *rows = match_operators(&count);

    printf(
        "\n## Operators of `match` and `unless`\n\n"
        "A map of *field path -> condition*; all must hold. A path through a list means any "
        "element. A scalar is `equals`, a list is `any-of`; several operators in one map must all "
        "hold. **Text is compared without regard to case** (as Sentinel does) unless "
        "`case: sensitive` stands beside the operator; CEL compares exactly. An absent field makes "
        "a positive condition not hold, and a negative or guarding one *undetermined*; a trigger "
        "that is undetermined never acts.\n\n"
        "| operator | meaning | example |\n| --- | --- | --- |\n");
    for (i = 0; i < count; i++) {
        printf("| `%s` | ", rows[i].name);
        print_cell(quell_str_of(rows[i].doc));
        printf(" | `");
        print_cell(quell_str_of(rows[i].example));
        printf("` |\n");
    }
}

static void print_steps(void)
{
    printf("\n## Kinds of steps\n\nA step has exactly one of these.\n\n| kind | meaning |\n| --- | "
           "--- |\n");
#define STEP(name, keyword, doc) printf("| `%s` | %s |\n", keyword, doc);
#include "playbook/steps.def"
#undef STEP
}

static void print_sources(void)
{
    size_t i;

    printf("\n## Sources\n\nRecognised by shape, or named by a hook's `source:` or `--source`.\n\n"
           "| source | what it reads |\n| --- | --- |\n");
    for (i = 0; incident_sources[i]; i++)
        printf("| `%s` | %s |\n", incident_sources[i]->name, incident_sources[i]->doc);
}

static void print_starts(void)
{
    print_fields("Under `on: manual:`", "Or nothing: anyone may start it.", manual_fields);
    print_fields("Under `on: schedule:`",
                 "A list, each with `cron` or `every`. The last planned time is durable: what was "
                 "missed while quell was not running is known after a restart.",
                 schedule_fields);
    print_fields("Under `dedupe`",
                 "`key` sees `incident`, `alert`, `event`, `inputs`, `playbook`, `config` and "
                 "`lists`. Every event that matches and starts nothing is counted, linked to the "
                 "run that stands for it, and listed by `quell ps --refused`. A person who starts "
                 "a run is not kept back by `dedupe` and `throttle`.",
                 dedupe_fields);
    print_fields("Under `throttle`", "One of its three kinds.", throttle_fields);
    print_fields("Under `concurrency`",
                 "Runs that wait for their turn begin in the order of their events, also after a "
                 "restart.",
                 concurrency_fields);
    print_fields("Under `limits`",
                 "Judged on the resolved targets, in the transaction of the intent. A kind of "
                 "target without a limit of its own keeps the compiled cap: a run disrupts five at "
                 "the most. In a run a target counts once, however often it is touched; reads do "
                 "not count. Over a limit the run is held with a reason such as "
                 "`limit.device.hour`, until a person says `quell release RUN` or `--refuse`.",
                 limits_fields);
    print_fields("Under `quality`",
                 "An incident counts once, when it comes in closed with a classification within 90 "
                 "days; a new text of the playbook begins anew. Runs that a person starts are not "
                 "touched by it.",
                 quality_fields);
}

static void print_types(void)
{
    printf(
        "\n## Types\n\n"
        "Every expression is checked before a playbook loads, and everything that is wrong in it "
        "is "
        "said at once. Typing is gradual: what is not known has the type `dyn` and fits "
        "everywhere - `incident.raw`, `config`, `lists`, what an action gives beyond its "
        "manifest.\n\n"
        "| what | its type |\n| --- | --- |\n"
        "| `incident`, `alert`, `event`, `run`, `playbook`, `error` | as the tables here say |\n"
        "| `inputs.<name>`, the answers of an `ask` | as declared; a `device` is an entity of the "
        "incident |\n"
        "| `vars.<name>` | of what it is set to |\n"
        "| `steps.<id>.output` | what the action's manifest says |\n"
        "| ... of a `for-each` | a list of `{item, index, status, steps, vars}` |\n"
        "| ... of a `while` | a list of `{index, status, steps, vars}` |\n"
        "| the name of a loop | an item of the list it runs over |\n\n"
        "`if`, `when`, `while`, `where` and `unless` take a bool, `for-each` a list, `until` of a "
        "`wait` a timestamp, an input of an action what its manifest says. Words of an enum are "
        "texts: one that it never has is refused wherever it is compared, and so is `<`, which "
        "would compare letters - use `incident.severity_rank`. A `switch` over an enum names all "
        "its words or ends with `else`. Numbers of different types may be compared but not added: "
        "`double(n) + 0.5`. What may be null passes; `.?` and `orValue()` are for what may not be "
        "there at all. `dyn(x)` tells the checker to let a value be. `quell eval --type` shows the "
        "type of an expression.\n");
}

/* Waiting for time and events, and asking people. */
static void print_waiting(void)
{
    print_fields("`wait`",
                 "`wait: 15m` waits for a span of time, `wait: { until: ... }` until a timestamp "
                 "(one that has passed does not wait), `wait: { for: ... }` for an event that "
                 "fits. The time is journaled before the wait begins: after a restart it is the "
                 "same, and one that has passed meanwhile is over at once. A wait never outlasts "
                 "the `timeout` of its step, of a block around it or of the run: it is "
                 "`timed-out` then, as is one whose event did not come.",
                 wait_fields);
    print_fields("`approve`",
                 "A gate in front of a step or a block: people are asked about exactly what is "
                 "going to be done - the playbook's revision, the step, its calls with their "
                 "arguments and targets as far as they can be known before it begins - and the "
                 "SHA-256 of that goes with the question and with each answer. When enough have "
                 "agreed it is worked out again: if it is not the same, they are asked anew. A "
                 "step that is not agreed to is `denied`, and the list goes on behind it, as "
                 "behind a step that was skipped; `on-error: fail` makes it a failure, and a list "
                 "under `on-error` is run with `error.code` `denied`. The step's `timeout` begins "
                 "when it is agreed to. A shadow run asks nobody. Groups are those of `groups:` in "
                 "quell.yaml; without that map, a group is not checked. `quell approvals` lists "
                 "what is asked, `quell approve` and `quell deny` answer.",
                 approve_fields);
    print_fields("`undo`",
                 "Of a step, `undo` says what takes it back: a step, a list of steps, or `none`; "
                 "without it, the call that its action's manifest names. A step or block with "
                 "`on-error: undo` takes back what really changed inside it when it fails, the "
                 "newest first, each by a call that is journaled as any other, and then fails. "
                 "What cannot be taken back does not keep the rest from it, and is named. Of a "
                 "playbook, `undo` says whether a run that fails is taken back; one that was taken "
                 "back whole ends as `undone`.",
                 undo_fields);
    print_fields("`poll`",
                 "After the call, the companion that its action's manifest names is called every "
                 "so often until the condition holds; a read is its own companion. A companion is "
                 "told the inputs of the call and what it gave, by their names. A look that meets "
                 "a passing fault is taken again; any other fault of it is one of the step.",
                 poll_fields);
    print_fields("`ask`",
                 "A form for a person. The answers are checked against it and are the step's "
                 "output: `steps.<id>.output.<field>`. `quell approvals` lists what is asked, "
                 "`quell answer` fills it in.",
                 ask_fields);
}

/* What the tables cannot say of steps that choose, repeat, call and end. */
static void print_flow(void)
{
    printf(
        "\n## How a run flows\n\n"
        "* **`parallel`**: the calls of its branches are under way at the same time. With "
        "`fail-fast` (the default) a branch that fails breaks off what has changed nothing yet in "
        "the others, which is `cancelled`; a change that is on its way comes to its end. A branch "
        "may not read what another one does.\n"
        "* **`switch`**: without a case that holds, and without `else`, it is `skipped`. An error "
        "in a `when` fails it.\n"
        "* **`while`**: the condition, and steps that have not begun in this iteration, see the "
        "steps of the iteration before, so that `steps.page.?output.next` can be the next page; "
        "what this iteration has not set yet is what the latest one before it set, so that "
        "`set: { rows: \"${{ vars.?rows.orValue([]) + steps.page.output.rows }}\" }` gathers. "
        "Its output is a list of `{index, status, steps, vars}`.\n"
        "* **`set`** inside a loop names vars of that item or iteration; behind the loop they are "
        "read from its output.\n"
        "* **`call`**: a run of its own, with its own journal, limits and time-out, that knows its "
        "caller. It fails the step when it fails, and is cancelled when the step's time is up or "
        "its caller is cancelled. Inputs, outputs and cycles are checked over all playbooks that "
        "are linted or served together.\n"
        "* **The end**: `outputs` are computed when the last step has succeeded, also after a "
        "`stop`; an error in one fails the run. `on-failure` runs when the run fails, then "
        "`finally` in every case. A failure in `finally` fails a run that had succeeded. Each of "
        "the two has an hour.\n"
        "* **`quell cancel`** ends a run before its end: no further step begins, then `finally` "
        "runs.\n");
}

static void print_playbook(void)
{
    printf("# The playbook language\n\n"
           "Made from the engine's own tables by `quell-docs playbook`; a test keeps it current.\n"
           "Keywords are kebab-case, names (step ids, inputs, vars) snake_case, actions "
           "`connector.verb-object`. An unknown keyword is an error.\n");
    print_fields("Top level", "The keys of a playbook.", playbook_fields);
    print_fields("Under `on`", "Several keys mean any of them.", on_fields);
    print_fields("Under `on: incident:`", "All that stands here must hold.", match_incident_fields);
    print_fields("Under `on: run:`",
                 "Runs of other playbooks that start this one, about the same incident. A chain of "
                 "runs that lead to runs has a limit.",
                 run_trigger_fields);
    print_operators();
    print_starts();
    print_fields("Inputs", "Each entry of `inputs` is a map.", input_fields);
    print_steps();
    print_fields("Keys of a step", "Beside its kind, a step may have these.", step_fields);
    print_flow();
    print_fields("Under `switch`", "Each entry of the list is a map.", case_fields);
    print_fields("Under `defaults`", "Of all steps that call an action or a playbook.",
                 default_fields);
    print_fields("Under `retry`",
                 "How a failed call is tried again. A `Retry-After` of the far side "
                 "is always honoured and does not count.",
                 retry_fields);
    print_waiting();
    printf(
        "\n## What expressions see\n\n"
        "`incident`, `inputs`, `vars`, `steps`, the name of the loop around, `run`, `playbook`, "
        "`config`, `lists`, in `on-error` and `on-failure` `error`, and what its trigger brings: "
        "`alert`, `event`. Never secrets, never the "
        "environment. A text that is exactly one `${{ }}` keeps the expression's type; its result "
        "is never scanned again.\n");
    print_types();
    print_fields("`steps.<id>`",
                 "Of a step that stands earlier in the text; where it may not have "
                 "run, write `steps.<id>.?output`.",
                 playbook_step_fields);
    print_fields("`run`", "The run itself.", playbook_run_fields);
    print_fields("`playbook`", "What stands at the playbook's top.", playbook_self_fields);
    print_fields("`event`", "With `on: run`: the run that started this one.",
                 playbook_event_fields);
    print_fields("`error`", "Why a step or the run failed.", playbook_error_fields);
    print_fields("`incident`",
                 "Every source is turned into this one shape; every key is there, "
                 "maybe null or empty. The sender's own JSON is `incident.raw`.",
                 incident_fields);
    print_sources();
}

static void print_conformance(void)
{
    int held = 0, all = 0;

    printf(
        "\n## How much of CEL this is\n\n"
        "CEL's own suites, run by `unit.cel.test_conformance`, which fails when a number here is "
        "not what it finds. (`cel-go-suites/checking`: `unit.cel.test_check_suites`.)\n\n"
        "| suite | hold | of |\n| --- | --- | --- |\n");
#define EXCEPTION(file, where, mark, count, why)
#define SUITE(file, judging, passed, total)                                                        \
    printf("| %s | %d | %d |\n", file, passed, total);                                             \
    held += (passed);                                                                              \
    all += (total);
#include "../cel/conformance.def"
#undef SUITE
#undef EXCEPTION
    printf("| all | %d | %d |\n\nThe exceptions, each of them:\n\n", held, all);
#define SUITE(file, judging, passed, total)
#define EXCEPTION(file, where, mark, count, why) printf("* %s, %d cases: %s.\n", file, count, why);
#include "../cel/conformance.def"
#undef SUITE
#undef EXCEPTION
}

/* Words of expressions, for libFuzzer's -dict. */
static void print_dictionary(void)
{
    static const char *const marks[] = {"&&", "||", "==", "!=", "<=", ">=",  " in ", " ? ", " : ",
                                        ".?", "[?", "{?", "b'", "r'", "'''", "null", "true"};
    size_t count, i;
    const struct cel_function_info *rows = cel_functions(&count);

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        printf("\"%s\"\n", marks[i]);
    for (i = 0; i < count; i++) {
        bool method = strncmp(rows[i].signature, rows[i].name, strlen(rows[i].name)) != 0;
        printf("\"%s%s(\"\n", method ? "." : "", rows[i].name);
    }
}

static void print_cel(void)
{
    size_t count, i;
    const struct cel_function_info *rows = cel_functions(&count);

    printf("# Expressions\n\n"
           "[CEL](https://cel.dev), all of it that needs no protobuf, with its extensions, and "
           "functions "
           "of our own: all operators, `in`, `? :`, `has()`, list and map literals, raw and "
           "triple-quoted strings, optional access `.?` and `[?]`. Time zones are names of the tz "
           "database, or offsets. An expression has a budget of steps and memory; one that uses it "
           "up fails. Made from the engine's own tables by `quell-docs cel`; every example is run "
           "by the tests. Try one: "
           "`quell eval 'EXPRESSION' --vars FILE.json`.\n\n"
           "| function | meaning | example | gives |\n| --- | --- | --- | --- |\n");
    for (i = 0; i < count; i++) {
        printf("| `");
        print_cell(quell_str_of(rows[i].signature));
        printf("` | ");
        print_cell(quell_str_of(rows[i].doc));
        printf(" | `");
        print_cell(quell_str_of(rows[i].example));
        printf("` | `");
        print_cell(quell_str_of(rows[i].result));
        printf("` |\n");
    }
    print_conformance();
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "playbook") == 0) {
        print_playbook();
    } else if (argc == 2 && strcmp(argv[1], "cel") == 0) {
        print_cel();
    } else if (argc == 2 && strcmp(argv[1], "testing") == 0) {
        print_testing();
    } else if (argc == 2 && strcmp(argv[1], "cel-dictionary") == 0) {
        print_dictionary();
    } else {
        fprintf(stderr, "usage: quell-docs playbook|cel|testing|cel-dictionary\n");
        return 2;
    }
    return 0;
}
