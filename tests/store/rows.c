/*
 * rows.c - see rows.h.
 */
#include "rows.h"

static bool keep_event(const struct store_event *event, void *user)
{
    struct store_event *kept = user;

    assert_str(event->run, kept->run);
    assert_int_equal(event->seq, kept->seq);
    assert_int_equal(event->at_us, kept->at_us);
    assert_str(event->kind, kept->kind);
    assert_str(event->body, kept->body);
    kept->seq = 0; /* seen */
    return true;
}

void check_incident(struct fixture *f, struct store *store, const struct store_incident *in)
{
    struct store_incident found;

    assert_int_equal(f->kind->incident(store, f->arena, in->id, &found, NULL), QUELL_OK);
    assert_str(found.id, in->id);
    assert_int_equal(found.received_us, in->received_us);
    assert_str(found.source, in->source);
    assert_str(found.source_id, in->source_id);
    assert_str(found.title, in->title);
    assert_str(found.severity, in->severity);
    assert_str(found.body, in->body);
}

void check_run(struct fixture *f, struct store *store, const struct store_run *run)
{
    struct store_run found;

    assert_int_equal(f->kind->run(store, f->arena, run->id, &found, NULL), QUELL_OK);
    assert_str(found.id, run->id);
    assert_str(found.playbook, run->playbook);
    assert_str(found.revision, run->revision);
    assert_str(found.incident, run->incident);
    assert_str(found.title, run->title);
    assert_str(found.state, run->state);
    assert_str(found.mode, run->mode);
    assert_int_equal(found.started_us, run->started_us);
    assert_int_equal(found.updated_us, run->updated_us);
    assert_int_equal(found.ended_us, run->ended_us);
    assert_int_equal(found.last_seq, run->last_seq);
    assert_int_equal(found.due_us, run->due_us);
    assert_str(found.waits, run->waits);
}

static void check_rest(struct fixture *f, struct store *store, const struct store_batch *batch)
{
    struct store_revision revision;
    struct store_delivery delivery;
    struct store_event event = batch->events[0];

    assert_int_equal(
        f->kind->revision(store, f->arena, batch->revisions[0].revision, &revision, NULL),
        QUELL_OK);
    assert_str(revision.revision, batch->revisions[0].revision);
    assert_str(revision.playbook, batch->revisions[0].playbook);
    assert_str(revision.file, batch->revisions[0].file);
    assert_str(revision.text, batch->revisions[0].text);
    assert_int_equal(f->kind->delivery(store, f->arena, batch->deliveries[0].hook,
                                       batch->deliveries[0].id, &delivery, NULL),
                     QUELL_OK);
    assert_str(delivery.hook, batch->deliveries[0].hook);
    assert_str(delivery.id, batch->deliveries[0].id);
    assert_int_equal(delivery.at_us, batch->deliveries[0].at_us);
    assert_str(delivery.answer, batch->deliveries[0].answer);
    assert_int_equal(f->kind->events(store, event.run, 0, keep_event, &event, NULL), QUELL_OK);
    assert_int_equal(event.seq, 0);
}

void fill(struct fixture *f, struct rows *rows, const char *id)
{
    rows->incident = an_incident(f, id);
    rows->delivery = a_delivery(f, "hook", id);
    rows->revision = a_revision(f, id);
    rows->run = a_run(f, id);
    rows->event = an_event(f, id, 1);
    rows->batch = (struct store_batch){.incidents = &rows->incident,
                                       .incident_count = 1,
                                       .deliveries = &rows->delivery,
                                       .delivery_count = 1,
                                       .revisions = &rows->revision,
                                       .revision_count = 1,
                                       .runs = &rows->run,
                                       .run_count = 1,
                                       .events = &rows->event,
                                       .event_count = 1};
}

void check(struct fixture *f, struct store *store, const struct rows *rows)
{
    check_incident(f, store, &rows->incident);
    check_run(f, store, &rows->run);
    check_rest(f, store, &rows->batch);
}
