/*
 * manifest.h - whether a connector says what it must say, and its actions as people read them.
 */
#ifndef CONNECTOR_MANIFEST_H
#define CONNECTOR_MANIFEST_H

#include <quell/connector.h>
#include <quell/error.h>

struct arena;

/* Names, field tables, targets, undo, the example: everything that the engine later trusts. The
 * error names the action and the field. */
enum quell_code manifest_check(const struct quell_connector *connector,
                               struct quell_error *err) QUELL_MUST_CHECK;

/* The words of the enums, as manifests and `actions` spell them. */
const char *manifest_effect(enum quell_effect effect);
const char *manifest_repeat(enum quell_repeat repeat);

#endif
