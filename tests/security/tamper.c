/*
 * tamper.c - bytes of a store are changed, one at a time, at seeded places over the whole database:
 * `quell audit verify` must find each, or nothing that a reader could see has changed (free space,
 * counters of the file's head). What cannot be read any more is found as well.
 *
 *     tamper [--most N] [--seed N]
 *
 * The database holds runs, events, incidents, deliveries, revisions, refusals, audit rows, marks,
 * gaps of what was forgotten, and checkpoints. Whether a reader sees a change is asked of SQLite
 * alone: every column of every row of every table, and the tables themselves.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <quell/quell.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "loop/log.h"
#include "store/signer.h"
#include "store/store.h"

enum { RUNS = 40, EVENTS = 6, MOST = 2500 };

static char folder[] = "/tmp/quell-tamper-XXXXXX";
static char path[64], key_path[80], file_path[80];

static void must(enum quell_code code, const struct quell_error *err)
{
    if (!code)
        return;
    (void)fprintf(stderr, "tamper: %s\n", err->message);
    exit(2);
}

/* ---- the database ------------------------------------------------------------------------------
 */

static void put_run(struct arena *arena, struct store *store, size_t i)
{
    struct quell_error err = {0};
    struct quell_str id = arena_format(arena, "01941f29-7c00-7000-8000-%012zu", i);
    struct quell_str text = arena_format(arena, "{\"seq\":1,\"data\":{\"number\":%zu}}", i);
    struct store_incident incident = {.id = id,
                                      .received_us = (int64_t)i,
                                      .source = QUELL_STR("sentinel"),
                                      .source_id = id,
                                      .title = QUELL_STR("malware on a device"),
                                      .severity = QUELL_STR("high"),
                                      .body = text};
    struct store_delivery delivery = {QUELL_STR("hook"), id, (int64_t)i + 1, text};
    struct store_revision revision = {id, QUELL_STR("p"), QUELL_STR("p.yaml"),
                                      QUELL_STR("quell: 1\nplaybook: p\n")};
    struct store_run run = {.id = id,
                            .playbook = QUELL_STR("p"),
                            .revision = id,
                            .incident = id,
                            .title = incident.title,
                            .state = QUELL_STR("succeeded"),
                            .mode = QUELL_STR("live"),
                            .started_us = 1,
                            .updated_us = 2,
                            .ended_us = (int64_t)i + 3,
                            .last_seq = EVENTS};
    struct store_refusal refusal = {
        id, (int64_t)i + 1, QUELL_STR("p"), id, QUELL_STR("deduped"), QUELL_STR("seen before"), id};
    struct store_audit audit = {.id = id,
                                .at_us = (int64_t)i + 1,
                                .who = QUELL_STR("anna"),
                                .what = QUELL_STR("released"),
                                .subject = id,
                                .detail = text};
    struct store_mark mark = {QUELL_STR("seen"), id, (int64_t)i + 1000, text};
    struct store_event events[EVENTS];
    struct store_batch batch = {&incident, 1,      &delivery, 1, &revision, 1, &run,   1,
                                events,    EVENTS, &mark,     1, &refusal,  1, &audit, 1};
    const struct store_batch *batches[] = {&batch};
    size_t seq;

    for (seq = 0; seq < EVENTS; seq++)
        events[seq] = (struct store_event){.run = id,
                                           .seq = seq + 1,
                                           .at_us = (int64_t)seq,
                                           .kind = QUELL_STR("step_started"),
                                           .body = arena_format(arena,
                                                                "{\"seq\":%zu,\"kind\":"
                                                                "\"step_started\"}",
                                                                seq + 1)};
    must(store->kind->commit(store, batches, 1, &err), &err);
}

static void forget(struct arena *arena, struct store *store)
{
    struct quell_str runs[RUNS / 4];
    struct store_forget what = {
        .runs = runs, .run_count = RUNS / 4, .deliveries_us = 5, .refusals_us = 5};
    struct store_forgotten did;
    struct quell_error err = {0};
    size_t i;

    for (i = 0; i < RUNS / 4; i++)
        runs[i] = arena_format(arena, "01941f29-7c00-7000-8000-%012zu", i);
    must(store->kind->forget(store, &what, &did, &err), &err);
}

static void sign(struct store *store, const struct signer *signer)
{
    struct store_checkpoint checkpoint = {.at_us = 1};
    struct quell_error err = {0};

    must(store->kind->chain_end(store, &checkpoint, &err), &err);
    checkpoint.number++;
    signer_sign(signer, &checkpoint);
    must(store->kind->put_checkpoint(store, &checkpoint, &err), &err);
    must(checkpoint_append(file_path, &checkpoint, &err), &err);
}

static void make_database(void)
{
    struct arena *arena = arena_new(0);
    struct store *store = NULL;
    struct signer *signer = NULL;
    struct quell_error err = {0};
    size_t i;

    must(signer_open(key_path, true, &signer, &err), &err);
    must(store_open(quell_str_of(path), STORE_WRITE, &store, &err), &err);
    for (i = 0; i < RUNS; i++) {
        put_run(arena, store, i);
        if (i % 10 == 9)
            sign(store, signer);
    }
    forget(arena, store);
    sign(store, signer);
    store_close(store);
    signer_close(signer);
    arena_free(arena);
}

/* ---- what a reader sees ------------------------------------------------------------------------
 */

static bool add_table(sqlite3 *db, const char *table, struct buf *text)
{
    char sql[128];
    sqlite3_stmt *statement = NULL;
    int result, i;

    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s NOT INDEXED", table);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return false;
    buf_add_text(text, table);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        for (i = 0; i < sqlite3_column_count(statement); i++) {
            const void *bytes = sqlite3_column_blob(statement, i);
            buf_add_format(text, "|%d ", sqlite3_column_bytes(statement, i));
            buf_add(text, bytes, (size_t)sqlite3_column_bytes(statement, i));
        }
    }
    return sqlite3_finalize(statement) == SQLITE_OK && result == SQLITE_DONE;
}

/* Everything that SQLite reads; false: it cannot read it. */
static bool everything(uint8_t digest[DIGEST_SHA256])
{
    static const char *const tables[] = {"sqlite_schema", "incident", "delivery",  "revision",
                                         "event",         "run",      "mark",      "refusal",
                                         "audit",         "link",     "checkpoint"};
    struct buf text = {.size_max = 0};
    sqlite3 *db = NULL;
    bool good = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK;
    size_t i;

    for (i = 0; good && i < sizeof tables / sizeof *tables; i++)
        good = add_table(db, tables[i], &text);
    (void)sqlite3_close(db);
    if (good)
        digest_sha256(buf_str(&text), digest);
    buf_free(&text);
    return good;
}

/* ---- looking -----------------------------------------------------------------------------------
 */

static bool is_sound(void)
{
    struct quell_options options = {.purpose = QUELL_FOR_READING, .store = path};
    struct quell_verify_options verify = {.checkpoints = file_path};
    struct quell_document document = {0};
    struct quell *engine = NULL;
    struct quell_error err = {0};
    bool sound;

    if (quell_open(&options, &engine, &err))
        return false;
    sound = quell_verify(engine, &verify, &document, &err) == QUELL_OK &&
            quell_get_bool(document.value, "sound", false);
    quell_document_free(&document);
    quell_close(engine);
    return sound;
}

/* ---- flips -------------------------------------------------------------------------------------
 */

static uint64_t state;

static uint64_t next_random(void) /* splitmix64 */
{
    uint64_t z = (state += 0x9E3779B97F4A7C15U);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static void put_byte(int fd, off_t at, unsigned char byte)
{
    if (pwrite(fd, &byte, 1, at) != 1) {
        perror(path);
        exit(2);
    }
}

static void remove_beside(void)
{
    static const char *const endings[] = {"-wal", "-shm"};
    char name[80];
    size_t i;

    for (i = 0; i < 2; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
        (void)unlink(name); /* not each is there */
    }
}

struct tally {
    size_t found, unseen, missed;
};

static void flip_one(int fd, off_t size, const uint8_t before[DIGEST_SHA256], struct tally *tally)
{
    off_t at = (off_t)(next_random() % (uint64_t)size);
    unsigned char old, changed;
    uint8_t after[DIGEST_SHA256];

    if (pread(fd, &old, 1, at) != 1) {
        perror(path);
        exit(2);
    }
    changed = (unsigned char)(old ^ (1 + next_random() % 255));
    put_byte(fd, at, changed);
    remove_beside();
    if (!is_sound()) {
        tally->found++;
    } else if (everything(after) && memcmp(before, after, sizeof after) == 0) {
        tally->unseen++;
    } else {
        tally->missed++;
        (void)printf("missed: byte %lld, %02x -> %02x\n", (long long)at, old, changed);
    }
    remove_beside();
    put_byte(fd, at, old);
}

int main(int argc, char **argv)
{
    uint8_t before[DIGEST_SHA256];
    struct tally tally = {0};
    struct stat info;
    size_t most = MOST, i;
    int fd, arg;

    state = 1;
    for (arg = 1; arg + 1 < argc; arg += 2) {
        if (strcmp(argv[arg], "--most") == 0)
            most = strtoul(argv[arg + 1], NULL, 10);
        else if (strcmp(argv[arg], "--seed") == 0)
            state = strtoul(argv[arg + 1], NULL, 10);
    }
    log_set(LOG_LEVEL_ERROR, 0);
    if (!mkdtemp(folder)) {
        perror(folder);
        return 2;
    }
    (void)snprintf(path, sizeof path, "%s/q.db", folder);
    (void)snprintf(key_path, sizeof key_path, "%s.key", path);
    (void)snprintf(file_path, sizeof file_path, "%s.checkpoints", path);
    make_database();
    if (!is_sound() || !everything(before)) {
        (void)printf("the database is not sound before anything was changed\n0 passed, 1 failed\n");
        return 1;
    }
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) {
        perror(path);
        return 2;
    }
    for (i = 0; i < most; i++)
        flip_one(fd, info.st_size, before, &tally);
    if (!is_sound()) {
        (void)printf("the database is not sound after all was put back\n");
        tally.missed++;
    }
    (void)close(fd);
    (void)printf(
        "figures: %zu bytes of %lld changed, one at a time: %zu found, %zu changed nothing "
        "that can be read, %zu missed\n",
        most, (long long)info.st_size, tally.found, tally.unseen, tally.missed);
    (void)printf("%zu passed, %zu failed\n", tally.found + tally.unseen, tally.missed);
    remove_beside();
    (void)unlink(path);
    (void)unlink(key_path);
    (void)unlink(file_path);
    (void)snprintf(file_path, sizeof file_path, "%s.lock", path);
    (void)unlink(file_path);
    (void)rmdir(folder);
    return tally.missed == 0 && tally.found > 0 ? 0 : 1;
}
