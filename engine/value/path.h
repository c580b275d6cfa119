/*
 * path.h - field paths: `entities.devices[0].name`, `alerts.title` (through lists: any element).
 */
#ifndef VALUE_PATH_H
#define VALUE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;

struct path_part {
    struct quell_str name; /* empty when it is an index */
    bool is_index;
    size_t index;
    bool any; /* `[]`: every element, said explicitly */
};

struct path {
    struct quell_str text;
    struct path_part *parts;
    size_t count;
};

/* Parses; names are letters, digits, `_`, `-`, or quoted: `raw["a.b"]`. Lives in `arena`. */
enum quell_code path_parse(struct arena *arena, struct quell_str text, struct path *path,
                           struct quell_error *err) QUELL_MUST_CHECK;

/* Calls `each` for every value the path reaches (a list in the middle fans out; a list at the end
 * is given whole); an absent field is not called for; an unknown value in the middle is called for
 * as it is. Stops when `each` returns false or after
 * LIMIT_MATCH_ELEMENTS. Returns how many were reached. */
size_t path_walk(const struct path *path, struct quell_value root,
                 bool (*each)(struct quell_value found, void *user), void *user);

/* Follows names without regard to ASCII case (Logic Apps payloads); null when absent. */
struct quell_value path_get_fold(struct quell_value root, const char *path);
struct quell_value path_get(struct quell_value root, const char *path);

#endif
