/*
 * test_many.c - more playbooks start on one incident than the arrays of a commit begin with.
 */
#include "fixture.h"

enum { MANY = 40 };

struct heard {
    size_t answers, refused;
};

static void heard(enum quell_code code, struct quell_str answer, bool repeated,
                  const struct quell_error *err, void *user)
{
    struct heard *by = user;

    (void)answer;
    (void)repeated;
    (void)err;
    by->answers++;
    by->refused += code != QUELL_OK;
}

static void write_many(struct arena *arena, struct engine_place *place, const char **paths)
{
    for (int i = 0; i < MANY; i++) {
        paths[i] = arena_format(arena, "%s/many-%d.yaml", place->folder, i).data;
        place_write(paths[i], arena_format(arena,
                                           "quell: 1\nplaybook: many-%d\non:\n  incident:\n"
                                           "    match: { title: t }\nsteps:\n  - stop: {}\n",
                                           i)
                                  .data);
    }
}

static void expect_all_succeeded(struct quell *engine)
{
    struct quell_runs_options all = {.limit = MANY + 1};
    struct quell_document runs = {.memory = NULL};
    struct quell_error err = {0};

    if (quell_runs(engine, &all, &runs, &err))
        fail_msg("%s", err.message);
    assert_int_equal(quell_count(runs.value), MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_true(quell_text_is(quell_get(quell_at(runs.value, i), "state"), "succeeded"));
    quell_document_free(&runs);
}

static void one_incident_starts_many_runs(void **state)
{
    struct engine_place place;
    struct arena *arena = arena_new(0);
    const char *paths[MANY + 1] = {NULL};
    struct quell_submission submission = {.body = QUELL_STR("{\"title\": \"t\"}"),
                                          .hook = QUELL_STR("h")};
    struct quell_options options = {.purpose = QUELL_FOR_RUNNING, .playbooks = paths};
    struct quell_error err = {0};
    struct heard by = {0};
    struct quell *engine = NULL;

    place_make(&place, "connectors: []\n", "");
    write_many(arena, &place, paths);
    options.config = place.config;
    options.store = place.store;
    options.loop = place.loop;
    if (quell_open(&options, &engine, &err) || quell_submit(engine, &submission, heard, &by, &err))
        fail_msg("%s", err.message);
    while (by.answers == 0 || quell_active(engine))
        loop_once(place.loop, -1);
    assert_int_equal(by.answers, 1);
    assert_int_equal(by.refused, 0);
    expect_all_succeeded(engine);
    quell_close(engine);
    for (size_t i = 0; i < MANY; i++)
        (void)unlink(paths[i]);
    place_remove(&place);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_incident_starts_many_runs)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
