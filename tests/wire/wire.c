/*
 * wire.c - quell-wire: tells the stories of seeds, on as many processes as it is told.
 *
 *   quell-wire --seed 7          tells one story, with its moves and its digest; always the same
 *   quell-wire --seeds 10000     tells many, one in fifty twice to see that it is the same
 *   quell-wire --break keys      a negative control: passes when it is found out
 */
#include "wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

enum { TWICE_EACH = 50 };

struct wire *wire_now;

unsigned wire_roll(struct wire *wire, unsigned sides)
{
    wire->dice = wire->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(wire->dice >> 33) % sides;
}

bool wire_fails(struct wire *wire, const char *format, ...)
{
    va_list args;

    if (wire->violation)
        return false;
    va_start(args, format);
    wire->violation = arena_format_list(wire->arena, format, args).data;
    va_end(args);
    return false;
}

void wire_tell(struct wire *wire, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_add_str(&wire->story, arena_format_list(wire->arena, format, args));
    va_end(args);
}

struct outcome {
    char digest[65], violation[1024];
    unsigned requests, deaths;
};

static void tell(uint64_t seed, enum wire_break broken, bool aloud, struct outcome *outcome)
{
    struct wire *wire = calloc(1, sizeof(*wire));

    if (wire == NULL)
        exit(2);
    wire->seed = seed;
    wire->dice = seed * 2654435761u + 1;
    wire->broken = broken;
    wire->arena = arena_new(0);
    wire->story.size_max = 1 << 24;
    *outcome = (struct outcome){.digest = ""};
    wire_story(wire);
    if (aloud)
        printf("%.*s", QUELL_ARG(buf_str(&wire->story)));
    if (wire->violation)
        (void)snprintf(outcome->violation, sizeof(outcome->violation), "%s", wire->violation);
    memcpy(outcome->digest, wire->digest, sizeof(outcome->digest));
    outcome->requests = wire->requests;
    outcome->deaths = wire->deaths;
    buf_free(&wire->story);
    arena_free(wire->arena);
    free(wire);
}

/* ---- many --------------------------------------------------------------------------------------
 */

struct figures {
    unsigned long passed, failed, requests, deaths, twice;
};

static bool is_told_again(uint64_t seed, enum wire_break broken, const struct outcome *first)
{
    struct outcome second;

    tell(seed, broken, false, &second);
    return strcmp(first->digest, second.digest) == 0;
}

static void tell_many(uint64_t from, uint64_t step, uint64_t until, enum wire_break broken,
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
        figures->requests += outcome.requests;
        figures->deaths += outcome.deaths;
        figures->passed += outcome.violation[0] == '\0';
        figures->failed += outcome.violation[0] != '\0';
        if (outcome.violation[0] && figures->failed <= 5)
            fprintf(stderr, "seed %llu: %s\n  quell-wire --seed %llu tells it\n",
                    (unsigned long long)seed, outcome.violation, (unsigned long long)seed);
        if (broken && figures->failed)
            return; /* found out */
    }
}

static struct figures tell_all(uint64_t seeds, unsigned processes, enum wire_break broken)
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
        all.requests += one.requests;
        all.deaths += one.deaths;
        all.twice += one.twice;
    }
    while (wait(NULL) > 0)
        ;
    return all;
}

/* ---- the command line --------------------------------------------------------------------------
 */

static int tell_one(uint64_t seed, enum wire_break broken)
{
    struct outcome outcome;

    tell(seed, broken, true, &outcome);
    printf("seed %llu: %u requests, %u deaths, digest %s\n", (unsigned long long)seed,
           outcome.requests, outcome.deaths, outcome.digest);
    if (outcome.violation[0])
        printf("violated: %s\n", outcome.violation);
    printf("%d passed, %d failed\n", outcome.violation[0] == '\0', outcome.violation[0] != '\0');
    return outcome.violation[0] != '\0';
}

static int tell_and_print(uint64_t seeds, unsigned processes, enum wire_break broken)
{
    struct figures all = tell_all(seeds, processes, broken);
    bool good = broken ? all.failed > 0 : all.failed == 0 && all.passed > 0;

    printf("figures: %lu stories, %lu requests, %lu deaths, %lu told twice\n",
           all.passed + all.failed, all.requests, all.deaths, all.twice);
    if (broken)
        printf("%d passed, %d failed\n", good, !good); /* the control */
    else
        printf("%lu passed, %lu failed\n", all.passed, all.failed);
    return good ? 0 : 1;
}

static int usage(void)
{
    fprintf(stderr, "usage: quell-wire [--seed N | --seeds N] [--processes N]\n"
                    "                 [--break keys|looks]   passes when it is found out\n");
    return 2;
}

int main(int argc, char **argv)
{
    static const char *const breaks[] = {"nothing", "keys", "looks"};
    uint64_t seed = 0, seeds = 100;
    unsigned processes = 2;
    enum wire_break broken = BREAK_NOTHING;
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
                    broken = (enum wire_break)k;
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
