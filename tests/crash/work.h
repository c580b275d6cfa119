/*
 * work.h - what is to be tried, by whom, and what came of it.
 */
#ifndef CRASH_WORK_H
#define CRASH_WORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "oracle.h"
#include "point.h"
#include "power.h"

/* What a negative control has to show. */
enum expected { EXPECT_NONE, EXPECT_DUPLICATES, EXPECT_LOSSES };

struct options {
    const char *quell, *only;
    const struct workload *workload; /* NULL = all */
    enum mode mode;
    enum expected expected;
    size_t most;    /* points; 0 = all */
    unsigned twice; /* points of a first death; 0 = there is none */
    unsigned workers;
    int speed, signal;
    bool keep;
};

struct item {
    const struct workload *workload;
    bool has_first;
    struct point first, point;
};

struct result {
    bool tried, reached;
    unsigned tries;
    struct point moved; /* what was tried at last: an earlier call than the item's, or the same */
    struct power_loss loss;
    struct findings findings;
};

/* Shared by the workers, which are processes. */
struct work {
    atomic_size_t next;
    size_t count, all; /* of the items, and how many there would be */
    struct item *items;
    struct result results[];
};

enum { WORKERS_MAX = 16, ITEM_TEXT = 2 * POINT_TEXT + 32 };

/* Watches runs in which nobody is killed and chooses the points; ends the program when such a run
 * is not clean. Never freed: it lives as long as the program. */
struct work *work_plan(const struct options *options);
void work_do(struct work *work, const struct options *options);

/* "contain:writer/pwrite/12/after", with a first death "contain:FIRST,POINT"; and back. */
void item_text(const struct item *item, char text[ITEM_TEXT]);
bool item_read(const char *text, struct item *item);

bool findings_are_clean(const struct findings *findings);
/* Prints table and figures; the exit status. */
int report(const struct work *work, const struct options *options);

#endif
