/*
 * suite_read.c - order, queries, paging, handles beside each other, pruning.
 */
#include "rows.h"
#include "suite.h"

/* ---- events ----------------------------------------------------------------------------------*/

static void events_come_in_order(struct fixture *f)
{
    struct store_event events[] = {an_event(f, "r", 2), an_event(f, "q", 1), an_event(f, "r", 10)};
    struct store_event more[] = {an_event(f, "r", 9), an_event(f, "rr", 1), an_event(f, "r", 1)};

    assert_int_equal(commit_events(f, events, 3), QUELL_OK);
    assert_int_equal(commit_events(f, more, 3), QUELL_OK);
    assert_text(seqs(f, "r", 0), "1 2 9 10 ");
    assert_text(seqs(f, "r", 2), "9 10 ");
    assert_text(seqs(f, "r", 3), "9 10 ");
    assert_text(seqs(f, "r", 10), "");
    assert_text(seqs(f, "q", 0), "1 ");
    assert_text(seqs(f, "rr", 0), "1 ");
    assert_text(seqs(f, "", 0), "");
}

static bool take_two(const struct store_event *event, void *user)
{
    int *count = user;

    (void)event;
    return ++*count < 2;
}

static void a_callback_stops_events(struct fixture *f)
{
    struct store_event events[] = {an_event(f, "r", 1), an_event(f, "r", 2), an_event(f, "r", 3)};
    int count = 0;

    assert_int_equal(commit_events(f, events, 3), QUELL_OK);
    assert_int_equal(f->kind->events(f->reader, QUELL_STR("r"), 0, take_two, &count, NULL),
                     QUELL_OK);
    assert_int_equal(count, 2);
    assert_text(seqs(f, "r", 0), "1 2 3 "); /* and the next query begins anew */
}

static void a_repeated_event_conflicts(struct fixture *f)
{
    struct store_event first[] = {an_event(f, "r", 1), an_event(f, "r", 2)};
    struct store_event again[] = {an_event(f, "r", 3), an_event(f, "r", 2)};
    struct store_event twice[] = {an_event(f, "r", 4), an_event(f, "r", 4)};
    struct quell_error err = {0};
    struct store_batch batch = {.events = again, .event_count = 2};
    const struct store_batch *batches[] = {&batch};

    assert_int_equal(commit_events(f, first, 2), QUELL_OK);
    assert_int_equal(f->kind->commit(f->store, batches, 1, &err), QUELL_CONFLICT);
    assert_true(strlen(err.message) > 0);
    assert_text(seqs(f, "r", 0), "1 2 ");
    assert_int_equal(commit_events(f, twice, 2), QUELL_CONFLICT);
    assert_text(seqs(f, "r", 0), "1 2 ");
    assert_int_equal(commit_events(f, again, 1), QUELL_OK);
    assert_text(seqs(f, "r", 0), "1 2 3 ");
}

/* ---- listing runs ----------------------------------------------------------------------------*/

static void put_runs(struct fixture *f)
{
    static const struct {
        const char *id, *state, *playbook;
        int64_t ended_us;
    } rows[] = {
        {"aa", "succeeded", "p", 5}, {"ab", "running", "p", 0}, {"b", "held", "q", 0},
        {"ba", "failed", "q", 6},    {"c%", "running", "q", 0}, {"cc", "waiting", "p", 0},
    };
    struct store_run runs[6];
    size_t i;

    for (i = 0; i < 6; i++) {
        /* Not in the order of their ids. */
        size_t at = i * 5 % 6;

        runs[i] = a_run(f, rows[at].id);
        runs[i].state = quell_str_of(rows[at].state);
        runs[i].playbook = quell_str_of(rows[at].playbook);
        runs[i].ended_us = rows[at].ended_us;
        runs[i].due_us = 0;
    }
    assert_int_equal(commit_runs(f, runs, 6), QUELL_OK);
}

static void runs_are_found_by_query(struct fixture *f)
{
    static const struct {
        struct store_query query;
        const char *ids;
    } cases[] = {
        {{.limit = 0}, "cc c% ba b ab aa "},
        {{.limit = 2}, "cc c% "},
        {{.limit = SIZE_MAX}, "cc c% ba b ab aa "},
        {{.before = {"b", 1}}, "ab aa "},
        {{.before = {"bb", 2}}, "ba b ab aa "},
        {{.before = {"aa", 2}}, ""},
        {{.before = {"zz", 2}, .limit = 1}, "cc "},
        {{.prefix = {"b", 1}}, "ba b "},
        {{.prefix = {"ab", 2}}, "ab "},
        {{.prefix = {"c%", 2}}, "c% "},
        {{.prefix = {"abc", 3}}, ""},
        {{.prefix = {"zz", 2}}, ""},
        {{.prefix = {"b", 1}, .before = {"ba", 2}}, "b "},
        {{.prefix = {"b", 1}, .before = {"a", 1}}, ""},
        {{.prefix = {"b", 1}, .before = {"c", 1}}, "ba b "},
        {{.prefix = {"b", 1}, .before = {"b", 1}}, ""},
        {{.prefix = {"b", 1}, .limit = 1}, "ba "},
        {{.state = {"running", 7}}, "c% ab "},
        {{.state = {"run", 3}}, ""},
        {{.playbook = {"p", 1}}, "cc ab aa "},
        {{.playbook = {"p", 1}, .state = {"running", 7}}, "ab "},
        {{.active = true}, "cc c% b ab "},
        {{.active = true, .limit = 3}, "cc c% b "},
        {{.active = true, .playbook = {"q", 1}}, "c% b "},
        {{.active = true, .state = {"failed", 6}}, ""},
        {{.active = true, .before = {"c", 1}, .playbook = {"q", 1}}, "b "},
        {{.active = true, .prefix = {"a", 1}}, "ab "},
    };
    size_t i;

    put_runs(f);
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_text(ids(f, &cases[i].query), cases[i].ids);
}

static bool take_one(const struct store_run *run, void *user)
{
    int *count = user;

    (void)run;
    ++*count;
    return false;
}

static void a_callback_stops_runs(struct fixture *f)
{
    struct store_query all = {0};
    int count = 0;

    put_runs(f);
    assert_int_equal(f->kind->runs(f->reader, &all, take_one, &count, NULL), QUELL_OK);
    assert_int_equal(count, 1);
    assert_text(ids(f, &all), "cc c% ba b ab aa ");
}

struct page {
    char last[16];
    size_t count;
    size_t expected; /* the number in the next id */
};

static bool read_page(const struct store_run *run, void *user)
{
    struct page *page = user;

    (void)snprintf(page->last, sizeof page->last, "run-%04zu", --page->expected);
    assert_text(run->id, page->last);
    page->count++;
    return true;
}

static void a_thousand_runs_are_paged(struct fixture *f)
{
    enum { RUNS = 1000 };
    static struct store_run runs[RUNS];
    struct store_query query = {0};
    struct page page = {.expected = RUNS};
    size_t i;

    for (i = 0; i < RUNS; i++)
        runs[i] = a_run(f, format(f, "run-%04zu", i).data);
    assert_int_equal(commit_runs(f, runs, RUNS), QUELL_OK);
    for (i = 0; i < 11; i++) {
        page.count = 0;
        assert_int_equal(f->kind->runs(f->reader, &query, read_page, &page, NULL), QUELL_OK);
        assert_int_equal(page.count, i < 10 ? STORE_QUERY_LIMIT : 0);
        query.before = quell_str_of(page.last);
    }
    assert_int_equal(page.expected, 0);
}

/* ---- handles ---------------------------------------------------------------------------------*/

static bool read_again(const struct store_run *run, void *user)
{
    struct fixture *f = user;
    struct store_query all = {0};
    struct store_run same;

    /* Everything may be asked inside of a callback, also what is being asked. */
    assert_text(ids(f, &all), "b a ");
    assert_text(seqs(f, "a", 0), "1 ");
    assert_int_equal(f->kind->run(f->reader, f->arena, run->id, &same, NULL), QUELL_OK);
    assert_str(same.id, run->id);
    assert_str(same.title, run->title);
    return true;
}

static void callbacks_may_read(struct fixture *f)
{
    struct rows a, b;
    struct store_query all = {0};

    fill(f, &a, "a");
    fill(f, &b, "b");
    assert_int_equal(commit(f, &a.batch), QUELL_OK);
    assert_int_equal(commit(f, &b.batch), QUELL_OK);
    assert_int_equal(f->kind->runs(f->reader, &all, read_again, f, NULL), QUELL_OK);
}

static void a_reader_writes_nothing(struct fixture *f)
{
    struct rows rows;
    const struct store_batch *batches[] = {&rows.batch};
    struct quell_error err = {0};

    fill(f, &rows, "a");
    assert_int_equal(f->kind->commit(f->reader, batches, 1, &err), QUELL_INVALID);
    assert_int_equal(err.code, QUELL_INVALID);
    assert_int_equal(f->kind->prune(f->reader, INT64_MAX, NULL), QUELL_INVALID);
    assert_text(ids(f, &(struct store_query){0}), "");
}

static void many_readers_in_any_order(struct fixture *f)
{
    struct store *readers[5];
    struct rows rows;
    size_t i;

    for (i = 0; i < 5; i++)
        assert_int_equal(store_reader(f->store, &readers[i], NULL), QUELL_OK);
    fill(f, &rows, "a");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    for (i = 0; i < 5; i++)
        check(f, readers[i], &rows);
    store_close(readers[0]);
    store_close(f->store);
    f->store = NULL;
    for (i = 1; i < 5; i++) {
        check(f, readers[i], &rows); /* what was committed stays readable */
        store_close(readers[i]);
    }
}

static void reopening_keeps_all(struct fixture *f)
{
    struct store *other = NULL;
    struct rows rows, more;

    fill(f, &rows, "a");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    if (!f->kind->persists) {
        assert_int_equal(store_open(f->url, STORE_READ, &other, NULL), QUELL_NOT_FOUND);
        assert_null(other);
        return;
    }
    assert_int_equal(store_open(f->url, STORE_READ, &other, NULL), QUELL_OK);
    check(f, other, &rows); /* beside the writer */
    fixture_close(f);
    check(f, other, &rows); /* and without it */
    fixture_open(f);
    check(f, f->reader, &rows);
    fill(f, &more, "b");
    assert_int_equal(commit(f, &more.batch), QUELL_OK);
    check(f, other, &more); /* an old reader follows a new writer */
    assert_int_equal(commit(f, &rows.batch), QUELL_CONFLICT);
    store_close(other);
}

static void two_writers_are_one_too_many(struct fixture *f)
{
    struct store *other = NULL;

    if (!f->kind->persists) { /* each handle is a store of its own */
        assert_int_equal(store_open(f->url, STORE_WRITE, &other, NULL), QUELL_OK);
        store_close(other);
        return;
    }
    assert_int_equal(store_open(f->url, STORE_WRITE, &other, NULL), QUELL_CONFLICT);
    assert_null(other);
    store_close(f->store);
    assert_int_equal(store_open(f->url, STORE_WRITE, &f->store, NULL), QUELL_OK);
}

/* ---- deliveries ------------------------------------------------------------------------------*/

static enum quell_code find_delivery(struct fixture *f, const char *id)
{
    struct store_delivery found;

    return f->kind->delivery(f->reader, f->arena, QUELL_STR("hook"), quell_str_of(id), &found,
                             NULL);
}

static void old_deliveries_are_pruned(struct fixture *f)
{
    struct store_delivery deliveries[3] = {
        a_delivery(f, "hook", "old"), a_delivery(f, "hook", "edge"), a_delivery(f, "hook", "new")};
    struct store_batch batch = {.deliveries = deliveries, .delivery_count = 3};

    deliveries[0].at_us = 99;
    deliveries[1].at_us = 100;
    deliveries[2].at_us = 101;
    assert_int_equal(commit(f, &batch), QUELL_OK);
    assert_int_equal(f->kind->prune(f->store, 100, NULL), QUELL_OK);
    assert_int_equal(find_delivery(f, "old"), QUELL_NOT_FOUND);
    assert_int_equal(find_delivery(f, "edge"), QUELL_OK);
    assert_int_equal(find_delivery(f, "new"), QUELL_OK);
    batch.delivery_count = 1;
    assert_int_equal(commit(f, &batch), QUELL_OK); /* a forgotten one may come again */
    assert_int_equal(f->kind->prune(f->store, INT64_MAX, NULL), QUELL_OK);
    assert_int_equal(find_delivery(f, "new"), QUELL_NOT_FOUND);
    assert_int_equal(f->kind->prune(f->store, INT64_MAX, NULL), QUELL_OK);
}

/* ---- the tests -------------------------------------------------------------------------------*/

const struct suite_test suite_read[] = {
    SUITE_TEST(events_come_in_order),
    SUITE_TEST(a_callback_stops_events),
    SUITE_TEST(a_repeated_event_conflicts),
    SUITE_TEST(runs_are_found_by_query),
    SUITE_TEST(a_callback_stops_runs),
    SUITE_TEST(a_thousand_runs_are_paged),
    SUITE_TEST(callbacks_may_read),
    SUITE_TEST(a_reader_writes_nothing),
    SUITE_TEST(many_readers_in_any_order),
    SUITE_TEST(reopening_keeps_all),
    SUITE_TEST(two_writers_are_one_too_many),
    SUITE_TEST(old_deliveries_are_pruned),
    {NULL, NULL},
};
