/*
 * test_chain.c - a store that persists proves that it is what was written: each way to change it
 * behind quell's back is found and named, and forgetting in good order is not taken for one.
 */
#include <sqlite3.h>

#include "rows.h"
#include "store/sqlite.h"

/* ---- looking -----------------------------------------------------------------------------------
 */

struct seen {
    struct arena *arena;
    struct quell_str first; /* text of the first break */
    size_t count, links;
    struct store_verified verified;
};

static void on_break(const struct store_break *found, void *user)
{
    struct seen *seen = user;

    if (seen->count++ == 0)
        seen->first = arena_str(seen->arena, found->text);
}

static void on_link(uint64_t first, uint64_t seq, const uint8_t link[STORE_LINK], void *user)
{
    (void)link;
    assert_true(first <= seq);
    ((struct seen *)user)->links++;
}

static struct seen look(struct fixture *f)
{
    struct seen seen = {.arena = f->arena};
    struct store_verify options = {.found = on_break, .link = on_link, .user = &seen};
    struct quell_error err = {0};

    if (f->kind->verify(f->reader, &options, &seen.verified, &err))
        fail_msg("%s", err.message);
    return seen;
}

static void assert_sound(struct fixture *f)
{
    struct seen seen = look(f);

    if (seen.count)
        fail_msg("%.*s", QUELL_ARG(seen.first));
}

/* Does something to the closed database behind quell's back, and finds it. */
static void tamper(struct fixture *f, const char *sql, const char *told)
{
    struct seen seen;
    sqlite3 *db;
    char *message = NULL;

    fixture_close(f);
    assert_int_equal(sqlite3_open(f->path.data, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    if (sqlite3_changes(db) == 0 && !strstr(sql, "DROP") && !strstr(sql, "CREATE"))
        fail_msg("%s: changed nothing", sql);
    (void)sqlite3_close(db);
    fixture_open(f);
    seen = look(f);
    if (seen.count == 0)
        fail_msg("not found: %s", sql);
    if (!strstr(seen.first.data, told))
        fail_msg("%s: `%s`, not `%s`", sql, seen.first.data, told);
}

/* ---- rows --------------------------------------------------------------------------------------
 */

/* Three transactions of one row of each kind, and one of six events. */
static void put_all(struct fixture *f)
{
    static const char *const names[] = {"a", "b", "c"};
    struct store_event events[6];
    struct store_run runs[2];
    struct rows rows;
    size_t i;

    for (i = 0; i < 3; i++) {
        struct store_refusal refusal = {.id = quell_str_of(names[i]), .at_us = 100};
        struct store_audit audit = {.id = quell_str_of(names[i]),
                                    .at_us = (int64_t)(100 + i),
                                    .who = QUELL_STR("anna"),
                                    .what = QUELL_STR("halted")};
        struct store_mark mark = {
            .scope = QUELL_STR("s"), .key = quell_str_of(names[i]), .body = QUELL_STR("1")};

        fill(f, &rows, names[i]);
        rows.batch.refusals = &refusal;
        rows.batch.audits = &audit;
        rows.batch.marks = &mark;
        rows.batch.refusal_count = rows.batch.audit_count = rows.batch.mark_count = 1;
        assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    }
    for (i = 0; i < 6; i++)
        events[i] = an_event(f, i < 4 ? "run1" : "run2", i + 1);
    runs[0] = a_run(f, "run1");
    runs[1] = a_run(f, "run2");
    assert_int_equal(commit_runs(f, runs, 2), QUELL_OK);
    assert_int_equal(commit_events(f, events, 6), QUELL_OK);
}

static int setup(void **state)
{
    struct fixture *f = fixture_new(kind_of("sqlite"));

    fixture_open(f);
    put_all(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/* ---- tests -------------------------------------------------------------------------------------
 */

static void test_what_was_written_is_sound(void **state)
{
    struct fixture *f = *state;
    struct seen seen = look(f);

    assert_sound(f);
    assert_int_equal(seen.verified.links, 4);
    assert_int_equal(seen.links, 4);
    assert_int_equal(seen.verified.events, 9);
    assert_int_equal(seen.verified.incidents, 3);
    assert_int_equal(seen.verified.deliveries, 3);
    assert_int_equal(seen.verified.revisions, 3);
    assert_int_equal(seen.verified.refusals, 3);
    assert_int_equal(seen.verified.audits, 3);
    assert_int_equal(seen.verified.marks, 3);
    assert_int_equal(seen.verified.runs, 5);
    fixture_close(f); /* the next process goes on with the chain */
    fixture_open(f);
    assert_int_equal(commit_events(f, &(struct store_event){.run = QUELL_STR("a"), .seq = 2}, 1),
                     QUELL_OK);
    assert_int_equal(look(f).verified.seq, 5);
    assert_sound(f);
}

#define FOUND(name, sql, told)                                                                     \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        tamper(*state, sql, told);                                                                 \
    }

FOUND(changed_event, "UPDATE event SET body = x'31' WHERE run = 'run1' AND seq = 3",
      "event 3 of run run1 is not as it was written (link 4)")
FOUND(changed_time, "UPDATE event SET at_us = at_us + 1 WHERE run = 'run2' AND seq = 5",
      "event 5 of run run2 is not as it was written")
FOUND(swapped_rows,
      "UPDATE event SET place = 100 WHERE place = 4; UPDATE event SET place = 4 WHERE place = 5;"
      "UPDATE event SET place = 5 WHERE place = 100",
      "is not as it was written")
FOUND(deleted_event, "DELETE FROM event WHERE run = 'run1' AND seq = 2",
      "an event is missing that link 4 covers, behind event 1 of run run1")
FOUND(deleted_last, "DELETE FROM event WHERE run = 'run2' AND seq = 6",
      "an event is missing that link 4 covers, behind event 5 of run run2")
FOUND(added_event,
      "INSERT INTO event (run, seq, at_us, kind, body, link) VALUES ('run2', 7, 1, 'k', x'00', 4)",
      "event 7 of run run2 was not written by quell")
FOUND(changed_incident, "UPDATE incident SET severity = 'low' WHERE id = 'b'",
      "incident b is not as it was written (link 2)")
FOUND(deleted_incident, "DELETE FROM incident WHERE id = 'b'",
      "incident b is missing that link 2 covers")
FOUND(changed_delivery, "UPDATE delivery SET answer = x'00'",
      "answer to delivery hook is not as it was written")
FOUND(changed_revision, "UPDATE revision SET text = x'00' WHERE revision = 'c'",
      "playbook revision c is not as it was written (link 3)")
FOUND(changed_refusal, "UPDATE refusal SET reason = 'off' WHERE id = 'a'",
      "refusal a is not as it was written (link 1)")
FOUND(changed_audit, "UPDATE audit SET who = 'mallory' WHERE id = 'a'",
      "audit row a is not as it was written (link 1)")
FOUND(deleted_audit, "DELETE FROM audit WHERE id = 'c'", "audit row c is missing")
FOUND(added_audit,
      "INSERT INTO audit (id, at_us, who, what, subject, detail)"
      " VALUES ('x', 1, 'mallory', 'halted', '', x'')",
      "audit row x was not written by quell")
FOUND(changed_run, "UPDATE run SET state = 'succeeded' WHERE id = 'a'",
      "the row of run a is not as it was written")
FOUND(deleted_run, "DELETE FROM run WHERE id = 'run1'", "the row of run run1 is missing")
FOUND(changed_mark, "UPDATE mark SET body = x'32' WHERE key = 'b'",
      "mark s b is not as it was written")
FOUND(moved_to_another_link, "UPDATE audit SET link = 2 WHERE id = 'a'",
      "audit row a is not as it was written (link 1)")
FOUND(deleted_link, "DELETE FROM link WHERE seq = 2",
      "link 3 does not follow the one before: links are missing")
FOUND(changed_link, "UPDATE link SET link = zeroblob(32) WHERE seq = 3",
      "link 3 does not follow from the one before")
FOUND(forged_gone,
      "DELETE FROM audit WHERE id = 'a';"
      "UPDATE link SET gone = count, leaves = x'' WHERE seq = 4; DELETE FROM event "
      "WHERE link = 4",
      "audit row a is missing")
FOUND(forged_gap,
      "DELETE FROM event WHERE link = 4;"
      "UPDATE link SET gone = count, leaves = x'' WHERE seq = 4",
      "rows were taken out that no prune has sealed")
FOUND(added_table, "CREATE TABLE evil (a)", "table or index `evil` is not of quell")
FOUND(dropped_index, "DROP INDEX audit_age", "table or index `audit_age` is not as quell makes it")

static struct store_forgotten forget(struct fixture *f, struct store_forget what)
{
    struct store_forgotten did;
    struct quell_error err = {0};

    if (f->kind->forget(f->store, &what, &did, &err))
        fail_msg("%s", err.message);
    return did;
}

/* Run by run, the store stays sound, also for a process that begins anew. */
static void test_forgetting_is_sound(void **state)
{
    struct fixture *f = *state;
    struct quell_str runs[] = {QUELL_STR("run1"), QUELL_STR("a")}, incident = QUELL_STR("a");
    struct store_forgotten did;
    struct seen seen;

    did = forget(f, (struct store_forget){.runs = runs, .run_count = 1, .limit = 3});
    assert_int_equal(did.events, 3);
    assert_true(did.more);
    assert_sound(f);
    did = forget(f, (struct store_forget){.runs = runs, .run_count = 2, .limit = 100});
    assert_int_equal(did.events, 2);
    assert_int_equal(did.runs, 2);
    assert_false(did.more);
    assert_sound(f);
    fixture_close(f);
    fixture_open(f);
    did = forget(
        f, (struct store_forget){
               .incidents = &incident, .incident_count = 1, .audits_us = 102, .refusals_us = 1000});
    assert_int_equal(did.incidents, 1);
    assert_int_equal(did.audits, 2);
    assert_int_equal(did.refusals, 3);
    seen = look(f);
    assert_sound(f);
    assert_int_equal(seen.verified.audits, 1);
    assert_int_equal(seen.verified.events, 4);
    assert_int_equal(commit_events(f, &(struct store_event){.run = QUELL_STR("b"), .seq = 2}, 1),
                     QUELL_OK);
    assert_sound(f);
}

/* When all is gone, one gap and the seal are left. */
static void test_links_are_joined(void **state)
{
    struct fixture *f = *state;
    struct quell_str runs[] = {QUELL_STR("run1"), QUELL_STR("run2")};
    struct seen seen;

    forget(f, (struct store_forget){.runs = runs, .run_count = 1});
    forget(f, (struct store_forget){.runs = &runs[1], .run_count = 1});
    seen = look(f);
    assert_sound(f);
    assert_int_equal(seen.verified.seq, 6); /* four, and two seals */
    assert_int_equal(seen.verified.gaps, 1);
    assert_int_equal(seen.verified.links, 5); /* 4 and 5, the void seal, are one */
}

static void test_taking_out_after_a_seal(void **state)
{
    struct fixture *f = *state;
    struct quell_str run = QUELL_STR("run1");

    forget(f, (struct store_forget){.runs = &run, .run_count = 1});
    assert_sound(f);
    tamper(f,
           "DELETE FROM event WHERE run = 'run2';"
           "UPDATE link SET gone = count, leaves = x'' WHERE seq = 4",
           "rows were taken out that no prune has sealed");
}

/* The rows that a store of that version could hold. */
static const char *const old_rows[SQLITE_SCHEMA_VERSION] = {
    [1] = "INSERT INTO incident VALUES ('i', 1, 'sentinel', '7', 'title', 'high', x'7b7d');"
          "INSERT INTO delivery VALUES ('hook', 'd', 1, x'7b7d');"
          "INSERT INTO revision VALUES ('rev', 'p', 'p.yaml', x'31');"
          "INSERT INTO run (id, playbook, revision, incident, title, state, mode, started_us,"
          " updated_us, ended_us, last_seq)"
          " VALUES ('r', 'p', 'rev', 'i', 'title', 'succeeded', 'live', 1, 2, 3, 2);"
          "INSERT INTO event (run, seq, at_us, kind, body) VALUES ('r', 1, 1, 'k', x'7b7d'),"
          " ('r', 2, 2, 'k', x'7b7d')",
    [3] = "INSERT INTO mark VALUES ('old', 'k', 0, x'31');"
          "INSERT INTO refusal VALUES ('f', 1, 'p', 'i', 'off', '', '')",
    [4] = "INSERT INTO audit VALUES ('u', 1, 'anna', 'halted', '', x'7b7d')",
};

static void make_old(struct fixture *f, int version)
{
    sqlite3 *db;
    char *message = NULL;
    int step;

    assert_int_equal(sqlite3_open(f->path.data, &db), SQLITE_OK);
    for (step = 1; step <= version; step++) {
        const char *rows = old_rows[step] ? old_rows[step] : "";

        if (sqlite3_exec(db, sqlite_schema_steps[step - 1], NULL, NULL, &message) != SQLITE_OK ||
            sqlite3_exec(db, rows, NULL, NULL, &message) != SQLITE_OK)
            fail_msg("version %d: %s", step, message);
    }
    (void)sqlite3_exec(db,
                       format(f, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                              SQLITE_APPLICATION_ID, version)
                           .data,
                       NULL, NULL, NULL);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

enum { CHAINED = 5 }; /* the first version whose rows hang together */

/* A database of each older version is made by the old steps, raised, and keeps what it has. */
static void test_older_versions(void **state)
{
    struct fixture *f = *state;
    int version;

    for (version = 1; version < CHAINED; version++) {
        struct fixture *old = fixture_new(kind_of("sqlite"));
        struct seen seen;
        struct store_run run;

        make_old(old, version);
        fixture_open(old);
        seen = look(old);
        if (seen.count)
            fail_msg("version %d: %.*s", version, QUELL_ARG(seen.first));
        assert_int_equal(seen.verified.links, 1);
        assert_int_equal(seen.verified.events, 2);
        assert_int_equal(seen.verified.incidents, 1);
        assert_int_equal(seen.verified.deliveries, 1);
        assert_int_equal(seen.verified.revisions, 1);
        assert_int_equal(seen.verified.refusals, version >= 3);
        assert_int_equal(seen.verified.audits, version >= 4);
        assert_int_equal(seen.verified.runs, 1);
        assert_int_equal(old->kind->run(old->store, old->arena, QUELL_STR("r"), &run, NULL),
                         QUELL_OK);
        assert_text(run.state, "succeeded");
        put_all(old);
        assert_sound(old);
        tamper(old, "UPDATE event SET body = x'31' WHERE run = 'r' AND seq = 1",
               "event 1 of run r is not as it was written (link 1)");
        fixture_free(old);
    }
    (void)f;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_written_is_sound),
        TEST(test_changed_event),
        TEST(test_changed_time),
        TEST(test_swapped_rows),
        TEST(test_deleted_event),
        TEST(test_deleted_last),
        TEST(test_added_event),
        TEST(test_changed_incident),
        TEST(test_deleted_incident),
        TEST(test_changed_delivery),
        TEST(test_changed_revision),
        TEST(test_changed_refusal),
        TEST(test_changed_audit),
        TEST(test_deleted_audit),
        TEST(test_added_audit),
        TEST(test_changed_run),
        TEST(test_deleted_run),
        TEST(test_changed_mark),
        TEST(test_moved_to_another_link),
        TEST(test_deleted_link),
        TEST(test_changed_link),
        TEST(test_forged_gone),
        TEST(test_forged_gap),
        TEST(test_added_table),
        TEST(test_dropped_index),
        TEST(test_forgetting_is_sound),
        TEST(test_links_are_joined),
        TEST(test_taking_out_after_a_seal),
        TEST(test_older_versions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
