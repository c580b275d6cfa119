/*
 * cmd_match.c - `quell match 'REGEX' TEXT`: a regular expression tried on a text, with the limits
 * that a trigger has.
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

/* ---- one text ----------------------------------------------------------------------------------
 */

static int show(const struct args *args, struct quell_document *document)
{
    struct quell_value match = quell_get(document->value, "match");
    struct quell_value groups = quell_get(document->value, "groups");
    struct term term = term_of_output();

    if (args_output(args) != OUTPUT_TEXT) {
        print_json(document, args_output(args));
    } else {
        printf("%.*s\n", QUELL_ARG(quell_get_str(document->value, "why")));
        for (size_t i = 0; i < quell_count(groups); i++) {
            printf("  %-12.*s ", QUELL_ARG(quell_str(groups.as.pairs[i].key)));
            term_value(&term, groups.as.pairs[i].value, 0);
            putchar('\n');
        }
    }
    return quell_is(match, QUELL_BOOL) && match.as.boolean ? EXIT_DONE : EXIT_FINDING;
}

static int match_one(const struct args *args)
{
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct arena *arena = arena_new(0);
    const char *flags = args_text(args, "flags");
    struct quell_str text = QUELL_STR("");
    enum quell_code code = QUELL_OK;
    int status;

    if (args->word_count > 1 && !str_is(quell_str_of(args->words[1]), "-"))
        text = quell_str_of(args->words[1]);
    else
        code = file_read(arena, "-", LIMIT_DOCUMENT_BYTES, &text, &err);
    if (code == QUELL_OK)
        code = quell_match(quell_str_of(args->words[0]), quell_str_of(flags ? flags : ""), text,
                           &document, &err);
    status = code ? fail(&err) : show(args, &document);
    quell_document_free(&document);
    arena_free(arena);
    return status;
}

/* ---- many lines --------------------------------------------------------------------------------
 */

static struct quell_value answer(struct arena *arena, struct quell_value line)
{
    struct map_builder map = {.arena = arena};
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell_value regex = quell_get(line, "regex"), text = quell_get(line, "text");
    const char *const keys[] = {"match", "groups", "why"};

    map_add(&map, "id", quell_get(line, "id"));
    if (!quell_is(regex, QUELL_STRING) || !quell_is(text, QUELL_STRING)) {
        map_add(&map, "error", quell_text("a line has the texts `regex` and `text`"));
    } else if (quell_match(quell_str(regex), quell_get_str(line, "flags"), quell_str(text),
                           &document, &err)) {
        map_add(&map, "match", quell_null());
        map_add(&map, "groups", quell_map(NULL, 0));
        map_add(&map, "why", value_copy_str(arena, quell_str_of(err.message)));
    } else {
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            map_add(&map, keys[i], value_copy(arena, quell_get(document.value, keys[i])));
    }
    quell_document_free(&document);
    return map_made(&map);
}

static int run(const struct args *args)
{
    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (args_flag(args, "jsonl"))
        return args->word_count ? fail_usage(args, "with --jsonl there are no further words")
                                : answer_lines(answer);
    if (args->word_count == 0)
        return fail_usage(args, "a regular expression is missing");
    return match_one(args);
}

static const struct option_row options[] = {
    {"flags", 0, OPTION_TEXT, "imsx",
     "i: without regard to case, m: lines, s: `.` takes line ends, x: blanks and comments."},
    {"jsonl", 0, OPTION_FLAG, NULL,
     "Read lines {id, regex, flags, text}; write {id, match, groups, why} for each."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_match = {
    .name = "match",
    .words = "'REGEX' [TEXT]",
    .doc = "Tries a regular expression on a text as a trigger would; without a text, or with -, it "
           "is read from stdin.",
    .more = "exit codes: 0 it matches, 1 it does not or a limit left it undecided, 2 no such "
            "pattern\n",
    .words_max = 2,
    .options = options,
    .run = run,
};
