/*
 * function.h - the tables of functions and macros, and what their code may use.
 *
 * The rows are listed in fn_*.def, one file a family, all included by functions.def. A function
 * gets its arguments evaluated, known, and of the types its row asks for. A macro gets its node and
 * evaluates what it wants, as often as it wants.
 */
#ifndef CEL_FUNCTION_H
#define CEL_FUNCTION_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/error.h>
#include <quell/value.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/limits.h"
#include "cel/node.h"

struct buf;
struct evaluation;

/* ---- rows ------------------------------------------------------------------------------------ */

/* Sets of types that an argument may have. */
enum {
    T_NULL = 1u << QUELL_NULL,
    T_BOOL = 1u << QUELL_BOOL,
    T_INT = 1u << QUELL_INT,
    T_UINT = 1u << QUELL_UINT,
    T_DOUBLE = 1u << QUELL_DOUBLE,
    T_STRING = 1u << QUELL_STRING,
    T_BYTES = 1u << QUELL_BYTES,
    T_LIST = 1u << QUELL_LIST,
    T_MAP = 1u << QUELL_MAP,
    T_TIME = 1u << QUELL_TIME,
    T_DURATION = 1u << QUELL_DURATION,
    T_OPTIONAL = 1u << QUELL_OPTIONAL,
    T_TYPE = 1u << QUELL_TYPE,
    T_IP = 1u << QUELL_IP,
    T_CIDR = 1u << QUELL_CIDR,
    T_ANY = T_NULL | T_BOOL | T_INT | T_UINT | T_DOUBLE | T_STRING | T_BYTES | T_LIST | T_MAP |
            T_TIME | T_DURATION | T_OPTIONAL | T_TYPE | T_IP | T_CIDR,
    T_NUMBER = T_INT | T_UINT | T_DOUBLE,
    T_MORE = 1u << 30, /* on the last argument: any number of them, none included */
};

enum { FUNCTION_ARGUMENTS = 5 }; /* the most that a row without T_MORE has, its receiver included */

enum function_form {
    GLOBAL, /* size(x), optional.of(x) */
    METHOD, /* x.size(): the receiver is the first argument */
};

/* A macro whose argument is not simply evaluated. */
enum macro_shape {
    MACRO_PLAIN,
    MACRO_SELECTION, /* has(x.y): the argument must be a field selection */
    MACRO_BINDING,   /* cel.bind(x, value, result): the variable is not known in its own value */
};

struct function_row {
    struct quell_str name;
    enum function_form form;
    /* A function: */
    uint32_t types[FUNCTION_ARGUMENTS + 1]; /* of the arguments; ends with 0 */
    enum quell_code (*run)(struct evaluation *e, const struct node *node,
                           const struct quell_value *arguments, struct quell_value *result);
    /* A macro: */
    uint8_t variables; /* so many arguments (behind the receiver) are names it binds ... */
    uint8_t arguments; /* ... of so many, the receiver included */
    enum macro_shape shape;
    enum quell_code (*macro)(struct evaluation *e, const struct node *node,
                             struct quell_value *result);
};

/* Every function and macro is declared by its row. */
#define FUNCTION(form, name, types, run, signature, doc, example, result)                          \
    enum quell_code run(struct evaluation *e, const struct node *node,                             \
                        const struct quell_value *arguments, struct quell_value *made);
#define MACRO(form, name, shape, variables, count, macro, signature, doc, example, result)         \
    enum quell_code macro(struct evaluation *e, const struct node *node, struct quell_value *made);
#include "cel/functions.def"
#undef FUNCTION
#undef MACRO

/* All rows, in the order of cel_functions(). */
const struct function_row *function_rows(size_t *count);

/* ---- what a function may use ----------------------------------------------------------------- */

/* The arena of the evaluation. */
struct arena *evaluation_arena(struct evaluation *e);

/* `size` bytes, or NULL after a fault of QUELL_LIMIT when the budget is used up. */
void *evaluation_take(struct evaluation *e, const struct node *node, size_t size);

/* Whether there is room for so many bytes: for what others make in the arena. */
enum quell_code evaluation_room(struct evaluation *e, const struct node *node,
                                size_t size) QUELL_MUST_CHECK;

/* Doubles a growing array of values; false after a fault of QUELL_LIMIT. */
bool evaluation_grow(struct evaluation *e, const struct node *node, struct quell_value **items,
                     size_t *cap) QUELL_MUST_CHECK;

/* A map of pairs whose keys differ, with an index when it is large. The pairs may be borrowed. */
enum quell_code evaluation_map(struct evaluation *e, const struct node *node,
                               const struct quell_pair *pairs, size_t count,
                               struct quell_value *made) QUELL_MUST_CHECK;

/* Pays for work that grows with the data: QUELL_LIMIT when the steps are used up. */
enum quell_code evaluation_charge(struct evaluation *e, const struct node *node,
                                  size_t steps) QUELL_MUST_CHECK;

/* Answers with a copy of `text` in the arena, and pays for it; QUELL_LIMIT when it is longer than
 * LIMIT_CEL_TEXT_BYTES. */
enum quell_code evaluation_text(struct evaluation *e, const struct node *node,
                                struct quell_str text, struct quell_value *made) QUELL_MUST_CHECK;

/* The same with what was built in `out`, which is freed; give it a size_max of EVALUATION_BUILT, so
 * that a longer text is noticed. */
enum { EVALUATION_BUILT = LIMIT_CEL_TEXT_BYTES + 1 };
enum quell_code evaluation_built(struct evaluation *e, const struct node *node, struct buf *out,
                                 struct quell_value *made) QUELL_MUST_CHECK;

/* Fails at the node's place; `return evaluation_fail(...)`. */
enum quell_code evaluation_fail(struct evaluation *e, const struct node *node, const char *format,
                                ...) __attribute__((format(printf, 3, 4)));
/* The same at another place. */
enum quell_code evaluation_fail_at(struct evaluation *e, struct place place, const char *format,
                                   ...) __attribute__((format(printf, 3, 4)));
enum quell_code evaluation_limit(struct evaluation *e, const struct node *node, const char *format,
                                 ...) __attribute__((format(printf, 3, 4)));
/* Says what may be done about the fault just set; gives QUELL_INVALID. */
enum quell_code evaluation_help(struct evaluation *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A node's value (macros). */
enum quell_code evaluation_value(struct evaluation *e, const struct node *node,
                                 struct quell_value *value) QUELL_MUST_CHECK;
/* Binds a macro's variable. */
void evaluation_bind(struct evaluation *e, size_t slot, struct quell_value value);

/* One as optional.of() makes it, an unknown itself for an unknown; QUELL_LIMIT when there is no
 * memory for it. */
enum quell_code evaluation_optional(struct evaluation *e, const struct node *node,
                                    struct quell_value value,
                                    struct quell_value *made) QUELL_MUST_CHECK;

/* What an optional that is not empty holds; of a secret one it is secret, too. */
struct quell_value evaluation_held(struct quell_value optional);

/* How a value is shown in a message: short, secrets masked. */
struct quell_str evaluation_show(struct evaluation *e, struct quell_value value);

/* "a string", "an int", "null": for messages. */
const char *type_with_article(struct quell_value value);

#endif
