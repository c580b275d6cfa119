/*
 * workspace.h - the policy of the workspace, as `policy:` of quell.yaml is read: caps over all
 * runs, cooldowns, what is protected, maintenance windows, what must be approved. Pure and
 * immutable.
 *
 * Judging gives verdicts: what stands against a call, of its resolved targets. The same function
 * judges a call about to be made, a question to people, a plan and `quell policy check`.
 */
#ifndef POLICY_WORKSPACE_H
#define POLICY_WORKSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include <quell/connector.h>
#include <quell/value.h>

#include "base/diag.h"

struct arena;
struct policy;
struct yaml_node;

extern const struct quell_field policy_fields[]; /* of `policy:` */

/* What the loader looks up beside the text; all borrowed for the policy's life. */
struct policy_surroundings {
    struct quell_value lists;      /* `lists:` of quell.yaml; null = none */
    struct quell_value own_names;  /* names and addresses of the machine quell runs on */
    const struct quell_str *kinds; /* NULL: the built-in ones; for did-you-mean */
    struct quell_str file;         /* where it was read from, to tell */
};

/* `node` NULL: no policy was given, and the built-in one holds. Faults become diagnostics with
 * their place; NULL then. Lives in `arena` but for its patterns: policy_free, before the arena. */
struct policy *policy_load(struct arena *arena, const struct yaml_node *node,
                           const struct policy_surroundings *around, struct diag_list *diags);
void policy_free(struct policy *policy); /* NULL is allowed */
/* All of it as a value, each part with its origin ("built in", or the file). */
struct quell_value policy_value(struct arena *arena, const struct policy *policy);
bool policy_is_kind(struct quell_str kind);                  /* of targets: device user ... */
struct quell_str policy_nearest_kind(struct quell_str kind); /* or empty */
/* Hex digest of what it says. */
const char *policy_revision(const struct policy *policy);
/* Whether a file says something: what is only built in asks for no approvals. */
bool policy_is_given(const struct policy *policy);
/* Whether every disrupting call of the action in the playbook must have been agreed to. */
bool policy_requires_approval(const struct policy *policy, struct quell_str playbook,
                              struct quell_str action);

/* Whether `who` may release a call that is held for want of an approval: such a release is the
 * approval. `starter`: who started the run, or the outermost that called it. QUELL_DENIED. */
enum quell_code policy_may_release(const struct policy *policy, struct quell_str starter,
                                   struct quell_value groups, struct quell_str who,
                                   struct quell_error *err) QUELL_MUST_CHECK;

/* ---- judging -----------------------------------------------------------------------------------
 */

/* What is remembered beside the run; core/ keeps it. */
struct policy_memory {
    /* What is remembered under a key, in `arena`: null = nothing, unknown = it cannot be read. */
    struct quell_value (*recall)(void *user, struct arena *arena, struct quell_str key);
    /* Part of what is being decided. */
    void (*remember)(void *user, struct quell_str key, struct quell_value body, int64_t keep_us);
    void *user;
};

struct policy_call {
    struct quell_str playbook, uses; /* "defender.isolate-device" */
    struct quell_str run;            /* the outermost of the runs that call each other; or empty */
    const struct quell_action *action;
    struct quell_value targets;  /* [{kind, value}] */
    struct quell_value incident; /* or null */
    struct quell_value lookups;  /* [{id: [], name: [] ...}]: what reads of this run told */
    int64_t now_us;
    bool approved;                      /* people agreed to it, or to a block around it */
    bool guessing;                      /* a plan: what is not known is told, and not refused */
    bool early;                         /* before the calls that may look a target up: the same */
    const struct policy_memory *memory; /* NULL: figures of hours and days are not known */
    /* Different targets of a kind in this run and those it calls; of any kind: "disrupts". */
    bool (*touched)(const void *user, struct quell_value target, bool disrupts);
    unsigned (*in_run)(const void *user, struct quell_str kind);
    const void *user; /* NULL functions: nothing was touched before */
};

/* What stands against the call, worst first: [{verdict, reason, message, hard, until}]. `verdict`:
 * refused (nobody can let it through), held (a person can, unless `hard`), unknown (it is judged
 * when more is known). Empty: nothing. Lives in `arena`. */
struct quell_value policy_judge(struct arena *arena, const struct policy *policy,
                                const struct policy_call *call);
/* The call is made: counts it. */
void policy_take(struct arena *arena, const struct policy *policy, const struct policy_call *call);

/* What was touched so far, for each cap of hours or days: [{kind, playbook, hour: {used, of},
 * day}].
 */
struct quell_value policy_figures(struct arena *arena, const struct policy *policy,
                                  const struct policy_memory *memory, int64_t now_us);

/* ---- what is known of a target -----------------------------------------------------------------
 */

/* {id: [], name: [], account: [], tag: [], ip: [], resolved: bool, unknown: bool}. */
struct quell_value policy_facts(struct arena *arena, struct quell_value target,
                                struct quell_value incident, struct quell_value lookups);
/* What a read told of the target it looked up, by its manifest's `attributes`; null when its
 * manifest has none. */
struct quell_value policy_lookup(struct arena *arena, const struct quell_action *action,
                                 struct quell_value input, struct quell_value output);

/* Two spellings of one thing: without case, width, look-alike letters, invisible characters. */
struct quell_str spelling_plain(struct arena *arena, struct quell_str text);
bool spelling_same_id(struct arena *arena, struct quell_str a, struct quell_str b);
/* `dc01`, `DC01.corp.example.`, `CORP\DC01$`. */
bool spelling_same_name(struct arena *arena, struct quell_str a, struct quell_str b);
/* `CORP\ana`, `ana@corp.example`, `ana`. */
bool spelling_same_account(struct arena *arena, struct quell_str a, struct quell_str b);

/* A target's key in counts: the same for all its spellings. */
struct quell_str policy_key_of(struct arena *arena, struct quell_value target);

#endif
