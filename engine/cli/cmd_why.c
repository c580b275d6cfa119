/*
 * cmd_why.c - `quell why RUN|INCIDENT`: what a run waits for and until when, why it ended, or what
 * an incident started and what it did not.
 */
#include <stdio.h>

#include "cli/command.h"
#include "cli/print.h"

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    enum quell_code code;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    code = quell_why(engine, quell_str_of(args->words[0]), &document, &err);
    if (code == QUELL_OK && args_output(args) == OUTPUT_TEXT)
        print_why(&term, document.value);
    else if (code == QUELL_OK)
        print_json(&document, args_output(args));
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_why = {
    .name = "why",
    .words = "RUN|INCIDENT",
    .doc = "Says what a run waits for and until when, or why it ended.",
    .more = "The beginning of a run's id is enough. Of an incident it says which runs it started,\n"
            "which starts were refused and why, and which playbooks it does not match.\n\n"
            "exit codes: 0 told, 2 no such run or incident, or no store\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
