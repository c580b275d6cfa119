/*
 * cmd_backtest.c - `quell backtest PLAYBOOK --since 30d`: what it would have done with the
 * incidents that are in the store, beside the text of it that is live.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/print.h"
#include "loop/loop.h"

enum { DAY_S = 86400, SINCE_DAYS = 30, SHOWN = 20, LABEL = 38 };

static int64_t count_of(struct quell_value map, const char *key)
{
    return quell_get_int(map, key, 0);
}

/* "matched       41   live 37   +4" */
static void print_figure(const struct term *term, struct quell_str label, int64_t now,
                         bool has_live, int64_t live)
{
    printf("  ");
    term_pad(label, LABEL);
    printf("%8" PRId64, now);
    if (has_live) {
        printf("   live %8" PRId64, live);
        if (now != live)
            printf("   %s%+" PRId64 "%s", term_on(term, TONE_WARN), now - live, term_off(term));
    }
    putchar('\n');
}

static struct quell_value call_of(struct quell_value side, struct quell_str action)
{
    struct quell_value calls = quell_get(side, "calls");
    size_t i;

    for (i = 0; i < quell_count(calls); i++)
        if (quell_str_equal(quell_get_str(quell_at(calls, i), "action"), action))
            return quell_at(calls, i);
    return quell_null();
}

static void print_call(const struct term *term, struct arena *arena, struct quell_value call,
                       struct quell_value now, struct quell_value then, bool has_live)
{
    struct quell_str action = quell_get_str(call, "action");
    struct quell_str effect = quell_get_str(call, "effect");

    print_figure(term, arena_format(arena, "%.*s (%.*s)", QUELL_ARG(action), QUELL_ARG(effect)),
                 count_of(now, "calls"), has_live, count_of(then, "calls"));
    if (count_of(now, "targets") || count_of(then, "targets"))
        print_figure(term, QUELL_STR("  different targets"), count_of(now, "targets"), has_live,
                     count_of(then, "targets"));
}

static void print_calls(const struct term *term, struct quell_value version,
                        struct quell_value live)
{
    struct quell_value calls = quell_get(version, "calls"), gone = quell_get(live, "calls");
    bool has_live = !quell_is_null(live);
    struct arena *arena = arena_new(0);
    size_t i;

    for (i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i);
        print_call(term, arena, call, call, call_of(live, quell_get_str(call, "action")), has_live);
    }
    for (i = 0; i < quell_count(gone); i++) {
        struct quell_value call = quell_at(gone, i);
        if (quell_is_null(call_of(version, quell_get_str(call, "action"))))
            print_call(term, arena, call, quell_null(), call, has_live);
    }
    arena_free(arena);
}

static void print_refused(const struct term *term, struct quell_value version,
                          struct quell_value live)
{
    struct quell_value refused = quell_get(version, "refused"), old = quell_get(live, "refused");
    struct quell_value other;
    struct arena *arena = arena_new(0);
    size_t i;

    for (i = 0; i < quell_count(refused); i++) {
        struct quell_str reason = quell_str(refused.as.pairs[i].key);
        bool both = quell_find(old, reason, &other);
        print_figure(term, arena_format(arena, "matched, and kept back: %.*s", QUELL_ARG(reason)),
                     refused.as.pairs[i].value.as.integer, !quell_is_null(live),
                     both ? other.as.integer : 0);
    }
    arena_free(arena);
}

static void print_changed(const struct term *term, struct quell_value changed)
{
    struct arena *arena = arena_new(0);
    size_t i;

    for (i = 0; i < quell_count(changed) && i < SHOWN; i++) {
        struct quell_value one = quell_at(changed, i);
        struct when when = {quell_get(one, "received_at").as.integer, 0};

        printf("  ~ ");
        term_pad(when_format_time(arena, when), 21);
        printf(" ");
        term_pad(quell_get_str(one, "severity"), 8);
        printf(" ");
        term_pad(quell_get_str(one, "title"), 44);
        printf(" live: %.*s, %sthis: %.*s%s\n", QUELL_ARG(quell_get_str(one, "live")),
               term_on(term, TONE_WARN), QUELL_ARG(quell_get_str(one, "version")), term_off(term));
    }
    if (i < quell_count(changed))
        printf("  and %zu more (-o json has them)\n", quell_count(changed) - i);
    arena_free(arena);
}

static void print_head(const struct term *term, struct quell_value made)
{
    struct arena *arena = arena_new(0);
    struct when since = {quell_get(made, "since").as.integer, 0};
    struct when until = {quell_get(made, "until").as.integer, 0};

    printf("%sbacktest of %s", term_on(term, TONE_STRONG), term_off(term));
    term_print(quell_get_str(made, "playbook"));
    printf("@%.*s over %" PRId64 " incidents, %.*s to %.*s%s\n",
           QUELL_ARG(str_slice(quell_get_str(quell_get(made, "version"), "revision"), 0, 8)),
           count_of(made, "incidents"), QUELL_ARG(when_format_time(arena, since)),
           QUELL_ARG(when_format_time(arena, until)),
           quell_get_bool(made, "cut", false) ? " (the newest of them)" : "");
    arena_free(arena);
}

static void print_backtest(const struct term *term, struct quell_value made)
{
    static const struct {
        const char *key, *label;
    } figures[] = {{"matched", "matched"},
                   {"undetermined", "undetermined"},
                   {"started", "started"},
                   {"asks", "questions to people"},
                   {"held", "held for a person"}};
    static const char *const ends[] = {"succeeded", "failed", "other"};
    struct quell_value version = quell_get(made, "version"), live = quell_get(made, "live");
    bool has_live = !quell_is_null(live);
    size_t i;

    print_head(term, made);
    for (i = 0; i < sizeof(figures) / sizeof(*figures); i++)
        print_figure(term, quell_str_of(figures[i].label), count_of(version, figures[i].key),
                     has_live, count_of(live, figures[i].key));
    print_refused(term, version, live);
    for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        print_figure(term, quell_str_of(i == 2 ? "runs that did not end" : ends[i]),
                     count_of(quell_get(version, "ended"), ends[i]), has_live,
                     count_of(quell_get(live, "ended"), ends[i]));
    print_calls(term, version, live);
    if (has_live)
        printf("%zu incidents end otherwise than with the live text\n",
               quell_count(quell_get(made, "changed")));
    else
        printf("no other text of it is live: there is nothing to compare with\n");
    print_changed(term, quell_get(made, "changed"));
    printf("Calls were answered by examples, people %.*s. Nothing was sent.\n",
           QUELL_ARG(quell_get_str(made, "people")));
}

static int run(const struct args *args)
{
    struct quell_backtest_options options = {.playbook = args->words[0],
                                             .people = args_text(args, "people"),
                                             .since_us = clock_now_us() -
                                                         (int64_t)SINCE_DAYS * DAY_S * 1000000};
    struct term term = term_of_output();
    struct quell_document document = {0};
    struct quell_error err = {0};
    struct quell *engine;
    enum quell_code code;

    if (args_output(args) == OUTPUT_BAD || !args_since(args, "since", &options.since_us) ||
        !args_since(args, "until", &options.until_us))
        return EXIT_TOOL;
    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    code = quell_backtest(engine, &options, &document, &err);
    if (code == QUELL_OK && args_output(args) == OUTPUT_TEXT)
        print_backtest(&term, document.value);
    else if (code == QUELL_OK)
        print_json(&document, args_output(args));
    quell_document_free(&document);
    quell_close(engine);
    return code ? fail(&err) : EXIT_DONE;
}

static const struct option_row options[] = {
    {"since", 0, OPTION_TEXT, "TIME", "Incidents from then on: a time, or `30d` (the default)."},
    {"until", 0, OPTION_TEXT, "TIME", "Incidents before then: a time, or `1d`."},
    {"people", 0, OPTION_TEXT, "WORD",
     "What people say to approvals: agree (default), deny, silent."},
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_backtest = {
    .name = "backtest",
    .words = "PLAYBOOK",
    .doc = "Tells what a playbook would have done with the incidents that are in the store.",
    .more = "PLAYBOOK is a file, or the id of one that is configured. When another text of it is\n"
            "configured, the two are told beside each other. Triggers, guards and limits hold as\n"
            "they would have; reads are answered by the manifests' examples, so what depends on\n"
            "them is a guess.\n"
            "exit codes: 0 told, 2 no such playbook or store\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
