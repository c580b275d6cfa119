/*
 * judge.c - what came of the flood: each answer against the store, and the store's limits against
 * what the far side did. Neither is asked for an opinion on the other.
 */
#include "flood.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "value/value.h"

/* By incident: its runs, those that have ended, that a limit or a person holds, and that wait for
 * one they called. */
static const char sum_up[] =
    "CREATE TEMP TABLE seen (incident TEXT PRIMARY KEY, title TEXT, runs INT, roots INT, ended INT,"
    " held INT, calls INT, refusals INT) WITHOUT ROWID;"
    "CREATE TEMP TABLE began AS SELECT incident, count(*) AS runs, sum(playbook = 'contain') AS "
    "roots,"
    " sum(ended_us > 0) AS ended, sum(ended_us = 0 AND state = 'held') AS held,"
    " sum(ended_us = 0 AND state = 'waiting' AND waits LIKE '%\"what\":\"run\"%') AS calls"
    " FROM run GROUP BY incident;"
    "CREATE INDEX temp.began_incident ON began (incident);"
    "CREATE TEMP TABLE refused AS SELECT incident, count(*) AS refusals FROM refusal GROUP BY "
    "incident;"
    "CREATE INDEX temp.refused_incident ON refused (incident);"
    "INSERT INTO seen SELECT i.id, i.title, coalesce(b.runs, 0), coalesce(b.roots, 0),"
    " coalesce(b.ended, 0), coalesce(b.held, 0), coalesce(b.calls, 0), coalesce(r.refusals, 0)"
    " FROM incident i LEFT JOIN began b ON b.incident = i.id LEFT JOIN refused r ON r.incident = "
    "i.id;";

struct judging {
    const struct flood *flood;
    struct judged *judged;
    struct figures *figures;
    sqlite3_stmt *seen;
};

/* ---- one alert -------------------------------------------------------------------------------*/

/* What was acknowledged is there, and something stands for it: a run that has ended or is held, or
 * a row of why there is none. */
static void judge_accepted(struct judging *judging, unsigned n, const struct alert *alert)
{
    const struct heard *heard = &judging->flood->heard[n];
    sqlite3_stmt *seen = judging->seen;
    char title[32];
    int runs, ended, held, calls;

    (void)snprintf(title, sizeof(title), "forged %u", alert->number);
    (void)sqlite3_reset(seen);
    (void)sqlite3_bind_text(seen, 1, heard->incident, -1, SQLITE_STATIC);
    if (sqlite3_step(seen) != SQLITE_ROW) {
        figures_add(judging->figures, false, "alert %u: its incident %s is not in the store", n,
                    heard->incident);
        return;
    }
    runs = sqlite3_column_int(seen, 1);
    ended = sqlite3_column_int(seen, 3);
    held = sqlite3_column_int(seen, 4);
    calls = sqlite3_column_int(seen, 5);
    judging->judged->held += held > 0;
    judging->judged->ended += runs > 0 && held == 0;
    judging->judged->none += runs == 0;
    if (strcmp((const char *)sqlite3_column_text(seen, 0), title) != 0)
        figures_add(judging->figures, false, "alert %u: its incident is another one: %s", n,
                    sqlite3_column_text(seen, 0));
    else if (runs == 0)
        figures_add(judging->figures, sqlite3_column_int(seen, 6) > 0,
                    "alert %u: no run, and no row that says why", n);
    else
        figures_add(
            judging->figures,
            sqlite3_column_int(seen, 2) == 1 && ended + held + calls == runs &&
                (calls == 0 || held > 0),
            "alert %u, incident %s: %d runs, %d ended, %d held, %d wait for one they called", n,
            heard->incident, runs, ended, held, calls);
}

/* Whether the delivery was promised the same when it came before. */
static bool is_the_same(const struct flood *flood, unsigned n, const struct alert *alert)
{
    const struct heard *heard = &flood->heard[n], *first = &flood->heard[alert->number];

    return alert->number == n || first->status != 202 ||
           (strcmp(first->incident, heard->incident) == 0 && strcmp(first->run, heard->run) == 0);
}

static void judge_alert(struct judging *judging, unsigned n)
{
    struct arena *arena = arena_new(0);
    struct alert alert = alert_make(arena, n, judging->flood->count);
    enum alert_kind sent = alert_kind(alert.number);
    int status = judging->flood->heard[n].status;
    int refusal = alert.kind == ALERT_UNSIGNED ? 401 : sent == ALERT_MALFORMED ? 400 : 0;

    if (status == 429 || status == 503) {
        judging->judged->turned_away++;
        figures_add(judging->figures, true, "turned away");
    } else if (status == 202 && !refusal) {
        judging->judged->accepted++;
        judging->judged->repeated += alert.number != n;
        if (is_the_same(judging->flood, n, &alert))
            judge_accepted(judging, n, &alert);
        else
            figures_add(judging->figures, false, "alert %u: the same delivery was promised another",
                        n);
    } else {
        judging->judged->refused++;
        figures_add(judging->figures, status == refusal, "alert %u: answered with %d, not %d", n,
                    status, refusal ? refusal : 202);
    }
    arena_free(arena);
}

static void judge_alerts(struct judging *judging, const char *database)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) ||
        sqlite3_exec(db, sum_up, NULL, NULL, NULL) ||
        sqlite3_prepare_v2(db,
                           "SELECT title, runs, roots, ended, held, calls, refusals FROM seen "
                           "WHERE incident = ?",
                           -1, &judging->seen, NULL)) {
        figures_add(judging->figures, false, "%s: %s", database, sqlite3_errmsg(db));
    } else {
        for (unsigned n = 0; n < judging->flood->count; n++)
            judge_alert(judging, n);
    }
    (void)sqlite3_finalize(judging->seen); /* it only read */
    (void)sqlite3_close(db);
}

/* ---- the far side ----------------------------------------------------------------------------*/

static int by_target(const void *a, const void *b)
{
    const struct quell_value *first = a, *second = b;
    int order = str_compare(quell_get_str(*first, "target"), quell_get_str(*second, "target"));

    return order ? order : str_compare(quell_get_str(*first, "key"), quell_get_str(*second, "key"));
}

static struct quell_str device_of(struct quell_value effect)
{
    struct quell_str target = quell_get_str(effect, "target"),
                     start = QUELL_STR("POST /act/isolate/");

    return str_starts(target, start) ? str_slice(target, start.len, target.len) : target;
}

/* A far side that honours keys does a request under the same key once. */
static void judge_effects(struct quell_value effects, struct judged *judged,
                          struct figures *figures)
{
    size_t count = quell_count(effects);
    struct quell_value *sorted = memory_new((count + 1) * sizeof(*sorted));
    unsigned untouchable = 0, twice = 0;

    for (size_t i = 0; i < count; i++)
        sorted[i] = quell_at(effects, i);
    qsort(sorted, count, sizeof(*sorted), by_target);
    for (size_t i = 0; i < count; i++) {
        struct quell_str device = device_of(sorted[i]);
        bool known = i > 0 && quell_str_equal(device, device_of(sorted[i - 1]));
        bool same = known && quell_str_equal(quell_get_str(sorted[i], "key"),
                                             quell_get_str(sorted[i - 1], "key"));

        judged->devices += !known;
        judged->isolations += !same;
        judged->repeats += same;
        twice += known && !same;
        untouchable += alert_is_untouchable(device);
    }
    memory_free(sorted);
    figures_add(figures, judged->isolations > 0, "nothing was isolated: nothing was tried");
    figures_add(figures, judged->isolations <= FLOOD_DAY_CAP,
                "%u isolations, the cap of a day is %d", judged->isolations, FLOOD_DAY_CAP);
    figures_add(figures, twice == 0, "%u devices were isolated more than once", twice);
    figures_add(figures, untouchable == 0, "%u isolations of protected or unknown devices",
                untouchable);
}

void judge(const struct flood *flood, const char *database, struct quell_value effects,
           struct judged *judged, struct figures *figures)
{
    struct judging judging = {.flood = flood, .judged = judged, .figures = figures};

    judge_alerts(&judging, database);
    judge_effects(effects, judged, figures);
}
