/*
 * test_doubt.c - calls of actions that look before they send, when nobody knows what became of an
 * attempt: the next one finds it out, and what cannot find it out leaves it open for a person.
 */
#include "fixture.h"
#include "tell.h"

#define GONE "{\"outcome\":\"failed\",\"error\":{\"code\":\"unavailable\",\"message\":\"down\"}}"
#define SEVER "  - id: a\n    uses: test.sever\n    with: { device_id: d1 }\n"
#define AGAIN SEVER "    retry: { max: 2, first: 1m }\n"

static const struct story doubts[] = {
    {"the next attempt finds out", AGAIN, "{\"a\":[" LOST "," OK "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"without another attempt it waits for a person", SEVER, "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"so it does where a look of its own has found nothing out: another attempt would not, either",
     "  - id: a\n    uses: test.seal\n    with: { device_id: d1 }\n"
     "    retry: { max: 2, first: 1m, on: [unknown-outcome, network] }\n",
     "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.seal {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"so it does when the attempts are used up", AGAIN,
     "{\"a\":[" LOST "," LOST "," LOST ",\"did-not\"," OK "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved false\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"an attempt that could not look leaves it open", AGAIN,
     "{\"a\":[" LOST "," GONE "," GONE ",\"did-not\"," REFUSED "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved false\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run failed\n"},
    {"one that looked ends the doubt", AGAIN, "{\"a\":[" LOST "," REFUSED "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a failed refused\n"
     "run failed\n"},
    {"nothing is in doubt where nothing was sent", AGAIN, "{\"a\":[" GONE "," GONE "," GONE "]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a waits 60s\n"
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a failed unavailable\n"
     "run failed\n"},
    {"on-error does not take it for a failure", SEVER "    on-error: continue\n",
     "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"there is no time for another attempt", AGAIN "    timeout: 30s\n",
     "{\"a\":[" LOST ",\"happened\"]}",
     "a calls test.sever {\"device_id\":\"d1\"}\n"
     "a held\n"
     "a resolved true\n"
     "a succeeded\n"
     "run succeeded\n"},
    {"a branch fails while another waits for its next attempt",
     "  - id: p\n    parallel:\n      one:\n        - id: a\n          uses: test.sever\n"
     "          with: { device_id: d1 }\n          retry: { max: 1, first: 20m, cap: 20m }\n"
     "      two:\n        - id: b\n          wait: 10m\n        - fail: no\n",
     "{\"p.one.a\":[" LOST ",\"happened\"]}",
     "p.one.a calls test.sever {\"device_id\":\"d1\"}\n"
     "p.two.b waits 600s\n"
     "p.one.a waits 1200s\n"
     "p.two.b succeeded\n"
     "- failed failed\n"
     "p.one.a held\n"
     "p.one.a resolved true\n"
     "p.one.a succeeded\n"
     "p failed failed\n"
     "run failed\n"},
    {"... and while that attempt is made",
     "  - id: p\n    parallel:\n      one:\n        - id: a\n          uses: test.sever\n"
     "          with: { device_id: d1 }\n          retry: { max: 1, first: 1m }\n"
     "      two:\n        - id: b\n          wait: 1m\n        - fail: no\n",
     "{\"p.one.a\":[" LOST "," GONE ",\"happened\"]}",
     "p.one.a calls test.sever {\"device_id\":\"d1\"}\n"
     "p.two.b waits 60s\n"
     "p.one.a waits 60s\n"
     "p.one.a calls test.sever {\"device_id\":\"d1\"}\n"
     "p.two.b succeeded\n"
     "- failed failed\n"
     "p.one.a held\n"
     "p.one.a resolved true\n"
     "p.one.a succeeded\n"
     "p failed failed\n"
     "run failed\n"},
};

static void doubts_are_told(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(doubts) / sizeof(*doubts); i++)
        tell(&doubts[i], false);
}

/* Nobody asked until the time for it was over: it is not made, and the doubt stays. */
static void an_attempt_that_comes_too_late_leaves_it_open(void **state)
{
    struct fixture fixture;
    struct teller *teller = &fixture.teller;

    (void)state;
    open_fixture(&fixture, AGAIN "    timeout: 30m\n", "{\"a\":[" LOST ",\"happened\"]}");
    start(teller);
    (void)decide(teller);
    outside(teller, EVENT_CALL_ENDED, QUELL_STR("a"), next_answer(teller, QUELL_STR("a")));
    (void)decide(teller);
    teller->now_us += 40 * INT64_C(60000000);
    go_on(teller);
    told(&fixture, "a calls test.sever {\"device_id\":\"d1\"}\n"
                   "a waits 60s\n"
                   "a held\n"
                   "a resolved true\n"
                   "a succeeded\n"
                   "run succeeded\n");
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubts_are_told),
        cmocka_unit_test(an_attempt_that_comes_too_late_leaves_it_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
