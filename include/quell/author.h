/*
 * quell/author.h - for authors and their tools: check a playbook's text, evaluate an expression.
 */
#ifndef QUELL_AUTHOR_H
#define QUELL_AUTHOR_H

#include <stdbool.h>

#include <quell/error.h>
#include <quell/quell.h>
#include <quell/value.h>

#ifdef __cplusplus
extern "C" {
#endif

enum quell_fix {
    QUELL_FIX_NONE,
    QUELL_FIX_SAFE,   /* edits that cannot change what is meant */
    QUELL_FIX_UNSAFE, /* the others, too */
};

struct quell_lint_options {
    bool color, ascii;  /* of what is rendered */
    enum quell_fix fix; /* files are rewritten: each whole, or not at all */
};

/* Checks playbook files and folders (NULL-ended; `engine` gives the connectors). Document:
 * {"files", "errors", "warnings", "fixed": edits that were made, "fixable", "fixable_unsafe":
 * faults that an edit would take away, "diagnostics": [{code, severity, file, line, column,
 * end_line, end_column, length, message, label, note, hint, fix: {safe, line, column, end_line,
 * end_column, text} or null}], "rules": as quell_rule() lists them, "rendered": text as people
 * read it}. Lines and columns count from 1, columns and lengths in code points; ends are exclusive.
 * QUELL_NOT_FOUND / QUELL_IO when a path cannot be read or written. */
enum quell_code quell_lint(struct quell *engine, const char *const *paths,
                           const struct quell_lint_options *options,
                           struct quell_document *document,
                           struct quell_error *err) QUELL_MUST_CHECK;

/* What a check is about: {"code", "severity", "sentence", "bad": the smallest text that earns it,
 * "good": the same without it}. Without a code (NULL) a list of all. QUELL_NOT_FOUND: there is no
 * such code. */
enum quell_code quell_rule(const char *code, struct quell_document *document,
                           struct quell_error *err) QUELL_MUST_CHECK;

/* The picture of a playbook (a file, or the id of a loaded one). `format`: "text", "ascii", "svg",
 * "dot" or "mermaid" give a text, "json" a map {playbook, name, width, height, nodes: [{id, part,
 * label, step, name, action, effect, condition, x, y, width, height, loop}], edges: [{from, to,
 * label, back}], loops: [{label, x, y, width, height}]} in cells of the text. QUELL_NOT_FOUND;
 * QUELL_INVALID: the playbook has errors (lint tells them), or there is no such format;
 * QUELL_LIMIT: too large a text. */
enum quell_code quell_graph(struct quell *engine, const char *playbook, const char *format,
                            struct quell_document *document,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* One way to lay out a playbook (or any YAML): indentation, order of keys, spacing; comments and
 * quotes stay, and what it means never changes. Document: {"text": how it should be, "changed":
 * bool, "diff": unified}. QUELL_INVALID: the text is no YAML; *rendered (if not NULL) is the
 * picture of its faults, in the document's memory. `name`: of the file, for people. */
enum quell_code quell_format(struct quell_str text, const char *name,
                             struct quell_document *document, struct quell_str *rendered,
                             struct quell_error *err) QUELL_MUST_CHECK;

/* The JSON Schema (draft 7) of a document, for editors: "playbook" (with the installed connectors)
 * or "config" (quell.yaml). Document: the schema. QUELL_NOT_FOUND: there is no such document. */
enum quell_code quell_schema(struct quell *engine, const char *which,
                             struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;

/* The policy of the workspace: {"path": of the file that says it, or null, "policy": {origin, caps,
 * fleet, protect, windows, disrupts}, each part with its origin, "figures": what was touched within
 * the last hour and day, for each cap that counts that; empty where no store can be read}. */
enum quell_code quell_policy(struct quell *engine, struct quell_document *document,
                             struct quell_error *err) QUELL_MUST_CHECK;

struct quell_policy_question {
    const char *target;                /* "device:dc01" */
    const char *playbook;              /* whose caps and approvals count, too; or NULL */
    struct quell_str incident, source; /* that may tell what the target is; or empty */
    bool approved;                     /* people agreed to it */
};
/* What would stand against a disrupting call with that target now: {"target": {kind, value},
 * "facts": what is known of it, "verdicts": [{verdict, reason, message, hard, until}], "verdict":
 * the worst of them: refused, held, unknown or allowed}. QUELL_INVALID: no such kind. */
enum quell_code quell_policy_check(struct quell *engine,
                                   const struct quell_policy_question *question,
                                   struct quell_document *document,
                                   struct quell_error *err) QUELL_MUST_CHECK;

/* ---- tests of playbooks: *.test.yaml ------------------------------------------------------------
 */

struct quell_test_options {
    const char *const *paths; /* NULL-ended files and folders; NULL: the configured playbooks' */
    const char *run;          /* only cases whose name this regular expression matches; or NULL */
    const char *const *only;  /* NULL-ended: "FILE\nNAME" of the cases to run; or NULL */
    bool color, ascii;        /* of what is rendered */
};
/* Runs them, each on a store of its own and a virtual clock; nothing leaves the house. Document:
 * {"files": [{file, playbook, faults, rendered, cases: [{name, line, status: passed | failed |
 * skipped, took_us, because, failures: [{message, expected: {file, line, column, label}, actual,
 * note, rendered}]}]}], "coverage": [{playbook, file, steps: {seen, all}, branches: {seen, all},
 * missed: [{line, what}]}], "passed", "failed", "skipped", "faults"}: `faults` counts files that
 * are no test documents, or whose playbook does not check; what is wrong is in their `rendered`. */
enum quell_code quell_test(struct quell *engine, const struct quell_test_options *options,
                           struct quell_document *document,
                           struct quell_error *err) QUELL_MUST_CHECK;

/* The JSON Schema (draft 7) of a test document, with the installed connectors' actions. */
enum quell_code quell_test_schema(struct quell *engine, struct quell_document *document,
                                  struct quell_error *err) QUELL_MUST_CHECK;

/* What a code of a test document's faults means, as quell_rule() has it. */
enum quell_code quell_test_rule(const char *code, struct quell_document *document,
                                struct quell_error *err) QUELL_MUST_CHECK;

struct quell_record_options {
    struct quell_str run;  /* its id, or the beginning of one */
    struct quell_str name; /* of the case; empty: made of the incident's title */
    bool keep_names;       /* names of machines, people and settings stay */
};
/* Writes a test from a stored run (the engine is open for reading): its incident, the outcomes of
 * its calls as mocks, what people said, and what came of it. Secrets are not in a journal; names of
 * machines, people and mailboxes of the incident and the texts of `config` are replaced, the same
 * name by the same word. Document: {"text", "playbook", "names": how many were replaced}. */
enum quell_code quell_test_record(struct quell *engine, const struct quell_record_options *options,
                                  struct quell_document *document,
                                  struct quell_error *err) QUELL_MUST_CHECK;

/* Checks one expression with `vars` (JSON object text or empty) and evaluates it. Document: the
 * value; *type (if not NULL) what the checker knew of it before: `list(int)`. On QUELL_INVALID
 * err->message is one line and *rendered (if not NULL) the picture of all faults with their carets.
 * Both texts are in the document's memory. */
enum quell_code quell_eval(struct quell_str expression, struct quell_str vars,
                           struct quell_document *document, struct quell_str *type,
                           struct quell_str *rendered, struct quell_error *err) QUELL_MUST_CHECK;

/* One case of CEL's conformance suite: {"id", "expr"} and, where they are wanted, "container",
 * "type_env": [{"name", "type"}], "bindings": {name: tagged value}, "flags": ["disable_check",
 * "check_only"]. Document: {"id", "value": tagged value, "type"} or {"id", "error"}, with the type
 * when only the evaluation failed. The tags are those of the suite: {"t": "int", "v": "42"}. CEL as
 * it is defined, not as playbooks have it: the type checker is strict, names may have dots. What it
 * refuses is an error; but a case without "flags" that has a value keeps it, with "problem". */
void quell_eval_case(struct quell_value test, struct quell_document *document);

/* Searches `text` with a regular expression as a `match` table does: PCRE2's syntax, its limits.
 * `flags` are letters: i (without regard to case), m (`^`, `$` at every line), s (`.` takes line
 * ends), x (blanks and comments). Document: {"match": true, false, or null when a limit left it
 * undecided, "groups": the named groups that took part, or the numbered ones when none has a name,
 * "why": one sentence}. QUELL_INVALID: the pattern or a flag is none; the message tells where. */
enum quell_code quell_match(struct quell_str regex, struct quell_str flags, struct quell_str text,
                            struct quell_document *document,
                            struct quell_error *err) QUELL_MUST_CHECK;

/* JSON text of a value: compact, or `pretty` with two blanks; secrets masked; in the document's
 * memory, NUL-terminated. */
struct quell_str quell_json(struct quell_document *document, bool pretty);

#ifdef __cplusplus
}
#endif
#endif
