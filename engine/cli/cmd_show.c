/*
 * cmd_show.c - `quell show RUN`: the story of a run.
 */
#include <stdio.h>

#include "base/arena.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/remote.h"

static enum quell_code read_run(const struct args *args, struct quell **engine,
                                struct quell_document *document, struct quell_error *err)
{
    enum quell_code code;

    if (remote_wanted(args)) {
        struct arena *arena = arena_new(0);
        code = remote_read(args, arena_format(arena, "runs/%s", args->words[0]), document, err);
        arena_free(arena);
        return code;
    }
    code = open_engine(args, QUELL_FOR_READING, engine, err);
    return code ? code : quell_show(*engine, quell_str_of(args->words[0]), document, err);
}

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    code = read_run(args, &engine, &document, &err);
    if (code == QUELL_OK && args_output(args) == OUTPUT_TEXT)
        print_run(&term, document.value, args_flag(args, "events"));
    else if (code == QUELL_OK)
        print_json(&document, args_output(args));
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {"events", 'e', OPTION_FLAG, NULL, "Show the journal as well, one event a line."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_show = {
    .name = "show",
    .words = "RUN",
    .doc = "Tells the story of a run; the beginning of its id is enough.",
    .more = "exit codes: 0 shown, whatever became of the run, 2 no such run or store\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .remote = true,
    .run = run,
};
