/*
 * load.h - what the files of the loader share. Nobody outside playbook/ includes it.
 *
 * Loading is two walks over the YAML tree. outline.c goes first and lists every step in text order,
 * so that the second walk knows what comes later. Then load.c, load_step.c and the load_*.c of the
 * kinds make the structs and check each text where it stands (text.c, bind.c). A fault is reported
 * and the walk goes on: the author gets all of them at once.
 */
#ifndef PLAYBOOK_LOAD_H
#define PLAYBOOK_LOAD_H

#include <stddef.h>

#include "playbook/playbook.h"
#include "value/fields.h"
#include "value/value.h"
#include "value/yaml.h"

/* ---- tables.c ----------------------------------------------------------------------------------
 */

enum lint {
#define LINT(NAME, text, level, sentence, wrong, right) LINT_##NAME,
#include "playbook/lints.def"
#undef LINT
    LINTS
};
extern const struct playbook_lint lints[];

extern const struct quell_field dedupe_fields[], throttle_fields[], concurrency_fields[],
    limits_fields[], schedule_fields[], quality_fields[];
extern const struct quell_field throttle_count_fields[], limit_fields[], run_limit_fields[];
extern const struct quell_field on_fields[], manual_fields[], input_fields[], retry_fields[],
    stop_fields[], fail_fields[], wait_fields[], wait_for_fields[], case_fields[], default_fields[],
    approve_fields[], ask_fields[], undo_fields[], run_trigger_fields[], poll_fields[],
    hook_trigger_fields[];

/* ---- the state of one loading ------------------------------------------------------------------
 */

#define NO_STEP SIZE_MAX

/* Which list of its parent a step stands in; without a parent: STEPS, ON_FAILURE or FINALLY. */
enum branch {
    BRANCH_STEPS,
    BRANCH_ELSE,
    BRANCH_ON_ERROR,
    BRANCH_UNDO,
    BRANCH_LANE, /* a branch of `parallel` or a case of `switch`: which one says `lane` */
    BRANCH_ON_FAILURE,
    BRANCH_FINALLY
};

/* A step as outline.c sees it, before anything is checked. Its index is its number. */
struct outline {
    const struct yaml_node *node;
    struct quell_str id; /* empty when none is given */
    size_t parent;       /* index, or NO_STEP */
    enum branch branch;
    size_t lane;               /* of the parent, where the branch is BRANCH_LANE */
    size_t next;               /* the next step of the same list, or NO_STEP */
    size_t first[BRANCH_LANE]; /* its own lists' first steps, or NO_STEP */
    size_t *lanes;             /* the first steps of its branches or cases, or NO_STEP */
    size_t lane_count;
    bool conditional;    /* has `if` */
    bool gated;          /* people are asked, and the list goes on when they say no, or nothing */
    bool soft;           /* has an `on-error` that lets the run go on */
    bool loop;           /* for-each, while: its steps run several times */
    bool repeats;        /* while: a later iteration sees the steps of the one before */
    bool parallel;       /* all its lanes run at the same time */
    bool chooses;        /* switch: one of its lanes runs */
    bool complete;       /* switch: one of its cases is `else` */
    bool later;          /* of a kind that is not supported yet: nothing is known of it */
    struct quell_str as; /* name of a loop's item */
    struct step *step;   /* once it is loaded */
    bool read;           /* some expression reads steps.<id> */
    bool status_read;    /* ... and its status, or all of it */
    bool mark;           /* scratch of bind.c */
};

struct typing;

struct loaded_var {
    struct quell_str name;
    size_t step; /* the `set` that makes it; NO_STEP = a keyword of a later version does */
};

struct loader {
    struct arena *arena;
    struct diag_list *diags;
    const struct playbook_actions *actions;
    const struct quell_field *incident_fields;
    struct playbook *playbook;
    struct outline *outline;
    size_t outline_count, outline_cap;
    struct quell_str *foreign; /* ids inside steps of later kinds */
    size_t foreign_count, foreign_cap;
    struct playbook_read *reads;
    size_t read_count, read_cap;
    struct loaded_var *vars;
    size_t var_count, var_cap;
    size_t first, first_on_failure, first_finally; /* first steps of the top lists, or NO_STEP */
    struct step_defaults {
        struct retry retry;
        int64_t timeout_us;
        enum on_error on_error;
    } defaults;            /* of steps that call something */
    bool inputs_known;     /* false: `inputs` is broken, its names are not judged */
    struct typing *typing; /* types.h; NULL until the first expression */
    bool alerts;           /* it has `on: alert:` */
    bool events;           /* it has a trigger that brings an `event` ... */
    const struct quell_field *event_fields; /* ... with these fields; NULL = not known */
};

/* Adds a diagnostic of the table and returns it. */
#define report(loader, NAME, where, ...)                                                           \
    diag_add((loader)->diags, lints[LINT_##NAME].code, lints[LINT_##NAME].severity, (where),       \
             __VA_ARGS__)

/* Grows an array of the loader's arena by one element. */
#define grow(loader, array, count, cap)                                                            \
    do {                                                                                           \
        if ((count) == (cap)) {                                                                    \
            size_t grown = (cap) ? (cap)*2 : 16;                                                   \
            (array) = arena_grow((loader)->arena, (array), (cap) * sizeof(*(array)),               \
                                 grown * sizeof(*(array)));                                        \
            (cap) = grown;                                                                         \
        }                                                                                          \
    } while (0)

/* ---- outline.c ---------------------------------------------------------------------------------
 */

void outline_make(struct loader *loader, const struct yaml_node *root);
size_t outline_find(const struct loader *loader, const struct yaml_node *step); /* or NO_STEP */
size_t outline_named(const struct loader *loader, struct quell_str id);         /* or NO_STEP */
/* Whether `inner` stands inside `outer`; *branch then is the list of `outer` it is in. */
bool outline_inside(const struct loader *loader, size_t inner, size_t outer, enum branch *branch);
/* The step around both places whose lists they stand in apart, or NO_STEP: lists of one step that
 * are two, *of_a and *of_b the steps just below it. */
size_t outline_fork(const struct loader *loader, size_t a, size_t b, size_t *of_a, size_t *of_b);

/* Where an expression stands: it decides which roots it has. */
enum where {
    WHERE_TRIGGER,
    WHERE_INPUT,
    WHERE_STEP,
    WHERE_VARS,  /* `vars`: before the first step */
    WHERE_END,   /* `outputs`: behind the last step; `step` is NO_STEP */
    WHERE_AGAIN, /* the condition of a `while`: it sees the steps of the last iteration */
    WHERE_EVENT, /* as in a step, and `event` is what came */
    WHERE_POLL,  /* as in a step, and `output` is what its call and its companion gave */
    WHERE_ALERT, /* the `where` of a trigger on alerts */
    WHERE_HOOK,  /* the `where` of a webhook: `event`, and what `as` makes of it */
    WHERE_START, /* what is asked before a run begins: its key, its group */
};

/* ---- judge_safety.c, judge_texts.c --------------------------------------------------------------
 */

void judge_safety(struct loader *loader);
void judge_secrets(struct loader *loader, const struct yaml_node *root);
/* Takes out the warnings that the text accepts with a reason. */
void judge_accepted(struct diag_list *diags);

/* ---- load_step.c -------------------------------------------------------------------------------
 */

/* A kind's loader: steps.def names it, load_<kind>.c holds it. */
struct step_loader {
    const char *const *keywords; /* the PLAYBOOK_OWNED keywords it takes, NULL-ended */
    void (*load)(struct loader *loader, size_t index, const struct yaml_node *map,
                 struct step *step);
};
#define STEP(name, keyword, doc) extern const struct step_loader load_##name;
#include "playbook/steps.def"
#undef STEP

struct step_list load_steps(struct loader *loader, const struct yaml_node *list);
/* Whether every key of a map is known; if not, what seems to be missing may only be misspelt. */
bool load_knows(const struct quell_field *table, const struct yaml_node *map);
bool load_disrupts(const struct step_list *list); /* some step in it disrupts */

/* Types of inputs: word, type of the field, form beyond it. */
#define INPUT_TYPES                                                                                \
    INPUT_TYPE("string", STRING, PLAIN)                                                            \
    INPUT_TYPE("int", INT, PLAIN)                                                                  \
    INPUT_TYPE("float", DOUBLE, PLAIN)                                                             \
    INPUT_TYPE("bool", BOOL, PLAIN)                                                                \
    INPUT_TYPE("duration", DURATION, PLAIN)                                                        \
    INPUT_TYPE("timestamp", TIMESTAMP, PLAIN)                                                      \
    INPUT_TYPE("enum", ENUM, PLAIN)                                                                \
    INPUT_TYPE("list", LIST, PLAIN)                                                                \
    INPUT_TYPE("object", MAP, PLAIN)                                                               \
    INPUT_TYPE("ip", STRING, IP)                                                                   \
    INPUT_TYPE("url", STRING, URL)                                                                 \
    INPUT_TYPE("hash", STRING, HASH)                                                               \
    INPUT_TYPE("date", STRING, DATE)                                                               \
    INPUT_TYPE("text", STRING, PLAIN)                                                              \
    INPUT_TYPE("device", ANY, DEVICE)                                                              \
    INPUT_TYPE("user", ANY, USER)                                                                  \
    INPUT_TYPE("mail", ANY, MAIL)                                                                  \
    INPUT_TYPE("file", ANY, FILE)

/* How often and when a step is tried again; false when it is no such map. */
bool load_retry(struct loader *loader, const struct yaml_node *map, struct retry *retry);
/* Whether the step calls an action or a playbook: `defaults` are for these. */
bool step_calls(const struct yaml_node *map);

/* ---- load_reacts.c ------------------------------------------------------------------------------
 */

void load_run_trigger(struct loader *loader, const struct yaml_node *node); /* on.run */

/* ---- values.c: `vars`, `outputs`, `defaults` ----------------------------------------------------
 */

void load_vars(struct loader *loader, const struct yaml_node *map);
void load_outputs(struct loader *loader, const struct yaml_node *map); /* behind the steps */
void load_defaults(struct loader *loader, const struct yaml_node *map);

/* ---- inputs.c ----------------------------------------------------------------------------------
 */

void load_inputs(struct loader *loader, const struct yaml_node *map);

/* ---- load_start.c ------------------------------------------------------------------------------
 */

/* What stands at the top level about starts. */
void load_start(struct loader *loader, const struct yaml_node *root);
/* load_guards.c: `dedupe`, `throttle`, `concurrency`, `expires`. */
void load_guards(struct loader *loader, const struct yaml_node *root);
/* load_on.c: the triggers beside `incident` and `manual`. */
void load_on(struct loader *loader, const struct yaml_node *on);
/* load_hook.c */
void load_hook(struct loader *loader, const struct yaml_node *node);
/* load_schedule.c */
void load_schedule(struct loader *loader, const struct yaml_node *node);
void load_schedule_with(struct loader *loader,
                        const struct yaml_node *on); /* once inputs are known */
/* load_on.c: who may start it by hand, and on what it is offered. */
void load_manual_words(struct loader *loader, const struct yaml_node *manual);
/* load_people.c: whether each word under the key names somebody. */
void check_people(struct loader *loader, const struct yaml_node *map, const char *key);
/* The fields of an alert, or NULL. */
const struct quell_field *alert_fields(const struct loader *loader);
/* The fields of the event that the step at `index` waits for. */
const struct quell_field *awaited_fields(const struct loader *loader, size_t index);
/* The names in a trigger's `where`, whose syntax has been judged. */
void load_where(struct loader *loader, enum where where, const struct yaml_node *trigger);
/* The connection of a connector's steps by `connections`, or empty. */
struct quell_str start_connection(const struct playbook *playbook, struct quell_str connector);

/* ---- text.c: keys, words, expressions, templates -----------------------------------------------
 */

/* fields_check_node, and each keyword of a later version (also inside objects) refused by name. */
void check_keys(struct loader *loader, const struct quell_field *table,
                const struct yaml_node *map);

/* The scalar at a key when it has the type and is a constant, else empty or `otherwise`; a fault of
 * that kind has been said by check_keys. */
struct quell_str text_at(const struct yaml_node *map, const char *key);
int64_t int_at(const struct yaml_node *map, const char *key, int64_t otherwise);
/* A duration above zero, in microseconds; says so when it is not. */
int64_t duration_at(struct loader *loader, const struct yaml_node *map, const char *key,
                    int64_t otherwise);

enum spelling { SPELLING_SNAKE, SPELLING_KEBAB };
/* snake_case names are CEL identifiers and no words of CEL; kebab-case is for playbooks. */
bool check_spelling(struct loader *loader, struct quell_str what, const struct yaml_node *node,
                    enum spelling spelling);

/* The name as it should be written, or empty. */
struct quell_str better_spelling(const struct loader *loader, struct quell_str name,
                                 enum spelling spelling);

/* The place of a key or scalar, of one line: what a caret can stand under. */
struct place head_place(const struct loader *loader, const struct yaml_node *node);

struct here {
    enum where where;
    size_t step; /* index of the step, or NO_STEP */
};

/* inputs.c: a map of typed names; `table` is what each may have, `what` what people call one, and
 * defaults see what there is `here`. */
struct playbook_input *load_typed(struct loader *loader, struct here here,
                                  const struct yaml_node *map, const struct quell_field *table,
                                  const char *what, size_t *count);
/* load_undo.c: the modifier `undo` of a step, or what its action's manifest says; and the keyword
 * of the playbook. */
void load_undo(struct loader *loader, const struct yaml_node *map, struct step *step);
void load_lasting(struct loader *loader, const struct yaml_node *map, struct step *step);
void load_run_undo(struct loader *loader, const struct yaml_node *root);
/* load_poll.c: the modifiers `poll` and `idempotency-key` of a step that calls an action. */
void load_poll(struct loader *loader, size_t index, const struct yaml_node *map, struct step *step);
/* load_uses.c: the action `connector.verb-object`, or NULL. */
const struct quell_action *load_find_action(const struct loader *loader, struct quell_str uses,
                                            const struct quell_connector **connector);
/* load_step.c: one step that stands where a list could. */
struct step_list load_single(struct loader *loader, const struct yaml_node *step);
/* load_people.c: the modifier `approve` of a step. */
void load_approve(struct loader *loader, size_t index, const struct yaml_node *map,
                  struct step *step);

void load_expression(struct loader *loader, struct here here, const struct yaml_pair *pair,
                     struct playbook_text *made);
void load_template(struct loader *loader, struct here here, const struct yaml_node *node,
                   struct playbook_text *made);
/* Every text inside a value; NULL when one is wrong. */
const struct cel_tree *load_tree(struct loader *loader, struct here here,
                                 const struct yaml_node *node);
/* The same of inputs: what comes from data is encoded for the markup that an input of `fields` is.
 */
const struct cel_tree *load_arguments(struct loader *loader, struct here here,
                                      const struct yaml_node *node,
                                      const struct quell_field *fields);

/* ---- advice.c: what was most likely meant -------------------------------------------------------
 */

/* Completes what the diagnostics from `from` on say of unknown keys in the map. */
void advise_keys(struct loader *loader, const struct quell_field *table,
                 const struct yaml_node *map, size_t from);
/* The same for keys under `with` that belong to the step. */
void advise_with(struct loader *loader, size_t from);
/* Inputs of the action that stand beside `with` instead of under it. */
void advise_step(struct loader *loader, const struct yaml_node *map,
                 const struct quell_field *inputs);
/* `{{ incident.title }}` without its `$`. */
void advise_brackets(struct loader *loader, const struct yaml_node *scalar);

/* ---- bind.c ------------------------------------------------------------------------------------
 */

/* Checks every reference of an expression whose text begins `offset` bytes inside the scalar. */
void bind_expression(struct loader *loader, struct here here, const struct cel *expr,
                     const struct yaml_node *scalar, size_t offset);
/* A name that `set` makes at a step: reported when it has been given before. */
void bind_var(struct loader *loader, size_t step, const struct yaml_node *name);
/* The name of a loop's item: reported when it hides another name. */
void bind_loop(struct loader *loader, size_t step, const struct yaml_node *name);

/* ---- prove.c: what has certainly happened when a step is reached --------------------------------
 */

bool prove_ran(struct loader *loader, size_t step, size_t at); /* and succeeded */
bool prove_set(struct loader *loader, struct quell_str var, size_t at);
/* Whether an `if` around `at` (and its own, when `own`) holds only when steps.<id> succeeded. */
bool prove_guarded(const struct loader *loader, struct quell_str id, size_t at, bool own);
/* Whether a step between `step` and `at` ends the run, or its list, unless `step` succeeded. */
bool prove_left(const struct loader *loader, size_t step, size_t at);
/* Whether `step` is reached by name from `at`: it stands in the steps of no loop that `at` does not
 * stand in as well. */
bool prove_visible(const struct loader *loader, size_t step, size_t at);

#endif
