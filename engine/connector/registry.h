/*
 * registry.h - which connectors there are: embedded ones, and those found in folders (declared
 * `.yaml`, native `.so`). One immutable set, made at start or reload and swapped whole.
 */
#ifndef CONNECTOR_REGISTRY_H
#define CONNECTOR_REGISTRY_H

#include <stddef.h>

#include <quell/connector.h>
#include <quell/error.h>

struct registry;

/* Loads the embedded connectors and those of `folders` (a later one may not reuse a name).
 * A faulty file is an error that names it and the place. Reference-counted: starts with one. */
enum quell_code registry_new(const char *const *folders, size_t count, struct registry **registry,
                             struct quell_error *err) QUELL_MUST_CHECK;
struct registry *registry_hold(struct registry *registry);
void registry_release(struct registry *registry);

/* NULL-ended, sorted by name. */
const struct quell_connector *const *registry_connectors(const struct registry *registry);
/* "defender.isolate-device"; NULL when there is none. */
const struct quell_action *registry_action(const struct registry *registry, struct quell_str name,
                                           const struct quell_connector **connector);
/* A manifest as `actions -o json` prints it. */
struct arena;
struct quell_value registry_describe(struct arena *arena, const struct quell_connector *connector,
                                     const struct quell_action *action);

#endif
