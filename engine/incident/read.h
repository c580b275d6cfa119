/*
 * read.h - reading a sender's document by tables; internal to incident/.
 *
 * Incident-level fields are strict: one of another type is an error that names the sender's path.
 * Fields of alerts and entities are lenient: what is not understood is null (and stays in `raw`),
 * because one odd entity must not keep an incident out.
 */
#ifndef INCIDENT_READ_H
#define INCIDENT_READ_H

#include <stdbool.h>

#include <quell/error.h>
#include <quell/value.h>

#include "value/value.h"

struct reader {
    struct arena *arena;
    bool fold; /* names without regard to case, as Logic Apps takes them */
};

/* The value at a dotted path, or null. */
struct quell_value read_at(const struct reader *reader, struct quell_value root, const char *path);

/* Lenient: text, or a number's text; null for all else and for empty text. */
struct quell_value read_text(const struct reader *reader, struct quell_value root,
                             const char *path);
/* Lenient: a time (RFC 3339; without an offset it is UTC), or null. */
struct quell_value read_time(const struct reader *reader, struct quell_value root,
                             const char *path);
/* Lenient: the texts of a list, each once; anything else gives an empty list. Of a list longer than
 * LIMIT_INCIDENT_ITEMS one more than that, as they are. */
struct quell_value read_texts(const struct reader *reader, struct quell_value root,
                              const char *path);

/* Strict: a list, at most LIMIT_INCIDENT_ITEMS long and only of objects; null reads as empty. */
enum quell_code read_objects(const struct reader *reader, struct quell_value root, const char *path,
                             struct quell_value *list, struct quell_error *err) QUELL_MUST_CHECK;

enum read_kind { READ_TEXT, READ_TIME };

/* One field: `word`, if there, makes our word of the text. */
struct read_rule {
    const char *ours, *path;
    enum read_kind kind;
    struct quell_value (*word)(struct arena *arena, struct quell_value sent);
};

/* Reads a table (it ends with ours NULL) into `map`, strictly. Where two rows have the same name,
 * the second counts only when the first gave null. */
enum quell_code read_rules(const struct reader *reader, struct quell_value root,
                           const struct read_rule *rules, struct map_builder *map,
                           struct quell_error *err) QUELL_MUST_CHECK;

/* Adds a text to a list unless it is there already (without regard to ASCII case), is no text, or
 * the list has more than LIMIT_INCIDENT_ITEMS: such a list is refused when it is conformed. */
void read_add_text(struct list_builder *list, struct quell_value text);

#endif
