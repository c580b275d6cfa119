/*
 * before.c - the version of an incident that came before: among those that are not on disk yet, or
 * in the store.
 */
#include "core/core.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/json.h"
#include "value/value.h"

static bool is_of(struct quell_value incident, struct quell_str source, struct quell_str source_id)
{
    return quell_str_equal(quell_get_str(incident, "source_id"), source_id) &&
           quell_str_equal(quell_get_str(incident, "source"), source);
}

/* What the store has is our own JSON: read as a document in our shape, its times are times again.
 */
static enum quell_code read_back(struct quell *engine, struct arena *arena, struct quell_str body,
                                 struct quell_value *incident, struct quell_error *err)
{
    struct quell_value received;
    struct incident made;
    enum quell_code code = json_read(arena, body, LIMIT_DOCUMENT_BYTES, &received, NULL, err);

    if (code)
        return code;
    code = incident_make(arena, QUELL_STR("quell"), received, QUELL_STR(""),
                         loop_now_us(engine->loop), &made, err);
    if (code == QUELL_OK)
        *incident = made.value;
    return code;
}

struct quell_value incident_before(struct quell *engine, struct arena *arena,
                                   struct quell_value incident)
{
    struct quell_str source = quell_get_str(incident, "source");
    struct quell_str source_id = quell_get_str(incident, "source_id");
    const struct submission *pending;
    struct store_incident found;
    struct quell_value before = quell_null();
    struct quell_error err;
    enum quell_code code;
    size_t i;

    if (source_id.len == 0)
        return quell_null();
    for (pending = engine->pending; pending; pending = pending->next) /* the newest first */
        for (i = pending->judged; i-- > 0;)
            if (is_of(pending->arrivals[i].incident, source, source_id))
                return value_copy(arena, pending->arrivals[i].incident);
    code =
        engine->reader->kind->incident_last(engine->reader, arena, source, source_id, &found, &err);
    if (code == QUELL_OK)
        code = read_back(engine, arena, found.body, &before, &err);
    if (code && code != QUELL_NOT_FOUND)
        log_line(LOG_LEVEL_WARNING, "incident=%.*s: its version before cannot be read: %s",
                 QUELL_ARG(source_id), err.message);
    return before;
}
