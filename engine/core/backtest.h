/*
 * backtest.h - a playbook told over the incidents that are in the store: what its files share.
 */
#ifndef CORE_BACKTEST_H
#define CORE_BACKTEST_H

#include "core/core.h"
#include "value/value.h"

enum backtest_people { BACKTEST_AGREE, BACKTEST_DENY, BACKTEST_SILENT };

struct backtest_incident {
    struct quell_str id, title, severity, source, body;
    int64_t received_us;
};

/* What came of an incident. */
enum backtest_verdict { BACKTEST_NO, BACKTEST_UNDETERMINED, BACKTEST_REFUSED, BACKTEST_STARTED };

struct backtest_action {
    struct quell_str name, effect;
    size_t calls;
    struct quell_value *targets; /* different ones: {kind, value} */
    size_t target_count, target_cap;
};

struct backtest_story {
    struct arena *arena;
    enum backtest_people people;
    const struct backtest_incident *incidents;
    size_t incident_count;
    enum backtest_verdict *verdicts; /* of each incident */
    struct quell_str *reasons;       /* why it was refused, or empty */
    struct backtest_action *actions;
    size_t action_count, action_cap;
    size_t matched, undetermined, started, refused, asks, held, children;
    size_t succeeded, failed, other; /* how its runs ended; other: not at all, or cancelled */
    /* while it is told */
    struct loop *loop;
    struct quell *engine;
    struct stand_in stand_in;
    size_t current;
    enum quell_code code;
    struct quell_error fault;
};

/* backtest_story.c: tells it with this text of the playbook among those of the generation. */
enum quell_code backtest_tell(struct backtest_story *story, struct generation *generation,
                              struct loaded *loaded, struct quell_error *err) QUELL_MUST_CHECK;

#endif
