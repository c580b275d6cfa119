/*
 * work.c - watching, choosing points, and workers that try them, each on a ground of its own.
 */
#include "work.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "peer.h"
#include "trial.h"

enum { WATCHED = 3, TRIES = 5, BODY_MAX = 1024 * 1024 };

/* ---- the ground of one worker ----------------------------------------------------------------*/

static char *read_incident(void)
{
    FILE *file = fopen(QUELL_SOURCE_DIR "/playbooks/samples/sentinel-malware.json", "re");
    char *text = memory_new(BODY_MAX);

    if (!file || fread(text, 1, BODY_MAX - 1, file) == 0) {
        fprintf(stderr, "crash: the sample incident cannot be read\n");
        exit(2);
    }
    (void)fclose(file); /* was only read */
    return text;
}

/* The machine action is under way at the first look and has ended at the second: 5 s and 12.5 s of
 * the faster clock. */
static struct peer *start_range(int speed)
{
    char pending[16], work[16];
    const char *arguments[] = {"--auto-advance", "1",  "--pending-ms",        pending,
                               "--work-ms",      work, "--smtp-require-auth", NULL};

    (void)snprintf(pending, sizeof(pending), "%d", 1000 / speed);
    (void)snprintf(work, sizeof(work), "%d", 9000 / speed);
    return peer_start(QUELL_RANGE, arguments);
}

static void ground_open(struct ground *ground, const struct options *options, char folder[32])
{
    (void)snprintf(folder, 32, "/tmp/quell-crash-XXXXXX");
    if (!mkdtemp(folder)) {
        perror("crash: mkdtemp");
        exit(2);
    }
    *ground = (struct ground){.program = options->quell,
                              .shim = QUELL_SHIM,
                              .speed = options->speed,
                              .faults = options->faults,
                              .folder = folder,
                              .body = read_incident(),
                              .range = start_range(options->speed)};
    ground_prepare(ground, QUELL_SOURCE_DIR);
}

static void ground_close(struct ground *ground, const struct options *options)
{
    char command[64];

    peer_stop(ground->range);
    memory_free((void *)(uintptr_t)ground->body);
    if (options->keep) {
        printf("kept: %s\n", ground->folder);
        return;
    }
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", ground->folder);
    if (system(command) != 0)
        printf("%s is left\n", ground->folder);
}

/* ---- what is watched -------------------------------------------------------------------------*/

/* One run that is only watched. Where the first server dies is a matter of threads: it is asked
 * again when it was not there, because then no second server wrote a log. */
static void watch_once(const struct ground *ground, const struct point *first)
{
    unsigned tries = 0;

    do {
        struct trial trial = {.first = first, .signal = SIGKILL};

        trial_run(ground, &trial);
        if (!findings_are_clean(&trial.findings)) {
            printf("a run that is only watched: %s\n0 passed, 1 failed\n", trial.findings.note);
            exit(1);
        }
    } while (first && access(ground->calls, R_OK) != 0 && ++tries < TRIES);
}

/* The calls that every watched run made, of the server that starts after the death at `first`, if
 * any. */
static struct counts watch(const struct ground *ground, const struct point *first)
{
    struct counts counts = {.count = 0};
    unsigned i;

    for (i = 0; i < WATCHED; i++) {
        struct counts seen;

        watch_once(ground, first);
        seen = counts_read(ground->calls);
        if (i == 0)
            counts = seen;
        counts_narrow(&counts, &seen);
    }
    return counts;
}

static struct work *work_new(size_t count)
{
    size_t size = sizeof(struct work) + count * sizeof(struct result);
    struct work *work = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (work == MAP_FAILED) {
        perror("crash: mmap");
        exit(2);
    }
    work->items = memory_new((count + 1) * sizeof(*work->items));
    return work;
}

static void add_items(struct work *work, const struct point *first, const struct point *points,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct item *item = &work->items[work->count++];

        *item = (struct item){.has_first = first != NULL, .point = points[i]};
        if (first)
            item->first = *first;
    }
}

static struct work *plan_one(const char *text)
{
    struct work *work = work_new(1);
    struct item *item = work->items;
    const char *comma = strchr(text, ',');

    item->has_first = comma != NULL;
    if ((comma && !point_read(text, &item->first)) ||
        !point_read(comma ? comma + 1 : text, &item->point)) {
        fprintf(stderr, "crash: `%s` is no point\n", text);
        exit(2);
    }
    work->count = work->all = 1;
    return work;
}

/* A first death at some of the points, and of the server after it each point, or a share of them.
 */
static struct work *plan_twice(const struct ground *ground, const struct options *options,
                               const struct point *firsts, size_t count)
{
    size_t each = options->most ? options->most / count : 1000;
    struct work *work = work_new(count * each);

    for (size_t i = 0; i < count; i++) {
        struct counts counts = watch(ground, &firsts[i]);
        size_t made, all;
        struct point *points = points_make(&counts, each, &made, &all);

        add_items(work, &firsts[i], points, made);
        work->all += all;
        memory_free(points);
    }
    return work;
}

struct work *work_plan(const struct options *options)
{
    struct ground ground;
    char folder[32];
    struct counts counts;
    struct point *points;
    struct work *work;
    size_t count, all;

    if (options->only)
        return plan_one(options->only);
    ground_open(&ground, options, folder);
    counts = watch(&ground, NULL);
    points = points_make(&counts, options->twice ? options->twice : options->most, &count, &all);
    if (options->twice) {
        work = plan_twice(&ground, options, points, count);
    } else {
        work = work_new(count);
        add_items(work, NULL, points, count);
        work->all = all;
    }
    memory_free(points);
    ground_close(&ground, options);
    return work;
}

/* ---- workers ---------------------------------------------------------------------------------*/

static void try_item(const struct ground *ground, const struct item *item, int number,
                     struct result *result)
{
    do {
        struct trial trial = {.first = item->has_first ? &item->first : NULL,
                              .point = &item->point,
                              .signal = number};

        trial_run(ground, &trial);
        result->tries++;
        result->reached = trial.reached;
        result->findings = trial.findings;
    } while (!result->reached && findings_are_clean(&result->findings) && result->tries < TRIES);
    result->tried = true;
}

static void print_finding(const struct item *item, const struct result *result)
{
    char first[48] = "", point[48];

    if (item->has_first)
        point_text(&item->first, first);
    point_text(&item->point, point);
    printf("%s%s%s: %s\n", first, item->has_first ? "," : "", point, result->findings.note);
    (void)fflush(stdout); /* for people who watch */
}

static void work_off(struct work *work, const struct options *options)
{
    struct ground ground;
    char folder[32];
    size_t i;

    ground_open(&ground, options, folder);
    for (i = atomic_fetch_add(&work->next, 1); i < work->count;
         i = atomic_fetch_add(&work->next, 1)) {
        try_item(&ground, &work->items[i], options->signal, &work->results[i]);
        if (!findings_are_clean(&work->results[i].findings))
            print_finding(&work->items[i], &work->results[i]);
    }
    ground_close(&ground, options);
}

void work_do(struct work *work, const struct options *options)
{
    pid_t workers[WORKERS_MAX];
    unsigned i;

    (void)fflush(stdout); /* or each worker would print it again */
    for (i = 0; i < options->workers; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            work_off(work, options);
            exit(0);
        }
    }
    for (i = 0; i < options->workers; i++) {
        int status;

        if (workers[i] > 0)
            (void)waitpid(workers[i], &status, 0); /* what it left undone shows in the results */
    }
}
