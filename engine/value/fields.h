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
struct quell_value fields_schema(struct arena *arena, const struct quell_field *table);

#endif
