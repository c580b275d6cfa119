/*
 * start.h - what starts a playbook and what may stop a start, as the loader leaves it.
 *
 * Part of struct playbook; core/ judges by it, the pure rules are policy/'s. An expression that is
 * absent has `expr` NULL.
 */
#ifndef PLAYBOOK_START_H
#define PLAYBOOK_START_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quell/value.h>

enum { PLAYBOOK_ORDER_DEFAULT = 1000 };

/* `connections`: the connection of a connector's steps that name none themselves. */
struct playbook_connection {
    struct quell_str connector, connection;
};

struct playbook_start {
    int64_t order; /* of the playbooks that match one event: smaller ones first */
    const struct playbook_connection *connections;
    size_t connection_count;
};

#endif
