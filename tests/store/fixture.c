/*
 * fixture.c - see fixture.h.
 */
#include "fixture.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct store_kind *kind_of(const char *scheme)
{
    size_t i;

    for (i = 0; store_kinds[i]; i++) {
        if (strcmp(store_kinds[i]->scheme, scheme) == 0)
            return store_kinds[i];
    }
    fail_msg("no store kind %s", scheme);
    return NULL;
}

struct fixture *fixture_new(const struct store_kind *kind)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);

    fixture->kind = kind;
    fixture->arena = arena_new(0);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/quell-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->path = format(fixture, "%s/state.db", fixture->folder);
    fixture->url = kind->persists ? format(fixture, "%s:%s", kind->scheme, fixture->path.data)
                                  : format(fixture, "%s:", kind->scheme);
    return fixture;
}

void fixture_open(struct fixture *fixture)
{
    struct quell_error err = {0};

    if (store_open(fixture->url, STORE_WRITE, &fixture->store, &err) != QUELL_OK ||
        store_reader(fixture->store, &fixture->reader, &err) != QUELL_OK)
        fail_msg("%s: %s", fixture->kind->scheme, err.message);
}

void fixture_close(struct fixture *fixture)
{
    store_close(fixture->reader);
    store_close(fixture->store);
    fixture->reader = NULL;
    fixture->store = NULL;
}

void fixture_free(struct fixture *fixture)
{
    DIR *handle;
    const struct dirent *entry;

    fixture_close(fixture);
    (void)chmod(fixture->folder, 0700);
    handle = opendir(fixture->folder);
    assert_non_null(handle);
    for (entry = readdir(handle); entry; entry = readdir(handle))
        (void)unlinkat(dirfd(handle), entry->d_name, 0); /* `.` and `..` refuse by themselves */
    (void)closedir(handle);
    assert_int_equal(rmdir(fixture->folder), 0);
    arena_free(fixture->arena);
    test_free(fixture);
}

struct quell_str format(struct fixture *fixture, const char *text, ...)
{
    char out[512];
    va_list list;

    va_start(list, text);
    (void)vsnprintf(out, sizeof out, text, list);
    va_end(list);
    return arena_str(fixture->arena, quell_str_of(out));
}

struct quell_str repeat(struct fixture *fixture, char letter, size_t len)
{
    char *text = arena_alloc(fixture->arena, len + 1);

    memset(text, letter, len);
    return (struct quell_str){text, len};
}

struct store_incident an_incident(struct fixture *fixture, const char *id)
{
    return (struct store_incident){
        .id = format(fixture, "%s", id),
        .received_us = 1700000000000001,
        .source = QUELL_STR("sentinel"),
        .source_id = format(fixture, "source of %s", id),
        .title = format(fixture, "title of %s", id),
        .severity = QUELL_STR("high"),
        .body = format(fixture, "{\"id\":\"%s\"}", id),
    };
}

struct store_delivery a_delivery(struct fixture *fixture, const char *hook, const char *id)
{
    return (struct store_delivery){
        .hook = format(fixture, "%s", hook),
        .id = format(fixture, "%s", id),
        .at_us = 1700000000000002,
        .answer = format(fixture, "{\"answer\":\"%s/%s\"}", hook, id),
    };
}

struct store_revision a_revision(struct fixture *fixture, const char *revision)
{
    return (struct store_revision){
        .revision = format(fixture, "%s", revision),
        .playbook = QUELL_STR("malware-on-device"),
        .file = QUELL_STR("playbooks/malware-on-device.yaml"),
        .text = format(fixture, "quell: 1\n# %s\n", revision),
    };
}

struct store_run a_run(struct fixture *fixture, const char *id)
{
    return (struct store_run){
        .id = format(fixture, "%s", id),
        .playbook = QUELL_STR("malware-on-device"),
        .revision = QUELL_STR("0123456789abcdef"),
        .incident = format(fixture, "incident of %s", id),
        .title = format(fixture, "title of %s", id),
        .state = QUELL_STR("running"),
        .mode = QUELL_STR("live"),
        .started_us = 1700000000000003,
        .updated_us = 1700000000000004,
        .ended_us = 0,
        .last_seq = 7,
        .due_us = 1700000000000009,
        .waits = QUELL_STR("[{\"step\":\"pause\",\"what\":\"time\"}]"),
    };
}

struct store_event an_event(struct fixture *fixture, const char *run, uint64_t seq)
{
    return (struct store_event){
        .run = format(fixture, "%s", run),
        .seq = seq,
        .at_us = 1700000000000000 + (int64_t)(seq % 1000),
        .kind = QUELL_STR("step_started"),
        .body = format(fixture, "{\"seq\":%llu}", (unsigned long long)seq),
    };
}

enum quell_code commit(struct fixture *fixture, const struct store_batch *batch)
{
    struct quell_error err = {0};
    enum quell_code code = fixture->kind->commit(fixture->store, &batch, 1, &err);

    assert_int_equal(code, err.code); /* an error is filled exactly when there is one */
    return code;
}

enum quell_code commit_events(struct fixture *fixture, const struct store_event *events,
                              size_t count)
{
    struct store_batch batch = {.events = events, .event_count = count};

    return commit(fixture, &batch);
}

enum quell_code commit_runs(struct fixture *fixture, const struct store_run *runs, size_t count)
{
    struct store_batch batch = {.runs = runs, .run_count = count};

    return commit(fixture, &batch);
}

struct text {
    char data[16384];
    size_t len;
};

static bool add_seq(const struct store_event *event, void *user)
{
    struct text *text = user;

    text->len += (size_t)snprintf(text->data + text->len, sizeof text->data - text->len, "%llu ",
                                  (unsigned long long)event->seq);
    return text->len + 32 < sizeof text->data;
}

struct quell_str seqs(struct fixture *fixture, const char *run, uint64_t after)
{
    struct text text = {.len = 0};

    assert_int_equal(
        fixture->kind->events(fixture->reader, quell_str_of(run), after, add_seq, &text, NULL),
        QUELL_OK);
    return arena_str(fixture->arena, (struct quell_str){text.data, text.len});
}

static bool add_id(const struct store_run *run, void *user)
{
    struct text *text = user;

    text->len += (size_t)snprintf(text->data + text->len, sizeof text->data - text->len, "%.*s ",
                                  QUELL_ARG(run->id));
    return text->len + 64 < sizeof text->data;
}

struct quell_str ids(struct fixture *fixture, const struct store_query *query)
{
    struct text text = {.len = 0};

    assert_int_equal(fixture->kind->runs(fixture->reader, query, add_id, &text, NULL), QUELL_OK);
    return arena_str(fixture->arena, (struct quell_str){text.data, text.len});
}

void assert_str_(struct quell_str actual, struct quell_str expected, const char *file, int line)
{
    if (quell_str_equal(actual, expected))
        return;
    print_error("\"%.*s\" where \"%.*s\" was expected\n",
                (int)(actual.len < 200 ? actual.len : 200), actual.data,
                (int)(expected.len < 200 ? expected.len : 200), expected.data);
    _fail(file, line);
}
