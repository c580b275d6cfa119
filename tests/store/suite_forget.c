/*
 * suite_forget.c - what is old is found, and taken out by parts.
 */
#include "rows.h"
#include "suite.h"

struct text {
    char data[256];
    size_t len;
};

static bool add(struct quell_str id, bool is_run, void *user)
{
    struct text *text = user;

    text->len += (size_t)snprintf(text->data + text->len, sizeof text->data - text->len, "%s%.*s ",
                                  is_run ? "run " : "", QUELL_ARG(id));
    return true;
}

static struct quell_str old(struct fixture *f, int64_t ended_us, int64_t received_us)
{
    struct text text = {.len = 0};

    assert_int_equal(f->kind->old(f->reader, ended_us, received_us, add, &text, NULL), QUELL_OK);
    return arena_str(f->arena, (struct quell_str){text.data, text.len});
}

/* Two runs that ended at 100 and 200, one that did not; an incident of each, and a loose one. */
static void put_runs(struct fixture *f)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    struct store_incident incidents[4];
    struct store_event events[9];
    struct store_run runs[3];
    struct store_batch batch = {.incidents = incidents,
                                .incident_count = 4,
                                .runs = runs,
                                .run_count = 3,
                                .events = events,
                                .event_count = 9};
    size_t i;

    for (i = 0; i < 4; i++) {
        incidents[i] = an_incident(f, names[i]);
        incidents[i].received_us = 50;
    }
    for (i = 0; i < 3; i++) {
        runs[i] = a_run(f, names[i]);
        runs[i].incident = quell_str_of(names[i]);
        runs[i].ended_us = i < 2 ? (int64_t)(i + 1) * 100 : 0;
        runs[i].due_us = 0;
    }
    for (i = 0; i < 9; i++)
        events[i] = an_event(f, names[i / 3], i % 3 + 1);
    assert_int_equal(commit(f, &batch), QUELL_OK);
}

static struct store_forgotten forget(struct fixture *f, struct store_forget what)
{
    struct store_forgotten did;

    assert_int_equal(f->kind->forget(f->store, &what, &did, NULL), QUELL_OK);
    return did;
}

static void what_is_old_is_found(struct fixture *f)
{
    put_runs(f);
    assert_text(old(f, 0, 0), "");
    assert_text(old(f, 100, 50), "");
    assert_text(old(f, 101, 51), "run a d ");
    assert_text(old(f, 1000, 1000), "run a run b d ");
}

static void runs_go_with_their_events(struct fixture *f)
{
    struct quell_str runs[] = {QUELL_STR("a"), QUELL_STR("none"), QUELL_STR("b")};
    struct store_query all = {.limit = 0};
    struct store_forgotten did;

    put_runs(f);
    did = forget(f, (struct store_forget){.runs = runs, .run_count = 3, .limit = 4});
    assert_int_equal(did.events, 4);
    assert_int_equal(did.runs >= 1 && did.more, 1);
    did = forget(f, (struct store_forget){.runs = runs, .run_count = 3, .limit = 4});
    assert_int_equal(did.events, 2);
    assert_false(did.more);
    assert_text(ids(f, &all), "c ");
    assert_text(seqs(f, "a", 0), "");
    assert_text(seqs(f, "b", 0), "");
    assert_text(seqs(f, "c", 0), "1 2 3 ");
    assert_text(old(f, 1000, 1000), "a b d ");
}

static void incidents_and_rows_go_by_age(struct fixture *f)
{
    struct quell_str gone[] = {QUELL_STR("d"), QUELL_STR("none")};
    struct store_delivery deliveries[] = {a_delivery(f, "h", "1"), a_delivery(f, "h", "2")};
    struct store_audit audits[] = {{.id = QUELL_STR("1"), .at_us = 9, .what = QUELL_STR("x")},
                                   {.id = QUELL_STR("2"), .at_us = 10, .what = QUELL_STR("x")}};
    struct store_mark mark = {QUELL_STR("s"), QUELL_STR("k"), 9, QUELL_STR("1")};
    struct store_batch batch = {.deliveries = deliveries,
                                .delivery_count = 2,
                                .audits = audits,
                                .audit_count = 2,
                                .marks = &mark,
                                .mark_count = 1};
    struct store_forgotten did;
    struct store_incident incident;
    struct store_delivery delivery;

    put_runs(f);
    deliveries[0].at_us = 9;
    deliveries[1].at_us = 10;
    assert_int_equal(commit(f, &batch), QUELL_OK);
    did = forget(f, (struct store_forget){.incidents = gone,
                                          .incident_count = 2,
                                          .deliveries_us = 10,
                                          .audits_us = 10,
                                          .marks_us = 10});
    assert_int_equal(did.incidents, 1);
    assert_int_equal(did.deliveries, 1);
    assert_int_equal(did.audits, 1);
    assert_int_equal(did.marks, 1);
    assert_int_equal(f->kind->incident(f->reader, f->arena, QUELL_STR("d"), &incident, NULL),
                     QUELL_NOT_FOUND);
    assert_int_equal(
        f->kind->delivery(f->reader, f->arena, QUELL_STR("h"), QUELL_STR("1"), &delivery, NULL),
        QUELL_NOT_FOUND);
    assert_int_equal(
        f->kind->delivery(f->reader, f->arena, QUELL_STR("h"), QUELL_STR("2"), &delivery, NULL),
        QUELL_OK);
    batch = (struct store_batch){.deliveries = deliveries, .delivery_count = 1};
    assert_int_equal(commit(f, &batch), QUELL_OK); /* it may come again */
}

static void a_reader_forgets_nothing(struct fixture *f)
{
    struct store_forget what = {.deliveries_us = 1};
    struct store_forgotten did;

    assert_int_equal(f->kind->forget(f->reader, &what, &did, NULL), QUELL_INVALID);
}

const struct suite_test suite_forget[] = {
    SUITE_TEST(what_is_old_is_found),
    SUITE_TEST(runs_go_with_their_events),
    SUITE_TEST(incidents_and_rows_go_by_age),
    SUITE_TEST(a_reader_forgets_nothing),
    {NULL, NULL},
};
