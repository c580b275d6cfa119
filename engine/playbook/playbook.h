/*
 * playbook.h - a loaded playbook: immutable, typed, every expression parsed, every action found.
 *
 * playbook_load() turns text into it or into diagnostics. The interpreter in run/ only reads it.
 */
#ifndef PLAYBOOK_PLAYBOOK_H
#define PLAYBOOK_PLAYBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/value.h>

#include "base/diag.h"
#include "cel/check.h"
#include "match/match.h"
#include "playbook/start.h"

struct arena;
struct regex;
struct step;
struct typing;
struct yaml_node;
struct playbook_input;

struct step_list {
    const struct step *const *items;
    size_t count;
};

/* Step kinds: steps.def has one line for each, in documentation order. */
enum step_kind {
#define STEP(name, keyword, doc) STEP_##name,
#include "playbook/steps.def"
#undef STEP
    STEP_KINDS
};

enum on_error { ON_ERROR_FAIL, ON_ERROR_CONTINUE, ON_ERROR_STEPS, ON_ERROR_UNDO };
enum backoff { BACKOFF_EXPONENTIAL, BACKOFF_FIXED };

struct retry {
    unsigned max; /* further attempts; 0 = none */
    enum backoff backoff;
    int64_t first_us, cap_us;
    const struct quell_str
        *on;         /* words: throttled timeout network server or an error code's name */
    size_t on_count; /* 0 = throttled timeout network server */
};

/* `wait`: for a span, until a time, or for an event. */
struct step_wait {
    int64_t span_us;            /* `wait: 15m`; 0 = one of the others */
    struct playbook_text span;  /* the same with ${{ }} */
    struct playbook_text until; /* gives a timestamp */
    const char *event;          /* what is waited for: "incident", or NULL */
    struct trigger *trigger;    /* the condition under it; freed by playbook_free */
    struct playbook_text where; /* over `event` and all else, or nothing */
    int64_t timeout_us;         /* of waiting for an event; 0 = as long as the run may take */
};

/* A branch of `parallel`, or a case of `switch`. */
struct step_lane {
    struct quell_str name;     /* of a branch; `1`, `2` ... of a case, `else` of the last one */
    struct playbook_text when; /* of a case; expr NULL = else */
    struct step_list steps;
};

struct step_words {
    const struct quell_str *items;
    size_t count;
};

/* How people are asked, by `approve` and by `ask`. */
struct step_asking {
    struct step_words of, via; /* users and `group:NAME`, empty = anyone; channels */
    int64_t within_us;         /* 0 = as long as the run may take */
    struct playbook_text message;
};

/* `approve`: a gate in front of a step. */
struct step_approve {
    struct step_asking asking;
    unsigned count; /* how many must agree */
    bool four_eyes; /* not the one who started the run */
    bool escalates; /* when nobody answers, these are asked */
    struct step_words escalate_to;
    struct playbook_text unless; /* nobody is asked when it holds */
    const struct cel_tree *show; /* a map of what is shown with the question, or NULL */
    struct place show_place;
};

/* `ask`: a form for a person. */
struct step_ask {
    struct step_asking asking;
    const struct playbook_input *form;
    size_t form_count;
    bool goes_on; /* on-timeout: continue */
};

/* An input of an action that takes another call back: a CEL text over `input` and `output`. */
struct inverse_input {
    const char *name;
    const struct cel *expr;
};

/* Whether there is still something of ours to take back. */
struct inverse_guard {
    const struct cel *changed; /* over `input` and `output`, or NULL */
    const struct cel *same;    /* over these and `now`, what the step before it gave; or NULL */
};

/* `poll`: after the call its action's companion is called, until a condition holds. */
struct step_poll {
    const struct quell_action *look;   /* the companion, of the same connector; a read is its own */
    const struct quell_field *outputs; /* what the two give together */
    int64_t every_us, timeout_us;      /* timeout_us: 0 = as long as the step may take */
    struct playbook_text until;        /* over `output` and all else */
};

struct step {
    enum step_kind kind;
    struct quell_str id; /* as written, or made: `step-3`-like names are `_3` (not addressable) */
    bool id_given;
    bool status_read;      /* some expression tells apart how it, or what it stands in, ended */
    struct quell_str name; /* or empty */
    struct place place;    /* of the step (its first key) */
    unsigned number;       /* 0, 1, 2 ... in text order over the whole playbook */

    /* Modifiers. */
    struct playbook_text condition; /* `if`; expr NULL = always */
    int64_t timeout_us;             /* 0 = none given */
    struct retry retry;
    enum on_error on_error;
    struct step_list on_error_steps;
    struct quell_str connection; /* or empty */

    /* uses */
    struct quell_str uses; /* "defender.isolate-device" */
    const struct quell_connector *connector;
    const struct quell_action *action;
    const struct cel_tree *with;         /* NULL = empty */
    struct place with_place, uses_place; /* with_place: of `with`, or of `set` */

    /* call; `with` as of uses */
    struct quell_str calls; /* id of a playbook */
    struct place calls_place;
    const struct yaml_node *call_with; /* or NULL */
    bool detach;                       /* does not wait for it */

    /* for-each and while, and blocks (`steps` with `else`) */
    struct playbook_text items;   /* the list */
    struct playbook_text goes_on; /* while: the condition */
    struct quell_str as;
    unsigned max, concurrency;
    struct step_list steps, otherwise;
    bool disrupts; /* it or a step inside it has a disrupting action */

    /* parallel, switch */
    const struct step_lane *lanes;
    size_t lane_count;
    bool fail_fast; /* parallel: a branch that failed ends the others */

    /* set: a map of name -> template */
    const struct cel_tree *set;
    /* stop, fail */
    struct quell_str stop_as; /* done benign duplicate escalated */
    struct playbook_text reason;

    const struct step_wait *wait;       /* wait, or NULL */
    const struct step_ask *ask;         /* ask, or NULL */
    const struct step_approve *approve; /* the gate in front of it, or NULL */
    bool denial_fails;                  /* on-error: fail is written */

    const struct step_poll *poll; /* or NULL */
    struct playbook_text key;     /* idempotency-key; text NULL = the engine's own */
    bool sensitive;               /* its output is masked wherever it is shown */

    /* What takes it back: its own steps, or the one that its action's manifest names. */
    struct step_list undo_steps;
    bool never_undone;                   /* undo: none */
    int64_t for_us;                      /* its change is taken back so long after; 0 = it stays */
    const struct inverse_input *inverse; /* of such a one: its inputs, ended by a NULL name */
    struct inverse_guard guard;          /* and when it is called at all */
    bool undoes_run;                     /* the step that takes a whole failed run back */
};

enum undo_mode { UNDO_NEVER, UNDO_ASK, UNDO_AUTO };

enum playbook_state { PLAYBOOK_LIVE, PLAYBOOK_SHADOW, PLAYBOOK_OFF };

/* What a value is beyond its field's type. */
enum input_form {
    INPUT_PLAIN,
    INPUT_IP,
    INPUT_URL,
    INPUT_HASH,
    INPUT_DATE,
    INPUT_DEVICE,
    INPUT_USER,
    INPUT_MAIL,
    INPUT_FILE
};

struct playbook_input {
    struct quell_str name;
    struct quell_field field;            /* type, default, required */
    const struct cel_template *fallback; /* default with ${{ }}, or NULL */
    enum input_form form;
    const char *type_name;       /* as written: "enum" */
    struct quell_value min, max; /* null = none; of a text its characters, of a list its items */
    struct quell_str min_text, max_text; /* as written */
    struct regex *regex;                 /* or NULL; freed by playbook_free */
    struct quell_str regex_text;
};
/* What the field table cannot say: form, bounds, regex; *made is the value, a bare text that names
 * an entity as that entity. Null and unknown values pass. */
enum quell_code playbook_input_check(struct arena *arena, const struct playbook_input *input,
                                     struct quell_value value, struct quell_value *made,
                                     struct quell_error *err) QUELL_MUST_CHECK;

/* A named value of `vars` or `outputs`. */
struct playbook_value {
    struct quell_str name;
    const struct cel_tree *value;
    struct place place;
};

/* `on: run`: what of another playbook's runs starts this one; or-ed. */
enum playbook_reaction { REACTS_TO_FAILED = 1, REACTS_TO_HELD = 2, REACTS_TO_DENIED = 4 };
struct playbook_source {
    struct quell_str playbook; /* id */
    struct place place;
};

/* A place that reads one output of a called playbook. */
struct playbook_read {
    const struct step *step;
    struct quell_str output;
    struct place place;
};

struct playbook {
    struct quell_str id, name, description, owner;
    struct quell_value tags;
    enum playbook_state state;
    struct quell_str file, text;
    char revision[65];                     /* hex SHA-256 of the text */
    struct trigger *incident;              /* on.incident, or NULL */
    struct trigger *alert;                 /* on.alert, or NULL */
    bool manual;                           /* on.manual */
    bool callable;                         /* on.call */
    unsigned reacts_to;                    /* on.run: enum playbook_reaction */
    const struct playbook_source *sources; /* whose runs it reacts to */
    size_t source_count;
    struct playbook_start start;
    const struct playbook_input *inputs;
    size_t input_count;
    const struct playbook_value *vars, *outputs; /* in text order: a var may use those above it */
    size_t var_count, output_count;
    int64_t timeout_us;
    struct step_list steps, on_failure, finally;
    enum undo_mode undo;           /* what is done when the run fails */
    int64_t undo_window_us;        /* how long it may be taken back */
    bool undo_window_given;        /* it is written */
    struct quell_value undo_by;    /* list of who may; null or empty = anyone */
    struct step_list undo_steps;   /* one step that does it, behind an approval when it asks */
    const struct step *const *all; /* by number */
    size_t step_count;
    const struct playbook_read *reads; /* outputs of called playbooks */
    size_t read_count;
    size_t disrupts; /* disrupting actions in the text */
    bool reads_all;  /* some expression reads `steps` or `vars` whole, not by a name in it */
    const struct yaml_node *document; /* what it was made of */
    struct typing *typing;            /* types of its expressions: for set.c */
};

/* The actions that exist: an array of connectors, NULL-ended (registry_connectors). */
struct playbook_actions {
    const struct quell_connector *const *connectors;
    int64_t now_us; /* to tell what has expired; 0 = nothing is judged by the date */
};

/* Loads. Everything lives in `arena`; `diags` (with file and text set) gets every fault found, as
 * many as possible in one go. NULL when there was an error. Call playbook_free before the arena
 * goes (regexes). */
struct playbook *playbook_load(struct arena *arena, const struct playbook_actions *actions,
                               const struct quell_field *incident_fields, struct diag_list *diags);
void playbook_free(struct playbook *playbook);
/* Some trigger of it asks what an update changed. */
bool playbook_asks_before(const struct playbook *playbook);

extern const struct quell_field playbook_fields[]; /* top-level keywords, for docs and schema */
extern const struct quell_field step_fields[];     /* keywords of a step */

/* JSON Schema (draft 7) of a playbook with these actions; lives in `arena`, borrows the tables. */
struct quell_value playbook_schema(struct arena *arena, const struct playbook_actions *actions,
                                   const struct quell_field *incident_fields);

/* ---- a set of playbooks that are served together: set.c ----------------------------------------
 */

struct playbook_member {
    const struct playbook *playbook; /* NULL: it has errors of its own */
    struct diag_list *diags;         /* of its text */
};
/* What can only be said of all of them: who calls whom, with what, and that nobody calls himself in
 * the end. Adds to the members' diagnostics. */
void playbook_check_set(const struct playbook_member *members, size_t count);

/* What the workspace wants: each disrupting step for which `wants` says so has an approval, or a
 * block around it has. Adds to the diagnostics of its text. */
typedef bool playbook_wants_fn(const void *user, struct quell_str playbook,
                               struct quell_str action);
void playbook_check_approvals(const struct playbook *playbook, playbook_wants_fn *wants,
                              const void *user, struct diag_list *diags);

/* What the flags of these tables say beside enum quell_field_flag. */
enum playbook_field_flag {
    PLAYBOOK_LATER = 1 << 16, /* of the language, but not run by this version: QL105 */
    PLAYBOOK_KIND = 1 << 17,  /* names the kind of a step */
    PLAYBOOK_OWNED = 1 << 18, /* belongs to some kinds of steps only */
};

/* What the roots of expressions have, for the checker and whoever fills the scopes. */
extern const struct quell_field playbook_run_fields[];   /* run.x */
extern const struct quell_field playbook_self_fields[];  /* playbook.x */
extern const struct quell_field playbook_error_fields[]; /* error.x */
extern const struct quell_field playbook_event_fields[]; /* event.x of `on: run` */
extern const struct quell_field playbook_step_fields[];  /* steps.<id>.x */

/* The checks, one row for each code: lints.def. */
struct playbook_lint {
    const char *code; /* "QL114" */
    enum severity severity;
    const char *doc;  /* one sentence */
    const char *bad;  /* an example that earns it ... */
    const char *good; /* ... and one that does not; how they are completed: lints.def */
};
const struct playbook_lint *playbook_lints(size_t *count);
/* The code of what the checker of expressions found. */
const char *playbook_problem_code(enum cel_problem_kind kind);

/* Where a fault inside a text (bytes of the expression or template) stands in the file; `scalar` is
 * the place of a playbook_text, or of any scalar of the file. */
struct place playbook_place(const struct playbook *playbook, struct place scalar,
                            struct place inside);
/* The same for a text inside `with` or `set`: `tree` is the map's place, `path` names the text in
 * it
 * (`targets[0].name`). Falls back to the whole map. */
struct place playbook_tree_place(const struct playbook *playbook, struct place tree,
                                 struct quell_str path, struct place inside);

#endif
