/*
 * state.h - the inside of a run, shared by the files of run/ and by nobody else.
 *
 * A run mirrors the playbook's tree: a `frame` is one execution of a list of steps (the body of the
 * run, of a block, of one item of a loop, of on-error), an `instance` one execution of a step in
 * it.
 */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "base/arena.h"
#include "run/run.h"

enum phase {
    PHASE_IDLE,     /* not begun */
    PHASE_STARTED,  /* begun; a step that calls has no call yet */
    PHASE_CALLING,  /* a call is scheduled and has not ended */
    PHASE_CHILD,    /* a called run has not ended */
    PHASE_ANSWERED, /* the call ended, the names are set; what follows is not decided yet */
    PHASE_RETRYING, /* waits before the next attempt */
    PHASE_WAITING,  /* for a time or an event */
    PHASE_ASKING,   /* for a person's answer */
    PHASE_HELD,     /* waits for a person */
    PHASE_CATCHING, /* the steps under on-error run */
    PHASE_UNDOING,  /* what it did is taken back */
    PHASE_ENDED,
};

struct frame;
struct map_builder;

/* plan: what one path supposes; kept newest first. */
struct supposition {
    struct supposition *next;
    struct quell_str subject; /* path of a step, or of the frame in whose scope `about` stands */
    struct quell_str about, answer;
    const struct instance *of;  /* the step that is the subject, or NULL */
    const struct frame *around; /* the subject is this frame, or the step stands in it */
};

struct undo_list { /* steps that are taken back, the newest first */
    struct arena *arena;
    struct instance **items;
    size_t count, cap;
    bool pretends; /* a run that changes nothing: nothing of those that it called, either */
    bool again;    /* looks for what was tried before and is still there, too */
};

struct instance {
    const struct step *step;
    struct frame *frame; /* where it stands */
    struct quell_str path;
    enum phase phase;
    enum step_status status;
    unsigned attempt;     /* of the call: 1, 2 ... */
    bool otherwise_taken; /* a block's `else` */
    bool shadowed;        /* shadow run: it was not sent; the run goes on as if it had succeeded */
    bool unsettled; /* plan: the answer was made up, and this path has not supposed yet how it came
                       out: its status, output and error are unknown to others */
    bool caught;    /* failed, and on-error took care of it */
    struct quell_str reason;
    struct quell_value input, output, error;
    int64_t started_us, ended_us;
    int64_t due_us;      /* its deadline, inherited from what encloses it; INT64_MAX = none */
    int64_t call_due_us; /* of this attempt, when the step has no time-out of its own */
    int64_t until_us;    /* retrying, waiting: when to go on; INT64_MAX = not by itself */
    bool limited;        /* held because a limit would be passed, ... */
    struct quell_value released; /* ... the reasons that a person let it pass; null = none */
    bool unreleased;             /* ... or that it must not */
    struct quell_str hard;       /* held by a cap that no release passes: the policy that has it */
    bool late;                   /* waiting: the deadline comes before what is waited for */
    /* people */
    struct quell_value asked;  /* the question that is open, as it was journaled; else null */
    struct quell_value given;  /* who has agreed to it: list of {by, at} */
    struct quell_value agreed; /* past the gate: the calls that were agreed to, or null */
    unsigned rounds;           /* how often it was asked */
    bool gate_passed, escalated;
    bool granted;                  /* past the gate because people agreed */
    bool refused;                  /* denied, or nobody answered: how it ends is not decided yet */
    struct quell_str child;        /* call: id of the called run, once it was started */
    struct quell_value child_pins; /* and the texts that it must have; null = any */
    bool child_cancelling;         /* and it is to end before its end */
    /* the call */
    struct quell_str key, connection;
    struct quell_value call_state;
    bool has_state, in_flight;
    bool sent_change; /* a request of this attempt was one that may change things */
    bool in_doubt;    /* what became of the last attempt is not known */
    bool resumes;     /* ... and the next one goes on from there, by looking */
    int64_t sleep_until_us;
    /* looking after the call */
    bool looking;
    unsigned looks;                        /* begun */
    struct quell_value called, look_input; /* what the call gave; what the look is told */
    int64_t poll_due_us;
    /* what is inside */
    struct quell_value items;
    struct frame *bodies; /* block, switch: one; for-each, while, parallel: one per item, iteration
                             or branch */
    size_t body_count;
    size_t chosen; /* switch: the case whose body it is */
    struct frame *otherwise, *catcher;
    /* taking back */
    struct quell_value inverse; /* as the intent told it: undo_record(); null in older journals */
    uint64_t ended_seq;         /* of the event with which it ended */
    struct frame *undo;         /* of this step, when it is or was taken back */
    unsigned undo_tries;        /* how often that was begun */
    enum child_undo {           /* a call: the same of the run that it called */
                      CHILD_KEPT,
                      CHILD_TO_UNDO,
                      CHILD_UNDOING,
                      CHILD_UNDONE,
                      CHILD_UNCHANGED, /* there was nothing to take back */
                      CHILD_LEFT,      /* something of it could not be taken back */
    } child_undo;
    struct undo_list undoing;      /* in PHASE_UNDOING: of those inside it */
    struct instance *next_by_path; /* chain of the path index */
};

struct frame {
    struct frame *outer;    /* enclosing frame, or NULL */
    struct instance *owner; /* the step whose body this is, or NULL for the run's own */
    const struct step_list *steps;
    struct instance *instances; /* one per step */
    struct quell_str path;      /* what its steps' paths begin with; the run's own: empty */
    struct quell_str as;        /* loop name, or empty */
    struct quell_value item;
    size_t index;
    bool loops;                 /* of one item or iteration: `set` in it names vars of its own */
    struct quell_value vars;    /* then these */
    const struct frame *before; /* of an iteration: the one before, whose steps show until they
                                   begin anew */
    struct quell_value error;   /* `error` in on-error and on-failure; null elsewhere */
    bool has_error;
    bool guessed;                  /* plan: it went as it did because of what was supposed inside */
    const struct instance *undoes; /* of undo steps: what they take back */
    bool ahead;     /* only looked at before it begins: what its steps give is not known */
    int64_t due_us; /* of undo steps: their deadline, whatever is around; else 0 */
};

enum { RUN_PATHS = 64 }; /* buckets of the path index: playbooks have tens of steps */

struct run {
    struct arena *arena;
    const struct playbook *playbook;
    struct quell_str id;
    struct run_world world;
    enum run_mode mode;
    uint64_t seq;
    bool started, failing, stopping, cancelling, finishing, ended;
    bool vars_known;           /* those at the top of the playbook are computed */
    struct quell_value cancel; /* the error of what is cancelled */
    struct run_parent parent;  /* who called it */
    struct quell_value ending; /* what it ends with: the data of run_finishing or run_ended */
    struct quell_str by;
    struct quell_value incident, inputs, vars, error;
    struct quell_value bound;    /* the saved plan that it keeps to: {digest, key, calls, children};
                                    or null */
    struct quell_value pins;     /* the texts that it may call, as struct run_child has them */
    struct quell_str digest_key; /* tells secrets apart in digests; empty in old journals */
    struct quell_value alert, event, last_success; /* as struct run_start has them */
    struct quell_str group, queued, queued_why;    /* queued: what it waits for, or empty */
    int64_t begins_us;
    struct quell_value stop_as, stop_reason;
    int64_t started_us, updated_us, ended_us, due_us;
    int64_t asked_us;  /* when run_decide was asked last; in no event */
    unsigned disrupts; /* disrupting targets scheduled so far */
    size_t held;
    struct touched { /* targets of calls so far, each once */
        struct touched *next;
        struct quell_value target; /* {kind, value} */
        bool disrupted;            /* by some call */
    } * touched;
    size_t listening; /* steps that wait for an event */
    struct frame root, on_failure, finally, rollback;
    bool undoing, undone; /* a failed run is being taken back; all of it was */
    bool taking_back; /* what it changed is being taken back now: it had ended (reopened), ... */
    bool reopened, taking_due; /* ... or the time is over that it was meant for */
    int64_t closed_us;         /* when it ended first; 0 = it has not */
    struct quell_value closed; /* how: the data of its last run_ended */
    struct undo_list taking;   /* the steps that are */
    struct instance *paths[RUN_PATHS];
    struct supposition *suppositions;
    struct run_question question; /* plan: the first one that the last run_decide() had */
    bool asking;
    struct event *decided;
    size_t decided_count, decided_cap;
    struct arena *scratch; /* of one evaluation */
};

/* state.c */
void frame_open(struct run *run, struct frame *frame, const struct step_list *steps,
                struct frame *outer, struct instance *owner, struct quell_str prefix);
struct instance *run_instance(const struct run *run, struct quell_str path);
void run_each_instance(const struct run *run,
                       void (*each)(const struct instance *instance, void *user), void *user);
/* `span_us` later, or the end of the calendar: events are written with times that it has. */
int64_t time_after(int64_t at_us, int64_t span_us);
/* The tightest deadline for what stands in this frame. */
int64_t frame_due(const struct run *run, const struct frame *frame);
/* The first time behind `behind_us` that something waits for; INT64_MAX = none. */
int64_t due_behind(const struct run *run, int64_t behind_us);

/* apply.c: run_apply without the copy, for data that lives in the run's arena already. */
enum quell_code run_take(struct run *run, const struct event *event,
                         struct quell_error *err) QUELL_MUST_CHECK;

/* apply.c, for the appliers in other files. */
enum quell_code event_misfit(const struct event *event, const char *why, struct quell_error *err);
int64_t event_time(struct quell_value value, int64_t otherwise);

/* apply_start.c */
void apply_start(struct run *run, struct quell_value data); /* what RUN_STARTED says beyond */
enum quell_code apply_begun(struct run *run, struct instance *instance, const struct event *event,
                            struct quell_error *err);
enum quell_code apply_merged(struct run *run, struct instance *instance, const struct event *event,
                             struct quell_error *err);

enum quell_code apply_released(struct run *run, struct instance *instance,
                               const struct event *event, struct quell_error *err);

/* apply_wait.c */
enum quell_code apply_wait_started(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err);
enum quell_code apply_event_came(struct run *run, struct instance *instance,
                                 const struct event *event, struct quell_error *err);
enum quell_code apply_wait_over(struct run *run, struct instance *instance,
                                const struct event *event, struct quell_error *err);

/* apply_flow.c */
enum quell_code apply_vars_computed(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err);
enum quell_code apply_run_cancelling(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err);
enum quell_code apply_run_finishing(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err);
enum quell_code apply_case_chosen(struct run *run, struct instance *instance,
                                  const struct event *event, struct quell_error *err);
enum quell_code apply_iteration_started(struct run *run, struct instance *instance,
                                        const struct event *event, struct quell_error *err);
enum quell_code apply_child_called(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err);
enum quell_code apply_child_started(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err);
enum quell_code apply_child_cancelling(struct run *run, struct instance *instance,
                                       const struct event *event, struct quell_error *err);
enum quell_code apply_child_ended(struct run *run, struct instance *instance,
                                  const struct event *event, struct quell_error *err);
void apply_branches(struct run *run, struct instance *instance); /* of a `parallel`, all at once */

/* apply_people.c: approvals and forms. */
enum quell_code apply_approval_asked(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err);
enum quell_code apply_approval_passed(struct run *run, struct instance *instance,
                                      const struct event *event, struct quell_error *err);
enum quell_code apply_approval_given(struct run *run, struct instance *instance,
                                     const struct event *event, struct quell_error *err);
enum quell_code apply_approval_refused(struct run *run, struct instance *instance,
                                       const struct event *event, struct quell_error *err);
enum quell_code apply_approval_escalated(struct run *run, struct instance *instance,
                                         const struct event *event, struct quell_error *err);
enum quell_code apply_form_asked(struct run *run, struct instance *instance,
                                 const struct event *event, struct quell_error *err);
enum quell_code apply_form_answered(struct run *run, struct instance *instance,
                                    const struct event *event, struct quell_error *err);

/* step_poll.c */
enum quell_code apply_poll_waiting(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err);

/* undo.c */
enum quell_code apply_undo_started(struct run *run, struct instance *instance,
                                   const struct event *event, struct quell_error *err);
enum quell_code apply_run_undoing(struct run *run, struct instance *instance,
                                  const struct event *event, struct quell_error *err);

/* step_for_each.c: the output of a loop, [{item, index, status, steps, vars}], without `item` for a
 * `while`; follows from the state, so no event carries it. */
struct quell_value loop_output(struct run *run, const struct instance *instance);
/* Its steps run more than once: nobody outside reaches them by name. */
bool step_repeats(const struct step *step);

/* scope.c: evaluating in the scope of a frame. On failure *error is an error value for the journal
 * ({code, message}). Results live in the run's arena. */
enum quell_code scope_eval(struct run *run, const struct frame *frame,
                           const struct playbook_text *text, struct quell_value *value,
                           struct quell_value *error);
/* The same with one more name in scope. */
enum quell_code scope_eval_with(struct run *run, const struct frame *frame,
                                const struct playbook_text *text, const char *name,
                                struct quell_value extra, struct quell_value *value,
                                struct quell_value *error);
enum quell_code scope_eval_tree(struct run *run, const struct frame *frame,
                                const struct cel_tree *tree, struct place place,
                                struct quell_value *value, struct quell_value *error);
struct quell_value scope_playbook(struct arena *arena, const struct playbook *playbook);
struct quell_value scope_error(struct run *run, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The condition of a `while`: in the scope of the last iteration, or of none yet. */
enum quell_code scope_eval_again(struct run *run, const struct instance *loop,
                                 struct quell_value *value, struct quell_value *error);
/* What `steps.<id>` is for one instance, and for all of a frame: {id: {status, output, error}}. */
struct quell_value scope_step(struct arena *arena, const struct instance *instance);
struct quell_value scope_steps(struct arena *arena, const struct frame *frame);

/* decide.c: how a step kind goes on. */
enum flow {
    FLOW_DONE,    /* ended; what follows may run */
    FLOW_WAITING, /* nothing more can be decided here now */
    FLOW_FAILED,  /* ended badly and nobody caught it: the enclosing list ends too */
    FLOW_STOPPED, /* the run stops well */
};

struct decision {
    struct run *run;
    int64_t now_us;
    int64_t reached_us; /* what was due later than that has not come yet, see run_decide() */
    bool full;          /* an event found no room: nothing more can be decided */
};

/* Whether a time that something waits for has come, and its turn. What begins asks now_us: nothing
 * begins when its time is over. */
bool has_come(const struct decision *decision, int64_t due_us);

/* Appends and applies an event; `data` must live in the run's arena. A full run takes only those
 * that lead to its end. */
void emit(struct decision *decision, enum event_kind kind, struct quell_str path,
          struct quell_value data);
void emit_ended(struct decision *decision, struct instance *instance, enum step_status status,
                struct quell_value error);
/* The step's call has an unknown outcome: a person must say. */
void emit_held(struct decision *decision, const struct instance *instance);
/* What became of its last attempt is not known, and nobody was asked yet. */
bool is_in_doubt(const struct instance *instance);
/* Only a plan goes on with what it does not know; elsewhere it is an error. */
bool may_be_unknown(const struct run *run, struct quell_value value);
enum flow step_succeeded(struct decision *decision, struct instance *instance);
/* Ends a step badly: on-error decides what follows. */
enum flow step_failed(struct decision *decision, struct instance *instance, enum step_status status,
                      struct quell_value error);
enum flow frame_advance(struct decision *decision, struct frame *frame, struct quell_value *error);
/* What an ended step means for its list. */
enum flow flow_of_ended(const struct instance *instance);
/* Ends a group whose lists have ended with `flow`. */
enum flow group_ended(struct decision *decision, struct instance *instance, enum flow flow,
                      struct quell_value error);
/* Whether a step of the list has begun. */
bool frame_begun(const struct frame *frame);

/* course.c: the whole run goes on */
void run_advance(struct decision *decision);

/* gate.c: the approval in front of a step. True when it has been passed and the step may go on;
 * else *flow is what the list does. */
bool gate_pass(struct decision *decision, struct instance *instance, enum flow *flow);
/* step_call.c: says once that the called run is to end. */
int64_t child_due(const struct run *run, const struct instance *instance);
void child_cancel(struct decision *decision, const struct instance *instance, const char *reason);

/* cancel.c: ends what is under way in a frame, begins nothing. False: something has to be waited
 * for - a change on its way, an unknown outcome. `why` is the error of the steps that it cancels.
 */
bool frame_cancel(struct decision *decision, struct frame *frame, struct quell_value why);

/* bound.c: whether a run that is bound to a plan may make a call; *error why not. */
bool bound_allows(struct run *run, const struct instance *instance, struct quell_value input,
                  struct quell_value *error);
/* The same about a playbook that it calls. */
bool bound_allows_child(struct run *run, const struct instance *instance, struct quell_value given,
                        struct quell_value *error);
/* Whether a value is the planned one; what a plan did not know may be anything. */
bool bound_fits(struct quell_value planned, struct quell_value value);
/* agreed.c: whether people have agreed to a step around it, or to it. */
bool agreed_around(const struct run *run, const struct instance *instance);
/* Whether a call or a called playbook (`what`: its name) inside a step that people agreed to is one
 * of those that they were shown, with these arguments; *error why not. */
bool agreed_allows(struct run *run, const struct instance *instance, const char *key,
                   struct quell_str what, struct quell_value with, struct quell_value *error);
/* By which a call that was agreed to and is not listed is known again; in `arena`. */
struct agreed_call {
    struct quell_str path;
    const char *key;                    /* "action" or "call" ... */
    struct quell_str what;              /* ... and its name */
    struct quell_value with, revisions; /* of a call: what run_revisions() gives, or null */
};
struct quell_str agreed_print(const struct run *run, const struct agreed_call *call,
                              struct arena *arena);
/* called.c: the texts that a call step would start now are those that people agreed to, that a
 * plan shows and that this run was called with; *pins is what the called run has to keep to, null
 * when nobody has said anything. */
bool called_allowed(struct run *run, const struct instance *instance, struct quell_value given,
                    struct quell_value *pins, struct quell_value *error);
/* Of a run whose digests have them: what run_revisions() gives, else null. */
struct quell_value called_revisions(struct run *run, struct quell_str playbook);
enum quell_code apply_run_bound(struct run *run, struct instance *instance,
                                const struct event *event,
                                struct quell_error *err) QUELL_MUST_CHECK;

/* undo_ended.c: a run that has ended is taken back. */
enum quell_code apply_undo_asked(struct run *run, struct instance *instance,
                                 const struct event *event,
                                 struct quell_error *err) QUELL_MUST_CHECK;
enum quell_code apply_undo_ended(struct run *run, struct instance *instance,
                                 const struct event *event,
                                 struct quell_error *err) QUELL_MUST_CHECK;
void undo_ended_advance(struct decision *decision);
/* undo_child.c: what a called run changed. */
enum quell_code apply_child_undoing(struct run *run, struct instance *instance,
                                    const struct event *event,
                                    struct quell_error *err) QUELL_MUST_CHECK;
enum quell_code apply_child_undone(struct run *run, struct instance *instance,
                                   const struct event *event,
                                   struct quell_error *err) QUELL_MUST_CHECK;

/* ---- plans: suppose.c ---------------------------------------------------------------------------
 * Where a step would have to know what only a live run can know, a plan asks; each path of it
 * supposes one answer. `answers` is static and NULL-ended, the usual one first; `what` tells the
 * questions of one step apart ("approve", "while 2"), `text` is for people. The number of the
 * answer that this path supposes, or PLAN_ASKED: nothing more can be decided here now, return
 * FLOW_WAITING. Only for plans, and only when the value is not known. */
enum { PLAN_ASKED = -1 };
int plan_choice(struct decision *decision, struct instance *instance, const char *what,
                struct quell_str text, const char *const *answers);
/* The same about the value of a bare expression that gave an unknown one: asks first how the steps
 * came out that it reads (it must then be evaluated anew), and gives the same answer wherever the
 * same text stands in the same scope. Not for an expression whose value changes (`while`). */
int plan_choice_of(struct decision *decision, struct instance *instance, const char *what,
                   const struct playbook_text *text, const char *const *answers);
/* ... with the answers true and false: 1, 0 or PLAN_ASKED. */
int plan_condition(struct decision *decision, struct instance *instance, const char *what,
                   const struct playbook_text *text);
/* Whether a `while` whose condition is not known goes on: 1, 0 or PLAN_ASKED. */
int plan_goes_on(struct decision *decision, struct instance *loop);
/* How a made-up answer came out, where that is seen at once: 1 well, 0 not, or PLAN_ASKED. */
int plan_outcome(struct decision *decision, struct instance *instance);
enum quell_code supposed(struct run *run, struct instance *instance, const struct event *event,
                         struct quell_error *err) QUELL_MUST_CHECK;

/* A call that is ahead: to be judged, or made. */
struct ahead {
    const struct step *step;
    const struct instance *instance; /* whose gates count: of the call, or of the question */
    struct quell_value targets;
    int64_t now_us;
    bool asking; /* people are about to be asked about it */
    bool early;  /* other calls come before it, that may look its targets up */
};
/* guarded.c: what the workspace's policy says of it, as policy/workspace.h has it. */
struct quell_value guarded_judge(struct run *run, const struct ahead *ahead);
void guarded_take(struct run *run, const struct ahead *ahead); /* the call is made */
/* Different targets of a kind that this run and the others of its call touched; 0 when it is alone.
 */
unsigned guarded_in_tree(struct run *run, struct quell_str kind);

/* limited.c: whether the call may be made within the playbook's limits and the workspace's policy.
 * FLOW_DONE: it may; else the step was held or failed. */
enum flow limits_allow(struct decision *decision, struct instance *instance,
                       struct quell_value targets, struct map_builder *data);
/* What refuses a call that people are about to be asked about; null: nothing. */
struct quell_value limits_refusal(struct run *run, const struct ahead *ahead);
/* Holds the run or ends the step because of it. */
enum flow limits_refuse(struct decision *decision, struct instance *instance,
                        struct quell_value refusal);
/* A window is over, by which the step was held. */
void limits_window_over(struct decision *decision, struct instance *instance);
void limits_take(struct decision *decision, const struct instance *instance,
                 struct quell_value targets); /* the call is made */
void limits_note(struct run *run, const struct step *step,
                 struct quell_value targets); /* applied */

/* A step kind at run time: a row per kind, in steps.def's order. */
struct step_runner {
    enum flow (*advance)(struct decision *decision, struct instance *instance);
};
extern const struct step_runner step_runners[STEP_KINDS];

enum flow step_advance_USES(struct decision *decision, struct instance *instance);
enum flow step_advance_FOR_EACH(struct decision *decision, struct instance *instance);
enum flow step_advance_SET(struct decision *decision, struct instance *instance);
enum flow step_advance_STOP(struct decision *decision, struct instance *instance);
enum flow step_advance_ASK(struct decision *decision, struct instance *instance);
enum flow step_advance_WAIT(struct decision *decision, struct instance *instance);
enum flow step_advance_FAIL(struct decision *decision, struct instance *instance);
enum flow step_advance_BLOCK(struct decision *decision, struct instance *instance);
enum flow step_advance_CALL(struct decision *decision, struct instance *instance);
enum flow step_advance_PARALLEL(struct decision *decision, struct instance *instance);
enum flow step_advance_SWITCH(struct decision *decision, struct instance *instance);
enum flow step_advance_WHILE(struct decision *decision, struct instance *instance);

#endif
