/*
 * common.c - what several commands need: opening the engine, reading files, failing well.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "loop/file.h"
#include "loop/loop.h"
#include "value/json.h"
#include "value/value.h"

int fail(const struct quell_error *err)
{
    fprintf(stderr, "quell: %s\n", err->message);
    switch (err->code) {
    case QUELL_OK:
        return EXIT_DONE;
    case QUELL_DENIED:
        return EXIT_DENIED;
    case QUELL_CONFLICT:
    case QUELL_UNAVAILABLE:
    case QUELL_TIMED_OUT:
    case QUELL_THROTTLED:
    case QUELL_UNKNOWN_OUTCOME:
        return EXIT_UNREACHABLE;
    case QUELL_INVALID:
    case QUELL_NOT_FOUND:
    case QUELL_LIMIT:
    case QUELL_REFUSED:
    case QUELL_IO:
        break;
    }
    return EXIT_TOOL;
}

int fail_incident(const struct args *args, const struct quell_error *err)
{
    const char *path = args_text(args, "incident");
    struct quell_error named = *err;

    if (path &&
        (strncmp(err->message, "line ", 5) == 0 || strncmp(err->message, "no source", 9) == 0))
        (void)error_set(&named, err->code, "%s: %s",
                        strcmp(path, "-") == 0 ? "standard input" : path, err->message);
    return fail(&named);
}

int fail_usage(const struct args *args, const char *format, ...)
{
    va_list list;

    fprintf(stderr, "quell %s: ", args->command->name);
    va_start(list, format);
    (void)vfprintf(stderr, format, list); /* nothing helps when stderr is gone */
    va_end(list);
    fprintf(stderr, "\ntry: quell %s --help\n", args->command->name);
    return EXIT_TOOL;
}

enum quell_code open_engine(const struct args *args, enum quell_purpose purpose,
                            struct quell **engine, struct quell_error *err)
{
    struct quell_options options = {
        .purpose = purpose, .config = args_text(args, "config"), .store = args_text(args, "store")};
    const char *playbooks[ARGS_MAX + 1];

    if (args_many(args, "playbooks", playbooks))
        options.playbooks = playbooks;
    return quell_open(&options, engine, err);
}

static void on_drained(void *user)
{
    bool *drained = user;

    *drained = true;
}

void end_engine(struct quell *engine)
{
    bool drained = false;

    if (engine == NULL)
        return;
    quell_drain(engine, LIMIT_DRAIN_MS, on_drained, &drained);
    while (!drained)
        loop_once(quell_loop(engine), -1);
    quell_close(engine);
}

enum output args_output(const struct args *args)
{
    const char *word = args_text(args, "output");

    if (word == NULL || strcmp(word, "text") == 0)
        return OUTPUT_TEXT;
    if (strcmp(word, "json") == 0)
        return OUTPUT_JSON;
    if (strcmp(word, "ndjson") == 0)
        return OUTPUT_NDJSON;
    (void)fail_usage(args, "`%s` is no output format: text, json or ndjson", word);
    return OUTPUT_BAD;
}

void print_json(struct quell_document *document, enum output output)
{
    size_t i;

    if (output != OUTPUT_NDJSON || !quell_is(document->value, QUELL_LIST)) {
        struct quell_str text = quell_json(document, output == OUTPUT_JSON);
        (void)fwrite(text.data, 1, text.len, stdout);
        if (text.len == 0 || text.data[text.len - 1] != '\n')
            putchar('\n');
        return;
    }
    for (i = 0; i < quell_count(document->value); i++) {
        struct quell_document line = {quell_at(document->value, i), document->memory};
        print_json(&line, OUTPUT_NDJSON);
    }
}

enum quell_code args_file(const struct args *args, const char *option, struct arena *arena,
                          struct quell_str *text, struct quell_error *err)
{
    const char *path = args_text(args, option);
    enum quell_code code;

    *text = QUELL_STR("");
    if (path == NULL)
        return QUELL_OK;
    if (strcmp(path, "-") == 0 && args->word_count && strcmp(args->words[0], "-") == 0)
        return error_set(err, QUELL_INVALID,
                         "--%s -: standard input is read for `%s -` already; name a file", option,
                         args->command->name);
    code = file_read(arena, path, LIMIT_DOCUMENT_BYTES, text, err);
    if (code == QUELL_OK && str_trim(*text).len == 0)
        code = error_set(err, QUELL_INVALID, "--%s: %s is empty", option,
                         path[0] == '-' && path[1] == '\0' ? "standard input" : path);
    return code;
}

/* VALUE is JSON when it reads as JSON, else text. */
static struct quell_value input_value(struct arena *arena, struct quell_str text)
{
    struct quell_value value;
    struct quell_error ignored;

    if (json_read(arena, text, LIMIT_DOCUMENT_BYTES, &value, NULL, &ignored))
        return quell_string(text);
    return value;
}

enum quell_code args_inputs(const struct args *args, struct arena *arena, struct quell_str *json,
                            struct quell_error *err)
{
    const char *pairs[ARGS_MAX + 1];
    size_t count = args_many(args, "input", pairs), i;
    struct map_builder map = {.arena = arena};

    if (count == 0)
        return args_file(args, "inputs", arena, json, err);
    for (i = 0; i < count; i++) {
        struct quell_str name, value;
        if (!str_cut(quell_str_of(pairs[i]), '=', &name, &value) || name.len == 0)
            return error_set(err, QUELL_INVALID, "--input is NAME=VALUE, not `%s`", pairs[i]);
        map_put(&map, name, input_value(arena, value));
    }
    *json = json_text(arena, map_made(&map), JSON_COMPACT);
    return QUELL_OK;
}

bool args_since(const struct args *args, const char *option, int64_t *us)
{
    const char *text = args_text(args, option);
    struct when when;

    if (text == NULL)
        return true;
    if (when_parse_duration(quell_str_of(text), &when)) {
        *us = clock_now_us() - when_to_us(when);
        return true;
    }
    if (!when_parse_time(quell_str_of(text), &when)) {
        (void)fail_usage(args, "--%s is a time or a duration such as 7d, not `%s`", option, text);
        return false;
    }
    *us = when_to_us(when);
    return true;
}
