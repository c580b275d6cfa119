/*
 * sqlite_read.c - the queries. Each reads one snapshot: what was committed when it began.
 */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "store/sqlite.h"

static struct quell_str column_kept(struct arena *arena, sqlite3_stmt *statement, int index)
{
    return arena_str(arena, sqlite_column(statement, index));
}

/* ---- many rows -------------------------------------------------------------------------------*/

enum quell_code sqlite_events(struct store *handle, struct quell_str run, uint64_t after,
                              store_event_fn *each, void *user, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_EVENTS);
    enum quell_code code = QUELL_OK;
    int result;

    sqlite_bind_str(statement, 1, run);
    sqlite_bind_int(statement, 2, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct store_event event = {
            .run = sqlite_column(statement, 0),
            .seq = (uint64_t)sqlite3_column_int64(statement, 1),
            .at_us = sqlite3_column_int64(statement, 2),
            .kind = sqlite_column(statement, 3),
            .body = sqlite_column(statement, 4),
        };

        if (!each(&event, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, SQL_EVENTS, statement);
    return code;
}

/* The columns of a run; borrowed until the next step. */
static struct store_run run_row(sqlite3_stmt *statement)
{
    struct store_run run = {
        .id = sqlite_column(statement, 0),
        .playbook = sqlite_column(statement, 1),
        .revision = sqlite_column(statement, 2),
        .incident = sqlite_column(statement, 3),
        .title = sqlite_column(statement, 4),
        .state = sqlite_column(statement, 5),
        .mode = sqlite_column(statement, 6),
        .started_us = sqlite3_column_int64(statement, 7),
        .updated_us = sqlite3_column_int64(statement, 8),
        .ended_us = sqlite3_column_int64(statement, 9),
        .last_seq = (uint64_t)sqlite3_column_int64(statement, 10),
        .due_us = sqlite3_column_int64(statement, 11),
        .waits = sqlite_column(statement, 12),
    };

    return run;
}

/* Ids from the prefix on, before the first one that could not begin with it: texts are compared
 * bytewise, and no id holds a byte FF. */
static struct quell_str upper_bound(struct arena *arena, const struct store_query *query)
{
    char *text = arena_alloc(arena, query->prefix.len + 1);
    struct quell_str end = {text, query->prefix.len + 1};

    if (query->prefix.len > 0)
        memcpy(text, query->prefix.data, query->prefix.len);
    text[query->prefix.len] = '\xFF';
    if (query->before.len == 0)
        return end;
    return str_compare(query->before, end) < 0 ? query->before : end;
}

enum quell_code sqlite_runs(struct store *handle, const struct store_query *query,
                            store_run_fn *each, void *user, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    enum sql sql = query->active ? SQL_RUNS_ACTIVE : SQL_RUNS;
    sqlite3_stmt *statement = sqlite_take(store, sql);
    size_t limit = query->limit ? query->limit : STORE_QUERY_LIMIT;
    struct arena *scratch = arena_new(0);
    enum quell_code code = QUELL_OK;
    int result;

    sqlite_bind_str(statement, 1, query->prefix);
    sqlite_bind_str(statement, 2, upper_bound(scratch, query));
    sqlite_bind_str(statement, 3, query->state);
    sqlite_bind_str(statement, 4, query->playbook);
    sqlite_bind_int(statement, 5, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    sqlite_bind_str(statement, 6, query->incident);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct store_run run = run_row(statement);

        if (!each(&run, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, sql, statement);
    arena_free(scratch);
    return code;
}

/* ---- one row ---------------------------------------------------------------------------------*/

/* Steps to the only row; `what` and `id` say what is absent. */
static enum quell_code one(struct sqlite_store *store, sqlite3_stmt *statement, const char *what,
                           struct quell_str id, struct quell_error *err)
{
    int result = statement ? sqlite3_step(statement) : SQLITE_ERROR;

    if (result == SQLITE_ROW)
        return QUELL_OK;
    if (result == SQLITE_DONE)
        return error_set(err, QUELL_NOT_FOUND, "no %s %.*s", what, QUELL_ARG(id));
    return sqlite_refuse(store, err);
}

enum quell_code sqlite_run(struct store *handle, struct arena *arena, struct quell_str id,
                           struct store_run *run, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_RUN);
    enum quell_code code;

    sqlite_bind_str(statement, 1, id);
    code = one(store, statement, "run", id, err);
    if (!code) {
        *run = run_row(statement);
        run->id = arena_str(arena, run->id);
        run->playbook = arena_str(arena, run->playbook);
        run->revision = arena_str(arena, run->revision);
        run->incident = arena_str(arena, run->incident);
        run->title = arena_str(arena, run->title);
        run->state = arena_str(arena, run->state);
        run->mode = arena_str(arena, run->mode);
        run->waits = arena_str(arena, run->waits);
    }
    sqlite_give(store, SQL_RUN, statement);
    return code;
}

static struct store_incident incident_row(sqlite3_stmt *statement)
{
    return (struct store_incident){
        .id = sqlite_column(statement, 0),
        .received_us = sqlite3_column_int64(statement, 1),
        .source = sqlite_column(statement, 2),
        .source_id = sqlite_column(statement, 3),
        .title = sqlite_column(statement, 4),
        .severity = sqlite_column(statement, 5),
        .body = sqlite_column(statement, 6),
    };
}

static void keep_incident(struct arena *arena, sqlite3_stmt *statement,
                          struct store_incident *incident)
{
    incident->id = column_kept(arena, statement, 0);
    incident->received_us = sqlite3_column_int64(statement, 1);
    incident->source = column_kept(arena, statement, 2);
    incident->source_id = column_kept(arena, statement, 3);
    incident->title = column_kept(arena, statement, 4);
    incident->severity = column_kept(arena, statement, 5);
    incident->body = column_kept(arena, statement, 6);
}

enum quell_code sqlite_incident_last(struct store *handle, struct arena *arena,
                                     struct quell_str source, struct quell_str source_id,
                                     struct store_incident *incident, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_INCIDENT_LAST);
    enum quell_code code;

    sqlite_bind_str(statement, 1, source);
    sqlite_bind_str(statement, 2, source_id);
    code = one(store, statement, "incident", source_id, err);
    if (!code)
        keep_incident(arena, statement, incident);
    sqlite_give(store, SQL_INCIDENT_LAST, statement);
    return code;
}

enum quell_code sqlite_incident(struct store *handle, struct arena *arena, struct quell_str id,
                                struct store_incident *incident, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_INCIDENT);
    enum quell_code code;

    sqlite_bind_str(statement, 1, id);
    code = one(store, statement, "incident", id, err);
    if (!code)
        keep_incident(arena, statement, incident);
    sqlite_give(store, SQL_INCIDENT, statement);
    return code;
}

enum quell_code sqlite_incidents(struct store *handle, struct quell_str from,
                                 store_incident_fn *each, void *user, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_INCIDENTS);
    enum quell_code code = QUELL_OK;
    int result;

    sqlite_bind_str(statement, 1, from);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct store_incident incident = incident_row(statement);

        if (!each(&incident, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, SQL_INCIDENTS, statement);
    return code;
}

enum quell_code sqlite_revision(struct store *handle, struct arena *arena,
                                struct quell_str revision, struct store_revision *found,
                                struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_REVISION);
    enum quell_code code;

    sqlite_bind_str(statement, 1, revision);
    code = one(store, statement, "playbook revision", revision, err);
    if (!code) {
        found->revision = column_kept(arena, statement, 0);
        found->playbook = column_kept(arena, statement, 1);
        found->file = column_kept(arena, statement, 2);
        found->text = column_kept(arena, statement, 3);
    }
    sqlite_give(store, SQL_REVISION, statement);
    return code;
}

enum quell_code sqlite_delivery(struct store *handle, struct arena *arena, struct quell_str hook,
                                struct quell_str id, struct store_delivery *found,
                                struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_DELIVERY);
    enum quell_code code;

    sqlite_bind_str(statement, 1, hook);
    sqlite_bind_str(statement, 2, id);
    code = one(store, statement, "delivery", id, err);
    if (!code) {
        found->hook = column_kept(arena, statement, 0);
        found->id = column_kept(arena, statement, 1);
        found->at_us = sqlite3_column_int64(statement, 2);
        found->answer = column_kept(arena, statement, 3);
    }
    sqlite_give(store, SQL_DELIVERY, statement);
    return code;
}

/* ---- marks and refusals ----------------------------------------------------------------------*/

static struct store_mark mark_row(sqlite3_stmt *statement)
{
    return (struct store_mark){
        .scope = sqlite_column(statement, 0),
        .key = sqlite_column(statement, 1),
        .until_us = sqlite3_column_int64(statement, 2),
        .body = sqlite_column(statement, 3),
    };
}

enum quell_code sqlite_mark(struct store *handle, struct arena *arena, struct quell_str scope,
                            struct quell_str key, struct store_mark *mark, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_MARK);
    enum quell_code code;

    sqlite_bind_str(statement, 1, scope);
    sqlite_bind_str(statement, 2, key);
    code = one(store, statement, "mark", key, err);
    if (!code) {
        *mark = mark_row(statement);
        mark->scope = arena_str(arena, mark->scope);
        mark->key = arena_str(arena, mark->key);
        mark->body = arena_str(arena, mark->body);
    }
    sqlite_give(store, SQL_MARK, statement);
    return code;
}

enum quell_code sqlite_marks(struct store *handle, struct quell_str scope, store_mark_fn *each,
                             void *user, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_MARKS);
    enum quell_code code = QUELL_OK;
    int result;

    sqlite_bind_str(statement, 1, scope);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct store_mark mark = mark_row(statement);

        if (!each(&mark, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, SQL_MARKS, statement);
    return code;
}

static struct store_refusal refusal_row(sqlite3_stmt *statement)
{
    return (struct store_refusal){
        .id = sqlite_column(statement, 0),
        .at_us = sqlite3_column_int64(statement, 1),
        .playbook = sqlite_column(statement, 2),
        .incident = sqlite_column(statement, 3),
        .reason = sqlite_column(statement, 4),
        .detail = sqlite_column(statement, 5),
        .run = sqlite_column(statement, 6),
    };
}

enum quell_code sqlite_refusals(struct store *handle, const struct store_refusal_query *query,
                                store_refusal_fn *each, void *user, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_REFUSALS);
    size_t limit = query->limit ? query->limit : STORE_QUERY_LIMIT;
    enum quell_code code = QUELL_OK;
    int result;

    sqlite_bind_str(statement, 1, query->before);
    sqlite_bind_str(statement, 2, query->playbook);
    sqlite_bind_str(statement, 3, query->incident);
    sqlite_bind_str(statement, 4, query->reason);
    sqlite_bind_int(statement, 5, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct store_refusal refusal = refusal_row(statement);

        if (!each(&refusal, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, SQL_REFUSALS, statement);
    return code;
}

static struct store_audit audit_row(sqlite3_stmt *statement)
{
    return (struct store_audit){
        .id = sqlite_column(statement, 0),
        .at_us = sqlite3_column_int64(statement, 1),
        .who = sqlite_column(statement, 2),
        .what = sqlite_column(statement, 3),
        .subject = sqlite_column(statement, 4),
        .detail = sqlite_column(statement, 5),
    };
}

enum quell_code sqlite_audits(struct store *handle, const struct store_audit_query *query,
                              store_audit_fn *each, void *user, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    sqlite3_stmt *statement = sqlite_take(store, SQL_AUDITS);
    size_t limit = query->limit ? query->limit : STORE_QUERY_LIMIT;
    enum quell_code code = QUELL_OK;
    int result;

    sqlite_bind_str(statement, 1, query->before);
    sqlite_bind_str(statement, 2, query->who);
    sqlite_bind_str(statement, 3, query->what);
    sqlite_bind_str(statement, 4, query->subject);
    sqlite_bind_int(statement, 5, query->since_us);
    sqlite_bind_int(statement, 6, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        struct store_audit audit = audit_row(statement);

        if (!each(&audit, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, SQL_AUDITS, statement);
    return code;
}

/* ---- what is old -----------------------------------------------------------------------------*/

static enum quell_code each_old(struct sqlite_store *store, enum sql sql, int64_t before_us,
                                store_old_fn *each, void *user, struct quell_error *err)
{
    sqlite3_stmt *statement = sqlite_take(store, sql);
    enum quell_code code = QUELL_OK;
    int result;

    sqlite_bind_int(statement, 1, before_us);
    result = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    for (; result == SQLITE_ROW; result = sqlite3_step(statement)) {
        if (!each(sqlite_column(statement, 0), sql == SQL_RUNS_ENDED, user))
            break;
    }
    if (result != SQLITE_DONE && result != SQLITE_ROW)
        code = sqlite_refuse(store, err);
    sqlite_give(store, sql, statement);
    return code;
}

enum quell_code sqlite_old(struct store *handle, int64_t ended_us, int64_t received_us,
                           store_old_fn *each, void *user, struct quell_error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)handle;
    enum quell_code code = each_old(store, SQL_RUNS_ENDED, ended_us, each, user, err);

    if (code)
        return code;
    return each_old(store, SQL_INCIDENTS_LOOSE, received_us, each, user, err);
}
