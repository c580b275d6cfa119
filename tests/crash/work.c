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
#include "workload.h"

enum { WATCHED = 4, TRIES = 8, BODY_MAX = 1024 * 1024, FOLDER_MAX = 96 };

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

static void ground_open(struct ground *ground, const struct options *options,
                        char folder[FOLDER_MAX])
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(folder, FOLDER_MAX, "%s/quell-crash-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder)) {
        perror("crash: mkdtemp");
        exit(2);
    }
    *ground = (struct ground){.program = options->quell,
                              .shim = QUELL_SHIM,
                              .speed = options->speed,
                              .source = QUELL_SOURCE_DIR,
                              .folder = folder,
                              .body = read_incident(),
                              .range = start_range(options->speed)};
    ground_prepare(ground);
}

static void ground_close(struct ground *ground, const struct options *options)
{
    char command[FOLDER_MAX + 16];

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
static void watch_once(const struct ground *ground, const struct options *options,
                       const struct workload *workload, const struct point *first)
{
    unsigned tries = 0;

    do {
        struct trial trial = {
            .mode = options->mode, .workload = workload, .first = first, .signal = SIGKILL};

        trial_run(ground, &trial);
        if (!findings_are_clean(&trial.findings)) {
            printf("a run of `%s` that is only watched: %s\n0 passed, 1 failed\n", workload->name,
                   trial.findings.note);
            exit(1);
        }
    } while (first && access(ground->calls, R_OK) != 0 && ++tries < TRIES);
}

/* The calls that every watched run made, of the server that starts after the death at `first`, if
 * any. */
static struct counts watch(const struct ground *ground, const struct options *options,
                           const struct workload *workload, const struct point *first)
{
    struct counts counts = {.count = 0};
    unsigned i;

    for (i = 0; i < WATCHED; i++) {
        struct counts seen;

        watch_once(ground, options, workload, first);
        seen = counts_read(ground->calls);
        if (i == 0)
            counts = seen;
        counts_narrow(&counts, &seen);
    }
    return counts;
}

/* ---- what is tried ---------------------------------------------------------------------------*/

struct plan {
    struct item *items;
    size_t count, size;
};

static void add_item(struct plan *plan, const struct item *item)
{
    if (plan->count == plan->size) {
        plan->size = plan->size ? 2 * plan->size : 1024;
        plan->items = memory_resize(plan->items, plan->size * sizeof(*plan->items));
    }
    plan->items[plan->count++] = *item;
}

/* All points of a workload, or those of the server that starts after a first death. */
static void add_points(struct plan *plan, const struct ground *ground,
                       const struct options *options, const struct item *like)
{
    struct counts counts =
        watch(ground, options, like->workload, like->has_first ? &like->first : NULL);
    struct point_list list = {.items = NULL};

    points_add(&counts, options->mode, &list);
    for (size_t i = 0; i < list.count; i++) {
        struct item item = *like;

        item.point = list.items[i];
        add_item(plan, &item);
    }
    memory_free(list.items);
}

/* Keeps at most so many, spread evenly. */
static void thin(struct plan *plan, size_t most)
{
    size_t count, *numbers = points_choose(plan->count, most, &count);

    for (size_t i = 0; i < count; i++)
        plan->items[i] = plan->items[numbers[i]];
    plan->count = count;
    memory_free(numbers);
}

static void add_second_points(struct plan *plan, const struct ground *ground,
                              const struct options *options)
{
    struct plan firsts = *plan;

    thin(&firsts, options->twice);
    *plan = (struct plan){.items = NULL};
    for (size_t i = 0; i < firsts.count; i++) {
        struct item like = firsts.items[i];

        like.has_first = true;
        like.first = like.point;
        add_points(plan, ground, options, &like);
    }
    memory_free(firsts.items);
}

static void plan_points(struct plan *plan, const struct options *options)
{
    struct ground ground;
    char folder[FOLDER_MAX];

    ground_open(&ground, options, folder);
    for (size_t i = 0; workloads[i].name; i++) {
        if (!options->workload || options->workload == &workloads[i])
            add_points(plan, &ground, options, &(struct item){.workload = &workloads[i]});
    }
    if (options->twice)
        add_second_points(plan, &ground, options);
    ground_close(&ground, options);
}

static struct work *work_new(const struct plan *plan)
{
    size_t size = sizeof(struct work) + plan->count * sizeof(struct result);
    struct work *work = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (work == MAP_FAILED) {
        perror("crash: mmap");
        exit(2);
    }
    work->items = plan->items;
    work->count = plan->count;
    return work;
}

struct work *work_plan(const struct options *options)
{
    struct plan plan = {.items = NULL};
    struct item one;
    struct work *work;
    size_t all;

    if (options->only && !item_read(options->only, &one)) {
        fprintf(stderr, "crash: `%s` is no point\n", options->only);
        exit(2);
    }
    if (options->only)
        add_item(&plan, &one);
    else
        plan_points(&plan, options);
    all = plan.count;
    thin(&plan, options->most);
    work = work_new(&plan);
    work->all = all;
    return work;
}

void item_text(const struct item *item, char text[ITEM_TEXT])
{
    char first[POINT_TEXT] = "", point[POINT_TEXT];

    if (item->has_first)
        point_text(&item->first, first);
    point_text(&item->point, point);
    (void)snprintf(text, ITEM_TEXT, "%s:%s%s%s", item->workload->name, first,
                   item->has_first ? "," : "", point);
}

bool item_read(const char *text, struct item *item)
{
    char name[16] = "";
    size_t len = strcspn(text, ":");
    const char *comma = strchr(text, ',');

    if (!text[len] || len >= sizeof(name))
        return false;
    memcpy(name, text, len);
    *item = (struct item){.workload = workload_find(name), .has_first = comma != NULL};
    return item->workload && (!comma || point_read(text + len + 1, &item->first)) &&
           point_read(comma ? comma + 1 : text + len + 1, &item->point);
}

/* ---- workers ---------------------------------------------------------------------------------*/

/* How often a call is made differs by the pace of threads: on a machine with much to do a late one
 * may not be made at all. An earlier one of its kind is tried then. */
static void move(struct point *point)
{
    unsigned long less = point->nth / 16 + 1;

    if (point->nth > less)
        point->nth -= less;
}

static void try_item(const struct ground *ground, const struct options *options,
                     const struct item *item, struct result *result)
{
    result->moved = item->point;
    do {
        struct trial trial = {.mode = options->mode,
                              .workload = item->workload,
                              .first = item->has_first ? &item->first : NULL,
                              .point = &result->moved,
                              .signal = options->signal};

        trial_run(ground, &trial);
        result->tries++;
        if (!trial.reached && result->tries >= TRIES / 2 && result->tries < TRIES)
            move(&result->moved);
        result->reached = trial.reached;
        result->loss = trial.loss;
        result->findings = trial.findings;
    } while (!result->reached && findings_are_clean(&result->findings) && result->tries < TRIES);
    result->tried = true;
}

static void print_finding(const struct item *item, const struct result *result)
{
    char text[ITEM_TEXT];

    struct item tried = *item;

    tried.point = result->moved;
    item_text(&tried, text);
    printf("%s: %s\n", text, result->findings.note);
    (void)fflush(stdout); /* for people who watch */
}

static void work_off(struct work *work, const struct options *options)
{
    struct ground ground;
    char folder[FOLDER_MAX];
    size_t i;

    ground_open(&ground, options, folder);
    for (i = atomic_fetch_add(&work->next, 1); i < work->count;
         i = atomic_fetch_add(&work->next, 1)) {
        try_item(&ground, options, &work->items[i], &work->results[i]);
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
