/*
 * condition.h - a compiled line of `match`: a field path and the tests that must all hold.
 *
 * Internal to match/: load.c makes conditions, judge.c judges them, report.c shows them.
 */
#ifndef MATCH_CONDITION_H
#define MATCH_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include <quell/connector.h>
#include <quell/value.h>

#include "base/diag.h"
#include "base/cidr.h"
#include "match/match.h"
#include "match/regex.h"
#include "value/path.h"

struct cel;
struct cel_scope;

/* What a field holds (of a list: what its items are), as far as the field table knows. */
enum subject {
    SUBJECT_TEXT = 1,
    SUBJECT_ENUM = 2,   /* one of `words` */
    SUBJECT_RANK = 4,   /* one of `words`, which ascend */
    SUBJECT_NUMBER = 8, /* int or double */
    SUBJECT_BOOL = 16,  /* true or false */
    SUBJECT_TIME = 32,  /* a timestamp */
    SUBJECT_ITEM = 64,  /* a map; compared by its `name` */
    SUBJECT_ANY = 128,  /* not known: something below `raw` */
    SUBJECT_ALL = 255,
};

struct field_view {
    enum subject subject;
    const char *const *words; /* NULL-ended, or NULL */
};

enum operator_id {
#define OPERATOR(id, keyword, quantifier, operand, subjects, doc, example) OPERATOR_##id,
#include "match/operators.def"
#undef OPERATOR
    OPERATORS
};

enum quantifier {
    SOME,     /* holds for one element */
    NONE,     /* holds for no element; an unknown one makes it undetermined */
    EVERY,    /* there is an element, and it holds for all */
    WHOLE,    /* asks whether there is anything; never undetermined */
    OPPOSITE, /* the opposite of nested tests */
    MODIFIER, /* no test by itself */
};

enum operand_kind {
    EQUAL,  /* a value of the field's own type, or a list of them */
    TEXT,   /* a text or a list of texts */
    REGEX,  /* a pattern or a list of patterns */
    ORDER,  /* a rank, number or time */
    RANGE,  /* a CIDR range or a list of them */
    AGE,    /* a duration */
    FLAG,   /* true or false */
    NESTED, /* a value, a list of values, or a map of operators */
    WORD,   /* `case` */
};

/* One operand, compiled. */
struct item {
    struct quell_value value; /* text, number, bool, time or duration */
    struct regex *regex;      /* REGEX only */
    bool is_range;            /* the text is a CIDR range or address, read into `range` */
    struct cidr range;
    int rank; /* index in the field's words, or -1 */
};

struct test {
    enum operator_id op;
    bool sensitive; /* compare texts with regard to case */
    bool wanted;    /* FLAG */
    struct field_view view;
    const struct item *items; /* literal operands */
    size_t count;
    const struct path *reference; /* `lists.x`, `config.x`: looked up when judged; or NULL */
    const struct test *inner;     /* NESTED */
    size_t inner_count;
};

struct condition {
    struct quell_str field; /* as written */
    struct path path;
    const struct test *tests; /* all must hold */
    size_t count;
    struct place place;     /* of the field's name in the playbook */
    struct quell_str where; /* "match.title", "unless.1.title" */
    struct quell_str text;  /* as people read it */
};

struct unless_entry {
    const struct condition *conditions; /* all must hold */
    size_t count;
    struct place place;
    struct quell_str where, text;
};

struct change;

struct trigger {
    enum match_subject subject;
    unsigned types; /* bit 1 << index in trigger_types */
    struct place types_place;
    struct quell_str types_text;
    const struct condition *match;
    size_t match_count;
    const struct unless_entry *unless;
    size_t unless_count;
    const struct change *changed;
    size_t changed_count;
    const struct cel *where;
    struct place where_place;
    struct quell_str where_text;
    struct regex **regexes; /* all of them, for trigger_free */
    size_t regex_count;
};

extern const char *const trigger_types[]; /* created updated closed, NULL-ended */

/* ---- operators ------------------------------------------------------------------------------ */

struct operator_row {
    const char *keyword;
    enum quantifier quantifier;
    enum operand_kind operand;
    unsigned subjects;
};
const struct operator_row *operator_row(enum operator_id op);
bool operator_find(struct quell_str keyword, enum operator_id *op);
struct quell_str operator_nearest(struct quell_str wrong); /* or empty */

/* ---- operands ------------------------------------------------------------------------------- */

/* Reads a value as an operand; false when it is none of the operator's kind for such a field.
 * Regexes are not compiled here. */
bool item_read(enum operator_id op, const struct field_view *view, struct quell_value value,
               struct item *item);
int view_rank(const struct field_view *view, struct quell_str word); /* -1: none of the words */

/* ---- judging -------------------------------------------------------------------------------- */

/* Why something is undetermined. */
enum why {
    WHY_NOTHING,
    WHY_ABSENT,
    WHY_MISMATCH,
    WHY_LIMIT,
    WHY_LONG,
    WHY_ELEMENTS,
    WHY_WORD,
    WHY_ADDRESS,
    WHY_REFERENCE,
    WHY_ENTRY,
    WHY_CLOCK,
};

struct judge {
    struct quell_value incident; /* or the alert, or the event */
    struct quell_value now;      /* of `older-than` and `newer-than`; null: its received_at */
    const struct cel_scope *scope;
    bool guard; /* inside `unless` or `not`: an absent field makes any condition undetermined */
};

struct outcome {
    enum match_verdict verdict;
    enum why why;
    const struct test *test; /* that decided, or NULL */
    bool has_seen;           /* one element decided: */
    struct quell_value seen;
};

struct outcome condition_judge(const struct condition *condition, const struct judge *judge);

/* One element against one operand. */
enum match_verdict element_judge(const struct test *test, const struct item *item,
                                 struct quell_value seen, const struct judge *judge, enum why *why);

/* ---- walking a path ------------------------------------------------------------------------- */

struct walk {
    bool (*each)(struct quell_value found, void *user); /* false ends the walk */
    void *user;
    bool flatten;   /* a list at the end is given item by item */
    size_t reached; /* values given */
    bool absent;    /* somewhere the path led to nothing, or to null */
    bool mismatch;  /* somewhere it led through a value that has no fields */
    bool over;      /* LIMIT_MATCH_ELEMENTS was reached */
};
void walk_path(struct walk *walk, const struct path *path, struct quell_value root);

#endif
