/*
 * halt.h - the kill switch's text: which changes may not be sent. The file that holds it is the
 * truth; core/halt.c reads it, cli/ and core/ write it.
 *
 * A line is a JSON object {"what": "everything|connector|playbook", "name", "reads", "by", "at",
 * "reason"}. Whatever is no such line halts everything, so that an empty file does, and any text
 * that a person puts there.
 */
#ifndef POLICY_HALT_H
#define POLICY_HALT_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;

enum halt_what { HALT_EVERYTHING, HALT_CONNECTOR, HALT_PLAYBOOK };

struct halt_rule {
    enum halt_what what;
    struct quell_str name;           /* of a connector or a connection of it, or a playbook's id */
    bool reads;                      /* reads may not be sent, either */
    struct quell_str by, at, reason; /* for people; may be empty */
};

struct halt_rules {
    const struct halt_rule *items;
    size_t count; /* 0: nothing is halted */
};

/* What is about to be sent. */
struct halt_subject {
    struct quell_str playbook, connector, connection; /* connection: its name, or empty */
    bool changes;
};

/* "everything", "connector", "playbook". */
const char *halt_word(enum halt_what what);
bool halt_what_of(struct quell_str word, enum halt_what *what);
/* Texts are copied to `arena`. An existing text always has a rule. */
struct halt_rules halt_read(struct arena *arena, struct quell_str text);
/* The rule that stops it, or NULL. */
const struct halt_rule *halt_stops(const struct halt_rules *rules,
                                   const struct halt_subject *subject);
bool halt_same(const struct halt_rule *a, const struct halt_rule *b); /* what, name and reads */
/* The rule as a line, with its line feed. */
struct quell_str halt_line(struct arena *arena, const struct halt_rule *rule);
/* The text without the lines that halt this, whether reads or not; everything: an empty text. */
struct quell_str halt_without(struct arena *arena, struct quell_str text, enum halt_what what,
                              struct quell_str name);

#endif
