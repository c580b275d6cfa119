/*
 * cmd_graph.c - `quell graph PLAYBOOK`: its picture.
 */
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "cli/command.h"
#include "cli/term.h"

/* -o text is ASCII where the terminal knows no better; --format says the same as -o. */
static const char *format_of(const struct args *args)
{
    const char *word = args_text(args, "format");
    struct term term = term_of_output();

    if (word == NULL)
        word = args_text(args, "output");
    if (word == NULL || strcmp(word, "text") == 0)
        return term.unicode ? "text" : "ascii";
    return word;
}

static int run(const struct args *args)
{
    struct quell *engine;
    struct quell_document document = {0};
    struct quell_error err = {0};
    enum quell_code code;
    int status;

    if (open_engine(args, QUELL_FOR_AUTHORING, &engine, &err))
        return fail(&err);
    code = quell_graph(engine, args->words[0], format_of(args), &document, &err);
    if (code == QUELL_OK && quell_is(document.value, QUELL_STRING))
        (void)fwrite(document.value.as.text, 1, document.value.len, stdout);
    else if (code == QUELL_OK)
        print_json(&document, OUTPUT_JSON);
    status = code ? fail(&err) : EXIT_DONE;
    quell_document_free(&document);
    quell_close(engine);
    return status;
}

static const struct option_row options[] = {
    {"format", 0, OPTION_TEXT, "FORMAT", "text (default), ascii, svg, dot, mermaid or json."},
    {"playbooks", 'p', OPTION_MANY, "PATH", "Look for the playbook here, too (repeated)."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_graph = {
    .name = "graph",
    .words = "PLAYBOOK",
    .doc = "Draws a playbook: a file, or the id of a loaded one.",
    .more = "marks: * or \xE2\x97\x8F reads, + notes, ~ changes, ! disrupts, ? asks a person\n"
            "exit codes: 0 drawn, 2 no such playbook, or one with errors\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
