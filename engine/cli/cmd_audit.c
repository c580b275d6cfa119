/*
 * cmd_audit.c - `quell audit verify | list | export | key`: who did what, and whether the store is
 * what was written.
 */
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/print.h"
#include "value/value.h"

/* ---- verify ------------------------------------------------------------------------------------
 */

/* "50 links, 163 events, 10 audit rows": what there is, in the words of the keys. */
static void print_figures(struct quell_value figures)
{
    const char *before = "  ";
    size_t i, k;

    for (i = 0; i < quell_count(figures); i++) {
        struct quell_pair pair = figures.as.pairs[i];
        struct quell_str key = quell_str(pair.key);

        if (pair.value.as.integer == 0)
            continue;
        printf("%s%lld ", before, (long long)pair.value.as.integer);
        for (k = 0; k < key.len; k++)
            putchar(key.data[k] == '_' ? ' ' : key.data[k]);
        before = ", ";
    }
    putchar('\n');
}

static void print_verified(const struct term *term, struct quell_value found)
{
    struct quell_value findings = quell_get(found, "findings");
    size_t i, count = quell_count(findings);

    for (i = 0; i < count; i++) {
        printf("%sbroken%s  ", term_on(term, TONE_BAD), term_off(term));
        term_print(quell_get_str(quell_at(findings, i), "text"));
        putchar('\n');
    }
    if (count >= LIMIT_AUDIT_FINDINGS)
        printf("        there may be more: only the first %d are told\n", LIMIT_AUDIT_FINDINGS);
    if (count == 0)
        printf("%ssound%s   ", term_on(term, TONE_GOOD), term_off(term));
    else
        printf("looked at: ");
    term_print(quell_get_str(found, "store"));
    printf(" up to link %lld", (long long)quell_get(found, "end").as.integer);
    if (!quell_is_null(quell_get(found, "last_checkpoint"))) {
        printf(", last signed at ");
        term_value(term, quell_get(found, "last_checkpoint"), 0);
    } else {
        printf(", never signed yet");
    }
    putchar('\n');
    print_figures(quell_get(found, "figures"));
}

static int verify(const struct args *args, struct quell *engine)
{
    struct term term = term_of_output();
    const char *key = args_text(args, "key");
    struct quell_verify_options options = {.checkpoints = args_text(args, "checkpoints")};
    struct quell_document document = {0};
    struct quell_error err = {0};
    bool sound;

    if (key)
        options.key = quell_str_of(key);
    if (quell_verify(engine, &options, &document, &err))
        return fail(&err);
    sound = quell_get_bool(document.value, "sound", false);
    if (args_output(args) == OUTPUT_TEXT)
        print_verified(&term, document.value);
    else
        print_json(&document, args_output(args));
    quell_document_free(&document);
    return sound ? EXIT_DONE : EXIT_FINDING;
}

/* ---- list, export ------------------------------------------------------------------------------
 */

static void print_rows(const struct term *term, struct quell_value list)
{
    enum { AT = 20, WHO = 16, WHAT = 14, SUBJECT = 36 };
    size_t i;

    if (quell_count(list) == 0) {
        fprintf(stderr, "no such rows\n");
        return;
    }
    printf("%-*s  %-*s  %-*s  %-*s  DETAIL\n", AT, "AT", WHO, "WHO", WHAT, "WHAT", SUBJECT,
           "SUBJECT");
    for (i = 0; i < quell_count(list); i++) {
        struct quell_value row = quell_at(list, i);
        struct arena *arena = arena_new(0);
        struct when when = {quell_get(row, "at").as.integer, 0};

        term_pad(when_format_time(arena, when), AT);
        printf("  ");
        term_pad(quell_get_str(row, "who"), WHO);
        printf("  ");
        term_pad(quell_get_str(row, "what"), WHAT);
        printf("  ");
        term_pad(quell_get_str(row, "subject"), SUBJECT);
        printf("  ");
        if (!quell_is_null(quell_get(row, "detail")))
            term_value(term, quell_get(row, "detail"), 0);
        putchar('\n');
        arena_free(arena);
    }
}

static struct quell_str word_of(const struct args *args, const char *option)
{
    const char *text = args_text(args, option);

    return text ? quell_str_of(text) : QUELL_STR("");
}

static int list(const struct args *args, struct quell *engine)
{
    struct term term = term_of_output();
    struct quell_audits_options options = {.who = word_of(args, "who"),
                                           .what = word_of(args, "what"),
                                           .subject = word_of(args, "subject")};
    const char *limit = args_text(args, "limit");
    struct quell_document document = {0};
    struct quell_error err = {0};
    int64_t number = 0;

    if (limit && (!str_to_int(quell_str_of(limit), &number) || number < 1))
        return fail_usage(args, "--limit is a number from 1 on, not `%s`", limit);
    options.limit = (size_t)number;
    if (!args_since(args, "since", &options.since_us))
        return EXIT_TOOL;
    if (quell_audits(engine, &options, &document, &err))
        return fail(&err);
    if (args_output(args) == OUTPUT_TEXT)
        print_rows(&term, document.value);
    else
        print_json(&document, args_output(args));
    quell_document_free(&document);
    return EXIT_DONE;
}

/* All rows, newest first, one JSON object a line, however many there are. */
static int export(const struct args *args, struct quell *engine)
{
    enum { PAGE = 1000 };
    struct quell_audits_options options = {.limit = PAGE};
    struct quell_error err = {0};
    char before[64] = "";
    size_t count;

    (void)args;
    do {
        struct quell_document document = {0};
        struct quell_str last;

        options.before = quell_str_of(before);
        if (quell_audits(engine, &options, &document, &err))
            return fail(&err);
        count = quell_count(document.value);
        if (count > 0) {
            print_json(&document, OUTPUT_NDJSON);
            last = quell_get_str(quell_at(document.value, count - 1), "id");
            (void)snprintf(before, sizeof(before), "%.*s", QUELL_ARG(last));
        }
        quell_document_free(&document);
    } while (count == PAGE);
    return EXIT_DONE;
}

/* ---- key ---------------------------------------------------------------------------------------
 */

static int key(const struct args *args, struct quell *engine)
{
    char text[QUELL_KEY_BYTES];
    struct quell_error err = {0};

    if (quell_audit_key(engine, text, &err))
        return fail(&err);
    if (args_output(args) == OUTPUT_TEXT)
        printf("%s\n", text);
    else
        printf("{\"key\":\"%s\"}\n", text);
    return EXIT_DONE;
}

/* ---- the command -------------------------------------------------------------------------------
 */

static const struct {
    const char *word;
    int (*run)(const struct args *args, struct quell *engine);
} words[] = {{"verify", verify}, {"list", list}, {"export", export}, {"key", key}};

static int run(const struct args *args)
{
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;
    size_t i;
    int exit;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    for (i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(words[i].word, args->words[0]) == 0)
            break;
    if (i == sizeof(words) / sizeof(*words))
        return fail_usage(args, "it is verify, list, export or key, not `%s`", args->words[0]);
    code = open_engine(args, QUELL_FOR_READING, &engine, &err);
    if (code == QUELL_IO && words[i].run == verify) { /* so damaged that it is none any more */
        (void)fail(&err);
        return EXIT_FINDING;
    }
    if (code)
        return fail(&err);
    exit = words[i].run(args, engine);
    quell_close(engine);
    return exit;
}

static const struct option_row options[] = {
    {"checkpoints", 0, OPTION_TEXT, "FILE",
     "verify: signed checkpoints that were kept elsewhere, instead of those beside the store."},
    {"key", 0, OPTION_TEXT, "PUBLIC",
     "verify: the public key that must have signed, from `quell audit key`."},
    {"who", 0, OPTION_TEXT, "NAME", "list: only what this one did."},
    {"what", 0, OPTION_TEXT, "KIND", "list: only rows of this kind: released, decided, halted ..."},
    {"subject", 0, OPTION_TEXT, "ID", "list: only what was done to this: a run, a token."},
    {"since", 0, OPTION_TEXT, "TIME", "list: only since then, a time or a duration such as 7d."},
    {"limit", 'n', OPTION_TEXT, "N", "list: at most so many (default 100)."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_audit = {
    .name = "audit",
    .words = "verify | list | export | key",
    .doc = "Proves that the store is what was written, and tells who did what.",
    .more =
        "verify reads the whole store, also while it is served: every row that never changes hangs "
        "in a\n"
        "chain, its end is signed from time to time, and each run's row is told again from its "
        "journal.\n"
        "Keep a copy of FILE.checkpoints and of the public key on another machine: who can write "
        "here\n"
        "can also take the end off, and only they tell. list shows who did what outside of runs, "
        "newest\n"
        "first; export gives all of it as JSON lines; key prints the public key.\n\n"
        "exit codes: 0 sound, or listed, 1 verify found a break, 2 no such store\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
