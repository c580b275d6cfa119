/*
 * test_operators.c - the truth table of the operators (tests/data/match/operators.txt): each row as
 * a line of `match` and as an entry of `unless`, with and without a report.
 */
#include "trigger_fixture.h"

static struct quell_value lists_and_config(struct arena *arena)
{
    struct quell_value value =
        json_of(arena, QUELL_STR("{\"lists\": {\"vpn_ranges\": [\"10.0.0.0/8\", \"203.0.113.9\"],"
                                 "\"people\": [\"Alice\", \"bob\"], \"empty\": [],"
                                 "\"odd\": [1, {\"x\": 1}, \"dave\"]},"
                                 "\"config\": {\"vendor\": \"Microsoft Sentinel\", \"number\": 7,"
                                 "\"least\": \"low\", \"age\": \"90m\"}}"));
    struct quell_value config = value_with(arena, quell_get(value, "config"), QUELL_STR("unknown"),
                                           quell_unknown(QUELL_STR("not configured")));
    return value_with(arena, value, QUELL_STR("config"), config);
}

static char letter(enum match_verdict verdict)
{
    switch (verdict) {
    case MATCH_NO:
        return 'n';
    case MATCH_YES:
        return 'y';
    case MATCH_UNDETERMINED:
        break;
    }
    return '?';
}

/* What the trigger must say when its only `unless` entry comes out so. */
static enum match_verdict stopped_by(enum match_verdict entry)
{
    if (entry == MATCH_UNDETERMINED)
        return entry;
    return entry == MATCH_YES ? MATCH_NO : MATCH_YES;
}

struct row {
    struct quell_str condition, incident, in_match, in_unless;
    size_t number;
};

static bool wrong(const struct row *row, const char *where, char expected, char got)
{
    if (expected == got)
        return false;
    print_error("line %zu, %s: `%.*s` of %.*s: expected %c, got %c\n", row->number, where,
                QUELL_ARG(row->condition), QUELL_ARG(row->incident), expected, got);
    return true;
}

/* Judges twice, and checks that a report changes nothing and tells the same. */
static enum match_verdict judge(struct arena *arena, const struct trigger *trigger,
                                struct quell_value incident, enum match_verdict *line)
{
    struct cel_scope scope = {lists_and_config(arena), NULL};
    struct match_report report;
    enum match_verdict quick, told;

    quick = trigger_test(trigger, incident, QUELL_STR(""), &scope, NULL, NULL);
    told = trigger_test(trigger, incident, QUELL_STR(""), &scope, arena, &report);
    assert_int_equal(quick, told);
    assert_int_equal(report.count, 2);
    assert_true(report.lines[1].evaluated);
    assert_int_equal(report.decided_by, told == MATCH_YES ? 2 : 1);
    assert_int_equal(report.lines[1].decides, told != MATCH_YES);
    assert_true(report.lines[1].condition.len > 0);
    assert_int_equal(report.lines[1].verdict == MATCH_UNDETERMINED, report.lines[1].why.len > 0);
    *line = report.lines[1].verdict;
    return told;
}

static bool row_fails(const struct row *row)
{
    struct arena *arena = arena_new(0);
    struct quell_value incident = json_of(arena, row->incident);
    enum match_verdict line, whole;
    struct trigger *trigger;
    bool fails;

    trigger = load_good(arena, arena_format(arena, "match:\n  %.*s\n", QUELL_ARG(row->condition)));
    whole = judge(arena, trigger, incident, &line);
    assert_int_equal(whole, line);
    fails = wrong(row, "match", row->in_match.data[0], letter(line));
    trigger_free(trigger);

    trigger =
        load_good(arena, arena_format(arena, "unless:\n  - %.*s\n", QUELL_ARG(row->condition)));
    whole = judge(arena, trigger, incident, &line);
    assert_int_equal(whole, stopped_by(line));
    fails |= wrong(row, "unless", row->in_unless.data[0], letter(line));
    trigger_free(trigger);
    arena_free(arena);
    return fails;
}

/* Cuts at the next ` ## `. */
static struct quell_str column(struct quell_str *rest)
{
    size_t at = str_find(*rest, QUELL_STR(" ## "), 0);
    struct quell_str cut = str_slice(*rest, 0, at == SIZE_MAX ? rest->len : at);
    *rest = at == SIZE_MAX ? (struct quell_str){"", 0} : str_slice(*rest, at + 4, rest->len);
    return str_trim(cut);
}

static struct quell_str read_table(struct arena *arena)
{
    char *text = arena_alloc(arena, LIMIT_DOCUMENT_BYTES);
    FILE *file = fopen(QUELL_SOURCE_DIR "/tests/data/match/operators.txt", "rb");
    size_t len;

    assert_non_null(file);
    len = fread(text, 1, LIMIT_DOCUMENT_BYTES, file);
    (void)fclose(file);
    return (struct quell_str){text, len};
}

static void every_row_comes_out_as_written(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_str line, rest = read_table(arena);
    size_t count = 0, failed = 0, number = 0;
    bool more = true;

    (void)state;
    while (more) {
        more = str_cut(rest, '\n', &line, &rest);
        number++;
        if (line.len == 0 || line.data[0] == '#')
            continue;
        struct row row = {.number = number};
        row.condition = column(&line);
        row.incident = column(&line);
        row.in_match = column(&line);
        row.in_unless = column(&line);
        assert_int_equal(row.in_match.len, 1);
        assert_int_equal(row.in_unless.len, 1);
        failed += row_fails(&row);
        count++;
    }
    print_message("%zu rows, each in match and in unless\n", count);
    assert_int_equal(failed, 0);
    assert_true(count >= 200);
    arena_free(arena);
}

/* The table's own examples load, and each operator has its texts. */
static void every_operator_has_an_example_that_loads(void **state)
{
    size_t count;
    const struct match_operator_info *infos = match_operators(&count);

    (void)state;
    assert_true(count >= 18);
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(0);
        assert_true(strlen(infos[i].doc) > 10);
        trigger_free(load_good(arena, arena_format(arena, "match:\n  %s\n", infos[i].example)));
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_comes_out_as_written),
        cmocka_unit_test(every_operator_has_an_example_that_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
