/*
 * store.c - finding the back end of a URL, and what all of them share. Knows none by name but the
 * default for plain paths.
 */
#include "store/store.h"

#include <assert.h>

#include "base/error.h"
#include "base/str.h"

#define STORE(name) extern const struct store_kind store_##name;
#include "store/stores.def"
#undef STORE

const struct store_kind *const store_kinds[] = {
#define STORE(name) &store_##name,
#include "store/stores.def"
#undef STORE
    NULL,
};

/* What a text without a scheme is. */
#define DEFAULT_SCHEME "sqlite"

/* Letters and digits before a colon; `./a:b` and `/a:b` are paths. */
static bool has_scheme(struct quell_str url, struct quell_str *scheme, struct quell_str *rest)
{
    struct quell_str head, tail;
    size_t i;

    if (!str_cut(url, ':', &head, &tail) || head.len == 0)
        return false;
    for (i = 0; i < head.len; i++) {
        char c = head.data[i];

        if (!((c >= 'a' && c <= 'z') || (i > 0 && c >= '0' && c <= '9')))
            return false;
    }
    *scheme = head;
    *rest = tail;
    return true;
}

enum quell_code store_open(struct quell_str url, enum store_mode mode, struct store **store,
                           struct quell_error *err)
{
    struct quell_str scheme = QUELL_STR(DEFAULT_SCHEME), rest = url;
    const struct store_kind *const *kind;

    (void)has_scheme(url, &scheme, &rest); /* without one, the defaults above stay */
    for (kind = store_kinds; *kind; kind++) {
        if (str_is(scheme, (*kind)->scheme))
            return (*kind)->open(rest, mode, store, err);
    }
    return error_set(err, QUELL_INVALID, "unknown kind of store `%.*s`", QUELL_ARG(scheme));
}

struct quell_str store_path(struct quell_str url)
{
    struct quell_str scheme = QUELL_STR(DEFAULT_SCHEME), rest = url;
    const struct store_kind *const *kind;

    (void)has_scheme(url, &scheme, &rest); /* without one, the defaults above stay */
    for (kind = store_kinds; *kind; kind++) {
        if (str_is(scheme, (*kind)->scheme) && (*kind)->persists)
            return rest;
    }
    return QUELL_STR("");
}

enum quell_code store_reader(struct store *writer, struct store **reader, struct quell_error *err)
{
    return writer->kind->reader(writer, reader, err);
}

void store_close(struct store *store)
{
    if (store)
        store->kind->close(store);
}

enum quell_code store_check(const struct store_batch *batch, struct quell_error *err)
{
    size_t i;

    for (i = 0; i < batch->incident_count; i++) {
        if (batch->incidents[i].id.len == 0)
            return error_set(err, QUELL_INVALID, "an incident without an id");
    }
    for (i = 0; i < batch->delivery_count; i++) {
        if (batch->deliveries[i].hook.len == 0 || batch->deliveries[i].id.len == 0)
            return error_set(err, QUELL_INVALID, "a delivery without a hook or an id");
    }
    for (i = 0; i < batch->revision_count; i++) {
        if (batch->revisions[i].revision.len == 0)
            return error_set(err, QUELL_INVALID, "a playbook without a revision");
    }
    for (i = 0; i < batch->run_count; i++) {
        if (batch->runs[i].id.len == 0)
            return error_set(err, QUELL_INVALID, "a run without an id");
    }
    for (i = 0; i < batch->event_count; i++) {
        const struct store_event *event = &batch->events[i];

        if (event->run.len == 0 || event->seq < 1 || event->seq > INT64_MAX)
            return error_set(err, QUELL_INVALID, "an event without a run or out of order");
    }
    for (i = 0; i < batch->mark_count; i++) {
        if (batch->marks[i].scope.len == 0 || batch->marks[i].key.len == 0)
            return error_set(err, QUELL_INVALID, "a mark without a scope or a key");
    }
    for (i = 0; i < batch->refusal_count; i++) {
        if (batch->refusals[i].id.len == 0)
            return error_set(err, QUELL_INVALID, "a refusal without an id");
    }
    for (i = 0; i < batch->audit_count; i++) {
        if (batch->audits[i].id.len == 0 || batch->audits[i].what.len == 0)
            return error_set(err, QUELL_INVALID, "an audit row without an id or a kind");
    }
    return QUELL_OK;
}
