/*
 * test_examples.c - the examples of the test document: every key has one, in which it stands, and
 * each holds of the first playbook of docs/playbook.md.
 */
#include "fixture.h"

#include "test/tables.h"

#define INCIDENT                                                                                   \
    "{\"source_id\": \"7\", \"number\": \"7\", \"title\": \"Ransomware on fin-ws-114\", "          \
    "\"severity\": \"high\", \"entities\": {\"devices\": [{\"kind\": \"device\", \"id\": "         \
    "\"d-1\", \"name\": \"fin-ws-114\"}]}}"
#define HEAD "quell-test: 1\n"
#define PLAYBOOK "playbook: contain-malware\n"
#define DEFAULTS                                                                                   \
    "defaults:\n  given: incident.json\n  config: { soc_mailbox: soc@contoso.example }\n"          \
    "  lists: { crown_jewels: [dc-01] }\n"                                                         \
    "  mock: { defender.get-device: { output: { risk: High } } }\n"
#define CASES "cases:\n  - name: an example\n    expect: { triggered: true }\n"

static bool has_key(const char *text, const char *key)
{
    size_t len = strlen(key);
    const char *at = text;

    while (at && strncmp(at, key, len) != 0) {
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return at != NULL;
}

/* A case, indented below `cases:`. */
static const char *as_case(struct arena *arena, const char *text)
{
    struct quell_str made = QUELL_STR("cases:\n"), rest = quell_str_of(text), line;
    const char *mark = "  - ";

    if (!has_key(text, "name:")) {
        made = arena_format(arena, "cases:\n  - name: an example\n");
        mark = "    ";
    }
    while (rest.len) {
        (void)str_cut(rest, '\n', &line, &rest);
        made = arena_format(arena, "%.*s%s%.*s\n", QUELL_ARG(made), mark, QUELL_ARG(line));
        mark = "    ";
    }
    return made.data;
}

static const char *complete(struct arena *arena, const struct test_example *example)
{
    const char *text = example->text;

    if (strcmp(example->part, "document") != 0)
        text = as_case(arena, text);
    return arena_format(arena, "%s%s%s%s%s", has_key(text, "quell-test:") ? "" : HEAD,
                        has_key(text, "playbook:") ? "" : PLAYBOOK,
                        has_key(text, "defaults:") ? "" : DEFAULTS, text,
                        has_key(text, "cases:") ? "" : CASES)
        .data;
}

static char *read_playbook(struct arena *arena)
{
    FILE *file = fopen(QUELL_SOURCE_DIR "/tests/docs/first.yaml", "re");
    char *text = arena_alloc(arena, 16384);

    assert_non_null(file);
    text[fread(text, 1, 16383, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    return text;
}

/* Says what does not hold. */
static bool holds(struct quell_value file, const struct test_example *example)
{
    struct quell_value cases = quell_get(file, "cases");
    bool good = quell_get_int(file, "faults", 0) == 0 && quell_count(cases) > 0;
    size_t i;

    if (!good)
        fprintf(stderr, "%s\n%.*s\n", example->text, QUELL_ARG(quell_get_str(file, "rendered")));
    for (i = 0; i < quell_count(cases); i++) {
        struct quell_value test = quell_at(cases, i);
        struct quell_value failure = quell_at(quell_get(test, "failures"), 0);
        if (!quell_text_is(quell_get(test, "status"), "failed"))
            continue;
        fprintf(stderr, "%s\n%.*s\n", example->text, QUELL_ARG(quell_get_str(failure, "rendered")));
        good = false;
    }
    return good;
}

static void every_example_holds(void **state)
{
    struct place_of_test place;
    const struct test_example *example;
    const char *playbook, *incident;
    size_t bad = 0;

    place_begin(&place);
    playbook = read_playbook(place.arena);
    incident = arena_format(place.arena, "%s/incident.json", place.folder).data;
    write_text(incident, INCIDENT);
    for (example = test_examples; example->part; example++)
        bad += !holds(place_run(&place, playbook, complete(place.arena, example)), example);
    assert_int_equal(unlink(incident), 0);
    place_end(&place);
    assert_int_equal(bad, 0);
}

static void every_key_has_one(void **state)
{
    const struct test_part *part;
    const struct quell_field *field;
    const struct test_example *example;
    size_t keys = 0, examples = 0, missing = 0;

    for (part = test_parts; part->name; part++)
        for (field = part->fields; field->name; field++) {
            size_t found = 0;
            for (example = test_examples; example->part; example++)
                found += strcmp(example->part, part->name) == 0 &&
                         strcmp(example->key, field->name) == 0 &&
                         strstr(example->text, field->name) != NULL;
            if (found != 1)
                fprintf(stderr, "%zu examples of `%s` %s\n", found, field->name, part->where);
            missing += found != 1;
            keys++;
        }
    for (example = test_examples; example->part; example++)
        examples++;
    assert_int_equal(missing, 0);
    assert_int_equal(examples, keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_key_has_one),
                                       cmocka_unit_test(every_example_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
