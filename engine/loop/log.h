/*
 * log.h - what operators read: one line on standard error, text on a terminal, JSON elsewhere when
 * asked for. Control bytes are escaped; secrets never come here.
 */
#ifndef LOOP_LOG_H
#define LOOP_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `fields` is a printf format of `key=value` pairs or a plain sentence. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines above this level are dropped; process-wide, set once at start. */
void log_set(enum log_level most, int json);

#endif
