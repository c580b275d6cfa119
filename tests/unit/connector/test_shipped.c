/*
 * test_shipped.c - the shipped connectors' requests: as the services' documents want them, whatever
 * stands in the inputs. Isolation has a test of its own.
 */
#include "contract.h"

#define DEVICE "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define WORKSPACE                                                                                  \
    "/subscriptions/d0cfe6b2-9ac0-4464-9919-dccaee2e48c0/resourceGroups/my rg/providers/"          \
    "Microsoft.OperationalInsights/workspaces/soc"
#define INCIDENT WORKSPACE "/providers/Microsoft.SecurityInsights/Incidents/73e01a99"
#define INCIDENT_PATH                                                                              \
    "/subscriptions/d0cfe6b2-9ac0-4464-9919-dccaee2e48c0/resourceGroups/my%20rg/providers/"        \
    "Microsoft.OperationalInsights/workspaces/soc/providers/Microsoft.SecurityInsights/incidents/" \
    "73e01a99"

static struct registry *registry;
static struct contract contract;

static int load(void **state)
{
    struct quell_error err = {0};

    (void)state;
    contract = contract_load();
    return (int)registry_new(NULL, 0, &registry, &err);
}

static int unload(void **state)
{
    (void)state;
    registry_release(registry);
    arena_free(contract.arena);
    return 0;
}

static struct fake *start_with(const char *name, const char *input, const char *settings)
{
    struct fake *fake =
        fake_new(registry_action(registry, quell_str_of(name), NULL), input, settings);

    fake_start(fake);
    return fake;
}

static struct fake *start(const char *name, const char *input)
{
    return start_with(name, input, "{}");
}

/* ---- defender --------------------------------------------------------------------------------*/

static void defender_keeps_to_its_document(void **state)
{
    static const char input[] = "{\"device_id\":\"" DEVICE "\",\"comment\":\"c\"}";
    struct fake *fake = start("defender.get-device", "{\"device_id\":\"" DEVICE "\"}");

    (void)state;
    contract_check(&contract, fake, "machines_get");
    fake_free(fake);
    fake = start("defender.isolate-device", input);
    contract_check(&contract, fake, "machineActions_list");
    fake_reply(fake, 200, "{\"value\":[{\"type\":\"x\"}],\"@odata.nextLink\":\"x\"}");
    contract_check(&contract, fake, "machineActions_list");
    fake_reply(fake, 200, "{\"value\":[]}");
    contract_check(&contract, fake, "machines_isolate");
    fake_reply(fake, 201, "{\"id\":\"a\",\"status\":\"Pending\"}");
    fake_turn(fake, NULL);
    contract_check(&contract, fake, "machineActions_get");
    fake_free(fake);
    fake = start("defender.release-device", input);
    fake_reply(fake, 200,
               "{\"value\":[{\"id\":\"a\",\"type\":\"Isolate\",\"status\":\"Succeeded\","
               "\"creationDateTimeUtc\":\"2026-01-01T00:00:00Z\"}]}");
    contract_check(&contract, fake, "machines_unisolate");
    fake_free(fake);
}

/* ---- sentinel --------------------------------------------------------------------------------*/

static void sentinel_puts_one_comment(void **state)
{
    struct fake *fake =
        start("sentinel.add-comment",
              "{\"incident_id\":\"" INCIDENT "\",\"message\":\"a ${{ 1+1 }} \\\"b\\\"\\n\"}");

    (void)state;
    contract_check(&contract, fake, "IncidentComments_createOrUpdate");
    assert_string_equal(fake->path, INCIDENT_PATH
                        "/comments/c2d4c5a8-3c1b-5f4e-9a51-3a6a2f0f9b11?api-version=2025-09-01");
    assert_true(fake->changes);
    assert_string_equal(fake_json_of(fake, fake->json),
                        "{\"properties\":{\"message\":\"a ${{ 1+1 }} \\\"b\\\"\\n\"}}");
    fake_turn(fake, NULL); /* the same again after a crash */
    assert_string_equal(fake->path, INCIDENT_PATH
                        "/comments/c2d4c5a8-3c1b-5f4e-9a51-3a6a2f0f9b11?api-version=2025-09-01");
    fake_reply(fake, 201, "{}");
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_true(
        str_is(quell_get_str(fake->output, "comment_id"), "c2d4c5a8-3c1b-5f4e-9a51-3a6a2f0f9b11"));
    fake_free(fake);
}

static void sentinel_reads_an_incident(void **state)
{
    struct fake *fake = start_with("sentinel.get-incident", "{\"incident_id\":\"73e01a99\"}",
                                   "{\"workspace\":\"" WORKSPACE "\"}");

    (void)state;
    contract_check(&contract, fake, "Incidents_get");
    assert_string_equal(fake->path, INCIDENT_PATH "?api-version=2025-09-01");
    assert_false(fake->changes);
    fake_reply(fake, 200,
               "{\"id\":\"/x\",\"name\":\"73e01a99\",\"properties\":{\"title\":\"T\",\"severity\":"
               "\"High\",\"status\":\"New\",\"owner\":null,\"labels\":[{\"labelName\":\"l\"}],"
               "\"createdTimeUtc\":\"2026-01-02T03:04:05.1234567Z\",\"incidentNumber\":7,"
               "\"additionalData\":{\"alertsCount\":2,\"tactics\":[\"Impact\"]}}}");
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_string_equal(
        fake_json_of(fake, fake->output),
        "{\"id\":\"/x\",\"name\":\"73e01a99\",\"number\":7,\"title\":\"T\","
        "\"severity\":\"high\",\"status\":\"new\",\"owner\":null,\"labels\":[\"l\"],"
        "\"tactics\":[\"Impact\"],\"created_at\":\"2026-01-02T03:04:05.1234567Z\","
        "\"alerts\":2,\"comments\":0}");
    fake_free(fake);
    fake = start("sentinel.get-incident", "{\"incident_id\":\"" INCIDENT "\"}");
    fake_reply(fake, 404, "{\"error\":{\"code\":\"NotFound\"}}");
    assert_int_equal(fake->asked, QUELL_FAILED);
    fake_free(fake);
}

/* What stands in an incident may choose the incident, and nothing else. */
static void sentinel_takes_no_other_resource(void **state)
{
    static const char *const wrong[] = {
        INCIDENT "/comments",
        INCIDENT "/",
        INCIDENT "/..",
        WORKSPACE "/providers/Microsoft.SecurityInsights/incidents/..",
        WORKSPACE "/providers/Microsoft.SecurityInsights/incidents/",
        WORKSPACE "/providers/Microsoft.SecurityInsights/watchlists/a",
        "/subscriptions/../resourceGroups/r/providers/Microsoft.OperationalInsights/workspaces/w/"
        "providers/Microsoft.SecurityInsights/incidents/a",
        "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/w/"
        "providers/Microsoft.SecurityInsights/incidents/a",
        "//evil.example/a",
        "/",
        "bare-name-without-a-workspace",
        "https://evil.example/",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char input[512];
        struct fake *fake;
        (void)snprintf(input, sizeof(input), "{\"incident_id\":\"%s\",\"message\":\"m\"}",
                       wrong[i]);
        fake = start("sentinel.add-comment", input);
        if (fake->asked != QUELL_FAILED || fake->code != QUELL_INVALID)
            fail_msg("taken: %s -> %s", wrong[i], fake->path);
        fake_free(fake);
    }
    {
        struct fake *fake =
            start("sentinel.get-incident",
                  "{\"incident_id\":\"" WORKSPACE
                  "/providers/Microsoft.SecurityInsights/incidents/a?b=c&d#e%2f\"}");
        assert_non_null(strstr(fake->path, "/incidents/a%3Fb%3Dc%26d%23e%252f?api-version="));
        fake_free(fake);
    }
}

/* ---- email -----------------------------------------------------------------------------------*/

static void email_says_what_the_mail_is(void **state)
{
    struct fake *fake =
        start_with("email.send",
                   "{\"to\":\"soc@contoso.example\",\"bcc\":[\"b@x.example\"],\"subject\":\"s\","
                   "\"body\":\"text\",\"html\":\"<b>t</b>\"}",
                   "{\"from\":\"quell <quell@contoso.example>\",\"tls\":\"required\"}");

    (void)state;
    assert_int_equal(fake->asked, QUELL_SENDING);
    assert_true(fake->changes);
    assert_string_equal(
        fake_json_of(fake, fake->mail),
        "{\"from\":\"\",\"to\":[\"soc@contoso.example\"],\"cc\":null,\"bcc\":[\"b@x.example\"],"
        "\"subject\":\"s\",\"text\":\"text\",\"html\":\"<b>t</b>\",\"message_id\":"
        "\"0197b0b7-5a3c-7000-8000-000000000001.contain.0.isolate@contoso.example\"}");
    fake_reply(fake, 250, "");
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_int_equal(quell_get_int(fake->output, "recipients", 0), 2);
    fake_free(fake);
    fake = start_with("email.send", "{\"to\":\"a@b.example\",\"subject\":\"s\",\"body\":\"t\"}",
                      "{\"from\":\"q@x.example\"}");
    fake_reply(fake, 550, "");
    assert_int_equal(fake->asked, QUELL_FAILED);
    fake_free(fake);
}

/* ---- http ------------------------------------------------------------------------------------*/

static void http_builds_requests(void **state)
{
    struct fake *fake = start(
        "http.get", "{\"url\":\"https://x.example/a?b=c\",\"query\":{\"q\":\"a&b=c #\",\"n\":7,"
                    "\"t\":true,\"none\":null},\"headers\":{\"X-A\":\"b\",\"X-N\":5}}");

    (void)state;
    assert_string_equal(fake->url, "https://x.example/a?b=c&q=a%26b%3Dc%20%23&n=7&t=true");
    assert_string_equal(fake->path, "");
    assert_false(fake->changes);
    assert_string_equal(fake_json_of(fake, fake->headers), "{\"X-A\":\"b\",\"X-N\":\"5\"}");
    fake_reply(fake, 200, "{\"a\":1}");
    assert_string_equal(fake_json_of(fake, fake->output),
                        "{\"status\":200,\"headers\":{},\"json\":{\"a\":1},\"body\":\"\"}");
    fake_free(fake);
    fake = start("http.request",
                 "{\"url\":\"/a\",\"method\":\"PUT\",\"json\":{\"x\":[1]},\"ok\":[204,404]}");
    assert_string_equal(fake->method, "PUT");
    assert_string_equal(fake->path, "/a");
    assert_true(fake->changes);
    assert_string_equal(fake_json_of(fake, fake->json), "{\"x\":[1]}");
    fake_reply(fake, 404, "");
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_true(quell_is_null(quell_get(fake->output, "json")));
    fake_free(fake);
    fake = start("http.request",
                 "{\"url\":\"/a\",\"body\":\"x=1\",\"content_type\":\"text/plain\",\"ok\":201}");
    assert_string_equal(fake->method, "POST");
    assert_string_equal(fake->body, "x=1");
    assert_string_equal(fake->content_type, "text/plain");
    fake_reply(fake, 200, "");
    assert_int_equal(fake->asked, QUELL_FAILED);
    fake_free(fake);
    fake = start("http.request", "{\"url\":\"/a\",\"method\":\"GET\"}");
    assert_false(fake->changes);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defender_keeps_to_its_document),
        cmocka_unit_test(sentinel_puts_one_comment),
        cmocka_unit_test(sentinel_reads_an_incident),
        cmocka_unit_test(sentinel_takes_no_other_resource),
        cmocka_unit_test(email_says_what_the_mail_is),
        cmocka_unit_test(http_builds_requests),
    };

    return cmocka_run_group_tests_name("connector.shipped", tests, load, unload);
}
