/*
 * trial.c - the story of one point. The sender is a good one: it sends the same delivery again
 * until it is answered with 202, and once more afterwards.
 */
#include "trial.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "peer.h"
#include "point.h"
#include "value/value.h"

enum {
    REST_MS = 10000,    /* real time until every run has ended or is held: SAFETY.md */
    LOOK_MS = 5,        /* between two looks at how the runs stand */
    INJECTED_MS = 20000 /* the first server's life; beyond this it hangs */
};

struct story {
    const struct ground *ground;
    struct trial *trial;
    struct arena *arena;
    struct server server;
    struct server_plan plan;
    struct quell_value promised; /* runs of the first 202; null before */
    int64_t deadline_ms;
};

/* Two effects take place and their answers are lost; the others are told to come back. */
static const char *const faults[] = {
    "{\"where\": \"token\", \"what\": \"503\"}",
    "{\"where\": \"machines\", \"what\": \"429\", \"retry_after\": 1}",
    "{\"where\": \"isolate\", \"what\": \"lost-after\"}",
    "{\"where\": \"machineactions\", \"what\": \"429\", \"skip\": 1}",
    "{\"where\": \"comment\", \"what\": \"lost-after\"}",
    "{\"where\": \"mail\", \"what\": \"451\"}",
};

#define FINDING(story, kind, ...)                                                                  \
    found(&(story)->trial->findings, &(story)->trial->findings.kind, __VA_ARGS__)

/* ---- the ground ------------------------------------------------------------------------------*/

static FILE *make_file(const char *folder, const char *name)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    if (!file || chmod(path, 0600)) {
        perror(path);
        exit(2);
    }
    return file;
}

static void make_secret(const char *folder, const char *name, const char *text)
{
    FILE *file = make_file(folder, name);

    fputs(text, file);
    (void)fclose(file); /* a short one shows as refused sign-ins */
}

static void write_connection(FILE *file, const char *name, long long port, const char *folder)
{
    fprintf(file,
            "  %s:\n"
            "    url: http://127.0.0.1:%lld\n"
            "    token_url: http://127.0.0.1:%lld/demo/oauth2/v2.0/token\n"
            "    egress: [loopback]\n"
            "    auth:\n"
            "      kind: client-secret\n"
            "      tenant_id: demo\n"
            "      client_id: 11111111-1111-1111-1111-111111111111\n"
            "      client_secret: { file: %s/client-secret }\n",
            name, port, port, folder);
}

void ground_prepare(struct ground *ground, const char *source_folder)
{
    struct quell_value ports = peer_told(ground->range);
    long long http = quell_get_int(ports, "http", 0), smtp = quell_get_int(ports, "smtp", 0);
    FILE *file = make_file(ground->folder, "quell.yaml");

    (void)snprintf(ground->config, sizeof(ground->config), "%s/quell.yaml", ground->folder);
    (void)snprintf(ground->store, sizeof(ground->store), "%s/store", ground->folder);
    (void)snprintf(ground->database, sizeof(ground->database), "%s/store/quell.db", ground->folder);
    (void)snprintf(ground->log, sizeof(ground->log), "%s/serve.log", ground->folder);
    (void)snprintf(ground->calls, sizeof(ground->calls), "%s/calls.log", ground->folder);
    (void)mkdir(ground->store, 0700); /* when it cannot be made the first server says so */
    make_secret(ground->folder, "client-secret", "range-secret");
    make_secret(ground->folder, "smtp-password", "range-password");
    fprintf(file,
            "store: sqlite:%s\n"
            "listen: 127.0.0.1:0\n"
            "playbooks:\n"
            "  - %s/playbooks/malware-on-device.yaml\n"
            "  - %s/playbooks/notify.yaml\n"
            "config: { soc_mailbox: soc@contoso.example }\n"
            "hooks:\n"
            "  sentinel: { source: sentinel, auth: { kind: none, delivery: webhook-id } }\n"
            "connections:\n",
            ground->database, source_folder, source_folder);
    write_connection(file, "defender", http, ground->folder);
    write_connection(file, "sentinel", http, ground->folder);
    fprintf(file,
            "  email:\n"
            "    url: smtp://127.0.0.1:%lld\n"
            "    tls: none\n"
            "    egress: [loopback]\n"
            "    from: quell@contoso.example\n"
            "    auth: { kind: basic, username: quell, password: { file: %s/smtp-password } }\n",
            smtp, ground->folder);
    (void)fclose(file); /* a short one is refused by the first server */
}

/* Nothing is left of the trial before. */
static void make_fresh(const struct ground *ground)
{
    DIR *folder = opendir(ground->store);
    struct dirent *entry = folder ? readdir(folder) : NULL;
    char path[512];

    for (; entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", ground->store, entry->d_name);
        (void)unlink(path); /* one that stays is found by the next server */
    }
    if (folder)
        (void)closedir(folder);
    (void)unlink(ground->log);
    (void)unlink(ground->calls);
    (void)peer_post(ground->range, "/_range/reset", "{}");
    for (size_t i = 0; ground->faults && i < sizeof(faults) / sizeof(*faults); i++)
        peer_fault(ground->range, faults[i]);
}

/* ---- sending and looking ---------------------------------------------------------------------*/

static bool same_runs(struct quell_value a, struct quell_value b)
{
    return quell_count(a) == quell_count(b) && value_equal(a, b);
}

/* Sends the delivery until it is accepted; false when the server ended, or time is up. */
static bool deliver(struct story *story)
{
    for (;;) {
        struct answer answer = server_ask(&story->server, story->arena, "/hooks/sentinel",
                                          "webhook-id: msg_crash_1", story->ground->body);
        struct quell_value runs = quell_get(answer.json, "runs");

        if (answer.status == 202 && quell_is_null(story->promised)) {
            story->promised = runs;
            return true;
        }
        if (answer.status == 202) {
            if (!same_runs(story->promised, runs))
                FINDING(story, duplicated, "the same delivery was promised other runs");
            return true;
        }
        if (server_ended(&story->server, LOOK_MS) || now_ms() > story->deadline_ms)
            return false;
    }
}

static bool is_at_rest(struct quell_value run)
{
    static const char *const states[] = {"succeeded", "failed", "cancelled", "undone", "held"};

    for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
        if (quell_text_is(quell_get(run, "state"), states[i]))
            return true;
    }
    return false;
}

static bool are_at_rest(struct quell_value runs)
{
    for (size_t i = 0; i < quell_count(runs); i++) {
        if (!is_at_rest(quell_at(runs, i)))
            return false;
    }
    return quell_count(runs) > 0;
}

/* Looks until every run has ended or is held; false when the server ended, or time is up. */
static bool rest(struct story *story, struct quell_value *runs)
{
    for (;;) {
        struct answer answer = server_ask(&story->server, story->arena, "/api/v1/runs", NULL, NULL);

        *runs = answer.json;
        if (answer.status == 200 && are_at_rest(answer.json))
            return true;
        if (server_ended(&story->server, LOOK_MS) || now_ms() > story->deadline_ms)
            return false;
    }
}

/* ---- the server that ends at a point ---------------------------------------------------------*/

static void live(struct story *story, const struct point *point)
{
    struct quell_value runs;

    story->deadline_ms = now_ms() + INJECTED_MS;
    if (!server_start(&story->server, &story->plan, point, story->deadline_ms))
        return;
    if (deliver(story) && rest(story, &runs))
        (void)server_stop(&story->server, story->deadline_ms);
    if (!server_ended(&story->server, 0) && !server_stop(&story->server, story->deadline_ms))
        FINDING(story, stuck, "the server that has the point does not end");
}

/* SIGTERM before it is listened to ends the server, too. */
static void check_end(struct story *story)
{
    struct trial *trial = story->trial;
    int status = story->server.status;
    bool by_signal = trial->point && WIFSIGNALED(status) && WTERMSIG(status) == trial->signal;

    trial->reached = by_signal;
    if (trial->point && trial->signal != SIGKILL)
        trial->reached = counts_have(story->ground->calls, trial->point);
    if (status != 0 && !by_signal)
        FINDING(story, stuck, "the server that has the point ended with status %d", status);
}

/* False when it was not there that the first one died. */
static bool die_first(struct story *story)
{
    if (!story->trial->first)
        return true;
    story->plan.signal = SIGKILL;
    live(story, story->trial->first);
    (void)unlink(story->ground->calls); /* those of the next one are asked for */
    return server_was_killed(&story->server);
}

/* ---- the server that takes up ----------------------------------------------------------------*/

/* A person looks at the mailbox and says what they see. */
static bool resolve(struct story *story, struct quell_value run)
{
    struct quell_str id = quell_get_str(run, "run");
    unsigned mails = oracle_mails(story->ground->range, id);
    const char *name = arena_str(story->arena, id).data;
    int status = server_command(
        &story->plan,
        (const char *const[]){"resolve", name, "tell", mails ? "--happened" : "--did-not", NULL});

    if (status == 0)
        return true;
    FINDING(story, stuck, "run %s is held, and `quell resolve` ends with status %d", name, status);
    return false;
}

static unsigned resolve_all(struct story *story, struct quell_value runs)
{
    unsigned resolved = 0;

    for (size_t i = 0; i < quell_count(runs); i++) {
        if (!quell_text_is(quell_get(quell_at(runs, i), "state"), "held"))
            continue;
        story->trial->findings.held++;
        if (story->trial->point && story->trial->signal != SIGKILL)
            FINDING(story, stuck, "a run is held after an end that was no crash");
        resolved += resolve(story, quell_at(runs, i));
    }
    return resolved;
}

static bool any_held(struct quell_value runs)
{
    for (size_t i = 0; i < quell_count(runs); i++) {
        if (quell_text_is(quell_get(quell_at(runs, i), "state"), "held"))
            return true;
    }
    return false;
}

/* Of two points one is resolved while nobody serves. */
static void resolve_held(struct story *story, struct quell_value runs)
{
    bool away = story->trial->point && story->trial->point->nth % 2;
    unsigned resolved;

    if (!any_held(runs))
        return;
    if (away && !server_stop(&story->server, now_ms() + REST_MS))
        FINDING(story, stuck, "a server with held runs does not end");
    resolved = resolve_all(story, runs);
    story->deadline_ms = now_ms() + REST_MS;
    if (away && !server_start(&story->server, &story->plan, NULL, story->deadline_ms))
        FINDING(story, stuck, "the server does not start after a run was resolved");
    else if (!rest(story, &runs))
        FINDING(story, stuck, "a run that was resolved does not end");
    else if (any_held(runs))
        FINDING(story, stuck, "a run that was resolved is held again");
    story->trial->findings.resolved += resolved;
}

static void name_restless(struct story *story, struct quell_value runs)
{
    for (size_t i = 0; i < quell_count(runs); i++) {
        struct quell_value run = quell_at(runs, i);

        if (!is_at_rest(run))
            FINDING(story, stuck, "run %.*s of %.*s is %.*s", QUELL_ARG(quell_get_str(run, "run")),
                    QUELL_ARG(quell_get_str(run, "playbook")),
                    QUELL_ARG(quell_get_str(run, "state")));
    }
    if (quell_count(runs) == 0)
        FINDING(story, lost, "there is no run");
}

static void take_up(struct story *story)
{
    struct quell_value runs = quell_null();

    story->deadline_ms = now_ms() + REST_MS;
    story->plan.calls = NULL;
    if (!server_start(&story->server, &story->plan, NULL, story->deadline_ms)) {
        FINDING(story, stuck, "the last server does not start");
        return;
    }
    if (!deliver(story))
        FINDING(story, stuck, "the last server accepts nothing");
    else if (!rest(story, &runs))
        name_restless(story, runs);
    else
        resolve_held(story, runs);
    if (!server_stop(&story->server, now_ms() + REST_MS))
        FINDING(story, stuck, "the last server does not end");
    else if (story->server.status != 0)
        FINDING(story, stuck, "the last server ended with status %d", story->server.status);
}

void trial_run(const struct ground *ground, struct trial *trial)
{
    struct timespec now = {0};
    struct story story = {.ground = ground, .trial = trial, .arena = arena_new(0)};

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail */
    story.plan = (struct server_plan){.program = ground->program,
                                      .shim = ground->shim,
                                      .config = ground->config,
                                      .log = ground->log,
                                      .calls = ground->calls,
                                      .epoch_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
                                      .speed = ground->speed};
    story.promised = quell_null();
    make_fresh(ground);
    if (die_first(&story)) {
        story.plan.signal = trial->signal;
        live(&story, trial->point);
        check_end(&story);
    }
    take_up(&story);
    oracle_compare(ground->range, ground->database, story.promised, &trial->findings);
    arena_free(story.arena);
}
