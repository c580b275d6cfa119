/*
 * cmd_plan.c - `quell plan PLAYBOOK -i INCIDENT`: every call that a run would make, without making
 * one that is not a read.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/command.h"
#include "cli/plan_options.h"
#include "cli/print.h"

static void print_word(const char *word)
{
    const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@,+";

    if (word[0] && word[strspn(word, plain)] == '\0')
        printf(" %s", word);
    else if (strchr(word, '\'') == NULL)
        printf(" '%s'", word);
    else
        printf(" ...");
}

/* The same command line, for real; nothing when that would fail or has nothing to do. */
static void print_next(const struct term *term, const struct args *args, struct quell_value plan)
{
    static const char *const kept[] = {"incident", "source", "input", "inputs", "config", "store"};
    size_t i, k;

    if (!term->terminal || quell_count(quell_get(plan, "failures")) ||
        quell_count(quell_get(plan, "calls")) == 0)
        return;
    printf("%snext: quell run", term_on(term, TONE_DIM));
    print_word(args->words[0]);
    for (i = 0; i < args->option_count; i++)
        for (k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
            if (strcmp(args->options[i].name, kept[k]) == 0) {
                printf(" --%s", kept[k]);
                print_word(args->options[i].value);
            }
    printf("%s\n", term_off(term));
}

static int finish(const struct args *args, struct quell_document *document)
{
    struct term term = term_of_output();
    struct quell_value plan = document->value;
    struct quell_value verdict = quell_get(quell_get(plan, "trigger"), "verdict");
    struct quell_value totals = quell_get(plan, "totals");

    if (args_output(args) == OUTPUT_TEXT) {
        print_plan(&term, plan, args_flag(args, "paths"));
        print_next(&term, args, plan);
    } else
        print_json(document, args_output(args));
    if (args_flag(args, "expect-match") && !quell_text_is(verdict, "match"))
        return EXIT_FINDING;
    if (args_flag(args, "detailed-exitcode") &&
        quell_get_int(totals, "changes", 0) + quell_get_int(totals, "disrupts", 0) > 0)
        return EXIT_TOOL;
    return EXIT_DONE;
}

int plan_command(const struct args *args)
{
    struct quell_plan_options options = {.playbook = args->words[0],
                                         .source = quell_str_of(args_text(args, "source")),
                                         .offline = args_flag(args, "offline")};
    struct arena *arena;
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;
    int status;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    arena = arena_new(0);
    code = args_file(args, "incident", arena, &options.incident, &err);
    if (code == QUELL_OK)
        code = args_inputs(args, arena, &options.inputs, &err);
    if (code == QUELL_OK)
        code = open_engine(args, QUELL_FOR_AUTHORING, &engine, &err);
    if (code == QUELL_OK)
        code = quell_plan(engine, &options, &document, &err);
    status = code ? fail_incident(args, &err) : finish(args, &document);
    quell_document_free(&document);
    quell_close(engine);
    arena_free(arena);
    return status;
}

static const struct option_row options[] = {
    INCIDENT_OPTIONS,
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_plan = {
    .name = "plan",
    .words = "PLAYBOOK [-i INCIDENT]",
    .doc = "Shows every call a run would make; reads are really done, nothing is changed.",
    .more =
        "PLAYBOOK is a file, or the id of a configured playbook. The trigger's verdict is shown\n"
        "first; the plan itself is that of a manual start. `quell run --dry-run` is the same.\n\n"
        "exit codes: 0 planned, 1 no match with --expect-match, 2 bad use or input\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = plan_command,
};
