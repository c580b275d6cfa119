/*
 * args.c - parsing a command line by its command's rows.
 */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

const struct option_row common_options[] = {
    {"config", 'c', OPTION_TEXT, "FILE", "Read this quell.yaml."},
    {"store", 0, OPTION_TEXT, "URL", "Use this store instead of the configuration's."},
    {"output", 'o', OPTION_TEXT, "FORMAT", "text (default), json, or ndjson: one object a line."},
    {"help", 'h', OPTION_FLAG, NULL, "Show this help."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

#define GROUP(title)
#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.def"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/commands.def"
#undef COMMAND
#undef GROUP
    NULL};

const struct command *command_find(const char *name)
{
    size_t i;

    for (i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static const struct option_row *in_table(const struct option_row *row, const char *name, size_t len,
                                         char letter)
{
    for (; row && row->name; row++) {
        if (letter ? row->letter == letter
                   : strlen(row->name) == len && memcmp(row->name, name, len) == 0)
            return row;
    }
    return NULL;
}

static const struct option_row *find_option(const struct command *command, const char *name,
                                            size_t len, char letter)
{
    const struct option_row *row = in_table(command->options, name, len, letter);

    if (row == NULL && command->remote)
        row = in_table(remote_options, name, len, letter);
    return row ? row : in_table(common_options, name, len, letter);
}

static void unknown_option(const struct command *command, const char *option)
{
    struct quell_str names[64], nearest;
    const struct option_row *tables[] = {command->options, common_options,
                                         command->remote ? remote_options : NULL},
                            *row;
    size_t count = 0, i;

    for (i = 0; i < 3; i++)
        for (row = tables[i]; row && row->name && count < 64; row++)
            names[count++] = quell_str_of(row->name);
    nearest = str_nearest(quell_str_of(option + strspn(option, "-")), names, count);
    fprintf(stderr, "quell %s: there is no option `%s`", command->name, option);
    if (nearest.len)
        fprintf(stderr, "; did you mean `--%.*s`?", QUELL_ARG(nearest));
    fprintf(stderr, "\ntry: quell %s --help\n", command->name);
}

static bool add_option(struct args *args, const struct option_row *row, const char *value)
{
    if (args->option_count == ARGS_MAX) {
        fprintf(stderr, "quell %s: too many options\n", args->command->name);
        return false;
    }
    args->options[args->option_count].name = row->name;
    args->options[args->option_count++].value = value;
    return true;
}

/* One option at argv[*at]; moves *at to its last word. */
static bool parse_option(struct args *args, int argc, char **argv, int *at)
{
    const char *word = argv[*at], *value = NULL, *equals;
    const struct option_row *row;

    if (word[1] == '-') {
        equals = strchr(word, '=');
        row = find_option(args->command, word + 2,
                          equals ? (size_t)(equals - word - 2) : strlen(word + 2), 0);
        value = equals ? equals + 1 : NULL;
    } else {
        row = find_option(args->command, NULL, 0, word[1]);
        value = word[2] ? word + 2 : NULL;
    }
    if (row == NULL) {
        unknown_option(args->command, word);
        return false;
    }
    if (row->kind == OPTION_FLAG && value) {
        fprintf(stderr, "quell %s: --%s takes no value\n", args->command->name, row->name);
        return false;
    }
    if (row->kind != OPTION_FLAG && value == NULL) {
        if (*at + 1 >= argc) {
            fprintf(stderr, "quell %s: --%s needs a value: %s\n", args->command->name, row->name,
                    row->value);
            return false;
        }
        value = argv[++*at];
    }
    return add_option(args, row, value);
}

static bool check_words(const struct args *args)
{
    const struct command *command = args->command;

    if (args->word_count >= command->words_min && args->word_count <= command->words_max)
        return true;
    fprintf(stderr, "quell %s: %s\nusage: quell %s %s\n", command->name,
            args->word_count < command->words_min ? "an argument is missing" : "too many arguments",
            command->name, command->words);
    return false;
}

bool args_parse(const struct command *command, int argc, char **argv, struct args *args, bool *help)
{
    bool options = true;
    int i;

    *args = (struct args){.command = command};
    for (i = 0; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!parse_option(args, argc, argv, &i))
                return false;
        } else if (args->word_count == ARGS_MAX) {
            fprintf(stderr, "quell %s: too many arguments\n", command->name);
            return false;
        } else {
            args->words[args->word_count++] = argv[i];
        }
    }
    *help = args_flag(args, "help");
    return *help || check_words(args);
}

const char *args_text(const struct args *args, const char *option)
{
    size_t i;

    for (i = args->option_count; i > 0; i--)
        if (strcmp(args->options[i - 1].name, option) == 0)
            return args->options[i - 1].value;
    return NULL;
}

bool args_flag(const struct args *args, const char *option)
{
    size_t i;

    for (i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].name, option) == 0)
            return true;
    return false;
}

size_t args_many(const struct args *args, const char *option, const char **values)
{
    size_t i, count = 0;

    for (i = 0; i < args->option_count; i++)
        if (strcmp(args->options[i].name, option) == 0)
            values[count++] = args->options[i].value;
    values[count] = NULL;
    return count;
}
