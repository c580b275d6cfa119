/*
 * cmd_lint.c - `quell lint PATH...`: every fault of a playbook before an incident finds it.
 */
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/term.h"
#include "loop/loop.h"

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

static void summary(const struct quell_document *document, int64_t took_us)
{
    struct arena *arena = arena_new(0);
    int64_t files = quell_get_int(document->value, "files", 0);
    int64_t errors = quell_get_int(document->value, "errors", 0);
    int64_t warnings = quell_get_int(document->value, "warnings", 0);
    struct quell_str took = when_format_human(arena, took_us);

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
}

/* The contract of `lint -o json`: {diagnostics: [{code, severity, file, line, column, length,
 * message, hint}]}; label and note come along. */
static void print_diagnostics(const struct quell_document *document, enum output output)
{
    struct quell_pair pair = {quell_text("diagnostics"), quell_get(document->value, "diagnostics")};
    struct quell_document shown = {quell_map(&pair, 1), document->memory};

    if (output == OUTPUT_NDJSON)
        shown.value = pair.value;
    print_json(&shown, output);
}

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell *engine;
    struct quell_document document = {0};
    struct quell_error err = {0};
    enum output output = args_output(args);
    int64_t begin = clock_monotonic_us();
    struct quell_str rendered;
    int status;

    if (output == OUTPUT_BAD)
        return EXIT_TOOL;
    if (open_engine(args, QUELL_FOR_AUTHORING, &engine, &err))
        return fail(&err);
    if (quell_lint(engine, args->words, term.color, !term.unicode, &document, &err)) {
        quell_close(engine);
        (void)fail(&err);
        return EXIT_TOOL;
    }
    if (output == OUTPUT_TEXT) {
        rendered = quell_get_str(document.value, "rendered");
        (void)fwrite(rendered.data, 1, rendered.len, stdout);
        (void)fflush(stdout); /* so that the summary on stderr comes last */
        summary(&document, clock_monotonic_us() - begin);
    } else {
        print_diagnostics(&document, output);
    }
    status = quell_get_int(document.value, "errors", 0) ? EXIT_FINDING : EXIT_DONE;
    quell_document_free(&document);
    quell_close(engine);
    return status;
}

const struct command command_lint = {
    .name = "lint",
    .words = "PATH...",
    .doc = "Checks playbooks: files, or folders of them.",
    .more = "exit codes: 0 no error (warnings are allowed), 1 errors, 2 a file cannot be read\n",
    .words_min = 1,
    .words_max = ARGS_MAX,
    .run = run,
};
