/*
 * evaluation.h - the state of one evaluation, for the evaluator, the operators and the macros.
 * Functions see it only through function.h.
 */
#ifndef CEL_EVALUATION_H
#define CEL_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "cel/cel.h"
#include "cel/function.h"

/* Variables of nested macros that one expression may have at the same time. */
enum { EVALUATION_SLOTS = LIMIT_DEPTH };

/* What went wrong. A missing key is only put into words when nothing absorbs it: `||` and exists()
 * meet thousands of them. */
struct trouble {
    bool missing;
    bool index;                  /* when missing: by `[key]`, not by `.key` */
    struct quell_value map, key; /* when missing */
    struct cel_fault fault;      /* its place always, the words unless missing */
};

struct evaluation {
    const struct cel_scope *scope;
    const struct cel_options *options; /* NULL when names are simply names */
    struct arena *arena;
    size_t arena_max; /* what arena_used() may reach */
    size_t steps;     /* left */
    struct trouble trouble;
    struct regex_memory *regex_memory; /* of matches(), made at the first use */
    const struct cel_regex *regex;     /* of the last pattern that was no literal ... */
    struct quell_str pattern;          /* ... that pattern ... */
    bool captures;                     /* ... and whether its groups capture */
    struct quell_value slots[EVALUATION_SLOTS];
};

/* Collects conditions the way `&&` (deciding = false) and `||` (deciding = true) do: one that
 * decides ends it; an error or an unknown counts only when nothing decides, and an unknown counts
 * more, because what it hides may decide. */
struct verdict {
    bool deciding;
    bool decided;
    enum quell_code code; /* of the first condition that failed; its trouble is kept */
    struct quell_value unknown;
    struct trouble trouble;
};
void verdict_begin(struct verdict *verdict, bool deciding);
/* Evaluates one condition; true when nothing further needs to be asked. */
bool verdict_ask(struct evaluation *e, struct verdict *verdict, const struct node *condition);
enum quell_code verdict_give(struct evaluation *e, const struct verdict *verdict,
                             struct quell_value *result) QUELL_MUST_CHECK;

/* Faults of names: a key that is absent, a variable that is not defined. */
enum quell_code evaluation_missing(struct evaluation *e, const struct node *node,
                                   struct quell_value map, struct quell_value key);
enum quell_code evaluation_undefined(struct evaluation *e, const struct node *node);
/* Puts a missing key into words. */
void evaluation_describe(struct evaluation *e);

/* `of.key` and `of[key]`: *found is false when it is absent. `of` and `key` are known. */
enum quell_code evaluation_lookup(struct evaluation *e, const struct node *node,
                                  struct quell_value of, struct quell_value key, bool *found,
                                  struct quell_value *value) QUELL_MUST_CHECK;

/* name.c: the variable that a name, or a chain of fields beginning with one, is as a whole. */
bool name_find(const struct evaluation *e, const struct node *node, struct quell_value *value);
/* What a chain of plain fields spells, in NAME_MAX_BYTES at `out`; false when it does not begin
 * with a free name. And whether that name has a dot before it. */
enum { NAME_MAX_BYTES = 512 }; /* longer names are no variables */
bool name_spell(const struct node *node, struct quell_str *name, char *out);
bool name_is_rooted(const struct node *node);

/* operate.c: the operators on two known values. */
enum quell_code operate(struct evaluation *e, const struct node *node, struct quell_value left,
                        struct quell_value right, struct quell_value *result) QUELL_MUST_CHECK;
enum quell_code operate_negate(struct evaluation *e, const struct node *node,
                               struct quell_value value,
                               struct quell_value *result) QUELL_MUST_CHECK;
/* Equality of CEL: a bool, or an unknown when what is known does not decide. */
enum quell_code operate_equal(struct evaluation *e, const struct node *node, struct quell_value a,
                              struct quell_value b, struct quell_value *result) QUELL_MUST_CHECK;

/* overload.c: picks the row of a call by the types of its arguments and runs it. */
enum quell_code overload_call(struct evaluation *e, const struct node *node,
                              const struct quell_value *arguments,
                              struct quell_value *result) QUELL_MUST_CHECK;

#endif
