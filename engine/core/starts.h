/*
 * starts.h - what decides whether an event that matched starts a run: shared by start.c (the
 * decision), marks.c (what is remembered) and groups.c (who runs at the same time).
 */
#ifndef CORE_STARTS_H
#define CORE_STARTS_H

#include "core/core.h"
#include "policy/workspace.h"

/* ---- marks.c: what is remembered, as of now - in the store, or on its way there -----------------
 */

/* The mark's body, in `arena`; null when there is none. */
enum quell_code mark_read(struct quell *engine, struct arena *arena, const char *scope,
                          struct quell_str key, struct quell_value *body,
                          struct quell_error *err) QUELL_MUST_CHECK;
/* In the open turn; null removes it. `until_us` 0 = for ever. */
void mark_write(struct quell *engine, const char *scope, struct quell_str key, int64_t until_us,
                struct quell_value body);
/* The key of something of a playbook's: long ones by their digest. */
struct quell_str mark_key(struct arena *arena, struct quell_str playbook, struct quell_str key);

/* ---- groups.c ----------------------------------------------------------------------------------
 */

struct group_count {
    size_t running, queued;
    struct quell_str first, waiting; /* ids of the oldest that runs, and the last that waits */
};
struct group_count group_count(const struct quell *engine, struct quell_str playbook,
                               struct quell_str group);
/* Ends all runs of a group, those that wait too. */
void group_cancel(struct quell *engine, struct quell_str playbook, struct quell_str group);
/* `begins_us`: a queued one does not begin before. */
void group_join(struct quell *engine, const struct run *run, bool queued, int64_t begins_us);
void group_leave(struct quell *engine, const struct run *run);
/* One that a limit held may begin. True: it waits for its turn. */
bool group_release(struct quell *engine, const struct run *run);
/* Lets those begin that find room now; soon, in a turn of its own. */
void groups_look(struct quell *engine);
enum quell_code groups_load(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;

void groups_free(struct starts *starts);
void marks_free(struct starts *starts);

/* ---- usage.c -----------------------------------------------------------------------------------
 */

/* Whether `limits: runs` lets one more start; *why is the limit that does not. */
bool usage_allows_run(struct quell *engine, const struct playbook *playbook, struct quell_str *why);
void usage_take_run(struct quell *engine, const struct playbook *playbook);
struct run_usage usage_of(struct quell *engine);
struct policy_memory memory_of(struct quell *engine);

/* ---- schedule.c --------------------------------------------------------------------------------
 */

void schedules_free(struct starts *starts);
/* When the last run of the playbook that succeeded started: a time, or null. */
struct quell_value last_success(struct quell *engine, const struct playbook *playbook);
void note_success(struct quell *engine, const struct run *run);

/* ---- quality.c ---------------------------------------------------------------------------------
 */

/* A run of the playbook was started for the incident. */
void quality_started(struct quell *engine, const struct playbook *playbook,
                     struct quell_value incident);
/* BREACH_SHADOW or BREACH_OFF when its incidents were not worth it; else BREACH_NOTIFY. */
enum on_breach quality_state(struct quell *engine, const struct playbook *playbook);

/* ---- start.c -----------------------------------------------------------------------------------
 */

/* A run that waited begins, in the open turn; it may have ended then. */
void run_start_now(struct active *active);
/* Cancels it when it is under way. */
void run_end_early(struct quell *engine, struct quell_str id, struct quell_str by,
                   struct quell_str reason);

/* ---- the state ---------------------------------------------------------------------------------
 */

struct kept_mark;
struct group;
struct plan;

enum { STARTS_BUCKETS = 1024 };

struct starts {
    struct run_usage usage;
    struct policy_memory memory;
    struct run_gate gate;
    struct run_catalog catalog;
    struct kept_mark *marks[STARTS_BUCKETS]; /* not on disk yet */
    struct group *groups[STARTS_BUCKETS];
    int64_t next_place; /* of who joins a group */
    struct loop_timer *look;
    struct plan *plans; /* schedule.c */
    size_t plan_count;
    struct loop_timer *clock;
};

#endif
