/*
 * bench_waiting.c - what runs cost that last: memory of each that only waits, time to start them,
 * to take them up after a restart and to wake them; and the restart with runs in flight.
 *
 *     bench_waiting [RUNS [IN_FLIGHT]]     (10,000 and 100,000, and 10,000)
 *
 * and what it costs when so many runs that were called end, each with a caller that is folded.
 * A third waits for a time, a third for an event, a third for a person, on a SQLite store in
 * TMPDIR. The clock is a virtual one: days take no time, the work takes what it takes.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/fold.h"
#include "loop/log.h"
#include "value/value.h"

static const char config[] = "connections:\n  http:\n    url: http://127.0.0.1:1\n"
                             "    egress: [loopback]\n    auth: { kind: none }\n";

#define HEAD(name) "quell: 1\nplaybook: " name "\non: { manual: }\ntimeout: 7d\nsteps:\n"

static const char *const playbooks[] = {
    HEAD("time") "  - wait: 3h\n",
    HEAD("event") "  - wait:\n"
                  "      for: { incident: { match: { title: never } } }\n      timeout: 3h\n"
                  "    on-error: continue\n",
    HEAD("person") "  - uses: http.get\n    with: { url: / }\n"
                   "    approve: { by: ann, within: 3h, message: go on? }\n"
                   "    on-error: continue\n",
    HEAD("call") "  - id: look\n    uses: http.get\n    with: { url: / }\n"
                 "    retry: { max: 3, first: 5s }\n",
    HEAD("caller") "  - call: called\n",
    "quell: 1\nplaybook: called\non: { call: }\ntimeout: 7d\nsteps:\n"
    "  - id: look\n    uses: http.get\n    with: { url: / }\n",
    NULL};
enum { WAITING = 3, PLAYBOOKS = 6 };

struct bench_place {
    char folder[96], config[128], store[128], files[PLAYBOOKS][128];
    const char *paths[PLAYBOOKS + 1];
    struct loop *loop;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_waiting: %s\n", what);
    exit(2);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        die(path);
}

static void place_make(struct bench_place *place)
{
    const char *tmp = getenv("TMPDIR");
    size_t i;

    (void)snprintf(place->folder, sizeof(place->folder), "%.40s/quell-bench-waiting-XXXXXX",
                   tmp ? tmp : "/tmp");
    if (!mkdtemp(place->folder))
        die(place->folder);
    (void)snprintf(place->config, sizeof(place->config), "%s/quell.yaml", place->folder);
    (void)snprintf(place->store, sizeof(place->store), "sqlite:%s/quell.db", place->folder);
    write_file(place->config, config);
    for (i = 0; i < PLAYBOOKS; i++) {
        (void)snprintf(place->files[i], sizeof(place->files[i]), "%s/p%zu.yaml", place->folder, i);
        write_file(place->files[i], playbooks[i]);
        place->paths[i] = place->files[i];
    }
    place->paths[PLAYBOOKS] = NULL;
    place->loop = loop_new_virtual(INT64_C(1777888800000000), 1);
}

static void place_remove(struct bench_place *place)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock", ".key", ".checkpoints"};
    char path[160];
    size_t i;

    loop_free(place->loop);
    for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        (void)snprintf(path, sizeof(path), "%s/quell.db%s", place->folder, ends[i]);
        (void)unlink(path); /* some are not there */
    }
    for (i = 0; i < PLAYBOOKS; i++)
        (void)unlink(place->files[i]);
    (void)unlink(place->config);
    (void)rmdir(place->folder);
}

static struct quell *place_open(struct bench_place *place)
{
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING,
                                    .config = place->config,
                                    .store = place->store,
                                    .playbooks = place->paths,
                                    .loop = place->loop};
    struct quell *engine;
    struct quell_error err = {0};

    if (quell_open(&options, &engine, &err))
        die(err.message);
    return engine;
}

/* ---- figures -----------------------------------------------------------------------------------
 */

struct used {
    size_t heap, resident;
};

static struct used used_now(void)
{
    struct mallinfo2 info;
    long pages = 0, ignored;
    FILE *file;

    (void)malloc_trim(0);
    info = mallinfo2();
    file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%ld %ld", &ignored, &pages) != 2)
        die("/proc/self/statm");
    (void)fclose(file);
    return (struct used){info.uordblks + info.hblkhd, (size_t)pages * (size_t)getpagesize()};
}

static double seconds_since(int64_t begin_us)
{
    return (double)(clock_monotonic_us() - begin_us) / 1e6;
}

static void print_memory(const char *what, struct used before, struct used after, size_t runs)
{
    printf("  %-34s %8.0f B a run on the heap, %.0f B resident\n", what,
           ((double)after.heap - (double)before.heap) / (double)runs,
           ((double)after.resident - (double)before.resident) / (double)runs);
}

static void print_time(const char *what, double seconds, size_t runs)
{
    printf("  %-34s %8.2f s, %.0f runs/s\n", what, seconds, (double)runs / seconds);
}

/* ---- runs --------------------------------------------------------------------------------------
 */

static void start(struct quell *engine, struct bench_place *place, const char *playbook)
{
    struct quell_run_options options = {.playbook = playbook, .by = QUELL_STR("bench")};
    struct quell_error err = {0};
    char run[37];

    (void)place;
    if (quell_run(engine, &options, run, &err))
        die(err.message);
}

static void waiting(size_t runs)
{
    static const char *const names[WAITING] = {"time", "event", "person"};
    struct bench_place place;
    struct quell *engine;
    struct used before, after;
    int64_t begin;
    size_t i;

    printf("%zu runs that only wait\n", runs);
    place_make(&place);
    engine = place_open(&place);
    start(engine, &place, "time"); /* what every engine needs once is none of theirs */
    loop_settle(place.loop);
    before = used_now();
    begin = clock_monotonic_us();
    for (i = 0; i < runs; i++) {
        start(engine, &place, names[i % WAITING]);
        if (i % 500 == 499)
            loop_settle(place.loop);
    }
    loop_settle(place.loop);
    print_time("to start them", seconds_since(begin), runs);
    after = used_now();
    print_memory("memory", before, after, runs);
    if (fold_count(engine) != runs + 1)
        die("they do not all wait");
    quell_close(engine);
    before = used_now();
    begin = clock_monotonic_us();
    engine = place_open(&place);
    loop_settle(place.loop);
    print_time("to take them up", seconds_since(begin), runs);
    after = used_now();
    print_memory("memory then", before, after, runs);
    begin = clock_monotonic_us();
    loop_advance(place.loop, loop_now_us(place.loop) + INT64_C(4) * 3600 * 1000000);
    print_time("to wake them all", seconds_since(begin), runs);
    if (quell_active(engine) != 0)
        die("some still wait");
    quell_close(engine);
    place_remove(&place);
}

/* ---- in flight ---------------------------------------------------------------------------------
 */

/* A third is not answered, a third has failed once and is tried again, and a third is about to be
 * sent. */
static void answer(struct active *active, const struct run_call *call, struct stand_in_answer *made,
                   void *user)
{
    size_t *count = user, nth = (*count)++;
    struct map_builder data = {.arena = turn_commit(active->engine)->arena};
    struct quell_error err = {0};

    made->after_us = INT64_C(3600) * 1000000;
    if (nth % 3 == 0) {
        made->after_us = 0;
        made->outcome.code = made->outcome.error.code = QUELL_UNAVAILABLE;
    } else if (nth % 3 == 1) {
        map_add(&data, "state", quell_map(NULL, 0));
        map_add(&data, "changes", quell_bool(false));
        if (say(active, EVENT_CALL_SENDING, call->path, map_made(&data), &err))
            die(err.message);
    }
}

static void in_flight(size_t runs)
{
    struct bench_place place;
    struct quell *engine;
    size_t count = 0, i;
    struct stand_in stand_in = {.answer = answer, .user = &count};
    int64_t begin;

    printf("%zu runs in flight\n", runs);
    place_make(&place);
    engine = place_open(&place);
    engine->stand_in = &stand_in;
    for (i = 0; i < runs; i++) {
        start(engine, &place, "call");
        if (i % 500 == 499)
            loop_settle(place.loop);
    }
    loop_settle(place.loop);
    if (engine->active_count != runs)
        die("they are not all under way");
    quell_close(engine);
    begin = clock_monotonic_us();
    engine = place_open(&place);
    print_time("to take them up", seconds_since(begin), runs);
    if (quell_active(engine) != runs)
        die("they were not all taken up");
    quell_close(engine);
    place_remove(&place);
}

/* ---- called ------------------------------------------------------------------------------------
 */

static void answer_in_an_hour(struct active *active, const struct run_call *call,
                              struct stand_in_answer *made, void *user)
{
    (void)active;
    (void)call;
    (void)user;
    made->after_us = INT64_C(3600) * 1000000;
}

static void called(size_t runs)
{
    struct bench_place place;
    struct quell *engine;
    struct stand_in stand_in = {.answer = answer_in_an_hour};
    int64_t begin;
    size_t i;

    printf("%zu runs in flight that others called\n", runs);
    place_make(&place);
    engine = place_open(&place);
    engine->stand_in = &stand_in;
    begin = clock_monotonic_us();
    for (i = 0; i < runs; i++) {
        start(engine, &place, "caller");
        if (i % 500 == 499)
            loop_settle(place.loop);
    }
    loop_settle(place.loop);
    print_time("to start them, with their callers", seconds_since(begin), runs);
    if (engine->active_count != runs || fold_count(engine) != runs)
        die("they are not all under way");
    begin = clock_monotonic_us();
    loop_advance(place.loop, loop_now_us(place.loop) + INT64_C(2) * 3600 * 1000000);
    print_time("to end them, with their callers", seconds_since(begin), runs);
    if (quell_active(engine) != 0)
        die("some have not ended");
    quell_close(engine);
    place_remove(&place);
}

int main(int argc, char **argv)
{
    static const size_t usual[] = {10000, 100000};
    size_t given = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;

    log_set(LOG_LEVEL_ERROR, 0);
    waiting(given ? given : usual[0]);
    if (!given)
        waiting(usual[1]);
    in_flight(argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 10000);
    called(argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 10000);
    return 0;
}
