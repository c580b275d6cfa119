/*
 * test_story.c - what a case can bring about: mocks of all kinds, patched incidents, time, lists
 * and settings, answers of people; and what must not be left to chance.
 */
#include "fixture.h"

#define HEAD "quell-test: 1\nplaybook: p\n"
#define LOOKING                                                                                    \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { incident: { match: { severity: { at-least: medium } } }, manual: }\n"                   \
    "inputs: { path: { type: string, default: x } }\n"                                             \
    "steps:\n"                                                                                     \
    "  - id: look\n"                                                                               \
    "    uses: http.get\n"                                                                         \
    "    with: { url: 'https://a.example/${{ inputs.path }}' }\n"                                  \
    "    timeout: 1h\n"                                                                            \
    "    retry: { max: 2, backoff: fixed, first: 10m, cap: 1h }\n"                                 \
    "  - id: look_again\n"                                                                         \
    "    uses: http.get\n"                                                                         \
    "    with: { url: 'https://b.example/' }\n"
#define GIVEN "    given: { incident: { title: a, severity: high } }\n"

static void run_all(const char *playbook, const char *const *cases)
{
    struct place_of_test place;

    place_begin(&place);
    for (size_t i = 0; cases[i]; i += 2) {
        const char *test =
            arena_format(place.arena, HEAD "cases:\n  - name: a\n%s", cases[i + 1]).data;
        struct quell_value file = place_run(&place, playbook, test);
        case_is(file, 0, "passed");
        (void)cases[i]; /* what it shows */
    }
    place_end(&place);
}

static void mocks_answer_in_turn(void **state)
{
    static const char *const cases[] = {
        "one answers all",
        GIVEN
        "    mock: { http.get: { output: { status: 204 } } }\n"
        "    expect: { steps.look.output.status: 204, steps.look_again.output.status: 204 }\n",
        "a list is gone through, the last one goes on",
        GIVEN "    mock: { http.get: [{ error: unavailable }, { error: throttled }, { output: { "
              "status: 203 } }] }\n"
              "    expect: { steps.look.attempts: 3, steps.look_again.output.status: 203 }\n",
        "each has its own inputs",
        GIVEN
        "    mock:\n      http.get:\n"
        "        - { when: { url: { contains: b.example } }, output: { status: 201 } }\n"
        "        - { when: { url: { contains: a.example } }, output: { status: 202 } }\n"
        "    expect: { steps.look.output.status: 202, steps.look_again.output.status: 201 }\n",
        "the rest comes from the example",
        GIVEN "    mock: { http.get: {} }\n    expect: { steps.look.output.status: 200 }\n",
        NULL};

    run_all(LOOKING, cases);
}

static void time_is_the_tests_own(void **state)
{
    static const char *const cases[] = {
        "an answer that is late is a time-out",
        GIVEN "    mock: { http.get: { after: 2h, output: {} } }\n"
              "    expect: { status: failed, steps.look.status: timed-out }\n",
        "one that is slow is not",
        GIVEN "    mock: { http.get: [{ after: 59m, output: {} }, {}] }\n"
              "    expect: { status: succeeded }\n",
        "one may look in between",
        GIVEN "    mock: { http.get: [{ error: unavailable }, { output: {} }] }\n"
              "    advance: 9m\n    expect: { status: waiting, steps.look.attempts: 1 }\n",
        "and later",
        GIVEN "    mock: { http.get: [{ error: unavailable }, { output: {} }] }\n"
              "    advance: 11m\n    expect: { status: succeeded }\n",
        "incidents come when they come",
        "    given:\n      - { incident: { title: a, severity: high }, at: 1h }\n"
        "      - { incident: { title: b, severity: high }, at: 30h }\n"
        "    mock: { http.get: {} }\n    expect: { runs: 2 }\n",
        NULL};

    run_all(LOOKING, cases);
}

static void a_case_says_where_it_begins(void **state)
{
    static const char *const cases[] = {
        "inputs mean by hand",
        "    inputs: { path: y }\n    mock: { http.get: {} }\n"
        "    expect: { calls: [http.get: { url: 'https://a.example/y' }], runs: 1 }\n",
        "by hand, whatever the trigger says",
        "    given: { incident: { title: a, severity: low } }\n    start: manual\n"
        "    mock: { http.get: {} }\n    expect: { runs: 1, status: succeeded }\n",
        "a patch decides",
        "    given: { incident: { title: a, severity: high }, patch: { severity: low } }\n"
        "    expect: { triggered: false, because: match.severity, runs: 0 }\n",
        "an update is no new incident",
        "    given: { incident: { title: a, severity: high }, event: updated }\n"
        "    expect: { triggered: false, because: types }\n",
        NULL};

    run_all(LOOKING, cases);
}

#define LISTS                                                                                      \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { manual: }\n"                                                                            \
    "steps:\n"                                                                                     \
    "  - set: { known: \"${{ 'a' in lists.known }}\", box: '${{ config.mailbox }}' }\n"

static void lists_and_settings_are_the_workspaces_or_the_cases(void **state)
{
    static const char *const cases[] = {
        "from quell.yaml", "    expect: { vars: { known: true, box: soc@a.example } }\n",
        "from the case",
        "    lists: { known: [x] }\n    config: { mailbox: b }\n"
        "    expect: { vars: { known: false, box: b } }\n",
        NULL};

    run_all(LISTS, cases);
}

#define ONCE                                                                                       \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { manual: }\n"                                                                            \
    "steps:\n"                                                                                     \
    "  - id: post\n"                                                                               \
    "    uses: http.request\n"                                                                     \
    "    with: { method: POST, url: 'https://a.example/' }\n"                                      \
    "  - id: tell\n"                                                                               \
    "    uses: email.send\n"                                                                       \
    "    with: { to: a@b.example, subject: s, body: b }\n"
#define LOST "    mock: { http.request: { error: unknown-outcome } }\n"

static void people_answer(void **state)
{
    static const char *const cases[] = {
        "it is held",
        LOST "    expect: { status: held, reason: { contains: unknown }, never: [tell] }\n",
        "a person says it happened",
        LOST "    answer: { post: happened }\n"
             "    expect: { status: succeeded, calls: [http.request, email.send] }\n",
        "a person says it did not",
        "    mock: { http.request: [{ error: unknown-outcome }, {}] }\n"
        "    answer: { post: did-not-happen }\n"
        "    expect: { status: succeeded, calls: [http.request, http.request, email.send] }\n",
        "a person who says so again and again",
        LOST "    answer: { post: did-not-happen }\n    expect: { status: held }\n",
        NULL};

    run_all(ONCE, cases);
}

#define ASKING                                                                                     \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { manual: }\n"                                                                            \
    "inputs: { urgent: { type: bool, default: false } }\n"                                         \
    "steps:\n"                                                                                     \
    "  - id: analyst\n"                                                                            \
    "    ask:\n"                                                                                   \
    "      of: 'group:analysts'\n"                                                                 \
    "      within: 8h\n"                                                                           \
    "      on-timeout: continue\n"                                                                 \
    "      form: { verdict: { type: enum, of: [phish, clean], required: true } }\n"                \
    "  - id: isolate\n"                                                                            \
    "    uses: defender.isolate-device\n"                                                          \
    "    with: { device_id: d-1, comment: c }\n"                                                   \
    "    approve:\n"                                                                               \
    "      unless: inputs.urgent\n"                                                                \
    "      by: 'group:leads'\n"                                                                    \
    "      count: 2\n"                                                                             \
    "      four-eyes: true\n"                                                                      \
    "      within: 20m\n"                                                                          \
    "      on-timeout: deny\n"                                                                     \
    "    on-error: continue\n"

static void people_agree_and_fill_in_forms(void **state)
{
    static const char *const cases[] = {
        "all say something",
        "    answer: { analyst: { verdict: phish }, isolate: approve }\n"
        "    expect: { status: succeeded, steps.analyst.output.verdict: phish,\n"
        "              calls: [defender.isolate-device], undo: [defender.release-device] }\n",
        "one says no",
        "    answer: { analyst: { verdict: clean }, isolate: deny }\n"
        "    expect: { steps.isolate.status: denied, never: [defender.isolate-device], undo: [] "
        "}\n",
        "nobody says anything",
        "    answer: { analyst: timeout, isolate: timeout }\n"
        "    expect: { steps.isolate.status: denied, steps.analyst.status: { not: succeeded } }\n",
        "nobody has to be asked",
        "    inputs: { urgent: true }\n    answer: { analyst: { verdict: phish } }\n"
        "    expect: { never: [approve], calls: [defender.isolate-device] }\n",
        "it is still asked",
        "    answer: { analyst: { verdict: phish } }\n"
        "    expect: { status: waiting, steps.isolate.status: running }\n",
        NULL};

    run_all(ASKING, cases);
}

#define GUARDED                                                                                    \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on: { incident: { match: { title: { contains: a } } } }\n"                                    \
    "dedupe: { key: incident.source_id, within: 24h }\n"                                           \
    "concurrency: { group: incident.title, on-conflict: skip }\n"                                  \
    "steps:\n"                                                                                     \
    "  - wait: 2h\n"

static void events_that_start_nothing_are_counted(void **state)
{
    static const char *const cases[] = {
        "the same twice in a day",
        "    given:\n      - { incident: { title: a, source_id: s-1 } }\n"
        "      - { incident: { title: a, source_id: s-1 }, at: 23h }\n"
        "    expect: { runs: 1, deduped: 1 }\n",
        "and after it",
        "    given:\n      - { incident: { title: a, source_id: s-1 } }\n"
        "      - { incident: { title: a, source_id: s-1 }, at: 25h }\n"
        "    expect: { runs: 2, deduped: 0 }\n",
        "one of a group at a time",
        "    given:\n      - { incident: { title: a, source_id: s-1 } }\n"
        "      - { incident: { title: a, source_id: s-2 }, at: 1h }\n"
        "      - { incident: { title: ab, source_id: s-3 }, at: 1h }\n"
        "    expect: { runs: 2, skipped: 1, throttled: 0 }\n",
        NULL};

    run_all(GUARDED, cases);
}

#define SCHEDULED                                                                                  \
    "quell: 1\n"                                                                                   \
    "playbook: p\n"                                                                                \
    "on:\n"                                                                                        \
    "  schedule: [{ cron: '17 */4 * * *' }]\n"                                                     \
    "  incident: { types: [updated], match: { title: { contains: a } }, changed: { severity: { "   \
    "to: "                                                                                         \
    "high } } }\n"                                                                                 \
    "steps:\n"                                                                                     \
    "  - set: { at: '${{ run.started_at }}' }\n"

static void the_clock_and_updates_start_runs(void **state)
{
    static const char *const cases[] = {
        "nothing else is given, so the schedule starts it",
        "    clock: 2026-05-04T10:00:00Z\n"
        "    expect: { runs: 1, vars.at: 2026-05-04T12:17:00Z, status: succeeded }\n",
        "as long as is said",
        "    clock: 2026-05-04T10:00:00Z\n    start: schedule\n    advance: 11h\n"
        "    expect: { runs: 3 }\n",
        "an incident does not wait for the schedule, and an update is judged by what was before",
        "    given:\n"
        "      - { incident: { title: a, source_id: s, severity: low } }\n"
        "      - { incident: { title: a, source_id: s, severity: high }, event: updated, at: 9h }\n"
        "    expect: { triggered: true, runs: 1 }\n",
        "what did not change",
        "    given:\n"
        "      - { incident: { title: a, source_id: s, severity: high } }\n"
        "      - { incident: { title: a, source_id: s, severity: high }, event: updated, at: 9h }\n"
        "    expect: { triggered: false, because: changed.severity, runs: 0 }\n",
        NULL};

    run_all(SCHEDULED, cases);
}

static void an_alert_starts_runs(void **state)
{
    static const char *const cases[] = {
        "each alert that fits",
        "    given: { incident: { title: i, alerts: [{ id: a1, title: malware }, { id: a2, title: "
        "x }] } }\n"
        "    expect: { triggered: true, runs: 1, vars.id: a1 }\n",
        "none",
        "    given: { incident: { title: i, alerts: [{ id: a2, title: x }] } }\n"
        "    expect: { triggered: false, runs: 0 }\n",
        NULL};

    run_all("quell: 1\nplaybook: p\non: { alert: { match: { title: { contains: malware } } } }\n"
            "steps:\n  - set: { id: '${{ alert.id }}' }\n",
            cases);
}

static void an_answer_must_fit(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    file = place_run(&place, ASKING,
                     HEAD "cases:\n  - name: a\n    answer: { analyst: { verdict: spam } }\n");
    case_is(file, 0, "failed");
    has(failure_of(file, 0), "the case could not be told");
    has(failure_of(file, 0), "verdict");
    has(failure_of(file, 0), "p.test.yaml:5:15");
    file =
        place_run(&place, ASKING, HEAD "cases:\n  - name: a\n    answer: { analyst: approve }\n");
    case_is(file, 0, "failed");
    has(failure_of(file, 0), "step `analyst` waits for a person");
    file =
        place_run(&place, ASKING,
                  HEAD "cases:\n  - name: a\n    answer: { analyst: timeout, isolate: approve }\n"
                       "    expect: { never: approve }\n");
    case_is(file, 0, "failed");
    has(failure_of(file, 0), "expected nobody to be asked, but step `isolate` did");
    has(failure_of(file, 0), "p.yaml:13:");
    place_end(&place);
}

static void what_a_playbook_calls_is_told_as_well(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    write_text(place.child, "quell: 1\nplaybook: child\non: { call: , incident: }\n"
                            "inputs: { to: { type: string, required: true } }\n"
                            "steps:\n  - uses: email.send\n"
                            "    with: { to: a@b.example, subject: '${{ inputs.to }}', body: b }\n"
                            "outputs: { told: 7 }\n");
    file = place_run(&place,
                     "quell: 1\nplaybook: p\non: { incident: { match: { title: a } } }\n"
                     "steps:\n  - id: sub\n    call: child\n    with: { to: x@a.example }\n",
                     HEAD
                     "cases:\n  - name: a\n    given: { incident: { title: a } }\n"
                     "    expect:\n      status: succeeded\n      runs: 1\n"
                     "      steps.sub.output.told: 7\n"
                     "      calls: { list: [email.send: { subject: x@a.example }], only: true }\n");
    case_is(file, 0, "passed");
    write_text(place.child, "quell: 1\nplaybook: child\non: { call: }\nsteps: [{ uses: a.b }]\n");
    file = place_run(&place, "quell: 1\nplaybook: p\non: { manual: }\nsteps: [{ call: child }]\n",
                     HEAD "cases:\n  - name: a\n");
    assert_int_equal(quell_get_int(file, "faults", 0), 1);
    has(quell_get_str(file, "rendered"), "the playbook `child`, which it calls, does not check");
    place_end(&place);
}

static void nothing_is_left_to_chance(void **state)
{
    struct place_of_test place;
    struct quell_value file;

    place_begin(&place);
    /* a read without a mock, with the mock that is missing */
    file = place_run(&place, LOOKING, HEAD "cases:\n  - name: a\n" GIVEN);
    case_is(file, 0, "failed");
    has(failure_of(file, 0), "`http.get` reads, and the test has no mock of it");
    has(failure_of(file, 0), "mock: { http.get: { output: {");
    has(failure_of(file, 0), "p.yaml:7:11");
    /* a person that nobody plays */
    file = place_run(&place, ONCE,
                     HEAD "cases:\n  - name: a\n" LOST "    expect: { calls: [http.request] }\n");
    case_is(file, 0, "failed");
    has(failure_of(file, 0), "step `post` waits for a person");
    has(failure_of(file, 0), "add `answer: { post: ... }`");
    /* an input that does not fit */
    file = place_run(&place, LOOKING, HEAD "cases:\n  - name: a\n    inputs: { path: 5 }\n");
    case_is(file, 0, "failed");
    has(failure_of(file, 0), "the case could not be told");
    place_end(&place);
}

static void a_change_without_a_mock_is_made_up(void **state)
{
    static const char *const cases[] = {
        "from the manifest's example",
        "    expect: { status: succeeded, steps.post.output.status: 200 }\n", NULL};

    run_all(ONCE, cases);
}

static void cases_are_skipped_and_picked(void **state)
{
    struct place_of_test place;
    const char *paths[] = {NULL, NULL};
    struct quell_test_options options = {.paths = paths, .run = "^SECOND"};
    struct quell_error err = {0};
    struct quell_value file;

    place_begin(&place);
    file = place_run(&place, ONCE,
                     HEAD "cases:\n  - name: first\n    skip: not now\n  - name: second one\n");
    case_is(file, 0, "skipped");
    case_is(file, 1, "passed");
    assert_int_equal(quell_get_int(place.document.value, "skipped", 0), 1);
    quell_document_free(&place.document);
    paths[0] = place.test;
    assert_int_equal(quell_test(place.engine, &options, &place.document, &err), QUELL_OK);
    file = quell_at(quell_get(place.document.value, "files"), 0);
    assert_int_equal(quell_count(quell_get(file, "cases")), 1);
    case_is(file, 0, "passed");
    quell_document_free(&place.document);
    place.document = (struct quell_document){.memory = NULL};
    options.run = "(";
    assert_int_equal(quell_test(place.engine, &options, &place.document, &err), QUELL_INVALID);
    has(quell_str_of(err.message), "--run is not a regular expression");
    place_end(&place);
}

static void what_is_covered_is_counted(void **state)
{
    static const char playbook[] = "quell: 1\nplaybook: p\non: { manual: }\n"
                                   "inputs: { n: { type: int, default: 1 } }\n"
                                   "steps:\n"
                                   "  - if: inputs.n > 1\n"
                                   "    steps: [{ id: deep, set: { a: 1 } }]\n"
                                   "    else: [{ set: { b: 1 } }]\n"
                                   "  - id: post\n"
                                   "    uses: http.request\n"
                                   "    with: { method: POST, url: 'https://a.example/' }\n"
                                   "    on-error: [{ id: caught, set: { c: 1 } }]\n"
                                   "  - for-each: '[1, 2].filter(x, x > inputs.n)'\n"
                                   "    as: item\n    max: 5\n"
                                   "    steps: [{ id: inner, set: { d: 1 } }]\n";
    struct place_of_test place;
    struct quell_value cover;

    place_begin(&place);
    (void)place_run(&place, playbook, HEAD "cases:\n  - name: a\n");
    cover = quell_at(quell_get(place.document.value, "coverage"), 0);
    assert_int_equal(quell_get_int(quell_get(cover, "steps"), "all", 0), 7);
    assert_int_equal(quell_get_int(quell_get(cover, "steps"), "seen", 0), 5);
    assert_int_equal(quell_get_int(quell_get(cover, "branches"), "all", 0), 4);
    assert_int_equal(quell_get_int(quell_get(cover, "branches"), "seen", 0), 2);
    assert_int_equal(quell_count(quell_get(cover, "missed")), 4);
    (void)place_run(&place, playbook,
                    HEAD "cases:\n  - name: a\n  - name: b\n    inputs: { n: 2 }\n"
                         "    mock: { http.request: { error: denied } }\n");
    cover = quell_at(quell_get(place.document.value, "coverage"), 0);
    assert_int_equal(quell_count(quell_get(cover, "missed")), 0);
    place_end(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mocks_answer_in_turn),
        cmocka_unit_test(time_is_the_tests_own),
        cmocka_unit_test(a_case_says_where_it_begins),
        cmocka_unit_test(lists_and_settings_are_the_workspaces_or_the_cases),
        cmocka_unit_test(people_answer),
        cmocka_unit_test(people_agree_and_fill_in_forms),
        cmocka_unit_test(events_that_start_nothing_are_counted),
        cmocka_unit_test(the_clock_and_updates_start_runs),
        cmocka_unit_test(an_alert_starts_runs),
        cmocka_unit_test(an_answer_must_fit),
        cmocka_unit_test(what_a_playbook_calls_is_told_as_well),
        cmocka_unit_test(nothing_is_left_to_chance),
        cmocka_unit_test(a_change_without_a_mock_is_made_up),
        cmocka_unit_test(cases_are_skipped_and_picked),
        cmocka_unit_test(what_is_covered_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
