/*
 * log.c - one line on standard error for operators. Does not rotate, filter by part or buffer: a
 * line is one write, so lines of several threads and processes never mix.
 */
#include "loop/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/when.h"
#include "loop/loop.h"

/* The one exception to "no globals": standard error is the process's too, and lines must be
 * possible where no engine is at hand. */
static atomic_int most_level = LOG_LEVEL_INFO;
static atomic_bool as_json;

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

/* Characters that change how the line around them looks. */
static bool turns_direction(uint32_t code_point)
{
    return (code_point >= 0x202A && code_point <= 0x202E) ||
           (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0x200E ||
           code_point == 0x200F || code_point == 0x2028 || code_point == 0x2029;
}

static bool is_control(uint32_t code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
}

void log_escape(struct buf *out, const char *text)
{
    struct quell_str str = quell_str_of(text);
    size_t at = 0;

    while (at < str.len) {
        uint32_t code_point = 0;
        size_t len = utf8_read(str, at, &code_point);

        if (len == 0) {
            buf_add_format(out, "\\x%02x", (unsigned char)str.data[at]);
            len = 1;
        } else if (is_control(code_point)) {
            buf_add_format(out, "\\x%02x", (unsigned)code_point);
        } else if (turns_direction(code_point)) {
            buf_add_format(out, "\\u%04x", (unsigned)code_point);
        } else {
            buf_add(out, str.data + at, len);
        }
        at += len;
    }
}

/* What was escaped holds no control bytes any more, so quotes and backslashes are all that is left.
 */
static void add_json_text(struct buf *out, struct quell_str text)
{
    size_t i;

    buf_add_char(out, '"');
    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, text.data[i]);
    }
    buf_add_char(out, '"');
}

static void add_time(struct buf *out, int64_t now_us)
{
    struct when now = when_from_us(now_us);
    struct when_parts parts = when_split(now, 0);

    buf_add_format(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.year, parts.month, parts.day,
                   parts.hour, parts.minute, parts.second, (int)(now.nanos / 1000000));
}

static void write_whole(const char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(STDERR_FILENO, data, len);

        if (done <= 0)
            return; /* nobody reads: there is no better place to say so */
        data += done;
        len -= (size_t)done;
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    char message[LIMIT_LOG_BYTES];
    struct buf text = {0}, line = {0};
    va_list list;
    int len;

    if ((int)level > atomic_load(&most_level))
        return;
    va_start(list, format);
    len = vsnprintf(message, sizeof message, format, list);
    va_end(list);
    if (len < 0)
        return; /* no message to show: the format itself is broken, which -Wformat forbids */
    log_escape(&text, message);
    if ((size_t)len >= sizeof message)
        buf_add_text(&text, "...");
    if (atomic_load(&as_json)) {
        buf_add_text(&line, "{\"time\":\"");
        add_time(&line, clock_now_us());
        buf_add_format(&line, "\",\"level\":\"%s\",\"message\":", level_names[level]);
        add_json_text(&line, buf_str(&text));
        buf_add_text(&line, "}\n");
    } else {
        add_time(&line, clock_now_us());
        buf_add_format(&line, " %-7s ", level_names[level]);
        buf_add_str(&line, buf_str(&text));
        buf_add_char(&line, '\n');
    }
    write_whole(line.data, line.len);
    buf_free(&line);
    buf_free(&text);
}

void log_set(enum log_level most, int json)
{
    atomic_store(&most_level, (int)most);
    atomic_store(&as_json, json != 0);
}
