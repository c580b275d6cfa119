/*
 * crash.c - kill -9 at every call by which `quell serve` acts on the world, before and after it,
 * while one incident comes in and two playbooks run; then a restart, and the practice range's word
 * against the journal's (SAFETY.md, "Proof").
 *
 * The points are those of a run that is only watched. Their numbers differ by a few from run to
 * run, because what waits together is committed together: three runs are watched, a point is one
 * that all of them had, and one that is not reached is tried again. What is still not reached after
 * TRIES is no pass.
 *
 * With --expect-duplicates (of a quell that keeps no intents) it succeeds only if it finds some: a
 * test that could not see them would prove nothing.
 */
#include <getopt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "peer.h"
#include "point.h"
#include "trial.h"

enum { WATCHED = 3, TRIES = 5, WORKERS_MAX = 16, BODY_MAX = 1024 * 1024 };

static struct options {
    const char *quell, *only;
    size_t most; /* points; 0 = all */
    unsigned workers;
    int speed;
    bool expect_duplicates, keep;
} options = {.quell = QUELL_PROGRAM, .workers = 2, .speed = 100};

struct result {
    bool tried, reached;
    unsigned tries;
    struct findings findings;
};

/* What the workers share. */
struct work {
    atomic_size_t next;
    size_t count;
    struct point *points;
    struct result results[];
};

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

static void ground_open(struct ground *ground, char folder[32])
{
    (void)snprintf(folder, 32, "/tmp/quell-crash-XXXXXX");
    if (!mkdtemp(folder)) {
        perror("crash: mkdtemp");
        exit(2);
    }
    *ground = (struct ground){.program = options.quell,
                              .shim = QUELL_SHIM,
                              .speed = options.speed,
                              .folder = folder,
                              .body = read_incident(),
                              .range = start_range(options.speed)};
    ground_prepare(ground, QUELL_SOURCE_DIR);
}

static void ground_close(struct ground *ground)
{
    char command[64];

    peer_stop(ground->range);
    memory_free((void *)(uintptr_t)ground->body);
    if (options.keep) {
        printf("kept: %s\n", ground->folder);
        return;
    }
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", ground->folder);
    if (system(command) != 0)
        printf("%s is left\n", ground->folder);
}

/* ---- what is watched -------------------------------------------------------------------------*/

static bool is_clean(const struct findings *findings)
{
    return findings->lost + findings->duplicated + findings->stuck + findings->failed +
               findings->corrupt ==
           0;
}

/* The calls that every watched run made; ends the program when such a run is not clean. */
static struct counts watch(void)
{
    struct counts counts = {.count = 0};
    struct ground ground;
    char folder[32];
    unsigned i;

    ground_open(&ground, folder);
    for (i = 0; i < WATCHED; i++) {
        struct trial trial = {.point = NULL};
        struct counts seen;

        trial_run(&ground, &trial);
        if (!is_clean(&trial.findings)) {
            printf("a run in which nobody is killed: %s\n0 passed, 1 failed\n",
                   trial.findings.note);
            exit(1);
        }
        seen = counts_read(ground.calls);
        if (i == 0)
            counts = seen;
        counts_narrow(&counts, &seen);
    }
    ground_close(&ground);
    return counts;
}

/* ---- workers ---------------------------------------------------------------------------------*/

static void try_point(const struct ground *ground, const struct point *point, struct result *result)
{
    do {
        struct trial trial = {.point = point};

        trial_run(ground, &trial);
        result->tries++;
        result->reached = trial.reached;
        result->findings = trial.findings;
    } while (!result->reached && is_clean(&result->findings) && result->tries < TRIES);
    result->tried = true;
}

static void work_off(struct work *work)
{
    struct ground ground;
    char folder[32];
    size_t i;

    ground_open(&ground, folder);
    for (i = atomic_fetch_add(&work->next, 1); i < work->count;
         i = atomic_fetch_add(&work->next, 1)) {
        char text[48];

        try_point(&ground, &work->points[i], &work->results[i]);
        if (is_clean(&work->results[i].findings))
            continue;
        point_text(&work->points[i], text);
        printf("%s: %s\n", text, work->results[i].findings.note);
        (void)fflush(stdout); /* for people who watch */
    }
    ground_close(&ground);
}

static void work_together(struct work *work)
{
    pid_t workers[WORKERS_MAX];
    unsigned i;

    (void)fflush(stdout); /* or each worker would print it again */
    for (i = 0; i < options.workers; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            work_off(work);
            exit(0);
        }
    }
    for (i = 0; i < options.workers; i++) {
        int status;

        if (workers[i] > 0)
            (void)waitpid(workers[i], &status, 0); /* what it left undone shows in the results */
    }
}

static struct work *work_new(struct point *points, size_t count)
{
    size_t size = sizeof(struct work) + count * sizeof(struct result);
    struct work *work = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (work == MAP_FAILED) {
        perror("crash: mmap");
        exit(2);
    }
    work->points = points;
    work->count = count;
    return work;
}

/* ---- telling ---------------------------------------------------------------------------------*/

struct sum {
    unsigned points, before, reached, again, untried, passed;
    struct findings findings;
};

static void add(struct sum *sum, const struct point *point, const struct result *result)
{
    const struct findings *found = &result->findings;

    sum->points++;
    sum->before += point->before;
    sum->reached += result->reached;
    sum->again += result->tries > 1;
    sum->untried += !result->tried;
    sum->passed += result->reached && is_clean(found);
    sum->findings.lost += found->lost;
    sum->findings.duplicated += found->duplicated;
    sum->findings.stuck += found->stuck;
    sum->findings.failed += found->failed;
    sum->findings.corrupt += found->corrupt;
    sum->findings.held += found->held;
    sum->findings.resolved += found->resolved;
}

static void print_row(const char *thread, const char *call, const struct sum *sum)
{
    const struct findings *found = &sum->findings;

    printf("%-7s %-10s %6u %7u %5u %5u %5u %6u %7u %5u\n", thread, call, sum->points, sum->reached,
           found->lost, found->duplicated, found->stuck, found->failed, found->corrupt,
           found->held);
}

static void print_table(const struct work *work)
{
    size_t i, k;

    printf("%-7s %-10s %6s %7s %5s %5s %5s %6s %7s %5s\n", "thread", "call", "points", "reached",
           "lost", "dupl.", "stuck", "failed", "corrupt", "held");
    for (i = 0; i < work->count; i = k) {
        const struct point *first = &work->points[i];
        struct sum sum = {.points = 0};

        for (k = i; k < work->count && !strcmp(work->points[k].thread, first->thread) &&
                    !strcmp(work->points[k].call, first->call);
             k++)
            add(&sum, &work->points[k], &work->results[k]);
        print_row(first->thread, first->call, &sum);
    }
}

static void print_unreached(const struct work *work)
{
    char text[48];

    for (size_t i = 0; i < work->count; i++) {
        if (work->results[i].reached)
            continue;
        point_text(&work->points[i], text);
        printf("%s: not reached in %u tries\n", text, work->results[i].tries);
    }
}

/* The exit status. */
static int tell(const struct work *work, size_t all)
{
    struct sum sum = {.points = 0};
    const struct findings *found = &sum.findings;
    unsigned failed;

    for (size_t i = 0; i < work->count; i++)
        add(&sum, &work->points[i], &work->results[i]);
    print_table(work);
    print_unreached(work);
    if (work->count < all)
        printf("%zu of %zu points, spread evenly over all calls (all of them: --all)\n",
               work->count, all);
    printf("points %u (%u before, %u after), reached %u, lost %u, duplicated %u, stuck %u, held "
           "%u\n",
           sum.points, sum.before, sum.points - sum.before, sum.reached, found->lost,
           found->duplicated, found->stuck, found->held);
    printf("failed runs %u, corrupt %u, resolved %u of %u held, tried more than once %u, not "
           "tried %u\n",
           found->failed, found->corrupt, found->resolved, found->held, sum.again, sum.untried);
    failed = sum.points - sum.passed;
    if (options.expect_duplicates) {
        printf("control: %u duplicates: %s\n", found->duplicated,
               found->duplicated ? "the test sees what it is for" : "the test is blind");
        sum.passed = found->duplicated > 0;
        failed = !sum.passed;
    }
    printf("%u passed, %u failed\n", sum.passed, failed);
    return failed || sum.passed == 0;
}

/* ---- options ---------------------------------------------------------------------------------*/

static const char usage[] =
    "usage: crash_points [options]\n"
    "\n"
    "  --all                 every point\n"
    "  --most N              at most N, spread evenly over all calls\n"
    "  --point T/CALL/N/W    only this one, such as writer/pwrite/12/after\n"
    "  --quell PROGRAM       another binary\n"
    "  --expect-duplicates   succeed only when there are some: a negative control\n"
    "  --workers N           2\n"
    "  --speed N             how many times faster its clock runs: 100\n"
    "  --keep                leave the folders\n"
    "\n"
    "QUELL_CRASH_POINTS=N (or `all`) stands above --most.\n";

enum {
    OPTION_ALL = 256,
    OPTION_MOST,
    OPTION_POINT,
    OPTION_QUELL,
    OPTION_EXPECT,
    OPTION_WORKERS,
    OPTION_SPEED,
    OPTION_KEEP,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"all", no_argument, NULL, OPTION_ALL},
    {"most", required_argument, NULL, OPTION_MOST},
    {"point", required_argument, NULL, OPTION_POINT},
    {"quell", required_argument, NULL, OPTION_QUELL},
    {"expect-duplicates", no_argument, NULL, OPTION_EXPECT},
    {"workers", required_argument, NULL, OPTION_WORKERS},
    {"speed", required_argument, NULL, OPTION_SPEED},
    {"keep", no_argument, NULL, OPTION_KEEP},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static unsigned number(const char *text, unsigned least, unsigned most)
{
    unsigned long read = strtoul(text, NULL, 10);

    return read < least ? least : read > most ? most : (unsigned)read;
}

static void take_option(int id)
{
    switch (id) {
    case OPTION_ALL:
        options.most = 0;
        break;
    case OPTION_MOST:
        options.most = number(optarg, 1, 1000000);
        break;
    case OPTION_POINT:
        options.only = optarg;
        break;
    case OPTION_QUELL:
        options.quell = optarg;
        break;
    case OPTION_EXPECT:
        options.expect_duplicates = true;
        break;
    case OPTION_WORKERS:
        options.workers = number(optarg, 1, WORKERS_MAX);
        break;
    case OPTION_SPEED:
        options.speed = (int)number(optarg, 1, 1000);
        break;
    case OPTION_KEEP:
        options.keep = true;
        break;
    default:
        fputs(usage, id == OPTION_HELP ? stdout : stderr);
        exit(id == OPTION_HELP ? 0 : 2);
    }
}

static struct point *choose(size_t *count, size_t *all)
{
    struct point *one;
    struct counts counts;

    if (!options.only) {
        counts = watch();
        return points_make(&counts, options.most, count, all);
    }
    one = memory_new(sizeof(*one));
    *count = *all = 1;
    if (point_read(options.only, one))
        return one;
    fprintf(stderr, "crash: `%s` is no point\n", options.only);
    exit(2);
}

int main(int argc, char **argv)
{
    const char *asked = getenv("QUELL_CRASH_POINTS");
    struct point *points;
    size_t count, all;
    struct work *work;
    int id, status;

    for (id = getopt_long(argc, argv, "", long_options, NULL); id != -1;
         id = getopt_long(argc, argv, "", long_options, NULL))
        take_option(id);
    if (asked)
        options.most = strcmp(asked, "all") == 0 ? 0 : number(asked, 1, 1000000);
    points = choose(&count, &all);
    work = work_new(points, count);
    work_together(work);
    status = tell(work, all);
    memory_free(points);
    return status;
}
