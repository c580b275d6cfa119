/*
 * test_virtual.c - the whole engine under a virtual clock: time passes when the test says so, calls
 * are answered by the test, and two tellings of one story are alike to the byte.
 */
#include "virtual.h"

#define CONFIG "connectors: []\n"
#define PLAYBOOK                                                                                   \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { incident: { match: { title: { contains: malware } } }, manual: }\n"                     \
    "steps:\n"                                                                                     \
    "  - id: look\n"                                                                               \
    "    uses: http.get\n"                                                                         \
    "    with: { url: 'https://a.example/' }\n"                                                    \
    "    timeout: 1h\n"                                                                            \
    "    retry: { max: 2, backoff: fixed, first: 3m, cap: 1h }\n"
#define INCIDENT "{\"title\": \"Malware\", \"severity\": \"high\"}"
#define ANSWER "{\"status\": 200, \"body\": null, \"headers\": {}}"

static const char *const playbooks[] = {PLAYBOOK, NULL};

static void a_story_ends_without_any_time(void **state)
{
    struct virtual v;

    virtual_open(&v, CONFIG, playbooks);
    virtual_answer(&v, "http.get", QUELL_STR(ANSWER));
    virtual_submit(&v, INCIDENT);
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(virtual_count(&v, "call_ended", "look"), 1);
    virtual_close(&v);
}

static void retries_wait_on_the_clock(void **state)
{
    struct virtual v;

    virtual_open(&v, CONFIG, playbooks);
    virtual_fail(&v, "http.get", QUELL_UNAVAILABLE);
    virtual_submit(&v, INCIDENT);
    virtual_state(&v, 0, "waiting");
    virtual_pass(&v, "170s");
    assert_int_equal(virtual_count(&v, "call_scheduled", "look"), 1);
    virtual_pass(&v, "20s");
    assert_int_equal(virtual_count(&v, "call_scheduled", "look"), 2);
    virtual_answer(&v, "http.get", QUELL_STR(ANSWER));
    virtual_pass(&v, "3m");
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

static void a_late_answer_is_a_time_out(void **state)
{
    struct virtual v;

    virtual_open(&v, CONFIG, playbooks);
    virtual_answer(&v, "http.get", QUELL_STR(ANSWER));
    virtual_late(&v, "2h");
    virtual_submit(&v, INCIDENT);
    virtual_pass(&v, "59m");
    assert_int_equal(virtual_count(&v, "call_ended", NULL), 0);
    virtual_pass(&v, "1d");
    virtual_state(&v, 0, "failed");
    virtual_close(&v);
}

static void a_late_answer_in_time_counts(void **state)
{
    struct virtual v;
    char run[37];

    virtual_open(&v, CONFIG, playbooks);
    virtual_answer(&v, "http.get", QUELL_STR(ANSWER));
    virtual_late(&v, "30m");
    virtual_run(&v, "p", "", run);
    virtual_pass(&v, "29m");
    virtual_state(&v, 0, "running");
    virtual_pass(&v, "1m");
    virtual_state(&v, 0, "succeeded");
    assert_string_equal(run, virtual_id(&v, 0).data);
    virtual_close(&v);
}

/* All events of a story as text. */
static struct quell_str tell(struct arena *arena)
{
    struct list_builder list = {.arena = arena};
    struct virtual v;

    virtual_open(&v, CONFIG, playbooks);
    virtual_fail(&v, "http.get", QUELL_UNAVAILABLE);
    virtual_submit(&v, INCIDENT);
    virtual_submit(&v, INCIDENT);
    virtual_pass(&v, "1d");
    for (size_t i = 0; i < v.event_count; i++) {
        list_add(&list, value_copy_str(arena, v.events[i].run));
        list_add(&list, value_copy(arena, v.events[i].data));
    }
    virtual_close(&v);
    return json_text(arena, list_made(&list), JSON_COMPACT);
}

static void two_tellings_are_alike(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_str first = tell(arena), second = tell(arena);

    assert_true(first.len > 1000);
    assert_string_equal(first.data, second.data);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_story_ends_without_any_time),
        cmocka_unit_test(retries_wait_on_the_clock),
        cmocka_unit_test(a_late_answer_is_a_time_out),
        cmocka_unit_test(a_late_answer_in_time_counts),
        cmocka_unit_test(two_tellings_are_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
