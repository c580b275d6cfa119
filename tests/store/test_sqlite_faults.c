/*
 * test_sqlite_faults.c - the sqlite back end on a disk whose n-th write, sync or cut goes wrong,
 * for every n that a list of commits has: in the database and in its write-ahead log, once and from
 * then on. What was acknowledged is there after a new start, in order and as it was written; after
 * an error that is not a full disk nothing is acknowledged any more; after a full disk everything
 * is there, once.
 */
#include "fixture.h"
#include "store/sqlite.h"

enum { COMMITS = 6, LOG_PAGES = 4, BODY = 5000, TRIES = 3, NTH_MAX = 1000 };

enum file { FILE_DATABASE, FILE_LOG, FILES };
enum operation { OP_WRITE, OP_SYNC, OP_TRUNCATE };

struct fault {
    const char *name;
    enum file file;
    enum operation operation;
    int result;
};

static const struct fault faults[] = {
    {"database write full", FILE_DATABASE, OP_WRITE, SQLITE_FULL},
    {"database write", FILE_DATABASE, OP_WRITE, SQLITE_IOERR_WRITE},
    {"database sync", FILE_DATABASE, OP_SYNC, SQLITE_IOERR_FSYNC},
    {"database truncate", FILE_DATABASE, OP_TRUNCATE, SQLITE_IOERR_TRUNCATE},
    {"log write full", FILE_LOG, OP_WRITE, SQLITE_FULL},
    {"log write", FILE_LOG, OP_WRITE, SQLITE_IOERR_WRITE},
    {"log sync", FILE_LOG, OP_SYNC, SQLITE_IOERR_FSYNC},
    {"log truncate", FILE_LOG, OP_TRUNCATE, SQLITE_IOERR_TRUNCATE},
};
enum { FAULTS = sizeof(faults) / sizeof(*faults) };

/* ---- the disk --------------------------------------------------------------------------------*/

/* SQLite has several sets of file functions; there is one of ours for each and each kind of file.
 */
struct methods {
    sqlite3_io_methods ours; /* first: what a file points to */
    const sqlite3_io_methods *real;
    enum file file;
};

static struct {
    sqlite3_vfs vfs;
    struct methods sets[16];
    const struct fault *fault; /* NULL: all goes well */
    bool stays;
    unsigned nth, seen;
    unsigned long touched; /* writes, syncs and cuts of both files */
} disk;

static const struct methods *set_of(sqlite3_file *file)
{
    return (const struct methods *)(const void *)file->pMethods;
}

static int meet(const struct methods *set, enum operation operation)
{
    disk.touched++;
    if (!disk.fault || set->file != disk.fault->file || operation != disk.fault->operation)
        return SQLITE_OK;
    disk.seen++;
    return disk.seen == disk.nth || (disk.stays && disk.seen > disk.nth) ? disk.fault->result
                                                                         : SQLITE_OK;
}

/* Half of it is there all the same. */
static int write_file(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
    const struct methods *set = set_of(file);
    int result = meet(set, OP_WRITE);
    int written = set->real->xWrite(file, data, result ? len / 2 : len, at);

    return result ? result : written;
}

/* Nobody pulls the plug: a sync that goes well needs no disk. */
static int sync_file(sqlite3_file *file, int flags)
{
    (void)flags;
    return meet(set_of(file), OP_SYNC);
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    const struct methods *set = set_of(file);
    int result = meet(set, OP_TRUNCATE);

    return result ? result : set->real->xTruncate(file, size);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *real = vfs->pAppData;
    enum file kind = flags & SQLITE_OPEN_WAL ? FILE_LOG : FILE_DATABASE;
    struct methods *set = disk.sets;
    int result = real->xOpen(real, name, file, flags, out);

    if (result != SQLITE_OK || !file->pMethods ||
        !(flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)))
        return result;
    while (set->real && (set->real != file->pMethods || set->file != kind))
        set++;
    set->real = file->pMethods;
    set->file = kind;
    set->ours = *file->pMethods;
    set->ours.xWrite = write_file;
    set->ours.xSync = sync_file;
    set->ours.xTruncate = truncate_file;
    file->pMethods = &set->ours;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    sqlite3_vfs *real = vfs->pAppData;

    (void)sync; /* as above */
    return real->xDelete(real, name, 0);
}

static void use_disk(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find("unix");

    assert_non_null(real);
    disk.vfs = *real;
    disk.vfs.zName = "faulty";
    disk.vfs.pAppData = real;
    disk.vfs.xOpen = open_file;
    disk.vfs.xDelete = delete_file;
    assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

/* ---- one story -------------------------------------------------------------------------------*/

struct story {
    struct fixture *f;
    const struct fault *fault;
    uint64_t acknowledged;
    bool failed;
};

static enum quell_code commit_one(struct story *story, uint64_t seq)
{
    struct store_event event = an_event(story->f, "r", seq);
    struct store_run row = a_run(story->f, "r");
    struct store_batch batch = {.events = &event, .event_count = 1, .runs = &row, .run_count = 1};

    event.body = repeat(story->f, (char)('a' + seq), BODY);
    row.last_seq = seq;
    ((struct sqlite_store *)story->f->store)->log_due = LOG_PAGES; /* a short log is long enough */
    return commit(story->f, &batch);
}

/* As the writer does it; after some tries there is room. */
static enum quell_code commit_with_room(struct story *story, uint64_t seq)
{
    enum quell_code code = commit_one(story, seq);
    unsigned tries;

    for (tries = 0; code == QUELL_UNAVAILABLE; tries++) {
        assert_true(story->f->store->full);
        assert_int_equal(story->fault->result, SQLITE_FULL);
        if (tries == TRIES)
            disk.fault = NULL;
        assert_in_range(tries, 0, TRIES);
        code = commit_one(story, seq);
    }
    return code;
}

/* After a failure the disk is well again, and left alone. */
static void commit_all(struct story *story)
{
    unsigned long touched = 0;
    uint64_t seq;

    for (seq = 1; seq <= COMMITS; seq++) {
        enum quell_code code = commit_with_room(story, seq);

        if (story->failed) {
            assert_int_equal(code, QUELL_IO);
            assert_int_equal(disk.touched, touched);
        } else if (code) {
            assert_int_equal(code, QUELL_IO);
            assert_int_not_equal(story->fault->result, SQLITE_FULL);
            story->failed = true;
            disk.fault = NULL;
            touched = disk.touched;
        } else {
            story->acknowledged = seq;
        }
    }
    fixture_close(story->f);
    if (story->failed)
        assert_int_equal(disk.touched, touched);
}

static bool is_as_written(const struct store_event *event, void *user)
{
    uint64_t *count = user;
    size_t i;

    assert_int_equal(event->seq, ++*count);
    assert_int_equal(event->body.len, BODY);
    for (i = 0; i < BODY; i++)
        assert_int_equal(event->body.data[i], (char)('a' + event->seq));
    return true;
}

static void no_break(const struct store_break *found, void *user)
{
    (void)user;
    fail_msg("%.*s", QUELL_ARG(found->text));
}

/* The one that failed may be there: whoever asked for it was told nothing. */
static void check_all(struct story *story)
{
    struct fixture *f = story->f;
    const struct store_verify verify = {.found = no_break};
    struct store_verified verified;
    uint64_t count = 0;

    disk.fault = NULL;
    fixture_open(f);
    assert_int_equal(f->kind->events(f->reader, QUELL_STR("r"), 0, is_as_written, &count, NULL),
                     QUELL_OK);
    assert_in_range(count, story->acknowledged, story->acknowledged + story->failed);
    if (!story->failed)
        assert_int_equal(count, COMMITS);
    assert_int_equal(f->kind->verify(f->reader, &verify, &verified, NULL), QUELL_OK);
    assert_int_equal(verified.events, count);
    assert_int_equal(commit_one(story, count + 1), QUELL_OK);
}

/* False when the fault did not take place any more. */
static bool tell(const struct fault *fault, unsigned nth, bool stays, bool *failed)
{
    struct story story = {.f = fixture_new(kind_of("sqlite")), .fault = fault};
    bool met;

    fixture_open(story.f);
    disk.fault = fault;
    disk.nth = nth;
    disk.stays = stays;
    disk.seen = 0;
    commit_all(&story);
    met = disk.seen >= nth;
    check_all(&story);
    *failed = story.failed;
    fixture_free(story.f);
    return met;
}

static unsigned tell_all(const struct fault *fault, bool stays)
{
    unsigned nth, failures = 0;
    bool failed;

    for (nth = 1; tell(fault, nth, stays, &failed); nth++) {
        failures += failed;
        assert_in_range(nth, 1, NTH_MAX);
    }
    print_message("%s%s: %u stories, %u of them ended\n", fault->name, stays ? ", stays" : "",
                  nth - 1, failures);
    assert_true(nth > 1); /* there is such a call at all */
    if (fault->result == SQLITE_FULL)
        assert_int_equal(failures, 0);
    else if (fault->operation != OP_TRUNCATE) /* a log that stays long harms nobody */
        assert_true(failures > 0);
    return nth - 1;
}

static void test_each_fault_once(void **state)
{
    unsigned stories = 0;
    size_t i;

    (void)state;
    for (i = 0; i < FAULTS; i++)
        stories += tell_all(&faults[i], false);
    print_message("cases: %u\n", stories);
}

static void test_each_fault_that_stays(void **state)
{
    unsigned stories = 0;
    size_t i;

    (void)state;
    for (i = 0; i < FAULTS; i++)
        stories += tell_all(&faults[i], true);
    print_message("cases: %u\n", stories);
}

/* A disk that is full for the database only: the log goes on to grow, and all is folded in when
 * there is room. */
static void test_a_log_that_cannot_be_folded_in_grows(void **state)
{
    static const struct fault fault = {"", FILE_DATABASE, OP_WRITE, SQLITE_FULL};
    struct story story = {.f = fixture_new(kind_of("sqlite")), .fault = &fault};
    struct sqlite_store *store;
    uint64_t seq;
    int longest;

    (void)state;
    fixture_open(story.f);
    store = (struct sqlite_store *)story.f->store;
    disk.fault = &fault;
    disk.nth = 1;
    disk.stays = true;
    disk.seen = 0;
    for (seq = 1; seq <= COMMITS; seq++)
        assert_int_equal(commit_one(&story, seq), QUELL_OK);
    longest = store->log_pages;
    assert_true(store->log_due > longest);
    assert_true(longest > 3 * LOG_PAGES);
    disk.fault = NULL;
    assert_int_equal(commit_one(&story, seq), QUELL_OK); /* folds it in */
    assert_int_equal(commit_one(&story, seq + 1), QUELL_OK);
    assert_true(store->log_pages < longest);
    fixture_free(story.f);
}

static int setup(void **state)
{
    (void)state;
    use_disk();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_fault_once),
        cmocka_unit_test(test_each_fault_that_stays),
        cmocka_unit_test(test_a_log_that_cannot_be_folded_in_grows),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
