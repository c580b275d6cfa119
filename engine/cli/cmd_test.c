/*
 * cmd_test.c - `quell test [PATH...]`: the playbooks' own tests, in the forms that people and build
 * servers read.
 */
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/print_test.h"
#include "cli/test_state.h"
#include "loop/log.h"
#include "loop/loop.h"
#include "value/value.h"

static const struct {
    const char *word;
    void (*print)(FILE *file, const struct term *term, struct quell_document *document,
                  int64_t took_us);
} forms[] = {
    {"text", print_test_text}, {"tap", print_test_tap},       {"junit", print_test_junit},
    {"json", print_test_json}, {"ndjson", print_test_ndjson},
};

/* The index of the form that -o asks for, or the number of forms after a message. */
static size_t form_of(const struct args *args)
{
    const char *word = args_text(args, "output");
    size_t i;

    for (i = 0; word && i < sizeof(forms) / sizeof(*forms); i++)
        if (strcmp(forms[i].word, word) == 0)
            return i;
    if (!word)
        return 0;
    (void)fail_usage(args, "`%s` is no output format: text, tap, junit, json or ndjson", word);
    return sizeof(forms) / sizeof(*forms);
}

static bool print_into(const char *path, const struct term *term, struct quell_document *document,
                       int64_t took_us)
{
    FILE *file = fopen(path, "we");
    bool good = file != NULL;

    if (file) {
        print_test_junit(file, term, document, took_us);
        good = !ferror(file);
        good &= fclose(file) == 0;
    }
    if (!good)
        fprintf(stderr, "quell: --junit: %s cannot be written\n", path);
    return good;
}

/* Nothing was run: a build that tests nothing must not look like one that passes. */
static int nothing(const struct args *args, const struct quell_test_options *options)
{
    if (options->only)
        fprintf(stderr, "Nothing failed the last time in this folder: there is nothing to run.\n");
    else if (options->run)
        fprintf(stderr, "quell: no case has a name that matches `%s`\n", options->run);
    else if (args->word_count)
        fprintf(stderr, "quell: no tests here: a folder is read for *.test.yaml, not its "
                        "subfolders\n");
    else
        fprintf(stderr,
                "quell: no tests found: name files or folders, or run it where a quell.yaml "
                "names `playbooks:` with *.test.yaml beside them\n");
    return options->only ? EXIT_DONE : EXIT_TOOL;
}

static int report(const struct args *args, const struct quell_test_options *options,
                  struct quell_document *document, int64_t took_us)
{
    struct term term = term_of_output();
    const char *junit = args_text(args, "junit");
    int64_t faults = quell_get_int(document->value, "faults", 0);

    if (quell_count(quell_get(document->value, "files")) == 0)
        return nothing(args, options);
    forms[form_of(args)].print(stdout, &term, document, took_us);
    test_state_keep(document->value);
    if (junit && !print_into(junit, &term, document, took_us))
        return EXIT_TOOL;
    if (faults)
        return EXIT_TOOL;
    return quell_get_int(document->value, "failed", 0) ? EXIT_FINDING : EXIT_DONE;
}

/* ---- test record -------------------------------------------------------------------------------
 */

/* Never over a file that is there: a test is somebody's work. */
static int write_test(const char *path, struct quell_str text)
{
    FILE *file = path ? fopen(path, "wxe") : stdout;
    bool good;

    if (!file) {
        fprintf(stderr, "quell test record: %s cannot be written, or is there already\n", path);
        return EXIT_TOOL;
    }
    good = fwrite(text.data, 1, text.len, file) == text.len;
    if (path)
        good &= fclose(file) == 0;
    if (!good)
        fprintf(stderr, "quell test record: the test cannot be written\n");
    return good ? EXIT_DONE : EXIT_TOOL;
}

static int record(const struct args *args)
{
    const char *out = args_text(args, "out"), *name = args_text(args, "name");
    struct quell_record_options options = {.keep_names = args_flag(args, "keep-names")};
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    int status;

    if (args->word_count != 2)
        return fail_usage(args, "record takes one run: quell test record RUN");
    options.run = quell_str_of(args->words[1]);
    options.name = quell_str_of(name ? name : "");
    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    if (quell_test_record(engine, &options, &document, &err)) {
        quell_close(engine);
        return fail(&err);
    }
    status = write_test(out, quell_get_str(document.value, "text"));
    if (status == EXIT_DONE && out)
        fprintf(stderr,
                "%s: names replaced: %lld; read it before you keep it, then: quell test %s\n", out,
                (long long)quell_get_int(document.value, "names", 0), out);
    quell_document_free(&document);
    quell_close(engine);
    return status;
}

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_test_options options = {.paths = args->word_count ? args->words : NULL,
                                         .run = args_text(args, "run"),
                                         .color = term.color,
                                         .ascii = !term.unicode};
    int64_t begin = clock_monotonic_us();
    struct test_state *state = NULL;
    struct quell *engine;
    struct quell_document document = {0};
    struct quell_error err = {0};
    int status;

    if (args->word_count && strcmp(args->words[0], "record") == 0)
        return record(args);
    if (form_of(args) == sizeof(forms) / sizeof(*forms))
        return EXIT_TOOL;
    log_set(LOG_LEVEL_ERROR, 0); /* what a case makes happen is told by its result */
    if (open_engine(args, QUELL_FOR_AUTHORING, &engine, &err))
        return fail(&err);
    if (args_flag(args, "failed")) {
        state = test_state_read();
        options.only = test_state_cases(state);
        if (!options.paths)
            options.paths = test_state_files(state);
    }
    if (quell_test(engine, &options, &document, &err)) {
        (void)fail(&err);
        status = EXIT_TOOL;
    } else {
        status = report(args, &options, &document, clock_monotonic_us() - begin);
    }
    quell_document_free(&document);
    test_state_free(state);
    quell_close(engine);
    return status;
}

static const struct option_row options[] = {
    {"run", 0, OPTION_TEXT, "REGEX", "Only the cases whose name matches."},
    {"failed", 0, OPTION_FLAG, NULL, "Only the cases that failed the last time in this folder."},
    {"junit", 0, OPTION_TEXT, "FILE", "Writes a JUnit report as well."},
    {"name", 0, OPTION_TEXT, "NAME", "record: the name of the case."},
    {"out", 0, OPTION_TEXT, "FILE", "record: where the test is written, not over what is there."},
    {"keep-names", 0, OPTION_FLAG, NULL, "record: leaves the names of machines and people."},
    {0},
};

const struct command command_test = {
    .name = "test",
    .words = "[PATH...] | record RUN",
    .doc = "Runs the tests of playbooks: *.test.yaml, or folders of them.",
    .more =
        "Without a path: those beside the playbooks of quell.yaml. Nothing leaves this machine:\n"
        "calls are answered by the test, and time is the test's own.\n"
        "`record RUN` writes a test from a stored run: what it was about, what was answered, what\n"
        "came of it; without its secrets, and with other names.\n"
        "-o takes text, tap, junit, json and ndjson.\n"
        "exit codes: 0 all passed, 1 some failed, 2 a file cannot be read or does not check,\n"
        "or there is nothing to test\n",
    .words_max = ARGS_MAX,
    .options = options,
    .run = run,
};
