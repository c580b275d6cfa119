/*
 * cmd_explain.c - `quell explain [PLAYBOOK] -i INCIDENT`: why a trigger matches or does not, line
 * by line.
 */
#include <stdio.h>

#include <quell/author.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/term.h"

static const char *glyph(const struct term *term, struct quell_value line, enum tone *tone)
{
    struct quell_str verdict = quell_get_str(line, "verdict");

    if (!quell_get_bool(line, "evaluated", false)) {
        *tone = TONE_DIM;
        return term_glyph(term, "·", ".");
    }
    if (str_is(verdict, "match")) {
        *tone = TONE_GOOD;
        return term_glyph(term, "✓", "+");
    }
    *tone = str_is(verdict, "undetermined") ? TONE_WARN : TONE_BAD;
    return str_is(verdict, "undetermined") ? "?" : term_glyph(term, "✕", "x");
}

static const char *word(struct quell_value line)
{
    struct quell_str verdict = quell_get_str(line, "verdict");

    if (!quell_get_bool(line, "evaluated", false))
        return "not evaluated";
    if (str_is(verdict, "match"))
        return "holds";
    return str_is(verdict, "undetermined") ? "undetermined" : "does not hold";
}

/* Widths of the two columns: the longest entries, within reason. */
struct columns {
    size_t where, condition;
};
enum { WHERE_MAX = 32, CONDITION_MAX = 60 };

static void widen(size_t *width, struct quell_str text, size_t most)
{
    size_t shown = utf8_width(text);

    if (shown > *width)
        *width = shown < most ? shown : most;
}

static struct columns columns_of(struct quell_value lines)
{
    struct columns columns = {0};
    size_t i;

    for (i = 0; i < quell_count(lines); i++) {
        widen(&columns.where, quell_get_str(quell_at(lines, i), "where"), WHERE_MAX);
        widen(&columns.condition, quell_get_str(quell_at(lines, i), "condition"), CONDITION_MAX);
    }
    return columns;
}

static void print_line(const struct term *term, struct quell_value line, struct columns columns)
{
    enum tone tone;
    const char *mark = glyph(term, line, &tone);
    struct quell_str why = quell_get_str(line, "why");

    printf("  %s%s%s  ", term_on(term, tone), mark, term_off(term));
    term_pad(quell_get_str(line, "where"), columns.where);
    printf("  ");
    term_pad(quell_get_str(line, "condition"), columns.condition);
    printf("  %s", term_on(term, tone));
    term_pad(quell_str_of(word(line)), 13); /* "does not hold" */
    printf("%s", term_off(term));
    if (quell_get_bool(line, "evaluated", false)) {
        printf("  %sseen:%s ", term_on(term, TONE_DIM), term_off(term));
        term_value(term, quell_get(line, "seen"), 60);
    }
    if (why.len) {
        printf("  %s", term_on(term, TONE_DIM));
        term_print(why);
        printf("%s", term_off(term));
    }
    if (quell_get_bool(line, "decides", false))
        printf("  %s%s decides%s", term_on(term, TONE_STRONG), term_glyph(term, "←", "<-"),
               term_off(term));
    putchar('\n');
}

static void print_trigger(const struct term *term, struct quell_value trigger)
{
    struct quell_str verdict = quell_get_str(trigger, "verdict");
    struct quell_value lines = quell_get(trigger, "lines");
    struct columns columns = columns_of(lines);
    size_t i;

    printf("%splaybook %s", term_on(term, TONE_STRONG), term_off(term));
    term_print(quell_get_str(trigger, "playbook"));
    printf("  (");
    term_print(quell_get_str(trigger, "state"));
    printf(")  ");
    if (verdict.len == 0) {
        printf("has no incident trigger: it is started by hand\n");
        return;
    }
    printf("%s%.*s%s\n",
           term_on(term, str_is(verdict, "match")          ? TONE_GOOD
                         : str_is(verdict, "undetermined") ? TONE_WARN
                                                           : TONE_BAD),
           QUELL_ARG(verdict), term_off(term));
    for (i = 0; i < quell_count(lines); i++)
        print_line(term, quell_at(lines, i), columns);
}

static int print_all(const struct args *args, struct quell_document *document)
{
    struct term term = term_of_output();
    size_t i, matched = 0;

    for (i = 0; i < quell_count(document->value); i++)
        matched += quell_text_is(quell_get(quell_at(document->value, i), "verdict"), "match");
    if (args_output(args) != OUTPUT_TEXT)
        print_json(document, args_output(args));
    else
        for (i = 0; i < quell_count(document->value); i++) {
            if (i)
                putchar('\n');
            print_trigger(&term, quell_at(document->value, i));
        }
    if (args_output(args) == OUTPUT_TEXT && quell_count(document->value) == 0)
        fprintf(stderr, "no playbooks: name one, or list them under `playbooks:` in quell.yaml\n");
    return args_flag(args, "expect-match") && matched == 0 ? EXIT_FINDING : EXIT_DONE;
}

/* ---- a check -----------------------------------------------------------------------------------
 */

/* "QL305": a diagnostic's code, and no playbook's id, which has no capitals. */
static bool is_code(const char *word)
{
    return word && strncmp(word, "QL", 2) == 0 && strlen(word) == 5 &&
           strspn(word + 2, "0123456789") == 3;
}

static void print_example(const struct term *term, const char *title, struct quell_str text)
{
    struct quell_str line, rest = text;

    printf("\n%s%s%s\n", term_on(term, TONE_STRONG), title, term_off(term));
    while (rest.len) {
        (void)str_cut(rest, '\n', &line, &rest); /* the last one may have no end */
        printf("    ");
        term_print(line);
        putchar('\n');
    }
}

static int explain_check(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};

    if (quell_rule(args->words[0], &document, &err) &&
        quell_test_rule(args->words[0], &document, &err))
        return fail(&err);
    if (args_output(args) != OUTPUT_TEXT) {
        print_json(&document, args_output(args));
    } else {
        printf("%s[%s]: ", quell_get_str(document.value, "severity").data, args->words[0]);
        term_print(quell_get_str(document.value, "sentence"));
        putchar('\n');
        print_example(&term, "earns it", quell_get_str(document.value, "bad"));
        print_example(&term, "does not", quell_get_str(document.value, "good"));
        if (quell_text_is(quell_get(document.value, "severity"), "warning"))
            printf("\nWhere it is right as it stands, say why:  # quell: accept %s: ...\n",
                   args->words[0]);
    }
    quell_document_free(&document);
    return EXIT_DONE;
}

static int run(const struct args *args)
{
    struct arena *arena;
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell_str incident;
    struct quell *engine = NULL;
    enum quell_code code;
    int status;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (is_code(args->words[0]))
        return explain_check(args);
    if (args_text(args, "incident") == NULL)
        return fail_usage(args, "an incident is needed: -i FILE (or - for stdin)");
    arena = arena_new(0);
    code = args_file(args, "incident", arena, &incident, &err);
    if (code == QUELL_OK)
        code = open_engine(args, QUELL_FOR_AUTHORING, &engine, &err);
    if (code == QUELL_OK)
        code = quell_explain(engine, args->words[0], incident,
                             quell_str_of(args_text(args, "source")), &document, &err);
    status = code ? fail_incident(args, &err) : print_all(args, &document);
    quell_document_free(&document);
    quell_close(engine);
    arena_free(arena);
    return status;
}

static const struct option_row options[] = {
    {"incident", 'i', OPTION_TEXT, "FILE",
     "The incident, in any known sender's format (- = stdin)."},
    {"source", 0, OPTION_TEXT, "NAME", "The sender's format, when it is not recognised by itself."},
    {"playbooks", 'p', OPTION_MANY, "PATH",
     "Playbooks instead of the configuration's; repeatable."},
    {"expect-match", 0, OPTION_FLAG, NULL, "Exit 1 when nothing matches."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_explain = {
    .name = "explain",
    .words = "[PLAYBOOK] -i INCIDENT | CODE",
    .doc = "Shows why a trigger matches an incident or not; without a playbook, for all.",
    .more =
        "PLAYBOOK is a file, or the id of a configured playbook; CODE is that of a diagnostic.\n\n"
        "exit codes: 0 explained, 1 nothing matches and --expect-match, 2 bad use or input\n",
    .words_max = 1,
    .options = options,
    .run = run,
};
