/*
 * match.h - does this incident fire this trigger, and why (not).
 *
 * A trigger is compiled once from YAML: `types`, `match` (every line must hold), `unless` (any
 * entry that holds stops it), `changed` (what an update altered), `where` (CEL). The verdict is
 * match, no match or undetermined; undetermined never acts. Text is compared without regard to case
 * unless `case: sensitive`.
 *
 * How a line is judged. The field path reaches elements (through lists: all of them; a list at the
 * end is its items). A positive operator holds when one element satisfies it; `not` and `none-of`
 * hold when no element does; `all-in` when there is an element and all do. An element of another
 * type than the operand, a regex at its limit and a list that is not known make the line
 * undetermined. An absent or null field makes a positive line not hold - but `not`, `none-of`,
 * `all-in` and every line inside `unless` undetermined, because what cannot be seen cannot be ruled
 * out. An empty list is known: it has no elements. `exists` and `empty` are never undetermined.
 * The first line that says no decides; else the first undetermined one; else it is a match.
 */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/value.h>

#include "base/diag.h"

struct arena;
struct yaml_node;
struct cel_scope;
struct trigger;

extern const struct quell_field match_incident_fields[]; /* keys under `on: incident:` */

/* What a trigger is about; expressions in `where` know it by this name. */
enum match_subject { MATCH_INCIDENT, MATCH_ALERT, MATCH_EVENT };
const char *match_subject_name(enum match_subject subject); /* "incident" "alert" "event" */

/* Operators are rows of one table (operators.def), in documentation order. */
struct match_operator_info {
    const char *name, *doc, *example;
};
const struct match_operator_info *match_operators(size_t *count);

/* Compiles the map under `on.incident`. `fields` is the incident's field table: an unknown field
 * path is a diagnostic with a suggestion (paths below `raw` and below items' `raw` are free).
 * Faults go to diags; NULL when there was an error. The trigger lives in `arena` (PCRE2 code is
 * freed by trigger_free). */
struct trigger *trigger_load(struct arena *arena, const struct yaml_node *node,
                             const struct quell_field *fields, struct diag_list *diags);
/* The same for other subjects; `fields` NULL: nothing is known of the fields. */
struct trigger *trigger_load_for(struct arena *arena, enum match_subject subject,
                                 const struct yaml_node *node, const struct quell_field *fields,
                                 struct diag_list *diags);
/* Whether no incident can start both: they ask for different types of events, or for values of one
 * field that it cannot have at once. Not proven is false. */
bool trigger_disjoint(const struct trigger *a, const struct trigger *b);
bool trigger_needs_before(const struct trigger *trigger); /* it has `changed` */
/* Whether an update of an incident - a closed one's, too - may start it that changes nothing but
 * `field` (empty: whatever it may be): its `changed` asks for no other. */
bool trigger_follows(const struct trigger *trigger, struct quell_str field);
void trigger_free(struct trigger *trigger); /* NULL is allowed */

enum match_verdict { MATCH_NO, MATCH_YES, MATCH_UNDETERMINED };
const char *match_verdict_name(enum match_verdict verdict); /* "no match" "match" "undetermined" */

/* One line of the trigger as it was judged. */
struct match_line {
    struct quell_str where;     /* "types", "match.title", "unless.1", "unless.1.title", "where" */
    struct place place;         /* of the line in the playbook */
    struct quell_str condition; /* `title regex (?i)\bmalware\b`, as people read it */
    enum match_verdict verdict; /* of this line: does it hold */
    bool evaluated;             /* false: an earlier line decided */
    bool decides;               /* this line made the trigger's verdict */
    struct quell_value seen;    /* the element that decided, or what the path reaches (at most five
                                   of them); null when absent; texts cut to 200 bytes */
    struct quell_str why;       /* "field is absent", "match limit reached", "" */
};

struct match_report { /* filled when asked for; lines live in the arena given to trigger_test */
    struct match_line *lines;
    size_t count;
    size_t decided_by; /* index of the deciding line, or count */
};

/* Judges. `event` is "created", "updated" or "closed" (empty: the line `types` is not judged).
 * `scope` gives lists and config to operands (`lists.x`) and to `where` (`incident` is added); NULL
 * = none. "Now" for `older-than` and `newer-than` is the incident's received_at, so that a verdict
 * can be repeated. Without a report it stops at the first deciding line and allocates nothing but
 * what `where` needs (`arena` may be NULL when there is neither); with one every line is there, in
 * `arena`. An `unless` entry is one line `unless.N`, whose verdict says whether the entry holds,
 * followed by its own lines when it has several. */
enum match_verdict trigger_test(const struct trigger *trigger, struct quell_value incident,
                                struct quell_str event, const struct cel_scope *scope,
                                struct arena *arena, struct match_report *report);
/* What happened, for trigger_judge. */
struct match_event {
    struct quell_str type;      /* as `event` above */
    struct quell_value subject; /* the incident, alert or event */
    struct quell_value before;  /* its version before; null = none is known */
    struct quell_value now;     /* null: the subject's received_at */
};
/* trigger_test with all that there is to know. `changed` asks about `before`, and only of updates
 * and closings; without one it is undetermined. `arena` is needed when there is `changed`. */
enum match_verdict trigger_judge(const struct trigger *trigger, const struct match_event *event,
                                 const struct cel_scope *scope, struct arena *arena,
                                 struct match_report *report);
/* The CEL of `where`, for the checker; NULL when there is none. */
const struct cel *trigger_where(const struct trigger *trigger, struct place *place);

/* ---- a condition on one value, outside of a trigger ---------------------------------------------
 * For tests of playbooks: `{ regex: '\\bmalware\\b' }`, `{ any-of: [a, b] }`.
 */
struct match_check;
bool match_is_check(const struct yaml_node *node); /* a map of nothing but operators */
/* Faults go to `diags`; NULL when there was an error. Lives in `arena`; its regexes are freed by
 * match_check_free. */
struct match_check *match_check_load(struct arena *arena, const struct yaml_node *node,
                                     struct diag_list *diags);
void match_check_free(struct match_check *check); /* NULL is allowed */
/* Null stands for a value that is not there; of a list any element may satisfy it. */
enum match_verdict match_check_test(const struct match_check *check, struct quell_value value);
struct quell_str match_check_text(const struct match_check *check); /* as people read it */

#endif
