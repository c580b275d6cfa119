/*
 * help.c - the help of the command line, as text and as a document, from the rows of the commands.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "cli/command.h"
#include "value/value.h"

static const struct {
    const char *title, *command; /* one of them */
} lines[] = {
#define GROUP(title) {title, NULL},
#define COMMAND(name) {NULL, #name},
#include "cli/commands.def"
#undef COMMAND
#undef GROUP
};
enum { LINES = sizeof(lines) / sizeof(lines[0]) };

static const struct {
    const char *command, *line;
} examples[] = {
#define EXAMPLE(command, line) {command, line},
#include "cli/examples.def"
#undef EXAMPLE
};
enum { EXAMPLES = sizeof(examples) / sizeof(examples[0]) };

/* ---- text --------------------------------------------------------------------------------------
 */

static void print_options(const struct option_row *row)
{
    char left[64];

    for (; row && row->name; row++) {
        (void)snprintf(left, sizeof(left), "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
                       row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name,
                       row->value ? " " : "", row->value ? row->value : "");
        printf("  %-26s  %s\n", left, row->doc);
    }
}

static void print_examples(const char *command)
{
    const char *before = "\nexamples:\n";
    size_t i;

    for (i = 0; i < EXAMPLES; i++)
        if (strcmp(examples[i].command, command) == 0) {
            printf("%s  %s\n", before, examples[i].line);
            before = "";
        }
}

void print_help(const struct command *command)
{
    printf("%s\n\nusage: quell %s%s%s\n\n", command->doc, command->name,
           command->words[0] ? " " : "", command->words);
    if (command->options && command->options->name)
        print_options(command->options);
    if (command->remote)
        print_options(remote_options);
    print_options(common_options);
    print_examples(command->name);
    if (command->more)
        printf("\n%s", command->more);
}

void print_commands(void)
{
    size_t i;

    printf("quell runs security playbooks: incidents in, matched, acted on, durably.\n\n"
           "usage: quell COMMAND [options]\n");
    for (i = 0; i < LINES; i++)
        if (lines[i].title)
            printf("\n%s\n", lines[i].title);
        else
            printf("  %-10s %s\n", lines[i].command, command_find(lines[i].command)->doc);
    printf("\nquell help COMMAND tells more, with examples.\n\n"
           "exit codes: 0 done, 1 a finding, 2 bad use or input, 3 not finished, 4 not allowed,\n"
           "5 not reached, 130 interrupted\n");
}

/* ---- a document --------------------------------------------------------------------------------
 */

static struct quell_value option_value(struct arena *arena, const struct option_row *row)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "name", quell_text(row->name));
    if (row->letter)
        map_add(&map, "letter", value_copy_str(arena, (struct quell_str){&row->letter, 1}));
    if (row->value)
        map_add(&map, "value", quell_text(row->value));
    map_add(&map, "repeatable", quell_bool(row->kind == OPTION_MANY));
    map_add(&map, "about", quell_text(row->doc));
    return map_made(&map);
}

static struct quell_value options_value(struct arena *arena, const struct command *command)
{
    const struct option_row *tables[] = {command->options, command->remote ? remote_options : NULL,
                                         common_options};
    struct list_builder list = {.arena = arena};
    size_t i;

    for (i = 0; i < 3; i++)
        for (; tables[i] && tables[i]->name; tables[i]++)
            list_add(&list, option_value(arena, tables[i]));
    return list_made(&list);
}

static struct quell_value command_value(struct arena *arena, const struct command *command,
                                        const char *group)
{
    struct map_builder map = {.arena = arena};
    struct list_builder list = {.arena = arena};
    size_t i;

    for (i = 0; i < EXAMPLES; i++)
        if (strcmp(examples[i].command, command->name) == 0)
            list_add(&list, quell_text(examples[i].line));
    map_add(&map, "command", quell_text(command->name));
    map_add(&map, "group", quell_text(group));
    map_add(&map, "usage",
            quell_string(arena_format(arena, "quell %s%s%s", command->name,
                                      command->words[0] ? " " : "", command->words)));
    map_add(&map, "about", quell_text(command->doc));
    map_add(&map, "options", options_value(arena, command));
    map_add(&map, "more", command->more ? quell_text(command->more) : quell_null());
    map_add(&map, "examples", list_made(&list));
    return map_made(&map);
}

struct quell_value help_value(struct arena *arena, const struct command *command)
{
    struct list_builder list = {.arena = arena};
    const char *group = "";
    size_t i;

    for (i = 0; i < LINES; i++) {
        if (lines[i].title)
            group = lines[i].title;
        else if (!command || strcmp(command->name, lines[i].command) == 0)
            list_add(&list, command_value(arena, command_find(lines[i].command), group));
    }
    return list_made(&list);
}
