/*
 * oracle.c - the comparison after a trial: the database's file against the range's effects.
 */
#include "oracle.h"

#include <stdarg.h>
#include <stdio.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/str.h"
#include "peer.h"
#include "store/store.h"
#include "value/value.h"

/* What a run of the two playbooks must have caused once it has ended well. */
static const struct promise {
    const char *playbook, *kind;
} promises[] = {
    {"malware-on-device", "isolate"},
    {"malware-on-device", "comment"},
    {"malware-on-device", "mail"},
    {"notify", "mail"},
};

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

unsigned oracle_mails(struct peer *range, struct quell_str run)
{
    /* A mail whose last bytes the dead server had sent may still be in the range's hands at the
     * first question, not at the second. */
    (void)effects_of(range);
    return count_effects(effects_of(range), "mail", run);
}

static bool is_known_run(struct quell_value runs, struct quell_value effect)
{
    if (quell_text_is(quell_get(effect, "kind"), "comment"))
        return true;
    for (size_t i = 0; i < quell_count(runs); i++) {
        if (str_starts(quell_get_str(effect, "key"), quell_get_str(quell_at(runs, i), "run")))
            return true;
    }
    return false;
}

/* Putting a comment again at its id is no second effect, and not listed as one. */
static void check_effects(struct peer *range, struct quell_value runs, struct findings *findings)
{
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
            !is_known_run(runs, effect))
            found(findings, &findings->duplicated, "%.*s %.*s is of no run that was answered",
                  QUELL_ARG(quell_get_str(effect, "kind")),
                  QUELL_ARG(quell_get_str(effect, "key")));
    }
}

/* ---- the journal -----------------------------------------------------------------------------*/

struct reading {
    struct store *store;
    struct peer *range;
    struct quell_value runs, effects;
    struct findings *findings;
    size_t rows;
    uint64_t seq; /* of one run */
    unsigned ends;
};

static bool check_event(const struct store_event *event, void *user)
{
    struct reading *reading = user;

    if (event->seq != reading->seq + 1)
        found(reading->findings, &reading->findings->corrupt, "run %.*s: event %llu follows %llu",
              QUELL_ARG(event->run), (unsigned long long)event->seq,
              (unsigned long long)reading->seq);
    reading->seq = event->seq;
    reading->ends += str_is(event->kind, "run_ended");
    return true;
}

static void check_journal(struct reading *reading, const struct store_run *row)
{
    struct findings *findings = reading->findings;
    struct quell_error err;
    bool over = row->ended_us != 0;

    reading->seq = 0;
    reading->ends = 0;
    if (reading->store->kind->events(reading->store, row->id, 0, check_event, reading, &err))
        found(findings, &findings->corrupt, "run %.*s: %s", QUELL_ARG(row->id), err.message);
    else if (reading->seq != row->last_seq || reading->ends != (over ? 1U : 0U))
        found(findings, &findings->corrupt, "run %.*s: %llu events and %u ends, the row says %llu",
              QUELL_ARG(row->id), (unsigned long long)reading->seq, reading->ends,
              (unsigned long long)row->last_seq);
}

/* A run that ended well has every effect once; one that is held may lack the one in doubt. */
static void check_promises(struct reading *reading, const struct store_run *row)
{
    struct findings *findings = reading->findings;
    bool well = str_is(row->state, "succeeded");

    for (size_t i = 0; i < sizeof(promises) / sizeof(*promises); i++) {
        unsigned count;

        if (!str_is(row->playbook, promises[i].playbook))
            continue;
        count = count_effects(reading->effects, promises[i].kind, row->id);
        if (count == 0 && well)
            found(findings, &findings->lost, "run %.*s of %s has ended well without its %s",
                  QUELL_ARG(row->id), promises[i].playbook, promises[i].kind);
        if (count > 1) /* under keys that differ: check_effects() sees equal ones */
            found(findings, &findings->duplicated, "run %.*s of %s has %u effects %s",
                  QUELL_ARG(row->id), promises[i].playbook, count, promises[i].kind);
    }
}

static bool was_answered(const struct reading *reading, struct quell_str run)
{
    for (size_t i = 0; i < quell_count(reading->runs); i++) {
        if (quell_str_equal(quell_get_str(quell_at(reading->runs, i), "run"), run))
            return true;
    }
    return false;
}

static bool check_run(const struct store_run *row, void *user)
{
    struct reading *reading = user;
    struct findings *findings = reading->findings;

    reading->rows++;
    if (!was_answered(reading, row->id))
        found(findings, &findings->duplicated, "run %.*s of %.*s was not promised",
              QUELL_ARG(row->id), QUELL_ARG(row->playbook));
    if (str_is(row->state, "failed"))
        found(findings, &findings->failed, "run %.*s of %.*s has failed", QUELL_ARG(row->id),
              QUELL_ARG(row->playbook));
    check_journal(reading, row);
    check_promises(reading, row);
    return true;
}

static void check_answered(struct reading *reading)
{
    struct findings *findings = reading->findings;
    struct arena *arena = arena_new(0);

    for (size_t i = 0; i < quell_count(reading->runs); i++) {
        struct quell_str id = quell_get_str(quell_at(reading->runs, i), "run");
        struct store_run row;
        struct quell_error err;

        if (reading->store->kind->run(reading->store, arena, id, &row, &err))
            found(findings, &findings->lost, "run %.*s was answered with 202: %s", QUELL_ARG(id),
                  err.message);
    }
    arena_free(arena);
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

void oracle_compare(struct peer *range, const char *database, struct quell_value runs,
                    struct findings *findings)
{
    struct reading reading = {.range = range, .runs = runs, .findings = findings};
    struct store_query all = {.limit = SIZE_MAX};
    struct quell_error err;

    reading.effects = effects_of(range);
    check_effects(range, runs, findings);
    check_integrity(database, findings);
    if (store_open(quell_str_of(database), STORE_READ, &reading.store, &err)) {
        found(findings, &findings->corrupt, "%s", err.message);
        return;
    }
    if (reading.store->kind->runs(reading.store, &all, check_run, &reading, &err))
        found(findings, &findings->corrupt, "%s", err.message);
    check_answered(&reading);
    if (quell_count(runs) == 0)
        found(findings, &findings->lost, "the answer promised no run");
    store_close(reading.store);
}
