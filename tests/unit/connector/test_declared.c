/*
 * test_declared.c - connectors written as YAML: every fault has its place, and what they send stays
 * where the file says, whatever the values are.
 */
#include "fake.h"

#include "connector/declared.h"
#include "loop/file.h"

/* ---- a file that is right --------------------------------------------------------------------*/

#define HEAD_OF(repeat)                                                                            \
    "connector: toy\n"                                                                             \
    "version: 1.0.0\n"                                                                             \
    "title: Toy\n"                                                                                 \
    "doc: A toy.\n"                                                                                \
    "url: https://toy.example\n"                                                                   \
    "settings:\n"                                                                                  \
    "  tenant: { type: string, doc: Tenant. }\n"                                                   \
    "actions:\n"                                                                                   \
    "  do-it:\n"                                                                                   \
    "    doc: Does it.\n"                                                                          \
    "    effect: changes\n"                                                                        \
    "    repeat: " repeat "\n"                                                                     \
    "    inputs:\n"                                                                                \
    "      name: { type: string, required: true, doc: Name. }\n"                                   \
    "      note: { type: string, doc: Note. }\n"                                                   \
    "      level: { type: enum, words: [low, high], default: low, doc: Level. }\n"                 \
    "    outputs:\n"                                                                               \
    "      id: { type: string, doc: Id. }\n"                                                       \
    "    example: { id: x }\n"
#define HEAD HEAD_OF("verifiable")
#define REQUEST                                                                                    \
    "    request:\n"                                                                               \
    "      method: POST\n"                                                                         \
    "      path: /v1/${{ settings.tenant }}/things/${{ input.name }}:go\n"                         \
    "      query: { q: \"a ${{ input.name }}\", note: '${{ input.?note }}', top: 5 }\n"            \
    "      headers: { X-Key: '${{ call.key }}', X-Note: '${{ input.?note }}' }\n"                  \
    "      json:\n"                                                                                \
    "        name: ${{ input.name }}\n"                                                            \
    "        note: ${{ input.?note }}\n"                                                           \
    "        level: 'is ${{ input.level }}'\n"                                                     \
    "        fixed: [1, true, text]\n"
#define REST                                                                                       \
    "    ok: [201]\n"                                                                              \
    "    output: { id: '${{ reply.json.id }}' }\n"                                                 \
    "    errors:\n"                                                                                \
    "      - { status: 409, word: Busy, code: conflict, again: true }\n"                           \
    "      - { status: 409, code: conflict }\n"                                                    \
    "      - { word: Gone, code: not-found }\n"                                                    \
    "    settle:\n"                                                                                \
    "      request: { method: GET, path: '/v1/things/${{ call.uuid }}' }\n"                        \
    "      happened: reply.json.value.exists(v, v.key == call.key)\n"                              \
    "      output: { id: '${{ reply.json.value[0].id }}' }\n"
#define RIGHT HEAD REQUEST REST

struct toy {
    struct arena *arena;
    const struct quell_connector *connector;
};

static struct toy load(const char *text)
{
    struct toy toy = {.arena = arena_new(0)};
    struct quell_error err = {0};

    if (declared_load(toy.arena, QUELL_STR("toy.yaml"), quell_str_of(text), &toy.connector, &err))
        fail_msg("%s", err.message);
    return toy;
}

static struct fake *start(const struct toy *toy, const char *input)
{
    struct fake *fake = fake_new(toy->connector->actions[0], input, "{\"tenant\":\"t\"}");

    fake_start(fake);
    return fake;
}

static void reads_a_manifest(void **state)
{
    struct toy toy = load(RIGHT);
    const struct quell_action *action = toy.connector->actions[0];

    (void)state;
    assert_string_equal(toy.connector->name, "toy");
    assert_string_equal(toy.connector->url, "https://toy.example");
    assert_int_equal(action->effect, QUELL_CHANGES);
    assert_int_equal(action->repeat, QUELL_VERIFIABLE);
    assert_string_equal(action->inputs[2].words[1], "high");
    assert_string_equal(action->inputs[2].fallback, "\"low\"");
    assert_int_equal(action->inputs[0].flags, QUELL_REQUIRED);
    assert_non_null(action->settle);
    assert_null(toy.connector->actions[1]);
    arena_free(toy.arena);
}

/* ---- what is sent ----------------------------------------------------------------------------*/

static void sends_what_the_file_says(void **state)
{
    struct toy toy = load(RIGHT);
    struct fake *fake = start(&toy, "{\"name\":\"n\"}");

    (void)state;
    assert_sends(fake, "POST", "/v1/t/things/n:go?q=a%20n&top=5");
    assert_true(fake->changes);
    assert_string_equal(fake_json_of(fake, fake->headers), "{\"X-Key\":\"key-1\"}");
    assert_string_equal(fake_json_of(fake, fake->json),
                        "{\"name\":\"n\",\"level\":\"is low\",\"fixed\":[1,true,\"text\"]}");
    fake_reply(fake, 201, "{\"id\":\"i\"}");
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_true(str_is(quell_get_str(fake->output, "id"), "i"));
    fake_free(fake);
    fake = start(&toy, "{\"name\":\"n\",\"note\":\"x&y\"}");
    assert_sends(fake, "POST", "/v1/t/things/n:go?q=a%20n&note=x%26y&top=5");
    assert_true(str_is(quell_get_str(fake->json, "note"), "x&y"));
    fake_free(fake);
    arena_free(toy.arena);
}

/* Each value stays one segment, one query value, one JSON text. */
static void values_stay_in_their_place(void **state)
{
    static const struct {
        const char *name, *path; /* NULL: refused */
    } rows[] = {
        {"a/b", "/v1/t/things/a%2Fb:go?q=a%20a%2Fb&top=5"},
        {"a?b#c", "/v1/t/things/a%3Fb%23c:go?q=a%20a%3Fb%23c&top=5"},
        {"../x", "/v1/t/things/..%2Fx:go?q=a%20..%2Fx&top=5"},
        {"%2e%2e", "/v1/t/things/%252e%252e:go?q=a%20%252e%252e&top=5"},
        {"a&b=c", "/v1/t/things/a%26b%3Dc:go?q=a%20a%26b%3Dc&top=5"},
        {"a\\r\\nX: y", "/v1/t/things/a%0D%0AX%3A%20y:go?q=a%20a%0D%0AX%3A%20y&top=5"},
        {"${{ call.key }}",
         "/v1/t/things/%24%7B%7B%20call.key%20%7D%7D:go?q=a%20%24%7B%7B%20call.key%20%7D%7D&top=5"},
        {"\xC3\xA9", "/v1/t/things/%C3%A9:go?q=a%20%C3%A9&top=5"},
        {"..", NULL},
        {".", NULL},
        {"", NULL},
    };
    struct toy toy = load(RIGHT);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char input[128];
        struct fake *fake;
        (void)snprintf(input, sizeof(input), "{\"name\":\"%s\"}", rows[i].name);
        fake = start(&toy, input);
        if (!rows[i].path) {
            assert_int_equal(fake->asked, QUELL_FAILED);
            assert_int_equal(fake->code, QUELL_INVALID);
        } else {
            assert_sends(fake, "POST", rows[i].path);
        }
        fake_free(fake);
    }
    arena_free(toy.arena);
}

static void headers_take_no_line_break(void **state)
{
    struct toy toy = load(RIGHT);
    struct fake *fake =
        fake_new(toy.connector->actions[0], "{\"name\":\"n\"}", "{\"tenant\":\"t\"}");

    (void)state;
    fake->key = "a\r\nX: y";
    fake_start(fake);
    assert_int_equal(fake->asked, QUELL_FAILED);
    assert_int_equal(fake->code, QUELL_INVALID);
    fake_free(fake);
    arena_free(toy.arena);
}

static void what_cannot_be_computed_fails(void **state)
{
    struct toy toy = load(RIGHT);
    struct fake *fake = fake_new(toy.connector->actions[0], "{\"name\":\"n\"}", "{}");

    (void)state;
    fake_start(fake); /* there is no setting `tenant` */
    assert_int_equal(fake->asked, QUELL_FAILED);
    assert_int_equal(fake->code, QUELL_INVALID);
    fake_free(fake);
    fake = start(&toy, "{\"name\":\"n\"}");
    fake_reply(fake, 201, "{\"no\":\"id\"}");
    assert_int_equal(fake->asked, QUELL_FAILED);
    fake_free(fake);
    arena_free(toy.arena);
}

/* ---- what answers mean -----------------------------------------------------------------------*/

static void rules_judge_answers(void **state)
{
    struct toy toy = load(RIGHT);
    struct fake *fake = start(&toy, "{\"name\":\"n\"}");
    size_t sent = 0;

    (void)state;
    fake_reply(fake, 200, "{}"); /* not among ok, and no rule */
    assert_int_equal(fake->asked, QUELL_FAILED);
    assert_int_equal(fake->code, QUELL_REFUSED);
    fake_free(fake);
    fake = start(&toy, "{\"name\":\"n\"}");
    fake_reply(fake, 409, "{\"error\":{\"code\":\"Other\",\"message\":\"no\"}}");
    assert_int_equal(fake->code, QUELL_CONFLICT);
    assert_string_equal(fake->message, "answered 409 Other: no");
    fake_free(fake);
    fake = start(&toy, "{\"name\":\"n\"}");
    fake_reply(fake, 400, "{\"code\":\"Gone\"}");
    assert_int_equal(fake->code, QUELL_NOT_FOUND);
    fake_free(fake);
    fake = start(&toy, "{\"name\":\"n\"}");
    while (fake->asked != QUELL_FAILED) {
        assert_true(++sent < 20);
        fake_reply(fake, 409, "{\"error\":{\"code\":\"Busy\"}}");
        if (fake->asked == QUELL_SLEEPING) {
            assert_int_equal(fake->ms, 1000 << (sent - 1));
            fake_turn(fake, NULL);
        }
    }
    assert_int_equal(sent, 7);
    assert_int_equal(fake->code, QUELL_CONFLICT);
    fake_free(fake);
    arena_free(toy.arena);
}

static struct fake *start_settling(const struct toy *toy)
{
    struct fake *fake = fake_new(toy->connector->actions[0], "{\"name\":\"n\"}", "{}");

    fake->settling = true;
    fake_start(fake);
    assert_sends(fake, "GET", "/v1/things/c2d4c5a8-3c1b-5f4e-9a51-3a6a2f0f9b11");
    assert_false(fake->changes);
    return fake;
}

static void settles(void **state)
{
    struct toy toy = load(RIGHT);
    struct fake *fake = start_settling(&toy);

    (void)state;
    fake_reply(fake, 200, "{\"value\":[{\"id\":\"i\",\"key\":\"key-1\"}]}");
    assert_int_equal(fake->asked, QUELL_FINISHED);
    assert_true(str_is(quell_get_str(fake->output, "id"), "i"));
    fake_free(fake);
    fake = start_settling(&toy);
    fake_reply(fake, 200, "{\"value\":[{\"id\":\"i\",\"key\":\"other\"}]}");
    assert_int_equal(fake->code, QUELL_NOT_FOUND);
    fake_free(fake);
    fake = start_settling(&toy);
    fake_reply(fake, 404, "{}");
    assert_int_equal(fake->code, QUELL_NOT_FOUND);
    fake_free(fake);
    fake = start_settling(&toy);
    fake_reply(fake, 200, "{}"); /* no list to look in: it is not known */
    assert_int_equal(fake->code, QUELL_INVALID);
    fake_free(fake);
    fake = start_settling(&toy);
    fake_no_reply(fake, QUELL_UNAVAILABLE);
    assert_int_equal(fake->code, QUELL_UNAVAILABLE);
    fake_free(fake);
    arena_free(toy.arena);
}

/* ---- faults ----------------------------------------------------------------------------------*/

#define REPEAT "    repeat: verifiable\n"
#define WRITES(text) "    writes: [{ source: sentinel, " text " }]\n"

/* One line of a right file exchanged for a wrong one, and what is said about it. */
static void faults_have_their_place(void **state)
{
    static const struct {
        const char *from, *to, *told;
    } rows[] = {
        {"version: 1.0.0\n", "", "toy.yaml:1:1: `version` is missing"},
        {"version: 1.0.0\n", "version: 1.0.0\nurll: x\n",
         "toy.yaml:3:1: unknown key `urll`; did you mean `url`?"},
        {"doc: A toy.\n", "doc: [a]\n", "toy.yaml:4:6: "},
        {"effect: changes", "effect: change", "toy.yaml:11:13: "},
        {"repeat: verifiable", "repeat: sometimes", "toy.yaml:12:13: "},
        {"type: string, required", "type: strnig, required", "toy.yaml:14:21: "},
        {"doc: Name. }", "}", "toy.yaml:14:"},
        {"example: { id: x }", "example: { idd: x }", "do-it: its example"},
        {"method: POST", "method: SEND", "toy.yaml:21:15: "},
        {"path: /v1/${{ settings.tenant }}", "path: v1/${{ settings.tenant }}",
         "toy.yaml:22:13: a path begins with `/`"},
        {"settings.tenant }}/things", "settings.tenat }}/things",
         "toy.yaml:22:30: there is no such field"},
        {"settings.tenant }}/things", "setting.tenant }}/things",
         "toy.yaml:22:21: there is no such name here"},
        {"things/${{ input.name }}", "things/${{ input.nam }}",
         "toy.yaml:22:57: there is no such field"},
        {"things/${{ input.name }}", "things/${{ input. }}", "toy.yaml:22:"},
        {"things/${{ input.name }}", "things/${{ reply.json }}",
         "toy.yaml:22:51: there is no such name here"},
        {"things/${{ input.name }}", "thi ngs/${{ input.name }}",
         "toy.yaml:22:39: a path holds letters"},
        {"top: 5", "'to p': 5", "toy.yaml:23:"},
        {"top: 5", "top: [5]", "toy.yaml:23:"},
        {"'${{ call.key }}'", "'${{ call.kee }}'", "toy.yaml:24:35: there is no such field"},
        {"level: 'is ${{ input.level }}'", "level: 'is ${{ input.levl }}'",
         "toy.yaml:28:30: there is no such field"},
        {"ok: [201]", "ok: [2010]", "toy.yaml:30:10: this is no HTTP status"},
        {"output: { id: '${{ reply.json.id }}' }", "output: { id: '${{ replay.json.id }}' }",
         "toy.yaml:31:24: "},
        {"code: conflict, again", "code: conflit, again", "toy.yaml:33:"},
        {"{ word: Gone, code", "{ code", "toy.yaml:35:9: `status` or `word` is missing"},
        {"happened: reply.json.value.exists(v, v.key == call.key)",
         "happened: reply.json.value.exist(v, v.key == call.key)", "toy.yaml:38:"},
        {"connector: toy\n", "connector: Toy\n", "name, version, title and doc"},
        {"connector: toy\n", "connector:\ttoy: [\n", "toy.yaml:1:"},
        {"  do-it:\n", "  doIt:\n", "verb-object"},
        {REPEAT, REPEAT WRITES("incident: x, field: status, input: name"),
         "do-it: `x` of `writes` is no input"},
        {REPEAT, REPEAT WRITES("incident: name, input: name"),
         "toy.yaml:13:14: `field` is missing"},
        {"settings:\n", "settings:\n  url: { type: string, doc: Url. }\n",
         "settings: `url` is every connection's own"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new(0);
        const struct quell_connector *connector = NULL;
        struct quell_error err = {0};
        const char *at = strstr(RIGHT, rows[i].from);
        struct quell_str text;
        assert_non_null(at);
        text = arena_format(arena, "%.*s%s%s", (int)(at - RIGHT), RIGHT, rows[i].to,
                            at + strlen(rows[i].from));
        if (!declared_load(arena, QUELL_STR("toy.yaml"), text, &connector, &err))
            fail_msg("taken: %s", rows[i].to);
        assert_null(connector);
        assert_int_equal(err.code, QUELL_INVALID);
        if (!strstr(err.message, rows[i].told))
            fail_msg("`%s` is not in: %s", rows[i].told, err.message);
        arena_free(arena);
    }
}

static void classes_must_fit_together(void **state)
{
    static const struct {
        const char *text, *told;
    } rows[] = {
        {HEAD REQUEST "    ok: [201]\n", "a verifiable action needs `settle`"},
        {HEAD_OF("once") "    request: { method: POST, resource: '${{ input.name }}' }\n",
         "`resource` and `shape` belong together"},
        {HEAD_OF("once") "    request: { method: POST }\n", "`path` is missing"},
        {HEAD_OF(
             "once") "    request: { method: POST, resource: '${{ input.name }}', shape: 'a/*' }\n",
         "a shape is a path"},
        {"- a\n", "this is no connector"},
        {"", "this is no connector"},
        {"a: &x 1\n", "toy.yaml:1:4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *arena = arena_new(0);
        const struct quell_connector *connector = NULL;
        struct quell_error err = {0};
        assert_int_equal(declared_load(arena, QUELL_STR("toy.yaml"), quell_str_of(rows[i].text),
                                       &connector, &err),
                         QUELL_INVALID);
        if (!strstr(err.message, rows[i].told))
            fail_msg("`%s` is not in: %s", rows[i].told, err.message);
        arena_free(arena);
    }
}

/* The page that explains the format shows one that loads. */
static void the_manuals_example_loads(void **state)
{
    struct arena *arena = arena_new(0);
    const struct quell_connector *connector = NULL;
    struct quell_error err = {0};
    struct quell_str text;
    size_t from, to;

    (void)state;
    assert_int_equal(file_read(arena, QUELL_SOURCE_DIR "/docs/connectors.md", 1 << 20, &text, &err),
                     QUELL_OK);
    from = str_find(text, QUELL_STR("connector: tickets\n"), 0);
    to = str_find(text, QUELL_STR("```"), from);
    if (declared_load(arena, QUELL_STR("tickets.yaml"), str_slice(text, from, to), &connector,
                      &err))
        fail_msg("%s", err.message);
    assert_string_equal(connector->actions[0]->undo.action, "tickets.close-ticket");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_manifest),
        cmocka_unit_test(sends_what_the_file_says),
        cmocka_unit_test(values_stay_in_their_place),
        cmocka_unit_test(headers_take_no_line_break),
        cmocka_unit_test(what_cannot_be_computed_fails),
        cmocka_unit_test(rules_judge_answers),
        cmocka_unit_test(settles),
        cmocka_unit_test(faults_have_their_place),
        cmocka_unit_test(classes_must_fit_together),
        cmocka_unit_test(the_manuals_example_loads),
    };

    return cmocka_run_group_tests_name("connector.declared", tests, NULL, NULL);
}
