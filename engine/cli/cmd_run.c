/*
 * cmd_run.c - `quell run PLAYBOOK`: starts a run by hand and stays until it ends or must wait for a
 * person. The engine lives in this process and holds the store's lock meanwhile.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/when.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/plan_options.h"
#include "cli/print.h"
#include "loop/loop.h"

struct watched {
    const struct args *args;
    struct term term;
    struct loop *loop;
    struct loop_timer *timeout;
    char run[37];
    bool ended, succeeded, held, interrupted, late;
};

static void on_event(struct quell_str run, struct quell_value event, void *user)
{
    struct watched *watched = user;
    struct quell_str kind = quell_get_str(event, "kind");

    /* Until quell_run() has returned, the only run that begins is ours. */
    if (watched->run[0] && !str_is(run, watched->run))
        return;
    if (args_output(watched->args) == OUTPUT_TEXT) {
        (void)print_event(&watched->term, event);
        (void)fflush(stdout);
    }
    if (str_is(kind, "run_ended")) {
        watched->ended = true;
        watched->succeeded = quell_text_is(quell_get(event, "status"), "succeeded");
    }
    if (str_is(kind, "run_held") || str_is(kind, "approval_asked") || str_is(kind, "form_asked"))
        watched->held = true;
    if (watched->ended || watched->held)
        loop_stop(watched->loop);
}

static void on_signal(int number, void *user)
{
    struct watched *watched = user;

    (void)number;
    watched->interrupted = true;
    loop_stop(watched->loop);
}

static void on_late(void *user)
{
    struct watched *watched = user;

    watched->timeout = NULL;
    watched->late = true;
    loop_stop(watched->loop);
}

static void wait_for_end(struct watched *watched, int64_t timeout_us)
{
    struct loop_watch *interrupt = loop_signal(watched->loop, SIGINT, on_signal, watched);
    struct loop_watch *end = loop_signal(watched->loop, SIGTERM, on_signal, watched);

    if (timeout_us)
        watched->timeout = loop_after(watched->loop, timeout_us / 1000, on_late, watched);
    while (!watched->ended && !watched->held && !watched->interrupted && !watched->late)
        loop_once(watched->loop, -1);
    loop_cancel(watched->timeout); /* the loop turns on while the engine drains */
    loop_unwatch(interrupt);
    loop_unwatch(end);
}

static int report(const struct args *args, struct quell *engine, const struct watched *watched)
{
    struct quell_document document = {0};
    struct quell_error err = {0};

    if (args_output(args) != OUTPUT_TEXT) {
        if (quell_show(engine, quell_str_of(watched->run), &document, &err))
            return fail(&err);
        print_json(&document, args_output(args));
        quell_document_free(&document);
    } else {
        printf("run %s %s\n", watched->run,
               watched->ended  ? (watched->succeeded ? "succeeded" : "failed")
               : watched->held ? "waits: a person must decide"
                               : "goes on when the store is opened again");
        if (watched->term.terminal)
            printf("%snext: quell show %.13s%s\n", term_on(&watched->term, TONE_DIM), watched->run,
                   term_off(&watched->term));
    }
    if (watched->ended)
        return watched->succeeded ? EXIT_DONE : EXIT_FINDING;
    return watched->interrupted ? EXIT_INTERRUPTED : EXIT_UNFINISHED;
}

static int start(const struct args *args, struct quell *engine,
                 const struct quell_run_options *options, int64_t timeout_us)
{
    struct watched watched = {.args = args, .term = term_of_output(), .loop = quell_loop(engine)};
    struct quell_error err = {0};
    char id[37];

    if (args_output(args) == OUTPUT_TEXT)
        printf("%s\n", options->playbook);
    quell_watch(engine, on_event, &watched);
    if (quell_run(engine, options, id, &err))
        return fail(&err);
    memcpy(watched.run, id, sizeof(id));
    wait_for_end(&watched, timeout_us);
    quell_watch(engine, NULL, NULL);
    return report(args, engine, &watched);
}

static int run_live(const struct args *args, int64_t timeout_us)
{
    struct quell_run_options options = {.playbook = args->words[0],
                                        .source = quell_str_of(args_text(args, "source")),
                                        .by = quell_str_of(control_who())};
    struct arena *arena = arena_new(0);
    struct quell_error err = {0};
    struct quell *engine = NULL;
    enum quell_code code;
    int status;

    code = args_file(args, "incident", arena, &options.incident, &err);
    if (code == QUELL_OK)
        code = args_inputs(args, arena, &options.inputs, &err);
    if (code == QUELL_OK)
        code = open_engine(args, QUELL_FOR_RUNNING, &engine, &err);
    status = code ? fail(&err) : start(args, engine, &options, timeout_us);
    end_engine(engine);
    arena_free(arena);
    return status;
}

static int run(const struct args *args)
{
    const char *timeout = args_text(args, "timeout");
    struct when when = {0};

    if (args_output(args) == OUTPUT_BAD)
        return EXIT_TOOL;
    if (args_flag(args, "dry-run"))
        return plan_command(args);
    if (args_flag(args, "offline"))
        return fail_usage(args, "--offline is for plans: add --dry-run");
    if (timeout && !when_parse_duration(quell_str_of(timeout), &when))
        return fail_usage(args, "--timeout is a duration such as 30s or 5m, not `%s`", timeout);
    return run_live(args, when_to_us(when));
}

static const struct option_row options[] = {
    {"dry-run", 'n', OPTION_FLAG, NULL, "Only plan: the same as `quell plan`."},
    {"timeout", 't', OPTION_TEXT, "TIME", "Leave after this time (exit 3); the run is not ended."},
    INCIDENT_OPTIONS,
    {NULL, 0, OPTION_FLAG, NULL, NULL},
};

const struct command command_run = {
    .name = "run",
    .words = "PLAYBOOK [-i INCIDENT]",
    .doc = "Runs a playbook by hand, or with --dry-run plans it.",
    .more =
        "PLAYBOOK is a file, or the id of a configured playbook. The store is locked meanwhile.\n"
        "Ctrl-C leaves the run as it is; the next `run` or `serve` on the store takes it up.\n\n"
        "exit codes: 0 succeeded, 1 failed, 2 bad use or input, 3 it waits for a person or\n"
        "--timeout passed, 5 the store is held by another process, 130 interrupted\n",
    .words_min = 1,
    .words_max = 1,
    .options = options,
    .run = run,
};
