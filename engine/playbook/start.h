/*
 * start.h - what starts a playbook and what may stop a start, as the loader leaves it.
 *
 * Part of struct playbook; core/ judges by it, the pure rules are policy/'s. An expression that is
 * absent has `expr` NULL.
 */
#ifndef PLAYBOOK_START_H
#define PLAYBOOK_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

#include "base/diag.h"

struct cel;
struct cel_template;
struct cel_tree;
struct cron;
struct trigger;
struct zone_row;

/* An expression or template with its place in the file: of the scalar, or of the expression alone
 * when a bare expression was wrapped whole in ${{ }}. playbook_place() maps a fault inside it. */
struct playbook_text {
    const struct cel *expr;          /* a bare expression, or NULL */
    const struct cel_template *text; /* text with ${{ }}, or NULL */
    struct place place;
};

enum { PLAYBOOK_ORDER_DEFAULT = 1000 };

/* `connections`: the connection of a connector's steps that name none themselves. */
struct playbook_connection {
    struct quell_str connector, connection;
};

struct playbook_dedupe {
    struct playbook_text key;
    int64_t within_us;
};

enum throttle_kind { THROTTLE_NONE, THROTTLE_ONCE_WITHIN, THROTTLE_ONCE_AFTER, THROTTLE_AT_LEAST };

struct playbook_throttle {
    enum throttle_kind kind;
    struct playbook_text by; /* absent: all events are one group */
    int64_t within_us;
    unsigned count; /* of at-least */
};

enum on_conflict { CONFLICT_QUEUE, CONFLICT_SKIP, CONFLICT_CANCEL_RUNNING, CONFLICT_MERGE };

struct playbook_concurrency {
    struct playbook_text group; /* absent: there is no `concurrency` */
    unsigned max;
    enum on_conflict on_conflict;
};

enum { LIMIT_NONE = 0x7fffffff };

struct playbook_limit { /* of a kind of target; LIMIT_NONE = none given */
    struct quell_str kind;
    unsigned run, hour, day;
};

struct playbook_limits {
    bool given;
    const struct playbook_limit *items;
    size_t count;
    struct playbook_text never;
    unsigned runs_hour, runs_day; /* starts; LIMIT_NONE = none given */
    bool fails;                   /* on-exceed: fail, instead of hold */
};

enum on_breach { BREACH_NOTIFY, BREACH_SHADOW, BREACH_OFF };

struct playbook_quality {
    unsigned over; /* closed incidents that are looked at; 0 = there is no `quality` */
    double min_precision;
    enum on_breach on_breach;
};

enum on_missed { MISSED_RUN_ONCE, MISSED_RUN_ALL, MISSED_SKIP };

struct playbook_schedule {
    const struct cron *cron;     /* or NULL: `every` */
    const struct zone_row *zone; /* of cron; NULL = UTC */
    int64_t every_us, jitter_us;
    enum on_missed on_missed;
    const struct cel_tree *with; /* inputs; NULL = none */
    struct place with_place;
    struct quell_str spec; /* what it says, to tell when it was changed */
};

/* `on: webhook`: requests to a path of its own. */
enum hook_as { HOOK_EVENT, HOOK_ALERT, HOOK_INCIDENT };

struct playbook_hook {
    struct quell_str name;         /* of /hooks/NAME */
    struct quell_str kind, sender; /* of `auth: KIND:SENDER` */
    struct quell_value from;       /* list of ranges as text; empty = from anywhere */
    enum hook_as as;
    struct trigger *trigger; /* what must hold; freed by playbook_free */
    struct place path_place;
};

struct playbook_start {
    const struct playbook_hook *hook; /* or NULL */
    struct playbook_quality quality;
    const struct playbook_schedule *schedules;
    size_t schedule_count;
    struct quell_value manual_by, manual_for; /* lists of texts; empty = anyone, anything */
    bool asks_last_success;                   /* some expression reads run.last_success_at */
    struct playbook_limits limits;
    int64_t order; /* of the playbooks that match one event: smaller ones first */
    bool exclusive;
    int64_t expires_us; /* it starts no more from then on; INT64_MAX = never */
    struct playbook_dedupe dedupe;
    struct playbook_throttle throttle;
    struct playbook_concurrency concurrency;
    const struct playbook_connection *connections;
    size_t connection_count;
};

#endif
