/*
 * stories.c - tells the stories of seeds, on several processes for each processor.
 *
 *   --seed 7          tells one story, with its moves and its digest; always the same
 *   --seeds 10000     tells many, one in twenty twice to see that it is the same
 *   --break NAME      a negative control: passes when it is found out
 */
#include "stories.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Mostly they wait: a kernel takes its time to let go of what an engine has watched. */
enum { TWICE_EACH = 20, PROCESSES_EACH = 8, PROCESSES_MAX = 64 };

unsigned story_roll(struct story *story, unsigned sides)
{
    story->dice = story->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(story->dice >> 33) % sides;
}

bool story_fails(struct story *story, const char *format, ...)
{
    va_list args;

    if (story->violation)
        return false;
    va_start(args, format);
    story->violation = arena_format_list(story->arena, format, args).data;
    va_end(args);
    return false;
}

void story_tell(struct story *story, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_add_str(&story->told, arena_format_list(story->arena, format, args));
    va_end(args);
}

/* ---- one ---------------------------------------------------------------------------------------
 */

struct wish {
    const struct story_kind *kind;
    unsigned broken;
    uint64_t seed, seeds; /* one, if it is not 0; else how many */
    unsigned processes;
    const char *finds; /* a negative control: what a violation must say; NULL: it is none */
};

struct outcome {
    char digest[65], violation[1024];
    unsigned counts[STORY_COUNTS];
};

static void tell(const struct wish *wish, uint64_t seed, bool again, bool aloud,
                 struct outcome *outcome)
{
    struct story story = {.seed = seed,
                          .dice = seed * 2654435761u + 1,
                          .broken = wish->broken,
                          .again = again,
                          .arena = arena_new(0),
                          .told = {.size_max = 1 << 24}};

    *outcome = (struct outcome){.digest = ""};
    wish->kind->tell(&story);
    if (aloud)
        printf("%.*s", QUELL_ARG(buf_str(&story.told)));
    if (story.violation)
        (void)snprintf(outcome->violation, sizeof(outcome->violation), "%s", story.violation);
    memcpy(outcome->digest, story.digest, sizeof(outcome->digest));
    memcpy(outcome->counts, story.counts, sizeof(outcome->counts));
    buf_free(&story.told);
    arena_free(story.arena);
}

/* ---- many --------------------------------------------------------------------------------------
 */

struct figures {
    unsigned long passed, failed, found, twice, counts[STORY_COUNTS];
};

static bool is_told_again(const struct wish *wish, uint64_t seed, const struct outcome *first)
{
    struct outcome second;

    tell(wish, seed, true, false, &second);
    return strcmp(first->digest, second.digest) == 0;
}

static void complain(const struct wish *wish, uint64_t seed, const struct outcome *outcome)
{
    fprintf(stderr, "seed %llu: %s\n  %s --seed %llu tells it\n", (unsigned long long)seed,
            outcome->violation, wish->kind->program, (unsigned long long)seed);
}

static void tell_many(const struct wish *wish, uint64_t from, struct figures *figures)
{
    uint64_t seed;
    size_t i;

    for (seed = from; seed <= wish->seeds; seed += wish->processes) {
        struct outcome outcome;
        bool again = seed % TWICE_EACH == 0;
        tell(wish, seed, false, false, &outcome);
        figures->twice += again;
        if (outcome.violation[0] == '\0' && again && !is_told_again(wish, seed, &outcome))
            (void)snprintf(outcome.violation, sizeof(outcome.violation),
                           "the second telling was another story");
        for (i = 0; i < STORY_COUNTS; i++)
            figures->counts[i] += outcome.counts[i];
        figures->passed += outcome.violation[0] == '\0';
        figures->failed += outcome.violation[0] != '\0';
        figures->found += wish->finds && strstr(outcome.violation, wish->finds) != NULL;
        if (outcome.violation[0] && figures->failed <= 5)
            complain(wish, seed, &outcome);
        if (figures->found)
            return;
    }
}

static void add(struct figures *all, const struct figures *one)
{
    size_t i;

    all->passed += one->passed;
    all->failed += one->failed;
    all->found += one->found;
    all->twice += one->twice;
    for (i = 0; i < STORY_COUNTS; i++)
        all->counts[i] += one->counts[i];
}

static struct figures tell_all(const struct wish *wish)
{
    struct figures all = {0}, one;
    int ends[2];
    unsigned i;

    if (pipe(ends) != 0)
        exit(2);
    for (i = 0; i < wish->processes; i++) {
        if (fork() != 0)
            continue;
        one = (struct figures){0};
        tell_many(wish, i + 1, &one);
        if (write(ends[1], &one, sizeof(one)) != (ssize_t)sizeof(one))
            exit(2);
        exit(0);
    }
    (void)close(ends[1]);
    for (i = 0; i < wish->processes; i++) {
        if (read(ends[0], &one, sizeof(one)) != (ssize_t)sizeof(one)) {
            all.failed++; /* it died */
            break;
        }
        add(&all, &one);
    }
    while (wait(NULL) > 0)
        ;
    return all;
}

/* ---- the command line --------------------------------------------------------------------------
 */

static int tell_one(const struct wish *wish)
{
    struct outcome outcome;
    bool good;
    size_t i;

    tell(wish, wish->seed, false, true, &outcome);
    good = outcome.violation[0] == '\0';
    printf("seed %llu: ", (unsigned long long)wish->seed);
    for (i = 0; wish->kind->counted[i]; i++)
        printf("%u %s, ", outcome.counts[i], wish->kind->counted[i]);
    printf("digest %s\n", outcome.digest);
    if (!good)
        printf("violated: %s\n", outcome.violation);
    printf("%d passed, %d failed\n", good, !good);
    return good ? 0 : 1;
}

static int tell_and_print(const struct wish *wish)
{
    struct figures all = tell_all(wish);
    bool good = wish->finds ? all.found > 0 : all.failed == 0 && all.passed > 0;
    size_t i;

    printf("figures: %lu stories, ", all.passed + all.failed);
    for (i = 0; wish->kind->counted[i]; i++)
        printf("%lu %s, ", all.counts[i], wish->kind->counted[i]);
    printf("%lu told twice\n", all.twice);
    if (wish->finds)
        printf("%d passed, %d failed\n", good, !good); /* the control */
    else
        printf("%lu passed, %lu failed\n", all.passed, all.failed);
    return good ? 0 : 1;
}

static int usage(const struct story_kind *kind)
{
    size_t i;

    fprintf(stderr, "usage: %s [--seed N | --seeds N] [--processes N] [--break ", kind->program);
    for (i = 1; kind->breaks[i].name; i++)
        fprintf(stderr, "%s%s", i > 1 ? "|" : "", kind->breaks[i].name);
    fprintf(stderr,
            "] [--finds TEXT]\n"
            "  a break passes when it is found out; with --finds it is the program that is\n"
            "  broken, and a violation says TEXT\n");
    return 2;
}

static bool read_option(struct wish *wish, const char *name, const char *value)
{
    unsigned i;

    if (strcmp(name, "--seed") == 0) {
        wish->seed = strtoull(value, NULL, 10);
        return wish->seed > 0;
    }
    if (strcmp(name, "--seeds") == 0) {
        wish->seeds = strtoull(value, NULL, 10);
        return wish->seeds > 0;
    }
    if (strcmp(name, "--processes") == 0) {
        wish->processes = (unsigned)strtoul(value, NULL, 10);
        return wish->processes >= 1 && wish->processes <= PROCESSES_MAX;
    }
    if (strcmp(name, "--finds") == 0) {
        wish->finds = value;
        return *value != '\0';
    }
    for (i = 1; strcmp(name, "--break") == 0 && wish->kind->breaks[i].name; i++)
        if (strcmp(wish->kind->breaks[i].name, value) == 0) {
            wish->broken = i;
            wish->finds = wish->kind->breaks[i].finds;
        }
    return wish->broken > 0;
}

int stories_main(const struct story_kind *kind, int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct wish wish = {.kind = kind, .seeds = 100};
    int i;

    wish.processes = processors < 1 ? 1
                     : processors > PROCESSES_MAX / PROCESSES_EACH
                         ? PROCESSES_MAX
                         : (unsigned)processors * PROCESSES_EACH;
    for (i = 1; i < argc; i += 2)
        if (i + 1 == argc || !read_option(&wish, argv[i], argv[i + 1]))
            return usage(kind);
    return wish.seed ? tell_one(&wish) : tell_and_print(&wish);
}
