/*
 * load.h - from YAML to conditions; internal to match/.
 */
#ifndef MATCH_LOAD_H
#define MATCH_LOAD_H

#include "base/diag.h"
#include "match/condition.h"
#include "value/yaml.h"

struct arena;

struct loader {
    struct arena *arena;
    enum match_subject subject;
    const struct quell_field *fields; /* of the subject; NULL: not known */
    struct diag_list *diags;
    struct regex **regexes; /* all that were compiled, in `arena` */
    size_t regex_count, regex_cap;
};

/* Loads `field: condition`. `prefix` is what its `where` begins with: "match" or "unless.1".
 * Faults become diagnostics; the condition is then of no use. */
void load_condition(struct loader *loader, const struct yaml_pair *pair, struct quell_str prefix,
                    struct condition *condition);

/* Finds the field of a path; false after a diagnostic when there is none. */
bool load_view(struct loader *loader, const struct yaml_node *key, const struct path *path,
               struct field_view *view);

/* Cut to `max` bytes, between characters, with an ellipsis when something is missing; a copy in
 * `arena`, or `text` itself when it is short enough. */
struct quell_str text_cut(struct arena *arena, struct quell_str text, size_t max);

/* The tests as people read them. */
struct quell_str tests_text(struct arena *arena, struct quell_str field, const struct test *tests,
                            size_t count);

#endif
