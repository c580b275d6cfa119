/*
 * test_bound.c - what an approval and an applied plan are bound to beside the arguments that are
 * seen: which secret stands behind the mask, the texts of the playbooks that are called, and what
 * the runs do that are started of them.
 */
#include "virtual.h"

#include "base/limits.h"

#define CONFIG(lists)                                                                              \
    "users:\n  ana: { roles: [approver] }\n  ben: { roles: [approver] }\nlists: { " lists " }\n"
#define CALLS(id, on, steps) "quell: 1\nplaybook: " id "\non: { " on ": }\nsteps:\n" steps
#define REQUEST(url) "  - id: r\n    uses: http.request\n    with: { url: '" url "' }\n"
#define INNER(comment) CALLS("inner", "call", REQUEST("https://x.example/a")) comment

static void decided(enum quell_code code, const struct quell_error *err, void *user)
{
    (void)err;
    (void)user;
    assert_int_equal(code, QUELL_OK);
}

static void agree(struct virtual *v, size_t run, const char *by)
{
    struct quell_decision decision = {
        .run = virtual_id(v, run), .by = quell_str_of(by), .agrees = true};
    struct quell_error err = {0};

    if (quell_decide(v->engine, &decision, decided, NULL, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

/* Of the nth question of all runs so far. */
static struct quell_value asked(const struct virtual *v, size_t nth)
{
    for (size_t i = 0; i < v->event_count; i++)
        if (str_is(v->events[i].kind, "approval_asked") && nth-- == 0)
            return v->events[i].data;
    fail_msg("it was not asked");
    return quell_null();
}

static bool same_digest(const struct virtual *v)
{
    return value_equal(quell_get(asked(v, 0), "digest"), quell_get(asked(v, 1), "digest"));
}

/* Another text, or another quell.yaml, from now on. */
static void change(struct virtual *v, size_t file, const char *text)
{
    struct quell_error err = {0};

    place_write(v->paths[file], text);
    if (quell_reload(v->engine, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

/* ---- secrets -----------------------------------------------------------------------------------
 */

#define SECRETS                                                                                    \
    CALLS("s", "manual",                                                                           \
          "  - id: a\n    uses: http.get\n    with: { url: 'https://x.example/' }\n"               \
          "    sensitive: true\n"                                                                  \
          "  - id: b\n    uses: http.request\n    approve: { within: 1h }\n"                       \
          "    with: { url: 'https://x.example/', json: '${{ steps.a.output.json[lists.which] "    \
          "}}' }\n")

static void open_secrets(struct virtual *v, const char *second)
{
    char run[37];

    virtual_open(v, CONFIG("which: one"), (const char *const[]){SECRETS, NULL});
    virtual_answer(v, "http.get",
                   arena_format(v->arena,
                                "{\"status\": 200, \"json\": {\"one\": \"s3cret\", "
                                "\"two\": \"%s\"}}",
                                second));
    virtual_run(v, "s", "{}", run);
}

static void another_secret_is_asked_anew(void **state)
{
    struct quell_value with;
    struct virtual v;

    (void)state;
    open_secrets(&v, "0ther");
    change(&v, VIRTUAL_PLAYBOOKS, CONFIG("which: two"));
    agree(&v, 0, "ana");
    assert_int_equal(virtual_count(&v, "approval_granted", NULL), 0);
    assert_int_equal(virtual_count(&v, "approval_asked", NULL), 2);
    assert_false(same_digest(&v));
    with = quell_get(quell_at(quell_get(quell_get(asked(&v, 0), "plan"), "calls"), 0), "with");
    assert_true(quell_get(with, "json").flags & QUELL_MASKED);
    virtual_close(&v);
}

/* The run is folded while people are asked: it is told again from its journal. */
static void the_same_secret_is_the_same_after_a_restart(void **state)
{
    struct virtual v;

    (void)state;
    open_secrets(&v, "s3cret");
    agree(&v, 0, "ana");
    assert_int_equal(virtual_count(&v, "approval_granted", NULL), 1);
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
    open_secrets(&v, "s3cret");
    change(&v, VIRTUAL_PLAYBOOKS, CONFIG("which: two")); /* another place, the same secret */
    agree(&v, 0, "ana");
    assert_int_equal(virtual_count(&v, "approval_granted", NULL), 1);
    virtual_state(&v, 0, "succeeded");
    virtual_close(&v);
}

/* Nobody who sees digests can try guesses: the same secret is another one in another run. */
static void no_two_runs_have_one_key(void **state)
{
    struct virtual v;
    char run[37];

    (void)state;
    open_secrets(&v, "s3cret");
    virtual_run(&v, "s", "{}", run);
    assert_false(same_digest(&v));
    for (size_t i = 0; i < v.event_count; i++) {
        struct quell_str text = json_text(v.arena, v.events[i].data, JSON_COMPACT);
        struct quell_str key = quell_get_str(v.events[i].data, "digest_key");
        assert_int_equal(str_find(text, QUELL_STR("s3cret"), 0), SIZE_MAX);
        assert_true(key.len == 0 || str_find(text, key, 0) == SIZE_MAX);
    }
    virtual_close(&v);
}

/* ---- called playbooks, agreed to ---------------------------------------------------------------
 */

#define OUTER(steps) CALLS("outer", "manual", steps)
#define MIDDLE(more) CALLS("middle", "call", more "  - call: inner\n")
#define GATE "  - id: g\n    approve: { within: 1h }\n    steps:\n"

static void open_three(struct virtual *v, const char *outer, const char *middle)
{
    char run[37];

    virtual_open(v, CONFIG("target: d1"), (const char *const[]){outer, middle, INNER(""), NULL});
    virtual_run(v, "outer", "{}", run);
}

static void a_changed_text_is_asked_anew(void **state)
{
    static const struct {
        size_t file;
        const char *text;
    } rows[] = {{1, MIDDLE("") "# other\n"}, {2, INNER("# other\n")}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct virtual v;
        open_three(&v, OUTER(GATE "      - call: middle\n"), MIDDLE(""));
        change(&v, rows[i].file, rows[i].text);
        agree(&v, 0, "ana");
        assert_int_equal(virtual_count(&v, "child_called", NULL), 0);
        assert_false(same_digest(&v));
        agree(&v, 0, "ben");
        virtual_state(&v, 0, "succeeded");
        assert_int_equal(virtual_count(&v, "call_scheduled", NULL), 1);
        virtual_close(&v);
    }
}

static void one_that_changes_later_is_not_called(void **state)
{
    static const struct {
        const char *what, *outer, *middle;
        size_t file;
        const char *text;
        size_t called;
    } rows[] = {
        {"before it is called", OUTER(GATE "      - wait: 10m\n      - call: middle\n"), MIDDLE(""),
         1, MIDDLE("") "# other\n", 0},
        {"what it calls, before it is called",
         OUTER(GATE "      - wait: 10m\n      - call: middle\n"), MIDDLE(""), 2, INNER("# other\n"),
         0},
        {"what it calls, while it runs", OUTER(GATE "      - call: middle\n"),
         MIDDLE("  - wait: 10m\n"), 2, INNER("# other\n"), 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (size_t changes = 0; changes < 2; changes++) {
            struct virtual v;
            open_three(&v, rows[i].outer, rows[i].middle);
            agree(&v, 0, "ana");
            assert_int_equal(virtual_count(&v, "approval_granted", NULL), 1);
            if (changes)
                change(&v, rows[i].file, rows[i].text);
            virtual_pass(&v, "11m");
            virtual_state(&v, 0, changes ? "failed" : "succeeded");
            if (virtual_count(&v, "call_scheduled", NULL) != !changes ||
                virtual_count(&v, "child_called", NULL) != (changes ? rows[i].called : 2))
                fail_msg("%s", rows[i].what);
            virtual_close(&v);
        }
}

/* Nobody agreed to anything, and no plan was saved: a reload holds for the next call, as ever. */
static void without_a_word_any_text_is_called(void **state)
{
    struct virtual v;

    (void)state;
    open_three(&v, OUTER("  - wait: 10m\n  - call: middle\n"), MIDDLE(""));
    change(&v, 1, MIDDLE("") "# other\n");
    virtual_pass(&v, "11m");
    virtual_state(&v, 0, "succeeded");
    assert_int_equal(virtual_count(&v, "call_scheduled", NULL), 1);
    virtual_close(&v);
}

/* ---- called playbooks, of a saved plan ---------------------------------------------------------
 */

/* As `quell plan --out` writes it. */
static struct quell_str save(struct virtual *v, const char *playbook)
{
    struct quell_plan_options options = {.playbook = playbook};
    struct map_builder file = {.arena = v->arena};
    struct quell_document plan;
    struct quell_error err = {0};
    struct quell_str text;

    if (quell_plan(v->engine, &options, &plan, &err))
        fail_msg("%s", err.message);
    map_add(&file, "quell_plan", quell_int(1));
    map_add(&file, "playbook", quell_text(playbook));
    map_add(&file, "key", quell_string(quell_get_str(plan.value, "key")));
    map_add(&file, "plan", plan.value);
    text = json_text(v->arena, map_made(&file), JSON_COMPACT);
    quell_document_free(&plan);
    return text;
}

static enum quell_code apply(struct virtual *v, struct quell_str file, struct quell_error *err)
{
    struct quell_document differences = {.memory = NULL};
    char run[37];
    enum quell_code code = quell_apply(v->engine, file, QUELL_STR("test"), run, &differences, err);

    quell_document_free(&differences);
    loop_settle(v->loop);
    return code;
}

#define TARGET(wait) CALLS("middle", "call", wait REQUEST("https://x.example/${{ lists.target }}"))
static const char *const planned[] = {OUTER("  - wait: 10m\n  - call: middle\n"),
                                      TARGET("  - wait: 10m\n"), INNER(""), NULL};

static void a_called_run_keeps_to_the_plan(void **state)
{
    static const char *const lists[] = {CONFIG("target: d1"), CONFIG("target: d2")};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct quell_error err = {0};
        struct virtual v;
        virtual_open(&v, CONFIG("target: d1"), planned);
        assert_int_equal(apply(&v, save(&v, "outer"), &err), QUELL_OK);
        virtual_pass(&v, "11m");
        assert_int_equal(virtual_count(&v, "run_bound", NULL), 2);
        change(&v, VIRTUAL_PLAYBOOKS, lists[i]);
        virtual_pass(&v, "11m");
        virtual_state(&v, 0, i ? "failed" : "succeeded");
        assert_int_equal(virtual_count(&v, "call_scheduled", NULL), !i);
        virtual_close(&v);
    }
}

static void a_plan_is_stale_when_a_called_text_changes(void **state)
{
    struct quell_error err = {0};
    struct quell_str file;
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG("target: d1"), planned);
    file = save(&v, "outer");
    change(&v, 1, TARGET("  - wait: 10m\n") "# other\n");
    assert_int_equal(apply(&v, file, &err), QUELL_CONFLICT);
    assert_int_equal(virtual_count(&v, "run_started", NULL), 0);
    virtual_close(&v);

    virtual_open(&v, CONFIG("target: d1"), planned);
    assert_int_equal(apply(&v, save(&v, "outer"), &err), QUELL_OK);
    change(&v, 1, TARGET("  - wait: 10m\n") "# other\n"); /* when the run has begun */
    virtual_pass(&v, "11m");
    virtual_state(&v, 0, "failed");
    assert_int_equal(virtual_count(&v, "child_called", NULL), 0);
    virtual_close(&v);
}

#define UNTIL_NOON(id, is, what)                                                                   \
    "  - id: " id "\n    if: run.started_at " is " timestamp('2026-05-04T12:00:00Z')\n    " what

/* The plan showed one branch; hours later the run would take the other one. */
static void what_the_plan_did_not_show_is_not_done(void **state)
{
    static const char *const whats[][2] = {
        {UNTIL_NOON("a", "<", "uses: http.request\n    with: { url: 'https://x.example/a' }\n"),
         UNTIL_NOON("b", ">=", "uses: http.request\n    with: { url: 'https://x.example/b' }\n")},
        {UNTIL_NOON("a", "<", "call: inner\n"), UNTIL_NOON("b", ">=", "call: inner\n")},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (size_t late = 0; late < 2; late++) {
            struct quell_error err = {0};
            struct quell_str file;
            struct virtual v;
            char outer[1024];
            (void)snprintf(outer, sizeof(outer), OUTER("%s%s"), whats[i][0], whats[i][1]);
            virtual_open(&v, CONFIG("target: d1"), (const char *const[]){outer, INNER(""), NULL});
            file = save(&v, "outer");
            virtual_pass(&v, late ? "3h" : "1h");
            assert_int_equal(apply(&v, file, &err), QUELL_OK);
            virtual_state(&v, 0, late ? "failed" : "succeeded");
            assert_int_equal(virtual_count(&v, "call_scheduled", NULL), !late);
            assert_int_equal(virtual_count(&v, "child_called", NULL), i && !late);
            virtual_close(&v);
        }
}

/* A playbook that is not here: nobody knows what a run of it would do. */
static void what_cannot_be_bound_is_not_begun(void **state)
{
    struct quell_error err = {0};
    struct virtual v;

    (void)state;
    virtual_open(&v, CONFIG("target: d1"), (const char *const[]){planned[0], NULL});
    assert_int_equal(apply(&v, save(&v, "outer"), &err), QUELL_REFUSED);
    assert_non_null(strstr(err.message, "`middle`"));
    assert_int_equal(virtual_count(&v, "run_started", NULL), 0);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_secret_is_asked_anew),
        cmocka_unit_test(the_same_secret_is_the_same_after_a_restart),
        cmocka_unit_test(no_two_runs_have_one_key),
        cmocka_unit_test(a_changed_text_is_asked_anew),
        cmocka_unit_test(one_that_changes_later_is_not_called),
        cmocka_unit_test(without_a_word_any_text_is_called),
        cmocka_unit_test(a_called_run_keeps_to_the_plan),
        cmocka_unit_test(a_plan_is_stale_when_a_called_text_changes),
        cmocka_unit_test(what_the_plan_did_not_show_is_not_done),
        cmocka_unit_test(what_cannot_be_bound_is_not_begun),
    };

    return cmocka_run_group_tests_name("what is bound", tests, NULL, NULL);
}
