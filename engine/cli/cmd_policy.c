/*
 * cmd_policy.c - `quell policy`: what no playbook may do here, and where that is from; `quell
 * policy check KIND:TARGET`: what would stand against a disrupting call with this target.
 */
#include <stdio.h>
#include <string.h>

#include <quell/author.h>

#include "base/arena.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/term.h"

enum { KIND_WIDTH = 16, NAME_WIDTH = 26 };

/* ---- all of it ---------------------------------------------------------------------------------
 */

static void print_origin(const struct term *term, struct quell_value one)
{
    printf("  %s(", term_on(term, TONE_DIM));
    term_print(quell_get_str(one, "origin"));
    printf(")%s\n", term_off(term));
}

static void print_figure(const char *key, struct quell_value cap)
{
    struct quell_value value = quell_get(cap, key);

    if (quell_is(value, QUELL_INT))
        printf("  %s %lld", key, (long long)value.as.integer);
    else if (quell_is(value, QUELL_DOUBLE))
        printf("  %s %g", key, value.as.real);
}

static void print_caps(const struct term *term, struct quell_value caps)
{
    size_t i;

    printf("%scaps%s, in different targets\n", term_on(term, TONE_STRONG), term_off(term));
    for (i = 0; i < quell_count(caps); i++) {
        struct quell_value cap = quell_at(caps, i);
        printf("  ");
        term_pad(quell_get_str(cap, "kind"), KIND_WIDTH);
        print_figure("run", cap);
        print_figure("hour", cap);
        print_figure("day", cap);
        print_figure("percent", cap);
        if (quell_get_bool(cap, "hard", false))
            printf("  hard");
        if (quell_get_str(cap, "playbook").len) {
            printf("  of playbook ");
            term_print(quell_get_str(cap, "playbook"));
        }
        print_origin(term, cap);
    }
}

static void print_used(const char *span, struct quell_value figures)
{
    struct quell_value one = quell_get(figures, span), used = quell_get(one, "used");

    if (quell_is_null(quell_get(one, "of")))
        return;
    if (quell_is(used, QUELL_INT))
        printf("  %s %lld of %lld", span, (long long)used.as.integer,
               (long long)quell_get_int(one, "of", 0));
    else
        printf("  %s not readable, of %lld", span, (long long)quell_get_int(one, "of", 0));
}

static void print_figures(const struct term *term, struct quell_value figures)
{
    size_t i;

    if (quell_count(figures))
        printf("%sused%s\n", term_on(term, TONE_STRONG), term_off(term));
    for (i = 0; i < quell_count(figures); i++) {
        struct quell_value one = quell_at(figures, i);
        printf("  ");
        term_pad(quell_get_str(one, "kind"), KIND_WIDTH);
        print_used("hour", one);
        print_used("day", one);
        if (quell_get_str(one, "playbook").len) {
            printf("  of playbook ");
            term_print(quell_get_str(one, "playbook"));
        }
        putchar('\n');
    }
}

static void print_cooldowns(const struct term *term, struct quell_value cooldowns)
{
    size_t i;

    if (quell_count(cooldowns))
        printf("%scooldowns%s, of a target between two runs of a playbook\n",
               term_on(term, TONE_STRONG), term_off(term));
    for (i = 0; i < quell_count(cooldowns); i++) {
        struct quell_value one = quell_at(cooldowns, i);
        printf("  ");
        term_pad(quell_get_str(one, "kind"), KIND_WIDTH);
        printf("  ");
        term_value(term, quell_get(one, "for"), 0);
        print_origin(term, one);
    }
}

static void print_protected(const struct term *term, struct quell_value rules)
{
    size_t i;

    printf("%sprotected%s\n", term_on(term, TONE_STRONG), term_off(term));
    for (i = 0; i < quell_count(rules); i++) {
        struct quell_value rule = quell_at(rules, i);
        bool off = quell_text_is(quell_get(rule, "state"), "off");
        printf("  %s", term_on(term, off ? TONE_WARN : TONE_PLAIN));
        term_pad(quell_get_str(rule, "name"), NAME_WIDTH);
        printf("%s%s  ", off ? "off" : "on ", term_off(term));
        term_print(quell_get_str(rule, off ? "off_because" : "why"));
        print_origin(term, rule);
    }
}

static void print_rest(const struct term *term, struct quell_value policy)
{
    struct quell_value windows = quell_get(policy, "windows"),
                       disrupts = quell_get(policy, "disrupts");
    size_t i;

    for (i = 0; i < quell_count(windows); i++) {
        if (i == 0)
            printf("%swindows%s\n", term_on(term, TONE_STRONG), term_off(term));
        printf("  ");
        term_value(term, quell_at(windows, i), term->width > 4 ? term->width - 4 : 0);
        putchar('\n');
    }
    printf("%sapprovals%s\n  ", term_on(term, TONE_STRONG), term_off(term));
    if (quell_get_str(disrupts, "require").len) {
        printf("each disrupting call needs one");
        if (quell_count(quell_get(disrupts, "except"))) {
            printf(", but ");
            term_value(term, quell_get(disrupts, "except"), 0);
        }
    } else {
        printf("as each playbook says");
    }
    print_origin(term, disrupts);
}

static void print_policy(const struct term *term, struct quell_value document)
{
    struct quell_value policy = quell_get(document, "policy");

    print_caps(term, quell_get(policy, "caps"));
    print_figures(term, quell_get(document, "figures"));
    print_cooldowns(term, quell_get(policy, "cooldown"));
    print_protected(term, quell_get(policy, "protect"));
    print_rest(term, policy);
}

/* ---- one target --------------------------------------------------------------------------------
 */

static void print_check(const struct term *term, struct quell_value document)
{
    struct quell_value verdicts = quell_get(document, "verdicts");
    struct quell_str verdict = quell_get_str(document, "verdict");
    bool allowed = str_is(verdict, "allowed");
    size_t i;

    printf("%s%.*s%s: a disrupting call with ", term_on(term, allowed ? TONE_GOOD : TONE_BAD),
           QUELL_ARG(verdict), term_off(term));
    term_print(quell_get_str(quell_get(document, "target"), "kind"));
    printf(" ");
    term_value(term, quell_get(quell_get(document, "target"), "value"), 0);
    putchar('\n');
    for (i = 0; i < quell_count(verdicts); i++) {
        struct quell_value one = quell_at(verdicts, i);
        printf("  ");
        term_pad(quell_get_str(one, "verdict"), 8);
        printf(" ");
        term_print(quell_get_str(one, "reason"));
        printf(": ");
        term_print(quell_get_str(one, "message"));
        putchar('\n');
    }
    printf("  %sknown   %s ", term_on(term, TONE_DIM), term_off(term));
    term_value(term, quell_get(document, "facts"), 0);
    putchar('\n');
}

static int exit_of(struct quell_value document)
{
    return quell_text_is(quell_get(document, "verdict"), "allowed") ? EXIT_DONE : EXIT_FINDING;
}

static enum quell_code ask(const struct args *args, struct quell *engine, struct arena *arena,
                           struct quell_document *document, struct quell_error *err)
{
    struct quell_policy_question question = {.target = args->words[1],
                                             .playbook = args_text(args, "playbook"),
                                             .source = quell_str_of(args_text(args, "source")),
                                             .approved = args_flag(args, "approved")};
    enum quell_code code = args_file(args, "incident", arena, &question.incident, err);

    return code ? code : quell_policy_check(engine, &question, document, err);
}

static int run(const struct args *args)
{
    bool check = args->word_count > 0;
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    struct arena *arena;
    enum quell_code code;
    int status;

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (check && (strcmp(args->words[0], "check") != 0 || args->word_count != 2))
        return fail_usage(args, "`quell policy`, or `quell policy check KIND:TARGET`");
    if (open_engine(args, QUELL_FOR_AUTHORING, &engine, &err))
        return fail(&err);
    arena = arena_new(0);
    code =
        check ? ask(args, engine, arena, &document, &err) : quell_policy(engine, &document, &err);
    status = code ? fail(&err) : check ? exit_of(document.value) : EXIT_DONE;
    if (code == QUELL_OK && args_output(args) != OUTPUT_TEXT)
        print_json(&document, args_output(args));
    else if (code == QUELL_OK && check)
        print_check(&term, document.value);
    else if (code == QUELL_OK)
        print_policy(&term, document.value);
    quell_document_free(&document);
    arena_free(arena);
    quell_close(engine);
    return status;
}

static const struct option_row options[] = {
    {"playbook", 0, OPTION_TEXT, "ID", "As a call of this playbook: its caps count, too."},
    {"incident", 'i', OPTION_TEXT, "FILE", "An incident that tells what the target is."},
    {"source", 0, OPTION_TEXT, "NAME", "The incident's format, when its shape does not tell."},
    {"approved", 0, OPTION_FLAG, NULL, "As if people had agreed to the call."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_policy = {
    .name = "policy",
    .words = "[check KIND:TARGET]",
    .doc = "Shows what no playbook may do here, and what would stand against a call.",
    .more = "kinds: device user mailbox mail ip domain url file process cloud_resource incident\n"
            "exit codes of check: 0 nothing stands against it, 1 it would be refused or held, or "
            "more has\nto be known, 2 the question or quell.yaml is wrong\n",
    .words_max = 2,
    .options = options,
    .run = run,
};
