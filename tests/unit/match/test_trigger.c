/*
 * test_trigger.c - the verdict of whole triggers: the order of deciding, and the lines that explain
 * shows.
 */
#include "base/memory.h"
#include "trigger_fixture.h"

/* Judges and writes the report as text, one line each: `* where: condition = verdict (seen) why`.
 * `*` decides, `-` was not evaluated. */
static struct quell_str told(struct arena *arena, const char *trigger_text, const char *incident,
                             const char *event, enum match_verdict *verdict)
{
    struct trigger *trigger = load_good(arena, quell_str_of(trigger_text));
    struct quell_value value = json_of(arena, quell_str_of(incident));
    struct quell_value vars =
        json_of(arena, QUELL_STR("{\"lists\": {\"vips\": [\"alice\"]}, \"config\": {}}"));
    struct cel_scope scope = {vars, NULL};
    struct match_report report;
    struct buf out = {0};
    struct quell_str text;

    *verdict = trigger_test(trigger, value, quell_str_of(event), &scope, arena, &report);
    assert_int_equal(*verdict,
                     trigger_test(trigger, value, quell_str_of(event), &scope, arena, NULL));
    for (size_t i = 0; i < report.count; i++) {
        const struct match_line *line = &report.lines[i];
        assert_int_equal(line->decides, report.decided_by == i);
        buf_add_text(&out, line->decides ? "* " : line->evaluated ? "  " : "- ");
        buf_add_format(&out, "%.*s: %.*s", QUELL_ARG(line->where), QUELL_ARG(line->condition));
        if (line->evaluated) {
            buf_add_format(&out, " = %s ", match_verdict_name(line->verdict));
            json_write(&out, line->seen, JSON_COMPACT);
        }
        if (line->why.len > 0)
            buf_add_format(&out, " (%.*s)", QUELL_ARG(line->why));
        buf_add_char(&out, '\n');
    }
    text = arena_str(arena, buf_str(&out));
    buf_free(&out);
    trigger_free(trigger);
    return text;
}

static const char full[] = "types: [created, closed]\n"
                           "match:\n"
                           "  provider: [Microsoft Sentinel, Microsoft Defender XDR]\n"
                           "  severity: { at-least: medium }\n"
                           "  title: { regex: '\\b(malware|ransom\\w*)\\b' }\n"
                           "  entities.devices.id: { exists: true }\n"
                           "unless:\n"
                           "  - title: { contains: eicar }\n"
                           "  - tags: { any-of: [pentest, drill] }\n"
                           "    owner.name: lists.vips\n"
                           "where: incident.alerts.exists(a, a.status != 'resolved')\n";

static const char incident[] =
    "{\"provider\": \"Microsoft Sentinel\", \"severity\": \"high\","
    "\"title\": \"Malware on ws-1\", \"tags\": [\"x\", \"y\", \"drill\"],"
    "\"owner\": {\"name\": \"bob\"}, \"entities\": {\"devices\": [{\"id\": \"d-1\"}]},"
    "\"alerts\": [{\"status\": \"new\"}]}";

static const struct {
    const char *trigger, *incident, *event;
    enum match_verdict verdict;
    const char *lines;
} rows[] = {
    {full, incident, "created", MATCH_YES,
     "  types: event is created or closed = match \"created\"\n"
     "  match.provider: provider any-of [Microsoft Sentinel, Microsoft Defender XDR] = match "
     "\"Microsoft Sentinel\"\n"
     "  match.severity: severity at-least medium = match \"high\"\n"
     "  match.title: title regex \\b(malware|ransom\\w*)\\b = match \"Malware on ws-1\"\n"
     "  match.entities.devices.id: entities.devices.id exists = match \"d-1\"\n"
     "  unless.1: title contains eicar = no match \"Malware on ws-1\"\n"
     "  unless.2: tags any-of [pentest, drill] and owner.name equals lists.vips = no match "
     "\"bob\"\n"
     "  unless.2.tags: tags any-of [pentest, drill] = match \"drill\"\n"
     "  unless.2.owner.name: owner.name equals lists.vips = no match \"bob\"\n"
     "  where: incident.alerts.exists(a, a.status != 'resolved') = match true\n"},
    /* types says no: nothing else is asked */
    {"match: { title: x }\nunless: [{ title: y, tags: z }]\nwhere: 'true'\n", "{}", "updated",
     MATCH_NO,
     "* types: event is created = no match \"updated\"\n"
     "- match.title: title equals x\n"
     "- unless.1: title equals y and tags equals z\n"
     "- unless.1.title: title equals y\n"
     "- unless.1.tags: tags equals z\n"
     "- where: true\n"},
    /* without an event, types is not judged */
    {"match: { title: x }\n", "{\"title\": \"x\"}", "", MATCH_YES,
     "- types: event is created (no event was given)\n"
     "  match.title: title equals x = match \"x\"\n"},
    /* the first no ends it */
    {"match: { title: x, provider: y }\n", "{\"title\": \"z\", \"provider\": \"y\"}", "created",
     MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "* match.title: title equals x = no match \"z\"\n"
     "- match.provider: provider equals y\n"},
    /* undetermined is remembered, a later no outweighs it */
    {"match: { title: { not: x }, provider: y }\n", "{\"provider\": \"z\"}", "created", MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "  match.title: not (title equals x) = undetermined null (field is absent)\n"
     "* match.provider: provider equals y = no match \"z\"\n"},
    {"match: { title: { not: x }, provider: y }\nwhere: 'false'\n", "{\"provider\": \"y\"}",
     "created", MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "  match.title: not (title equals x) = undetermined null (field is absent)\n"
     "  match.provider: provider equals y = match \"y\"\n"
     "* where: false = no match false\n"},
    /* else the first undetermined decides */
    {"match: { title: { not: x }, provider: { none-of: [q] } }\n", "{}", "created",
     MATCH_UNDETERMINED,
     "  types: event is created = match \"created\"\n"
     "* match.title: not (title equals x) = undetermined null (field is absent)\n"
     "  match.provider: provider none-of q = undetermined null (field is absent)\n"},
    /* an entry of unless that holds, one that is undetermined, one that does not hold */
    {"unless: [{ tags: drill }]\n", "{\"tags\": [\"drill\"]}", "created", MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "* unless.1: tags equals drill = match \"drill\"\n"},
    {"unless: [{ title: drill }, { tags: drill }]\n", "{\"tags\": [\"drill\"]}", "created",
     MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "  unless.1: title equals drill = undetermined null (field is absent)\n"
     "* unless.2: tags equals drill = match \"drill\"\n"},
    {"unless: [{ title: drill }]\n", "{}", "created", MATCH_UNDETERMINED,
     "  types: event is created = match \"created\"\n"
     "* unless.1: title equals drill = undetermined null (field is absent)\n"},
    {"unless: [{ title: drill, tags: x }]\n", "{\"tags\": []}", "created", MATCH_YES,
     "  types: event is created = match \"created\"\n"
     "  unless.1: title equals drill and tags equals x = no match []\n"
     "  unless.1.title: title equals drill = undetermined null (field is absent)\n"
     "  unless.1.tags: tags equals x = no match []\n"},
    /* where: what is no bool, and what cannot be evaluated */
    {"where: incident.title\n", "{\"title\": \"x\"}", "created", MATCH_UNDETERMINED,
     "  types: event is created = match \"created\"\n"
     "* where: incident.title = undetermined \"x\" (the result is not true or false)\n"},
    {"where: lists.vips.size() == 1 && config.x\n", "{}", "created", MATCH_UNDETERMINED, NULL},
    /* what is seen: at most five values, maps by name, long texts cut */
    {"match: { tags: q }\n", "{\"tags\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]}", "created",
     MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "* match.tags: tags equals q = no match [\"a\",\"b\",\"c\",\"d\",\"e\",\"and 2 more\"]\n"},
    {"match: { entities.devices: q }\n",
     "{\"entities\": {\"devices\": [{\"name\": \"ws-1\", \"raw\": {}}, {\"x\": 1, \"y\": 2}]}}",
     "created", MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "* match.entities.devices: entities.devices equals q = no match [\"ws-1\",\"{2 fields}\"]\n"},
    {"match: { title: { regex: '^(a+)+$' } }\n",
     "{\"title\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}", "created",
     MATCH_UNDETERMINED,
     "  types: event is created = match \"created\"\n"
     "* match.title: title regex ^(a+)+$ = undetermined "
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\" (match limit reached)\n"},
    {"match: { title: { any-of: lists.none } }\n", "{\"title\": \"x\"}", "created",
     MATCH_UNDETERMINED,
     "  types: event is created = match \"created\"\n"
     "* match.title: title any-of lists.none = undetermined \"x\" (`lists.none` is not known "
     "here)\n"},
    {"match: { title: { exists: false }, owner: { empty: true }, url: { empty: false } }\n", "{}",
     "created", MATCH_NO,
     "  types: event is created = match \"created\"\n"
     "  match.title: title does not exist = match null\n"
     "  match.owner: owner is empty = match null\n"
     "* match.url: url is not empty = no match null\n"},
    {"match: { title: { starts-with: a, not: { contains: [b, c], case: sensitive } } }\n",
     "{\"title\": \"A C\"}", "created", MATCH_YES,
     "  types: event is created = match \"created\"\n"
     "  match.title: title starts-with a and not (title contains [b, c] (case: sensitive)) = match "
     "\"A C\"\n"},
};

static void triggers_decide_and_tell(void **state)
{
    size_t failed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena *arena = arena_new(0);
        enum match_verdict verdict;
        struct quell_str lines =
            told(arena, rows[i].trigger, rows[i].incident, rows[i].event, &verdict);
        if (verdict != rows[i].verdict || (rows[i].lines && !str_is(lines, rows[i].lines))) {
            print_error("row %zu: expected %s\n%sgot %s\n%.*s\n", i,
                        match_verdict_name(rows[i].verdict), rows[i].lines ? rows[i].lines : "",
                        match_verdict_name(verdict), QUELL_ARG(lines));
            failed++;
        }
        arena_free(arena);
    }
    assert_int_equal(failed, 0);
}

/* Places point at the lines in the playbook. */
static void lines_know_their_place(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = quell_str_of(full);
    struct trigger *trigger = load_good(arena, text);
    struct quell_value value = json_of(arena, quell_str_of(incident));
    struct match_report report;
    struct place place = {0, 0};
    static const char *const starts[] = {"types",      "provider",          "severity", "title",
                                         "entities",   "title: { contains", "tags",     "tags",
                                         "owner.name", "incident."};

    (void)state;
    (void)trigger_test(trigger, value, QUELL_STR("created"), NULL, arena, &report);
    assert_int_equal(report.count, sizeof starts / sizeof starts[0]);
    for (size_t i = 0; i < report.count; i++)
        assert_true(str_starts(str_slice(text, report.lines[i].place.offset, text.len),
                               quell_str_of(starts[i])));
    assert_non_null(trigger_where(trigger, &place));
    assert_true(str_starts(str_slice(text, place.offset, text.len), QUELL_STR("incident.alerts")));
    trigger_free(trigger);
    arena_free(arena);
}

static void without_where_there_is_no_expression(void **state)
{
    struct arena *arena = arena_new(0);
    struct trigger *trigger = load_good(arena, QUELL_STR("types: created\n"));
    struct place place = {7, 7};

    (void)state;
    assert_null(trigger_where(trigger, &place));
    assert_int_equal(place.offset, 7);
    trigger_free(trigger);
    arena_free(arena);
}

/* The way that most incidents go: not a byte is allocated, and no arena is needed. */
static void no_match_allocates_nothing(void **state)
{
    struct arena *arena = arena_new(0), *scratch = arena_new(0);
    struct trigger *trigger = load_good(arena, quell_str_of(full));
    struct quell_value value = json_of(arena, quell_str_of(incident));
    struct quell_value other =
        value_with(arena, value, QUELL_STR("title"), quell_text("Phish in the inbox of Alice"));
    size_t before = arena_used(scratch);

    (void)state;
    assert_int_equal(trigger_test(trigger, other, QUELL_STR("created"), NULL, scratch, NULL),
                     MATCH_NO);
    assert_int_equal(arena_used(scratch), before);
    assert_int_equal(trigger_test(trigger, other, QUELL_STR("created"), NULL, NULL, NULL),
                     MATCH_NO);
    trigger_free(trigger);
    arena_free(scratch);
    arena_free(arena);
}

/* A thousand elements are looked at; what lies behind them is not known. */
static void more_elements_than_the_limit_are_undetermined(void **state)
{
    struct arena *arena = arena_new(0);
    struct trigger *some = load_good(arena, QUELL_STR("match: { raw.x: needle }\n"));
    struct trigger *none = load_good(arena, QUELL_STR("match: { raw.x: { none-of: needle } }\n"));
    struct list_builder list = {.arena = arena};
    struct map_builder raw = {.arena = arena}, top = {.arena = arena};
    struct quell_value value;

    (void)state;
    for (size_t i = 0; i < LIMIT_MATCH_ELEMENTS; i++)
        list_add(&list, quell_text("hay"));
    for (size_t i = 0; i < 2; i++) {
        raw.count = top.count = 0;
        map_add(&raw, "x", list_made(&list));
        map_add(&top, "raw", map_made(&raw));
        value = map_made(&top);
        assert_int_equal(trigger_test(some, value, QUELL_STR(""), NULL, NULL, NULL),
                         i ? MATCH_UNDETERMINED : MATCH_NO);
        assert_int_equal(trigger_test(none, value, QUELL_STR(""), NULL, NULL, NULL),
                         i ? MATCH_UNDETERMINED : MATCH_YES);
        list_add(&list, quell_text("needle"));
    }
    trigger_free(some);
    trigger_free(none);
    arena_free(arena);
}

/* A field above the cap is undetermined for a regex, and long texts are cut between characters. */
static void a_giant_field_is_undetermined_and_shown_short(void **state)
{
    struct arena *arena = arena_new(0);
    struct trigger *trigger = load_good(arena, QUELL_STR("match: { title: { regex: x } }\n"));
    size_t len = LIMIT_MATCH_FIELD_BYTES + 2;
    char *text = memory_new(len);
    struct match_report report;
    struct map_builder top = {.arena = arena};

    (void)state;
    text[0] = 'a'; /* so that byte 200 is in the middle of a character */
    for (size_t i = 1; i + 1 < len; i += 2)
        memcpy(text + i, "\xC3\xA4", 2);
    text[len - 1] = 'd';
    map_add(&top, "title", quell_string((struct quell_str){text, len}));
    assert_int_equal(trigger_test(trigger, map_made(&top), QUELL_STR(""), NULL, arena, &report),
                     MATCH_UNDETERMINED);
    assert_true(str_is(report.lines[1].why, "value is too long for a regex"));
    assert_int_equal(report.lines[1].seen.len, 199 + 3); /* and an ellipsis */
    memory_free(text);
    trigger_free(trigger);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(triggers_decide_and_tell),
        cmocka_unit_test(lines_know_their_place),
        cmocka_unit_test(without_where_there_is_no_expression),
        cmocka_unit_test(no_match_allocates_nothing),
        cmocka_unit_test(more_elements_than_the_limit_are_undetermined),
        cmocka_unit_test(a_giant_field_is_undetermined_and_shown_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
