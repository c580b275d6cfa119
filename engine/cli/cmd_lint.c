/*
 * cmd_lint.c - `quell lint PATH...`: every fault of a playbook before an incident finds it.
 */
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/term.h"
#include "loop/loop.h"

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* "2 fixable with `--fix`, 1 more with `--unsafe-fixes`." */
static void tell_fixable(const struct quell_document *document)
{
    int64_t safe = quell_get_int(document->value, "fixable", 0);
    int64_t unsafe = quell_get_int(document->value, "fixable_unsafe", 0);

    if (safe)
        fprintf(stderr, "%lld fixable with `--fix`", (long long)safe);
    if (unsafe)
        fprintf(stderr, "%s%lld%s with `--unsafe-fixes`", safe ? ", " : "", (long long)unsafe,
                safe ? " more" : " fixable");
    if (safe + unsafe)
        fprintf(stderr, ".\n");
}

static void summary(const struct quell_document *document, int64_t took_us)
{
    struct arena *arena = arena_new(0);
    int64_t files = quell_get_int(document->value, "files", 0);
    int64_t errors = quell_get_int(document->value, "errors", 0);
    int64_t warnings = quell_get_int(document->value, "warnings", 0);
    struct quell_str took = when_format_human(arena, took_us);

    int64_t fixed = quell_get_int(document->value, "fixed", 0);

    if (fixed)
        fprintf(stderr, "Fixed %lld fault%s.\n", (long long)fixed, plural(fixed));
    if (files == 0)
        fprintf(stderr, "No playbooks here: nothing was checked (a folder is read for *.yaml and "
                        "*.yml, not its subfolders).\n");
    else if (errors + warnings == 0)
        fprintf(stderr, "No problems in %lld playbook%s (%.*s).\n", (long long)files, plural(files),
                QUELL_ARG(took));
    else
        fprintf(stderr, "Found %lld error%s and %lld warning%s in %lld playbook%s (%.*s).\n",
                (long long)errors, plural(errors), (long long)warnings, plural(warnings),
                (long long)files, plural(files), QUELL_ARG(took));
    arena_free(arena);
    tell_fixable(document);
}

/* ---- for machines ------------------------------------------------------------------------------
 */

/* The contract of `lint -o json`: {diagnostics: [{code, severity, file, line, column, length,
 * message, hint}]}; label, note, ends and fix come along. */
static void print_diagnostics(const struct quell_document *document, enum output output)
{
    struct quell_pair pair = {quell_text("diagnostics"), quell_get(document->value, "diagnostics")};
    struct quell_document shown = {quell_map(&pair, 1), document->memory};

    if (output == OUTPUT_NDJSON)
        shown.value = pair.value;
    print_json(&shown, output);
}

static void text_json(const struct quell_document *document)
{
    print_diagnostics(document, OUTPUT_JSON);
}

static void text_ndjson(const struct quell_document *document)
{
    print_diagnostics(document, OUTPUT_NDJSON);
}

static const struct format {
    const char *name;
    void (*print)(const struct quell_document *document); /* NULL: text for people */
} formats[] = {{"text", NULL},
               {"json", text_json},
               {"ndjson", text_ndjson},
               {"sarif", print_sarif},
               {"github", print_github}};

static const struct format *format_of(const struct args *args)
{
    const char *word = args_text(args, "output");

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(word ? word : "text", formats[i].name) == 0)
            return &formats[i];
    }
    (void)fail_usage(args, "`%s` is no output format: text, json, ndjson, sarif or github", word);
    return NULL;
}

/* ---- the command -------------------------------------------------------------------------------
 */

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell *engine;
    struct quell_document document = {0};
    struct quell_error err = {0};
    const struct format *format = format_of(args);
    struct quell_lint_options options = {.color = term.color, .ascii = !term.unicode};
    int64_t begin = clock_monotonic_us();
    struct quell_str rendered;
    int status;

    if (format == NULL)
        return EXIT_TOOL;
    if (args_flag(args, "unsafe-fixes"))
        options.fix = QUELL_FIX_UNSAFE;
    else if (args_flag(args, "fix"))
        options.fix = QUELL_FIX_SAFE;
    if (open_engine(args, QUELL_FOR_AUTHORING, &engine, &err))
        return fail(&err);
    if (quell_lint(engine, args->words, &options, &document, &err)) {
        quell_close(engine);
        (void)fail(&err);
        return EXIT_TOOL;
    }
    if (format->print) {
        format->print(&document);
    } else {
        rendered = quell_get_str(document.value, "rendered");
        (void)fwrite(rendered.data, 1, rendered.len, stdout);
        (void)fflush(stdout); /* so that the summary on stderr comes last */
        summary(&document, clock_monotonic_us() - begin);
    }
    status = quell_get_int(document.value, "errors", 0) ? EXIT_FINDING : EXIT_DONE;
    quell_document_free(&document);
    quell_close(engine);
    return status;
}

static const struct option_row options[] = {
    {"fix", 0, OPTION_FLAG, NULL, "Rewrite the files: what is marked [fix]."},
    {"unsafe-fixes", 0, OPTION_FLAG, NULL,
     "Rewrite also what is marked [fix, unsafe]: read the change before you keep it."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_lint = {
    .name = "lint",
    .words = "PATH...",
    .doc = "Checks playbooks: files, or folders of them.",
    .more = "-o takes text, json, sarif (code scanning) and github (annotations).\n\n"
            "exit codes: 0 no error (warnings are allowed), 1 errors, 2 a file cannot be read\n",
    .words_min = 1,
    .words_max = ARGS_MAX,
    .options = options,
    .run = run,
};
