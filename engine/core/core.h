/*
 * core.h - the inside of struct quell, shared by the files of core/: the only folder where the
 * parts meet.
 *
 *   event -> apply -> decide -> command -> journal -> dispatch -> outcome -> event
 *
 * Everything happens in a *turn* of the engine (turn_begin .. turn_end): events that were said in
 * it form one commit, and only when that commit is on disk does anything leave the house.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdbool.h>

#include <quell/quell.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "connector/call.h"
#include "connector/connection.h"
#include "connector/registry.h"
#include "incident/incident.h"
#include "loop/loop.h"
#include "playbook/playbook.h"
#include "policy/workspace.h"
#include "run/run.h"
#include "store/store.h"
#include "store/writer.h"

/* ---- what is configured: one immutable generation, swapped whole by a reload --------------------
 */

struct stand_in;
struct yaml_node;

struct loaded { /* a playbook and the memory it lives in */
    struct playbook *playbook;
    struct arena *arena;
    size_t refs; /* the generation's and each run's */
    struct registry *registry;
};

struct generation {
    size_t refs;
    struct generation *base; /* a test's: where all but playbooks and world is from; or NULL */
    struct arena *arena;
    const char *config_path; /* NULL = none */
    struct quell_value config;
    struct registry *registry;
    struct connections *connections;
    struct loaded **playbooks;
    size_t playbook_count;
    bool asks_quality;
    bool asks_before; /* some trigger asks what an update changed */
    struct run_world world;
    struct run_catalog catalog;  /* its playbooks */
    const struct policy *policy; /* the workspace's */
    bool own_policy;             /* freed with it; else the base's */
};

/* ---- a run in memory ----------------------------------------------------------------------------
 */

struct list_builder;
struct folds;
struct starts;
struct checkpoints;
struct retention;

struct active_call {
    struct active_call *next;
    struct active *active;
    struct quell_str path;          /* the run's */
    struct call *call;              /* NULL: stood in for, and the answer comes with the timer */
    struct stand_in_answer *answer; /* or NULL */
    struct loop_timer *timer;       /* or NULL */
    const struct step *step;
    bool starting, ended; /* call_start() has not returned; it ended meanwhile */
    uint64_t announced;   /* seq of the event that call_proceed() waits for */
};

struct active {
    struct quell *engine;
    struct active *next, *before;
    struct active *same; /* the next one of its bucket */
    struct run *run;
    struct generation *generation;
    struct loaded *loaded;
    struct active_call *calls;
    struct loop_timer *timer;
    int64_t timer_due_us,
        reached_us; /* the run's time that is waited for, and that a timer reached */
    struct quell_str title, incident_id; /* the run's */
    bool row_in_commit;                  /* its row is in the open commit already */
    size_t commits;                      /* not yet on disk */
    bool deciding;                       /* advance() is at work further up the stack */
    const char *kept; /* why a change of it is not made now (gate.c); NULL = none is kept back */
    const struct step *kept_step;
};

/* ---- a commit: what one turn says ---------------------------------------------------------------
 */

struct proceed { /* what leaves the house when the commit is on disk */
    struct active *active;
    struct quell_str path;
    uint64_t seq; /* the event that announced it; a later one is not on disk yet */
};

struct said { /* an event of the commit, for the watcher and for freeing runs that ended */
    struct active *active;
    struct event event;
};

/* What comes in: an incident, or an event of a webhook's that is none, or both. */
struct incoming {
    struct quell_value incident; /* null: it is none */
    struct quell_value before;   /* its version before, or null */
    struct quell_str type;       /* what happened to the incident */
    struct quell_str wrote;      /* a run that itself wrote all that changed, or empty */
    struct quell_str hook;       /* of the playbooks that listen to it, or empty ... */
    struct quell_value body;     /* ... and what they know as `event` */
    size_t line;                 /* of the body, 1-based; 0 = it is all of it */
};

struct submission {
    struct submission *next; /* in quell.pending */
    struct arena *arena;
    struct incoming *arrivals; /* what it brought */
    size_t arrival_count, judged;
    bool lines; /* each a line of its body */
    struct quell_str hook, answer;
    struct quell_str ids[2]; /* the delivery's and the payload's own; empty = none */
    struct waiter {
        struct waiter *next;
        quell_submitted_fn *done;
        void *user;
        bool repeated;
    } * waiters;
};

struct repeat {          /* an answer given before, on its way to one who asked again */
    struct repeat *next; /* in quell.repeats */
    struct quell *engine;
    struct arena *arena;
    struct quell_str answer;
    struct loop_timer *timer;
    quell_submitted_fn *done;
    void *user;
};

struct after { /* what else waits for the commit to be on disk */
    void (*then)(struct quell *engine, void *user);
    void *user;
};

struct commit {
    struct commit *next; /* free list */
    struct quell *engine;
    struct arena *arena;
    struct store_batch batch;
    struct store_event *events;
    size_t event_cap;
    struct store_run *runs;
    struct active **run_owners; /* NULL: a row of its own */
    size_t run_cap;
    struct store_incident *incidents;
    size_t incident_cap;
    struct store_delivery deliveries[2];
    struct store_revision *revisions;
    size_t revision_cap;
    struct store_mark *marks;
    size_t mark_cap;
    struct store_refusal *refusals;
    size_t refusal_cap;
    struct store_audit *audits;
    size_t audit_cap;
    struct said *said;
    size_t said_count, said_cap;
    struct proceed *proceeds;
    size_t proceed_count, proceed_cap;
    struct after *afters;
    size_t after_count, after_cap;
    struct submission *submission;
    quell_done_fn *tell; /* who waits for it to be on disk, or NULL */
    void *tell_user;
};

struct counters {
    uint64_t incidents, deliveries_repeated, incidents_refused;
    uint64_t runs_started, runs_succeeded, runs_failed, runs_cancelled, runs_held;
    uint64_t matches, no_matches, undetermined;
    uint64_t quality_breaches, notices_sent, notices_failed;
#define REFUSAL(field, word, metric, doc) uint64_t field;
#include "core/refusals.def"
#undef REFUSAL
    uint64_t calls, calls_failed, calls_unknown, requests, events, commits, recovered, unrecovered;
    uint64_t store_full;
};

struct quell {
    struct loop *loop;
    bool own_loop;
    enum quell_purpose purpose;
    struct arena *arena; /* options */
    const char *config_path, *store_url;
    const char *const *playbook_paths;
    struct generation *generation;
    struct store *reader;
    struct writer *writer;
    struct call_host *calls;
    struct active *active;
    size_t active_count;
    struct active **active_buckets; /* by id; active_cap of them, a power of two, or 0 */
    size_t active_cap;
    struct folds *folds;                            /* runs that only wait, or NULL */
    struct loaded *revisions[LIMIT_REVISIONS_KEPT]; /* older ones that runs began with, or NULL */
    size_t revision_next;
    struct starts *starts;
    struct notice *notices; /* of questions that people are being told of */
    struct submission *pending;
    struct repeat *repeats;
    int64_t pruned_us; /* when old deliveries were last forgotten */
    unsigned turn_depth;
    struct commit *open;          /* the commit of this turn */
    struct commit *spare;         /* free ones, kept for their memory */
    struct commit *backlog;       /* made, and the writer's queue was full */
    size_t committing, unwritten; /* commits: under way, and that failed */
    struct gate *gate;
    struct breaker *breakers; /* those that were asked or counted since the start */
    struct halt *halt;
    struct halt_wait *halt_waits;    /* who halted, and waits for what was on the wire */
    struct active *asking;           /* run_decide is being asked about it */
    struct drain *drain;             /* under way: nothing new leaves; or NULL */
    struct retention *retention;     /* or NULL */
    struct checkpoints *checkpoints; /* of a store that persists; or NULL */
    char last_audit[37];             /* id of the last audit row of this process, or empty */
    bool opened;                     /* for running, and recovered */
    bool broken;                     /* the store failed: nothing is acknowledged any more */
    struct quell_error broken_error;
    struct counters counters;
    quell_watch_fn *watch;
    void *watch_user;
    struct {               /* space.c */
        int64_t looked_us; /* monotonic; 0 = never */
        uint64_t left, kept;
        struct loop_timer *timer; /* while it is full: senders wait for their answers */
    } space;
    struct policy_memory figures;    /* of policy_figures_of() */
    const struct quell_value *bound; /* the run that is started by hand now keeps to it; or NULL */
    const struct stand_in *stand_in; /* a test's: no connector is called; or NULL */
};

/* config.c, generation.c */
enum quell_code generation_new(struct quell *engine, bool with_playbooks,
                               struct generation **generation, struct quell_error *err);
/* A path of the configuration, which is relative to the folder of its file; lives in `arena`. */
const char *generation_path(const struct generation *generation, struct arena *arena,
                            struct quell_str path);
struct generation *generation_hold(struct generation *generation);
void generation_release(struct generation *generation);
/* The text of quell.yaml, for faults that are found later; `node` NULL: there is none. */
struct config_document {
    struct diag_list diags;
    const struct yaml_node *node;
};
enum quell_code config_read(struct arena *arena, const char *path, struct quell_value *config,
                            struct config_document *document, struct quell_error *err);
/* policy.c: its policy, from `policy:` in the document. */
enum quell_code generation_policy(struct generation *made, struct config_document *document,
                                  bool running, struct quell_error *err) QUELL_MUST_CHECK;
/* users.c: the fields of `users`; its names are checked and its groups become part of `groups`. */
extern const struct quell_field user_fields[];
enum quell_code users_settle(struct arena *arena, struct quell_value *config,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* Whether a policy wants an approval, as playbook_check_approvals() asks. */
bool policy_wants(const void *policy, struct quell_str playbook, struct quell_str action);
/* What was touched before, for who only looks: NULL where there is no store that can be read. */
const struct policy_memory *policy_figures_of(struct quell *engine);
/* Puts the playbooks in their order and looks what they ask for; once they are all there. */
void generation_settle(struct generation *generation);
/* Its connectors, with playbooks and a world of a test; holds what it is given. */
struct generation *generation_for_test(struct generation *base, struct loaded *const *playbooks,
                                       size_t count, const struct run_world *world);
const char *config_find(struct arena *arena, const char *wanted);
extern const struct quell_field config_fields[];
/* Loads one playbook file's text; a fault is QUELL_INVALID with the first diagnostic. */
enum quell_code loaded_new(struct registry *registry, struct quell_str file, struct quell_str text,
                           struct loaded **loaded, struct quell_error *err);
/* The first error of a text as one line; QUELL_INVALID. */
enum quell_code first_fault(const struct diag_list *diags, struct quell_error *err);
enum quell_code loaded_from_file(struct registry *registry, const char *path,
                                 struct loaded **loaded, struct quell_error *err);
struct loaded *loaded_hold(struct loaded *loaded);
void loaded_release(struct loaded *loaded);
/* What live runs see: without a configuration there is nothing, rather than something unknown. */
struct run_world generation_world(const struct generation *generation);
/* The playbooks of the generation that the engine has now, whatever a run began with. */
struct run_catalog catalog_of(struct quell *engine);
struct loaded *generation_playbook(const struct generation *generation, struct quell_str id);
/* By id among the generation's, or by path; a reference that loaded_release ends. */
/* tell.c: why a call without a configured connection cannot be made. */
enum quell_code connection_missing(const struct quell_connector *connector, struct quell_str name,
                                   struct quell_error *err);
/* Whether each hook's `source` exists. */
enum quell_code hooks_check(struct quell_value hooks, struct quell_error *err) QUELL_MUST_CHECK;

enum quell_code playbook_by_name(struct quell *engine, const char *name, struct loaded **loaded,
                                 struct quell_error *err);
/* A playbook of the configured set by its id; the caller releases it. QUELL_NOT_FOUND. */
enum quell_code served_playbook(struct generation *generation, const char *id,
                                struct loaded **loaded, struct quell_error *err) QUELL_MUST_CHECK;

/* engine.c */
/* As quell_open, with somebody who answers calls from the first moment on: what is taken up, too.
 */
enum quell_code engine_open_as(const struct quell_options *options, const struct stand_in *stand_in,
                               struct quell **made, struct quell_error *err) QUELL_MUST_CHECK;
/* Opens for running with a generation, which is the engine's from here on. */
enum quell_code engine_open_with(struct generation *generation, struct loop *loop,
                                 const struct stand_in *stand_in, struct quell **engine,
                                 struct quell_error *err) QUELL_MUST_CHECK;

/* commit.c */
void turn_begin(struct quell *engine);
void turn_end(struct quell *engine);
struct commit *turn_commit(struct quell *engine); /* the open one */
/* Says an event: applies it, journals it. */
enum quell_code say(struct active *active, enum event_kind kind, struct quell_str path,
                    struct quell_value data, struct quell_error *err);
void say_decided(struct active *active, const struct event *event); /* applied already */
void commit_revision(struct commit *commit, const struct loaded *loaded);
void commit_mark(struct commit *commit, const struct store_mark *mark); /* texts borrowed */
void commit_incident(struct commit *commit, struct quell_value incident);
void commit_refusal(struct commit *commit, const struct store_refusal *refusal);
/* Who did what outside of a run. `what`: a name of journal/audits.def; `subject`: what it was done
 * to, or empty; `detail`: a map or null. All are copied. */
void commit_audit(struct commit *commit, struct quell_str who, const char *what,
                  struct quell_str subject, struct quell_value detail);
void commit_tell(struct commit *commit, quell_done_fn *tell, void *user); /* once a commit */
/* Called in a turn when it is on disk; not when the store failed. */
void commit_then(struct commit *commit, void (*then)(struct quell *engine, void *user), void *user);
void commit_proceed(struct active_call *call); /* as of the event that was said last */
void commit_touch(struct active *active);      /* writes its row though nothing was said */
/* A row of a run that is not in memory; copied. */
void commit_row(struct commit *commit, const struct store_run *row);
/* The store failed: nothing more is acknowledged, the open turn is not committed, the loop ends. */
void engine_break(struct quell *engine, const struct quell_error *err);
void commits_free(struct quell *engine);

/* active_index.c */
void active_index_add(struct quell *engine, struct active *active); /* it is in the list already */
void active_index_drop(struct quell *engine, struct active *active);
struct active *active_find(struct quell *engine, struct quell_str run); /* in memory; or NULL */

/* dispatch.c */
struct active *active_new(struct quell *engine, struct generation *generation,
                          struct loaded *loaded, struct run *run);
void active_free(struct active *active);
/* Frees it when nothing is under way and it ended, or folds it away when it only waits. */
void active_retire(struct active *active);
/* [{step, what, until}]: what a run that only waits waits for, the first few; else empty. */
struct quell_value active_waits(struct arena *arena, const struct run *run);
void advance(struct active *active); /* decide, journal, dispatch */
/* Sets its timer; `asked_us` is when run_decide was asked last. */
void active_arm(struct active *active, int64_t asked_us);
/* The run's time: the clock's, but never before its last event or a timer that has run out. */
int64_t active_now_us(const struct active *active);
void dispatch_call(struct active *active, const struct run_call *call);
/* Frees a call without an outcome; the next open takes it up where the journal stands, which is
 * told when nothing of what it announced has taken effect. */
void active_call_rest(struct active_call *call);

/* Journals how a call ended, and nothing more. */
void say_outcome(struct active *active, struct quell_str path, const struct call_outcome *result,
                 bool simulated);
void active_call_drop(struct active_call *call);

/* stand_in.c: who answers calls in a test, in place of connectors. */
struct stand_in_answer {
    struct call_outcome outcome; /* what it borrows must live until it is given */
    int64_t after_us;            /* when; beyond the call's deadline: the call times out */
    bool simulated;              /* it was made up from the manifest */
};
struct stand_in {
    /* An incident that came in, before it is matched; what it is changed to lives in `arena`. */
    void (*received)(struct arena *arena, struct quell_value *incident, struct quell_str *event,
                     void *user); /* or NULL */
    void (*answer)(struct active *active, const struct run_call *call,
                   struct stand_in_answer *answer, void *user);
    struct quell_str only; /* id of the one playbook that an incident may start */
    bool schedules;        /* schedules start runs as well */
    void *user;
};
/* Opens an engine for running: a memory store, the connectors of `base`, these playbooks and this
 * world. Everything given is borrowed or held. */
enum quell_code stand_in_open(struct generation *base, struct loaded *const *playbooks,
                              size_t count, const struct run_world *world, struct loop *loop,
                              const struct stand_in *stand_in, struct quell **engine,
                              struct quell_error *err) QUELL_MUST_CHECK;
/* Whether the playbook is not started by its schedules. */
bool stand_in_keeps_out(const struct quell *engine, const struct playbook *playbook);
/* Whether the engine has a stand-in, which then has the call. */
bool stand_in_call(struct active *active, const struct run_call *call);

/* fold.c, arrive.c */
void active_fold(struct active *active); /* when it only waits, and for long */
/* A row of a run that only waits, as the last process left it. */
enum quell_code fold_row(struct quell *engine, const struct store_run *row,
                         struct quell_error *err);
/* A run in memory, woken when it was folded away; NULL and QUELL_CONFLICT when it has ended. */
struct active *active_wake(struct quell *engine, struct quell_str run, struct quell_error *err);
/* Tells runs that wait for such an event, in the open turn; adds their ids to *woken. */
void fold_event(struct quell *engine, struct arena *arena, struct quell_value incident,
                struct quell_str event, struct list_builder *woken);
size_t fold_count(const struct quell *engine);
size_t fold_bytes(const struct quell *engine); /* what they take */
void folds_free(struct folds *folds);          /* NULL is allowed */

/* Ends a run before its end, in the open turn; what is on its way is waited for. */
enum quell_code active_cancel(struct active *active, struct quell_str by, struct quell_str reason,
                              struct quell_error *err) QUELL_MUST_CHECK;

/* language.c: what the playbooks' triggers say of an incident as it was stored. */
enum quell_code explain_stored(struct quell *engine, struct arena *arena, struct quell_str text,
                               struct list_builder *list, struct quell_error *err) QUELL_MUST_CHECK;

/* show.c: by id or the beginning of one; the row lives in `arena`. */
enum quell_code find_row(struct quell *engine, struct arena *arena, struct quell_str run,
                         struct store_run *row, struct quell_error *err) QUELL_MUST_CHECK;

/* reactions.c: what was decided starts playbooks that react to runs; in the open turn */
void react(struct active *active, const struct event *event);

/* notify.c: people are told of what a run asks them; never changes the run. In the open turn. */
void notify_asked(struct active *active, const struct event *event);
/* [{step, seq, what, tellings: [{via, to, state, tries, at, error}]}] of the questions of a run,
 * or of one of its steps, in their order; seq and what are the event's. Reads the store. */
struct quell_value notify_told(struct quell *engine, struct arena *arena, struct quell_str run,
                               struct quell_str step);
/* What may be sent is different: what is halted goes on, or what is under way is halted. */
void notify_halt_changed(struct quell *engine);
enum quell_code notify_open(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;
/* Ends what is not on its way, for the next open to take up; whether something is. */
bool notify_rest(struct quell *engine);
void notify_close(struct quell *engine);

/* drain.c */
void drain_free(struct drain *drain); /* NULL is allowed; nobody is told */

/* revisions.c: the playbook that a run began with; a reference. */
enum quell_code journal_playbook(struct quell *engine, const struct store_run *row,
                                 struct loaded **loaded, struct quell_error *err);
void revisions_free(struct quell *engine);

/* recover.c */
enum quell_code recover(struct quell *engine, struct quell_error *err);
/* A run in memory, from its journal; nothing is decided or dispatched yet. */
enum quell_code active_from_journal(struct quell *engine, const struct store_run *row,
                                    struct active **active, struct quell_error *err);
/* A run as its journal tells it, for looking; freed by run_free, loaded_release. */
enum quell_code journal_read_run(struct quell *engine, const struct store_run *row,
                                 struct run **run, struct loaded **loaded, struct quell_error *err);

/* intake.c */
/* Parses and normalises; incident.id is new, *delivery the payload's own id of this delivery. */
enum quell_code incident_from_text(struct loop *loop, struct arena *arena, struct quell_str source,
                                   struct quell_str text, struct quell_value *incident,
                                   struct quell_str *event, struct quell_str *delivery,
                                   struct quell_error *err);
/* Repeated deliveries get their answers now: the engine is closing. */
void answer_repeats(struct quell *engine);
/* Forgets old deliveries, once an hour at the most. */
void forget_deliveries(struct quell *engine);
/* space.c: QUELL_UNAVAILABLE while the store's disk is nearly full: what is left is for the results
 * of what is under way. */
void space_open(struct quell *engine);
void space_close(struct quell *engine);
/* Whether commits wait for space. */
bool space_is_full(struct quell *engine);
/* What is to be said about space: that it is full, or nearly so; or empty. */
struct quell_str space_text(struct quell *engine, struct arena *arena);
enum quell_code space_left(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;
/* Whether there is room for one more event; QUELL_LIMIT or QUELL_IO. */
enum quell_code engine_room(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;
/* Of reading a body: one that is over a limit is QUELL_INVALID, for it does not become smaller by
 * being sent again later, as QUELL_LIMIT says. */
enum quell_code body_fault(enum quell_code code);
/* What a live engine takes in: incident_from_text, which a test's stand-in may change. */
enum quell_code engine_receive(struct quell *engine, struct arena *arena, struct quell_str source,
                               struct quell_str text, struct quell_value *incident,
                               struct quell_str *event, struct quell_str *delivery,
                               struct quell_error *err) QUELL_MUST_CHECK;
/* A new id, in time order. */
struct quell_str engine_new_id(struct quell *engine, struct arena *arena);
struct quell_str engine_new_key(struct quell *engine, struct arena *arena); /* value/keyed.h */
/* Starts a run in the open turn. */
struct active *run_begin_data(struct quell *engine, struct loaded *loaded,
                              struct quell_value start_data, struct quell_error *err);
struct active *run_begin_with(struct quell *engine, struct loaded *loaded,
                              const struct run_start *start, struct quell_error *err);
void active_describe(struct active *active); /* its title and incident, as the run has them */

/* start.c: an event that matched a playbook. */
struct start {
    struct loaded *loaded;
    struct quell_value incident, alert, event; /* what it is about; null = none */
    struct quell_value given;                  /* inputs: a map */
    struct quell_str by;
    struct quell_str exclusive; /* a playbook that took the event for itself */
    struct quell_str wrote;     /* a run that itself wrote all that the update changed */
    bool by_hand;               /* a person asked: what was seen before does not keep it back */
    const struct run_parent *parent; /* a run calls it: it is told why not; NULL = none does */
    struct quell_value pins;         /* ... as struct run_child has them, or null */
    struct quell_value bound;        /* ... and the plan that it keeps to, or null */
    bool shadow;                     /* and sends nothing itself */
};
struct started {
    struct active *active;   /* NULL: no run was started */
    const char *reason;      /* "queued" when the run does not begin yet; else why there is none:
                                a word of core/refusals.def */
    struct quell_str detail; /* for people */
    struct quell_str run;    /* its id, or that of the run that stands for it, or empty */
};
/* In the open turn; the caller advances the run. `err` is filled when the reason is "failed". */
void start_run(struct quell *engine, struct arena *arena, const struct start *start,
               struct started *made, struct quell_error *err);
/* What follows for other starts from what a run just did. */
void start_advanced(struct active *active);
enum quell_code starts_open(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;
void starts_free(struct quell *engine);
void starts_set_world(const struct quell *engine, struct run_world *world); /* of a live run */
/* marks.c: what a commit carried is on disk. */
void marks_settled(struct quell *engine, const struct store_batch *batch);
void groups_look(struct quell *engine);
/* quality.c: an incident came in with a classification; in the open turn. */
void quality_closed(struct quell *engine, struct arena *arena, struct quell_value incident);
/* schedule.c: the schedules of the playbooks that are loaded now. */
enum quell_code schedules_load(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;

/* hooked.c: the playbooks' own webhooks. Reads what came to one of them into submission->arrivals,
 * in its arena; *own is the payload's own id of this delivery. QUELL_NOT_FOUND: nobody listens. */
enum quell_code hook_receive(struct quell *engine, const struct quell_submission *given,
                             struct submission *submission, struct quell_str *own,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* [{name, kind, sender, from, playbook}] of all playbooks: what a front end listens to for them. */
struct quell_value hook_routes(struct arena *arena, const struct generation *generation);

/* before.c: the version of an incident that was accepted before it, in `arena`; null when none is
 * known. */
/* What happened to an alert since `before`, the version of its incident before this one (null:
 * there was none): created, updated, closed, or empty for nothing. *old is the alert as it was, or
 * null. */
struct quell_str alert_happened(struct quell_value alert, struct quell_value before,
                                struct quell_value *old);
struct quell_value incident_before(struct quell *engine, struct arena *arena,
                                   struct quell_value incident);

/* simulate.c: an answer made up from the manifest: outputs are unknown but for the target's ids. */
struct quell_value simulate_output(struct arena *arena, const struct quell_action *action,
                                   struct quell_value input, struct quell_str why, bool example);

/* audits.c */
/* Behind all ids of before, within one millisecond as well: the order of what was done matters. */
struct quell_str audit_new_id(struct quell *engine, struct arena *arena);
bool audit_is_known(const char *what);   /* whether journal/audits.def has it */
void audit_opened(struct quell *engine); /* in a turn of its own, as the two below */
void audit_closed(struct quell *engine);
void audit_reloaded(struct quell *engine, struct quell_str who);

/* retention.c: forgets old runs once a day, if the configuration says so. */
void retention_open(struct quell *engine);
void retention_free(struct quell *engine);

/* checkpoints.c: from time to time, and when `checkpoint_now` asks, the chain is signed. */
enum quell_code checkpoints_open(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;
void checkpoint_now(struct quell *engine);   /* behind what was handed to the writer */
void checkpoints_free(struct quell *engine); /* after the writer has ended */
/* Where the key and the file of checkpoints are, in `arena`; empty: the store does not persist. */
struct quell_str checkpoint_key_path(struct quell *engine, struct arena *arena);
struct quell_str checkpoint_file_path(struct quell *engine, struct arena *arena);

/* document.c */
struct arena *document_begin(struct quell_document *document);

#endif
