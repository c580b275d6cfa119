/*
 * report.c - what came of the trials: a row for each thread and call, and the figures.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "work.h"

struct sum {
    unsigned points, before, reached, again, untried, passed;
    struct findings findings;
};

bool findings_are_clean(const struct findings *findings)
{
    return findings->lost + findings->duplicated + findings->stuck + findings->failed +
               findings->corrupt ==
           0;
}

static void add(struct sum *sum, const struct item *item, const struct result *result)
{
    const struct findings *found = &result->findings;

    sum->points++;
    sum->before += item->point.before;
    sum->reached += result->reached;
    sum->again += result->tries > 1;
    sum->untried += !result->tried;
    sum->passed += result->reached && findings_are_clean(found);
    sum->findings.lost += found->lost;
    sum->findings.duplicated += found->duplicated;
    sum->findings.stuck += found->stuck;
    sum->findings.failed += found->failed;
    sum->findings.corrupt += found->corrupt;
    sum->findings.held += found->held;
    sum->findings.resolved += found->resolved;
}

static bool same_call(const struct point *a, const struct point *b)
{
    return strcmp(a->thread, b->thread) == 0 && strcmp(a->call, b->call) == 0;
}

/* Whether an item before this one has its thread and call. */
static bool has_row(const struct work *work, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (same_call(&work->items[i].point, &work->items[at].point))
            return true;
    }
    return false;
}

static void print_row(const struct work *work, const struct point *point)
{
    struct sum sum = {.points = 0};
    const struct findings *found = &sum.findings;

    for (size_t i = 0; i < work->count; i++) {
        if (same_call(&work->items[i].point, point))
            add(&sum, &work->items[i], &work->results[i]);
    }
    printf("%-7s %-10s %6u %7u %5u %5u %5u %6u %7u %5u\n", point->thread, point->call, sum.points,
           sum.reached, found->lost, found->duplicated, found->stuck, found->failed, found->corrupt,
           found->held);
}

static void print_table(const struct work *work)
{
    printf("%-7s %-10s %6s %7s %5s %5s %5s %6s %7s %5s\n", "thread", "call", "points", "reached",
           "lost", "dupl.", "stuck", "failed", "corrupt", "held");
    for (size_t i = 0; i < work->count; i++) {
        if (!has_row(work, i))
            print_row(work, &work->items[i].point);
    }
}

static void print_unreached(const struct work *work)
{
    char text[48];

    for (size_t i = 0; i < work->count; i++) {
        if (work->results[i].reached)
            continue;
        point_text(&work->items[i].point, text);
        printf("%s: not reached in %u tries\n", text, work->results[i].tries);
    }
}

static void print_figures(const struct work *work, const struct sum *sum)
{
    const struct findings *found = &sum->findings;

    if (work->count < work->all)
        printf("%zu of %zu points, spread evenly over all calls (all of them: --all)\n",
               work->count, work->all);
    printf("points %u (%u before, %u after), reached %u, lost %u, duplicated %u, stuck %u, held "
           "%u\n",
           sum->points, sum->before, sum->points - sum->before, sum->reached, found->lost,
           found->duplicated, found->stuck, found->held);
    printf("failed runs %u, corrupt %u, resolved %u of %u held, tried more than once %u, not "
           "tried %u\n",
           found->failed, found->corrupt, found->resolved, found->held, sum->again, sum->untried);
}

int report(const struct work *work, const struct options *options)
{
    struct sum sum = {.points = 0};
    unsigned failed;

    for (size_t i = 0; i < work->count; i++)
        add(&sum, &work->items[i], &work->results[i]);
    print_table(work);
    print_unreached(work);
    print_figures(work, &sum);
    failed = sum.points - sum.passed;
    if (options->expect_duplicates) {
        printf("control: %u duplicates: %s\n", sum.findings.duplicated,
               sum.findings.duplicated ? "the test sees what it is for" : "the test is blind");
        sum.passed = sum.findings.duplicated > 0;
        failed = !sum.passed;
    }
    printf("%u passed, %u failed\n", sum.passed, failed);
    return failed || sum.passed == 0;
}
