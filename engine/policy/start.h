/*
 * start.h - may an event that matched start a run: the rules of `dedupe` and `throttle`, judged on
 * what was remembered of their key. Pure: what is remembered comes in as a value and goes out as
 * one; core/ keeps it in the transaction of the event.
 */
#ifndef POLICY_START_H
#define POLICY_START_H

#include <stdint.h>

#include <quell/value.h>

#include "playbook/start.h"

struct arena;

enum policy_start {
    POLICY_STARTS,
    POLICY_WAITS,   /* starts, but only at `until_us` */
    POLICY_LINKED,  /* does not start: the run `run` stands for it */
    POLICY_COUNTED, /* does not start: not enough of them yet */
};

struct policy_verdict {
    enum policy_start start;
    /* What is to be remembered: {at, run, count} or {times}; null = nothing. When a run starts, its
     * id is still to be put under `run`. */
    struct quell_value mark;
    int64_t until_us;        /* until when; for POLICY_WAITS also when it starts */
    struct quell_str run;    /* POLICY_LINKED */
    struct quell_str detail; /* for people, when it does not start */
};

/* `mark` is what is remembered of the key, or null. Everything lives in `arena`; texts of the mark
 * are borrowed. */
struct policy_verdict policy_dedupe(struct arena *arena, const struct playbook_dedupe *rule,
                                    struct quell_value mark, int64_t now_us);
struct policy_verdict policy_throttle(struct arena *arena, const struct playbook_throttle *rule,
                                      struct quell_value mark, int64_t now_us);

#endif
