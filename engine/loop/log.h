/*
 * log.h - what operators read: one line on standard error, as text, or as a JSON object when asked
 * for. Control bytes are escaped; secrets never come here. May be called from any thread.
 */
#ifndef LOOP_LOG_H
#define LOOP_LOG_H

struct buf;

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `format` is a printf format of `key=value` pairs or a plain sentence, without a line end. What is
 * longer than LIMIT_LOG_BYTES is cut and ends with `...`. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines above this level are dropped (INFO until it is called); process-wide, set once at start. */
void log_set(enum log_level most, int json);

/* Appends `text` as log lines show it: bytes that are no UTF-8 and control characters as \xNN, and
 * the invisible ones that turn the writing direction as \uNNNN. */
void log_escape(struct buf *out, const char *text);

#endif
