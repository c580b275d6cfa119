/*
 * declared.h - connectors written as YAML: docs/connectors.md has the format.
 */
#ifndef CONNECTOR_DECLARED_H
#define CONNECTOR_DECLARED_H

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

struct arena;

/* Makes a connector of a file's text. Everything lives in `arena`. Errors name file, line and
 * column: "file:3:5: unknown key ..." with the number of further faults. */
enum quell_code declared_load(struct arena *arena, struct quell_str file, struct quell_str text,
                              const struct quell_connector **connector,
                              struct quell_error *err) QUELL_MUST_CHECK;
/* Whether a text that was loaded says that it takes the place of a connector of its name. */
bool declared_replaces(struct quell_str text);

#endif
