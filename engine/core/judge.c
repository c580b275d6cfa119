/*
 * judge.c - an event against the triggers of all playbooks, in their order. An incident is one
 * event, and each of its alerts that is new, changed or closed is one more. What came by a webhook
 * of playbooks is judged by their `on: webhook` first; one that it starts is not asked again.
 */
#include "core/judge.h"

#include "base/str.h"
#include "loop/log.h"
#include "match/match.h"
#include "value/value.h"

/* One event. */
struct occasion {
    struct matched *matched;
    enum match_subject kind;
    struct match_event event;
    struct quell_value incident, alert, body; /* body: the `event` of a webhook, or null */
    struct quell_str exclusive;               /* the playbook that took it for itself, or empty */
    struct quell_str wrote;                   /* a run whose own change it tells of, or empty */
};

/* ---- starting ----------------------------------------------------------------------------------
 */

static void keep_begun(struct matched *matched, struct active *active)
{
    if (matched->begun_count == matched->begun_cap) {
        size_t cap = matched->begun_cap ? matched->begun_cap * 2 : 8;
        matched->begun =
            arena_grow(matched->arena, matched->begun, matched->begun_cap * sizeof(*matched->begun),
                       cap * sizeof(*matched->begun));
        matched->begun_cap = cap;
    }
    matched->begun[matched->begun_count++] = active;
}

static void tell_started(struct matched *matched, const struct playbook *playbook,
                         const struct started *made)
{
    struct map_builder map = {.arena = matched->arena};

    if (matched->line)
        map_add(&map, "line", quell_int((int64_t)matched->line));
    map_add(&map, "run", value_copy_str(matched->arena, made->run));
    map_add(&map, "playbook", quell_string(playbook->id));
    if (made->reason)
        map_add(&map, "reason", quell_text(made->reason));
    list_add(&matched->runs, map_made(&map));
}

/* It matched and starts nothing: the sender's answer says so, too. */
static void tell_not_started(struct matched *matched, const struct playbook *playbook,
                             const struct started *made)
{
    struct map_builder map = {.arena = matched->arena};
    bool failed = str_is(quell_str_of(made->reason), "failed");

    if (matched->line)
        map_add(&map, "line", quell_int((int64_t)matched->line));
    map_add(&map, "playbook", quell_string(playbook->id));
    map_add(&map, "reason", quell_text(made->reason));
    map_add(&map, failed ? "error" : "detail", quell_string(made->detail));
    if (made->run.len)
        map_add(&map, "run", quell_string(made->run));
    list_add(&matched->not_started, map_made(&map));
}

/* Whether an exclusive playbook keeps the event to itself after such an end. */
static bool takes(const struct playbook *playbook, const struct started *made)
{
    static const char *const let_go[] = {"off", "expired", "failed"};
    size_t i;

    for (i = 0; made->reason && i < sizeof(let_go) / sizeof(*let_go); i++)
        if (str_is(quell_str_of(made->reason), let_go[i]))
            return false;
    return playbook->start.exclusive;
}

static void start_matching(struct occasion *occasion, struct loaded *loaded)
{
    struct matched *matched = occasion->matched;
    struct start start = {.loaded = loaded,
                          .incident = occasion->incident,
                          .alert = occasion->alert,
                          .event = occasion->body,
                          .given = quell_map(NULL, 0),
                          .by = quell_is_null(occasion->body) ? QUELL_STR("trigger")
                                                              : QUELL_STR("webhook"),
                          .exclusive = occasion->exclusive,
                          .wrote = occasion->wrote};
    struct started made;
    struct quell_error err = {0};

    start_run(matched->engine, matched->arena, &start, &made, &err);
    if (made.active) {
        tell_started(matched, loaded->playbook, &made);
        keep_begun(matched, made.active);
    } else {
        tell_not_started(matched, loaded->playbook, &made);
    }
    if (takes(loaded->playbook, &made) && occasion->exclusive.len == 0)
        occasion->exclusive = loaded->playbook->id;
}

/* ---- judging -----------------------------------------------------------------------------------
 */

static struct quell_value scope_of(const struct occasion *occasion)
{
    const struct run_world *world = &occasion->matched->engine->generation->world;
    struct map_builder vars = {.arena = occasion->matched->arena};

    map_add(&vars, "config", world->config);
    map_add(&vars, "lists", world->lists);
    if (occasion->kind == MATCH_ALERT)
        map_add(&vars, "incident", occasion->incident);
    if (!quell_is_null(occasion->body))
        map_add(&vars, "event", occasion->body);
    return map_made(&vars);
}

/* Whether it matches; then it is started. */
static bool judge(struct occasion *occasion, struct loaded *loaded, const struct trigger *trigger)
{
    struct matched *matched = occasion->matched;
    struct quell *engine = matched->engine;
    const struct playbook *playbook = loaded->playbook;
    struct cel_scope scope = {.vars = scope_of(occasion)};

    switch (trigger_judge(trigger, &occasion->event, &scope, matched->arena, NULL)) {
    case MATCH_NO:
        engine->counters.no_matches++;
        return false;
    case MATCH_UNDETERMINED:
        engine->counters.undetermined++;
        list_add(&matched->undetermined, quell_string(playbook->id));
        log_line(LOG_LEVEL_WARNING, "playbook=%.*s undetermined for incident=%.*s, not started",
                 QUELL_ARG(playbook->id), QUELL_ARG(quell_get_str(occasion->incident, "id")));
        return false;
    case MATCH_YES:
        engine->counters.matches++;
        start_matching(occasion, loaded);
        return true;
    }
    return false;
}

/* ---- alerts ------------------------------------------------------------------------------------
 */

static struct quell_value alert_before(struct quell_value alert, struct quell_value before)
{
    struct quell_value alerts = quell_get(before, "alerts"), id = quell_get(alert, "id");
    size_t i;

    for (i = 0; i < quell_count(alerts) && !quell_is_null(id); i++)
        if (value_equal(id, quell_get(quell_at(alerts, i), "id")))
            return quell_at(alerts, i);
    return quell_null();
}

/* What happened to it; empty: nothing. Of an incident that is seen for the first time every alert
 * is new. */
static struct quell_str alert_event(struct quell_value alert, struct quell_value before)
{
    bool over = quell_text_is(quell_get(alert, "status"), "resolved");

    if (quell_is_null(before))
        return QUELL_STR("created");
    if (value_equal(alert, before))
        return QUELL_STR("");
    return over && !quell_text_is(quell_get(before, "status"), "resolved") ? QUELL_STR("closed")
                                                                           : QUELL_STR("updated");
}

struct quell_str alert_happened(struct quell_value alert, struct quell_value before,
                                struct quell_value *old)
{
    *old = alert_before(alert, before);
    return alert_event(alert, *old);
}

/* Those that something happened to. */
static size_t alerts_of(struct matched *matched, struct quell_value incident,
                        struct quell_value before, struct occasion **made)
{
    struct quell_value alerts = quell_get(incident, "alerts");
    size_t i, count = 0;

    *made = arena_array(matched->arena, struct occasion, quell_count(alerts) + 1);
    for (i = 0; i < quell_count(alerts); i++) {
        struct quell_value alert = quell_at(alerts, i), old;
        struct quell_str event = alert_happened(alert, before, &old);

        if (event.len == 0)
            continue;
        (*made)[count++] = (struct occasion){.matched = matched,
                                             .kind = MATCH_ALERT,
                                             .event = {.type = event,
                                                       .subject = alert,
                                                       .before = old,
                                                       .now = quell_get(incident, "received_at")},
                                             .incident = incident,
                                             .alert = alert};
    }
    return count;
}

/* ---- webhooks ----------------------------------------------------------------------------------
 */

/* One arrival, in all its shapes. */
struct arrived {
    const struct incoming *arrival;
    struct occasion event, incident;
    struct occasion *alerts;
    size_t alert_count;
    bool alerts_made;
};

static void make_alerts(struct matched *matched, struct arrived *arrived)
{
    const struct incoming *arrival = arrived->arrival;

    if (!arrived->alerts_made && !quell_is_null(arrival->incident))
        arrived->alert_count =
            alerts_of(matched, arrival->incident, arrival->before, &arrived->alerts);
    arrived->alerts_made = true;
}

/* The same by the webhook: of what type it is, is not asked. */
static bool judge_by_hook(struct occasion *occasion, const struct arrived *arrived,
                          struct loaded *loaded)
{
    struct occasion hooked = *occasion;
    bool matches;

    hooked.body = arrived->arrival->body;
    hooked.event.type = QUELL_STR("");
    matches = judge(&hooked, loaded, loaded->playbook->start.hook->trigger);
    occasion->exclusive = hooked.exclusive;
    return matches;
}

/* Whether its webhook starts it. */
static bool judge_hook(struct matched *matched, struct arrived *arrived, struct loaded *loaded)
{
    const struct playbook_hook *hook = loaded->playbook->start.hook;
    bool any = false;
    size_t i;

    if (hook == NULL || !quell_str_equal(hook->name, arrived->arrival->hook))
        return false;
    switch (hook->as) {
    case HOOK_EVENT:
        return judge_by_hook(&arrived->event, arrived, loaded);
    case HOOK_INCIDENT:
        return judge_by_hook(&arrived->incident, arrived, loaded);
    case HOOK_ALERT:
        make_alerts(matched, arrived);
        for (i = 0; i < arrived->alert_count; i++)
            any |= judge_by_hook(&arrived->alerts[i], arrived, loaded);
        return any;
    }
    return false;
}

/* ---- all playbooks -----------------------------------------------------------------------------
 */

static void judge_playbook(struct matched *matched, struct arrived *arrived, struct loaded *loaded)
{
    const struct playbook *playbook = loaded->playbook;
    size_t k;

    if (judge_hook(matched, arrived, loaded) || quell_is_null(arrived->arrival->incident))
        return;
    if (playbook->incident)
        (void)judge(&arrived->incident, loaded, playbook->incident);
    if (playbook->alert)
        make_alerts(matched, arrived);
    for (k = 0; playbook->alert && k < arrived->alert_count; k++)
        (void)judge(&arrived->alerts[k], loaded, playbook->alert);
}

static struct arrived arrived_of(struct matched *matched, const struct incoming *arrival)
{
    struct quell_value now = value_time_us(loop_now_us(matched->engine->loop));

    return (struct arrived){.arrival = arrival,
                            .event = {.matched = matched,
                                      .kind = MATCH_EVENT,
                                      .event = {.subject = arrival->body, .now = now}},
                            .incident = {.matched = matched,
                                         .kind = MATCH_INCIDENT,
                                         .event = {.type = arrival->type,
                                                   .subject = arrival->incident,
                                                   .before = arrival->before},
                                         .incident = arrival->incident,
                                         .wrote = arrival->wrote}};
}

void judge_arrival(struct matched *matched, const struct incoming *arrival)
{
    struct generation *generation = matched->engine->generation;
    const struct stand_in *only = matched->engine->stand_in;
    struct arrived arrived = arrived_of(matched, arrival);
    size_t i;

    if (only && only->only.len == 0)
        only = NULL;
    for (i = 0; i < generation->playbook_count; i++) {
        struct loaded *loaded = generation->playbooks[i];

        if (!only || quell_str_equal(only->only, loaded->playbook->id))
            judge_playbook(matched, &arrived, loaded);
    }
}

/* ---- the answer --------------------------------------------------------------------------------
 */

static void add_incidents(struct map_builder *map, const struct submission *submission)
{
    struct list_builder ids = {.arena = map->arena};
    size_t i;

    for (i = 0; i < submission->arrival_count; i++)
        if (!quell_is_null(submission->arrivals[i].incident))
            list_add(&ids, quell_string(incident_version(submission->arrivals[i].incident)));
    if (ids.count && submission->lines)
        map_add(map, "incidents", list_made(&ids));
    else if (ids.count)
        map_add(map, "incident", quell_string(incident_version(submission->arrivals[0].incident)));
}

struct quell_value judge_answer(struct matched *matched, const struct submission *submission)
{
    struct map_builder map = {.arena = matched->arena};

    add_incidents(&map, submission);
    map_add(&map, "runs", list_made(&matched->runs));
    if (matched->undetermined.count)
        map_add(&map, "undetermined", list_made(&matched->undetermined));
    if (matched->not_started.count)
        map_add(&map, "not_started", list_made(&matched->not_started));
    if (matched->woken.count)
        map_add(&map, "woken", list_made(&matched->woken));
    return map_made(&map);
}
