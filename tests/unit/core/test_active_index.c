/*
 * test_active_index.c - a run in memory is found by its id, however many there are, and no longer
 * than it is there.
 */
#include "virtual.h"

enum { RUNS = 300 }; /* the index is widened thrice */

static char ids[RUNS][37];

static size_t found(struct virtual *v)
{
    size_t i, count = 0;

    for (i = 0; i < RUNS; i++) {
        struct active *active = active_find(v->engine, quell_str_of(ids[i]));
        if (active) {
            assert_true(quell_str_equal(run_id(active->run), quell_str_of(ids[i])));
            count++;
        }
    }
    assert_int_equal(count, v->engine->active_count);
    return count;
}

static void a_run_is_found_while_it_is_in_memory(void **state)
{
    struct virtual v;
    size_t i;

    (void)state;
    virtual_open(&v, "connectors: []\n",
                 (const char *const[]){"quell: 1\nplaybook: p\non: { manual: }\nsteps:\n"
                                       "  - uses: http.get\n    with: { url: 'https://a/' }\n",
                                       NULL});
    assert_null(active_find(v.engine, QUELL_STR("nobody")));
    virtual_answer(&v, "http.get", QUELL_STR("{\"status\": 200}"));
    virtual_late(&v, "10m");
    for (i = 0; i < RUNS; i++) {
        if (i == RUNS / 3)
            virtual_pass(&v, "5m"); /* those before end first */
        virtual_run(&v, "p", "{}", ids[i]);
        if (i % 50 == 0)
            assert_int_equal(found(&v), i + 1);
    }
    assert_int_equal(found(&v), RUNS);
    assert_null(active_find(v.engine, QUELL_STR("nobody")));
    virtual_pass(&v, "6m");
    assert_int_equal(found(&v), RUNS - RUNS / 3);
    assert_null(active_find(v.engine, quell_str_of(ids[0])));
    virtual_pass(&v, "5m");
    assert_int_equal(found(&v), 0);
    assert_int_equal(v.engine->active_count, 0);
    virtual_run(&v, "p", "{}", ids[0]);
    assert_int_equal(found(&v), 1); /* after all of it was given back */
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_found_while_it_is_in_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
