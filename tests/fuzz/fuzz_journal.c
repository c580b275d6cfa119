/*
 * fuzz_journal.c - any bytes as a journal's line: refused with a message, or an event whose written
 * form is read back the same. Secrets that a line claims are still marked after that.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "journal/event.h"
#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise)
        abort();
}

static void write_and_read(struct arena *arena, const struct event *event)
{
    struct quell_str text = event_write(arena, event);
    struct event again;
    struct quell_error err;

    require(event_read(arena, text, &again, &err) == QUELL_OK);
    require(again.seq == event->seq && again.at_us == event->at_us && again.kind == event->kind);
    require(quell_str_equal(again.path, event->path));
    require(value_has_secret(again.data) == value_has_secret(event->data));
    /* The bytes say what values are: NaN, which equals nothing, is told apart from a loss. */
    require(quell_str_equal(event_write(arena, &again), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size};
    struct quell_error err = {0};
    struct event event;
    enum quell_code code = event_read(arena, text, &event, &err);

    if (code)
        require(err.message[0] != '\0');
    else
        write_and_read(arena, &event);
    arena_free(arena);
    return 0;
}
