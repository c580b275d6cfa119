/*
 * cmd_apply.c - `quell apply FILE`: runs a plan that `quell plan --out` has saved, if it would
 * still come out the same.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/when.h"
#include "cli/print.h"
#include "cli/watch.h"
#include "loop/file.h"

struct saved {
    struct quell_str text;
    struct quell_document differences;
};

static enum quell_code start(struct quell *engine, char run_id[37], void *user,
                             struct quell_error *err)
{
    struct saved *saved = user;

    return quell_apply(engine, saved->text, QUELL_STR("command line"), run_id, &saved->differences,
                       err);
}

static void print_side(const struct term *term, const char *mark, enum tone tone,
                       struct quell_value value)
{
    if (quell_is_null(value))
        return;
    printf("      %s%s%s ", term_on(term, tone), mark, term_off(term));
    term_value(term, value, 0);
    putchar('\n');
}

/* What was planned, and what would be done now. */
static void print_differences(struct quell_value differences)
{
    struct term term = term_of_output();
    size_t i;

    for (i = 0; i < quell_count(differences); i++) {
        struct quell_value one = quell_at(differences, i);
        struct quell_str path = quell_get_str(one, "path"), key = quell_get_str(one, "key");
        printf("  ");
        term_print(quell_get_str(one, "what"));
        if (path.len) {
            printf(" of ");
            term_print(path);
        }
        if (key.len) {
            printf(": ");
            term_print(key);
        }
        putchar('\n');
        print_side(&term, "-", TONE_BAD, quell_get(one, "was"));
        print_side(&term, "+", TONE_GOOD, quell_get(one, "is"));
    }
    if (term.terminal)
        printf("%snext: look at it with `quell plan`, and save it anew with --out%s\n",
               term_on(&term, TONE_DIM), term_off(&term));
}

static int finish(const struct args *args, struct saved *saved, int status)
{
    if (saved->differences.memory == NULL)
        return status;
    if (args_output(args) == OUTPUT_TEXT)
        print_differences(saved->differences.value);
    else
        print_json(&saved->differences, args_output(args));
    quell_document_free(&saved->differences);
    return EXIT_FINDING;
}

static int run(const struct args *args)
{
    const char *timeout = args_text(args, "timeout");
    struct saved saved = {0};
    struct arena *arena;
    struct quell_error err = {0};
    struct quell *engine = NULL;
    struct when when = {0};
    enum quell_code code;
    int status;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (timeout && !when_parse_duration(quell_str_of(timeout), &when))
        return fail_usage(args, "--timeout is a duration such as 30s or 5m, not `%s`", timeout);
    arena = arena_new(0);
    code = file_read(arena, args->words[0], LIMIT_OWN_JSON_BYTES, &saved.text, &err);
    if (code == QUELL_OK)
        code = open_engine(args, QUELL_FOR_RUNNING, &engine, &err);
    status = code ? fail(&err) : watch_run(args, engine, NULL, when_to_us(when), start, &saved);
    status = finish(args, &saved, status);
    end_engine(engine);
    arena_free(arena);
    return status;
}

static const struct option_row options[] = {
    {"timeout", 't', OPTION_TEXT, "TIME", "Leave after this time (exit 3); the run is not ended."},
    {"playbooks", 'p', OPTION_MANY, "PATH",
     "Playbooks to look for ids in, instead of the configuration's; repeatable."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_apply = {
    .name = "apply",
    .words = "FILE",
    .doc = "Runs a saved plan, unless anything has changed.",
    .more =
        "FILE is what `quell plan --out FILE` has written (- = stdin). The plan is made again "
        "first:\n"
        "when the playbook, the incident or a call with its arguments would come out otherwise,\n"
        "nothing is begun and the differences are shown. The run makes no call that the plan does\n"
        "not have; what the plan could not know may be anything.\n\n"
        "exit codes: 0 succeeded, 1 failed or the plan has changed, 2 bad use or file, 3 it waits\n"
        "for a person or --timeout passed, 5 the store is held by another process, 130 "
        "interrupted\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
