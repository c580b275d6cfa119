/*
 * test_defender.c - isolation and release, turn by turn.
 */
#include "defender.h"

static struct fake *start_isolate(void)
{
    struct fake *fake = start("defender.isolate-device", ISOLATE_INPUT);

    assert_sends(fake, "GET", LIST);
    assert_false(fake->changes);
    return fake;
}

static struct fake *start_release(void)
{
    struct fake *fake = start("defender.release-device", ISOLATE_INPUT);

    assert_sends(fake, "GET", LIST);
    return fake;
}

/* A word at the front of a row, which is moved behind it. */
static struct quell_str word(struct quell_str *row)
{
    struct quell_str head;

    (void)str_cut(*row, ' ', &head, row);
    return head;
}

/* A list of one or two machine actions: "type status created comment". */
static const char *actions_json(const char *a, const char *b)
{
    static char text[2048];
    const char *rows[2] = {a, b};
    size_t len = 0;

    len += (size_t)snprintf(text + len, sizeof(text) - len, "{\"value\":[");
    for (size_t i = 0; i < 2 && rows[i]; i++) {
        struct quell_str row = quell_str_of(rows[i]);
        struct quell_str type = word(&row), status = word(&row), created = word(&row);
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "%s{\"id\":\"a%zu\",\"type\":\"%.*s\",\"status\":\"%.*s\","
                                "\"creationDateTimeUtc\":\"%.*s\",\"requestorComment\":\"%.*s\","
                                "\"machineId\":\"" DEVICE "\"}",
                                i > 0 ? "," : "", i + 1, QUELL_ARG(type), QUELL_ARG(status),
                                QUELL_ARG(created), QUELL_ARG(row));
    }
    (void)snprintf(text + len, sizeof(text) - len, "]}");
    return text;
}

#define ACTION(status, comment)                                                                    \
    "{\"id\":\"a1\",\"type\":\"Isolate\",\"status\":\"" status                                     \
    "\",\"requestorComment\":\"" comment "\"}"

static void assert_output(struct fake *fake, const char *id, bool ours, bool already)
{
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_true(str_is(quell_get_str(fake->output, "action_id"), id));
    assert_true(str_is(quell_get_str(fake->output, "status"), "Succeeded"));
    assert_true(str_is(quell_get_str(fake->output, "device_id"), DEVICE));
    assert_int_equal(quell_get_bool(fake->output, "ours", false), ours);
    assert_int_equal(quell_get_bool(fake->output, "already", false), already);
}

/* ---- turn by turn ----------------------------------------------------------------------------*/

static void isolates_and_follows_to_the_end(void **state)
{
    static const int64_t waits[] = {5000, 7500, 11250, 16875, 25312, 37968, 56952, 60000, 60000};
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    assert_sends(fake, "POST", "/api/machines/" DEVICE "/isolate");
    assert_true(fake->changes);
    assert_string_equal(fake_json_of(fake, fake->json),
                        "{\"Comment\":\"malware " MARK "\",\"IsolationType\":\"Full\"}");
    fake_reply(fake, 201, ACTION("Pending", MARK));
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        assert_int_equal(fake->asked, QUELL_SLEEPING);
        assert_int_equal(fake->ms, waits[i]);
        fake_turn(fake, NULL);
        assert_sends(fake, "GET", "/api/machineactions/a1");
        fake_reply(fake, 200, ACTION("InProgress", MARK));
    }
    fake_turn(fake, NULL);
    fake_reply(fake, 200, ACTION("Succeeded", MARK));
    assert_output(fake, "a1", true, false);
    fake_free(fake);
}

static void selective_is_spelt_as_the_service_does(void **state)
{
    struct fake *fake =
        start("defender.isolate-device",
              "{\"device_id\":\"" DEVICE "\",\"comment\":\"c\",\"type\":\"selective\"}");

    (void)state;
    fake_reply(fake, 200, EMPTY);
    assert_true(str_is(quell_get_str(fake->json, "IsolationType"), "Selective"));
    fake_free(fake);
}

static void bad_ends_fail_with_the_services_word(void **state)
{
    static const char *const ends[] = {"Failed", "TimeOut", "Cancelled"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fake *fake = start_isolate();
        char json[256];
        (void)snprintf(json, sizeof(json), "{\"id\":\"a1\",\"status\":\"%s\"}", ends[i]);
        fake_reply(fake, 200, EMPTY);
        fake_reply(fake, 201, ACTION("Pending", MARK));
        fake_turn(fake, NULL);
        fake_reply(fake, 200, json);
        assert_int_equal(fake->asked, QUELL_FAILED);
        assert_int_equal(fake->code, QUELL_REFUSED);
        assert_non_null(strstr(fake->message, ends[i]));
        fake_free(fake);
    }
}

/* What the list says, and what follows from it on a first look. */
static void looks_before_it_acts(void **state)
{
    static const struct {
        const char *a, *b;
        char what; /* p: post, f: follow, d: done already, w: wait and look again, c: conflict */
        const char *id;
        bool ours;
    } rows[] = {
        {"Isolate Pending 2026-01-02T00:00:00Z", NULL, 'f', "a1", false},
        {"Isolate InProgress 2026-01-02T00:00:00Z " MARK, NULL, 'f', "a1", true},
        {"Isolate Succeeded 2026-01-02T00:00:00Z", NULL, 'd', "a1", false},
        {"Isolate Failed 2026-01-02T00:00:00Z", NULL, 'p', "", false},
        {"Isolate Failed 2026-01-02T00:00:00Z " MARK, NULL, 'p', "", false},
        {"Isolate Succeeded 2026-01-01T00:00:00Z", "Unisolate Succeeded 2026-01-02T00:00:00Z", 'p',
         "", false},
        {"Unisolate Succeeded 2026-01-02T00:00:00Z", "Isolate Succeeded 2026-01-01T00:00:00Z", 'p',
         "", false},
        {"Isolate Succeeded 2026-01-02T00:00:00.5Z", "Unisolate Succeeded 2026-01-02T00:00:00Z",
         'd', "a1", false},
        {"Isolate Succeeded 2026-01-01T00:00:00Z", "Unisolate Failed 2026-01-02T00:00:00Z", 'd',
         "a1", false},
        {"Isolate Succeeded 2026-01-01T00:00:00Z", "Unisolate Pending 2026-01-02T00:00:00Z", 'w',
         "", false},
        {"Isolate Succeeded 2026-01-01T00:00:00Z " MARK, "Unisolate Succeeded 2026-01-02T00:00:00Z",
         'c', "", false},
        {"RunAntiVirusScan Pending 2026-01-02T00:00:00Z", NULL, 'p', "", false},
        {"Isolate Pending 2026-01-02T00:00:00Z "
         "[quell:0197b0b7-5a3c-7000-8000-000000000001/contain[1].isolate]",
         NULL, 'f', "a1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake *fake = start_isolate();
        fake_reply(fake, 200, actions_json(rows[i].a, rows[i].b));
        if (rows[i].what == 'p') {
            assert_sends(fake, "POST", "/api/machines/" DEVICE "/isolate");
        } else if (rows[i].what == 'f') {
            assert_int_equal(fake->asked, QUELL_SLEEPING);
            fake_turn(fake, NULL);
            assert_sends(fake, "GET", "/api/machineactions/a1");
            fake_reply(fake, 200, ACTION("Succeeded", ""));
            assert_output(fake, rows[i].id, rows[i].ours, false);
        } else if (rows[i].what == 'd') {
            assert_output(fake, rows[i].id, false, true);
        } else if (rows[i].what == 'w') {
            assert_int_equal(fake->asked, QUELL_SLEEPING);
            fake_turn(fake, NULL);
            assert_sends(fake, "GET", LIST);
        } else {
            assert_int_equal(fake->asked, QUELL_FAILED);
            assert_int_equal(fake->code, QUELL_CONFLICT);
        }
        fake_free(fake);
    }
}

static void a_refused_duplicate_is_looked_for(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake_reply(fake, 400,
               "{\"error\":{\"code\":\"ActiveRequestAlreadyExists\",\"message\":\"Action is "
               "already in progress\"}}");
    assert_int_equal(fake->asked, QUELL_SLEEPING);
    fake_turn(fake, NULL);
    assert_sends(fake, "GET", LIST);
    fake_reply(fake, 200, actions_json("Isolate Pending 2026-01-02T00:00:00Z other", NULL));
    fake_turn(fake, NULL);
    fake_reply(fake, 200, ACTION("Succeeded", "other"));
    assert_output(fake, "a1", false, false);
    fake_free(fake);
}

/* A service that refuses a duplicate of something that it does not list does not keep us for ever.
 */
static void a_duplicate_of_nothing_ends(void **state)
{
    struct fake *fake = start_isolate();
    size_t posts = 0, turns = 0;

    (void)state;
    fake_reply(fake, 200, EMPTY);
    while (fake->asked != QUELL_FAILED) {
        assert_true(++turns < 50);
        if (fake->asked == QUELL_SLEEPING) {
            fake_turn(fake, NULL);
        } else if (strcmp(fake->method, "GET") == 0) {
            fake_reply(fake, 200, EMPTY);
        } else {
            posts++;
            fake_reply(fake, 400, "{\"error\":{\"code\":\"ActiveRequestAlreadyExists\"}}");
        }
    }
    assert_int_equal(posts, 3);
    assert_int_equal(fake->code, QUELL_LIMIT);
    fake_free(fake);
}

static void an_answer_may_be_the_action_that_runs_already(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake_reply(fake, 201, ACTION("Pending", "somebody else's"));
    fake_turn(fake, NULL);
    fake_reply(fake, 200, ACTION("Succeeded", "somebody else's"));
    assert_output(fake, "a1", false, false);
    fake_free(fake);
}

static void a_lost_answer_is_looked_for(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake_no_reply(fake, QUELL_UNKNOWN_OUTCOME);
    assert_sends(fake, "GET", LIST);
    fake_reply(fake, 200, actions_json("Isolate Pending 2026-01-02T00:00:00Z x " MARK, NULL));
    assert_int_equal(fake->asked, QUELL_SLEEPING);
    fake_turn(fake, NULL);
    fake_reply(fake, 200, ACTION("Succeeded", MARK));
    assert_output(fake, "a1", true, false);
    fake_free(fake);
}

/* Until ours was found, the engine takes what ends the call for an unknown outcome. */
static void what_was_lost_is_found_when_it_is_listed(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake_no_reply(fake, QUELL_UNKNOWN_OUTCOME);
    fake_reply(fake, 200, EMPTY);
    fake_turn(fake, NULL);
    assert_false(fake->found);
    fake_reply(fake, 200, actions_json("Isolate Pending 2026-01-02T00:00:00Z x " MARK, NULL));
    assert_true(fake->found);
    fake_free(fake);
}

/* What we caused goes on whether or not we may ask what became of it. */
static void ours_is_not_over_because_we_may_not_ask(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 2; i++) {
        struct fake *fake = start_isolate();
        fake_reply(fake, 200, EMPTY);
        fake_reply(fake, 201, i == 0 ? ACTION("Pending", MARK) : ACTION("Pending", "other"));
        fake_turn(fake, NULL);
        fake_reply(fake, 403, "{}");
        assert_int_equal(fake->asked, QUELL_FAILED);
        assert_int_equal(fake->lost, i == 0);
        fake_free(fake);
    }
}

/* Nor because the list cannot be read, when the answer named no action or the action is gone. */
static void what_was_accepted_is_not_over_because_we_may_not_look(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 4; i++) {
        struct fake *fake = start_isolate();
        fake_reply(fake, 200, EMPTY);
        if (i == 0) {
            fake_reply(fake, 201, "{}");
        } else {
            fake_reply(fake, 201, i == 3 ? ACTION("Pending", "other") : ACTION("Pending", MARK));
            fake_turn(fake, NULL);
            fake_reply(fake, 404, "{}");
        }
        assert_sends(fake, "GET", LIST);
        fake_reply(fake, i == 2 ? 200 : 403, "{}");
        assert_int_equal(fake->asked, QUELL_FAILED);
        assert_int_equal(fake->lost, i < 3);
        fake_free(fake);
    }
}

/* A list may leave it out, because we may not see the device, say: it was taken all the same, and a
 * crash changes nothing of that. The next attempt, which a person may have asked for, believes the
 * list. */
static void what_was_accepted_is_not_sent_again(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 3; i++) {
        struct fake *fake = start_isolate();
        fake_reply(fake, 200, EMPTY);
        fake_reply(fake, 201, ACTION("Pending", MARK));
        fake_turn(fake, NULL);
        fake_reply(fake, 404, "{}");
        fake->resumed = i > 0;
        if (i == 2)
            fake->id = "another";
        if (fake->resumed)
            fake_turn(fake, NULL);
        fake->resumed = false;
        fake_reply(fake, 200, EMPTY);
        fake_turn(fake, NULL);
        fake_reply(fake, 200, EMPTY);
        assert_int_equal(fake->asked, i < 2 ? QUELL_FAILED : QUELL_SENDING);
        assert_int_equal(fake->code, i < 2 ? QUELL_UNKNOWN_OUTCOME : QUELL_OK);
        fake_free(fake);
    }
}

/* What it finds then is this attempt's, and not the bad end of an earlier one. */
static void what_is_gone_is_not_what_was_there_before(void **state)
{
    const char *old = "Isolate Failed 2026-01-01T00:00:00Z " MARK;
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, actions_json(old, NULL));
    fake_reply(fake, 201, ACTION("Pending", MARK));
    fake_turn(fake, NULL);
    fake_reply(fake, 404, "{}");
    fake_reply(fake, 200, actions_json(old, NULL));
    assert_int_equal(fake->asked, QUELL_SLEEPING); /* it is looked for once more */
    fake_free(fake);
}

static void a_machine_action_that_is_gone_is_looked_for(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake_reply(fake, 201, ACTION("Pending", MARK));
    fake_turn(fake, NULL);
    fake_reply(fake, 404, "{}");
    assert_sends(fake, "GET", LIST);
    fake_reply(fake, 200, actions_json("Isolate Succeeded 2026-01-02T00:00:00Z x " MARK, NULL));
    assert_output(fake, "a1", true, false);
    fake_free(fake);
}

static void what_is_not_listed_is_not_believed_at_once(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake->resumed = true;
    fake_turn(fake, NULL); /* taken up after a crash with the request perhaps on its way */
    fake->resumed = false;
    assert_sends(fake, "GET", LIST);
    fake_reply(fake, 200, EMPTY);
    assert_int_equal(fake->asked, QUELL_SLEEPING);
    fake_turn(fake, NULL);
    assert_sends(fake, "GET", LIST);
    fake_reply(fake, 200, EMPTY);
    assert_sends(fake, "POST", "/api/machines/" DEVICE "/isolate");
    fake_free(fake);
}

/* What an attempt has seen says nothing when the next one goes on from there, hours later. */
static void who_goes_on_looks_from_the_start(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake_no_reply(fake, QUELL_UNKNOWN_OUTCOME);
    fake_reply(fake, 200, EMPTY);
    fake_turn(fake, NULL);
    fake_reply(fake, 200,
               "{\"@odata.nextLink\":\"https://elsewhere/x\",\"value\":[{\"id\":\"s\",\"type\":"
               "\"RunAntiVirusScan\"},{\"id\":\"a1\",\"type\":\"Isolate\",\"status\":\"Failed\","
               "\"creationDateTimeUtc\":\"2026-01-01T00:00:00Z\"}]}");
    assert_sends(fake, "GET", LIST "&$skip=2");
    fake->resumed = true;
    fake_turn(fake, NULL);
    fake->resumed = false;
    assert_sends(fake, "GET", LIST);
    fake_reply(fake, 200, EMPTY);
    assert_int_equal(fake->asked, QUELL_SLEEPING); /* one list is not believed */
    fake_free(fake);
}

/* An attempt that failed is not the outcome of the next one. */
static void an_earlier_attempts_failure_does_not_count(void **state)
{
    const char *old = "Isolate Failed 2026-01-01T00:00:00Z " MARK;
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, actions_json(old, NULL));
    assert_sends(fake, "POST", "/api/machines/" DEVICE "/isolate");
    fake_no_reply(fake, QUELL_UNKNOWN_OUTCOME);
    fake_reply(fake, 200, actions_json(old, NULL));
    assert_int_equal(fake->asked, QUELL_SLEEPING); /* looks again, then posts */
    fake_turn(fake, NULL);
    fake_reply(fake, 200, actions_json(old, NULL));
    assert_sends(fake, "POST", "/api/machines/" DEVICE "/isolate");
    fake_no_reply(fake, QUELL_UNKNOWN_OUTCOME);
    fake_reply(fake, 200,
               "{\"value\":[{\"id\":\"a9\",\"type\":\"Isolate\",\"status\":\"TimeOut\","
               "\"creationDateTimeUtc\":\"2026-01-02T00:00:00Z\","
               "\"requestorComment\":\"" MARK "\"}]}");
    assert_int_equal(fake->asked, QUELL_FAILED);
    assert_non_null(strstr(fake->message, "TimeOut"));
    fake_free(fake);
}

static void reads_all_pages(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200,
               "{\"@odata.nextLink\":\"https://elsewhere/x\",\"value\":[{\"id\":\"s\",\"type\":"
               "\"RunAntiVirusScan\"},{\"id\":\"a1\",\"type\":\"Isolate\",\"status\":\"Failed\","
               "\"creationDateTimeUtc\":\"2026-01-01T00:00:00Z\"}]}");
    assert_sends(fake, "GET", LIST "&$skip=2");
    fake_reply(fake, 200, actions_json("Isolate Succeeded 2026-01-02T00:00:00Z", NULL));
    assert_output(fake, "a1", false, true);
    fake_free(fake);
}

static void a_poll_outlives_a_service_that_is_down(void **state)
{
    struct fake *fake = start_isolate();

    (void)state;
    fake_reply(fake, 200, EMPTY);
    fake_reply(fake, 201, ACTION("Pending", MARK));
    fake_turn(fake, NULL);
    fake_no_reply(fake, QUELL_UNAVAILABLE);
    assert_int_equal(fake->asked, QUELL_SLEEPING);
    assert_int_equal(fake->ms, 60000);
    fake_turn(fake, NULL);
    assert_sends(fake, "GET", "/api/machineactions/a1");
    fake_reply(fake, 502, "{}");
    assert_int_equal(fake->asked, QUELL_SLEEPING);
    assert_true(fake->lost); /* a deadline now says nothing of it */
    fake_turn(fake, NULL);
    fake_reply(fake, 200, ACTION("InProgress", MARK));
    assert_false(fake->lost);
    fake_free(fake);
}

static void only_device_ids_are_taken(void **state)
{
    static const char *const wrong[] = {"fin-ws-114", "../machines", "' or machineId ne '",
                                        "1e5bc9d7e413ddd7902c2932e418702b84d0cc0g"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char input[256];
        struct fake *fake;
        (void)snprintf(input, sizeof(input), "{\"device_id\":\"%s\",\"comment\":\"c\"}", wrong[i]);
        fake = start("defender.isolate-device", input);
        assert_int_equal(fake->asked, QUELL_FAILED);
        assert_int_equal(fake->code, QUELL_INVALID);
        fake_free(fake);
    }
}

static void releases_what_is_isolated(void **state)
{
    struct fake *fake = start_release();

    (void)state;
    fake_reply(fake, 200, actions_json("Isolate Succeeded 2026-01-01T00:00:00Z", NULL));
    assert_sends(fake, "POST", "/api/machines/" DEVICE "/unisolate");
    assert_string_equal(fake_json_of(fake, fake->json), "{\"Comment\":\"malware " MARK "\"}");
    fake_reply(fake, 201, ACTION("Succeeded", MARK));
    assert_output(fake, "a1", true, false);
    fake_free(fake);
    fake = start_release();
    fake_reply(fake, 200, EMPTY);
    assert_output(fake, "", false, true);
    fake_free(fake);
    fake = start_release();
    fake_reply(fake, 200, actions_json("Unisolate Succeeded 2026-01-01T00:00:00Z", NULL));
    assert_output(fake, "a1", false, true);
    fake_free(fake);
    fake = start_release();
    fake_reply(fake, 200, actions_json("Isolate Pending 2026-01-01T00:00:00Z", NULL));
    assert_int_equal(fake->asked, QUELL_SLEEPING);
    fake_turn(fake, NULL);
    assert_sends(fake, "GET", LIST);
    fake_free(fake);
}

static void reads_a_device(void **state)
{
    struct fake *fake = start("defender.get-device", "{\"device_id\":\"fin ws/114\"}");

    (void)state;
    assert_sends(fake, "GET", "/api/machines/fin%20ws%2F114");
    fake_reply(fake, 200,
               "{\"id\":\"" DEVICE "\",\"computerDnsName\":\"fin\",\"riskScore\":null,"
               "\"machineTags\":[\"x\"]}");
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_true(str_is(quell_get_str(fake->output, "name"), "fin"));
    assert_true(str_is(quell_get_str(fake->output, "risk"), ""));
    assert_int_equal(quell_count(quell_get(fake->output, "tags")), 1);
    fake_free(fake);
    fake = start("defender.get-device", "{\"device_id\":\"x\"}");
    fake_reply(fake, 404, "{\"error\":{\"code\":\"ResourceNotFound\"}}");
    assert_int_equal(fake->asked, QUELL_FAILED);
    fake_free(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isolates_and_follows_to_the_end),
        cmocka_unit_test(selective_is_spelt_as_the_service_does),
        cmocka_unit_test(bad_ends_fail_with_the_services_word),
        cmocka_unit_test(looks_before_it_acts),
        cmocka_unit_test(a_refused_duplicate_is_looked_for),
        cmocka_unit_test(a_duplicate_of_nothing_ends),
        cmocka_unit_test(an_answer_may_be_the_action_that_runs_already),
        cmocka_unit_test(a_lost_answer_is_looked_for),
        cmocka_unit_test(what_was_lost_is_found_when_it_is_listed),
        cmocka_unit_test(ours_is_not_over_because_we_may_not_ask),
        cmocka_unit_test(a_machine_action_that_is_gone_is_looked_for),
        cmocka_unit_test(what_is_gone_is_not_what_was_there_before),
        cmocka_unit_test(what_was_accepted_is_not_over_because_we_may_not_look),
        cmocka_unit_test(what_was_accepted_is_not_sent_again),
        cmocka_unit_test(who_goes_on_looks_from_the_start),
        cmocka_unit_test(what_is_not_listed_is_not_believed_at_once),
        cmocka_unit_test(an_earlier_attempts_failure_does_not_count),
        cmocka_unit_test(reads_all_pages),
        cmocka_unit_test(a_poll_outlives_a_service_that_is_down),
        cmocka_unit_test(only_device_ids_are_taken),
        cmocka_unit_test(releases_what_is_isolated),
        cmocka_unit_test(reads_a_device),
    };

    return cmocka_run_group_tests_name("connector.defender", tests, load, unload);
}
