/*
 * properties.c - proves the sentences of properties.def over all paths of a plan.
 *
 * Each form is a small automaton that reads what happens on a path. It is walked together with the
 * graph, breadth first: a place in the graph and what the automaton remembers there are looked at
 * once, so the first path that refutes the claim is one with the fewest suppositions.
 */
#include "core/properties.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "policy/cap.h"
#include "value/value.h"

/* ---- what an automaton reads and remembers -----------------------------------------------------
 */

enum sign { SIGN_CALL, SIGN_AGREED, SIGN_WAIVED, SIGN_STEP_OVER, SIGN_END };

struct symbol {
    enum sign sign;
    struct quell_str path, status; /* of the step; how the path ends */
    const struct plan_call *call;
};

struct memory {
    int64_t count;          /* or or-ed marks */
    bool joined;            /* careful proofs: the path came together with another one before */
    struct quell_str gates; /* passed and not left: paths, each followed by a line end */
};

struct claim {
    struct arena *arena;
    struct quell_str a, b, status;
    int64_t number;
};

static bool is_action(const struct symbol *symbol, struct quell_str name)
{
    return symbol->sign == SIGN_CALL && plan_names(symbol->call->step->uses, name);
}

/* ---- the forms: true when the claim is refuted here --------------------------------------------
 */

static bool is_guarded(struct quell_str gates, struct quell_str path)
{
    struct quell_str gate;

    while (str_cut(gates, '\n', &gate, &gates))
        if (plan_is_inside(path, gate))
            return true;
    return false;
}

static void leave_gate(const struct claim *claim, struct memory *memory, struct quell_str path)
{
    struct quell_str rest = memory->gates, gate;
    struct buf kept = {0};

    if (!is_guarded(memory->gates, path))
        return;
    while (str_cut(rest, '\n', &gate, &rest))
        if (!quell_str_equal(gate, path)) {
            buf_add_str(&kept, gate);
            buf_add_char(&kept, '\n');
        }
    memory->gates = arena_str(claim->arena, buf_str(&kept));
    buf_free(&kept);
}

static bool guarded(const struct claim *claim, struct memory *memory, const struct symbol *symbol,
                    bool waived)
{
    if (symbol->sign == SIGN_AGREED || (symbol->sign == SIGN_WAIVED && waived))
        memory->gates = arena_format(claim->arena, "%.*s%.*s\n", QUELL_ARG(memory->gates),
                                     QUELL_ARG(symbol->path));
    if (symbol->sign == SIGN_STEP_OVER)
        leave_gate(claim, memory, symbol->path);
    return is_action(symbol, claim->a) && !is_guarded(memory->gates, symbol->path);
}

static bool property_APPROVED_OR_WAIVED(const struct claim *claim, struct memory *memory,
                                        const struct symbol *symbol)
{
    return guarded(claim, memory, symbol, true);
}

static bool property_APPROVED(const struct claim *claim, struct memory *memory,
                              const struct symbol *symbol)
{
    return guarded(claim, memory, symbol, false);
}

enum { MARK_A = 1, MARK_B = 2 };

static void mark(const struct claim *claim, struct memory *memory, const struct symbol *symbol)
{
    memory->count |= is_action(symbol, claim->a) ? MARK_A : 0;
    memory->count |= is_action(symbol, claim->b) ? MARK_B : 0;
}

static bool property_BEFORE(const struct claim *claim, struct memory *memory,
                            const struct symbol *symbol)
{
    bool refuted = is_action(symbol, claim->a) && !(memory->count & MARK_B);

    mark(claim, memory, symbol);
    return refuted;
}

static bool property_AFTERWARDS(const struct claim *claim, struct memory *memory,
                                const struct symbol *symbol)
{
    if (is_action(symbol, claim->b))
        memory->count = 0;
    if (is_action(symbol, claim->a))
        memory->count = MARK_A;
    return symbol->sign == SIGN_END && memory->count;
}

static bool property_TOO(const struct claim *claim, struct memory *memory,
                         const struct symbol *symbol)
{
    mark(claim, memory, symbol);
    return symbol->sign == SIGN_END && memory->count == MARK_A;
}

static bool property_APART(const struct claim *claim, struct memory *memory,
                           const struct symbol *symbol)
{
    mark(claim, memory, symbol);
    return memory->count == (MARK_A | MARK_B);
}

static bool property_ORDER(const struct claim *claim, struct memory *memory,
                           const struct symbol *symbol)
{
    bool refuted = is_action(symbol, claim->b) && memory->count == MARK_A;

    mark(claim, memory, symbol);
    return refuted;
}

static bool property_ALWAYS(const struct claim *claim, struct memory *memory,
                            const struct symbol *symbol)
{
    mark(claim, memory, symbol);
    return symbol->sign == SIGN_END && !(memory->count & MARK_A);
}

static bool property_EVERY(const struct claim *claim, struct memory *memory,
                           const struct symbol *symbol)
{
    return property_ALWAYS(claim, memory, symbol);
}

static bool property_NEVER(const struct claim *claim, struct memory *memory,
                           const struct symbol *symbol)
{
    (void)memory;
    return is_action(symbol, claim->a);
}

static bool property_MOST(const struct claim *claim, struct memory *memory,
                          const struct symbol *symbol)
{
    memory->count += is_action(symbol, claim->a);
    return memory->count > claim->number;
}

static bool property_TARGETS(const struct claim *claim, struct memory *memory,
                             const struct symbol *symbol)
{
    if (symbol->sign == SIGN_CALL)
        memory->count += policy_weight(symbol->call->step->action, symbol->call->targets);
    return memory->count > claim->number;
}

static bool property_ENDING(const struct claim *claim, struct memory *memory,
                            const struct symbol *symbol)
{
    (void)memory;
    return symbol->sign == SIGN_END && quell_str_equal(symbol->status, claim->status);
}

static bool property_ENDING_CALLS(const struct claim *claim, struct memory *memory,
                                  const struct symbol *symbol)
{
    mark(claim, memory, symbol);
    return property_ENDING(claim, memory, symbol) && !(memory->count & MARK_A);
}

typedef bool property_fn(const struct claim *claim, struct memory *memory,
                         const struct symbol *symbol);

static const struct property_form forms[] = {
#define PROPERTY(NAME, sentence, example, doc) {sentence, example, doc},
#include "core/properties.def"
#undef PROPERTY
};
static property_fn *const judges[] = {
#define PROPERTY(NAME, sentence, example, doc) property_##NAME,
#include "core/properties.def"
#undef PROPERTY
};
enum { FORMS = sizeof(forms) / sizeof(*forms) };

const struct property_form *property_forms(size_t *count)
{
    *count = FORMS;
    return forms;
}

const char *property_verdict_name(enum property_verdict verdict)
{
    static const char *const names[] = {"proved", "refuted", "not proved"};
    return names[verdict];
}

/* ---- sentences ---------------------------------------------------------------------------------
 */

static bool next_word(struct quell_str *text, struct quell_str *found)
{
    *text = str_trim(*text);
    (void)str_cut(*text, ' ', found, text); /* without a blank it is the last word */
    return found->len > 0;
}

/* How many words of the sentence fit the form; all of both: *fits. */
static size_t fit(struct quell_str form, struct quell_str sentence, struct claim *claim, bool *fits)
{
    struct quell_str wanted, given;
    size_t count = 0;

    *fits = false;
    for (;; count++) {
        bool more = next_word(&form, &wanted);
        if (more != next_word(&sentence, &given))
            return count;
        if (!more)
            break;
        if (str_is(wanted, "A"))
            claim->a = given;
        else if (str_is(wanted, "B"))
            claim->b = given;
        else if (str_is(wanted, "S") && (str_is(given, "succeeded") || str_is(given, "failed")))
            claim->status = given;
        else if (str_is(wanted, "N") && str_to_int(given, &claim->number) && claim->number >= 0)
            continue;
        else if (!quell_str_equal(wanted, given))
            return count;
    }
    *fits = true;
    return count;
}

static enum quell_code check_action(const struct plan *plan, struct quell_str name,
                                    struct quell_error *err)
{
    const struct quell_connector *const *connectors =
        registry_connectors(plan->options.loaded->registry);
    struct list_builder names = {.arena = plan->arena};
    struct quell_str *candidates, nearest;
    size_t i;

    if (name.len == 0)
        return QUELL_OK;
    for (; *connectors; connectors++) {
        const struct quell_action *const *action = (*connectors)->actions;
        list_add(&names, value_format(plan->arena, "%s.*", (*connectors)->name));
        for (; *action; action++)
            list_add(&names,
                     value_format(plan->arena, "%s.%s", (*connectors)->name, (*action)->name));
    }
    candidates = arena_array(plan->arena, struct quell_str, names.count);
    for (i = 0; i < names.count; i++) {
        candidates[i] = quell_str(names.items[i]);
        if (quell_str_equal(candidates[i], name))
            return QUELL_OK;
    }
    nearest = str_nearest(name, candidates, names.count);
    if (nearest.len)
        return error_set(err, QUELL_INVALID, "no action `%.*s`; did you mean `%.*s`?",
                         QUELL_ARG(name), QUELL_ARG(nearest));
    return error_set(err, QUELL_INVALID, "no action `%.*s`", QUELL_ARG(name));
}

static enum quell_code read_sentence(const struct plan *plan, struct quell_str sentence,
                                     struct claim *claim, size_t *form, struct quell_error *err)
{
    size_t i, best = 0, most = 0;
    enum quell_code code;

    for (i = 0; i < FORMS; i++) {
        struct claim found = {.arena = plan->arena};
        bool fits;
        size_t words = fit(quell_str_of(forms[i].sentence), sentence, &found, &fits);
        if (fits) {
            *claim = found;
            *form = i;
            code = check_action(plan, claim->a, err);
            return code ? code : check_action(plan, claim->b, err);
        }
        if (words > most) {
            most = words;
            best = i;
        }
    }
    return error_set(err, QUELL_INVALID,
                     "no property reads `%.*s`; the nearest form is `%s`, for example `%s`",
                     QUELL_ARG(sentence), forms[best].sentence, forms[best].example);
}

/* ---- the walk ----------------------------------------------------------------------------------
 */

struct spot {                  /* somewhere in the graph, with what the automaton remembers */
    size_t node, edge, before; /* the place that it was reached from, or PLAN_NONE */
    struct memory memory;
    size_t next; /* chain of the index */
};

struct proof {
    struct plan *plan;
    struct claim claim;
    property_fn *judge;
    struct spot *spots;
    size_t count, cap;
    size_t index[PLAN_BUCKETS];
    struct quell_str at; /* where it is refuted */
    bool
        careful; /* what is behind a joined path may not be what would be there: depends_on_items */
};

static size_t bucket_of(size_t node, const struct memory *memory)
{
    return (node * 31 + (size_t)memory->count * 7 + (size_t)str_hash(memory->gates)) % PLAN_BUCKETS;
}

static void add_spot(struct proof *proof, size_t node, size_t edge, size_t before,
                     const struct memory *memory)
{
    size_t *slot = &proof->index[bucket_of(node, memory)], at;

    for (at = *slot; at != PLAN_NONE; at = proof->spots[at].next)
        if (proof->spots[at].node == node && proof->spots[at].memory.count == memory->count &&
            proof->spots[at].memory.joined == memory->joined &&
            quell_str_equal(proof->spots[at].memory.gates, memory->gates))
            return;
    if (proof->count == proof->cap) {
        proof->cap = proof->cap ? proof->cap * 2 : 64;
        proof->spots = memory_resize(proof->spots, proof->cap * sizeof(*proof->spots));
    }
    proof->spots[proof->count] = (struct spot){node, edge, before, *memory, *slot};
    *slot = proof->count++;
}

static bool read_event(const struct proof *proof, const struct plan_edge *edge,
                       const struct event *event, size_t *call, struct symbol *symbol)
{
    *symbol = (struct symbol){.path = event->path};
    switch (event->kind) {
    case EVENT_CALL_SCHEDULED:
        if (*call >= edge->call_count)
            return false;
        symbol->sign = SIGN_CALL;
        symbol->call = &proof->plan->calls[edge->calls[(*call)++]];
        return true;
    case EVENT_STEP_ENDED:
        symbol->sign = SIGN_STEP_OVER;
        return true;
    default: /* approvals: by name, for whoever says them */
        symbol->sign = SIGN_AGREED;
        if (str_is(quell_str_of(event_name(event->kind)), "approval_granted"))
            return true;
        symbol->sign = SIGN_WAIVED;
        return str_is(quell_str_of(event_name(event->kind)), "approval_waived");
    }
}

/* Takes an edge; true when the claim is refuted on it. */
static bool take(struct proof *proof, const struct plan_edge *edge, struct memory *memory)
{
    struct symbol symbol;
    size_t i, call = 0;

    for (i = 0; i < edge->event_count; i++)
        if (read_event(proof, edge, &edge->events[i], &call, &symbol) &&
            proof->judge(&proof->claim, memory, &symbol)) {
            proof->at = symbol.path;
            return true;
        }
    if (edge->to != PLAN_NONE)
        return false;
    symbol = (struct symbol){.sign = SIGN_END, .status = edge->status};
    proof->at = QUELL_STR("");
    return proof->judge(&proof->claim, memory, &symbol);
}

/* Which items of a loop were changed is not told apart behind it; so neither is which of them are
 * taken back (run/fingerprint.c). A claim about such calls is not proved by that. */
static bool depends_on_items(const struct proof *proof)
{
    const struct plan *plan = proof->plan;
    size_t i;

    for (i = 0; plan->undoes && i < plan->call_count; i++) {
        struct symbol call = {.sign = SIGN_CALL, .call = &plan->calls[i]};
        size_t undo = str_find(plan->calls[i].path, QUELL_STR(".undo."), 0);
        size_t item = str_find(plan->calls[i].path, QUELL_STR("["), 0);
        if (undo != SIZE_MAX && item < undo &&
            (is_action(&call, proof->claim.a) || is_action(&call, proof->claim.b)))
            return true;
    }
    return false;
}

static void leave_open(struct property_result *result, struct quell_str why)
{
    result->verdict = PROPERTY_OPEN;
    result->why = why;
}

/* ---- what the graph does not show --------------------------------------------------------------
 */

/* Whether more calls than the graph has may break a claim of this form. */
static bool breaks_by_calls(const struct proof *proof)
{
    property_fn *judge = proof->judge;
    return judge != property_ALWAYS && judge != property_EVERY && judge != property_ENDING &&
           judge != property_ENDING_CALLS;
}

/* A claim that the graph bears out, as far as what it does not show may break it. */
static void doubt(const struct proof *proof, struct property_result *result)
{
    struct plan_unseen unseen = {proof->plan, proof->claim.a, proof->claim.b,
                                 proof->judge == property_TARGETS};
    bool counts = unseen.disrupts || proof->judge == property_MOST;
    struct quell_str below = QUELL_STR("");

    if (breaks_by_calls(proof))
        below = plan_unseen_called(&unseen);
    if (below.len)
        leave_open(result, arena_format(proof->plan->arena,
                                        "what `%.*s` calls, which is called, is not followed",
                                        QUELL_ARG(below)));
    else if (counts && plan_unseen_repeated(&unseen))
        leave_open(result, QUELL_STR("of a `while` only two iterations are followed"));
    else if (proof->careful)
        leave_open(result, QUELL_STR("which items of a loop are taken back is not told apart"));
}

/* The edges that lead to a place, and one more. */
static void refute(struct proof *proof, size_t before, size_t edge, struct property_result *result)
{
    struct arena *arena = proof->plan->arena;
    size_t count = 1, at;
    size_t *edges;

    for (at = before; at != PLAN_NONE; at = proof->spots[at].before)
        count++;
    edges = arena_array(arena, size_t, count);
    edges[count - 1] = edge;
    for (at = before; at != PLAN_NONE; at = proof->spots[at].before)
        edges[--count - 1] = proof->spots[at].edge;
    for (count = 1, at = before; at != PLAN_NONE; at = proof->spots[at].before)
        count++;
    result->verdict = PROPERTY_REFUTED;
    result->needs = count - 1; /* the first edge supposes nothing */
    result->why = proof->at.len ? arena_format(arena, "at %.*s", QUELL_ARG(proof->at))
                                : arena_format(arena, "the path ends %.*s",
                                               QUELL_ARG(proof->plan->edges[edge].status));
    result->path = plan_path_value(proof->plan, edges, count, 1);
}

static bool leave(struct proof *proof, size_t from, struct property_result *result)
{
    const struct plan_node *node = &proof->plan->nodes[proof->spots[from].node];
    size_t a;

    for (a = 0; a < node->question.answer_count; a++) {
        size_t edge = node->answers[a];
        struct memory memory = proof->spots[from].memory;
        if (edge == PLAN_NONE)
            continue;
        if (take(proof, &proof->plan->edges[edge], &memory)) {
            if (memory.joined)
                continue;
            refute(proof, from, edge, result);
            return true;
        }
        memory.joined = memory.joined || (proof->careful && proof->plan->edges[edge].joined);
        if (proof->plan->edges[edge].to != PLAN_NONE)
            add_spot(proof, proof->plan->edges[edge].to, edge, from, &memory);
    }
    return false;
}

static void prove(struct proof *proof, struct property_result *result)
{
    const struct plan_edge *first = &proof->plan->edges[0];
    struct memory memory = {0};
    size_t at;

    if (take(proof, first, &memory)) {
        refute(proof, PLAN_NONE, 0, result);
        return;
    }
    if (first->to != PLAN_NONE)
        add_spot(proof, first->to, 0, PLAN_NONE, &memory);
    for (at = 0; at < proof->count && proof->count < LIMIT_PROOF_PLACES; at++)
        if (leave(proof, at, result))
            return;
    result->verdict = proof->plan->cut || at < proof->count ? PROPERTY_OPEN : PROPERTY_PROVED;
    if (result->verdict == PROPERTY_OPEN)
        result->why = arena_format(proof->plan->arena,
                                   "the playbook has more paths than the %zu that were looked at",
                                   proof->plan->paths);
    else
        doubt(proof, result);
}

enum quell_code property_prove(struct plan *plan, struct quell_str sentence,
                               struct property_result *result, struct quell_error *err)
{
    struct proof proof = {.plan = plan};
    struct claim claim;
    size_t form = 0, i;
    enum quell_code code = read_sentence(plan, sentence, &claim, &form, err);

    if (code)
        return code;
    *result = (struct property_result){.path = quell_null()};
    proof.claim = claim;
    proof.judge = judges[form];
    proof.careful = depends_on_items(&proof);
    for (i = 0; i < PLAN_BUCKETS; i++)
        proof.index[i] = PLAN_NONE;
    prove(&proof, result);
    memory_free(proof.spots);
    return QUELL_OK;
}
