/*
 * record.h - a test written from a stored run: what its files share.
 */
#ifndef TEST_RECORD_H
#define TEST_RECORD_H

#include "base/arena.h"
#include "core/core.h"
#include "value/value.h"

struct recorded_call {
    struct quell_str action, path;
    const struct quell_action *manifest; /* or NULL */
    struct quell_value input, ended;     /* data of the scheduled and of the ended event */
};

struct recording {
    struct quell *engine;
    struct arena *arena;
    struct store_run row;
    struct run *run;
    struct loaded *loaded;
    struct quell_value started; /* the first event */
    struct recorded_call *calls;
    size_t call_count, call_cap;
    struct list_builder answers; /* maps of step and answer */
    struct quell_str reason;     /* why it is held, or empty */
    bool waited;                 /* for an event, which a test cannot be given yet */
};

/* record_events.c: the journal of the run, and of the runs that it called. */
enum quell_code record_read(struct recording *recording, struct quell_str run,
                            struct quell_error *err) QUELL_MUST_CHECK;
void record_free(struct recording *recording);

/* record_names.c: names of people, machines and settings, and what stands in their place. */
struct record_names {
    struct arena *arena;
    struct record_name {
        struct quell_str name, instead;
    } * items;
    size_t count, cap;
    size_t used; /* how often one was replaced */
};
void record_find_names(struct record_names *names, struct quell_value incident,
                       struct quell_value config);
struct quell_value record_hide(struct record_names *names, struct quell_value value);

/* record_write.c */
struct quell_str record_text(struct recording *recording, struct record_names *names,
                             struct quell_str title);

#endif
