/*
 * suite_commit.c - what is written comes back, all or nothing, once.
 */
#include "rows.h"
#include "suite.h"

/* ---- all of it comes back --------------------------------------------------------------------*/

static void every_field_comes_back(struct fixture *f)
{
    struct rows rows;

    fill(f, &rows, "a");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    check(f, f->reader, &rows);
    check(f, f->store, &rows); /* the write handle may read too, before a writer has it */
}

static void what_is_absent_is_not_found(struct fixture *f)
{
    struct quell_str no = QUELL_STR("no");
    struct store_incident incident = {.received_us = 5};
    struct store_run run = {.started_us = 5};
    struct store_revision revision = {.text = QUELL_STR("kept")};
    struct store_delivery delivery = {.at_us = 5};
    struct quell_error err = {0};

    assert_int_equal(f->kind->incident(f->reader, f->arena, no, &incident, &err), QUELL_NOT_FOUND);
    assert_int_equal(err.code, QUELL_NOT_FOUND);
    assert_int_equal(f->kind->run(f->reader, f->arena, no, &run, NULL), QUELL_NOT_FOUND);
    assert_int_equal(f->kind->revision(f->reader, f->arena, no, &revision, NULL), QUELL_NOT_FOUND);
    assert_int_equal(f->kind->delivery(f->reader, f->arena, no, no, &delivery, NULL),
                     QUELL_NOT_FOUND);
    /* Outputs are untouched on failure. */
    assert_int_equal(incident.received_us + run.started_us + delivery.at_us, 15);
    assert_text(revision.text, "kept");
    assert_text(seqs(f, "no", 0), "");
    assert_text(ids(f, &(struct store_query){0}), "");
}

static void empty_commits_are_nothing(struct fixture *f)
{
    struct store_batch empty = {0};

    assert_int_equal(f->kind->commit(f->store, NULL, 0, NULL), QUELL_OK);
    assert_int_equal(commit(f, &empty), QUELL_OK);
}

/* ---- bytes -----------------------------------------------------------------------------------*/

static void any_bytes_come_back(struct fixture *f)
{
    static const char bytes[] = "a\0b\xff\xfe\0";
    struct rows rows;

    fill(f, &rows, "a");
    rows.incident.body = (struct quell_str){bytes, sizeof bytes - 1};
    rows.delivery.answer = rows.incident.body;
    rows.revision.text = rows.incident.body;
    rows.event.body = rows.incident.body;
    rows.incident.title = QUELL_STR("Gr\xc3\xbc\xc3\x9f\x65 \xe2\x82\xac \xf0\x9f\x94\xa5");
    rows.incident.source_id = QUELL_STR("with\0nul");
    rows.run.title = rows.incident.title;
    rows.delivery.id = QUELL_STR("\xe6\x97\xa5\xe6\x9c\xac");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    check(f, f->reader, &rows);
}

static void empty_texts_come_back(struct fixture *f)
{
    struct quell_str none = {NULL, 0};
    struct rows rows;

    fill(f, &rows, "a");
    rows.incident.source = rows.incident.source_id = rows.incident.title = none;
    rows.incident.severity = rows.incident.body = QUELL_STR("");
    rows.delivery.answer = none;
    rows.revision.text = rows.revision.file = rows.revision.playbook = none;
    rows.run.playbook = rows.run.revision = rows.run.incident = rows.run.title = none;
    rows.run.state = rows.run.mode = QUELL_STR("");
    rows.event.kind = rows.event.body = none;
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    check(f, f->reader, &rows);
}

static void large_bodies_come_back(struct fixture *f)
{
    enum { SIZE = 9 * 1024 * 1024 }; /* more than the largest answer a call may have */
    struct rows rows;

    fill(f, &rows, "a");
    rows.incident.body = repeat(f, 'i', SIZE);
    rows.event.body = repeat(f, 'e', SIZE);
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    check(f, f->reader, &rows);
}

static void extreme_numbers_come_back(struct fixture *f)
{
    struct rows rows;

    fill(f, &rows, "a");
    rows.incident.received_us = INT64_MIN;
    rows.delivery.at_us = -1;
    rows.run.started_us = INT64_MIN;
    rows.run.ended_us = INT64_MAX;
    rows.run.last_seq = INT64_MAX;
    rows.event.seq = INT64_MAX;
    rows.event.at_us = INT64_MAX;
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    check(f, f->reader, &rows);
    assert_text(seqs(f, "a", INT64_MAX - 1), "9223372036854775807 ");
    assert_text(seqs(f, "a", INT64_MAX), "");
    assert_text(seqs(f, "a", UINT64_MAX), "");
}

/* ---- transactions ----------------------------------------------------------------------------*/

static void a_refused_batch_leaves_nothing(struct fixture *f)
{
    struct rows old, rows;
    struct store_run runs[2];
    struct store_event events[2];
    struct store_incident incident;
    struct store_delivery delivery;
    struct store_revision revision;

    fill(f, &old, "a");
    assert_int_equal(commit(f, &old.batch), QUELL_OK);
    fill(f, &rows, "b");
    runs[0] = rows.run;
    runs[1] = old.run; /* would be replaced */
    runs[1].state = QUELL_STR("failed");
    runs[1].ended_us = 9;
    runs[1].due_us = 0;
    events[0] = rows.event;
    events[1] = old.event; /* is there already */
    rows.batch.runs = runs;
    rows.batch.events = events;
    rows.batch.run_count = rows.batch.event_count = 2;
    assert_int_equal(commit(f, &rows.batch), QUELL_CONFLICT);
    check(f, f->reader, &old);
    check(f, f->store, &old);
    assert_int_equal(f->kind->incident(f->reader, f->arena, rows.incident.id, &incident, NULL),
                     QUELL_NOT_FOUND);
    assert_int_equal(f->kind->delivery(f->reader, f->arena, rows.delivery.hook, rows.delivery.id,
                                       &delivery, NULL),
                     QUELL_NOT_FOUND);
    assert_int_equal(
        f->kind->revision(f->reader, f->arena, rows.revision.revision, &revision, NULL),
        QUELL_NOT_FOUND);
    assert_text(ids(f, &(struct store_query){0}), "a ");
    assert_text(ids(f, &(struct store_query){.active = true}), "a ");
    assert_text(seqs(f, "b", 0), "");
    rows.batch.event_count = 1; /* without the repeat all of it is welcome */
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    assert_text(ids(f, &(struct store_query){0}), "b a ");
    assert_text(ids(f, &(struct store_query){.active = true}), "b ");
}

static void batches_of_one_commit_share_their_fate(struct fixture *f)
{
    struct store_event events[] = {an_event(f, "r", 1), an_event(f, "s", 1), an_event(f, "r", 1)};
    struct store_batch first = {.events = &events[0], .event_count = 1};
    struct store_batch second = {.events = &events[1], .event_count = 1};
    struct store_batch repeat_of_first = {.events = &events[2], .event_count = 1};
    const struct store_batch *bad[] = {&first, &second, &repeat_of_first};
    const struct store_batch *good[] = {&first, &second};

    assert_int_equal(f->kind->commit(f->store, bad, 3, NULL), QUELL_CONFLICT);
    assert_text(seqs(f, "r", 0), "");
    assert_text(seqs(f, "s", 0), "");
    assert_int_equal(f->kind->commit(f->store, good, 2, NULL), QUELL_OK);
    assert_text(seqs(f, "r", 0), "1 ");
    assert_text(seqs(f, "s", 0), "1 ");
}

static void incidents_and_deliveries_are_unique(struct fixture *f)
{
    struct rows rows;
    struct store_incident other;
    struct store_delivery same_id;
    struct store_batch batch = {.incidents = &rows.incident, .incident_count = 1};
    struct store_batch delivery = {.deliveries = &rows.delivery, .delivery_count = 1};

    fill(f, &rows, "a");
    assert_int_equal(commit(f, &rows.batch), QUELL_OK);
    other = rows.incident;
    other.title = QUELL_STR("another");
    batch.incidents = &other;
    assert_int_equal(commit(f, &batch), QUELL_CONFLICT);
    check_incident(f, f->reader, &rows.incident);
    assert_int_equal(commit(f, &delivery), QUELL_CONFLICT);
    same_id = a_delivery(f, "another hook", "a");
    delivery.deliveries = &same_id;
    assert_int_equal(commit(f, &delivery), QUELL_OK);
}

static void an_equal_revision_stays(struct fixture *f)
{
    struct store_revision first = a_revision(f, "x"), second = first, found;
    struct store_batch batch = {.revisions = &first, .revision_count = 1};

    second.text = QUELL_STR("other");
    assert_int_equal(commit(f, &batch), QUELL_OK);
    batch.revisions = &second;
    assert_int_equal(commit(f, &batch), QUELL_OK);
    assert_int_equal(f->kind->revision(f->reader, f->arena, first.revision, &found, NULL),
                     QUELL_OK);
    assert_str(found.text, first.text);
}

static void a_run_is_replaced_by_its_id(struct fixture *f)
{
    struct store_run run = a_run(f, "a"), twice[2];

    assert_int_equal(commit_runs(f, &run, 1), QUELL_OK);
    run = (struct store_run){.id = run.id,
                             .playbook = QUELL_STR("p"),
                             .revision = QUELL_STR("r"),
                             .incident = QUELL_STR("i"),
                             .title = QUELL_STR("t"),
                             .state = QUELL_STR("succeeded"),
                             .mode = QUELL_STR("shadow"),
                             .started_us = 1,
                             .updated_us = 2,
                             .ended_us = 3,
                             .last_seq = 4};
    assert_int_equal(commit_runs(f, &run, 1), QUELL_OK);
    check_run(f, f->reader, &run);
    assert_text(ids(f, &(struct store_query){0}), "a ");
    twice[0] = twice[1] = run;
    twice[1].state = QUELL_STR("undone");
    assert_int_equal(commit_runs(f, twice, 2), QUELL_OK);
    check_run(f, f->reader, &twice[1]);
}

static void bad_batches_are_refused(struct fixture *f)
{
    struct rows rows;

    fill(f, &rows, "a");
    rows.incident.id = QUELL_STR("");
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    fill(f, &rows, "a");
    rows.delivery.hook = QUELL_STR("");
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    fill(f, &rows, "a");
    rows.delivery.id = QUELL_STR("");
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    fill(f, &rows, "a");
    rows.revision.revision = QUELL_STR("");
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    fill(f, &rows, "a");
    rows.run.id = QUELL_STR("");
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    fill(f, &rows, "a");
    rows.event.run = QUELL_STR("");
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    fill(f, &rows, "a");
    rows.event.seq = 0;
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    rows.event.seq = (uint64_t)INT64_MAX + 1;
    assert_int_equal(commit(f, &rows.batch), QUELL_INVALID);
    rows.event.seq = 1;
    assert_int_equal(commit(f, &rows.batch), QUELL_OK); /* none of them left anything */
    check(f, f->reader, &rows);
}

/* ---- the tests -------------------------------------------------------------------------------*/

const struct suite_test suite_commit[] = {
    SUITE_TEST(every_field_comes_back),
    SUITE_TEST(what_is_absent_is_not_found),
    SUITE_TEST(empty_commits_are_nothing),
    SUITE_TEST(any_bytes_come_back),
    SUITE_TEST(empty_texts_come_back),
    SUITE_TEST(large_bodies_come_back),
    SUITE_TEST(extreme_numbers_come_back),
    SUITE_TEST(a_refused_batch_leaves_nothing),
    SUITE_TEST(batches_of_one_commit_share_their_fate),
    SUITE_TEST(incidents_and_deliveries_are_unique),
    SUITE_TEST(an_equal_revision_stays),
    SUITE_TEST(a_run_is_replaced_by_its_id),
    SUITE_TEST(bad_batches_are_refused),
    {NULL, NULL},
};
