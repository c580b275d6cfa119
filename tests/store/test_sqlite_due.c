/*
 * test_sqlite_due.c - a store of a version that did not look for ended runs that have something due
 * is raised, and finds them.
 */
#include "rows.h"
#include "store/sqlite.h"

static void run_sql(const struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(f->path.data, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

struct told_ids {
    char text[16];
    size_t len;
};

static bool add_id(const struct store_run *run, void *user)
{
    struct told_ids *told = user;

    assert_true(run->id.len == 1 && told->len + 1 < sizeof(told->text));
    told->text[told->len++] = run->id.data[0];
    return true;
}

/* Version 5 did not look for ended runs that have something due. */
static void test_raised_store_finds_what_is_due(void **state)
{
    struct fixture *f = fixture_new(kind_of("sqlite"));
    struct store_query active = {.active = true, .limit = SIZE_MAX};
    struct told_ids told = {.len = 0};
    struct store_run runs[3] = {a_run(f, "a"), a_run(f, "b"), a_run(f, "c")};
    struct store_batch batch = {.runs = runs, .run_count = 3};
    const struct store_batch *batches[] = {&batch};
    sqlite3_stmt *index = NULL;

    (void)state;
    runs[0].ended_us = runs[1].ended_us = 5;
    runs[0].due_us = 9;
    runs[1].due_us = runs[2].ended_us = runs[2].due_us = 0;
    fixture_open(f);
    assert_int_equal(f->kind->commit(f->store, batches, 1, NULL), QUELL_OK);
    fixture_close(f);
    run_sql(f, "DROP INDEX run_active; CREATE INDEX run_active ON run (id) WHERE ended_us = 0;"
               "PRAGMA user_version = 5");
    fixture_open(f);
    assert_int_equal(f->kind->runs(f->store, &active, add_id, &told, NULL), QUELL_OK);
    assert_string_equal(told.text, "ca");
    assert_int_equal(sqlite3_prepare_v2(((struct sqlite_store *)f->store)->db,
                                        "SELECT sql FROM sqlite_schema WHERE name = 'run_active'",
                                        -1, &index, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(index), SQLITE_ROW);
    assert_non_null(strstr((const char *)sqlite3_column_text(index, 0), "due_us")); /* not all */
    assert_int_equal(sqlite3_finalize(index), SQLITE_OK);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raised_store_finds_what_is_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
