/*
 * declared_parts.h - what a declared action is made of; shared by the loader's files and
 * declared.c. Private to them. Everything lives in the registry's arena and is immutable.
 */
#ifndef CONNECTOR_DECLARED_PARTS_H
#define CONNECTOR_DECLARED_PARTS_H

#include <stdbool.h>

#include <quell/connector.h>

#include "base/diag.h"
#include "cel/cel.h"
#include "value/yaml.h"

struct arena;

/* ---- compiled --------------------------------------------------------------------------------*/

/* A piece of a path: fixed text, or an expression whose value is escaped on its own, so that it can
 * never leave its segment. */
struct declared_part {
    struct quell_str text;
    const struct cel *expr; /* NULL: text */
};

struct declared_pair {
    const char *name;
    const struct cel_template *text;
};

struct declared_request {
    const char *method;
    bool changes;
    const struct cel_template *resource; /* a whole path as data, or NULL */
    const struct quell_str *shape;       /* its segments; `*` = any one */
    size_t shape_count;
    const struct declared_part *path;
    size_t path_count;
    const struct declared_pair *query, *headers;
    size_t query_count, header_count;
    const struct cel_tree *json; /* NULL: no body */
};

/* The first rule that fits decides; 0 and empty fit all. */
struct declared_rule {
    int status;
    struct quell_str word; /* the service's own code in the answer */
    enum quell_code code;
    bool again;
};

struct declared_answer {
    const int *ok; /* 0-ended; NULL = 200 to 299 */
    const struct cel_tree *output;
};

struct declared_settle {
    struct declared_request request;
    struct declared_answer answer;
    const struct cel *happened; /* NULL: an answer that is ok says that it happened */
};

struct declared_action {
    struct declared_request request;
    struct declared_answer answer;
    const struct declared_rule *rules;
    size_t rule_count;
    const struct declared_settle *settle; /* NULL = none */
};

quell_turn_fn declared_turn, declared_settle_turn; /* declared.c */

/* ---- loading ---------------------------------------------------------------------------------*/

struct loading {
    struct arena *arena;
    struct diag_list diags;
};

#define FAULT "QL501" /* what is wrong in a connector's file */

/* What the expressions of one text may name. */
struct declared_scope {
    const struct quell_field *inputs, *outputs, *settings; /* NULL: not in scope */
    bool reply;
};

/* declared_fields.c: the tables of the format itself, and tables made of a file's declarations. */
extern const struct quell_field declared_head_fields[], declared_action_fields[];
const struct quell_field *declared_table(struct loading *in, const struct yaml_node *map);
const char *declared_text(struct loading *in, const struct yaml_node *map, const char *key);
const char *const *declared_texts(struct loading *in, const struct yaml_node *list);

/* declared_request.c: requests, answers and expressions. Faults become diagnostics. */
void declared_check_expression(struct loading *in, const struct yaml_node *node,
                               const struct declared_scope *scope, const struct cel **expr);
struct declared_request declared_request(struct loading *in, const struct yaml_node *map,
                                         const struct declared_scope *scope, bool changes);
struct declared_answer declared_answer(struct loading *in, const struct yaml_node *ok,
                                       const struct yaml_node *output,
                                       const struct declared_scope *scope);

#endif
