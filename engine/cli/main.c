/*
 * main.c - finds the command and runs it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/command.h"

static int unknown_command(const char *name)
{
    struct quell_str names[64], nearest;
    size_t count;

    for (count = 0; commands[count] && count < 64; count++)
        names[count] = quell_str_of(commands[count]->name);
    nearest = str_nearest(quell_str_of(name), names, count);
    fprintf(stderr, "quell: there is no command `%s`", name);
    if (nearest.len)
        fprintf(stderr, "; did you mean `%.*s`?", QUELL_ARG(nearest));
    fprintf(stderr, "\ntry: quell help\n");
    return EXIT_TOOL;
}

int main(int argc, char **argv)
{
    const struct command *command;
    static struct args args; /* 6 KB: too large for comfort on the stack, used once */
    bool help;

    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), not a death */
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_commands();
        return EXIT_DONE;
    }
    command = command_find(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    if (!args_parse(command, argc - 2, argv + 2, &args, &help))
        return EXIT_TOOL;
    if (help) {
        print_help(command);
        return EXIT_DONE;
    }
    return command->run(&args);
}
