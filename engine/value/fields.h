/*
 * fields.h - field tables at work: check a value, fill defaults, mask secrets, suggest names, write
 * a table as a value (for `actions -o json`) and as JSON Schema.
 *
 * The table itself, struct quell_field, is public: <quell/connector.h>.
 */
#ifndef VALUE_FIELDS_H
#define VALUE_FIELDS_H

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

#include "base/diag.h"

struct arena;
struct yaml_node;

const struct quell_field *fields_find(const struct quell_field *table, struct quell_str name);
/* The nearest field name for a misspelt one, or empty. */
struct quell_str fields_nearest(const struct quell_field *table, struct quell_str wrong);
/* `string`, `list of string`, `full | selective`: a type as people read it. */
struct quell_str fields_type_text(struct arena *arena, const struct quell_field *field);

/* Checks a map against the table and gives a copy with defaults filled in (unknown values pass any
 * type check; coercions: int -> double, text -> timestamp/duration). Fails with QUELL_INVALID and
 * "`field`: what is wrong". */
enum quell_code fields_check(struct arena *arena, const struct quell_field *table,
                             struct quell_value map, struct quell_value *checked,
                             struct quell_error *err) QUELL_MUST_CHECK;

/* The same for a document: every fault becomes a diagnostic with its place: unknown key (with a
 * suggestion), missing key, wrong type, not one of. `open` nodes - texts that contain `${{` - are
 * taken as dynamic and skipped when `templates` is true. Codes: QL102 unknown key, QL103 missing,
 * QL104 wrong type. Returns true when no error was added. */
bool fields_check_node(struct diag_list *diags, const struct quell_field *table,
                       const struct yaml_node *map, bool templates);

struct quell_value fields_describe(struct arena *arena, const struct quell_field *table);

/* JSON Schema (draft 7) of a map of the table. A field of type any, list or map that has `fields`
 * holds maps of those; an any that has `words` beside them is one of the words or such a list. */
struct quell_value fields_schema(struct arena *arena, const struct quell_field *table);

struct fields_named {
    const struct quell_field *table; /* NULL ends a list of them */
    const char *name;
};
struct fields_schema_options {
    const struct fields_named
        *named;       /* tables that are `#/definitions/<name>` wherever they stand */
    bool templates;   /* what is not QUELL_CONSTANT may be a text with ${{ }} instead */
    uint32_t without; /* fields with one of these flags are left out */
};
struct quell_value fields_schema_with(struct arena *arena, const struct quell_field *table,
                                      const struct fields_schema_options *options);
/* The map for `definitions`: the schema of each named table. */
struct quell_value fields_definitions(struct arena *arena,
                                      const struct fields_schema_options *options);
/* Words as a list of texts. */
struct quell_value fields_words_value(struct arena *arena, const char *const *words);

#endif
