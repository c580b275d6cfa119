/*
 * cmd_actions.c - `quell actions [NAME]`: what connectors can do, from their manifests.
 */
#include <stdio.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/term.h"

static void print_fields(const struct term *term, const char *title, struct quell_value fields)
{
    size_t i;

    if (quell_count(fields) == 0)
        return;
    printf("  %s\n", title);
    for (i = 0; i < quell_count(fields); i++) {
        struct quell_value field = quell_at(fields, i);
        printf("    ");
        term_pad(quell_get_str(field, "name"), 18);
        printf(" ");
        term_pad(quell_get_str(field, "type"), 18);
        printf(" %s", quell_get_bool(field, "required", false) ? "required  " : "          ");
        term_print(quell_get_str(field, "doc"));
        if (!quell_is_null(quell_get(field, "default"))) {
            printf(" Default: ");
            term_value(term, quell_get(field, "default"), 40);
            printf(".");
        }
        putchar('\n');
    }
}

static void print_one(const struct term *term, struct quell_value action)
{
    struct quell_str undo = quell_get_str(quell_get(action, "undo"), "action");

    printf("%s", term_on(term, TONE_STRONG));
    term_print(quell_get_str(action, "action"));
    printf("%s  ", term_off(term));
    term_print(quell_get_str(action, "doc"));
    printf("\n  effect %.*s, repeat %.*s, undo %.*s\n", QUELL_ARG(quell_get_str(action, "effect")),
           QUELL_ARG(quell_get_str(action, "repeat")),
           QUELL_ARG(undo.len ? undo : QUELL_STR("none")));
    print_fields(term, "with", quell_get(action, "inputs"));
    print_fields(term, "returns", quell_get(action, "outputs"));
}

static void print_list(const struct term *term, struct quell_value list, bool whole)
{
    size_t i;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value action = quell_at(list, i);
        if (whole) {
            if (i)
                putchar('\n');
            print_one(term, action);
            continue;
        }
        term_pad(quell_get_str(action, "action"), 28);
        printf(" ");
        term_pad(quell_get_str(action, "effect"), 9);
        printf(" ");
        term_print(quell_get_str(action, "doc"));
        putchar('\n');
    }
}

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    enum quell_code code;
    int status = EXIT_DONE;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (open_engine(args, QUELL_FOR_AUTHORING, &engine, &err))
        return fail(&err);
    code = quell_actions(engine, quell_str_of(args->words[0]), &document, &err);
    if (code)
        status = fail(&err);
    else if (args_output(args) == OUTPUT_TEXT)
        print_list(&term, document.value, args->word_count > 0);
    else
        print_json(&document, args_output(args));
    quell_document_free(&document);
    quell_close(engine);
    return status;
}

const struct command command_actions = {
    .name = "actions",
    .words = "[CONNECTOR | ACTION]",
    .doc = "Lists what connectors can do; with a name, its inputs and outputs.",
    .more = "exit codes: 0 listed, 2 no such connector or action\n",
    .words_max = 1,
    .run = run,
};
