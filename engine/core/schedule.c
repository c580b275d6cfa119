/*
 * schedule.c - playbooks that start by the clock. The last time that was planned is a mark, written
 * with the runs it started, so that a restart knows what was missed. One timer serves all.
 */
#include "core/starts.h"
#include "core/nothing.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/when.h"
#include "loop/log.h"
#include "playbook/cron.h"
#include "value/value.h"

#define SCOPE "schedule"
enum { LOOK_MS = 60000 }; /* the clock may be set, or the machine sleep */

struct plan { /* of one schedule of one playbook */
    struct loaded *loaded;
    size_t index;
    int64_t last_us, due_us; /* the last planned time; when the next one is due, with its jitter */
};

static const struct playbook_schedule *schedule_of(const struct plan *plan)
{
    return &plan->loaded->playbook->start.schedules[plan->index];
}

/* ---- time --------------------------------------------------------------------------------------
 */

static int64_t next_planned(const struct playbook_schedule *schedule, int64_t after_us)
{
    int64_t next_s;

    if (schedule->every_us)
        return (after_us / schedule->every_us + 1) * schedule->every_us;
    next_s = cron_next(schedule->cron, schedule->zone, after_us / 1000000);
    return next_s == INT64_MAX ? INT64_MAX : next_s * 1000000;
}

/* Of the same time always the same, so that a restart does not start it twice or never. */
static int64_t jitter_of(const struct plan *plan, int64_t planned_us)
{
    const struct playbook_schedule *schedule = schedule_of(plan);
    struct arena *arena;
    uint64_t hash;

    if (schedule->jitter_us == 0)
        return 0;
    arena = arena_new(0);
    hash = str_hash(arena_format(arena, "%.*s %zu %lld", QUELL_ARG(plan->loaded->playbook->id),
                                 plan->index, (long long)planned_us));
    arena_free(arena);
    hash ^= hash >> 29; /* the low bits of such short texts are not spread well */
    return (int64_t)(hash % (uint64_t)schedule->jitter_us);
}

static int64_t due_of(const struct plan *plan, int64_t planned_us)
{
    return planned_us == INT64_MAX ? INT64_MAX : planned_us + jitter_of(plan, planned_us);
}

static void set_next(struct plan *plan)
{
    plan->due_us = due_of(plan, next_planned(schedule_of(plan), plan->last_us));
}

/* ---- marks -------------------------------------------------------------------------------------
 */

static struct quell_str key_of(struct arena *arena, const struct plan *plan)
{
    return mark_key(arena, plan->loaded->playbook->id, arena_format(arena, "%zu", plan->index));
}

static void write_mark(struct quell *engine, const struct plan *plan)
{
    struct arena *arena = turn_commit(engine)->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "last", quell_int(plan->last_us));
    map_add(&map, "spec", quell_string(schedule_of(plan)->spec));
    mark_write(engine, SCOPE, key_of(arena, plan), 0, map_made(&map));
}

/* A schedule that is new, or another one than before, begins now. */
static enum quell_code read_mark(struct quell *engine, struct plan *plan, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_value mark;
    enum quell_code code = mark_read(engine, arena, SCOPE, key_of(arena, plan), &mark, err);

    plan->last_us = loop_now_us(engine->loop);
    if (code == QUELL_OK && quell_is(mark, QUELL_MAP) &&
        quell_str_equal(quell_get_str(mark, "spec"), schedule_of(plan)->spec))
        plan->last_us = quell_get_int(mark, "last", plan->last_us);
    else if (code == QUELL_OK)
        write_mark(engine, plan);
    arena_free(arena);
    return code;
}

/* ---- starting ----------------------------------------------------------------------------------
 */

static enum quell_code inputs_of(struct quell *engine, struct arena *arena,
                                 const struct playbook_schedule *schedule,
                                 struct quell_value *given)
{
    struct run_world world = generation_world(engine->generation);
    struct map_builder vars = {.arena = arena};
    struct cel_scope scope = {0};
    struct cel_fault fault = {0};

    *given = quell_map(NULL, 0);
    if (schedule->with == NULL)
        return QUELL_OK;
    map_add(&vars, "config", world.config);
    map_add(&vars, "lists", world.lists);
    map_add(&vars, "incident", quell_null());
    scope.vars = map_made(&vars);
    return cel_tree_eval(schedule->with, &scope, arena, given, &fault);
}

static void refuse(struct quell *engine, const struct plan *plan, const char *reason,
                   struct quell_str detail)
{
    refuse_event(engine, &(struct refusal){.reason = reason,
                                           .playbook = plan->loaded->playbook->id,
                                           .incident = quell_null(),
                                           .detail = detail});
}

static void start_one(struct quell *engine, const struct plan *plan, int64_t planned_us)
{
    struct arena *arena = arena_new(0);
    struct map_builder event = {.arena = arena};
    struct start start = {.loaded = plan->loaded, .by = QUELL_STR("schedule")};
    struct started made;
    struct quell_error err = {0};

    map_add(&event, "planned_at", value_time_us(planned_us));
    start.event = map_made(&event);
    if (inputs_of(engine, arena, schedule_of(plan), &start.given)) {
        log_line(LOG_LEVEL_ERROR, "playbook=%.*s schedule %zu: its `with` cannot be evaluated",
                 QUELL_ARG(plan->loaded->playbook->id), plan->index + 1);
        /* A run with other inputs than those that stand there is not started. */
        refuse(engine, plan, "failed", QUELL_STR("`with` of the schedule cannot be evaluated"));
    } else {
        start_run(engine, arena, &start, &made, &err);
        if (made.active)
            advance(made.active);
    }
    arena_free(arena);
}

/* ---- what is due -------------------------------------------------------------------------------
 */

/* The times that are due, the last so many of them; *all is how many there were. */
static size_t collect(const struct plan *plan, int64_t now_us, int64_t *times, size_t *all)
{
    int64_t from = plan->last_us, at = from;
    size_t looked = 0;

    *all = 0;
    for (;;) {
        at = next_planned(schedule_of(plan), at);
        if (due_of(plan, at) > now_us)
            break;
        times[(*all)++ % LIMIT_MISSED_RUNS] = at;
        if (++looked == LIMIT_MISSED_TIMES && at < now_us - INT64_C(86400) * 1000000)
            at = now_us - INT64_C(86400) * 1000000; /* so many: a day holds enough of them */
    }
    return *all < LIMIT_MISSED_RUNS ? *all : LIMIT_MISSED_RUNS;
}

/* So many planned times, the first of which was then, start nothing. */
static void note_missed(struct quell *engine, const struct plan *plan, int64_t first_us,
                        size_t count)
{
    static const char *const words[] = {
        [MISSED_RUN_ONCE] = "run-once", [MISSED_RUN_ALL] = "run-all", [MISSED_SKIP] = "skip"};
    struct arena *arena = turn_commit(engine)->arena;

    if (count > 0)
        refuse(engine, plan, "missed",
               arena_format(arena,
                            "schedule %zu: %zu planned time%s from %.*s on %s left out "
                            "(`on-missed: %s`)",
                            plan->index + 1, count, count == 1 ? "" : "s",
                            QUELL_ARG(when_format_time(arena, when_from_us(first_us))),
                            count == 1 ? "was" : "were", words[schedule_of(plan)->on_missed]));
}

static void run_plan(struct quell *engine, struct plan *plan)
{
    int64_t now = loop_now_us(engine->loop), times[LIMIT_MISSED_RUNS], last;
    size_t all, kept = collect(plan, now, times, &all), i;
    enum on_missed policy = schedule_of(plan)->on_missed;
    int64_t first = next_planned(schedule_of(plan), plan->last_us);
    bool late;

    if (kept == 0)
        return;
    last = times[(all - 1) % LIMIT_MISSED_RUNS];
    late = due_of(plan, last) < now - (int64_t)LIMIT_SCHEDULE_LATE_S * 1000000;
    if (all > 1 || late)
        log_line(LOG_LEVEL_WARNING, "playbook=%.*s schedule %zu: %zu times had passed",
                 QUELL_ARG(plan->loaded->playbook->id), plan->index + 1, all);
    plan->last_us = last;
    write_mark(engine, plan);
    i = policy == MISSED_RUN_ALL ? all - kept : policy == MISSED_SKIP && late ? all : all - 1;
    note_missed(engine, plan, first, i);
    for (; i < all; i++)
        start_one(engine, plan, times[i % LIMIT_MISSED_RUNS]);
}

/* A clock that was far ahead and was set right would keep the schedule from starting until then. */
static void begin_anew(struct quell *engine, struct plan *plan)
{
    int64_t now = loop_now_us(engine->loop);

    if (plan->last_us <= now + INT64_C(86400) * 1000000)
        return;
    log_line(LOG_LEVEL_WARNING, "playbook=%.*s schedule %zu: the clock was set back",
             QUELL_ARG(plan->loaded->playbook->id), plan->index + 1);
    plan->last_us = now;
    write_mark(engine, plan);
    set_next(plan);
}

static void arm(struct quell *engine);

static void on_due(void *user)
{
    struct quell *engine = user;
    struct starts *starts = engine->starts;
    size_t i;

    starts->clock = NULL;
    if (engine->broken || engine->drain)
        return; /* the next open sees what was missed */
    turn_begin(engine);
    for (i = 0; i < starts->plan_count; i++) {
        struct plan *plan = &starts->plans[i];
        begin_anew(engine, plan);
        if (plan->due_us > loop_now_us(engine->loop))
            continue;
        run_plan(engine, plan);
        set_next(plan);
    }
    turn_end(engine);
    arm(engine);
}

static void arm(struct quell *engine)
{
    struct starts *starts = engine->starts;
    int64_t first = INT64_MAX, left_ms;
    size_t i;

    loop_cancel(starts->clock);
    starts->clock = NULL;
    for (i = 0; i < starts->plan_count; i++)
        if (starts->plans[i].due_us < first)
            first = starts->plans[i].due_us;
    if (first == INT64_MAX)
        return;
    left_ms = (first - loop_now_us(engine->loop) + 999) / 1000;
    starts->clock = loop_after(engine->loop,
                               left_ms < 0         ? 0
                               : left_ms < LOOK_MS ? left_ms
                                                   : LOOK_MS,
                               on_due, engine);
}

/* ---- open, reload, close -----------------------------------------------------------------------
 */

static void drop_plans(struct starts *starts)
{
    size_t i;

    for (i = 0; i < starts->plan_count; i++)
        loaded_release(starts->plans[i].loaded);
    memory_free(starts->plans);
    starts->plans = NULL;
    starts->plan_count = 0;
}

static void add_plan(struct starts *starts, struct loaded *loaded, size_t index)
{
    starts->plans = memory_resize(starts->plans, (starts->plan_count + 1) * sizeof(*starts->plans));
    starts->plans[starts->plan_count++] =
        (struct plan){.loaded = loaded_hold(loaded), .index = index};
}

enum quell_code schedules_load(struct quell *engine, struct quell_error *err)
{
    struct starts *starts = engine->starts;
    const struct generation *generation = engine->generation;
    enum quell_code code = QUELL_OK;
    size_t i, k;

    if (starts == NULL)
        return QUELL_OK;
    drop_plans(starts);
    for (i = 0; i < generation->playbook_count; i++) {
        const struct playbook *playbook = generation->playbooks[i]->playbook;
        if (stand_in_keeps_out(engine, playbook))
            continue;
        for (k = 0; playbook->state != PLAYBOOK_OFF && k < playbook->start.schedule_count; k++)
            add_plan(starts, generation->playbooks[i], k);
    }
    turn_begin(engine);
    for (i = 0; i < starts->plan_count && code == QUELL_OK; i++) {
        code = read_mark(engine, &starts->plans[i], err);
        set_next(&starts->plans[i]);
        if (code == QUELL_OK)
            begin_anew(engine, &starts->plans[i]);
    }
    turn_end(engine);
    arm(engine);
    return code;
}

void schedules_free(struct starts *starts)
{
    loop_cancel(starts->clock);
    drop_plans(starts);
}

/* ---- the last success --------------------------------------------------------------------------
 */

struct last {
    struct quell_value started;
};

static bool take_last(const struct store_run *run, void *user)
{
    struct last *last = user;

    last->started = value_time_us(run->started_us);
    return false;
}

struct quell_value last_success(struct quell *engine, const struct playbook *playbook)
{
    struct arena *arena = arena_new(0);
    struct store_query query = {
        .playbook = playbook->id, .state = QUELL_STR("succeeded"), .limit = 1};
    struct last last = {quell_null()};
    struct quell_value mark;
    struct quell_error err;

    if (mark_read(engine, arena, "success", playbook->id, &mark, &err) == QUELL_OK &&
        quell_is(mark, QUELL_MAP))
        last.started = value_time_us(quell_get_int(mark, "at", 0));
    else if (engine->reader->kind->runs(engine->reader, &query, take_last, &last, &err))
        log_line(LOG_LEVEL_WARNING, "playbook=%.*s: its last success cannot be read: %s",
                 QUELL_ARG(playbook->id), err.message);
    arena_free(arena);
    return last.started;
}

void note_success(struct quell *engine, const struct run *run)
{
    struct map_builder map = {.arena = turn_commit(engine)->arena};

    map_add(&map, "at", quell_int(run_started_us(run)));
    mark_write(engine, "success", run_playbook(run)->id, 0, map_made(&map));
}
