/*
 * test_own.c - our own updates do not start us again: a playbook that comments whenever its
 * incident is updated runs once for what people do, and not for its own comments. What is not known
 * to be ours starts it.
 */
#include "virtual.h"

#include "base/buf.h"

#define CONFIG "connectors: []\n"
#define ARM "/subscriptions/s/resourceGroups/g/providers/Microsoft.SecurityInsights/incidents/7AF0"
#define PLAYBOOK(with)                                                                             \
    "quell: 1\nplaybook: p\non: { incident: { types: [created, updated], match: { provider: { "    \
    "exists: true } } } }\nsteps:\n"                                                               \
    "  - id: c\n    uses: sentinel.add-comment\n    on-error: continue\n    with: { "              \
    "incident_id: " with ", message: seen by quell }\n"
#define OURS "seen by quell"

/* As Sentinel tells of it: what changed, and what changes each time. */
struct told {
    const char *title, *status, *more; /* more: of object.properties, from `, ` on */
    const char *comments[4];
};

static void tell(struct virtual *v, const struct told *told)
{
    static int nth;
    struct quell_submission submission = {.hook = QUELL_STR("soc")};
    struct quell_error err = {0};
    struct buf json = {.size_max = 8192};
    size_t i;

    nth++;
    buf_add_format(
        &json,
        "{\"eventUniqueId\":\"e%d\",\"objectSchemaType\":\"Incident\","
        "\"objectEventType\":\"%s\",\"incidentUpdates\":{\"updatedBy\":{\"name\":\"%d\"}},"
        "\"object\":{\"id\":\"" ARM "\",\"name\":\"7AF0\",\"etag\":\"%d\",\"properties\":{"
        "\"title\":\"%s\",\"severity\":\"High\",\"status\":\"%s\",\"providerName\":"
        "\"Azure Sentinel\",\"createdTimeUtc\":\"2026-01-01T00:00:00Z\","
        "\"lastModifiedTimeUtc\":\"2026-01-01T00:00:%02dZ\"%s,\"comments\":[",
        nth, v->answer.len ? "Update" : "Create", nth, nth, told->title ? told->title : "malware",
        told->status ? told->status : "New", nth % 60, told->more ? told->more : "");
    for (i = 0; i < 4 && told->comments[i]; i++)
        buf_add_format(&json, "%s{\"name\":\"c%zu\",\"properties\":{\"message\":\"%s\"}}",
                       i ? "," : "", i, told->comments[i]);
    buf_add_format(&json, "],\"additionalData\":{\"commentsCount\":%zu}}}}", i);
    submission.body = buf_str(&json);
    if (quell_submit(v->engine, &submission, virtual_submitted, v, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
    buf_free(&json);
}

static size_t started(const struct virtual *v)
{
    return virtual_count(v, "run_started", NULL);
}

/* The incident is new, and the playbook has commented. */
static void open_one(struct virtual *v, const char *text)
{
    virtual_open(v, CONFIG, (const char *const[]){text, NULL});
    tell(v, &(struct told){0});
    assert_int_equal(started(v), 1);
}

static void our_own_comment(void **state)
{
    struct quell_refusals_options options = {.reason = QUELL_STR("own-change")};
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    open_one(&v, PLAYBOOK("'${{ incident.source_id }}'"));
    tell(&v, &(struct told){.comments = {OURS}});
    assert_int_equal(started(&v), 1);
    assert_true(str_find(v.answer, QUELL_STR("\"reason\":\"own-change\""), 0) != SIZE_MAX);
    assert_int_equal(quell_refusals(v.engine, &options, &document, &err), QUELL_OK);
    assert_int_equal(quell_count(document.value), 1);
    assert_true(
        quell_str_equal(quell_get_str(quell_at(document.value, 0), "run"), virtual_id(&v, 0)));
    quell_document_free(&document);
    /* The sender tells of it once more. */
    tell(&v, &(struct told){.comments = {OURS}});
    assert_int_equal(started(&v), 1);
    /* A person answers, and its comment on that is its own again. */
    tell(&v, &(struct told){.comments = {OURS, "thanks"}});
    assert_int_equal(started(&v), 2);
    tell(&v, &(struct told){.comments = {OURS, "thanks", OURS}});
    assert_int_equal(started(&v), 2);
    virtual_close(&v);
}

/* The incident may be named by the last part of its path. */
static void named_by_its_name(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, PLAYBOOK("7af0"));
    tell(&v, &(struct told){.comments = {OURS}});
    assert_int_equal(started(&v), 1);
    virtual_close(&v);
}

static void what_others_did_starts_it(void **state)
{
    static const struct told rows[] = {
        {.comments = {"not ours"}},
        {.comments = {OURS, "not ours"}},
        {.comments = {OURS, OURS}}, /* it wrote only one */
        {.comments = {OURS}, .status = "Active"},
        {.comments = {OURS}, .title = "worse"},
        {.comments = {OURS}, .more = ",\"labels\":[{\"labelName\":\"vip\"}]"},
        {.comments = {OURS}, .more = ",\"customDetails\":\"not in our shape\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct virtual v;

        open_one(&v, PLAYBOOK("'${{ incident.source_id }}'"));
        tell(&v, &rows[i]);
        if (started(&v) != 2)
            fail_msg("row %zu started nothing", i);
        assert_int_equal(v.engine->counters.own_change, 0);
        virtual_close(&v);
    }
}

/* Ours once; the same text written a day later is not ours any more. */
static void what_was_seen_explains_no_more(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, PLAYBOOK("'${{ incident.source_id }}'"));
    tell(&v, &(struct told){.comments = {OURS}});
    assert_int_equal(started(&v), 1);
    tell(&v, &(struct told){.comments = {OURS, OURS}});
    assert_int_equal(started(&v), 2);
    virtual_close(&v);
}

static void it_is_forgotten_in_time(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, PLAYBOOK("'${{ incident.source_id }}'"));
    virtual_pass(&v, "25h");
    tell(&v, &(struct told){.comments = {OURS}});
    assert_int_equal(started(&v), 2);
    virtual_close(&v);
}

static void what_failed_was_not_written(void **state)
{
    static const struct {
        enum quell_code code;
        size_t runs;
    } rows[] = {{QUELL_DENIED, 2}, {QUELL_UNKNOWN_OUTCOME, 1}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct virtual v;

        virtual_open(&v, CONFIG,
                     (const char *const[]){PLAYBOOK("'${{ incident.source_id }}'"), NULL});
        virtual_fail(&v, "sentinel.add-comment", rows[i].code);
        tell(&v, &(struct told){0});
        assert_int_equal(started(&v), 1);
        tell(&v, &(struct told){.comments = {OURS}});
        assert_int_equal(started(&v), rows[i].runs);
        virtual_close(&v);
    }
}

/* The sender is faster than the answer to the call. */
static void while_the_call_is_under_way(void **state)
{
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){PLAYBOOK("'${{ incident.source_id }}'"), NULL});
    virtual_answer(&v, "sentinel.add-comment",
                   QUELL_STR("{\"comment_id\":\"c\",\"incident_id\":\"i\"}"));
    virtual_late(&v, "10s");
    tell(&v, &(struct told){0});
    tell(&v, &(struct told){.comments = {OURS}});
    assert_int_equal(started(&v), 1);
    virtual_close(&v);
}

static void a_shadow_run_writes_nothing(void **state)
{
    struct virtual v;

    (void)state;
    open_one(&v, "state: shadow\n" PLAYBOOK("'${{ incident.source_id }}'"));
    tell(&v, &(struct told){.comments = {OURS}});
    assert_int_equal(started(&v), 2);
    virtual_close(&v);
}

/* Each field that a shipped action says it writes is one of an incident. */
static void fields_of_manifests_are_there(void **state)
{
    const struct quell_connector *const *connector;
    struct virtual v;
    size_t seen = 0;

    (void)state;
    virtual_open(&v, CONFIG, (const char *const[]){PLAYBOOK("x"), NULL});
    for (connector = registry_connectors(v.engine->generation->registry); *connector; connector++)
        for (size_t i = 0; (*connector)->actions[i]; i++) {
            const struct quell_write *write = (*connector)->actions[i]->writes;
            for (; write && write->source; write++, seen++) {
                const struct quell_field *field = incident_fields;
                while (field->name && strcmp(field->name, write->field) != 0)
                    field++;
                assert_non_null(field->name);
            }
        }
    assert_true(seen > 0);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_comment),
        cmocka_unit_test(named_by_its_name),
        cmocka_unit_test(what_others_did_starts_it),
        cmocka_unit_test(what_was_seen_explains_no_more),
        cmocka_unit_test(it_is_forgotten_in_time),
        cmocka_unit_test(what_failed_was_not_written),
        cmocka_unit_test(while_the_call_is_under_way),
        cmocka_unit_test(a_shadow_run_writes_nothing),
        cmocka_unit_test(fields_of_manifests_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
