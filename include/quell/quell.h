/*
 * quell/quell.h - embed the engine: open, submit, run, plan, list, resolve, close.
 *
 * One thread owns everything reachable from a struct quell: call these functions on the thread that
 * turns its loop. Several engines may live in one process. Results come as documents: a value with
 * the memory it lives in, with the JSON shape that the command line prints.
 */
#ifndef QUELL_QUELL_H
#define QUELL_QUELL_H

#include <quell/error.h>
#include <quell/value.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quell;
struct loop;

/* ---- documents ---------------------------------------------------------------------------------
 */

struct quell_document {
    struct quell_value value; /* borrowed from the document */
    void *memory;             /* the engine's own */
};
/* A document of a value that was answered as JSON by another quell: a copy in which the times,
 * texts under `at`, `..._at` and `until`, are times again. */
void quell_document_of(struct quell_value value, struct quell_document *document);
void quell_document_free(struct quell_document *document); /* an all-zero one is allowed */

/* ---- open and close ----------------------------------------------------------------------------
 */

enum quell_purpose {
    QUELL_FOR_AUTHORING, /* no store is touched: lint, plan, explain, eval, actions */
    QUELL_FOR_READING,   /* opens the store for reading: list, show */
    QUELL_FOR_RUNNING,   /* takes the store's lock, recovers what was running, may submit and run */
};

struct quell_options {
    enum quell_purpose purpose;
    const char *config;           /* path of quell.yaml; NULL: $QUELL_CONFIG, ./quell.yaml,
                                     $XDG_CONFIG_HOME/quell/quell.yaml, /etc/quell/quell.yaml, or none */
    const char *store;            /* store URL that overrides the configuration's; NULL = none */
    const char *const *playbooks; /* NULL-ended files or folders instead of the configuration's */
    struct loop *loop;            /* to share a loop; NULL: the engine makes its own */
};

/* Opens. Errors: QUELL_INVALID a configuration or a playbook that does not check (the message names
 * the first fault; quell_lint tells all), QUELL_CONFLICT the store is held by another process,
 * QUELL_IO. */
enum quell_code quell_open(const struct quell_options *options, struct quell **engine,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* Before a close that leaves nothing in doubt: no new request leaves, and the answers to changes
 * that are on their way are waited for, `most_ms` at the most. Then `done` is called, once, on the
 * loop. What is submitted or resolved meanwhile is durable, and is acted on by the next open. Only
 * once, for an engine that is open for running; quell_close() ends it without telling. */
void quell_drain(struct quell *engine, int64_t most_ms, void (*done)(void *user), void *user);
/* Stops at once; what is in flight is taken up by the next open. NULL is allowed. An error says
 * that commits could not be made any more, because the disk is full or has failed: nothing of them
 * was acknowledged, and the next open goes on without them. */
enum quell_code quell_close(struct quell *engine);
struct loop *quell_loop(struct quell *engine);
/* The configuration as a checked value (secrets are references, never values); borrowed. Its key
 * `routes` is not of the file: [{name, kind, sender, from, playbook}], the webhooks that the
 * playbooks listen to as /hooks/NAME. */
struct quell_value quell_config(struct quell *engine);
/* The store's URL, from the options or the configuration, its path made whole; borrowed. */
struct quell_str quell_store_url(struct quell *engine);
/* Reads configuration, connectors and playbooks anew; all or nothing: on failure the old set stays.
 */
enum quell_code quell_reload(struct quell *engine, struct quell_error *err) QUELL_MUST_CHECK;
/* The same, but `check` is asked about the new configuration before it takes the place of the old
 * one; when it fails, the reload is refused with its error. For front ends with keys of their own.
 */
typedef enum quell_code quell_check_fn(struct quell_value config, void *user,
                                       struct quell_error *err);
enum quell_code quell_reload_checked(struct quell *engine, quell_check_fn *check, void *user,
                                     struct quell_error *err) QUELL_MUST_CHECK;

/* ---- incidents in ------------------------------------------------------------------------------
 */

struct quell_submission {
    struct quell_str body;     /* JSON as received */
    struct quell_str source;   /* a source's name, or empty: recognised by shape */
    struct quell_str hook;     /* name of the webhook, or empty */
    bool to_playbooks;         /* the webhook is that of playbooks: `on: webhook` */
    bool lines;                /* of such a one: each line is an event (NDJSON) */
    struct quell_str delivery; /* the sender's id of this delivery, or empty: the payload's own;
                                  without a hook nothing is a repetition */
};

/* For webhooks of playbooks the answer has "incidents" in place of "incident" with `lines`,
 * and then each entry of "runs" and "not_started" has its "line". All lines are taken in, or
 * none: the first that is wrong is QUELL_INVALID with its number.
 *
 * `answer` is JSON: {"incident", "runs": [{"run", "playbook"}], "undetermined": [playbooks],
 * "not_started": [{"playbook", "reason", "detail" or "error", "run"}], "woken": [runs that waited
 * for such an event]}, the last three only when there are such; `repeated`: this delivery was
 * answered before, this is that answer. On failure answer is empty.
 */
typedef void quell_submitted_fn(enum quell_code code, struct quell_str answer, bool repeated,
                                const struct quell_error *err, void *user);
/* Takes an incident in: `done` is called, on the loop, once it is durable (or refused). Refused at
 * once (done is not called): QUELL_INVALID, QUELL_LIMIT when the queue is full. */
enum quell_code quell_submit(struct quell *engine, const struct quell_submission *submission,
                             quell_submitted_fn *done, void *user,
                             struct quell_error *err) QUELL_MUST_CHECK;

/* ---- plan, explain, evaluate -------------------------------------------------------------------
 */

struct quell_plan_options {
    const char *playbook; /* an id, or a path of a file (- = standard input) */
    struct quell_str
        incident; /* JSON in any known sender's format; empty: a manual start without */
    struct quell_str source;
    struct quell_str inputs;       /* JSON object or empty */
    bool offline;                  /* no read either: answers come from the manifests' examples */
    int64_t timeout_ms;            /* for all reads together; 0 = one second */
    int64_t started_us;            /* when the run is thought to begin; 0 = now */
    const char *const *properties; /* sentences to prove over all paths, NULL-ended; NULL = none */
};
/* What the playbook would do; docs/plans.md tells each key. What is not known is {"unknown":
 * "why"}. Turns the engine's loop itself. */
enum quell_code quell_plan(struct quell *engine, const struct quell_plan_options *options,
                           struct quell_document *document,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* Why a playbook's trigger (NULL: of every playbook) matches or not, line by line:
 * [{playbook, verdict, line, lines: [{where, condition, verdict, evaluated, seen, why, file, row,
 * column}]}]. */
enum quell_code quell_explain(struct quell *engine, const char *playbook, struct quell_str incident,
                              struct quell_str source, struct quell_document *document,
                              struct quell_error *err) QUELL_MUST_CHECK;

/* ---- runs --------------------------------------------------------------------------------------
 */

struct quell_run_options {
    const char *playbook;
    struct quell_str incident, source, inputs; /* as in a plan */
    struct quell_str by;                       /* who asked */
    bool served_only; /* `playbook` is an id of a configured one, never a file */
};
typedef void quell_done_fn(enum quell_code code, const struct quell_error *err, void *user);
/* Starts a run by hand: its id is in `run` (37 bytes) at once, and `done` is called, on the loop,
 * when the start is durable. Refused at once (done is not called): QUELL_NOT_FOUND no such
 * playbook, QUELL_INVALID inputs or incident, QUELL_DENIED it is not for `by`, QUELL_CONFLICT the
 * playbook is off, has expired, or a run of its group is under way, QUELL_LIMIT. */
enum quell_code quell_start(struct quell *engine, const struct quell_run_options *options,
                            char run[37], quell_done_fn *done, void *user,
                            struct quell_error *err) QUELL_MUST_CHECK;
/* Starts a run by hand; `run_id` (37 bytes) is filled when the start is durable. Turns the loop
 * until then. */
enum quell_code quell_run(struct quell *engine, const struct quell_run_options *options,
                          char run_id[37], struct quell_error *err) QUELL_MUST_CHECK;

/* Runs a plan that was saved: `text` is the JSON {"quell_plan": 1, "playbook", "source"?,
 * "incident"?, "inputs"?, "plan": <what quell_plan gave>}. It is planned again first; when that
 * comes out otherwise nothing is begun: QUELL_CONFLICT, and *document is the list of differences
 * [{what, path?, key?, was?, is?}]. The run makes no call that the plan does not have. Else as
 * quell_run(). */
enum quell_code quell_apply(struct quell *engine, struct quell_str text, struct quell_str by,
                            char run_id[37], struct quell_document *document,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* Logs what is configured, and what playbooks will miss: connections that their steps need. Done at
 * each reload as well. */
void quell_tell(struct quell *engine);

/* Every event of every run, after it is durable; one watcher; NULL ends it. `event` has the shape
 * of quell_show's events and is borrowed. */
typedef void quell_watch_fn(struct quell_str run, struct quell_value event, void *user);
void quell_watch(struct quell *engine, quell_watch_fn *seen, void *user);

struct quell_runs_options {
    struct quell_str state, playbook, before; /* empty = any */
    size_t limit;                             /* 0 = 100 */
};
/* [{run, playbook, revision, incident, title, state, mode, started_at, updated_at, ended_at, waits:
 * [{step, what, until}], due_at}]; `waits` is what a run waits for that only waits. */
enum quell_code quell_runs(struct quell *engine, const struct quell_runs_options *options,
                           struct quell_document *document,
                           struct quell_error *err) QUELL_MUST_CHECK;
struct quell_refusals_options {
    struct quell_str playbook, incident, reason, before; /* empty = any; before: an id */
    size_t limit;                                        /* 0 = 100 */
};
/* Events that came to nothing - that matched a playbook and started no run of it, planned times
 * that were left out, events that a waiting run was not told of -, newest first: [{id, at,
 * playbook, incident, reason, detail, run}]; reason: a key of quell_refusal_kinds; run: the one
 * that it is about, or empty. */
enum quell_code quell_refusals(struct quell *engine, const struct quell_refusals_options *options,
                               struct quell_document *document,
                               struct quell_error *err) QUELL_MUST_CHECK;
/* {reason: a sentence}, in an order of their own; freed with the document. */
struct quell_value quell_refusal_kinds(struct quell_document *document);
/* ---- who did what outside of a run -------------------------------------------------------------
 */

struct quell_audit_row {
    struct quell_str who;      /* proved by the caller */
    const char *what;          /* a name of engine/journal/audits.def */
    struct quell_str subject;  /* what it was done to, or empty */
    struct quell_value detail; /* a map, or null; no secrets */
};
/* Writes it down for ever. `done` (or NULL) is called, on the loop, when it is durable. */
enum quell_code quell_audit(struct quell *engine, const struct quell_audit_row *row,
                            quell_done_fn *done, void *user,
                            struct quell_error *err) QUELL_MUST_CHECK;
struct quell_audits_options {
    struct quell_str who, what, subject, before; /* empty = any; before: an id */
    int64_t since_us;                            /* 0 = from the beginning */
    size_t limit;                                /* 0 = 100 */
};
/* Newest first: [{id, at, who, what, subject, detail}]. */
enum quell_code quell_audits(struct quell *engine, const struct quell_audits_options *options,
                             struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* {name: sentence} of every kind of audit row; borrowed from the document. */
struct quell_value quell_audit_kinds(struct quell_document *document);

/* ---- whether the store is what was written ------------------------------------------------------
 */

struct quell_verify_options {
    const char
        *checkpoints;     /* file of checkpoints; NULL: the one beside the store, if it is there */
    struct quell_str key; /* public key in hexadecimal; empty: that of the key beside the store */
};
/* Reads all of the store, beside one that writes to it: {sound, store, end, link, key?,
 * last_checkpoint?, figures: {links, gaps, events, incidents, deliveries, revisions, refusals,
 * audit_rows, runs, runs_by_count_only, marks, forgotten, checkpoints,
 * checkpoints_outside}, findings: [{what, text,
 * link?, run?, seq?, id?}]}; `findings` are the first breaks, in order. Errors when it could not be
 * looked at. */
enum quell_code quell_verify(struct quell *engine, const struct quell_verify_options *options,
                             struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;
enum { QUELL_KEY_BYTES = 65 }; /* a public key in hexadecimal, and its NUL */
/* The public key that checkpoints are signed with. QUELL_NOT_FOUND: none was made yet. */
enum quell_code quell_audit_key(struct quell *engine, char key[QUELL_KEY_BYTES],
                                struct quell_error *err) QUELL_MUST_CHECK;

/* ---- forgetting ---------------------------------------------------------------------------------
 */

struct quell_prune_options {
    int64_t older_than_us; /* a day at least */
    bool dry_run;          /* only count; an engine for reading can do that */
    struct quell_str by;
};
struct quell_pruned {
    int64_t before_us;
    uint64_t runs, events, incidents, refusals, audits;
    uint64_t kept; /* runs that ended before, and that one needs that has not ended */
};
/* Forgets runs that ended before, their events, incidents that no run is about, refusals and audit
 * rows, in small transactions between which others commit. *pruned grows until `done` is called on
 * the loop. What stays can still be verified. QUELL_INVALID younger than a day. */
enum quell_code quell_prune(struct quell *engine, const struct quell_prune_options *options,
                            struct quell_pruned *pruned, quell_done_fn *done, void *user,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* ---- backup and restore -------------------------------------------------------------------------
 */

/* Copies the store, beside one that writes to it, and verifies the copy: {file, end, runs, events,
 * newest, active: [run]}. QUELL_REFUSED: the file is there. */
enum quell_code quell_backup(struct quell *engine, const char *path, bool force,
                             struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* For an engine that was opened for authoring: puts a backup in the place of its store. What was
 * there is kept, and everything is halted, since what was sent after the backup is not known to it:
 * as above, with `replaced` and `halted`, the files. QUELL_CONFLICT: a process holds the store;
 * QUELL_IO: the backup is not sound. */
enum quell_code quell_restore(struct quell *engine, const char *file, struct quell_str by,
                              struct quell_document *document,
                              struct quell_error *err) QUELL_MUST_CHECK;

/* What a run waits for and until when, or why it ended: {run, playbook, incident, title, state,
 * mode, started_at, updated_at, ended_at, because: [{what, step, text, since?, until?, then?,
 * commands?, ...}], more}. `what` is a row of engine/core/why.def, `text` says it to people, `then`
 * what happens at `until`, `commands` what a person can do; a run that waits for a run it called
 * has its `child`. `more`: steps that wait beyond those told. A unique prefix of the id is enough.
 *
 * Of an incident's id: {incident, title, received_at, runs: [{run, playbook, state, started_at}],
 * refusals: as quell_refusals, playbooks: as quell_explain, or `fault`: why they cannot be asked}.
 */
enum quell_code quell_why(struct quell *engine, struct quell_str id,
                          struct quell_document *document,
                          struct quell_error *err) QUELL_MUST_CHECK;

/* One run with all its events: the row of quell_runs plus {steps: [...], events: [...], waits_for},
 * and `fault` when its steps cannot be told: its playbook or connector cannot be loaded any more.
 * A unique prefix of the id is enough. */
enum quell_code quell_show(struct quell *engine, struct quell_str run,
                           struct quell_document *document,
                           struct quell_error *err) QUELL_MUST_CHECK;
struct quell_backtest_options {
    const char *playbook; /* an id, or a file: a new text of a playbook, or a new one */
    int64_t since_us;     /* incidents that came in from then on ... */
    int64_t until_us;     /* ... and before then; 0 = now */
    const char *people;   /* what whoever is asked says: agree (NULL), deny, silent */
};
/* Tells a playbook over the incidents that are in the store, as they came; and, when another text
 * of it is configured, that one beside it. Triggers, guards, limits and policies hold as they would
 * have, calls are answered by the manifests' examples, nothing is sent. Document: {playbook, file,
 * incidents, cut: there were more, since, until, people, version, live: null or a version
 * {revision, matched, undetermined, started, refused: {reason: count}, ended: {succeeded, failed,
 * other}, asks, held, calls: [{action, effect, calls, targets}]}, changed: [{incident, title,
 * severity, received_at, version, live: no|undetermined|started|a reason}]}. */
enum quell_code quell_backtest(struct quell *engine, const struct quell_backtest_options *options,
                               struct quell_document *document,
                               struct quell_error *err) QUELL_MUST_CHECK;
struct quell_shadow_options {
    struct quell_str playbook; /* its id; empty: of all */
    int64_t since_us;          /* runs that started from then on */
};
/* What runs in shadow would have changed, beside what people did: changes of live runs on the same
 * incident, and what its sender calls it by now. Document: {since, cut, actions: {NAME: {effect,
 * calls, people_did, "true positive", benign, "false positive", open}}, runs: the newest first
 * [{run, playbook, title, state, started_at, would: [{path, action, effect, targets, at,
 * people_did}], approvals: how many people would have been asked, people: [{run, by, path, action,
 * effect, targets, at}], became: {status, classification, verdict, owner}}]}. */
enum quell_code quell_shadow(struct quell *engine, const struct quell_shadow_options *options,
                             struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;
struct quell_replay_options {
    struct quell_str run; /* its id, or the beginning of one */
    const char *playbook; /* an id or a file: another text of it; NULL: the one that it ran by */
};
/* Tells a stored run again; nothing is sent: calls, people, events and called runs answer from the
 * journal, as late as they did. What was not recorded is made up from the manifests' examples.
 * Limits of hours and days are not judged: what they were then is not known. Document: {run,
 * playbook, started_at, then, now: {revision, file, state, outputs, error}, same, steps: [{path,
 * action, verdict: same|differs|only then|only now, then, now: its status, with, differences:
 * [{what, then, now}]}], made_up: [paths of calls], assumed: [paths of approvals that were about
 * something else], unfit: [{path, kind}: recorded, and fits nowhere now], sent: 0}. Errors:
 * QUELL_NOT_FOUND, QUELL_INVALID a playbook that does not check or cannot take the inputs. */
enum quell_code quell_replay(struct quell *engine, const struct quell_replay_options *options,
                             struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* A person says whether a call whose outcome is unknown did happen; the run goes on. `done` is
 * called, on the loop, once that is durable (QUELL_OK) or the store failed. Refused at once (done
 * is not called): QUELL_NOT_FOUND, QUELL_CONFLICT when the step is not held. */
enum quell_code quell_resolve(struct quell *engine, struct quell_str run, struct quell_str step,
                              bool happened, struct quell_str by, quell_done_fn *done, void *user,
                              struct quell_error *err) QUELL_MUST_CHECK;
/* A person lets go on what a limit holds (`limits`: the reason is `limit.device.hour` and the
 * like), or refuses it: the step fails then, a run before its first step is cancelled. `step`
 * empty: the first one that is held. The reason may be empty. `done` and errors as of
 * quell_resolve. */
enum quell_code quell_release(struct quell *engine, struct quell_str run, struct quell_str step,
                              bool allowed, struct quell_str by, struct quell_str reason,
                              quell_done_fn *done, void *user,
                              struct quell_error *err) QUELL_MUST_CHECK;
/* Ends a run before its end: no further step begins, a change that is on its way comes to its end,
 * then the steps under `finally` run. `done` as above. Refused: QUELL_NOT_FOUND, QUELL_CONFLICT
 * when it has ended or is ending. The reason may be empty. */
enum quell_code quell_cancel(struct quell *engine, struct quell_str run, struct quell_str by,
                             struct quell_str reason, quell_done_fn *done, void *user,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* ---- the kill switch ----------------------------------------------------------------------------
 */

struct quell_halt {
    const char *what;            /* "everything", "connector", "playbook" */
    struct quell_str name;       /* of a connector or connection; a playbook's id; else empty */
    bool reads;                  /* reads may not be sent, either */
    struct quell_str by, reason; /* proved by the caller; may be empty */
};
/* The file that is the truth: while it is there, what it says is not sent; a text that is not
 * understood, or none, halts everything. NULL: the store is no file, and none is configured. Needs
 * no store; borrowed from the engine. */
const char *quell_halt_file(struct quell *engine);
/* Stops changes from being sent, within this call; what waits is not lost. Writes the file; an
 * engine that runs obeys though that cannot be written. `done` (of an engine that runs, or NULL) is
 * called, on the loop, when nothing of it is on the wire any more: QUELL_OK, or QUELL_TIMED_OUT
 * after 0.9 s, with how many are. Errors (done is not called): QUELL_INVALID, QUELL_NOT_FOUND no
 * file to write, QUELL_DENIED, QUELL_IO. */
enum quell_code quell_halt(struct quell *engine, const struct quell_halt *halt, quell_done_fn *done,
                           void *user, struct quell_error *err) QUELL_MUST_CHECK;
/* Takes it back; "everything": all of them. What waited goes on, the oldest first, 100 runs a
 * second. What is not halted is no error. */
enum quell_code quell_resume(struct quell *engine, const struct quell_halt *halt,
                             struct quell_error *err) QUELL_MUST_CHECK;

/* What waits for a person's word, the newest run first: [{run, step, what: limit|outcome|unread,
 * reason, message, hard, playbook, incident, title, since, right, command}]; `right` is what the
 * one who says it needs (engine/serve/roles.def), `command` how it is said. */
enum quell_code quell_held(struct quell *engine, struct quell_document *document,
                           struct quell_error *err) QUELL_MUST_CHECK;

/* ---- taking back what a run changed -------------------------------------------------------------
 */

struct quell_undo_options {
    struct quell_str run;    /* its id, or the beginning of one */
    struct quell_str step;   /* path or id of a step; empty: all that it changed */
    struct quell_str by;     /* who says so; proved by the caller */
    struct quell_str reason; /* or empty */
};
/* A run that has ended takes back what it really changed and nobody changed since, the newest
 * first, and what the runs changed that it called. It is at work again until that is done, and
 * `undone` then, unless something is left. Fills the run's id. `done` and errors as of
 * quell_resolve; QUELL_CONFLICT, too: it has not ended, or nothing (more) is to be taken back;
 * QUELL_NOT_FOUND: no such run, or it has begun no such step; QUELL_DENIED: the playbook's `undo: {
 * by }` names others. */
enum quell_code quell_undo(struct quell *engine, const struct quell_undo_options *options,
                           char run[37], quell_done_fn *done, void *user,
                           struct quell_error *err) QUELL_MUST_CHECK;
/* What that would do: {run, playbook, state, ended, changes: [{run, step, action, is: open | failed
 * | left-alone | undone | stays | unknown, undo, effect, with, targets}]}, the newest first. Of
 * `with` only what is known before the call; `stays`: nothing takes it back. */
enum quell_code quell_undo_plan(struct quell *engine, struct quell_str run, struct quell_str step,
                                struct quell_document *document,
                                struct quell_error *err) QUELL_MUST_CHECK;
/* ---- questions to people ------------------------------------------------------------------------
 */

/* The open questions, the oldest first: [{run, step, what: approval|form, playbook, incident,
 * title, name, started_by, given: [{by, at}], message, of, via, until, and of an approval digest,
 * plan, show, count, four_eyes, round, of a form form: [{name, type, of, required, default,
 * description}]}]. */
enum quell_code quell_approvals(struct quell *engine, struct quell_document *document,
                                struct quell_error *err) QUELL_MUST_CHECK;

/* One question in full, by the step's path or id (empty: the first that is open): as in the
 * listing, each call of the plan with `undo`, a sentence on what takes it back, and beside it
 * {status, reason, state, about: the incident, history: the events of the question, notified: who
 * was told}. Of one that is decided `what` is empty and the history tells how it ended.
 * QUELL_NOT_FOUND. */
enum quell_code quell_question(struct quell *engine, struct quell_str run, struct quell_str step,
                               struct quell_document *document,
                               struct quell_error *err) QUELL_MUST_CHECK;

struct quell_decision {
    struct quell_str run;    /* its id, or the beginning of one */
    struct quell_str step;   /* path or id of the step that asks; empty: the only one */
    struct quell_str by;     /* who decides; proved by the caller */
    bool agrees;             /* of an approval */
    struct quell_str digest; /* what was looked at, its beginning is enough; empty: what is asked */
    int64_t round;           /* which asking was looked at; 0: whatever is asked */
    struct quell_str reason; /* or empty */
    struct quell_str answers; /* of a form: a JSON object; empty for an approval */
};
/* A person decides about a step, or fills in its form; the run goes on. `done` as in quell_resolve.
 * Refused at once: QUELL_NOT_FOUND, QUELL_CONFLICT nothing is asked there, or something else than
 * what `digest` says, QUELL_DENIED not by this person, QUELL_INVALID answers that do not fit. */
enum quell_code quell_decide(struct quell *engine, const struct quell_decision *decision,
                             quell_done_fn *done, void *user,
                             struct quell_error *err) QUELL_MUST_CHECK;

/* Runs that have not ended; those that only wait are folded out of memory. */
size_t quell_active(struct quell *engine);

/* ---- tokens -------------------------------------------------------------------------------------
 */

/* A token proves who calls the interface over the network. The store has its hash only. */
enum { QUELL_TOKEN_BYTES = 79 }; /* its text with the NUL */

struct quell_token_options {
    struct quell_str name;        /* of the token: a-z, 0-9 and . _ - + @ */
    struct quell_value roles;     /* a list of names; whoever calls knows which there are */
    struct quell_value playbooks; /* a list of ids that it is good for, or null: all */
    struct quell_str user;        /* a name of `users` that it speaks for, or empty: for itself */
    int64_t lifetime_us;          /* 0 = until it is revoked */
    struct quell_str by;          /* who asks */
};
/* Makes a token: its text is in `token` at once and never again. `done` as in quell_resolve.
 * Refused: QUELL_INVALID, QUELL_NOT_FOUND no such user, QUELL_REFUSED there is one of that name. */
enum quell_code quell_token_create(struct quell *engine, const struct quell_token_options *options,
                                   char token[QUELL_TOKEN_BYTES], quell_done_fn *done, void *user,
                                   struct quell_error *err) QUELL_MUST_CHECK;
/* It is good for nothing from now on. QUELL_NOT_FOUND. */
enum quell_code quell_token_revoke(struct quell *engine, struct quell_str name, struct quell_str by,
                                   quell_done_fn *done, void *user,
                                   struct quell_error *err) QUELL_MUST_CHECK;
/* [{name, roles, playbooks, user, made_by, made_at, expires_at, used_at}]; `used_at` to the hour,
 * null = never. */
enum quell_code quell_tokens(struct quell *engine, struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;
/* What a token is good for: {name, roles, playbooks, user ...}. QUELL_DENIED: no token, or not any
 * more. For an engine that is open for running: it notes the use. */
enum quell_code quell_token_find(struct quell *engine, struct quell_str token,
                                 struct quell_document *document,
                                 struct quell_error *err) QUELL_MUST_CHECK;

/* ---- what there is -----------------------------------------------------------------------------
 */

/* A list of manifests; `filter` is a connector's or an action's name, or empty. */
enum quell_code quell_actions(struct quell *engine, struct quell_str filter,
                              struct quell_document *document,
                              struct quell_error *err) QUELL_MUST_CHECK;
/* Counters and readiness: {ready, checks: [{name, ok, text}], counters: [{name, help, type,
 * labels: {..}, value}]}; `type` is Prometheus's counter or gauge. */
enum quell_code quell_stats(struct quell *engine, struct quell_document *document,
                            struct quell_error *err) QUELL_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
