/*
 * cmd_help.c - `quell help [COMMAND]`.
 */
#include <stdio.h>

#include "cli/command.h"

static int run(const struct args *args)
{
    const struct command *command;

    if (args->word_count == 0) {
        print_commands();
        return EXIT_DONE;
    }
    command = command_find(args->words[0]);
    if (command == NULL)
        return fail_usage(args, "there is no command `%s`", args->words[0]);
    print_help(command);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .words = "[COMMAND]",
    .doc = "Shows the commands, or one command's options.",
    .words_max = 1,
    .run = run,
};
