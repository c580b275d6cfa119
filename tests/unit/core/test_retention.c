/*
 * test_retention.c - old runs are forgotten, by a person's word and once a day: with their events
 * and incidents, never one that has not ended nor what it called; what stays is still proved.
 */
#include "virtual.h"

#define CONFIG "connectors: []\naudit: { checkpoint_every: 30d }\n"
#define QUICK "quell: 1\nplaybook: quick\non: { incident: }\nsteps:\n  - stop:\n"
#define CALLED "quell: 1\nplaybook: called\non: { call: }\nsteps:\n  - stop:\n"
#define SLOW                                                                                       \
    "quell: 1\nplaybook: slow\ntimeout: 950d\non: { manual: }\nsteps:\n  - call: called\n  - "     \
    "wait: 300d\n"                                                                                 \
    "  - wait: 300d\n  - wait: 300d\n"

/* It called a run, and has something due for long after its end. */
#define LASTING                                                                                    \
    "quell: 1\nplaybook: lasting\non: { manual: }\nsteps:\n  - call: called\n"                     \
    "  - id: one\n    uses: defender.isolate-device\n"                                             \
    "    with: { device_id: 1e5bc9d7e413ddd7902c2932e418702b84d0cc07, comment: x }\n    for: "     \
    "300d\n"
#define OURS                                                                                       \
    "{\"device_id\": \"1e5bc9d7e413ddd7902c2932e418702b84d0cc07\", \"isolated\": true, "           \
    "\"action_id\": \"5382f7ea-7557-4ab7-9782-d50480024a4e\", \"status\": \"Succeeded\"}"

struct kept {
    struct virtual v; /* its engine is of a store on disk */
    char store[80];
};

static void open_on_disk(struct kept *kept, const char *config)
{
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING};
    struct quell_error err = {0};

    virtual_open(&kept->v, config, (const char *const[]){QUICK, CALLED, SLOW, LASTING, NULL});
    quell_close(kept->v.engine);
    (void)snprintf(kept->store, sizeof(kept->store), "sqlite:%s/q.db", kept->v.folder);
    options.store = kept->store;
    options.config = kept->v.paths[VIRTUAL_PLAYBOOKS];
    options.playbooks = kept->v.playbooks;
    options.loop = kept->v.loop;
    if (quell_open(&options, &kept->v.engine, &err))
        fail_msg("%s", err.message);
    kept->v.engine->stand_in = &kept->v.stand_in;
    quell_watch(kept->v.engine, virtual_event, &kept->v);
    loop_settle(kept->v.loop);
}

static void close_on_disk(struct kept *kept)
{
    static const char *const names[] = {"q.db",      "q.db-wal", "q.db-shm",
                                        "q.db.lock", "q.db.key", "q.db.checkpoints"};
    char path[96];

    quell_close(kept->v.engine);
    kept->v.engine = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", kept->v.folder, names[i]);
        (void)unlink(path); /* some are not there */
    }
    virtual_close(&kept->v);
}

static int64_t figure(struct kept *kept, const char *name)
{
    struct quell_verify_options options = {.checkpoints = NULL};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_value findings;
    int64_t number;

    if (quell_verify(kept->v.engine, &options, &document, &err))
        fail_msg("%s", err.message);
    findings = quell_get(document.value, "findings");
    if (quell_count(findings))
        fail_msg("%.*s", QUELL_ARG(quell_get_str(quell_at(findings, 0), "text")));
    number = quell_get(quell_get(document.value, "figures"), name).as.integer;
    quell_document_free(&document);
    return number;
}

static void on_done(enum quell_code code, const struct quell_error *err, void *user)
{
    if (code)
        fail_msg("%s", err->message);
    ++*(int *)user;
}

static struct quell_pruned prune(struct kept *kept, int64_t days, bool dry_run)
{
    struct quell_prune_options options = {
        .older_than_us = days * 86400 * 1000000, .dry_run = dry_run, .by = QUELL_STR("ana")};
    struct quell_pruned pruned;
    struct quell_error err = {0};
    int done = 0;

    if (quell_prune(kept->v.engine, &options, &pruned, on_done, &done, &err))
        fail_msg("%s", err.message);
    loop_settle(kept->v.loop);
    assert_int_equal(done, 1);
    return pruned;
}

/* 250 runs of an incident each, more than go at once; then one that waits, and what it called. */
static void a_past(struct kept *kept)
{
    char run[37], text[64];

    for (int i = 0; i < 250; i++) {
        (void)snprintf(text, sizeof(text), "{\"id\": \"%d\", \"title\": \"A\"}", i);
        virtual_submit(&kept->v, text);
    }
    virtual_run(&kept->v, "slow", "{}", run);
    assert_int_equal(figure(kept, "runs"), 252);
}

static void what_ended_goes_and_what_is_needed_stays(void **state)
{
    struct quell_audits_options last = {.what = QUELL_STR("pruned")};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_pruned seen, gone;
    struct kept kept;

    (void)state;
    open_on_disk(&kept, CONFIG);
    a_past(&kept);
    assert_int_equal(prune(&kept, 400, true).runs, 0);
    virtual_pass(&kept.v, "401d");
    virtual_submit(&kept.v, "{\"id\": \"new\", \"title\": \"A\"}");
    seen = prune(&kept, 400, true);
    assert_int_equal(figure(&kept, "runs"), 253); /* it only looked */
    gone = prune(&kept, 400, false);
    assert_int_equal(gone.runs, 250);
    assert_int_equal(gone.incidents, 250);
    assert_int_equal(gone.kept, 1);
    assert_true(gone.audits >= 2); /* opened, started */
    assert_int_equal(seen.runs, gone.runs);
    assert_int_equal(seen.events, gone.events);
    assert_int_equal(seen.audits, gone.audits);
    assert_int_equal(seen.kept, gone.kept);
    assert_int_equal(figure(&kept, "runs"),
                     3); /* the new one, the one that waits, what it called */
    assert_int_equal(figure(&kept, "incidents"), 1);
    assert_true(figure(&kept, "forgotten") > 500);
    assert_int_equal(quell_audits(kept.v.engine, &last, &document, &err), QUELL_OK);
    assert_int_equal(quell_count(document.value), 1);
    assert_true(str_is(quell_get_str(quell_at(document.value, 0), "who"), "ana"));
    quell_document_free(&document);
    assert_int_equal(prune(&kept, 400, false).runs, 0);
    virtual_pass(&kept.v, "600d"); /* the one that waits has ended */
    assert_int_equal(virtual_count(&kept.v, "run_ended", NULL), 253);
    assert_int_equal(prune(&kept, 100, false).runs, 3); /* what was called as well */
    assert_int_equal(figure(&kept, "runs"), 0);
    close_on_disk(&kept);
}

static void once_a_day_it_is_done_by_itself(void **state)
{
    struct kept kept;

    (void)state;
    open_on_disk(&kept, CONFIG "retention: { older_than: 30d }\n");
    virtual_submit(&kept.v, "{\"id\": \"1\", \"title\": \"A\"}");
    virtual_pass(&kept.v, "29d");
    assert_int_equal(figure(&kept, "runs"), 1);
    virtual_pass(&kept.v, "2d");
    assert_int_equal(figure(&kept, "runs"), 0);
    assert_int_equal(figure(&kept, "incidents"), 0);
    close_on_disk(&kept);
}

static void what_is_young_stays(void **state)
{
    struct quell_prune_options options = {.older_than_us = INT64_C(86399) * 1000000};
    struct quell_pruned pruned;
    struct quell_error err = {0};
    struct kept kept;

    (void)state;
    open_on_disk(&kept, CONFIG);
    assert_int_equal(quell_prune(kept.v.engine, &options, &pruned, NULL, NULL, &err),
                     QUELL_INVALID);
    close_on_disk(&kept);
}

static void what_has_an_undo_due_stays(void **state)
{
    struct kept kept;
    char run[37];

    (void)state;
    open_on_disk(&kept, CONFIG UNPROTECTED "retention: { older_than: 30d }\n");
    virtual_answer(&kept.v, "defender.get-isolation", QUELL_STR(OURS));
    virtual_run(&kept.v, "lasting", "", run);
    virtual_state(&kept.v, 0, "succeeded");
    virtual_pass(&kept.v, "299d");
    assert_int_equal(figure(&kept, "runs"), 2); /* with what it called */
    assert_int_equal(virtual_count(&kept.v, "undo_asked", NULL), 0);
    virtual_pass(&kept.v, "2d");
    assert_int_equal(virtual_count(&kept.v, "step_ended", "one.undo.release_device"), 1);
    virtual_pass(&kept.v, "31d");
    assert_int_equal(figure(&kept, "runs"), 0);
    close_on_disk(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ended_goes_and_what_is_needed_stays),
        cmocka_unit_test(once_a_day_it_is_done_by_itself),
        cmocka_unit_test(what_is_young_stays),
        cmocka_unit_test(what_has_an_undo_due_stays),
    };

    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
