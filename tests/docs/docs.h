/*
 * docs.h - the pages of quell-docs: prose from tests/docs/<page>.in.md, in which a line that begins
 * with `@` stands for what the engine's tables say.
 */
#ifndef TESTS_DOCS_H
#define TESTS_DOCS_H

#include <stdbool.h>

#include <quell/connector.h>

/* A cell of a table: a bar would end it. */
void print_cell(struct quell_str text);
/* A sentence: with a capital and a full stop. */
void print_sentence(const char *text);
/* The text in a fence of its own. */
void print_yaml(const char *text);

/* What prints the lines behind `@`; false: there is no such one. */
typedef bool directive_fn(struct quell_str name, struct quell_str argument);
/* Prints the page; false, with a message, when something of it is not there. */
bool print_template(const char *page, directive_fn *directive);

/* An empty line, if the one before is none. */
void print_blank(void);

/* The section of a keyword. */
struct keyword {
    const char *title;  /* of its section, in back quotes: "approve.within" */
    const char *behind; /* what follows it in the title: " (step)" */
    const char *where;
    const char *example; /* or NULL */
};
void print_keyword(const struct quell_field *field, const struct keyword *keyword);
void print_link(const struct keyword *keyword);
/* The fields as rows of a table. */
void print_fields(const struct quell_field *table);

bool playbook_directive(struct quell_str name, struct quell_str argument);
/* The same of docs/access.md. */
bool access_directive(struct quell_str name, struct quell_str argument);
bool playbook_complete(void); /* every part has been printed */
void print_cel(void);
void print_dictionary(void);
/* The table's keys and words, for a fuzzer. */
void print_words(const struct quell_field *table);

#endif
