/*
 * bench_store.c - durable commits a second of the sqlite store: one event a batch, 1, 16 and 256
 * batches a transaction, and the writer thread under a given number of runs that each wait for
 * their own commit. Prints medians of five rounds, asserts nothing about them.
 *
 * The database lies in the folder of the first argument, or in the current one: /tmp is often
 * memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "loop/loop.h"
#include "store/store.h"
#include "store/writer.h"

enum { ROUNDS = 5, ROUND_US = 400000, GROUP_MAX = 256, RUNS_MAX = 256, BODY = 600 };

static char body[BODY];
static char folder[512];
static char path[600];

static void must(enum quell_code code, const struct quell_error *err)
{
    if (!code)
        return;
    (void)fprintf(stderr, "bench_store: %s\n", err->message);
    exit(1);
}

static void remove_files(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    char name[620];
    size_t i;

    for (i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
        (void)unlink(name); /* not each is there */
    }
}

static struct store *open_fresh(void)
{
    struct store *store = NULL;
    struct quell_error err = {0};

    remove_files();
    must(store_open(quell_str_of(path), STORE_WRITE, &store, &err), &err);
    return store;
}

static int by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static double median(double *figures)
{
    qsort(figures, ROUNDS, sizeof *figures, by_size);
    return figures[ROUNDS / 2];
}

static struct store_event next_event(void)
{
    static uint64_t seq;

    return (struct store_event){.run = QUELL_STR("01941f29-7c00-7000-8000-000000000000"),
                                .seq = ++seq,
                                .at_us = 1767225600000000,
                                .kind = QUELL_STR("call_ended"),
                                .body = {body, sizeof body}};
}

/* Events a second, `group` of them in each transaction. */
static double commit_round(struct store *store, size_t group)
{
    static struct store_event events[GROUP_MAX];
    static struct store_batch batches[GROUP_MAX];
    const struct store_batch *pointers[GROUP_MAX];
    int64_t start_us = clock_monotonic_us(), now_us;
    struct quell_error err = {0};
    size_t done = 0, i;

    do {
        for (i = 0; i < group; i++) {
            events[i] = next_event();
            batches[i] = (struct store_batch){.events = &events[i], .event_count = 1};
            pointers[i] = &batches[i];
        }
        must(store->kind->commit(store, pointers, group, &err), &err);
        done += group;
        now_us = clock_monotonic_us();
    } while (now_us - start_us < ROUND_US);
    return (double)done * 1e6 / (double)(now_us - start_us);
}

/* ---- the writer thread: each run hands over its next event when the last one is durable
 * --------*/

struct bench {
    struct writer *writer;
    int64_t end_us;
    size_t done;
};

struct run {
    struct bench *bench;
    struct store_event event;
    struct store_batch batch;
};

static void step(enum quell_code code, const struct quell_error *err, void *user)
{
    struct run *run = user;
    struct quell_error refused = {0};

    must(code, err);
    run->bench->done++;
    if (clock_monotonic_us() >= run->bench->end_us)
        return;
    run->event = next_event();
    must(writer_commit(run->bench->writer, &run->batch, step, run, &refused), &refused);
}

static double writer_round(struct loop *loop, struct writer *writer, size_t runs)
{
    static struct run all[RUNS_MAX];
    int64_t start_us = clock_monotonic_us();
    struct bench bench = {.writer = writer, .end_us = start_us + ROUND_US};
    struct quell_error err = {0};
    size_t i;

    for (i = 0; i < runs; i++) {
        all[i] = (struct run){.bench = &bench, .event = next_event()};
        all[i].batch = (struct store_batch){.events = &all[i].event, .event_count = 1};
        must(writer_commit(writer, &all[i].batch, step, &all[i], &err), &err);
    }
    loop_run(loop);
    return (double)bench.done * 1e6 / (double)(clock_monotonic_us() - start_us);
}

int main(int argc, char **argv)
{
    static const size_t groups[] = {1, 16, 256}, runs[] = {1, 16, 64, 256};
    double figures[ROUNDS];
    struct store *store;
    struct loop *loop = loop_new();
    struct writer *writer;
    size_t i, round;

    (void)snprintf(folder, sizeof folder, "%s/quell-bench-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/state.db", folder);
    memset(body, 'x', sizeof body);
    for (i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        store = open_fresh();
        for (round = 0; round < ROUNDS; round++)
            figures[round] = commit_round(store, groups[i]);
        store_close(store);
        (void)printf("store: %3zu a transaction: %8.0f durable events/s\n", groups[i],
                     median(figures));
    }
    for (i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        writer = writer_start(loop, open_fresh());
        for (round = 0; round < ROUNDS; round++)
            figures[round] = writer_round(loop, writer, runs[i]);
        writer_stop(writer);
        (void)printf("writer: %3zu runs at once: %8.0f durable events/s\n", runs[i],
                     median(figures));
    }
    loop_free(loop);
    remove_files();
    return rmdir(folder) == 0 ? 0 : 1;
}
