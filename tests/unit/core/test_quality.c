/*
 * test_quality.c - what analysts call its incidents decides what a playbook may still do.
 */
#include "virtual.h"

#define CONFIG "connectors: []\n"
#define PLAYBOOK(breach)                                                                           \
    "quell: 1\nplaybook: p\non: { incident: { unless: [{ status: closed }] } }\n"                  \
    "quality: { min-precision: 0.6, over: 3, on-breach: " breach " }\nsteps:\n  - stop:\n"

static void incident(struct virtual *v, const char *id, const char *classification)
{
    virtual_submit(v, arena_format(v->arena,
                                   "{\"title\": \"T\", \"source_id\": \"%s\", \"status\": \"%s\","
                                   " \"classification\": %s}",
                                   id, classification ? "closed" : "new",
                                   classification ? classification : "null")
                          .data);
}

/* Three incidents, two of which were none. */
static void let_down(struct virtual *v)
{
    incident(v, "1", NULL);
    incident(v, "2", NULL);
    incident(v, "3", NULL);
    incident(v, "1", "\"true-positive\"");
    incident(v, "1", "\"false-positive\""); /* counted already */
    incident(v, "x", "\"false-positive\""); /* nothing ran for it */
    incident(v, "2", "\"undetermined\"");
    incident(v, "2", "\"benign-positive\"");
}

static void below_it_is_off(void **state)
{
    struct virtual v;

    virtual_open(&v, CONFIG, (const char *const[]){PLAYBOOK("off"), NULL});
    let_down(&v);
    incident(&v, "4", NULL);
    assert_int_equal(virtual_count(&v, "run_started", NULL), 4);
    assert_int_equal(v.engine->counters.quality_breaches, 0);
    incident(&v, "3", "\"false-positive\"");
    assert_int_equal(v.engine->counters.quality_breaches, 1);
    incident(&v, "5", NULL);
    assert_int_equal(virtual_count(&v, "run_started", NULL), 4);
    assert_int_equal(v.engine->counters.off, 1);
    incident(&v, "4", "\"true-positive\""); /* the last three: B F T */
    incident(&v, "6", NULL);
    assert_int_equal(virtual_count(&v, "run_started", NULL), 4);
    virtual_close(&v);
}

static void below_it_is_a_shadow(void **state)
{
    struct virtual v;

    virtual_open(&v, CONFIG, (const char *const[]){PLAYBOOK("shadow"), NULL});
    let_down(&v);
    incident(&v, "3", "\"false-positive\"");
    incident(&v, "4", NULL);
    assert_true(quell_text_is(quell_get(virtual_show(&v, 0), "mode"), "live"));
    assert_true(quell_text_is(quell_get(virtual_show(&v, 3), "mode"), "shadow"));
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(below_it_is_off),
                                       cmocka_unit_test(below_it_is_a_shadow)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
