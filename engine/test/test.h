/*
 * test.h - a test document, loaded, and what came of a case: shared by the files of test/.
 *
 *   load.c, mock.c, given.c   document -> struct test_file, every fault with its place
 *   story.c                   one case -> what happens (the engine itself, under a virtual clock)
 *   expect.c, calls.c ...     what happened against what was expected -> findings
 *   cover.c                   steps and branches that the cases took
 *   run.c                     files and folders -> the document of quell_test()
 */
#ifndef TEST_TEST_H
#define TEST_TEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "core/core.h"
#include "match/match.h"
#include "test/tables.h"
#include "value/path.h"
#include "value/value.h"
#include "value/yaml.h"

/* ---- the document ------------------------------------------------------------------------------
 */

struct test_patch {
    struct path path;
    struct quell_value value;
    struct place place; /* of the path */
};

struct test_given {
    struct place place;
    struct quell_str body;   /* JSON as received */
    struct quell_str source; /* or empty */
    struct quell_str event;  /* or empty: what its source says */
    const struct test_patch *patches;
    size_t patch_count;
    int64_t at_us; /* behind the clock's beginning; -1 = at once */
};

struct test_mock {
    struct place place;
    const struct yaml_node *when; /* partial inputs, or NULL */
    struct quell_value output;    /* null = the example */
    struct quell_error error;     /* code QUELL_OK: there is none */
    int64_t after_us;
};

struct test_mocks { /* of one action, in the order they are gone through */
    struct quell_str action;
    struct place place;
    const struct test_mock *items;
    size_t count;
    size_t index; /* of the first one among all mocks of the case: which were used */
};

struct test_reply {
    struct quell_str step; /* id or path */
    struct place place;
    enum test_answer answer;
    struct quell_value form;
};

struct test_expectation {
    const struct yaml_pair *pair;
    enum test_expect_kind kind;
    struct quell_str rest; /* of the key, behind its first word and the dot */
};

struct test_case {
    struct quell_str name, skip;
    struct place place;
    bool by_hand, by_schedule;
    const struct test_given *given;
    size_t given_count;
    struct quell_value inputs, lists, config; /* maps */
    const struct test_mocks *mocks;
    size_t mocks_count, mock_count;
    const struct test_reply *replies;
    size_t reply_count;
    int64_t clock_us, advance_us; /* advance: -1 = until all has ended */
    const struct test_expectation *expectations;
    size_t expectation_count;
};

struct test_property { /* a claim about all paths */
    struct quell_str sentence;
    struct place place;
};

struct test_check { /* operators in an expectation, compiled */
    const struct yaml_node *node;
    struct match_check *check;
};

struct test_file {
    struct arena *arena;
    struct quell_str path, folder, text;
    struct diag_list diags;
    struct generation *generation; /* held */
    struct loaded *loaded;         /* the playbook, held; NULL = not found or faulty */
    struct loaded **playbooks;     /* it, and those that it calls; held as well */
    size_t playbook_count;
    const struct test_property *properties;
    size_t property_count;
    const struct test_case *cases;
    size_t case_count;
    struct test_check *checks;
    size_t check_count, check_cap;
};

/* load.c. Whatever is wrong with the document stands in file->diags. */
void test_load(struct test_file *file);
void test_file_free(struct test_file *file); /* what is not in its arena */
/* Compiles the operators anywhere below `node`. */
void test_load_checks(struct test_file *file, const struct yaml_node *node);
const struct match_check *test_check_of(const struct test_file *file, const struct yaml_node *node);
#define test_report(file, code, place, ...)                                                        \
    diag_add(&(file)->diags, (code), SEVERITY_ERROR, (place), __VA_ARGS__)
/* A step id, or a path of a run such as `contain[0].isolate`, whose last part the playbook has;
 * says so when it has not. */
bool test_check_step(struct test_file *file, struct quell_str step, struct place place);
/* A known action, or a diagnostic and NULL. */
const struct quell_action *test_action(struct test_file *file, const struct yaml_pair *pair);

bool test_has_connector(const struct test_file *file, struct quell_str name);

/* given.c */
void test_load_given(struct test_file *file, const struct yaml_node *node,
                     const struct yaml_node *defaults, struct test_case *test);
/* The incident with the patches applied; QUELL_INVALID when one does not fit. */
enum quell_code test_patch(struct arena *arena, const struct test_given *given,
                           struct quell_value *incident, struct quell_error *err);

/* mock.c */
void test_load_mocks(struct test_file *file, const struct yaml_node *node,
                     const struct yaml_node *defaults, struct test_case *test);

/* expect.c */
void test_load_expects(struct test_file *file, const struct yaml_node *node,
                       const struct yaml_node *defaults, struct test_case *test);

/* ---- what happened -----------------------------------------------------------------------------
 */

struct story_call {
    struct quell_str run, path, action;
    const struct playbook *playbook;
    const struct step *step;
    struct quell_value input;
    const struct test_mock *mock; /* that answered, or NULL */
    bool lacking;                 /* a read that has no mock */
};

struct story_run {
    struct quell_str id;
    struct run *run; /* rebuilt from its journal */
    struct loaded *loaded;
    struct quell_str state, reason;
    struct quell_value outputs, error, vars;
    struct run_step *steps;
    size_t step_count;
    bool changed;          /* since it was last looked whom it waits for */
    struct quell_str asks; /* path of a step that waits for a person, and gets no answer */
    bool ours;             /* of the tested playbook, not of one that it calls */
};

struct story {
    struct test_file *file;
    const struct test_case *test;
    struct arena *arena;
    struct loop *loop;
    struct quell *engine;
    struct stand_in stand_in;
    const struct test_given *current; /* being submitted */
    struct story_call *calls;
    size_t call_count, call_cap;
    unsigned *used; /* by index of the mock: how often it answered */
    struct story_run *runs;
    size_t run_count, run_cap;
    size_t ours;                  /* runs of the tested playbook */
    struct list_builder received; /* incidents, as they were matched */
    enum match_verdict verdict;   /* of the trigger, for the last incident */
    bool judged;                  /* there is a trigger and an incident */
    struct quell_str because;     /* the line that decided */
    struct place because_place;
    enum quell_code code; /* not QUELL_OK: the story could not be told, `fault` says why */
    struct quell_error fault;
    struct place fault_place;    /* in the test file */
    unsigned replies;            /* given so far */
    struct quell_str refused;    /* why an event that matched started nothing, or empty */
    struct quell_str approval;   /* path of a step that asked for an approval, or empty */
    struct quell_str unanswered; /* path of a step that waits for a person, or empty */
};

/* The workspace's lists and config under those of the case. */
void test_world(const struct test_file *file, const struct test_case *test, struct arena *arena,
                struct run_world *world);
/* Tells a case; story_free frees what is not in its arena. */
void story_tell(struct story *story, struct test_file *file, const struct test_case *test,
                struct arena *arena);
void story_free(struct story *story);
/* Whether `wanted` names this instance: its path, or the path without the items of loops. */
bool story_path_is(struct quell_str wanted, struct quell_str path);
const struct story_run *story_last(const struct story *story); /* ours; NULL = none */
/* people.c: gives the answer that the run waits for, if it waits; whether there was one. */
bool story_reply(struct story *story, struct story_run *run);
void story_answer(struct active *active, const struct run_call *call,
                  struct stand_in_answer *answer, void *user); /* mock.c */

/* ---- what was expected -------------------------------------------------------------------------
 */

struct finding {
    struct finding *next;
    struct quell_str message;
    struct place place; /* in the test file */
    struct quell_str label;
    const struct playbook *playbook; /* where it comes from, or NULL */
    struct place origin;
    struct quell_str origin_label;
    struct quell_str note; /* may be empty, may have several lines */
};

struct judging {
    struct story *story;
    struct arena *arena;
    struct finding *first, **end;
};

/* expect.c: everything that does not hold, in order. */
struct finding *test_judge(struct story *story);
struct finding *test_find(struct judging *in, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* compare.c: false when `actual` (null = not there) is not what `node` says; *what is then one
 * clause, such as "`device_id` is \"d-2\", not \"d-1\"", and *place where it is said. */
struct difference {
    struct quell_str what;
    struct place place;
};
bool test_compare(struct arena *arena, const struct test_file *file, const struct yaml_node *node,
                  struct quell_value actual, struct quell_str name, struct difference *difference);
struct quell_str test_show(struct arena *arena, struct quell_value value); /* short, as JSON */

/* calls.c */
void test_judge_calls(struct judging *in, const struct yaml_pair *pair);
void test_judge_never(struct judging *in, const struct yaml_pair *pair);
void test_judge_undo(struct judging *in, const struct yaml_pair *pair);
void test_load_calls(struct test_file *file, const struct yaml_node *node);

/* because.c: why a step is as it is, and where that stands in the playbook. */
void test_because_step(struct judging *in, const struct story_run *run, const struct run_step *step,
                       struct finding *finding);
/* The same for the instance at a path of any run. */
void test_because_path(struct judging *in, struct quell_str path, struct finding *finding);
void test_because_run(struct judging *in, const struct story_run *run, struct finding *finding);

/* ---- what is claimed of all paths --------------------------------------------------------------
 */

struct test_proof {
    bool tried;              /* false: no case begins a run */
    struct finding *finding; /* NULL: proved */
};
/* prove.c: fills one for each property; findings live in `arena`. */
void test_prove(struct quell *engine, struct test_file *file, struct arena *arena,
                struct test_proof *proofs);

/* ---- what was covered --------------------------------------------------------------------------
 */

struct cover;
struct cover *cover_new(void);
void cover_free(struct cover *cover);
void cover_add(struct cover *cover, const struct loaded *loaded); /* known, nothing taken yet */
void cover_run(struct cover *cover, const struct story_run *run);
struct quell_value cover_value(struct arena *arena, const struct cover *cover);

#endif
