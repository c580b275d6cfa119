/*
 * cmd_replay.c - `quell replay RUN`: a stored run told again, by another text of its playbook if
 * one is given, and what comes out otherwise.
 */
#include <stdio.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/print.h"

enum { VALUE_WIDTH = 100 };

static const char *mark(const struct term *term, struct quell_str verdict, enum tone *tone)
{
    *tone = TONE_WARN;
    if (str_is(verdict, "same")) {
        *tone = TONE_GOOD;
        return term_glyph(term, "✓", "+");
    }
    if (str_is(verdict, "differs"))
        return "~";
    return str_is(verdict, "only now") ? "+" : "-";
}

static void print_side(const struct term *term, const char *sign, enum tone tone,
                       struct quell_value value)
{
    printf("      %s%s ", term_on(term, tone), sign);
    term_value(term, value, VALUE_WIDTH);
    printf("%s\n", term_off(term));
}

static void print_step(const struct term *term, struct quell_value step)
{
    struct quell_value differences = quell_get(step, "differences");
    struct quell_str verdict = quell_get_str(step, "verdict");
    struct quell_str action = quell_get_str(step, "action");
    struct quell_value status = quell_get(step, str_is(verdict, "only then") ? "then" : "now");
    enum tone tone;
    const char *glyph = mark(term, verdict, &tone);
    size_t i;

    printf("  %s%s%s ", term_on(term, tone), glyph, term_off(term));
    term_pad(quell_get_str(step, "path"), 24);
    printf(" ");
    term_pad(action, 26);
    printf(" %s%.*s%s", term_on(term, tone), QUELL_ARG(verdict), term_off(term));
    if (!str_is(verdict, "same"))
        printf("  (%.*s)", QUELL_ARG(quell_str(status)));
    putchar('\n');
    for (i = 0; i < quell_count(differences); i++) {
        struct quell_value one = quell_at(differences, i);
        printf("      ");
        term_print(quell_get_str(one, "what"));
        putchar('\n');
        print_side(term, "-", TONE_BAD, quell_get(one, "then"));
        print_side(term, "+", TONE_GOOD, quell_get(one, "now"));
    }
}

static void print_paths_of(const struct term *term, struct quell_value list, const char *what)
{
    size_t i;

    for (i = 0; i < quell_count(list); i++) {
        struct quell_value one = quell_at(list, i);
        printf("  %s!%s ", term_on(term, TONE_WARN), term_off(term));
        term_print(quell_is(one, QUELL_MAP) ? quell_get_str(one, "path") : quell_str(one));
        printf(": %s\n", what);
    }
}

static void print_replay(const struct term *term, struct quell_value replay)
{
    struct quell_value steps = quell_get(replay, "steps");
    struct quell_value then = quell_get(replay, "then"), now = quell_get(replay, "now");
    struct quell_str was = quell_get_str(then, "revision"), is = quell_get_str(now, "revision");
    size_t i;

    printf("%sreplay of %s", term_on(term, TONE_STRONG), term_off(term));
    term_print(quell_get_str(replay, "run"));
    printf("  ");
    term_print(quell_get_str(replay, "playbook"));
    printf("@%.*s", QUELL_ARG(str_slice(was, 0, 8)));
    if (!quell_str_equal(was, is)) {
        printf(", by ");
        term_print(quell_get_str(now, "file"));
        printf("@%.*s", QUELL_ARG(str_slice(is, 0, 8)));
    }
    putchar('\n');
    for (i = 0; i < quell_count(steps); i++)
        print_step(term, quell_at(steps, i));
    print_paths_of(term, quell_get(replay, "made_up"),
                   "was not called then: its answer is the manifest's example");
    print_paths_of(term, quell_get(replay, "assumed"),
                   "people agreed to something else then: they would be asked anew");
    print_paths_of(term, quell_get(replay, "unfit"), "what came then comes to nothing now");
    printf("it ended %.*s then, and %.*s now%s. Nothing was sent.\n",
           QUELL_ARG(quell_get_str(then, "state")), QUELL_ARG(quell_get_str(now, "state")),
           quell_get_bool(replay, "same", false) ? ": the same" : "");
}

static int run(const struct args *args)
{
    struct quell_replay_options options = {.run = quell_str_of(args->words[0]),
                                           .playbook = args_text(args, "with-playbook")};
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    enum quell_code code;
    bool same = false;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    code = quell_replay(engine, &options, &document, &err);
    if (code == QUELL_OK) {
        same = quell_get_bool(document.value, "same", false);
        if (args_output(args) == OUTPUT_TEXT)
            print_replay(&term, document.value);
        else
            print_json(&document, args_output(args));
    }
    quell_document_free(&document);
    quell_close(engine);
    if (code)
        return fail(&err);
    return same ? EXIT_DONE : EXIT_FINDING;
}

static const struct option_row options[] = {
    {"with-playbook", 'p', OPTION_TEXT, "FILE",
     "Another text of the playbook: a file, or the id of one that is configured."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_replay = {
    .name = "replay",
    .words = "RUN",
    .doc = "Tells a stored run again, by another text of its playbook if you like; sends nothing.",
    .more = "Calls, people, events and called runs answer from the journal, as late as they did.\n"
            "exit codes: 0 it comes out the same, 1 something differs, 2 no such run or playbook\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
