/*
 * cmd_eval.c - `quell eval 'EXPR'`: one expression, so that people can try things.
 */
#include <stdio.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/lines.h"
#include "cli/term.h"
#include "loop/file.h"
#include "value/value.h"

/* Value and type as one document. */
static int show_typed(const struct args *args, const struct quell_document *document,
                      struct quell_str type)
{
    struct quell_pair pairs[] = {{quell_text("value"), document->value},
                                 {quell_text("type"), quell_string(type)}};
    struct quell_document shown = {quell_map(pairs, 2), document->memory};

    print_json(&shown, args_output(args));
    return EXIT_DONE;
}

static int show(const struct args *args, struct quell_document *document, struct quell_str type)
{
    struct term term = term_of_output();
    enum output output = args_output(args);

    if (args_flag(args, "type") && output != OUTPUT_TEXT)
        return show_typed(args, document, type);
    if (output == OUTPUT_TEXT && quell_is(document->value, QUELL_STRING)) {
        term_value(&term, document->value, 0);
        putchar('\n');
    } else if (output == OUTPUT_TEXT) {
        struct quell_str text = quell_json(document, false);
        printf("%.*s\n", QUELL_ARG(text));
    } else {
        print_json(document, output);
    }
    if (args_flag(args, "type"))
        printf(": %.*s\n", QUELL_ARG(type));
    return EXIT_DONE;
}

/* Programs that asked for JSON get the error as JSON, too. */
static int show_error(const struct args *args, struct quell_document *document,
                      const struct quell_error *err)
{
    struct quell_pair error = {quell_text("error"), quell_text(err->message)};
    struct quell_document shown = {quell_map(&error, 1), document->memory};

    print_json(&shown, args_output(args));
    return EXIT_FINDING;
}

static enum quell_code expression(const struct args *args, struct arena *arena,
                                  struct quell_str *text, struct quell_error *err)
{
    enum quell_code code;

    if (args->word_count && args->words[0][0] != '\0' &&
        !str_is(quell_str_of(args->words[0]), "-")) {
        *text = quell_str_of(args->words[0]);
        return QUELL_OK;
    }
    code = file_read(arena, "-", LIMIT_CEL_BYTES, text, err);
    *text = str_trim(*text);
    return code;
}

static struct quell_value answer(struct arena *arena, struct quell_value line)
{
    struct quell_document document;
    struct quell_value made;

    quell_eval_case(line, &document);
    made = value_copy(arena, document.value);
    quell_document_free(&document);
    return made;
}

static int run(const struct args *args)
{
    struct arena *arena;
    struct quell_document document = {0};
    struct quell_str text, vars, type, rendered = QUELL_STR("");
    struct quell_error err = {0};
    enum quell_code code;
    int status;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (args_flag(args, "jsonl"))
        return args->word_count || args_text(args, "vars")
                   ? fail_usage(args, "with --jsonl there are no further words and variables")
                   : answer_lines(answer);
    arena = arena_new(0);
    code = args_file(args, "vars", arena, &vars, &err);
    if (code == QUELL_OK)
        code = expression(args, arena, &text, &err);
    if (code) {
        arena_free(arena);
        return fail(&err);
    }
    code = quell_eval(text, vars, &document, &type, &rendered, &err);
    if (code == QUELL_OK) {
        status = show(args, &document, type);
    } else if (rendered.len && args_output(args) != OUTPUT_TEXT) {
        status = show_error(args, &document, &err);
    } else if (rendered.len) {
        fprintf(stderr, "%.*s", QUELL_ARG(rendered));
        status = EXIT_FINDING;
    } else {
        status = fail(&err);
    }
    quell_document_free(&document);
    arena_free(arena);
    return status;
}

static const struct option_row options[] = {
    {"vars", 0, OPTION_TEXT, "FILE", "JSON object with the expression's variables (- = stdin)."},
    {"type", 't', OPTION_FLAG, NULL,
     "Print the type, too, that the checker knew before; with -o json: {value, type}."},
    {"jsonl", 0, OPTION_FLAG, NULL,
     "Read lines {id, expr, type_env, bindings, container}; write {id, value, type} for each."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_eval = {
    .name = "eval",
    .words = "'EXPRESSION'",
    .doc = "Evaluates one CEL expression; without one, or with -, it is read from stdin.",
    .more = "With --jsonl the lines are cases of CEL's conformance suite; every line gets one, in\n"
            "the same order: {\"id\", \"value\": {\"t\": \"int\", \"v\": \"42\"}, \"type\"} or "
            "{\"id\",\n"
            "\"error\"}. The type checker is CEL's own, stricter than that of playbooks.\n\n"
            "exit codes: 0 a value, 1 the expression has an error, 2 unreadable variables\n",
    .words_max = 1,
    .options = options,
    .run = run,
};
