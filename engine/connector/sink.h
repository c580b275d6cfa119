/*
 * sink.h - text on its way into another language: encoded so that it stays one value there, or
 * refused where nothing can be encoded (headers, mail addresses).
 */
#ifndef CONNECTOR_SINK_H
#define CONNECTOR_SINK_H

#include <stdbool.h>

#include <quell/connector.h>
#include <quell/error.h>
#include <quell/value.h>

struct arena;

bool sink_known(const char *name);
/* One value for a sink: `path` a single segment, `query` a value, `header` its text, `html` and
 * `markdown` running text, `url` a whole http(s) URL, `kql` and `json` the inside of a string
 * literal, `mail-address` one address. QUELL_INVALID when it cannot be one. */
enum quell_code sink_escape(struct arena *arena, const char *name, struct quell_str text,
                            struct quell_str *escaped, struct quell_error *err) QUELL_MUST_CHECK;
/* Inputs whose sink can only refuse, checked before an action sees them. */
enum quell_code sink_check_inputs(struct arena *arena, const struct quell_field *inputs,
                                  struct quell_value input,
                                  struct quell_error *err) QUELL_MUST_CHECK;

#endif
