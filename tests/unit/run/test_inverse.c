/*
 * test_inverse.c - what the intent of a call says of how it is taken back, before anything is sent;
 * and what is sent then.
 */
#include "fixture.h"

#define BLOCKED "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"b\",\"risk\":\"low\"}}"
#define SEEN(id) "{\"outcome\":\"succeeded\",\"output\":{\"id\":\"" id "\"}}"
#define LOOK(indent, id, with)                                                                     \
    indent "- id: " id "\n" indent "  uses: test.look\n" indent "  with: { " with " }\n"
#define MARK "  - id: a\n    uses: test.mark\n    with: { device_id: d1 }\n"
#define WITH(prior)                                                                                \
    "{\"action\":\"test.unmark\",\"connection\":\"\",\"with\":{\"device_id\":\"d1\"},"             \
    "\"prior\":" prior "}"
#define UNKNOWN WITH("\"unknown\"")

/* The inverse in the intent of step `a`. */
static const struct story intents[] = {
    {"what is known stands there, and where the rest comes from",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n", "{\"a\":[" BLOCKED "]}",
     "{\"action\":\"test.unblock\",\"connection\":\"\",\"with\":{\"device_id\":\"d1\"},"
     "\"from\":{\"note\":\"output.id\"},\"prior\":\"unknown\"}"},
    {"on the connection of the call",
     "  - id: a\n    uses: test.mark\n    with: { device_id: d1 }\n    connection: lab\n",
     "{\"a\":[" BLOCKED "]}",
     "{\"action\":\"test.unmark\",\"connection\":\"lab\",\"with\":{\"device_id\":\"d1\"},"
     "\"prior\":\"unknown\"}"},
    {"what fails over the input alone is told by its source, too",
     "  - id: a\n    uses: test.stamp\n    with: { device_id: d1 }\n", "{\"a\":[" BLOCKED "]}",
     "{\"action\":\"test.unmark\",\"connection\":\"\",\"with\":{},"
     "\"from\":{\"note\":\"'no ' + input.note\",\"device_id\":\"output.id\"},"
     "\"prior\":\"unknown\"}"},
    {"so is a secret",
     "  - id: a\n    uses: test.mark\n    with: { device_id: \"${{ config.secret }}\" }\n",
     "{\"a\":[" BLOCKED "]}",
     "{\"action\":\"test.unmark\",\"connection\":\"\",\"with\":{},"
     "\"from\":{\"device_id\":\"input.device_id\"},\"prior\":\"unknown\"}"},
    {"steps of its own are named, those inside others as well",
     "  - id: a\n    uses: test.block\n    with: { device_id: d1 }\n    undo:\n"
     "      - steps:\n" LOOK("          ", "u",
                             "device_id: d1") "        if: \"true\"\n"
                                              "        else:\n" LOOK(
                                                  "          ", "v",
                                                  "device_id: d1") "      - uses: test.unblock\n   "
                                                                   "     with: { device_id: d1 }\n",
     "{\"a\":[" BLOCKED "]}", "{\"steps\":[\"test.look\",\"test.look\",\"test.unblock\"]}"},
    {"a read of the run has told how it was", LOOK("  ", "l", "device_id: d1") MARK,
     "{\"l\":[" SEEN("before") "],\"a\":[" BLOCKED "]}", WITH("{\"id\":\"before\"}")},
    {"not of something else", LOOK("  ", "l", "device_id: d2") MARK,
     "{\"l\":[" SEEN("other") "],\"a\":[" BLOCKED "]}", UNKNOWN},
    {"not on another connection", LOOK("  ", "l", "device_id: d1") "    connection: lab\n" MARK,
     "{\"l\":[" SEEN("theirs") "],\"a\":[" BLOCKED "]}", UNKNOWN},
    {"not a read that failed", LOOK("  ", "l", "device_id: d1") "    on-error: continue\n" MARK,
     "{\"l\":[" REFUSED "],\"a\":[" BLOCKED "]}", UNKNOWN},
    {"not with a secret in it", LOOK("  ", "l", "device_id: d1") MARK,
     "{\"l\":[{\"outcome\":\"succeeded\",\"output\":{\"id\":\"secret\"}}],\"a\":[" BLOCKED "]}",
     UNKNOWN},
    {"the newest, though it stands further down",
     LOOK("  ", "l", "device_id: d1") LOOK("  ", "m", "device_id: d1") MARK,
     "{\"l\":[" SEEN("old") "],\"m\":[" SEEN("new") "],\"a\":[" BLOCKED "]}",
     WITH("{\"id\":\"new\"}")},
    {"... or further up",
     "  - id: p\n    parallel:\n      one:\n" LOOK(
         "        ", "l", "device_id: d1") "      two:\n" LOOK("        ", "m", "device_id: d1")
         MARK,
     "{\"p.one.l\":[\"later\"," SEEN("new") "],\"p.two.m\":[" SEEN("old") "],\"a\":[" BLOCKED "]}",
     WITH("{\"id\":\"new\"}")},
    {"nothing where the look is told what only the answer tells",
     LOOK("  ", "l", "device_id: b") "  - id: a\n    uses: test.stamp\n"
                                     "    with: { device_id: d1, note: n }\n",
     "{\"l\":[" SEEN("before") "],\"a\":[" BLOCKED "]}",
     "{\"action\":\"test.unmark\",\"connection\":\"\",\"with\":{\"note\":\"no n\"},"
     "\"from\":{\"device_id\":\"output.id\"},\"prior\":\"unknown\"}"},
};

static void know_a_secret(struct teller *teller)
{
    struct map_builder config = {.arena = teller->arena};
    struct run_world world = {.lists = quell_map(NULL, 0)};

    map_add(&config, "secret", value_secret(quell_text("s3cret")));
    world.config = map_made(&config);
    run_set_world(teller->run, &world);
}

/* Scripted answers are texts: this one is a secret. */
static void answer(struct teller *teller, struct quell_str path)
{
    struct quell_value given = next_answer(teller, path), output;

    if (quell_text_is(given, "later"))
        given = next_answer(teller, path);
    output = quell_get(given, "output");
    if (quell_text_is(quell_get(output, "id"), "secret"))
        given = value_with(
            teller->arena, given, QUELL_STR("output"),
            value_with(teller->arena, output, QUELL_STR("id"), value_secret(quell_text("s3cret"))));
    outside(teller, EVENT_CALL_ENDED, path, given);
}

static void end(struct fixture *fixture, const struct story *story)
{
    struct teller *teller = &fixture->teller;

    open_fixture(fixture, story->steps, story->answers);
    know_a_secret(teller);
    start(teller);
    for (;;) {
        struct open_call open = {.teller = teller};
        (void)decide(teller);
        for (; open.pass < 2 && !open.found; open.pass++)
            run_each_call(teller->run, first_call, &open);
        if (!open.found)
            break;
        answer(teller, open.path);
    }
    assert_true(run_ended(teller->run));
}

static struct quell_str inverse_of(struct teller *teller, const char *path)
{
    struct quell_error err = {0};
    struct event event;

    for (size_t i = 0; i < teller->written_count; i++) {
        assert_int_equal(event_read(teller->arena, teller->written[i], &event, &err), QUELL_OK);
        if (event.kind == EVENT_CALL_SCHEDULED && str_is(event.path, path))
            return json_text(teller->arena, quell_get(event.data, "inverse"), 0);
    }
    fail_msg("%s has made no call", path);
    return QUELL_STR("");
}

static void an_intent_says_how_it_is_taken_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(intents) / sizeof(*intents); i++) {
        struct fixture fixture;
        struct quell_str inverse;

        end(&fixture, &intents[i]);
        inverse = inverse_of(&fixture.teller, "a");
        if (!str_is(inverse, intents[i].expected))
            fail_msg("%s: %.*s\nexpected %s", intents[i].name, QUELL_ARG(inverse),
                     intents[i].expected);
        close_fixture(&fixture);
    }
}

/* ---- what is sent -----------------------------------------------------------------------------
 */

static void undo(struct teller *teller)
{
    struct quell_value data;
    struct quell_error err = {0};

    assert_int_equal(run_undo_data(teller->run, teller->arena, QUELL_STR(""), QUELL_STR("ana"),
                                   QUELL_STR(""), &data, &err),
                     QUELL_OK);
    outside(teller, EVENT_UNDO_ASKED, QUELL_STR(""), data);
    (void)decide(teller);
}

/* The journal does not have it, the call that takes it back does. */
static void a_secret_is_sent_again(void **state)
{
    static const struct story story = {
        "", "  - id: a\n    uses: test.block\n    with: { device_id: \"${{ config.secret }}\" }\n",
        "{\"a\":[" BLOCKED "]}", ""};
    struct fixture fixture;
    struct run_call call = {.key = {0}};

    (void)state;
    end(&fixture, &story);
    undo(&fixture.teller);
    assert_true(run_find_call(fixture.teller.run, QUELL_STR("a.undo.unblock"), &call));
    assert_true(str_is(quell_get_str(call.input, "device_id"), "s3cret"));
    assert_true(str_is(quell_get_str(call.input, "note"), "b"));
    close_fixture(&fixture);
}

/* An input that cannot be told: nothing is sent, and the error says which one. */
static void without_its_inputs_nothing_is_sent(void **state)
{
    static const struct story story = {
        "", "  - id: a\n    uses: test.stamp\n    with: { device_id: d1 }\n",
        "{\"a\":[" BLOCKED "],\"a.undo.look\":[" OK "]}", ""};
    struct fixture fixture;
    struct teller *teller = &fixture.teller;
    struct run_step step;
    struct quell_str message;

    (void)state;
    end(&fixture, &story);
    undo(teller);
    answer(teller, QUELL_STR("a.undo.look"));
    (void)decide(teller);
    assert_true(run_ended(teller->run));
    assert_true(run_find_step(teller->run, QUELL_STR("a.undo.unmark"), &step));
    assert_int_equal(step.status, STEP_FAILED);
    message = quell_get_str(step.error, "message");
    if (!str_starts(message, QUELL_STR("test.unmark: `note`: ")))
        fail_msg("%.*s", QUELL_ARG(message));
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intent_says_how_it_is_taken_back),
        cmocka_unit_test(a_secret_is_sent_again),
        cmocka_unit_test(without_its_inputs_nothing_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
