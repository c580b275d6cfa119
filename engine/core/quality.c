/*
 * quality.c - what analysts called the incidents that a playbook ran for. A start remembers the
 * incident until it is closed; the verdicts are a mark, which a new text of the playbook begins
 * anew.
 */
#include "core/starts.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/log.h"
#include "policy/quality.h"
#include "value/value.h"

#define SEEN "quality-incident"
#define VERDICTS "quality"

static struct quell_str incident_key(struct arena *arena, const struct playbook *playbook,
                                     struct quell_value incident)
{
    return mark_key(arena, playbook->id,
                    arena_format(arena, "%.*s %.*s", QUELL_ARG(quell_get_str(incident, "source")),
                                 QUELL_ARG(quell_get_str(incident, "source_id"))));
}

void quality_started(struct quell *engine, const struct playbook *playbook,
                     struct quell_value incident)
{
    struct arena *arena = turn_commit(engine)->arena;

    if (playbook->start.quality.over == 0 || quell_get_str(incident, "source_id").len == 0)
        return;
    mark_write(engine, SEEN, incident_key(arena, playbook, incident),
               loop_now_us(engine->loop) + (int64_t)LIMIT_QUALITY_OPEN_S * 1000000,
               quell_bool(true));
}

/* The verdicts on this text of the playbook. */
static struct quell_str verdicts_of(struct quell *engine, struct arena *arena,
                                    const struct playbook *playbook)
{
    struct quell_value mark;
    struct quell_error err;

    if (mark_read(engine, arena, VERDICTS, playbook->id, &mark, &err)) {
        log_line(LOG_LEVEL_ERROR, "playbook=%.*s: its quality cannot be read: %s",
                 QUELL_ARG(playbook->id), err.message);
        return QUELL_STR("");
    }
    if (!str_is(quell_get_str(mark, "revision"), playbook->revision))
        return QUELL_STR("");
    return quell_get_str(mark, "verdicts");
}

static void add_verdict(struct quell *engine, struct arena *arena, const struct playbook *playbook,
                        char verdict)
{
    const struct playbook_quality *quality = &playbook->start.quality;
    struct quell_str before = verdicts_of(engine, arena, playbook), now;
    struct map_builder map = {.arena = arena};
    double precision, was;

    now = policy_verdicts_add(arena, quality, before, verdict);
    map_add(&map, "revision", quell_text(playbook->revision));
    map_add(&map, "verdicts", quell_string(now));
    mark_write(engine, VERDICTS, playbook->id, 0, map_made(&map));
    if (!policy_quality_breached(quality, now, &precision) ||
        policy_quality_breached(quality, before, &was))
        return;
    engine->counters.quality_breaches++;
    log_line(LOG_LEVEL_WARNING,
             "playbook=%.*s quality: of its last %u incidents %.0f %% were true positives, less "
             "than %.0f %%",
             QUELL_ARG(playbook->id), quality->over, precision * 100, quality->min_precision * 100);
}

void quality_closed(struct quell *engine, struct arena *arena, struct quell_value incident)
{
    const struct generation *generation = engine->generation;
    char verdict = policy_verdict_of(quell_get_str(incident, "classification"));
    size_t i;

    if (!generation->asks_quality || verdict == '\0' ||
        quell_get_str(incident, "source_id").len == 0)
        return;
    for (i = 0; i < generation->playbook_count; i++) {
        const struct playbook *playbook = generation->playbooks[i]->playbook;
        struct quell_str key;
        struct quell_value seen;
        struct quell_error err;

        if (playbook->start.quality.over == 0)
            continue;
        key = incident_key(arena, playbook, incident);
        if (mark_read(engine, arena, SEEN, key, &seen, &err) || quell_is_null(seen))
            continue;
        mark_write(engine, SEEN, key, 0, quell_null()); /* it counts once */
        add_verdict(engine, arena, playbook, verdict);
    }
}

enum on_breach quality_state(struct quell *engine, const struct playbook *playbook)
{
    const struct playbook_quality *quality = &playbook->start.quality;
    struct arena *arena;
    double precision;
    bool breached;

    if (quality->over == 0 || quality->on_breach == BREACH_NOTIFY)
        return BREACH_NOTIFY;
    arena = arena_new(0);
    breached = policy_quality_breached(quality, verdicts_of(engine, arena, playbook), &precision);
    arena_free(arena);
    return breached ? quality->on_breach : BREACH_NOTIFY;
}
