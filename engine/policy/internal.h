/*
 * internal.h - the inside of a policy, shared by the files of policy/ that load, judge and show it.
 */
#ifndef POLICY_INTERNAL_H
#define POLICY_INTERNAL_H

#include "base/cidr.h"
#include "match/regex.h"
#include "playbook/cron.h"
#include "policy/workspace.h"
#include "value/value.h"

extern const struct quell_field policy_caps_fields[], policy_cooldown_fields[];

struct policy_cap {
    struct quell_str playbook; /* empty: the workspace */
    struct quell_str kind;     /* "disrupts": of any kind, by disrupting calls */
    unsigned run, hour, day;   /* LIMIT_NONE = none given */
    double percent;            /* of the fleet, a day; < 0 = none given */
    bool hard, built_in;
};

struct policy_cooldown {
    struct quell_str kind; /* "disrupts": of any */
    int64_t for_us;
};

struct policy_size {
    struct quell_str kind;
    int64_t count; /* -1: its list is not there */
};

struct policy_rule { /* what is protected */
    struct quell_str name, why;
    struct quell_str kind; /* empty: any */
    struct quell_str off;  /* why it was switched off, or empty */
    bool built_in;
    bool changes;                                    /* from calls that change something, too */
    struct quell_value ids, accounts, tags, entries; /* lists of texts; entries: of a list */
    struct regex **names, **tag_patterns;
    size_t name_count, tag_pattern_count;
    const struct cidr *ranges;
    size_t range_count;
    struct quell_value shown; /* as it was written */
};

struct policy_span { /* weekly */
    struct cron from, to;
};

struct policy_window {
    struct quell_str name;
    bool allow_only; /* outside of it is what is denied */
    enum quell_effect effect;
    const struct zone_row *zone;
    const struct policy_span *spans;
    size_t span_count;
    const struct cron *cron; /* or NULL */
    int64_t for_s;
    struct quell_value shown;
};

struct policy {
    struct arena *arena;
    struct quell_str file; /* empty: built in */
    bool given;
    char revision[65];
    struct policy_cap *caps;
    size_t cap_count;
    struct policy_cooldown *cooldowns;
    size_t cooldown_count;
    struct policy_size *sizes;
    size_t size_count;
    struct policy_rule *rules;
    size_t rule_count;
    struct policy_window *windows;
    size_t window_count;
    bool require_approve;
    struct quell_value except;
    struct quell_value release_by; /* who may release what is held for want of an approval */
    bool four_eyes;                /* and not who started the run */
};

/* The rule's fault with a target of these facts: none, certain. */
bool policy_rule_matches(struct arena *arena, const struct policy_rule *rule,
                         struct quell_value facts, struct quell_str *by);
/* Whether the window denies now, and until when (INT64_MAX: no end within years). */
bool policy_window_denies(const struct policy_window *window, int64_t now_us, int64_t *until_us);
/* Reads `Mon-Fri 08:00-18:00` or `Fri 18:00 - Mon 08:00`. */
bool policy_span_read(struct quell_str text, struct policy_span *span);

struct quell_value policy_verdict(struct arena *arena, const char *verdict, struct quell_str reason,
                                  struct quell_str message);
/* "device `dc01`". */
struct quell_str policy_named(struct arena *arena, struct quell_value target);
/* Adds what cooldowns say; what they remember of a call that is made. */
void policy_judge_cooldowns(struct arena *arena, const struct policy *policy,
                            const struct policy_call *call, struct list_builder *verdicts);
void policy_take_cooldowns(struct arena *arena, const struct policy *policy,
                           const struct policy_call *call);
/* Adds what caps say. */
void policy_judge_caps(struct arena *arena, const struct policy *policy,
                       const struct policy_call *call, struct list_builder *verdicts);

#endif
