/*
 * sim.c - quell-sim: tells the stories of seeds, on as many processes as there are processors.
 *
 *   quell-sim --seed 7          tells one story, with its moves and its digest; always the same
 *   quell-sim --seeds 10000     tells many, each twice in a hundred to see that it is the same
 *   quell-sim --break journal   a negative control: passes when it is found out
 */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

enum { TWICE_EACH = 50 };

unsigned sim_roll(struct sim *sim, unsigned sides)
{
    sim->dice = sim->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(sim->dice >> 33) % sides;
}

bool sim_fails(struct sim *sim, const char *format, ...)
{
    va_list args;

    if (sim->violation)
        return false;
    va_start(args, format);
    sim->violation = arena_format_list(sim->arena, format, args).data;
    va_end(args);
    return false;
}

void sim_tell(struct sim *sim, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_add_str(&sim->story, arena_format_list(sim->arena, format, args));
    va_end(args);
}

struct outcome {
    char digest[65], violation[1024];
    unsigned incidents, deaths, runs;
};

static void tell(uint64_t seed, enum sim_break broken, bool aloud, struct outcome *outcome)
{
    struct sim sim = {.seed = seed,
                      .dice = seed * 2654435761u + 1,
                      .broken = broken,
                      .arena = arena_new(0),
                      .story = {.size_max = 1 << 24}};
    int i;

    *outcome = (struct outcome){.digest = ""};
    sim_begin(&sim);
    for (i = 0; i < SIM_MOVES && sim.violation == NULL; i++) {
        unsigned deaths = sim.deaths;
        sim_move(&sim);
        if (sim.deaths > deaths && sim.engine)
            (void)sim_check(&sim);
    }
    if (sim.engine && sim.violation == NULL) {
        sim_come_to_rest(&sim);
        (void)sim_check_end(&sim);
        (void)snprintf(outcome->digest, sizeof(outcome->digest), "%.*s",
                       QUELL_ARG(sim_digest(&sim)));
        outcome->runs = (unsigned)sim.engine->counters.runs_started;
    }
    if (aloud)
        printf("%.*s", QUELL_ARG(buf_str(&sim.story)));
    if (sim.violation)
        (void)snprintf(outcome->violation, sizeof(outcome->violation), "%s", sim.violation);
    outcome->incidents = sim.incidents;
    outcome->deaths = sim.deaths;
    sim_end(&sim);
    buf_free(&sim.story);
    arena_free(sim.arena);
}

/* ---- many --------------------------------------------------------------------------------------
 */

struct figures {
    unsigned long passed, failed, incidents, deaths, twice;
};

static bool is_told_again(uint64_t seed, enum sim_break broken, const struct outcome *first)
{
    struct outcome second;

    tell(seed, broken, false, &second);
    return strcmp(first->digest, second.digest) == 0;
}

static void tell_many(uint64_t from, uint64_t step, uint64_t until, enum sim_break broken,
                      struct figures *figures)
{
    uint64_t seed;

    for (seed = from; seed <= until; seed += step) {
        struct outcome outcome;
        bool again = seed % TWICE_EACH == 0;
        tell(seed, broken, false, &outcome);
        figures->twice += again;
        if (outcome.violation[0] == '\0' && again && !is_told_again(seed, broken, &outcome))
            (void)snprintf(outcome.violation, sizeof(outcome.violation),
                           "the second telling was another story");
        figures->incidents += outcome.incidents;
        figures->deaths += outcome.deaths;
        figures->passed += outcome.violation[0] == '\0';
        figures->failed += outcome.violation[0] != '\0';
        if (outcome.violation[0] && figures->failed <= 5)
            fprintf(stderr, "seed %llu: %s\n  quell-sim --seed %llu tells it\n",
                    (unsigned long long)seed, outcome.violation, (unsigned long long)seed);
        if (broken && figures->failed)
            return; /* found out */
    }
}

static struct figures tell_all(uint64_t seeds, unsigned processes, enum sim_break broken)
{
    struct figures all = {0}, one;
    int ends[2];
    unsigned i;

    if (pipe(ends) != 0)
        exit(2);
    for (i = 0; i < processes; i++) {
        if (fork() != 0)
            continue;
        one = (struct figures){0};
        tell_many(i + 1, processes, seeds, broken, &one);
        if (write(ends[1], &one, sizeof(one)) != (ssize_t)sizeof(one))
            exit(2);
        exit(0);
    }
    (void)close(ends[1]);
    for (i = 0; i < processes; i++) {
        if (read(ends[0], &one, sizeof(one)) != (ssize_t)sizeof(one)) {
            all.failed++; /* it died */
            break;
        }
        all.passed += one.passed;
        all.failed += one.failed;
        all.incidents += one.incidents;
        all.deaths += one.deaths;
        all.twice += one.twice;
    }
    while (wait(NULL) > 0)
        ;
    return all;
}

/* ---- the command line --------------------------------------------------------------------------
 */

static int tell_one(uint64_t seed, enum sim_break broken)
{
    struct outcome outcome;

    tell(seed, broken, true, &outcome);
    printf("seed %llu: %u incidents, %u deaths, digest %s\n", (unsigned long long)seed,
           outcome.incidents, outcome.deaths, outcome.digest);
    if (outcome.violation[0])
        printf("violated: %s\n", outcome.violation);
    printf("%d passed, %d failed\n", outcome.violation[0] == '\0', outcome.violation[0] != '\0');
    return outcome.violation[0] != '\0';
}

static int tell_and_print(uint64_t seeds, unsigned processes, enum sim_break broken)
{
    struct figures all = tell_all(seeds, processes, broken);
    bool good = broken ? all.failed > 0 : all.failed == 0 && all.passed > 0;

    printf("figures: %lu stories, %lu incidents, %lu deaths, %lu told twice\n",
           all.passed + all.failed, all.incidents, all.deaths, all.twice);
    if (broken)
        printf("%d passed, %d failed\n", good, !good); /* the control */
    else
        printf("%lu passed, %lu failed\n", all.passed, all.failed);
    return good ? 0 : 1;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: quell-sim [--seed N | --seeds N] [--processes N]\n"
            "                 [--break journal|policy|dice]   passes when it is found out\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const char *const breaks[] = {"nothing", "journal", "policy", "dice"};
    uint64_t seed = 0, seeds = 100;
    unsigned processes = 2;
    enum sim_break broken = BREAK_NOTHING;
    int i;
    size_t k;

    for (i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return usage();
        if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seeds") == 0)
            seeds = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--processes") == 0)
            processes = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--break") == 0) {
            for (k = 0; k < sizeof(breaks) / sizeof(*breaks); k++)
                if (strcmp(breaks[k], argv[i + 1]) == 0)
                    broken = (enum sim_break)k;
            if (broken == BREAK_NOTHING)
                return usage();
        } else {
            return usage();
        }
    }
    if (processes < 1 || processes > 64)
        return usage();
    return seed ? tell_one(seed, broken) : tell_and_print(seeds, processes, broken);
}
