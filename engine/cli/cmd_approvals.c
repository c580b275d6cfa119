/*
 * cmd_approvals.c - `quell approvals`: the open questions to people, with what would be done and
 * how to answer. Reads beside a serving engine.
 */
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/remote.h"

enum { VALUE_WIDTH = 100, DIGEST_SHOWN = 12 };

static void print_line(const struct term *term, const char *name, struct quell_value value)
{
    if (quell_is_null(value) || (quell_is(value, QUELL_LIST) && quell_count(value) == 0) ||
        (quell_is(value, QUELL_STRING) && value.len == 0))
        return;
    printf("  %s%-8s%s ", term_on(term, TONE_DIM), name, term_off(term));
    if (quell_is(value, QUELL_TIME)) {
        struct arena *arena = arena_new(0);
        struct when when = {value.as.integer, 0};
        term_print(when_format_time(arena, when));
        arena_free(arena);
    } else {
        term_value(term, value, VALUE_WIDTH);
    }
    putchar('\n');
}

/* What would be done, one call a line. */
static void print_plan_calls(const struct term *term, struct quell_value plan)
{
    struct quell_value calls = quell_get(plan, "calls");
    size_t i;

    for (i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i), with = quell_get(call, "with");
        printf("  %s%-8s%s ", term_on(term, TONE_DIM), i == 0 ? "would" : "", term_off(term));
        term_value(term, quell_get(call, "action"), 0);
        printf("  ");
        if (quell_is_null(with))
            printf("(known when it runs)");
        else
            term_value(term, with, VALUE_WIDTH);
        putchar('\n');
    }
    if (quell_get_int(plan, "more", 0))
        printf("           and %lld more\n", (long long)quell_get_int(plan, "more", 0));
}

/* What the policy said when it was asked. */
static void print_verdicts(const struct term *term, struct quell_value verdicts)
{
    size_t i;

    for (i = 0; i < quell_count(verdicts); i++) {
        struct quell_value one = quell_at(verdicts, i);
        printf("  %s%-8s%s ", term_on(term, TONE_WARN), i == 0 ? "policy" : "", term_off(term));
        term_value(term, quell_get(one, "verdict"), 0);
        printf(": ");
        term_value(term, quell_get(one, "message"), 0);
        putchar('\n');
    }
}

static void print_form(const struct term *term, struct quell_value form)
{
    size_t i;

    for (i = 0; i < quell_count(form); i++) {
        struct quell_value row = quell_at(form, i);
        printf("  %s%-8s%s ", term_on(term, TONE_DIM), i == 0 ? "form" : "", term_off(term));
        term_value(term, quell_get(row, "name"), 0);
        printf(": ");
        term_value(term, quell_get(row, "type"), 0);
        if (!quell_is_null(quell_get(row, "of"))) {
            printf(" ");
            term_value(term, quell_get(row, "of"), VALUE_WIDTH);
        }
        if (quell_get_bool(row, "required", false))
            printf(", required");
        if (!quell_is_null(quell_get(row, "default"))) {
            printf(", default ");
            term_value(term, quell_get(row, "default"), VALUE_WIDTH);
        }
        putchar('\n');
    }
}

static void print_question(const struct term *term, struct quell_value asked)
{
    bool form = quell_text_is(quell_get(asked, "what"), "form");
    struct quell_str run = quell_get_str(asked, "run"), step = quell_get_str(asked, "step");
    long long given = (long long)quell_count(quell_get(asked, "given")),
              count = (long long)quell_get_int(asked, "count", 1);

    printf("%s%.*s:%s", term_on(term, TONE_STRONG), QUELL_ARG(run), term_off(term));
    term_print(step);
    printf("  ");
    term_value(term, quell_get(asked, "playbook"), 0);
    printf("  %s", form ? "form" : "approval");
    if (!form && count > 1)
        printf(" %lld of %lld", given, count);
    putchar('\n');
    print_line(term, "asks", quell_get(asked, "message"));
    print_line(term, "about", quell_get(asked, "title"));
    print_line(term, "of", quell_get(asked, "of"));
    print_line(term, "until", quell_get(asked, "until"));
    print_line(term, "shows", quell_get(asked, "show"));
    print_plan_calls(term, quell_get(asked, "plan"));
    print_verdicts(term, quell_get(asked, "verdicts"));
    print_form(term, quell_get(asked, "form"));
    if (form)
        printf("  %-8s quell answer %.*s:%.*s --set FIELD=VALUE ...\n", "answer", QUELL_ARG(run),
               QUELL_ARG(step));
    else
        printf("  %-8s quell approve %.*s:%.*s --digest %.*s\n", "answer", QUELL_ARG(run),
               QUELL_ARG(step), DIGEST_SHOWN, quell_get_str(asked, "digest").data);
}

static int run(const struct args *args)
{
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;
    size_t i;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    code = remote_wanted(args) ? remote_read(args, QUELL_STR("approvals"), &document, &err)
                               : open_engine(args, QUELL_FOR_READING, &engine, &err);
    if (code == QUELL_OK && engine)
        code = quell_approvals(engine, &document, &err);
    if (code == QUELL_OK && args_output(args) != OUTPUT_TEXT) {
        print_json(&document, args_output(args));
    } else if (code == QUELL_OK) {
        if (quell_count(document.value) == 0)
            fprintf(stderr, "nobody is asked\n");
        for (i = 0; i < quell_count(document.value); i++) {
            if (i)
                putchar('\n');
            print_question(&term, quell_at(document.value, i));
        }
    }
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_approvals = {
    .name = "approvals",
    .words = "",
    .doc = "Lists what people are asked: approvals and forms, the oldest first.",
    .more = "exit codes: 0 listed (even when nobody is asked), 2 no such store\n",
    .options = options,
    .remote = true,
    .run = run,
};
