/*
 * watch.c - stays with a run of this process until it ends, must wait for a person, or it is
 * interrupted; tells what happens meanwhile, and at last what has become of it.
 */
#include "cli/watch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/print.h"
#include "loop/loop.h"

struct watched {
    const struct args *args;
    struct term term;
    struct loop *loop;
    struct loop_timer *timeout;
    char run[37];
    const char *end; /* how it ended: static; NULL = it has not */
    bool held, interrupted, late;
};

/* The state of a run whose last event says this. */
static const char *end_named(struct quell_str status)
{
    static const char *const words[] = {"succeeded", "cancelled", "undone"};
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (str_is(status, words[i]))
            return words[i];
    return "failed";
}

static void on_event(struct quell_str run, struct quell_value event, void *user)
{
    struct watched *watched = user;
    struct quell_str kind = quell_get_str(event, "kind");

    /* Until quell_run() has returned, the first run that begins is ours; others are called by it.
     */
    if (!watched->run[0] && str_is(kind, "run_started") && run.len < sizeof(watched->run))
        memcpy(watched->run, run.data, run.len);
    if (!str_is(run, watched->run))
        return;
    if (args_output(watched->args) == OUTPUT_TEXT) {
        (void)print_event(&watched->term, event);
        (void)fflush(stdout);
    }
    if (str_is(kind, "run_ended"))
        watched->end = end_named(quell_get_str(event, "status"));
    if (str_is(kind, "run_held") || str_is(kind, "approval_asked") || str_is(kind, "form_asked"))
        watched->held = true;
    if (watched->end || watched->held)
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
    while (!watched->end && !watched->held && !watched->interrupted && !watched->late)
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
               watched->end    ? watched->end
               : watched->held ? "waits: a person must decide"
                               : "goes on when the store is opened again");
        if (watched->term.terminal)
            printf("%snext: quell show %.13s%s\n", term_on(&watched->term, TONE_DIM), watched->run,
                   term_off(&watched->term));
    }
    if (watched->end)
        return str_is(quell_str_of(watched->end), "succeeded") ? EXIT_DONE : EXIT_FINDING;
    return watched->interrupted ? EXIT_INTERRUPTED : EXIT_UNFINISHED;
}

int watch_run(const struct args *args, struct quell *engine, const char *title, int64_t timeout_us,
              watch_start_fn *start, void *user)
{
    struct watched watched = {.args = args, .term = term_of_output(), .loop = quell_loop(engine)};
    struct quell_error err = {0};
    char id[37];

    if (args_output(args) == OUTPUT_TEXT && title)
        printf("%s\n", title);
    quell_watch(engine, on_event, &watched);
    if (start(engine, id, user, &err))
        return fail(&err);
    memcpy(watched.run, id, sizeof(id));
    wait_for_end(&watched, timeout_us);
    quell_watch(engine, NULL, NULL);
    return report(args, engine, &watched);
}
