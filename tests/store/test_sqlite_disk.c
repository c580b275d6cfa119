/*
 * test_sqlite_disk.c - the sqlite back end on a disk that counts, fails or is full, and beside
 * other programs that use the same database.
 */
#include <signal.h>
#include <sys/resource.h>

#include "rows.h"
#include "store/sqlite.h"

static int setup(void **state)
{
    *state = fixture_new(kind_of("sqlite"));
    return 0;
}

static sqlite3 *db_of(struct store *store)
{
    return ((struct sqlite_store *)store)->db;
}

/* ---- a disk that fails -----------------------------------------------------------------------*/

/* SQLite's own file functions with an fsync that can be made to fail. It has several sets of them,
 * so there is one of ours for each. */
struct methods {
    sqlite3_io_methods ours; /* first: what a file points to */
    const sqlite3_io_methods *real;
};

static struct {
    sqlite3_vfs vfs;
    struct methods sets[8];
    bool registered, failing;
    int syncs;
} disk;

static int sync_file(sqlite3_file *file, int flags)
{
    const struct methods *set = (const struct methods *)(const void *)file->pMethods;

    disk.syncs++;
    return disk.failing ? SQLITE_IOERR_FSYNC : set->real->xSync(file, flags);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *real = vfs->pAppData;
    struct methods *set = disk.sets;
    int result = real->xOpen(real, name, file, flags, out);

    if (result != SQLITE_OK || !file->pMethods)
        return result;
    while (set->real && set->real != file->pMethods)
        set++;
    set->real = file->pMethods;
    set->ours = *file->pMethods;
    set->ours.xSync = sync_file;
    file->pMethods = &set->ours;
    return SQLITE_OK;
}

static void use_disk(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find("unix");

    assert_non_null(real);
    disk.vfs = *real;
    disk.vfs.zName = "failing";
    disk.vfs.pAppData = real;
    disk.vfs.xOpen = open_file;
    disk.failing = false;
    disk.registered = true;
    assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

static void leave_disk(void)
{
    if (disk.registered)
        assert_int_equal(sqlite3_vfs_unregister(&disk.vfs), SQLITE_OK);
    disk.registered = false;
}

static int teardown(void **state)
{
    fixture_free(*state);
    leave_disk();
    return 0;
}

static void test_each_commit_is_one_sync(void **state)
{
    struct fixture *f = *state;
    struct store_event events[20];
    struct store_batch batches[20];
    const struct store_batch *group[20];
    size_t i;
    int before;

    use_disk();
    fixture_open(f);
    for (i = 0; i < 20; i++) {
        events[i] = an_event(f, "r", i + 1);
        batches[i] = (struct store_batch){.events = &events[i], .event_count = 1};
        group[i] = &batches[i];
    }
    assert_int_equal(commit(f, &batches[0]), QUELL_OK); /* the first one also begins the log */
    before = disk.syncs;
    assert_int_equal(commit(f, &batches[1]), QUELL_OK);
    assert_int_equal(disk.syncs - before, 1);
    before = disk.syncs;
    assert_int_equal(f->kind->commit(f->store, group + 2, 18, NULL), QUELL_OK);
    assert_int_equal(disk.syncs - before, 1);
}

static void test_a_failed_sync_is_the_end(void **state)
{
    struct fixture *f = *state;
    struct store_event events[] = {an_event(f, "r", 1), an_event(f, "r", 2), an_event(f, "r", 3)};
    struct store_batch batch = {.events = &events[2], .event_count = 1};
    const struct store_batch *group[] = {&batch};
    struct quell_error err = {0};
    int syncs;

    use_disk();
    fixture_open(f);
    assert_int_equal(commit_events(f, &events[0], 1), QUELL_OK);
    disk.failing = true;
    assert_int_equal(commit_events(f, &events[1], 1), QUELL_IO);
    disk.failing = false; /* the kernel forgets the error; we do not */
    syncs = disk.syncs;
    assert_int_equal(f->kind->commit(f->store, group, 1, &err), QUELL_IO);
    assert_true(strlen(err.message) > 0);
    assert_int_equal(f->kind->prune(f->store, 1, NULL), QUELL_IO);
    assert_int_equal(disk.syncs, syncs); /* the disk is left alone */
    fixture_close(f);
    assert_int_equal(disk.syncs, syncs); /* also by closing */
    leave_disk();
    fixture_open(f);
    assert_int_equal(str_find(seqs(f, "r", 0), QUELL_STR("1 "), 0), 0); /* what was told is there */
    assert_int_equal(str_find(seqs(f, "r", 0), QUELL_STR("3"), 0), SIZE_MAX);
}

/* A limit of the process, and not of the disk: nobody makes room there. */
static void test_a_file_that_may_not_grow_is_the_end(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, now;
    struct store_event event = an_event(f, "r", 2), first = an_event(f, "r", 1);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

    fixture_open(f);
    assert_int_equal(commit_events(f, &first, 1), QUELL_OK);
    event.body = repeat(f, 'x', 4 * 1024 * 1024);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    now = before;
    now.rlim_cur = 1024 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    assert_int_equal(commit_events(f, &event, 1), QUELL_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(commit_events(f, &event, 1), QUELL_IO);
    (void)signal(SIGXFSZ, handler);
    fixture_close(f);
    fixture_open(f);
    assert_text(seqs(f, "r", 0), "1 ");
}

/* ---- other programs --------------------------------------------------------------------------*/

static void test_a_busy_database_passes(void **state)
{
    struct fixture *f = *state;
    struct rows rows;
    sqlite3 *other = NULL;

    fixture_open(f);
    fill(f, &rows, "a");
    assert_int_equal(sqlite3_busy_timeout(db_of(f->store), 0), SQLITE_OK);
    assert_int_equal(sqlite3_open(f->path.data, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(commit(f, &rows.batch), QUELL_UNAVAILABLE);
    assert_text(ids(f, &(struct store_query){0}), ""); /* reading goes on */
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    check(f, f->reader, &rows);
}

/* A reader that looks at rows for long does not hold up the writer, and sees no half of it. */
struct slow_reader {
    struct fixture *f;
    uint64_t seen;
};

static bool write_meanwhile(const struct store_event *event, void *user)
{
    struct slow_reader *slow = user;
    struct store_event next = an_event(slow->f, "r", event->seq + 10);

    assert_int_equal(commit_events(slow->f, &next, 1), QUELL_OK);
    slow->seen++;
    return true;
}

static void test_a_query_is_a_snapshot(void **state)
{
    struct fixture *f = *state;
    struct store_event events[10];
    struct slow_reader slow = {.f = f};
    size_t i;

    fixture_open(f);
    for (i = 0; i < 10; i++)
        events[i] = an_event(f, "r", i + 1);
    assert_int_equal(commit_events(f, events, 10), QUELL_OK);
    assert_int_equal(f->kind->events(f->reader, QUELL_STR("r"), 0, write_meanwhile, &slow, NULL),
                     QUELL_OK);
    assert_int_equal(slow.seen, 10);
    assert_text(seqs(f, "r", 17), "18 19 20 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_commit_is_one_sync),
        TEST(test_a_failed_sync_is_the_end),
        TEST(test_a_file_that_may_not_grow_is_the_end),
        TEST(test_a_busy_database_passes),
        TEST(test_a_query_is_a_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
