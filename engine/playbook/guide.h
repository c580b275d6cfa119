/*
 * guide.h - what the reference page, editors and tests need beside the field tables: the parts of
 * the language in the order in which they are explained, and an example of each keyword.
 *
 * An example is the smallest text that shows its keyword at work. One that begins with `quell:` is
 * a whole playbook, one that begins with `-` is the list under `steps:`, any other one stands at
 * the top level; guide_complete() adds what is missing. tests/unit/core/test_examples.c lints and
 * runs every one, and fails when a keyword has none.
 */
#ifndef PLAYBOOK_GUIDE_H
#define PLAYBOOK_GUIDE_H

#include <stddef.h>

#include <quell/connector.h>

struct arena;

/* A table of keywords that stand together. */
struct guide_part {
    const char *name;                 /* "on.incident"; "top" and "step" for the two large ones */
    const char *where;                /* where its keywords stand, as people say it */
    const struct quell_field *fields; /* the table */
};
const struct guide_part *guide_parts(size_t *count);

struct guide_example {
    const char *part, *keyword;
    const char *ends; /* the state of the run that it makes: "succeeded"; "" = none begins */
    const char *text;
};
const struct guide_example *guide_examples(size_t *count);
/* The example of a keyword, or NULL. */
const struct guide_example *guide_example(const char *part, const char *keyword);

/* The example as a playbook that loads, or several with a line `===` between them; in `arena`. */
struct quell_str guide_complete(struct arena *arena, const char *text);

#endif
