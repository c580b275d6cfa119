/*
 * limits.c - see limits.h.
 */
#include "policy/limits.h"

#include "base/arena.h"
#include "base/str.h"
#include "policy/cap.h"
#include "value/value.h"

const struct playbook_limit *policy_limit_of(const struct playbook_limits *limits,
                                             struct quell_str kind)
{
    size_t i;
    for (i = 0; i < limits->count; i++)
        if (quell_str_equal(limits->items[i].kind, kind))
            return &limits->items[i];
    return NULL;
}

unsigned policy_uncapped(const struct playbook_limits *limits, const struct quell_action *action,
                         struct quell_value targets)
{
    unsigned count = 0;
    size_t i;
    if (action->effect != QUELL_DISRUPTS)
        return 0;
    if (quell_count(targets) == 0)
        return policy_weight(action, targets);
    for (i = 0; i < quell_count(targets); i++)
        count += policy_limit_of(limits, quell_get_str(quell_at(targets, i), "kind")) == NULL;
    return count;
}

/* ---- never -------------------------------------------------------------------------------------
 */

static bool same(struct quell_value a, struct quell_value b)
{
    if (quell_is(a, QUELL_STRING) && quell_is(b, QUELL_STRING))
        return str_equal_fold(quell_str(a), quell_str(b));
    return value_equal(a, b);
}

/* An entry may be a name, or a map as of the incident. */
static bool names(struct quell_value entry, struct quell_value value)
{
    size_t i;
    if (!quell_is(entry, QUELL_MAP))
        return same(entry, value);
    for (i = 0; i < quell_count(entry); i++)
        if (quell_is(entry.as.pairs[i].value, QUELL_STRING) && same(entry.as.pairs[i].value, value))
            return true;
    return false;
}

static bool is_listed(struct quell_value never, struct quell_value value)
{
    size_t i;
    for (i = 0; i < quell_count(never); i++)
        if (names(quell_at(never, i), value))
            return true;
    return false;
}

/* What identifies an entity: all its texts but those that many have in common. */
static bool identifies(struct quell_str key)
{
    static const char *const common[] = {"kind", "os",      "role",    "risk", "domain",
                                         "ip",   "verdict", "country", "path", "raw"};
    size_t i;
    for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (str_is(key, common[i]))
            return false;
    return true;
}

/* An entity of the incident that has the value has its other names, too. */
static bool alias_is_listed(struct quell_value never, struct quell_value entity,
                            struct quell_value value)
{
    bool is_it = false, listed = false;
    size_t i;
    for (i = 0; i < quell_count(entity); i++) {
        const struct quell_pair *pair = &entity.as.pairs[i];
        if (!quell_is(pair->value, QUELL_STRING) || !identifies(quell_str(pair->key)))
            continue;
        is_it = is_it || same(pair->value, value);
        listed = listed || is_listed(never, pair->value);
    }
    return is_it && listed;
}

static bool is_protected(struct quell_value never, struct quell_value incident,
                         struct quell_value value)
{
    struct quell_value kinds = quell_get(incident, "entities");
    size_t i, k;
    if (is_listed(never, value))
        return true;
    for (i = 0; i < quell_count(kinds); i++) {
        struct quell_value list = kinds.as.pairs[i].value;
        for (k = 0; k < quell_count(list); k++)
            if (alias_is_listed(never, quell_at(list, k), value))
                return true;
    }
    return false;
}

/* A disrupting call that names nobody may mean any of them. */
static struct policy_limit judge_never(struct arena *arena, struct quell_value targets,
                                       struct quell_value never, struct quell_value incident,
                                       bool disrupts)
{
    size_t i;
    if (disrupts && quell_count(targets) == 0)
        return (struct policy_limit){true, QUELL_STR("limit.never"),
                                     QUELL_STR("what it disrupts is not known, and may be one "
                                               "that must never be touched")};
    if (!quell_is(never, QUELL_LIST))
        return (struct policy_limit){true, QUELL_STR("limit.never"),
                                     QUELL_STR("what must never be touched is not known")};
    for (i = 0; i < quell_count(targets); i++) {
        struct quell_value target = quell_at(targets, i), value = quell_get(target, "value");
        if (!is_protected(never, incident, value))
            continue;
        return (struct policy_limit){true, QUELL_STR("limit.never"),
                                     arena_format(arena, "%.*s `%.*s` must never be touched",
                                                  QUELL_ARG(quell_get_str(target, "kind")),
                                                  QUELL_ARG(quell_str(value)))};
    }
    return (struct policy_limit){.over = false};
}

/* ---- figures -----------------------------------------------------------------------------------
 */

/* Targets of the kind that this action would touch first; each counts once. */
static unsigned new_ones(struct quell_value targets, struct quell_str kind,
                         const struct policy_use *use)
{
    unsigned count = 0;
    size_t i, k;
    for (i = 0; i < quell_count(targets); i++) {
        struct quell_value target = quell_at(targets, i);
        bool again = use->touched(use->user, target);
        for (k = 0; k < i && !again; k++)
            again = value_equal(quell_at(targets, k), target);
        count += !again && quell_str_equal(quell_get_str(target, "kind"), kind);
    }
    return count;
}

static struct policy_limit over(struct arena *arena, struct quell_str kind, const char *span,
                                unsigned before, unsigned more, unsigned limit)
{
    return (struct policy_limit){
        true, arena_format(arena, "limit.%.*s.%s", QUELL_ARG(kind), span),
        arena_format(arena, "at most %u of kind %.*s in a%s %s: %u before this action, %u by it",
                     limit, QUELL_ARG(kind), span[0] == 'h' ? "n" : "", span, before, more)};
}

static struct policy_limit judge_kind(struct arena *arena, const struct playbook_limit *limit,
                                      struct quell_value targets, const struct policy_use *use)
{
    unsigned more = new_ones(targets, limit->kind, use), hour = 0, day = 0, run;
    if (more == 0)
        return (struct policy_limit){.over = false};
    run = use->in_run(use->user, limit->kind);
    if (run + more > limit->run)
        return over(arena, limit->kind, "run", run, more, limit->run);
    if (use->in_time)
        use->in_time(use->time_user, limit->kind, &hour, &day);
    if (use->in_time && hour + more > limit->hour)
        return over(arena, limit->kind, "hour", hour, more, limit->hour);
    if (use->in_time && day + more > limit->day)
        return over(arena, limit->kind, "day", day, more, limit->day);
    return (struct policy_limit){.over = false};
}

struct policy_limit policy_never(struct arena *arena, const struct playbook_limits *limits,
                                 const struct quell_action *action, struct quell_value targets,
                                 struct quell_value never, struct quell_value incident)
{
    if (action->effect < QUELL_CHANGES || !limits->never.expr)
        return (struct policy_limit){.over = false};
    return judge_never(arena, targets, never, incident, action->effect == QUELL_DISRUPTS);
}

struct policy_limit policy_limits(struct arena *arena, const struct playbook_limits *limits,
                                  const struct quell_action *action, struct quell_value targets,
                                  struct quell_value never, struct quell_value incident,
                                  const struct policy_use *use)
{
    struct policy_limit found = {.over = false};
    size_t i;
    if (action->effect == QUELL_READS)
        return found;
    found = policy_never(arena, limits, action, targets, never, incident);
    for (i = 0; i < limits->count && !found.over; i++)
        found = judge_kind(arena, &limits->items[i], targets, use);
    return found;
}

/* ---- counts in time ----------------------------------------------------------------------------
 */

enum { HOUR_MINUTES = 60, DAY_MINUTES = 1440 };

static int64_t minute_of(int64_t now_us)
{
    return now_us / 60000000;
}

void policy_count(struct quell_value counts, int64_t now_us, unsigned *hour, unsigned *day)
{
    struct quell_value minutes = quell_get(counts, "minutes");
    int64_t now = minute_of(now_us), sum_hour = 0, sum_day = 0;
    size_t i;
    for (i = 0; i < quell_count(minutes); i++) {
        struct quell_value at = quell_at(quell_at(minutes, i), 0);
        struct quell_value count = quell_at(quell_at(minutes, i), 1);
        if (!quell_is(at, QUELL_INT) || !quell_is(count, QUELL_INT))
            continue;
        sum_hour += at.as.integer > now - HOUR_MINUTES ? count.as.integer : 0;
        sum_day += at.as.integer > now - DAY_MINUTES ? count.as.integer : 0;
    }
    *hour = (unsigned)sum_hour;
    *day = (unsigned)sum_day;
}

static struct quell_value minute(struct arena *arena, int64_t at, int64_t count)
{
    struct list_builder pair = {.arena = arena};
    list_add(&pair, quell_int(at));
    list_add(&pair, quell_int(count));
    return list_made(&pair);
}

struct quell_value policy_count_more(struct arena *arena, struct quell_value counts, int64_t now_us,
                                     unsigned more)
{
    struct quell_value minutes = quell_get(counts, "minutes");
    struct list_builder kept = {.arena = arena};
    struct map_builder map = {.arena = arena};
    int64_t now = minute_of(now_us), this_minute = more;
    size_t i;
    for (i = 0; i < quell_count(minutes); i++) {
        struct quell_value pair = quell_at(minutes, i), at = quell_at(pair, 0);
        if (!quell_is(at, QUELL_INT) || !quell_is(quell_at(pair, 1), QUELL_INT) ||
            at.as.integer <= now - DAY_MINUTES)
            continue;
        if (at.as.integer >= now)
            this_minute += quell_at(pair, 1).as.integer;
        else
            list_add(&kept, pair);
    }
    list_add(&kept, minute(arena, now, this_minute));
    map_add(&map, "minutes", list_made(&kept));
    return map_made(&map);
}
