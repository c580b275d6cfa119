/*
 * judge.h - what the triggers of all playbooks say of an event, and the runs that follow.
 */
#ifndef CORE_JUDGE_H
#define CORE_JUDGE_H

#include "core/core.h"
#include "value/value.h"

/* Start with engine and arena; everything lives in that arena. */
struct matched {
    struct quell *engine;
    struct arena *arena;
    struct list_builder runs, undetermined, not_started, woken;
    struct active **begun; /* those that began, to be advanced in the end */
    size_t begun_count, begun_cap;
    size_t line; /* of the body, 1-based; 0 = it has none */
};

void judge_arrival(struct matched *matched, const struct incoming *arrival);
/* {"incident", "runs", ...} as quell.h has it. */
struct quell_value judge_answer(struct matched *matched, const struct submission *submission);

#endif
