/*
 * report.c - what came of the trials: a row for each thread and call, and the figures.
 */
#include <stdio.h>
#include <string.h>

#include "work.h"

struct sum {
    unsigned points, before, reached, again, moved, untried, passed, lossy;
    struct power_loss loss;
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
    sum->before += strcmp(item->point.when, "before") == 0;
    sum->reached += result->reached;
    sum->again += result->tries > 1;
    sum->moved += result->tried && result->moved.nth != item->point.nth;
    sum->untried += !result->tried;
    sum->passed += result->reached && findings_are_clean(found);
    sum->lossy += result->loss.dropped + result->loss.torn > 0;
    sum->loss.pending += result->loss.pending;
    sum->loss.dropped += result->loss.dropped;
    sum->loss.torn += result->loss.torn;
    sum->loss.reordered += result->loss.reordered;
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
    printf("%-7s %-16s %6u %7u %5u %5u %5u %6u %7u %5u\n", point->thread, point->call, sum.points,
           sum.reached, found->lost, found->duplicated, found->stuck, found->failed, found->corrupt,
           found->held);
}

static void print_table(const struct work *work)
{
    printf("%-7s %-16s %6s %7s %5s %5s %5s %6s %7s %5s\n", "thread", "call", "points", "reached",
           "lost", "dupl.", "stuck", "failed", "corrupt", "held");
    for (size_t i = 0; i < work->count; i++) {
        if (!has_row(work, i))
            print_row(work, &work->items[i].point);
    }
}

static void print_unreached(const struct work *work)
{
    char text[ITEM_TEXT];

    for (size_t i = 0; i < work->count; i++) {
        if (work->results[i].reached)
            continue;
        item_text(&work->items[i], text);
        printf("%s: not reached in %u tries\n", text, work->results[i].tries);
    }
}

static void print_figures(const struct work *work, const struct sum *sum, enum mode mode)
{
    const struct findings *found = &sum->findings;

    if (work->count < work->all)
        printf("%zu of %zu points, spread evenly over all of them\n", work->count, work->all);
    printf("figures: points %u, reached %u, lost %u, duplicated %u, stuck %u, corrupt %u, failed "
           "%u; held %u, resolved %u\n",
           sum->points, sum->reached, found->lost, found->duplicated, found->stuck, found->corrupt,
           found->failed, found->held, found->resolved);
    if (mode == MODE_KILL)
        printf("figures: %u before and %u after a call\n", sum->before, sum->points - sum->before);
    if (mode == MODE_POWER)
        printf("figures: unsynced writes %u: %u dropped, %u torn, %u kept before an earlier one; "
               "in %u states something was lost\n",
               sum->loss.pending, sum->loss.dropped, sum->loss.torn, sum->loss.reordered,
               sum->lossy);
    printf("tried more than once %u, at an earlier call %u, not tried %u\n", sum->again, sum->moved,
           sum->untried);
}

/* A negative control passes when it is found out. */
static void judge_control(struct sum *sum, enum expected expected)
{
    unsigned seen = expected == EXPECT_DUPLICATES ? sum->findings.duplicated : sum->findings.lost;

    printf("figures: negative control: %u %s: %s\n", seen,
           expected == EXPECT_DUPLICATES ? "duplicates" : "losses",
           seen ? "detected" : "the test is blind");
    sum->points = 1;
    sum->passed = seen > 0;
}

int report(const struct work *work, const struct options *options)
{
    struct sum sum = {.points = 0};
    unsigned failed;

    for (size_t i = 0; i < work->count; i++)
        add(&sum, &work->items[i], &work->results[i]);
    print_table(work);
    print_unreached(work);
    print_figures(work, &sum, options->mode);
    if (options->expected)
        judge_control(&sum, options->expected);
    failed = sum.points - sum.passed;
    printf("%u passed, %u failed\n", sum.passed, failed);
    return failed || sum.passed == 0;
}
