/*
 * test_sqlite.c - what only the sqlite back end has: the lock, durability, foreign, newer and
 * damaged files, permissions. Failing disks are in test_sqlite_disk.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rows.h"
#include "store/sqlite.h"

static int setup(void **state)
{
    *state = fixture_new(kind_of("sqlite"));
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static sqlite3 *db_of(struct store *store)
{
    return ((struct sqlite_store *)store)->db;
}

/* Opens for writing or reading, expecting a failure whose message says `word`. */
static void refuse_open(struct fixture *f, enum store_mode mode, enum quell_code code,
                        const char *word)
{
    struct store *store = NULL;
    struct quell_error err = {0};

    assert_int_equal(store_open(f->url, mode, &store, &err), code);
    assert_null(store);
    assert_int_equal(err.code, code);
    if (!strstr(err.message, word))
        fail_msg("\"%s\" does not say \"%s\"", err.message, word);
}

/* Runs SQL on the file with plain SQLite, as another program would. */
static void run_sql(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(f->path.data, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return number;
}

/* ---- durability ------------------------------------------------------------------------------*/

static void test_settings(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db;

    fixture_open(f);
    db = db_of(f->store);
    assert_int_equal(ask(db, "PRAGMA synchronous"), 2);
    assert_int_equal(ask(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(ask(db, "PRAGMA secure_delete"), 1);
    assert_int_equal(ask(db, "PRAGMA application_id"), SQLITE_APPLICATION_ID);
    assert_int_equal(ask(db, "PRAGMA user_version"), SQLITE_SCHEMA_VERSION);
    assert_int_equal(ask(db, "SELECT count(*) FROM pragma_table_list"
                             " WHERE schema = 'main' AND name NOT LIKE 'sqlite%' AND NOT strict"),
                     0);
}

static void test_less_than_full_is_refused(void **state)
{
    struct fixture *f = *state;
    struct sqlite_store *store;
    struct quell_error err = {0};

    fixture_open(f);
    store = (struct sqlite_store *)f->store;
    assert_int_equal(sqlite_check_durable(store, NULL), QUELL_OK);
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL), 0);
    assert_int_equal(sqlite_check_durable(store, &err), QUELL_INVALID);
    assert_non_null(strstr(err.message, "less than FULL"));
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), 0);
    assert_int_equal(sqlite_check_durable(store, &err), QUELL_INVALID);
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA synchronous = EXTRA", NULL, NULL, NULL), 0);
    assert_int_equal(sqlite_check_durable(store, &err), QUELL_OK);
    store_close(f->reader);
    f->reader = NULL;
    assert_int_equal(sqlite3_exec(store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL), 0);
    assert_int_equal(sqlite_check_durable(store, &err), QUELL_INVALID);
    assert_non_null(strstr(err.message, "wal"));
}

/* A process that is killed right after the commit has committed. */
static void test_committed_survives_kill(void **state)
{
    struct fixture *f = *state;
    struct rows rows;
    pid_t child = fork();
    int status;

    fill(f, &rows, "a");
    assert_true(child >= 0);
    if (child == 0) {
        fixture_open(f);
        (void)commit(f, &rows.batch);
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    fixture_open(f);
    check(f, f->reader, &rows);
}

/* What is forgotten goes back to the disk, and the rows that stay keep their places in the chain.
 */
static void test_forgotten_room_is_given_back(void **state)
{
    struct fixture *f = *state;
    struct store_forget what = {.incident_count = 1, .limit = 100};
    struct store_verify verify = {0};
    struct store_verified verified;
    struct store_forgotten did;
    struct rows rows;
    char body[20000];
    int64_t before, spare;

    memset(body, 'x', sizeof body);
    fixture_open(f);
    for (int i = 0; i < 60; i++) {
        fill(f, &rows, format(f, "i%d", i).data);
        rows.incident.body = (struct quell_str){body, sizeof body};
        assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    }
    before = ask(db_of(f->store), "PRAGMA page_count");
    assert_true(before > 300);
    for (int i = 0; i < 59; i++) {
        struct quell_str gone = format(f, "i%d", i);

        what.incidents = &gone;
        assert_int_equal(f->kind->forget(f->store, &what, &did, NULL), QUELL_OK);
        assert_int_equal(did.incidents, 1);
    }
    spare = ask(db_of(f->store), "PRAGMA freelist_count");
    assert_true(ask(db_of(f->store), "PRAGMA page_count") < before / 2);
    assert_true(spare <= before / 4);
    check(f, f->reader, &rows);
    assert_int_equal(f->kind->verify(f->reader, &verify, &verified, NULL), QUELL_OK);
    assert_int_equal(verified.incidents, 1);
    assert_int_equal(verified.events, 60);
}

static void test_close_folds_the_log_in(void **state)
{
    struct fixture *f = *state;
    struct rows rows;
    struct stat info;

    fixture_open(f);
    fill(f, &rows, "a");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    assert_int_equal(stat(format(f, "%s-wal", f->path.data).data, &info), 0);
    assert_true(info.st_size > 0);
    store_close(f->store); /* the reader stays */
    f->store = NULL;
    assert_int_equal(stat(format(f, "%s-wal", f->path.data).data, &info), 0);
    assert_int_equal(info.st_size, 0);
    check(f, f->reader, &rows);
}

/* ---- the lock --------------------------------------------------------------------------------*/

/* A child that opens for writing and then waits for its end. */
static pid_t start_holder(struct fixture *f)
{
    char byte = 0;
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nobody behind */
        fixture_open(f);
        if (write(ends[1], "x", 1) == 1)
            (void)pause();
        _exit(1);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(close(ends[0]), 0);
    return child;
}

static void test_one_process_writes(void **state)
{
    struct fixture *f = *state;
    pid_t holder = start_holder(f);
    struct store *reader = NULL;

    refuse_open(f, STORE_WRITE, QUELL_CONFLICT, format(f, "process %d ", (int)holder).data);
    assert_int_equal(store_open(f->url, STORE_READ, &reader, NULL), QUELL_OK);
    store_close(reader);
    refuse_open(f, STORE_WRITE, QUELL_CONFLICT, "in use"); /* a reader's end does not unlock */
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    fixture_open(f); /* a dead holder holds nothing */
}

static void test_a_link_leads_to_the_same_lock(void **state)
{
    struct fixture *f = *state;
    struct quell_str link = format(f, "%s/link.db", f->folder);
    struct store *store = NULL;

    fixture_open(f);
    assert_int_equal(symlink(f->path.data, link.data), 0);
    assert_int_equal(store_open(link, STORE_WRITE, &store, NULL), QUELL_CONFLICT);
    assert_int_equal(store_open(link, STORE_READ, &store, NULL), QUELL_OK);
    store_close(store);
}

static bool count_rows(const struct store_run *run, void *user)
{
    (void)run;
    ++*(int *)user;
    return true;
}

/* Another process reads what this one has committed, while it writes. */
static void test_another_process_reads_beside(void **state)
{
    struct fixture *f = *state;
    struct store_query all = {.limit = 1000};
    int round, status, expected = 0;

    fixture_open(f);
    for (round = 0; round < 3; round++) {
        struct store_run run = a_run(f, format(f, "run-%d", round).data);
        pid_t child;

        assert_int_equal(commit_runs(f, &run, 1), QUELL_OK);
        expected++;
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct store *reader = NULL;
            int seen = 0;

            if (store_open(f->url, STORE_READ, &reader, NULL) == QUELL_OK &&
                f->kind->runs(reader, &all, count_rows, &seen, NULL) == QUELL_OK)
                _exit(seen);
            _exit(99);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), expected);
    }
}

/* ---- files that are not ours, or no longer right ---------------------------------------------*/

static void write_file(struct fixture *f, const char *text)
{
    int fd = open(f->path.data, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void test_foreign_database(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;

    run_sql(f, "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    refuse_open(f, STORE_WRITE, QUELL_INVALID, "another program");
    refuse_open(f, STORE_READ, QUELL_INVALID, "another program");
    /* It is as it was: no WAL, no tables of ours. */
    assert_int_equal(sqlite3_open(f->path.data, &db), SQLITE_OK);
    assert_int_equal(ask(db, "SELECT count(*) FROM sqlite_schema"), 1);
    assert_int_equal(ask(db, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_foreign_application(void **state)
{
    struct fixture *f = *state;

    run_sql(f, "PRAGMA application_id = 77; PRAGMA user_version = 1");
    refuse_open(f, STORE_WRITE, QUELL_INVALID, "another program");
}

static void test_no_database(void **state)
{
    struct fixture *f = *state;

    write_file(f, "name: a playbook, not a database\nand long enough for SQLite to look at it, "
                  "which wants a hundred bytes\n");
    refuse_open(f, STORE_WRITE, QUELL_INVALID, "not a quell database");
    refuse_open(f, STORE_READ, QUELL_INVALID, "not a quell database");
}

static void fixture_set_version(struct fixture *f)
{
    char sql[48];

    (void)snprintf(sql, sizeof sql, "PRAGMA user_version = %d", SQLITE_SCHEMA_VERSION);
    run_sql(f, sql);
}

static void test_newer_version(void **state)
{
    struct fixture *f = *state;

    fixture_open(f);
    fixture_close(f);
    run_sql(f, "PRAGMA user_version = 999");
    refuse_open(f, STORE_WRITE, QUELL_INVALID, "newer");
    refuse_open(f, STORE_READ, QUELL_INVALID, "newer");
    run_sql(f, "PRAGMA user_version = -1");
    refuse_open(f, STORE_WRITE, QUELL_IO, "damaged");
    fixture_set_version(f);
    fixture_open(f);
}

/* A store of version 1 is raised, and keeps what it has. */
static void test_older_version(void **state)
{
    struct fixture *f = *state;
    struct store_run run = a_run(f, "r");
    struct store_batch batch = {.runs = &run, .run_count = 1};
    const struct store_batch *batches[] = {&batch};
    struct store_run found;

    fixture_open(f);
    assert_int_equal(f->kind->commit(f->store, batches, 1, NULL), QUELL_OK);
    fixture_close(f);
    run_sql(f, "DROP INDEX run_active; ALTER TABLE run DROP COLUMN due_us; ALTER TABLE run DROP "
               "COLUMN waits;"
               "DROP TABLE mark; DROP TABLE refusal; DROP INDEX incident_sent;"
               "DROP TABLE audit; DROP TABLE link; DROP TABLE checkpoint;"
               "DROP INDEX run_ended; ALTER TABLE run DROP COLUMN hash;"
               "ALTER TABLE incident DROP COLUMN link; ALTER TABLE delivery DROP COLUMN link;"
               "ALTER TABLE revision DROP COLUMN link; ALTER TABLE event DROP COLUMN link;"
               "CREATE INDEX run_active ON run (id) WHERE ended_us = 0;"
               "PRAGMA user_version = 1");
    refuse_open(f, STORE_READ, QUELL_INVALID, "older");
    fixture_open(f);
    assert_int_equal(f->kind->run(f->store, f->arena, QUELL_STR("r"), &found, NULL), QUELL_OK);
    assert_int_equal(found.last_seq, 7);
    assert_int_equal(found.due_us, 0);
    assert_int_equal(found.waits.len, 0);
}

static void test_empty_file_is_a_new_store(void **state)
{
    struct fixture *f = *state;
    struct rows rows;

    write_file(f, "");
    refuse_open(f, STORE_READ, QUELL_NOT_FOUND, "nothing was stored");
    fixture_open(f);
    fill(f, &rows, "a");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    check(f, f->reader, &rows);
}

/* A store with more pages than one, closed. */
static off_t write_pages(struct fixture *f)
{
    struct store_event event;
    struct stat info;
    uint64_t seq;

    fixture_open(f);
    for (seq = 1; seq <= 50; seq++) {
        event = an_event(f, "r", seq);
        event.body = repeat(f, 'x', 3000);
        assert_int_equal(commit_events(f, &event, 1), QUELL_OK);
    }
    fixture_close(f);
    assert_int_equal(stat(f->path.data, &info), 0);
    return info.st_size;
}

static void test_truncated_database(void **state)
{
    struct fixture *f = *state;
    off_t size = write_pages(f);

    assert_int_equal(truncate(f->path.data, size / 4096 / 2 * 4096), 0);
    refuse_open(f, STORE_WRITE, QUELL_IO, "damaged");
    refuse_open(f, STORE_READ, QUELL_IO, "damaged");
    assert_int_equal(truncate(f->path.data, 50), 0);
    refuse_open(f, STORE_WRITE, QUELL_IO, "damaged");
}

static bool ignore_event(const struct store_event *event, void *user)
{
    (void)event;
    (void)user;
    return true;
}

static void test_damaged_page(void **state)
{
    struct fixture *f = *state;
    off_t size = write_pages(f), at;
    struct quell_error err = {0};
    struct quell_str noise = repeat(f, '\x5a', 4096);
    int fd = open(f->path.data, O_WRONLY);

    assert_true(fd >= 0);
    for (at = 24 * 4096; at < size; at += 4096) /* its beginning, with the schema, is sound */
        assert_int_equal(pwrite(fd, noise.data, noise.len, at), 4096);
    assert_int_equal(close(fd), 0);
    refuse_open(f, STORE_WRITE, QUELL_IO, "damaged"); /* the chain has no end to go on from */
    assert_int_equal(store_open(f->url, STORE_READ, &f->reader, NULL), QUELL_OK);
    assert_int_equal(f->kind->events(f->reader, QUELL_STR("r"), 0, ignore_event, NULL, &err),
                     QUELL_IO);
    assert_non_null(strstr(err.message, "damaged"));
}

/* ---- paths and permissions -------------------------------------------------------------------*/

static void test_paths_that_lead_nowhere(void **state)
{
    struct fixture *f = *state;
    struct store *store = NULL;

    refuse_open(f, STORE_READ, QUELL_NOT_FOUND, "No such file");
    assert_int_equal(store_open(format(f, "%s/no/such.db", f->folder), STORE_WRITE, &store, NULL),
                     QUELL_NOT_FOUND);
    assert_int_equal(store_open(format(f, "%s", f->folder), STORE_WRITE, &store, NULL), QUELL_IO);
    assert_int_equal(store_open(QUELL_STR("sqlite:"), STORE_WRITE, &store, NULL), QUELL_INVALID);
    assert_int_equal(store_open(QUELL_STR(""), STORE_WRITE, &store, NULL), QUELL_INVALID);
    assert_int_equal(store_open(QUELL_STR("oracle:x"), STORE_WRITE, &store, NULL), QUELL_INVALID);
    assert_int_equal(store_open(QUELL_STR("memory:x"), STORE_WRITE, &store, NULL), QUELL_INVALID);
    assert_null(store);
}

/* A plain path is a file whatever it looks like: nothing durable may live in SQLite's memory. */
static void test_names_that_mean_something_to_sqlite(void **state)
{
    static const char *const urls[] = {"sqlite:file:odd?mode=memory",
                                       "sqlite::memory:", "./plain:colon.db", "plain.db"};
    static const char *const files[] = {"file:odd?mode=memory", ":memory:", "plain:colon.db",
                                        "plain.db"};
    struct fixture *f = *state;
    char before[4096];
    size_t i;

    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(f->folder), 0);
    for (i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct store *store = NULL;
        struct stat info;

        assert_int_equal(store_open(quell_str_of(urls[i]), STORE_WRITE, &store, NULL), QUELL_OK);
        store_close(store);
        assert_int_equal(stat(files[i], &info), 0);
        assert_true(info.st_size > 0);
    }
    assert_int_equal(chdir(before), 0);
}

static void test_files_are_private(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    struct fixture *f = *state;
    struct rows rows;
    struct stat info;
    mode_t before = umask(0);
    size_t i;

    fixture_open(f);
    fill(f, &rows, "a");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    for (i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        assert_int_equal(stat(format(f, "%s%s", f->path.data, endings[i]).data, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
    (void)umask(before);
}

/* Runs a check without root's powers: a child, because a process cannot take them back up. */
static void as_nobody(struct fixture *f, void (*run)(struct fixture *f))
{
    enum { NOBODY = 65534 };
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(1);
        run(f);
        _exit(0); /* a failed assertion ends the child otherwise */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void exit_unless(bool ok)
{
    if (!ok)
        _exit(2);
}

static void open_denied(struct fixture *f)
{
    struct store *store = NULL;
    struct quell_error err = {0};

    enum quell_code code = store_open(f->url, STORE_WRITE, &store, &err);

    if (code != QUELL_DENIED)
        print_error("%d: %s\n", code, err.message);
    exit_unless(code == QUELL_DENIED);
    exit_unless(store == NULL && strlen(err.message) > 0);
}

static void test_read_only_folder(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(chmod(f->folder, 0555), 0);
    as_nobody(f, open_denied); /* no file yet */
    assert_int_equal(chmod(f->folder, 0755), 0);
    fixture_open(f);
    fixture_close(f);
    assert_int_equal(chmod(f->path.data, 0444), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    as_nobody(f, open_denied); /* a file that may only be read */
    assert_int_equal(chmod(f->path.data, 0666), 0);
    as_nobody(f, open_denied); /* a folder in which no log can be made */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_settings),
        TEST(test_less_than_full_is_refused),
        TEST(test_committed_survives_kill),
        TEST(test_forgotten_room_is_given_back),
        TEST(test_close_folds_the_log_in),
        TEST(test_one_process_writes),
        TEST(test_a_link_leads_to_the_same_lock),
        TEST(test_another_process_reads_beside),
        TEST(test_foreign_database),
        TEST(test_foreign_application),
        TEST(test_no_database),
        TEST(test_newer_version),
        TEST(test_older_version),
        TEST(test_empty_file_is_a_new_store),
        TEST(test_truncated_database),
        TEST(test_damaged_page),
        TEST(test_paths_that_lead_nowhere),
        TEST(test_names_that_mean_something_to_sqlite),
        TEST(test_files_are_private),
        TEST(test_read_only_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
