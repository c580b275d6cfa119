/*
 * json.h - strict JSON (RFC 8259) in and out.
 *
 * Strict: no duplicate keys, no invalid UTF-8, no lone surrogates, depth <= LIMIT_DEPTH, nothing
 * behind the value. Lossless: an integer in the int64 range is QUELL_INT; any other number keeps
 * its text (QUELL_DOUBLE with QUELL_VERBATIM) and is written back as it came.
 */
#ifndef VALUE_JSON_H
#define VALUE_JSON_H

#include <quell/error.h>
#include <quell/value.h>

struct arena;
struct buf;

/* Where the reader stopped; set on failure, 1-based, column in code points. */
struct json_place {
    size_t offset, line, column;
};

/* Reads one document. The value lives in `arena` (the text is copied once, strings point into the
 * copy), so `text` may go. Fails with QUELL_INVALID or QUELL_LIMIT; the message names line and
 * column. `place` may be NULL; size_max 0 is LIMIT_DOCUMENT_BYTES. */
enum quell_code json_read(struct arena *arena, struct quell_str text, size_t size_max,
                          struct quell_value *value, struct json_place *place,
                          struct quell_error *err) QUELL_MUST_CHECK;

/* Reads back what json_write wrote (journals, cassettes): the same rules, with the limits
 * LIMIT_OWN_DEPTH and LIMIT_OWN_JSON_BYTES, because we wrap foreign documents in our own. */
enum quell_code json_read_own(struct arena *arena, struct quell_str text, struct quell_value *value,
                              struct quell_error *err) QUELL_MUST_CHECK;

enum json_style {
    JSON_COMPACT = 0,
    JSON_PRETTY = 1,  /* two blanks, one key a line */
    JSON_SECRETS = 2, /* for the wire only: secrets are written as they are, not as *** */
};

/* Writes a value. Bytes become base64 text, times RFC 3339, durations `5s`, types their name, an
 * unknown {"unknown": why}, a none optional null, NaN and infinities null; keys that are no strings
 * their text. Deeper than LIMIT_OWN_DEPTH: the buffer is over. */
void json_write(struct buf *out, struct quell_value value, enum json_style style);
struct quell_str json_text(struct arena *arena, struct quell_value value, enum json_style style);
void json_write_string(struct buf *out, struct quell_str text); /* with quotes */

#endif
