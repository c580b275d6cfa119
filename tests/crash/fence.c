/*
 * fence.c - two engines on one store: the first stands still in the middle of a call (SIGSTOP: a
 * machine that was suspended), a second one is started, and then the first one goes on. The second
 * must be refused. One that is not works the same runs, which shows in the effects.
 */
#include <signal.h>
#include <sys/wait.h>

#include "trial.h"
#include "value/value.h"

enum { INTRUDER_MS = 4000 }; /* real time for each of two that disturb each other */

/* Whether it stands still; looks once. */
static bool stands_still(const struct server *server)
{
    siginfo_t info = {.si_pid = 0};

    return !server->ended &&
           waitid(P_PID, (id_t)server->pid, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == server->pid;
}

/* What a server does until it ends or stands still: all its work, and then its end. */
static void work(struct story *story)
{
    int64_t deadline_ms = story->deadline_ms;
    struct quell_value runs;
    bool rests = false;

    story->server.answer_ms = 200; /* one that stands still gives none */
    while (!rests && !stands_still(&story->server) && !story->server.ended &&
           now_ms() < deadline_ms) {
        story->deadline_ms = now_ms() + 300;
        rests = story_deliver(story) && story_rest(story, &runs);
    }
    if (rests)
        (void)kill(story->server.pid, SIGTERM);
    while (rests && !stands_still(&story->server) && !server_ended(&story->server, LOOK_MS) &&
           now_ms() < deadline_ms)
        ;
}

/* The second engine: refused, or else it does all there is to do. */
static void intrude(struct story *story)
{
    struct server first = story->server;
    struct quell_value runs = quell_null();

    story->deadline_ms = now_ms() + REST_MS;
    if (server_start(&story->server, &story->plan, NULL, story->deadline_ms)) {
        FINDING(story, stuck, "two engines work on one store");
        story->deadline_ms = now_ms() + INTRUDER_MS;
        if (story_deliver(story) && story_rest(story, &runs) && story_any_held(runs))
            story_resolve(story, runs); /* nobody has seen what the first one may do yet */
        if (story_any_held(runs))
            (void)story_rest(story, &runs);
        (void)server_stop(&story->server, now_ms() + REST_MS);
    } else if (!WIFEXITED(story->server.status) || WEXITSTATUS(story->server.status) == 0) {
        FINDING(story, stuck, "a second engine ended with status %d", story->server.status);
    }
    story->server = first;
}

void story_fence(struct story *story)
{
    work(story);
    if (!stands_still(&story->server))
        return;
    story->trial->reached = true;
    intrude(story);
    (void)kill(story->server.pid, SIGCONT);
    story->server.answer_ms = 0;
    story->deadline_ms = now_ms() + INTRUDER_MS;
}
