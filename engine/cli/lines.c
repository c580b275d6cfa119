/*
 * lines.c - JSON lines in and out, as they come.
 */
#include "cli/lines.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/command.h"
#include "value/json.h"
#include "value/value.h"

static struct quell_value fault(struct arena *arena, const char *message)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "id", quell_null());
    map_add(&map, "error", value_copy_str(arena, quell_str_of(message)));
    return map_made(&map);
}

static void write_line(struct quell_value value)
{
    struct buf out = {0};

    json_write(&out, value, JSON_COMPACT);
    buf_add_char(&out, '\n');
    (void)fwrite(out.data, 1, out.len, stdout); /* ferror() is asked at the end */
    buf_free(&out);
}

static void answer_line(struct quell_str line,
                        struct quell_value (*answer)(struct arena *arena, struct quell_value line))
{
    struct arena *arena = arena_new(0);
    struct quell_value object;
    struct quell_error err = {0};

    if (json_read(arena, line, LIMIT_DOCUMENT_BYTES, &object, NULL, &err))
        write_line(fault(arena, err.message));
    else if (!quell_is(object, QUELL_MAP))
        write_line(fault(arena, "the line is no JSON object"));
    else
        write_line(answer(arena, object));
    arena_free(arena);
}

static void answer_long(size_t most)
{
    struct arena *arena = arena_new(0);

    write_line(fault(arena, arena_format(arena, "the line is longer than %zu bytes", most).data));
    arena_free(arena);
}

/* The next line without its end; what is behind the buffer's cap is read and dropped. False at the
 * end. */
static bool read_line(struct buf *line)
{
    int c = 0;

    buf_reset(line);
    while ((c = getc_unlocked(stdin)) != EOF && c != '\n')
        buf_add_char(line, (char)c);
    return c != EOF || line->len > 0;
}

int answer_lines(struct quell_value (*answer)(struct arena *arena, struct quell_value line))
{
    struct buf line = {.size_max = LIMIT_DOCUMENT_BYTES};

    while (read_line(&line)) {
        struct quell_str text = str_trim(buf_str(&line));
        if (buf_over(&line))
            answer_long(line.size_max);
        else if (text.len)
            answer_line(text, answer);
    }
    buf_free(&line);
    if (ferror(stdin) || fflush(stdout) || ferror(stdout)) {
        struct quell_error err = {0};
        (void)error_set(&err, QUELL_IO, "standard input or output failed");
        return fail(&err);
    }
    return EXIT_DONE;
}
