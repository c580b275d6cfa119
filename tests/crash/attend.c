/*
 * attend.c - the people of a trial, and what else runs wait for: they agree to what is asked, fill
 * in forms, take runs back, send the incident that somebody waits for, and look into the mailbox
 * when nobody knows whether a mail left. All of it may be said twice: the second time it is
 * refused, which is right.
 */
#include <signal.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/str.h"
#include "trial.h"
#include "value/value.h"
#include "workload.h"

static void decide(struct story *story, const char *run, struct quell_str step, const char *by)
{
    const char *path = arena_format(story->arena, "/api/v1/runs/%s/decide", run).data;
    const char *body =
        arena_format(story->arena, "{\"step\": \"%.*s\", \"agrees\": true, \"by\": \"%s\"}",
                     QUELL_ARG(step), by)
            .data;

    (void)server_ask(&story->server, story->arena, path, NULL, body);
}

static void answer(struct story *story, const char *run, struct quell_str step)
{
    const char *path = arena_format(story->arena, "/api/v1/runs/%s/answer", run).data;
    const char *body =
        arena_format(story->arena,
                     "{\"step\": \"%.*s\", \"answers\": {\"verdict\": \"phish\"}, \"by\": \"ana\"}",
                     QUELL_ARG(step))
            .data;

    (void)server_ask(&story->server, story->arena, path, NULL, body);
}

static void attend_wait(struct story *story, const char *run, struct quell_value wait)
{
    struct quell_str step = quell_get_str(wait, "step");
    struct quell_value what = quell_get(wait, "what");

    if (quell_text_is(what, "approval")) {
        decide(story, run, step, "ana");
        decide(story, run, step, "ben");
    } else if (quell_text_is(what, "form")) {
        answer(story, run, step);
    } else if (quell_text_is(what, "event")) {
        (void)server_ask(&story->server, story->arena, "/hooks/other", "webhook-id: msg_closed",
                         "{\"title\": \"closed\", \"severity\": \"low\"}");
    }
}

/* What was accepted once must not be forgotten: only where calls fail or the clock is set may an
 * undo come to nothing and be asked for again. */
static void undo(struct story *story, const char *run)
{
    const char *path = arena_format(story->arena, "/api/v1/runs/%s/undo", run).data;
    struct quell_str line = arena_format(story->arena, "%s\n", run);
    enum mode mode = story->trial->mode;
    struct answer answer =
        server_ask(&story->server, story->arena, path, NULL, "{\"by\": \"ana\"}");

    if (answer.status != 200)
        return;
    if (str_find(story->undone, line, 0) != SIZE_MAX && !mode_fails(mode) && mode != MODE_CLOCK)
        FINDING(story, lost, "the undo of run %s was accepted, and is accepted again", run);
    story->undone =
        arena_format(story->arena, "%.*s%.*s", QUELL_ARG(story->undone), QUELL_ARG(line));
}

void story_attend(struct story *story, struct quell_value runs)
{
    for (size_t i = 0; i < quell_count(runs); i++) {
        struct quell_value run = quell_at(runs, i), waits = quell_get(run, "waits");
        const char *id = arena_str(story->arena, quell_get_str(run, "run")).data;

        for (size_t k = 0; k < quell_count(waits); k++)
            attend_wait(story, id, quell_at(waits, k));
        if (story_is_to_be_undone(story, run))
            undo(story, id);
    }
}

/* ---- what nobody knows -----------------------------------------------------------------------*/

static bool is_held(struct quell_value run)
{
    return quell_text_is(quell_get(run, "state"), "held");
}

bool story_any_held(struct quell_value runs)
{
    for (size_t i = 0; i < quell_count(runs); i++) {
        if (is_held(quell_at(runs, i)))
            return true;
    }
    return false;
}

/* A command's exit code, or -1. */
static int say(struct story *story, const char *const *words)
{
    int status = server_command(&story->plan, words);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What was held before it was sent, because what has been touched so far could not be read, is let
 * go. A server that did not answer in time is asked again in the next round; it may have heard the
 * first word after all, and then there is nothing left that waits for the second. */
static bool resolve(struct story *story, struct quell_str run, struct quell_str step)
{
    const char *id = arena_str(story->arena, run).data, *path = arena_str(story->arena, step).data;
    unsigned mails = oracle_mails(story->ground->range, run, step);
    struct quell_str line = arena_format(story->arena, "%s/%s\n", id, path);
    const char *happened = mails ? "--happened" : "--did-not";
    int code = say(story, (const char *const[]){"resolve", id, path, happened, NULL});

    if (code == 2)
        code = say(story, (const char *const[]){"release", id, path, NULL});
    if (code == 5) {
        story->unanswered =
            arena_format(story->arena, "%.*s%.*s", QUELL_ARG(story->unanswered), QUELL_ARG(line));
        return false;
    }
    if (code == 2 && str_find(story->unanswered, line, 0) != SIZE_MAX)
        return false;
    if (code)
        FINDING(story, stuck, "run %s is held at %s, and a person's word ends with %d", id, path,
                code);
    if (str_find(story->resolved, line, 0) != SIZE_MAX)
        FINDING(story, stuck, "step %s of run %s was resolved and is held again", path, id);
    story->resolved =
        arena_format(story->arena, "%.*s%.*s", QUELL_ARG(story->resolved), QUELL_ARG(line));
    return code == 0;
}

static void resolve_run(struct story *story, struct quell_value run)
{
    struct quell_value waits = quell_get(run, "waits");

    for (size_t i = 0; i < quell_count(waits); i++) {
        struct quell_value wait = quell_at(waits, i);

        if (!quell_text_is(quell_get(wait, "what"), "person"))
            continue;
        story->trial->findings.held++;
        story->trial->findings.resolved +=
            resolve(story, quell_get_str(run, "run"), quell_get_str(wait, "step"));
    }
    if (story->trial->point && story->trial->mode == MODE_KILL && story->trial->signal != SIGKILL)
        FINDING(story, stuck, "a run is held after an end that was no crash");
}

void story_resolve(struct story *story, struct quell_value runs)
{
    for (size_t i = 0; i < quell_count(runs); i++) {
        if (is_held(quell_at(runs, i)))
            resolve_run(story, quell_at(runs, i));
    }
}
