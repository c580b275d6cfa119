/*
 * check.h - the type of an expression, and everything in it that cannot work, before it runs.
 *
 * All faults are found, each with its place; after a fault the checker goes on with `dyn`, so that
 * one mistake is said once. Nothing here is used when an expression is evaluated.
 */
#ifndef CEL_CHECK_H
#define CEL_CHECK_H

#include "cel/cel.h"
#include "cel/type.h"

struct arena;

/* What kind of fault it is: callers give each kind a code of its own. */
enum cel_problem_kind {
    CEL_UNDECLARED,   /* a name that is not there */
    CEL_NO_FIELD,     /* a field that its object does not have */
    CEL_NO_FUNCTION,  /* a function that does not exist, or not with so many arguments */
    CEL_MISMATCH,     /* types that do not fit together */
    CEL_UNORDERED,    /* `<` and the like on an enum */
    CEL_FOREIGN_WORD, /* an enum compared with a word that it does not have */
    CEL_CONSTANT,     /* a condition, or a term of one, that is always or never true */
    CEL_PROBLEM_KINDS
};

struct cel_problem {
    enum cel_problem_kind kind;
    struct cel_fault fault;
    struct quell_str note; /* may be empty */
};

struct cel_problems {
    const struct cel_problem *items; /* in the order of their places */
    size_t count;
};

/* A function that only the caller knows. */
struct cel_declaration {
    struct quell_str name;
    struct cel_signature signature;
};

/* What the functions' signatures mean: read when they are needed, once for all expressions that
 * share it. Lives in the arena. */
struct cel_library;
struct cel_library *cel_library_new(struct arena *arena);

struct cel_environment {
    struct cel_library *library;
    /* The type of a free name (`incident`, or `a.b` when a declaration has that name), or NULL. */
    const struct cel_type *(*variable)(struct quell_str name, void *user);
    void *user;
    const struct cel_declaration *functions; /* beside those of the library */
    size_t function_count;
    /* Whether numbers of different types may be compared, as the evaluator can. CEL's own checker
     * refuses it. */
    bool mixed_numbers;
    bool condition; /* the expression decides something: say when it is constant */
};

/* Checks. The type is `dyn` where nothing is known, and wholly so after a fault at the top. The
 * type, texts and problems live in `arena`. */
const struct cel_type *cel_check(const struct cel *expr, const struct cel_environment *environment,
                                 struct arena *arena, struct cel_problems *problems);

/* A condition that asks which word an enum is: `x == 'a'`, `x in ['a', 'b']`, and these joined by
 * `||`. */
struct cel_choice {
    struct quell_str subject;      /* `x` as it is written */
    const struct cel_type *type;   /* with the words that there are */
    const struct quell_str *words; /* that are asked for */
    size_t count;
};
bool cel_choice_of(const struct cel *expr, const struct cel_environment *environment,
                   struct arena *arena, struct cel_choice *choice);

/* Whether a value of one type may be given where another is wanted. */
bool cel_type_fits(struct arena *arena, const struct cel_type *given,
                   const struct cel_type *wanted);

#endif
