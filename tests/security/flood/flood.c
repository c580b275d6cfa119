/*
 * flood.c - a flood of forged alerts against the real server: whoever has the secret of a hook
 * makes us isolate everyone, unless caps and the list of what is protected stop it. The server is
 * killed again and again meanwhile.
 *
 *   flood --alerts 10000            sends so many and judges each
 *   flood --alerts 300 --break W    a negative control: passes when it is found out that the caps,
 *                                   the protected list, or a run are not there
 */
#include "flood.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/str.h"
#include "peer.h"
#include "server.h"
#include "value/value.h"

enum {
    SENDERS = 4,
    KILLS = 5,
    KILL_EACH = 40,     /* a flood of less is killed less often */
    START_MS = 60000,   /* recovery of all that is held */
    SETTLE_MS = 300000, /* a machine that is busy with other things */
    LOOK_MS = 20,
    UNCAPPED = 4096, /* the highest figure of a cap: far above what the control sends */
};

/* Of memory and disk, with room for an allocator's habits: 10,000 alerts took 87 MiB and 102 MiB,
 * 3,000 of them 43 MiB and 29 MiB [M]. */
#define MEMORY_KIB_BASE 32768
#define MEMORY_KIB_ALERT 10
#define STORE_KIB_BASE 16384
#define STORE_KIB_ALERT 16

enum broken { BROKEN_NOTHING, BROKEN_CAPS, BROKEN_PROTECT, BROKEN_JOURNAL };

struct options {
    unsigned alerts;
    enum broken broken;
    bool keep;
};

struct scene {
    const struct options *options;
    struct flood *flood;
    struct peer *range;
    struct server_plan plan;
    struct server server;
    char folder[96], config[128], database[128], log[128];
    pid_t senders[SENDERS];
    int answers; /* a byte for each alert that was answered */
    unsigned killed;
    long memory_kib;
};

/* ---- the ground ------------------------------------------------------------------------------*/

static void give_up(const char *what)
{
    fprintf(stderr, "flood: %s\n0 passed, 1 failed\n", what);
    exit(2);
}

static void write_policy(FILE *file, enum broken broken)
{
    bool capped = broken != BROKEN_CAPS, guarded = broken != BROKEN_PROTECT;

    fputs("policy:\n  caps:\n", file);
    fprintf(file, "    device: { run: %d, hour: %d, day: %d }\n", capped ? FLOOD_RUN_CAP : UNCAPPED,
            capped ? FLOOD_HOUR_CAP : UNCAPPED, capped ? FLOOD_DAY_CAP : UNCAPPED);
    fprintf(file, "    disrupts: { hour: %d, day: %d }\n", capped ? FLOOD_HOUR_CAP : UNCAPPED,
            capped ? FLOOD_DAY_CAP : UNCAPPED);
    if (!guarded)
        return;
    fputs(
        "  protect:\n    - name: plant\n      why: the line stands still\n      names: ['plc-*']\n"
        "      ids: [",
        file);
    for (unsigned i = 0; i < FLOOD_CROWNS; i++)
        fprintf(file, "%scrown-%u", i ? ", " : "", i);
    fputs("]\n", file);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[160];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    if (!file || chmod(path, 0600) || fputs(text, file) < 0 || fclose(file))
        give_up(path);
}

static void configure(struct scene *scene)
{
    FILE *file = fopen(scene->config, "we");

    if (!file)
        give_up(scene->config);
    fprintf(file,
            "store: sqlite:%s\n"
            "listen: 127.0.0.1:0\n"
            "connectors: [" FLOOD_DIR "/connectors]\n"
            "playbooks: [" FLOOD_DIR "/contain.yaml, " FLOOD_DIR "/isolate-one.yaml]\n"
            "hooks:\n"
            "  siem: { source: quell, auth: { standard: { secret: { file: %s/secret } } } }\n"
            "connections:\n"
            "  fleet: { url: 'http://127.0.0.1:%lld', egress: [loopback], auth: { kind: none } }\n",
            scene->database, scene->folder,
            (long long)quell_get_int(peer_told(scene->range), "http", 0));
    write_policy(file, scene->options->broken);
    if (fclose(file))
        give_up(scene->config);
    /* What send.c signs with. */
    write_file(scene->folder, "secret", "whsec_YSBzZWNyZXQgb2YgdHdlbnR5LWZvdXIgYnl0ZXM=");
}

static void scene_open(struct scene *scene, const struct options *options)
{
    const char *tmp = getenv("TMPDIR");
    size_t size = sizeof(struct flood) + options->alerts * sizeof(struct heard);

    *scene = (struct scene){.options = options};
    (void)snprintf(scene->folder, sizeof(scene->folder), "%s/quell-flood-XXXXXX",
                   tmp ? tmp : "/tmp");
    if (!mkdtemp(scene->folder))
        give_up("no folder");
    (void)snprintf(scene->config, sizeof(scene->config), "%s/quell.yaml", scene->folder);
    (void)snprintf(scene->database, sizeof(scene->database), "%s/quell.db", scene->folder);
    (void)snprintf(scene->log, sizeof(scene->log), "%s/serve.log", scene->folder);
    scene->flood = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (scene->flood == MAP_FAILED)
        give_up("no memory");
    scene->flood->count = options->alerts;
    scene->flood->senders = SENDERS;
    scene->flood->kills = options->alerts / KILL_EACH < KILLS ? options->alerts / KILL_EACH : KILLS;
    scene->range = peer_start(QUELL_RANGE, NULL);
    scene->plan = (struct server_plan){
        .program = QUELL_PROGRAM, .config = scene->config, .log = scene->log, .signal = SIGKILL};
    configure(scene);
}

static void scene_close(struct scene *scene)
{
    char command[128];

    peer_stop(scene->range);
    if (scene->options->keep) {
        printf("kept: %s\n", scene->folder);
        return;
    }
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", scene->folder);
    if (system(command) != 0)
        printf("%s is left\n", scene->folder);
}

/* ---- the server ------------------------------------------------------------------------------*/

static void start_server(struct scene *scene)
{
    if (!server_start(&scene->server, &scene->plan, NULL, now_ms() + START_MS))
        give_up("the server does not start");
    atomic_store(&scene->flood->port, (int)strtol(strrchr(scene->server.url, ':') + 1, NULL, 10));
}

/* The most memory that it had; a later server may have had less. */
static void note_memory(struct scene *scene)
{
    char path[64], line[256];
    FILE *file;
    long kib = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)scene->server.pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file)
        (void)fclose(file);
    if (kib > scene->memory_kib)
        scene->memory_kib = kib;
}

static void kill_server(struct scene *scene)
{
    atomic_store(&scene->flood->port, 0);
    note_memory(scene);
    if (kill(scene->server.pid, SIGKILL) == 0 && server_ended(&scene->server, START_MS) &&
        server_was_killed(&scene->server))
        scene->killed++;
    start_server(scene);
}

/* ---- the flood -------------------------------------------------------------------------------*/

static void start_senders(struct scene *scene)
{
    int ends[2];

    if (pipe(ends))
        give_up("no pipe");
    scene->answers = ends[0];
    for (unsigned i = 0; i < SENDERS; i++) {
        scene->senders[i] = fork();
        if (scene->senders[i] < 0)
            give_up("no sender");
        if (scene->senders[i] == 0) {
            (void)close(ends[0]);
            send_share(scene->flood, i, ends[1]);
            _exit(0);
        }
    }
    (void)close(ends[1]); /* so that the pipe ends with the last sender */
}

/* Waits until all are answered; between, at even distances, the server dies. */
static void attend(struct scene *scene)
{
    unsigned answered = 0, deaths = scene->flood->kills + 1;
    char byte;

    while (read(scene->answers, &byte, 1) == 1) {
        answered++;
        if (scene->killed + 1 < deaths &&
            answered == scene->flood->count / deaths * (scene->killed + 1))
            kill_server(scene);
    }
    for (unsigned i = 0; i < SENDERS; i++)
        (void)waitpid(scene->senders[i], NULL, 0);
    (void)close(scene->answers);
}

static long long ask_store(const char *database, const char *question)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = NULL;
    long long number = -1;

    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, START_MS) == SQLITE_OK &&
        sqlite3_prepare_v2(db, question, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement); /* it only read */
    (void)sqlite3_close(db);
    return number;
}

/* Until nothing is under way: every run has ended, is held, or waits for one that is. */
static bool settle(struct scene *scene)
{
    int64_t deadline = now_ms() + SETTLE_MS;

    while (ask_store(scene->database,
                     "SELECT count(*) FROM run WHERE ended_us = 0 AND state NOT IN "
                     "('held', 'waiting')") != 0)
        if (server_ended(&scene->server, LOOK_MS) || now_ms() > deadline)
            return false;
    return true;
}

/* ---- the verdict -----------------------------------------------------------------------------*/

static long store_kib(const struct scene *scene)
{
    struct stat database, log;
    char path[160];
    long size = 0;

    (void)snprintf(path, sizeof(path), "%s-wal", scene->database);
    if (stat(scene->database, &database) == 0)
        size += (long)database.st_size;
    if (stat(path, &log) == 0)
        size += (long)log.st_size;
    return size / 1024;
}

/* A run that is dropped silently, as no engine may. */
static void drop_a_run(const struct scene *scene)
{
    char command[512];
    sqlite3 *db = NULL;

    (void)snprintf(
        command, sizeof(command),
        "DELETE FROM run WHERE incident = (SELECT incident FROM run ORDER BY id LIMIT 1)");
    if (sqlite3_open(scene->database, &db) != SQLITE_OK ||
        sqlite3_exec(db, command, NULL, NULL, NULL) != SQLITE_OK)
        give_up("no run was dropped");
    (void)sqlite3_close(db);
}

static void check_bounds(const struct scene *scene, struct figures *figures)
{
    long alerts = (long)scene->flood->count, store = store_kib(scene);
    long memory_most = MEMORY_KIB_BASE + MEMORY_KIB_ALERT * alerts;
    long store_most = STORE_KIB_BASE + STORE_KIB_ALERT * alerts;

    figures_add(figures, scene->killed == scene->flood->kills, "%u deaths of %u", scene->killed,
                scene->flood->kills);
    figures_add(figures, QUELL_SANITIZED || scene->memory_kib <= memory_most,
                "%ld KiB of memory, %ld at most", scene->memory_kib, memory_most);
    figures_add(figures, store <= store_most, "%ld KiB of disk, %ld at most", store, store_most);
}

static void tell(const struct scene *scene, const struct judged *judged)
{
    printf(
        "figures: flood: %u alerts, %u servers killed, %u requests torn: %u accepted (%u of them "
        "again), %u refused, %u turned away (429, 503)\n",
        scene->flood->count, scene->killed, atomic_load(&scene->flood->touched), judged->accepted,
        judged->repeated, judged->refused, judged->turned_away);
    printf(
        "figures: flood: %u isolations of %u devices (cap of a day %d; %u requests repeated under "
        "their key), of acknowledged alerts %u are held, %u have ended, %u started nothing and "
        "say why\n",
        judged->isolations, judged->devices, FLOOD_DAY_CAP, judged->repeats, judged->held,
        judged->ended, judged->none);
    printf("figures: flood: %ld KiB of memory at most, %ld KiB of disk\n", scene->memory_kib,
           store_kib(scene));
}

static void verdict(struct scene *scene, struct figures *figures)
{
    static const char *const verify[] = {"audit", "verify", NULL};
    struct quell_value effects =
        quell_get(peer_get(scene->range, "/_range/effects").json, "effects");
    struct judged judged = {.accepted = 0};

    figures_add(figures,
                server_stop(&scene->server, now_ms() + START_MS) && scene->server.status == 0,
                "the server did not end well: %d", scene->server.status);
    if (scene->options->broken == BROKEN_JOURNAL)
        drop_a_run(scene);
    judge(scene->flood, scene->database, effects, &judged, figures);
    figures_add(figures, judged.accepted > scene->flood->count / 2,
                "%u alerts were taken in: the others tell nothing", judged.accepted);
    check_bounds(scene, figures);
    figures_add(figures, server_command(&scene->plan, verify) == 0,
                "the journal is not as written");
    tell(scene, &judged);
}

/* ---- options ---------------------------------------------------------------------------------*/

static void read_options(int argc, char **argv, struct options *options)
{
    static const char *const breaks[] = {"", "caps", "protect", "journal"};
    static const struct option longs[] = {{"alerts", required_argument, NULL, 'a'},
                                          {"break", required_argument, NULL, 'b'},
                                          {"keep", no_argument, NULL, 'k'},
                                          {NULL, 0, NULL, 0}};
    int id;

    while ((id = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (id == 'a')
            options->alerts = (unsigned)strtoul(optarg, NULL, 10);
        if (id == 'k')
            options->keep = true;
        for (int i = 1; id == 'b' && i < 4; i++)
            if (strcmp(optarg, breaks[i]) == 0)
                options->broken = (enum broken)i;
        if (id == '?' || (id == 'b' && options->broken == BROKEN_NOTHING))
            give_up("usage: flood [--alerts N] [--break caps|protect|journal] [--keep]");
    }
    if (options->alerts == 0 || options->alerts > 10000000)
        give_up("--alerts: from 1 to 10000000");
}

int main(int argc, char **argv)
{
    struct options options = {.alerts = 1000};
    struct figures figures = {.failed = 0};
    struct scene scene;

    read_options(argc, argv, &options);
    scene_open(&scene, &options);
    start_server(&scene);
    start_senders(&scene);
    attend(&scene);
    figures_add(&figures, settle(&scene), "not all runs came to rest");
    note_memory(&scene);
    verdict(&scene, &figures);
    scene_close(&scene);
    if (options.broken == BROKEN_NOTHING)
        return figures_end(&figures);
    printf("%d passed, %d failed\n", figures.failed > 0, figures.failed == 0);
    return figures.failed > 0 ? 0 : 1;
}
