/*
 * plan.h - a plan as a graph: what the files of core/ that make, show and prove plans share.
 *
 * A plan is the interpreter's run, taken along every path that the answers to its questions open.
 * Paths that come to the same place (run_fingerprint) are followed once from there, so the paths
 * form a graph without cycles: nodes are questions, edges what happens after one answer.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/core.h"

#define PLAN_NONE SIZE_MAX
enum { PLAN_BUCKETS = 1024 };

/* One call with resolved arguments. A step that gets others on other paths has several. */
struct plan_call {
    const struct step *step;
    struct quell_str path, connection, error;
    struct quell_value input, targets;
    struct quell_value verdicts; /* the policy's, as of the first path that makes the call */
    struct quell_str input_text; /* what tells two calls of one step apart */
    struct quell_value answer;   /* data of EVENT_CALL_ENDED */
    size_t next;                 /* chain of the path index, or PLAN_NONE */
    size_t first;                /* the first call of the same path */
    enum plan_verdict { PLAN_DONE, PLAN_WOULD, PLAN_UNKNOWN } verdict;
    bool described;
    struct quell_str condition; /* of the first of a path: what all paths that make one of them
                                   suppose; empty = nothing unusual */
};

/* A called playbook, planned with what it is given. */
struct plan_child {
    struct quell_str path, playbook, inputs; /* inputs: as JSON, to tell two apart */
    struct quell_value end;                  /* data of EVENT_CHILD_ENDED */
    struct quell_value document;             /* its plan, or null: it is not here, or cannot run */
    struct quell_value bound; /* what a run of it is bound to (plan_children_bound) */
    const char *loose;        /* why it cannot be bound, or NULL */
};

struct plan_skip {
    const struct step *step;
    struct quell_str path, reason;
};

struct plan_begun { /* a step that begins on some path */
    const struct step *step;
    struct quell_str path;
    size_t next; /* chain of the path index, or PLAN_NONE */
};

struct plan_edge {
    size_t from, to; /* nodes; from = PLAN_NONE: the beginning, to = PLAN_NONE: it ended */
    size_t answer;
    bool joined;          /* `to` was known before: another edge has led there */
    struct event *events; /* what happened on it, beginning with EVENT_SUPPOSED */
    size_t event_count;
    size_t *calls; /* indices of plan.calls, in order */
    size_t call_count;
    struct quell_str status; /* succeeded failed, or waiting: nothing that a plan can suppose */
};

struct plan_node {
    struct run_question question;
    const struct step *step; /* that it is about */
    size_t via;              /* the edge that first led here */
    size_t *answers;         /* edge of each answer, PLAN_NONE when the limit was reached before */
    uint8_t fingerprint[RUN_FINGERPRINT];
    size_t next; /* chain of the fingerprint index, or PLAN_NONE */
};

/* Answers calls in the place of the manifest: a test's mocks. True with the data of
 * EVENT_CALL_ENDED (lives in `arena`), false: made up, and the plan asks how it came out. */
typedef bool plan_answer_fn(const struct run_call *call, struct arena *arena,
                            struct quell_value *data, void *user);

struct plan_options {
    struct loaded *loaded;
    struct quell_value incident; /* or null */
    struct quell_value inputs;   /* made (run_make_inputs) */
    struct run_world world;
    int64_t started_us;
    bool offline;           /* no read is really done */
    int64_t timeout_ms;     /* of all reads together; 0 = LIMIT_PLAN_MS */
    size_t paths_max;       /* 0 = LIMIT_PLAN_PATHS */
    plan_answer_fn *answer; /* or NULL */
    void *user;
    int64_t depth;        /* of calls around it */
    struct quell_str key; /* tells secrets apart in what is made of it (value/keyed.h), or empty */
};

struct plan {
    struct quell *engine; /* its connections and loop; NULL: no read is really done */
    struct arena *arena;
    struct plan_options options;
    struct plan_call *calls;
    size_t call_count, call_cap;
    struct plan_child *children;
    size_t child_count, child_cap;
    struct plan_skip *skips;
    size_t skip_count, skip_cap;
    struct plan_begun *begun;
    size_t begun_count, begun_cap;
    struct plan_node *nodes;
    size_t node_count, node_cap;
    struct plan_edge *edges; /* edges[0] is the beginning */
    size_t edge_count, edge_cap;
    size_t paths;                /* ends and joins: each way of each question is on one of them */
    double ways;                 /* all combinations; beyond 2^53 no longer exact */
    bool undoes;                 /* some path takes back what it has done */
    bool cut;                    /* the limit was reached: there are more paths */
    struct quell_value failures; /* list of {path, message}: steps that cannot come out well */
    /* while it is made */
    struct call_host *reads;
    struct run *run;
    struct run_sight *sight;
    int64_t deadline_us;                                    /* monotonic, of all reads */
    size_t *nodes_by_print, *calls_by_path, *begun_by_path; /* PLAN_BUCKETS each */
    struct plan_edge log;                                   /* of the edge being walked */
    size_t event_cap, edge_call_cap;
    size_t events; /* told and told again so far */
    bool usual;    /* this path has supposed nothing but that calls succeed */
};

/* plan_graph.c: explores. Everything lives in `arena`. */
enum quell_code plan_make(struct plan *plan, struct quell *engine, struct arena *arena,
                          const struct plan_options *options,
                          struct quell_error *err) QUELL_MUST_CHECK;

/* plan.c: what quell_plan() makes its plan of; options' texts are read into `arena`. `loaded` is a
 * reference for loaded_release(), also after an error when it is not NULL. */
enum quell_code plan_ask(struct quell *engine, struct arena *arena,
                         const struct quell_plan_options *asked, struct plan_options *options,
                         struct quell_str *event, struct quell_error *err) QUELL_MUST_CHECK;
/* Every call with its arguments, also those that differ by path: [{path, action, connection,
 * with}]. What is masked in them is keyed. */
struct quell_value plan_resolved(const struct plan *plan);

/* simulate.c: the answer to a call that was just scheduled, as the data of EVENT_CALL_ENDED; fills
 * the call's verdict and error. */
struct quell_value plan_answer(struct plan *plan, const struct run_call *call,
                               struct plan_call *shown);

/* plan_unseen.c: calls that the graph does not have, of the actions `a` and `b` (`http.*`: any of a
 * connector; may be empty), or all that disrupt. */
struct plan_unseen {
    const struct plan *plan;
    struct quell_str a, b;
    bool disrupts;
};
/* The called playbook that may make such a call, or is not here; empty: none. */
struct quell_str plan_unseen_called(const struct plan_unseen *unseen);
/* Whether a `while` that was not followed to its end makes such a call. */
bool plan_unseen_repeated(const struct plan_unseen *unseen);
bool plan_names(struct quell_str uses, struct quell_str name);
bool plan_is_inside(struct quell_str path, struct quell_str step);

/* plan_child.c: how a called playbook ends, planned once for the same inputs; and all of them as
 * [{path, playbook, error, plan}]. */
const struct plan_child *plan_child(struct plan *plan, const struct run_child *child);
struct quell_value plan_children_value(const struct plan *plan);
/* What the runs that it calls are bound to when the plan is applied, those that they call within:
 * [{path, playbook, with, revisions, calls, children}]. */
struct quell_value plan_children_bound(const struct plan *plan);
/* The first of them, at any depth, that cannot be bound, and why; NULL: all can. */
const struct plan_child *plan_loose_child(const struct plan *plan);
/* plan.c: the document of a plan; `event` is what the incident was for its trigger. */
struct quell_value plan_describe(struct plan *plan, struct quell_str event);

/* plan_words.c: an answer as a condition: "not (steps.a.output.risk == 'high')", "a fails". */
struct quell_str plan_words(struct arena *arena, const struct plan_node *node, size_t answer);
/* That a call succeeds: it goes without saying. */
bool plan_is_usual(const struct plan *plan, const struct plan_edge *edge);
/* That a call fails whose failure ends what stands around it: no path that people plan for. */
bool plan_is_failure(const struct plan *plan, const struct plan_edge *edge);

/* plan_path.c: the action that takes a call back; empty: none does. */
struct quell_str plan_undo(const struct plan *plan, const struct plan_call *call);

struct plan_path {
    size_t *edges; /* from the beginning on */
    size_t count;
    bool complete; /* it comes to an end, as far as the limit let it be followed */
};

/* The step at a path, if some path of the plan begins it; else NULL. */
const struct step *plan_step(const struct plan *plan, struct quell_str path);

/* plan_cost.c: the longest that a path may take, and how much of it people and timers may. */
int64_t plan_worst_us(struct plan *plan, const struct plan_path *path, int64_t *waiting_us);

/* plan_path.c: the path that begins with these edges and goes on as usual. */
struct plan_path plan_path_of(struct plan *plan, const size_t *edges, size_t count);
/* ... as plans show it; `like`: how many are alike but for items of loops. */
struct quell_value plan_path_value(struct plan *plan, const size_t *edges, size_t count,
                                   size_t like);
/* plan_asked.c: the questions to people on all edges, one after the other, start with {0}; a step
 * is asked about on several. */
struct plan_asked {
    size_t edge, event;
};
const struct event *plan_next_asked(const struct plan *plan, struct plan_asked *at);
struct quell_value plan_asked_value(const struct plan *plan, const struct event *event);

/* plan_digest.c: SHA-256 in hex over all that a run of the plan would do. */
struct quell_str plan_digest(const struct plan *plan);
/* plan_list.c: all paths, those that are alike once. */
struct quell_value plan_paths_value(struct plan *plan);

/* plan_condition.c: fills the calls' conditions and counts plan.ways. */
void plan_find_conditions(struct plan *plan);

#endif
