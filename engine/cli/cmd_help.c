/*
 * cmd_help.c - `quell help [COMMAND]`.
 */
#include <stdio.h>

#include "base/arena.h"
#include "cli/command.h"

static int run(const struct args *args)
{
    enum output output = args_output(args);
    const struct command *command = NULL;
    struct quell_document document;
    struct arena *arena;

    if (args->word_count > 0)
        command = command_find(args->words[0]);
    if (args->word_count > 0 && command == NULL)
        return fail_usage(args, "there is no command `%s`", args->words[0]);
    if (output == OUTPUT_BAD)
        return EXIT_TOOL;
    if (output == OUTPUT_TEXT) {
        if (command)
            print_help(command);
        else
            print_commands();
        return EXIT_DONE;
    }
    arena = arena_new(0);
    document = (struct quell_document){help_value(arena, command), arena};
    print_json(&document, output);
    quell_document_free(&document);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .words = "[COMMAND]",
    .doc = "Shows the commands, or one command's options and examples.",
    .words_max = 1,
    .run = run,
};
