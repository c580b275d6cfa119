/*
 * test_load.c - what is wrong with a trigger, and that it is said at the right place with the right
 * suggestion. One row each; `^` in the text marks where the diagnostic must point (it is taken out
 * before loading).
 */
#include "trigger_fixture.h"

struct fault {
    const char *text; /* of the map under on.incident */
    const char *code;
    size_t len; /* bytes that are underlined; 0 = not checked */
    const char *message, *label, *help;
};

static const struct fault faults[] = {
    /* fields */
    {"match:\n  ^titel: x\n", "QL202", 5, "unknown field `titel`", "an incident has no field",
     "did you mean `title`?"},
    {"match:\n  ^entities.device: x\n", "QL202", 15, "unknown field `entities.device`",
     "`entities` has no field `device`", "did you mean `entities.devices`?"},
    {"match:\n  ^entities.devices.hostnam: x\n", "QL202", 24,
     "unknown field `entities.devices.hostnam`", "`entities.devices` has no field `hostnam`",
     "did you mean `entities.devices.hostname`?"},
    {"match:\n  ^title.x: x\n", "QL202", 7, "unknown field `title.x`", "has no fields below it",
     ""},
    {"match:\n  ^title[0]: x\n", "QL202", 8, "unknown field `title[0]`", "only a list has elements",
     ""},
    {"match:\n  ^zzzzzzzz: x\n", "QL202", 8, "unknown field `zzzzzzzz`", "an incident has no field",
     "below `raw`"},
    {"match:\n  ^title..x: x\n", "QL202", 8, "`title..x` is not a field path", "a name is expected",
     ""},
    {"unless:\n  - ^titel: x\n", "QL202", 5, "unknown field `titel`", "", "did you mean `title`?"},
    /* operators */
    {"match:\n  title: { ^contain: x }\n", "QL203", 7, "unknown operator `contain`",
     "no such operator", "did you mean `contains`?"},
    {"match:\n  title: { ^startswith: x }\n", "QL203", 10, "unknown operator `startswith`", "",
     "did you mean `starts-with`?"},
    {"match:\n  title: { not: { ^matches: x } }\n", "QL203", 7, "unknown operator `matches`", "",
     ""},
    {"match:\n  title: { ^at-least: x }\n", "QL206", 8, "`at-least` cannot be asked of `title`",
     "`title` is a text", ""},
    {"match:\n  classification: { ^above: x }\n", "QL206", 5,
     "`above` cannot be asked of `classification`", "a word without order", ""},
    {"match:\n  created_at: { ^contains: x }\n", "QL206", 8,
     "`contains` cannot be asked of `created_at`", "`created_at` is a time", ""},
    {"match:\n  severity: { ^within-cidr: 10.0.0.0/8 }\n", "QL206", 11,
     "`within-cidr` cannot be asked of `severity`", "`severity` is a rank", ""},
    {"match:\n  severity_rank: { ^regex: x }\n", "QL206", 5,
     "`regex` cannot be asked of `severity_rank`", "`severity_rank` is a number", ""},
    {"match:\n  title: { ^older-than: 1h }\n", "QL206", 10,
     "`older-than` cannot be asked of `title`", "", ""},
    /* regexes: the place inside the scalar */
    {"match:\n  title: { regex: '(malware^' }\n", "QL204", 0, "this regex does not compile",
     "missing closing parenthesis", ""},
    {"match:\n  title: { regex: 'a[z-^a]b' }\n", "QL204", 1, "this regex does not compile",
     "range out of order", ""},
    {"match:\n  title: { regex: \"\\\\w+ [z-^a]\" }\n", "QL204", 1, "this regex does not compile",
     "range out of order", ""},
    {"match:\n  title: { regex: [ok, 'x^)'] }\n", "QL204", 1, "this regex does not compile",
     "unmatched closing parenthesis", ""},
    {"match:\n  title:\n    regex: |-\n      \xC3\xA4^)\n", "QL204", 1,
     "this regex does not compile", "unmatched closing parenthesis", ""},
    {"match:\n  title: { regex: ^'' }\n", "QL205", 2, "`regex` of `title` takes a text that is not",
     "this is empty", ""},
    {"match:\n  title: { contains: ^'' }\n", "QL205", 2, "`contains` of `title` takes a text that",
     "this is empty", ""},
    {"match:\n  title: { regex: ^5 }\n", "QL205", 1, "`regex` of `title` takes a text",
     "this is of type int", "put it in quotes to make it a text: '5'"},
    {"match:\n  title: { regex: 'a^{,3}' }\n", "QL209", 2, "`{,n}` is not a repetition here",
     "PCRE2 takes this as text", "{0,n}"},
    {"match:\n  title: { regex: \"^\\bx\" }\n", "QL209", 2, "this pattern holds a backspace", "",
     "single quotes"},
    /* operands */
    {"match:\n  number: ^84\n", "QL205", 2, "`equals` of `number` takes a text",
     "this is of type int", "put it in quotes to make it a text: '84'"},
    {"match:\n  title: ^null\n", "QL205", 4, "`equals` of `title` takes a text", "this is null",
     "`exists: true`"},
    {"match:\n  title: [a, ^[b]]\n", "QL205", 3, "`any-of` of `title` takes a text",
     "this is of type list", ""},
    {"match:\n  severity: ^hihg\n", "QL205", 4,
     "`equals` of `severity` takes one of informational, low, medium, high, critical",
     "not one of them", "did you mean `high`?"},
    {"match:\n  severity: { at-least: ^severe }\n", "QL205", 6,
     "`at-least` of `severity` takes one", "not one of them", ""},
    {"match:\n  status: [new, ^clsoed]\n", "QL205", 6, "`any-of` of `status` takes one of",
     "not one of them", "did you mean `closed`?"},
    {"match:\n  severity_rank: { at-least: ^high }\n", "QL205", 4,
     "`at-least` of `severity_rank` takes a number", "", ""},
    {"match:\n  created_at: { above: ^yesterday }\n", "QL205", 9,
     "`above` of `created_at` takes a time", "", ""},
    {"match:\n  created_at: { older-than: ^soon }\n", "QL205", 4,
     "`older-than` of `created_at` takes a duration", "", ""},
    {"match:\n  created_at: { older-than: ^-1h }\n", "QL205", 3,
     "`older-than` of `created_at` takes a duration", "", ""},
    {"match:\n  entities.ips: { within-cidr: ^10.0.0.0/33 }\n", "QL205", 11,
     "`within-cidr` of `entities.ips` takes a network", "", ""},
    {"match:\n  title: { exists: ^maybe }\n", "QL205", 5, "`exists` of `title` takes true or false",
     "", ""},
    {"match:\n  title: { equals: x, case: ^upper }\n", "QL205", 5,
     "`case` of `title` takes the word sensitive", "", ""},
    {"match:\n  raw.x: { at-least: ^soon }\n", "QL205", 4,
     "`at-least` of `raw.x` takes a number, or", "", ""},
    {"match:\n  title: ^[]\n", "QL207", 2, "`any-of` of `title` has an empty list",
     "nothing can be one of these", ""},
    {"match:\n  title: ^{}\n", "QL207", 2, "the condition of `title` asks nothing", "",
     "exists: true"},
    {"match:\n  title: ^{ case: sensitive }\n", "QL207", 0, "the condition of `title` asks nothing",
     "", ""},
    /* the whole */
    {"match: ^{}\n", "QL207", 2, "`match` has no condition", "hold for every incident", ""},
    {"unless: [^{}]\n", "QL207", 2, "`unless.1` has no condition", "hold for every incident", ""},
    {"where: 'incident.title ==^ '\n", "QL208", 0, "`where` is not a CEL expression", "", ""},
    {"where: ^''\n", "QL208", 2, "`where` takes a CEL expression", "this is empty", ""},
    {"where: ^5\n", "QL208", 1, "`where` takes a CEL expression", "this is of type int", ""},
    {"changed: { severity: ^high }\n", "QL221", 4, "says nothing about a change", "", "`any`"},
    {"changed: { severity: { ^becomes: high } }\n", "QL221", 7, "has no `becomes`", "", "`to`"},
    {"changed: { ^severty: any }\n", "QL202", 7, "unknown field", "", "`severity`"},
    {"changed: { severity: { to: ^hihg } }\n", "QL205", 4, "", "", ""},
    {"changed: { severity: ^{} }\n", "QL221", 2, "says nothing about a change", "", ""},
    {"changed: ^{}\n", "QL207", 2, "`changed` has no condition", "", ""},
    {"types: created\n^changed: { severity: any }\n", "QL220", 7, "an incident that is new",
     "neither `updated` nor `closed`", "`types: updated`"},
    {"^mtach: { title: x }\n", "QL102", 5, "mtach", "", ""},
    {"types: [^opened]\n", "QL104", 0, "types", "", ""},
    {"types: ^[]\n", "QL104", 0, "types", "", ""},
    {"match: ^5\n", "QL104", 0, "match", "", ""},
    {"unless: [^x]\n", "QL104", 0, "unless", "", ""},
};

static bool lacks(const char *what, struct quell_str text, const char *part)
{
    if (str_find(text, quell_str_of(part), 0) != SIZE_MAX)
        return false;
    print_error("%s: `%.*s` lacks `%s`\n", what, QUELL_ARG(text), part);
    return true;
}

/* Whether one of the diagnostics is the expected one. */
static bool fault_fails(const struct fault *fault)
{
    struct arena *arena = arena_new(0);
    struct quell_str marked = quell_str_of(fault->text), text;
    size_t at = str_find(marked, QUELL_STR("^"), 0);
    bool warning = str_is(quell_str_of(fault->code), "QL209"), fails = true;
    struct diag_list diags;
    struct trigger *trigger;

    text = arena_format(arena, "%.*s%.*s", (int)at, marked.data, (int)(marked.len - at - 1),
                        marked.data + at + 1);
    trigger = load_text(arena, text, &diags);
    assert_int_equal(trigger != NULL, warning);
    for (size_t i = 0; i < diags.count && fails; i++) {
        const struct diag *diag = &diags.items[i];
        if (!str_is(quell_str_of(diag->code), fault->code) || diag->place.offset != at)
            continue;
        fails = lacks("message", diag->message, fault->message) ||
                lacks("label", diag->label, fault->label) ||
                lacks("help", diag->help, fault->help) ||
                (fault->len > 0 && diag->place.len != fault->len);
    }
    if (fails) {
        print_error("expected %s at byte %zu, %zu long; said was:\n", fault->code, at, fault->len);
        print_diags(&diags);
    }
    trigger_free(trigger);
    arena_free(arena);
    return fails;
}

static void every_fault_is_said_at_its_place(void **state)
{
    size_t failed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        failed += fault_fails(&faults[i]);
    assert_int_equal(failed, 0);
}

static void many_faults_are_said_in_one_go(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;

    (void)state;
    assert_null(load_text(arena,
                          QUELL_STR("match:\n"
                                    "  titel: x\n"
                                    "  severity: { at-least: hihg }\n"
                                    "  title: { regex: '(', contain: y }\n"
                                    "  tags: []\n"
                                    "unless:\n"
                                    "  - number: 5\n"
                                    "where: '1 +'\n"),
                          &diags));
    assert_int_equal(diags.errors, 7);
    arena_free(arena);
}

static void regexes_of_a_trigger_with_faults_are_freed(void **state)
{
    struct arena *arena = arena_new(0);
    struct diag_list diags;

    (void)state; /* the sanitizers tell when they are not */
    assert_null(
        load_text(arena, QUELL_STR("match: { title: { regex: [a, b, c, '('] } }\n"), &diags));
    assert_int_equal(diags.errors, 1);
    arena_free(arena);
}

static void what_may_be_left_out_may_be_left_out(void **state)
{
    static const char *const good[] = {
        "",
        "types: created\n",
        "types: [created, updated, closed]\n",
        "match: { title: x }\n",
        "unless: { title: x }\n",
        "where: true\n",
        "where: ${{ incident.title == 'x' }}\n",
        "match: { raw: { exists: true }, raw.anything.at.all: 5, alerts.evidence.x: y }\n",
        "match: { 'alerts[0].title': x, 'entities.devices[].id': y }\n",
        "match: { title: lists.x, provider: { any-of: lists.x.y } }\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct arena *arena = arena_new(0);
        struct trigger *trigger = load_good(arena, quell_str_of(good[i]));
        trigger_free(trigger);
        trigger_free(trigger); /* a second time does nothing */
        arena_free(arena);
    }
    trigger_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_is_said_at_its_place),
        cmocka_unit_test(many_faults_are_said_in_one_go),
        cmocka_unit_test(regexes_of_a_trigger_with_faults_are_freed),
        cmocka_unit_test(what_may_be_left_out_may_be_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
