/*
 * run.h - the interpreter: a run is the fold of its events, and from a run follows what should
 * happen next.
 *
 *     run_apply(run, event)      what happened        -> the run's state
 *     run_decide(run, now, out)  the run's state      -> the next events
 *
 * Both are pure. Live run, plan, recovery and replay use these two and nothing else; they differ
 * only in who answers the calls. Time enters with events; ids are given.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

#include "journal/event.h"
#include "playbook/playbook.h"

struct arena;
struct run;

enum run_mode {
    RUN_LIVE,
    RUN_SHADOW, /* plans and records, changes nothing */
    RUN_PLAN,   /* nothing is kept; unknown values fork */
};
const char *run_mode_name(enum run_mode mode); /* "live" */

/* What expressions see beside the run itself: borrowed, may be replaced between decisions. */
struct run_usage { /* what all runs of a playbook touched within an hour and a day; core/ keeps it
                    */
    void (*count)(void *user, const struct playbook *playbook, struct quell_str kind,
                  unsigned *hour, unsigned *day);
    void (*take)(void *user, const struct playbook *playbook, struct quell_str kind,
                 unsigned more); /* part of what is being decided */
    void *user;
};
/* What keeps changes back for a while: a kill switch, a breaker. Asked before the intent, so that
 * what is judged there is judged anew when the run goes on; nothing is journaled. */
struct run_gate {
    bool (*keeps)(void *user, const struct run *run, const struct step *step,
                  struct quell_str path);
    void *user;
};
/* The playbooks that may be called now. */
struct run_catalog {
    const struct playbook *(*find)(void *user, struct quell_str id); /* NULL: it is not there */
    void *user;
    /* In its place: what run_revisions() gives, in `arena`; or NULL. */
    struct quell_value (*revisions)(void *user, struct arena *arena, struct quell_str id);
};
struct policy;
struct policy_memory;
struct run_world {
    const struct run_usage *usage;      /* NULL: not known, and not judged */
    const struct run_gate *gate;        /* NULL: nothing is kept back */
    const struct policy_memory *memory; /* of the policy: the same */
    const struct policy *policy;        /* the workspace's; NULL: none */
    const struct run_catalog *catalog;  /* NULL: none is known */
    struct quell_value config;          /* map, or unknown in a plan without a configuration */
    struct quell_value lists;
    struct quell_str url; /* base of run.url, or empty */
};

/* A run without any event yet. Borrows the playbook for its whole life; copies the id. */
struct run *run_new(const struct playbook *playbook, struct quell_str id);
void run_free(struct run *run); /* NULL is allowed */
void run_set_world(struct run *run, const struct run_world *world);
/* A reload gave the workspace another policy: it holds for the runs that are there, too. */
void run_set_policy(struct run *run, const struct policy *policy);

/* What a run is started by. */
struct run_start {
    struct quell_value incident, alert, event; /* null = none; event: a webhook's, or a time */
    struct quell_value inputs;
    enum run_mode mode;
    struct quell_str by;
    struct quell_str group; /* of `concurrency`, or empty */
    /* It does not begin yet, but waits for its turn in the group ("turn"), for `begins_us` ("time")
     * or for a person ("release", `reason` says why); NULL = it begins. */
    const char *queued;
    int64_t begins_us;
    struct quell_str reason;
    struct quell_value last_success; /* when the last run that succeeded started; null = none */
    struct quell_value pins;         /* of a called run: see struct run_child; null = none */
};
/* The first event: what RUN_STARTED's data must hold. Lives in `arena`. */
struct quell_value run_start_value(struct arena *arena, const struct playbook *playbook,
                                   const struct run_start *start);
/* The same with the random key, as hex, under which the run's digests tell secrets apart. */
struct quell_value run_keyed_data(struct arena *arena, struct quell_value start_data,
                                  struct quell_str key);
/* What RUN_MERGED's data must hold: the event that a run which waits is about from here on. */
struct quell_value run_merge_data(struct arena *arena, const struct run_start *start);
/* The same as run_start_value, for a run that begins at once. */
struct quell_value run_start_data(struct arena *arena, const struct playbook *playbook,
                                  struct quell_value incident, struct quell_value inputs,
                                  enum run_mode mode, struct quell_str by);
/* Inputs of a start: given ones checked, defaults filled in (they may use `incident`, `config`).
 * Lives in `arena`. */
enum quell_code run_make_inputs(struct arena *arena, const struct playbook *playbook,
                                struct quell_value given, struct quell_value incident,
                                const struct run_world *world, struct quell_value *inputs,
                                struct quell_error *err) QUELL_MUST_CHECK;

/* The same for every kind of start: of `start`, what it is about is used. */
enum quell_code run_start_inputs(struct arena *arena, const struct playbook *playbook,
                                 struct quell_value given, const struct run_start *start,
                                 const struct run_world *world, struct quell_value *inputs,
                                 struct quell_error *err) QUELL_MUST_CHECK;
/* What expressions see that are asked before a run begins (its key, its group): incident, alert,
 * event, inputs, playbook, config, lists. */
struct quell_value run_start_scope(struct arena *arena, const struct playbook *playbook,
                                   const struct run_start *start, const struct run_world *world);

/* Takes an event in; its data is copied. QUELL_INVALID when it does not fit the playbook or the
 * events before it (a journal of another revision, a damaged one): the run is then unchanged. */
enum quell_code run_apply(struct run *run, const struct event *event,
                          struct quell_error *err) QUELL_MUST_CHECK;

/* The events that follow now, already applied, in order; paths and data live as long as the run,
 * the array until the next call. Empty when the run waits or has ended. Of what has come due since
 * it was asked last, the earliest is gone on with first. */
struct run_events {
    const struct event *items;
    size_t count;
};
struct run_events run_decide(struct run *run, int64_t now_us);

/* ---- plans --------------------------------------------------------------------------------------
 * A plan's run stops where a live one would know more. The dispatcher then goes on once for each
 * answer, in a run of its own: the fold of the events so far and of one EVENT_SUPPOSED. */
enum { RUN_PLAN_ITERATIONS = 2 }; /* of a `while` whose condition it cannot know */

struct run_question {
    struct quell_str path;      /* the step it is about */
    struct quell_str what;      /* if items outcome approve ... */
    struct quell_str text;      /* for people: the condition, the message; may be empty */
    const char *const *answers; /* the usual one first; static */
    size_t answer_count;
    struct quell_str subject, about; /* what makes two questions the same */
};
/* The open question of the last run_decide(); false when there is none. */
bool run_question(const struct run *run, struct run_question *question);
/* What EVENT_SUPPOSED's data must hold; lives in `arena`. */
struct quell_value run_suppose_data(struct arena *arena, const struct run_question *question,
                                    size_t answer);

/* Two paths of a plan with an open question whose fingerprints are equal go on in the same way: it
 * is made of all that can still be seen in what follows. The sight of a playbook is made once for
 * all its runs; both live in the arena's time. */
struct run_sight;
struct run_sight *run_sight_new(struct arena *arena, const struct playbook *playbook);
enum { RUN_FINGERPRINT = 32 };
void run_fingerprint(const struct run *run, struct run_sight *sight,
                     uint8_t digest[RUN_FINGERPRINT]);

/* ---- looking at a run ---------------------------------------------------------------------------
 */

struct quell_str run_id(const struct run *run);
const struct playbook *run_playbook(const struct run *run);
enum run_mode run_mode(const struct run *run);
uint64_t run_seq(const struct run *run); /* of the last event */
bool run_ended(const struct run *run);
bool run_queued(const struct run *run);                 /* it has not begun yet ... */
int64_t run_begins_us(const struct run *run);           /* ... and not before this; 0 = any time */
struct quell_str run_queued_for(const struct run *run); /* "turn" "time" "release" or empty */
bool run_waits_for(const struct run *run, const char *queued);
struct quell_str run_queued_why(const struct run *run); /* the reason of its start, or empty */
struct quell_str run_group(const struct run *run);      /* of `concurrency`, or empty */
/* It has all the events or data that a run may have: its calls come to their end, runs that it
 * called are to end, unknown outcomes still wait for a person, and then it ends as failed. Nothing
 * else follows. */
bool run_full(const struct run *run);
/* running waiting held succeeded failed undone cancelled */
const char *run_state(const struct run *run);
bool run_is_cancelling(const struct run *run); /* it comes to its end before its end */
bool run_is_undoing(const struct run *run);    /* what it did is taken back */
/* Whether a change that the step's open call sent, and that was looked for and not found, is still
 * to be made: a cancelled run makes only what belongs to `finally` or takes something back. */
bool run_wants(const struct run *run, struct quell_str path);
bool run_cancellable(const struct run *run); /* EVENT_RUN_CANCELLING fits now */
/* Of a run that has ended; null when there are none. */
struct quell_value run_outputs(const struct run *run);
struct quell_value run_error(const struct run *run);
/* What EVENT_RUN_CANCELLING's data must hold; lives in `arena`. The reason may be empty. */
struct quell_value run_cancel_data(struct arena *arena, struct quell_str by,
                                   struct quell_str reason);
struct quell_str run_by(const struct run *run);      /* who or what started it */
struct quell_str run_starter(const struct run *run); /* the same of the outermost caller */
struct quell_value run_incident(const struct run *run);
struct quell_value
run_event(const struct run *run); /* that started it, beside an incident; or null */
int64_t run_started_us(const struct run *run);
int64_t run_updated_us(const struct run *run);
int64_t run_ended_us(const struct run *run); /* 0 = not ended */
/* Nothing is under way but waiting: for a time, an event, a person. */
bool run_idle(const struct run *run);
/* Whether the step, or with an empty path the run before its first step, waits for a release. */
bool run_is_limited(const struct run *run, struct quell_str path);
/* Whether it is held because nobody has agreed to it: its release is the approval. */
bool run_lacks_approval(const struct run *run, struct quell_str path);
/* Whether `who` may release such a one, as policy/workspace.h has it. `groups` as in
 * policy/approval.h. */
enum quell_code run_may_release(const struct run *run, struct quell_str path, struct quell_str who,
                                struct quell_value groups,
                                struct quell_error *err) QUELL_MUST_CHECK;
/* Whether no release lets it pass while the workspace has the policy that it has now. */
bool run_is_hard(const struct run *run, struct quell_str path);
/* The first step that does; false when there is none. */
bool run_first_limited(const struct run *run, struct quell_str *path);
bool run_listens(const struct run *run); /* some step waits for an event */
/* When run_decide should be called again though nothing happened, after it was called last;
 * INT64_MAX = never. */
int64_t run_due(const struct run *run);

/* A call that has been scheduled and has not ended. */
struct run_call {
    struct quell_str path, key, connection;
    const struct step *step;
    const struct quell_action *action; /* the step's, or its companion when it is looked after */
    unsigned attempt;
    struct quell_value input;
    int64_t deadline_us;       /* wall clock; INT64_MAX = none */
    struct quell_value state;  /* last journaled state of the call; null = nothing was sent */
    bool has_state, in_flight; /* in_flight: a request that may change things was on its way, and
                                  what came of it is not known */
    int64_t sleep_until_us;    /* the last state was a sleep until then; else 0 */
};
bool run_find_call(const struct run *run, struct quell_str path, struct run_call *call);
void run_each_call(const struct run *run, void (*each)(const struct run_call *call, void *user),
                   void *user);

/* Whether `who` may decide about a step that waits for an approval: it is asked, of such a person,
 * about what `digest` is the digest of (its beginning, 6 letters or more; empty = whatever is
 * asked). `groups` as in policy/approval.h. */
enum quell_code run_may_decide(const struct run *run, struct quell_str path, struct quell_str who,
                               bool agrees, struct quell_str digest, struct quell_value groups,
                               struct quell_error *err) QUELL_MUST_CHECK;
/* The same for a form, whose answers are checked: *answers is what is journaled. In `arena`. */
enum quell_code run_check_answers(const struct run *run, struct quell_str path,
                                  struct quell_str who, struct quell_value groups,
                                  struct quell_value given, struct arena *arena,
                                  struct quell_value *answers,
                                  struct quell_error *err) QUELL_MUST_CHECK;
/* What a step gave, as it is journaled: masked when the step is `sensitive`. */
struct quell_value run_masked(const struct run *run, struct quell_str path,
                              struct quell_value output);
/* Whether an event that fits the condition of the step's wait is the one it waits for: what its
 * `where` says, evaluated where the step stands. An error is told and is no yes. */
enum quell_code run_event_fits(struct run *run, struct quell_str path, struct quell_value event,
                               bool *fits, struct quell_error *err) QUELL_MUST_CHECK;

/* ---- runs that call runs ------------------------------------------------------------------------
 */

/* A step that has called another run, or is about to. */
struct run_child {
    struct quell_str path;
    struct quell_str run; /* of the child; empty: it was not started yet */
    struct quell_str playbook;
    struct quell_value inputs;
    bool detach, cancelling;
    /* What people agreed to, or a saved plan shows: [{playbook, revision}], as run_revisions() gave
     * it. The run is started only while that is the same. Null: any text. */
    struct quell_value pins;
};
void run_each_child(const struct run *run, void (*each)(const struct run_child *child, void *user),
                    void *user);
bool run_find_child(const struct run *run, struct quell_str path, struct run_child *child);
/* The playbook and all that it calls, and these in turn, each once: [{playbook, revision}], where
 * the revision of one that is not there is null. In `arena`. */
struct quell_value run_revisions(struct arena *arena, const struct run_catalog *catalog,
                                 struct quell_str playbook);
/* What EVENT_RUN_BOUND's data must hold for a run that a run called which is bound to a plan; null:
 * that one is bound to nothing. In `arena`. */
struct quell_value run_child_bound(const struct run *run, struct quell_str path,
                                   struct arena *arena);
/* Who called this run; `run` is empty when nobody did. */
struct run_parent {
    struct quell_str run, step;
    struct quell_str root; /* id of the outermost run */
    int64_t depth;         /* of calls around this run: 1, 2 ... */
    struct quell_str by;   /* who started the outermost of them */
};
struct run_parent run_parent(const struct run *run);
/* RUN_STARTED's data with the caller added. */
struct quell_value run_child_data(struct arena *arena, struct quell_value start_data,
                                  const struct run_parent *parent);

/* ---- taking back what a run changed, after its end ----------------------------------------------
 */

/* A step that changed something, the newest first. */
struct run_change {
    struct quell_str path;
    const struct step *step;
    struct quell_str child; /* of a call: the run that answers for it, or empty */
    enum run_change_is {
        CHANGE_OPEN,       /* it can be taken back */
        CHANGE_FAILED,     /* it could not be, and may be tried again */
        CHANGE_LEFT_ALONE, /* others had changed it, or the step had changed nothing */
        CHANGE_UNDONE,
        CHANGE_STAYS, /* nothing takes it back */
    } is;
    struct quell_value input;     /* of its call */
    const struct step *undo;      /* of the calls that take it back the one that changes most, or
                                     NULL */
    struct quell_value undo_with; /* its inputs where they are known, else null */
};
void run_each_change(struct run *run, void (*each)(const struct run_change *change, void *user),
                     void *user);
/* Whether `step` means it: its path or id, or a step around it by its path; empty means all. */
bool run_change_meant(const struct run_change *change, struct quell_str step);
/* QUELL_NOT_FOUND: no step that the run began has that path or id, nor is inside of such a path. */
enum quell_code run_undo_knows(const struct run *run, struct quell_str step,
                               struct quell_error *err) QUELL_MUST_CHECK;
/* What EVENT_UNDO_ASKED's data must hold; lives in `arena`. `step`: its path or id, or empty: all.
 * QUELL_CONFLICT: it has not ended, or there is nothing (more) to take back; *err says why.
 * QUELL_NOT_FOUND: there is no such step. */
enum quell_code run_undo_data(struct run *run, struct arena *arena, struct quell_str step,
                              struct quell_str by, struct quell_str reason,
                              struct quell_value *data, struct quell_error *err) QUELL_MUST_CHECK;
/* Who may ask for it, and until when: `undo: {by, window}`. QUELL_DENIED, QUELL_CONFLICT. */
enum quell_code run_may_undo(const struct run *run, struct quell_str who, struct quell_value groups,
                             int64_t now_us, struct quell_error *err) QUELL_MUST_CHECK;
bool run_taking_back(const struct run *run);
bool run_was_reopened(const struct run *run); /* its end now is not its first */
/* Whether a step waits for what its called run changed to be taken back. */
bool run_undoes_child(const struct run *run, struct quell_str path, struct quell_str *child);
void run_each_undone_child(const struct run *run,
                           void (*each)(struct quell_str path, struct quell_str child, void *user),
                           void *user);

enum step_status {
    STEP_NOT_RUN,
    STEP_RUNNING,
    STEP_SUCCEEDED,
    STEP_FAILED,
    STEP_SKIPPED,
    STEP_TIMED_OUT,
    STEP_UNKNOWN,   /* sent, outcome not known: a person must say */
    STEP_DENIED,    /* a person did not agree */
    STEP_CANCELLED, /* ended before it was done, by a person, a failed branch or a caller */
    STEP_SIMULATED, /* a shadow run: it was not sent */
    STEP_STATUSES
};
const char *step_status_name(enum step_status status);

/* One instance of a step, for stories and plans; in the order of the program. */
struct run_step {
    struct quell_str path;
    const struct step *step;
    enum step_status status;
    unsigned attempt;
    bool shadowed;           /* a shadow run: it was not sent */
    struct quell_str reason; /* why it was skipped or held */
    struct quell_value input, output, error;
    struct quell_str child; /* id of the run that it called, or empty */
    struct quell_str waits; /* what it waits for: "answer", "retry", "poll", "sleep", "time",
                               "event", "approval", "form", "person", or empty */
    struct quell_value asked, given; /* the open question to people, and who has agreed; or null */
    bool escalated;                  /* nobody answered it in time, and others were asked */
    bool caught;                     /* it failed, and on-error took care of it */
    struct quell_str key;            /* of its call, or empty */
    unsigned looks;                  /* at what became of the call, begun */
    int64_t look_until_us;           /* when they end; 0, INT64_MAX = not by themselves */
    int64_t started_us, ended_us, until_us;
};
void run_each_step(const struct run *run, void (*each)(const struct run_step *step, void *user),
                   void *user);
bool run_find_step(const struct run *run, struct quell_str path, struct run_step *step);

#endif
