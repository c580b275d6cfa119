/*
 * follow.c - stays with a run that another process has, until it ends or must wait for a person.
 */
#include "cli/follow.h"

#include <stdio.h>

#include "base/str.h"
#include "loop/loop.h"

enum { LOOK_MS = 250 }; /* how often the run is looked at; people wait for it */

static bool is_over(struct quell_str state, int *status)
{
    static const struct {
        const char *state;
        int status;
    } ends[] = {{"succeeded", EXIT_DONE},
                {"failed", EXIT_FINDING},
                {"cancelled", EXIT_FINDING},
                {"undone", EXIT_FINDING},
                {"held", EXIT_UNFINISHED}};
    size_t i;

    for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        if (str_is(state, ends[i].state)) {
            *status = ends[i].status;
            return true;
        }
    return false;
}

/* Nobody stays at the prompt until people have answered. */
static bool asks_people(struct quell_value shown, const char *id)
{
    struct quell_str what = quell_get_str(shown, "waits_for");

    if (!str_is(quell_get_str(shown, "state"), "waiting") ||
        (!str_is(what, "approval") && !str_is(what, "form")))
        return false;
    fprintf(stderr, "run %s waits for people: quell approvals %.13s\n", id, id);
    return true;
}

static void on_pause(void *user)
{
    *(bool *)user = true;
}

static void pause_for(struct loop *loop, int64_t ms)
{
    bool over = false;

    (void)loop_after(loop, ms, on_pause, &over);
    while (!over)
        loop_once(loop, -1);
}

/* Looks at the run in the store, beside the engine that has it, until it ends or a limit holds it.
 */
int follow_run(const struct args *args, const char *id, int64_t timeout_us)
{
    struct quell *engine = NULL;
    struct quell_error err = {0};
    int status = EXIT_UNFINISHED;
    struct quell_str state = {"", 0};
    int64_t left_us = timeout_us ? timeout_us : INT64_MAX;
    bool over = false;

    if (open_engine(args, QUELL_FOR_READING, &engine, &err))
        return fail(&err);
    while (!over && left_us > 0) {
        struct quell_document shown = {0};

        if (quell_show(engine, quell_str_of(id), &shown, &err)) {
            quell_close(engine);
            return fail(&err);
        }
        state = quell_get_str(shown.value, "state");
        over = is_over(state, &status);
        if (over && args_output(args) == OUTPUT_TEXT)
            printf("run %s  %.*s\n", id, QUELL_ARG(state));
        else if (over)
            print_json(&shown, args_output(args));
        if (!over && asks_people(shown.value, id)) {
            quell_document_free(&shown);
            quell_close(engine);
            return EXIT_UNFINISHED;
        }
        quell_document_free(&shown);
        if (!over)
            pause_for(quell_loop(engine), LOOK_MS);
        left_us -= (int64_t)LOOK_MS * 1000;
    }
    if (!over)
        fprintf(stderr, "run %s goes on in the serving quell: quell show %.13s\n", id, id);
    quell_close(engine);
    return status;
}
