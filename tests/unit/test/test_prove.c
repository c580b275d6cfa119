/*
 * test_prove.c - `properties`: proved over all paths, for each incident that begins a run; what
 * refutes one is shown.
 */
#include "fixture.h"

#define PLAYBOOK                                                                                   \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { incident: { match: { title: { contains: a } } } }\n"                                    \
    "steps:\n"                                                                                     \
    "  - id: look\n"                                                                               \
    "    uses: http.get\n"                                                                         \
    "    with: { url: 'https://a.example/' }\n"                                                    \
    "  - if: steps.look.output.status == 200 && incident.severity == 'high'\n"                     \
    "    uses: sentinel.add-comment\n"                                                             \
    "    with: { incident_id: i, message: m }\n"
#define TEST                                                                                       \
    "quell-test: 1\n"                                                                              \
    "playbook: p\n"                                                                                \
    "cases:\n"                                                                                     \
    "  - name: high\n"                                                                             \
    "    given: { incident: { title: a, severity: high } }\n"                                      \
    "    mock: { http.get: {} }\n"                                                                 \
    "  - name: low\n"                                                                              \
    "    given: { incident: { title: a, severity: low } }\n"                                       \
    "    mock: { http.get: {} }\n"                                                                 \
    "  - name: another\n"                                                                          \
    "    given: { incident: { title: b, severity: high } }\n"                                      \
    "    expect: { triggered: false }\n"                                                           \
    "properties:\n"

static void what_holds_on_all_paths_is_proved(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    file =
        place_run(&place, PLAYBOOK,
                  TEST "  - every path that calls sentinel.add-comment has called http.get before\n"
                       "  - every path calls http.get\n");
    case_is(file, 3, "passed");
    case_is(file, 4, "passed");
    assert_int_equal(quell_get_int(place.document.value, "passed", 0), 5);
    place_end(&place);
}

static void what_does_not_is_refuted_with_its_path(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    /* With the mocks alone it would hold of the first case. */
    file = place_run(&place, PLAYBOOK,
                     TEST "  - no path ends without sentinel.add-comment\n"
                          "  - no path calls sentinel.add-comment\n");
    case_is(file, 3, "failed");
    has(failure_of(file, 3), "refuted");
    has(failure_of(file, 3), "p.test.yaml:14:5");
    has(failure_of(file, 3), "does not hold with the incident of `high`");
    has(failure_of(file, 3), "calls http.get and ends");
    case_is(file, 4, "failed");
    has(failure_of(file, 4), "calls http.get, sentinel.add-comment and ends succeeded");
    place_end(&place);
}

static void what_is_no_claim_is_told(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    file = place_run(&place, PLAYBOOK, TEST "  - all is well\n");
    case_is(file, 3, "failed");
    has(failure_of(file, 3), "this cannot be proved");
    file = place_run(&place, PLAYBOOK,
                     "quell-test: 1\nplaybook: p\ncases:\n  - name: a\n"
                     "    given: { incident: { title: b } }\n"
                     "properties: [every path calls http.get]\n");
    case_is(file, 1, "skipped");
    place_end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_holds_on_all_paths_is_proved),
        cmocka_unit_test(what_does_not_is_refuted_with_its_path),
        cmocka_unit_test(what_is_no_claim_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
