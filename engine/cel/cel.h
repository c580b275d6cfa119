/*
 * cel.h - expressions: parse once, evaluate often, within a budget of steps and memory.
 *
 * CEL as in github.com/google/cel-spec, without protobuf. A parsed expression is immutable and
 * lives in the arena it was parsed into. Unknown values (plans) flow through: `false && unknown` is
 * false, `unknown + 1` is unknown. Comparisons, maps and texts follow value/value.h.
 */
#ifndef CEL_CEL_H
#define CEL_CEL_H

#include <stdbool.h>

#include <quell/error.h>
#include <quell/value.h>

#include "base/diag.h"

struct arena;
struct cel; /* a parsed expression */
struct quell_field;

/* A fault in an expression: where (bytes in its text) and what. */
struct cel_fault {
    struct place place;
    char message[240];
    char help[160]; /* may be empty */
};

/* Parses a whole text. On failure QUELL_INVALID (or QUELL_LIMIT) and *fault. The text is copied. */
enum quell_code cel_parse(struct arena *arena, struct quell_str text, const struct cel **expr,
                          struct cel_fault *fault) QUELL_MUST_CHECK;

/* What playbooks do not have, but CEL has: for `quell eval --jsonl` and tests. All borrowed. */
struct cel_options {
    /* Names are looked for in it, then in what holds it: of `a.b` in `x.y` these are x.y.a.b,
     * x.a.b, a.b. A name that begins with a dot is looked for outside of it only. */
    struct quell_str container;
    bool dotted; /* variables may have dots in their names: the longest that is there counts */
    bool late;   /* a function that nobody knows is a fault only when it is called */
};
enum quell_code cel_parse_with(struct arena *arena, struct quell_str text,
                               const struct cel_options *options, const struct cel **expr,
                               struct cel_fault *fault) QUELL_MUST_CHECK;
struct quell_str cel_source(const struct cel *expr);

/* The roots and steps an expression names, for the checker: `steps.contain.output` is reported as
 * root "steps", path ["contain", "output"]; `optional` when a `.?` stands before the last known
 * name or inside has(). A variable bound by a macro is not reported. */
struct cel_reference {
    struct quell_str root;
    const struct quell_str *path;
    size_t count;
    bool optional;
    struct place place;         /* of the whole reference in the expression's text */
    const struct place *places; /* of each path name; count entries */
};
void cel_references(const struct cel *expr, void (*each)(const struct cel_reference *, void *user),
                    void *user);

/* Where a text ends. In markup, what comes from data is encoded; the author's own literals, and
 * what functions made as such markup, are not. */
enum cel_sink { CEL_PLAIN, CEL_HTML, CEL_MARKDOWN, CEL_SINKS };
/* By the name that a field table has; NULL and all others are CEL_PLAIN. */
enum cel_sink cel_sink_of(const char *name);

/* Variables of an evaluation: a chain of scopes, innermost first. */
struct cel_scope {
    struct quell_value vars; /* a map of names */
    const struct cel_scope *outer;
};

/* Evaluates. The result lives in `arena` or is borrowed from the variables. Failure: QUELL_INVALID
 * (no such key, type error ...) or QUELL_LIMIT, with *fault pointing into the expression. */
enum quell_code cel_eval(const struct cel *expr, const struct cel_scope *scope, struct arena *arena,
                         struct quell_value *value, struct cel_fault *fault) QUELL_MUST_CHECK;

/* ---- templates: text with ${{ }} ---------------------------------------------------------------
 * A template that is exactly one ${{ e }} keeps the type of e; otherwise the parts are joined as
 * text. The end of an expression is found by the lexer. A result is never scanned again. `$${{`
 * is not special. An unknown makes the whole text unknown: what is known of it, with <why> in the
 * place of what is not, so that a plan can be read (only why, when there is a secret in it). */
struct cel_template;

enum quell_code cel_template_parse(struct arena *arena, struct quell_str text,
                                   const struct cel_template **made,
                                   struct cel_fault *fault) QUELL_MUST_CHECK;
/* One that ends in a sink: each expression is encoded for it, whether it is joined or all of it. */
enum quell_code cel_template_parse_for(struct arena *arena, struct quell_str text,
                                       enum cel_sink sink, const struct cel_template **made,
                                       struct cel_fault *fault) QUELL_MUST_CHECK;
bool cel_template_is_constant(const struct cel_template *made); /* no expression in it */
enum quell_code cel_template_eval(const struct cel_template *made, const struct cel_scope *scope,
                                  struct arena *arena, struct quell_value *value,
                                  struct cel_fault *fault) QUELL_MUST_CHECK;
/* Each expression in it, with the offset of its text inside the template. */
void cel_template_each(const struct cel_template *made,
                       void (*each)(const struct cel *expr, size_t offset, void *user), void *user);
/* The text of each expression in a template, with its offset, also where one is no CEL: to say
 * everything that is wrong at once. *broken is a fault of this expression that even hides where its
 * parts end, else NULL. Fails when an expression is never closed; what stands before it was given.
 */
enum quell_code cel_template_scan(struct quell_str text,
                                  void (*each)(struct quell_str source, size_t offset,
                                               const struct cel_fault *broken, void *user),
                                  void *user, struct cel_fault *fault) QUELL_MUST_CHECK;
/* A whole value with templates in its texts (a step's `with`): parse once, evaluate often. What
 * holds no template is borrowed from the value it was made of. A fault's place is in the text that
 * it is about; its message begins with that text's path: "`targets[0].name`: no such key: `x`". */
struct cel_tree;
enum quell_code cel_tree_eval(const struct cel_tree *tree, const struct cel_scope *scope,
                              struct arena *arena, struct quell_value *value,
                              struct cel_fault *fault) QUELL_MUST_CHECK;
/* Parses every text inside `value`; the first fault ends it and *where is the text's own path. */
enum quell_code cel_tree_parse(struct arena *arena, struct quell_value value,
                               const struct cel_tree **tree, struct cel_fault *fault,
                               struct quell_str *where) QUELL_MUST_CHECK;
/* The same of inputs, whose table says where each of them ends. */
enum quell_code cel_tree_parse_for(struct arena *arena, struct quell_value value,
                                   const struct quell_field *fields, const struct cel_tree **tree,
                                   struct cel_fault *fault,
                                   struct quell_str *where) QUELL_MUST_CHECK;

/* Text of a value when joined into a template: strings as they are, numbers and bools as CEL's
 * string(), times RFC 3339, durations `5s`, lists and maps compact JSON, null empty; a secret stays
 * secret: the joined text gets the bit. */
struct quell_str cel_to_text(struct arena *arena, struct quell_value value);

/* ---- the function tables ------------------------------------------------------------------------
 * Rows of all functions, for docs, completion and "did you mean". */
struct cel_function_info {
    const char *name;
    const char *signature; /* "string.contains(string) -> bool" */
    const char *doc;
    const char *example; /* an expression ... */
    const char *result;  /* ... and its value, as CEL text */
};
const struct cel_function_info *cel_functions(size_t *count);

#endif
