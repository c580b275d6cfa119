/*
 * why.h - what a run waits for and until when, or why it ended: one row of why.def for each thing
 * there is to say. Shared by the why_*.c, which say them.
 *
 * A row of a run says something of the whole, WHY_RUN(name, doc); a row of a step of a step that
 * waits for `word` (struct run_step), WHY_STEP(name, word, doc). Its function says true when it is
 * the one, and has then added to the entry: `text` for people, and of these what there is: `until`,
 * `then` (what happens when that has come), `commands` (what a person can do), and facts.
 */
#ifndef CORE_WHY_H
#define CORE_WHY_H

#include "core/core.h"
#include "value/value.h"

struct why {
    struct quell *engine;
    struct arena *arena;
    const struct store_run *row;
    const struct run *run;           /* NULL: its journal cannot be read ... */
    const struct quell_error *fault; /* ... for this reason */
    unsigned depth;                  /* of runs that called this one */
    struct list_builder entries;
    struct why_last *last; /* the newest event of each path that an entry is about */
};

struct why_last {
    struct why_last *next;
    struct quell_str path;
    struct event event;   /* seq 0: none yet */
    int64_t scheduled_us; /* the newest call_scheduled of it; 0 = none */
};

struct why_kind {
    const char *what, *doc;
    const char *word; /* NULL: a row of the run */
    bool (*of_step)(struct why *why, const struct run_step *step, struct map_builder *entry);
    bool (*of_run)(struct why *why, struct map_builder *entry);
};

#define WHY_RUN(name, doc) bool why_run_##name(struct why *why, struct map_builder *entry);
#define WHY_STEP(name, word, doc)                                                                  \
    bool why_step_##name(struct why *why, const struct run_step *step, struct map_builder *entry);
#include "core/why.def"
#undef WHY_RUN
#undef WHY_STEP

/* What there is to say of a run: {run, playbook ..., because: [...]}. */
enum quell_code why_of_run(struct quell *engine, struct arena *arena, const struct store_run *row,
                           unsigned depth, struct quell_value *made,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* The same of an incident: {incident, runs, refusals}. */
enum quell_code why_of_incident(struct quell *engine, struct arena *arena, struct quell_str id,
                                struct quell_value *made, struct quell_error *err) QUELL_MUST_CHECK;

/* ---- for the rows -------------------------------------------------------------------------------
 */
/* The newest event of the path; NULL when nothing is known of it. */
const struct why_last *why_last(const struct why *why, struct quell_str path);
void why_text(struct why *why, struct map_builder *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Says `before` and that another run is waited for, with why that one waits. */
void why_other(struct why *why, struct map_builder *entry, struct quell_str run,
               const char *before);
void why_then(struct why *why, struct map_builder *entry, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void why_until(struct map_builder *entry, int64_t until_us); /* 0, INT64_MAX: nothing is added */
/* `quell WORD RUN...`; ended by a NULL. */
void why_commands(struct why *why, struct map_builder *entry, const char *const *formats,
                  struct quell_str step);
/* "ann, group:leads or bob" of a list of texts; `none` of an empty one. */
struct quell_str why_names(struct arena *arena, struct quell_value list, const char *none);

#endif
