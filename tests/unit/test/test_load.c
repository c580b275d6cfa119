/*
 * test_load.c - what is wrong with a test document is said with its code, its place and help,
 * before anything is run.
 */
#include "fixture.h"

#include "test/tables.h"

#define PLAYBOOK                                                                                   \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { incident: { match: { title: { contains: a } } }, manual: }\n"                           \
    "steps:\n"                                                                                     \
    "  - id: look\n"                                                                               \
    "    uses: http.get\n"                                                                         \
    "    with: { url: 'https://a.example/x' }\n"
#define HEAD "quell-test: 1\nplaybook: p\n"
#define CASE HEAD "cases:\n  - name: a\n    "
#define GIVEN CASE "given: { incident: { title: a } }\n    "

static const struct {
    const char *test, *code, *place, *says;
} faults[] = {
    {"quell-test: 2\nplaybook: p\ncases: []\n", "QL104", ":1:13", "write `quell-test: 1`"},
    {"quell-test: 1\ncases: []\n", "QL103", ":1:1", "`playbook` is missing"},
    {"quell-test: 1\nplaybook: other\ncases: []\n", "QL130", ":2:11",
     "there is no playbook `other`"},
    {HEAD "case:\n  - name: a\n", "QL102", ":3:1", "did you mean `cases`?"},
    {HEAD "cases:\n  - nmae: a\n", "QL102", ":4:5", "did you mean `name`?"},
    {HEAD "cases:\n  - name: a\n  - name: a\n", "QL132", ":5:11", "two cases are called `a`"},
    {CASE "expects: {}\n", "QL102", ":5:5", "did you mean `expect`?"},
    {CASE "clock: yesterday\n", "QL104", ":5:12", "clock"},
    {CASE "advance: 10\n", "QL104", ":5:14", "write `10s`"},
    {CASE "given: nowhere.json\n", "QL130", ":5:12", "nowhere.json"},
    {CASE "given: 5\n", "QL104", ":5:12", "a file or a map is expected"},
    {CASE "given: { patch: { severity: high } }\n", "QL103", ":5:12", "names no incident"},
    {CASE "given: { incident: { titel: a } }\n", "QL130", ":5:", "this is no incident"},
    {CASE "given: { file: a.json, incident: { title: a } }\n", "QL122", ":5:", "two ways"},
    {CASE "given: { incident: { title: a }, patch: { severty: high } }\n", "QL130", ":5:47",
     "severty"},
    {CASE "given: { incident: { title: a }, patch: { 'entities.devices[1].id': d } }\n", "QL130",
     ":5:47", "the list is empty"},
    {CASE "given: { incident: { title: a }, patch: { 'entities..x': d } }\n", "QL202", ":5:47",
     "is not a field path"},
    {CASE "mock: { http.gte: { output: {} } }\n", "QL101", ":5:13", "did you mean `http.get`?"},
    {CASE "mock: { http.get: { outptu: {} } }\n", "QL102", ":5:25", "did you mean `output`?"},
    {CASE "mock: { http.get: { output: { statsu: 200 } } }\n", "QL102", ":5:35",
     "did you mean `status`?"},
    {CASE "mock: { http.get: { output: { status: fine } } }\n", "QL104", ":5:43", "status"},
    {CASE "mock: { http.get: { error: throtled } }\n", "QL104", ":5:32", "throttled"},
    {CASE "mock: { http.get: { error: { code: denied }, output: {} } }\n", "QL122", ":5:32",
     "a call that fails has no output"},
    {CASE "mock: { http.get: [{ after: soon }] }\n", "QL104", ":5:33", "after"},
    {CASE "answer: { lok: approve }\n", "QL131", ":5:15", "did you mean `look`?"},
    {CASE "answer: { look: aprove }\n", "QL104", ":5:21", "did you mean `approve`?"},
    {GIVEN "expect: { stauts: failed }\n", "QL102", ":6:15", "did you mean `status`?"},
    {GIVEN "expect: { status.x: failed }\n", "QL102", ":6:15", "unknown key"},
    {GIVEN "expect: { steps.lok.status: failed }\n", "QL131", ":6:15", "did you mean `look`?"},
    {GIVEN "expect: { steps: { lok: failed } }\n", "QL131", ":6:24", "did you mean `look`?"},
    {GIVEN "expect: { steps: failed }\n", "QL104", ":6:22", "`steps` takes a map"},
    {GIVEN "expect: { status: 5 }\n", "QL104", ":6:23", "`status` takes a text"},
    {GIVEN "expect: { runs: many }\n", "QL104", ":6:21", "`runs` takes a number"},
    {GIVEN "expect: { triggered: maybe }\n", "QL104", ":6:26", "true, false or undetermined"},
    {GIVEN "expect: { status: { regex: '(' } }\n", "QL204", ":6:34", "regex"},
    {GIVEN "expect: { calls: http.get }\n", "QL104", ":6:22", "`calls` takes a list"},
    {GIVEN "expect: { calls: [http.gte] }\n", "QL101", ":6:23", "did you mean `http.get`?"},
    {GIVEN "expect: { calls: [http.get: { ulr: x }] }\n", "QL102", ":6:35", "did you mean `url`?"},
    {GIVEN "expect: { calls: { lsit: [] } }\n", "QL102", ":6:24", "did you mean `list`?"},
    {GIVEN "expect: { calls: [5] }\n", "QL104", ":6:23", "a call is an action"},
    {GIVEN "expect: { never: [http.gte] }\n", "QL101", ":6:23", "did you mean `http.get`?"},
    {GIVEN "expect: { never: [lok] }\n", "QL131", ":6:23", "did you mean `look`?"},
    {GIVEN "expect: { undo: [look] }\n", "QL101", ":6:22", "unknown action"},
    {HEAD "cases:\n  - 5\n", "QL104", ":4:5", "a map is expected"},
    {HEAD "cases: 5\n", "QL104", ":3:8", "cases"},
    {"- quell-test: 1\n", "QL104", ":1:", "a map is expected"},
    {CASE "mock: [a]\n    answer: [b]\n    lists: [c]\n    expect: [d]\n", "QL104", ":5:11",
     "mock"},
    {CASE "mock: { http.get: { when: [a], output: [b] } }\n", "QL104", ":5:31", "when"},
    {HEAD "defaults: { mock: { http.gte: {} } }\ncases:\n  - name: a\n  - name: b\n", "QL101",
     ":3:21", "did you mean `http.get`?"},
};

static bool tells(struct quell_str text, const char *part)
{
    return str_find(text, quell_str_of(part), 0) != SIZE_MAX;
}

static void every_fault_has_code_place_and_help(void **state)
{
    struct place_of_test place;
    int bad = 0;

    place_begin(&place);
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        struct quell_value file = place_run(&place, PLAYBOOK, faults[i].test);
        struct quell_str rendered = quell_get_str(file, "rendered");
        if (!tells(rendered, faults[i].code) || !tells(rendered, faults[i].place) ||
            !tells(rendered, faults[i].says)) {
            print_message("%s %s `%s` is not said of:\n%s\n%.*s\n", faults[i].code, faults[i].place,
                          faults[i].says, faults[i].test, QUELL_ARG(rendered));
            bad++;
        }
        assert_int_equal(quell_get_int(place.document.value, "faults", 0), 1);
        assert_int_equal(quell_count(quell_get(file, "cases")), 0);
    }
    assert_int_equal(bad, 0);
    place_end(&place);
}

static void each_row_has_examples_that_are_true(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    for (size_t i = 0; i < TEST_FAULTS; i++) {
        file = place_run(&place, PLAYBOOK,
                         arena_format(place.arena, HEAD "cases:\n%s", test_faults[i].bad).data);
        assert_int_equal(quell_get_int(file, "faults", 0), 1);
        has(quell_get_str(file, "rendered"), test_faults[i].code);
        file = place_run(&place, PLAYBOOK,
                         arena_format(place.arena, HEAD "cases:\n%s", test_faults[i].good).data);
        assert_int_equal(quell_get_int(file, "faults", 0), 0);
    }
    place_end(&place);
}

static void many_faults_are_told_at_once(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    file = place_run(&place, PLAYBOOK,
                     HEAD "cases:\n  - name: a\n    clock: x\n    mock: { a.b: {} }\n"
                          "    expect: { stats: x, steps.y.status: z }\n  - {}\n");
    assert_int_equal(quell_get_int(file, "faults", 0), 5);
    place_end(&place);
}

static void a_playbook_that_does_not_check_is_told(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    file = place_run(&place, "quell: 1\nplaybook: p\non: { manual: }\nsteps: [{ uses: a.b }]\n",
                     HEAD "cases: [{ name: a }]\n");
    assert_int_equal(quell_get_int(file, "faults", 0), 1);
    has(quell_get_str(file, "rendered"), "the playbook does not check");
    has(quell_get_str(file, "rendered"), "quell lint");
    place_end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_code_place_and_help),
        cmocka_unit_test(each_row_has_examples_that_are_true),
        cmocka_unit_test(many_faults_are_told_at_once),
        cmocka_unit_test(a_playbook_that_does_not_check_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
