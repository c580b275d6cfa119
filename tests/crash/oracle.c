/*
 * oracle.c - the comparison after a trial: the database's file against the range's effects.
 */
#include "oracle.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/str.h"
#include "journal/event.h"
#include "peer.h"
#include "store/store.h"
#include "value/value.h"
#include "workload.h"

void found(struct findings *findings, unsigned *kind, const char *format, ...)
{
    va_list list;

    ++*kind;
    if (findings->note[0])
        return;
    va_start(list, format);
    (void)vsnprintf(findings->note, sizeof(findings->note), format, list);
    va_end(list);
}

/* ---- the range -------------------------------------------------------------------------------*/

static struct quell_value effects_of(struct peer *range)
{
    return quell_get(peer_get(range, "/_range/effects").json, "effects");
}

/* Of a kind, and of a run when it names one: a comment's id does not say whose it is. */
static unsigned count_effects(struct quell_value effects, const char *kind, struct quell_str run)
{
    unsigned count = 0;

    for (size_t i = 0; i < quell_count(effects); i++) {
        struct quell_value effect = quell_at(effects, i);
        bool names = str_starts(quell_get_str(effect, "key"), run);

        if (quell_text_is(quell_get(effect, "kind"), kind) &&
            (names || str_is(quell_str_of(kind), "comment")))
            count++;
    }
    return count;
}

/* A step's path as a Message-ID has it: contain[0].tell -> contain.0.tell */
static struct quell_str dotted(struct arena *arena, struct quell_str step)
{
    char *text = arena_alloc(arena, step.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < step.len; i++) {
        bool kept = isalnum((unsigned char)step.data[i]) || strchr("_-", step.data[i]);

        if (kept || (len > 0 && text[len - 1] != '.' && step.data[i] != ']'))
            text[len++] = step.data[i];
        if (!kept && len > 0 && step.data[i] != ']')
            text[len - 1] = '.';
    }
    return (struct quell_str){text, len};
}

unsigned oracle_mails(struct peer *range, struct quell_str run, struct quell_str step)
{
    struct arena *arena = arena_new(0);
    struct quell_str key =
        arena_format(arena, "%.*s.%.*s@", QUELL_ARG(run), QUELL_ARG(dotted(arena, step)));
    unsigned count;

    /* A mail whose last bytes the dead server had sent may still be in the range's hands at the
     * first question, not at the second. */
    (void)effects_of(range);
    count = count_effects(effects_of(range), "mail", key);
    arena_free(arena);
    return count;
}

/* ---- the journal -----------------------------------------------------------------------------*/

struct reading {
    struct store *store;
    struct peer *range;
    struct arena *arena;
    const struct workload *workload;
    struct quell_value promised, effects;
    struct list_builder runs; /* the ids of those that may have effects */
    struct findings *findings;
    size_t called;
    uint64_t seq; /* of one run */
    unsigned ends, reopened;
    size_t not_undone; /* of what it was to take back, as its last end says */
};

static size_t not_undone_of(struct arena *arena, const struct store_event *end)
{
    struct event event;
    struct quell_error err;

    if (event_read(arena, end->body, &event, &err))
        return 0;
    return quell_count(quell_get(event.data, "not_undone"));
}

static bool check_event(const struct store_event *event, void *user)
{
    struct reading *reading = user;

    if (event->seq != reading->seq + 1)
        found(reading->findings, &reading->findings->corrupt, "run %.*s: event %llu follows %llu",
              QUELL_ARG(event->run), (unsigned long long)event->seq,
              (unsigned long long)reading->seq);
    reading->seq = event->seq;
    /* An undo opens an ended run again; one whose time comes before that does not. */
    if (str_is(event->kind, "undo_asked") && reading->ends > reading->reopened)
        reading->reopened++;
    if (str_is(event->kind, "run_ended")) {
        reading->ends++;
        reading->not_undone = not_undone_of(reading->arena, event);
    }
    return true;
}

static void check_journal(struct reading *reading, const struct store_run *row)
{
    struct findings *findings = reading->findings;
    struct quell_error err;
    bool over = row->ended_us != 0;

    reading->seq = 0;
    reading->ends = reading->reopened = 0;
    reading->not_undone = 0;
    if (reading->store->kind->events(reading->store, row->id, 0, check_event, reading, &err))
        found(findings, &findings->corrupt, "run %.*s: %s", QUELL_ARG(row->id), err.message);
    else if (reading->seq != row->last_seq || reading->ends != reading->reopened + (over ? 1U : 0U))
        found(findings, &findings->corrupt,
              "run %.*s: %llu events, %u ends and %u reopenings, the row says %llu",
              QUELL_ARG(row->id), (unsigned long long)reading->seq, reading->ends,
              reading->reopened, (unsigned long long)row->last_seq);
}

/* A run that ended well has every effect once; one that is held may lack the one in doubt, and one
 * that says what could not be taken back has failed at that. */
static void check_promises(struct reading *reading, const struct store_run *row)
{
    struct findings *findings = reading->findings;
    const struct promise *promises = reading->workload->promises;
    bool ended = str_is(row->state, "succeeded") || str_is(row->state, "undone");
    bool well = ended && reading->not_undone == 0;

    if (ended && !well)
        found(findings, &findings->failed, "run %.*s could not take back all of it",
              QUELL_ARG(row->id));
    for (size_t i = 0; i < WORKLOAD_PROMISES && promises[i].playbook; i++) {
        unsigned count;

        if (!str_is(row->playbook, promises[i].playbook))
            continue;
        count = count_effects(reading->effects, promises[i].kind, row->id);
        if (count < promises[i].count && well)
            found(findings, &findings->lost, "run %.*s of %s has ended well with %u of %u %s",
                  QUELL_ARG(row->id), promises[i].playbook, count, promises[i].count,
                  promises[i].kind);
        if (count > promises[i].count) /* under keys that differ: equal ones are seen as such */
            found(findings, &findings->duplicated, "run %.*s of %s has %u effects %s",
                  QUELL_ARG(row->id), promises[i].playbook, count, promises[i].kind);
    }
}

/* Whether a 202 promised it. */
static bool was_answered(const struct reading *reading, struct quell_str run)
{
    for (size_t i = 0; i < quell_count(reading->promised); i++) {
        struct quell_value runs = quell_at(reading->promised, i);

        for (size_t k = 0; k < quell_count(runs); k++) {
            if (quell_str_equal(quell_get_str(quell_at(runs, k), "run"), run))
                return true;
        }
    }
    return false;
}

static bool check_run(const struct store_run *row, void *user)
{
    struct reading *reading = user;
    struct findings *findings = reading->findings;
    const char *called = reading->workload->called;

    list_add(&reading->runs, value_copy_str(reading->arena, row->id));
    if (called && str_is(row->playbook, called))
        reading->called++;
    else if (!was_answered(reading, row->id))
        found(findings, &findings->duplicated, "run %.*s of %.*s was not promised",
              QUELL_ARG(row->id), QUELL_ARG(row->playbook));
    if (str_is(row->state, "failed"))
        found(findings, &findings->failed, "run %.*s of %.*s has failed", QUELL_ARG(row->id),
              QUELL_ARG(row->playbook));
    check_journal(reading, row);
    check_promises(reading, row);
    return true;
}

static void check_answered(struct reading *reading, struct quell_value runs)
{
    struct findings *findings = reading->findings;

    for (size_t i = 0; i < quell_count(runs); i++) {
        struct quell_str id = quell_get_str(quell_at(runs, i), "run");
        struct store_run row;
        struct quell_error err;

        if (reading->store->kind->run(reading->store, reading->arena, id, &row, &err))
            found(findings, &findings->lost, "run %.*s was answered with 202: %s", QUELL_ARG(id),
                  err.message);
    }
    if (quell_count(runs) == 0)
        found(findings, &findings->lost, "the answer promised no run");
}

/* ---- both ------------------------------------------------------------------------------------*/

static bool is_known_run(const struct reading *reading, struct quell_value effect)
{
    if (quell_text_is(quell_get(effect, "kind"), "comment"))
        return true;
    for (size_t i = 0; i < reading->runs.count; i++) {
        if (str_starts(quell_get_str(effect, "key"), quell_str(reading->runs.items[i])))
            return true;
    }
    return false;
}

/* Putting a comment again at its id is no second effect, and not listed as one. */
static void check_effects(const struct reading *reading)
{
    struct peer *range = reading->range;
    struct findings *findings = reading->findings;
    struct quell_value told = peer_get(range, "/_range/effects").json;
    int64_t refused = quell_get_int(peer_get(range, "/_range/state").json, "refused_duplicates", 0);
    struct quell_value twice = quell_get(told, "duplicates"), effects = quell_get(told, "effects");

    if (refused) /* the service was spared by its own luck */
        found(findings, &findings->duplicated, "%lld isolations were asked for on top of one",
              (long long)refused);
    for (size_t i = 0; i < quell_count(twice); i++)
        found(findings, &findings->duplicated, "%.*s %.*s took place %lld times",
              QUELL_ARG(quell_get_str(quell_at(twice, i), "kind")),
              QUELL_ARG(quell_get_str(quell_at(twice, i), "key")),
              (long long)quell_get_int(quell_at(twice, i), "count", 0));
    for (size_t i = 0; i < quell_count(effects); i++) {
        struct quell_value effect = quell_at(effects, i);

        if (!quell_text_is(quell_get(effect, "kind"), "comment-update") &&
            !is_known_run(reading, effect))
            found(findings, &findings->duplicated, "%.*s %.*s is of no run",
                  QUELL_ARG(quell_get_str(effect, "kind")),
                  QUELL_ARG(quell_get_str(effect, "key")));
    }
}

/* SQLite's own word on the file. */
static void check_integrity(const char *database, struct findings *findings)
{
    sqlite3_stmt *check = NULL;
    sqlite3 *db = NULL;
    const char *said = "it cannot be opened";

    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, NULL) == SQLITE_OK &&
        sqlite3_step(check) == SQLITE_ROW)
        said = (const char *)sqlite3_column_text(check, 0);
    if (!said || !str_is(quell_str_of(said), "ok"))
        found(findings, &findings->corrupt, "%s: %s", database, said ? said : "no word");
    (void)sqlite3_finalize(check); /* it only read */
    (void)sqlite3_close(db);
}

/* The journal as the store reads it; false when it cannot. */
static bool read_journal(struct reading *reading, const char *database)
{
    struct store_query all = {.limit = SIZE_MAX};
    struct quell_error err;

    if (store_open(quell_str_of(database), STORE_READ, &reading->store, &err)) {
        found(reading->findings, &reading->findings->corrupt, "%s", err.message);
        return false;
    }
    if (reading->store->kind->runs(reading->store, &all, check_run, reading, &err))
        found(reading->findings, &reading->findings->corrupt, "%s", err.message);
    for (size_t i = 0; i < quell_count(reading->promised); i++)
        check_answered(reading, quell_at(reading->promised, i));
    store_close(reading->store);
    return true;
}

void oracle_compare(struct peer *range, const char *database, const struct workload *workload,
                    struct quell_value promised, struct findings *findings)
{
    struct reading reading = {.range = range,
                              .arena = arena_new(0),
                              .workload = workload,
                              .promised = promised,
                              .findings = findings};

    reading.runs.arena = reading.arena;
    reading.effects = effects_of(range);
    check_integrity(database, findings);
    if (read_journal(&reading, database))
        check_effects(&reading);
    if (reading.called > quell_count(promised))
        found(findings, &findings->duplicated, "%zu runs of %s for %zu that call it",
              reading.called, workload->called, quell_count(promised));
    arena_free(reading.arena);
}
