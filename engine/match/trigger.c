/*
 * trigger.c - the verdict of a whole trigger, and the report that `explain` shows.
 *
 * One order for both: types, the lines of `match`, the entries of `unless`, `changed`, `where`. The
 * first "no" decides; an undetermined line is remembered and decides when nothing says no. Without
 * a report nothing is allocated but what `where` needs.
 */
#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/cel.h"
#include "match/changed.h"
#include "value/value.h"

enum {
    SEEN_BYTES = 200, /* of a text that is shown */
    SEEN_ITEMS = 5    /* elements that are shown */
};

const char *match_subject_name(enum match_subject subject)
{
    switch (subject) {
    case MATCH_INCIDENT:
        return "incident";
    case MATCH_ALERT:
        return "alert";
    case MATCH_EVENT:
        return "event";
    }
    return "event";
}

const char *match_verdict_name(enum match_verdict verdict)
{
    switch (verdict) {
    case MATCH_NO:
        return "no match";
    case MATCH_YES:
        return "match";
    case MATCH_UNDETERMINED:
        return "undetermined";
    }
    return "undetermined";
}

/* ---- what is shown ----------------------------------------------------------------------------
 */

static const char *why_text(enum why why)
{
    switch (why) {
    case WHY_NOTHING:
        return "";
    case WHY_ABSENT:
        return "field is absent";
    case WHY_MISMATCH:
        return "value is of another type";
    case WHY_LIMIT:
        return "match limit reached";
    case WHY_LONG:
        return "value is too long for a regex";
    case WHY_ELEMENTS:
        return "too many elements";
    case WHY_WORD:
        return "value is none of the known words";
    case WHY_ADDRESS:
        return "value is not an IP address";
    case WHY_REFERENCE:
        return "is not known here";
    case WHY_ENTRY:
        return "an entry of the list is of another type";
    case WHY_CLOCK:
        return "`received_at` of the incident is absent";
    }
    return "";
}

static struct quell_value shown(struct arena *arena, struct quell_value value)
{
    struct quell_value name;

    if (quell_is(value, QUELL_STRING)) {
        value = quell_string(text_cut(arena, quell_str(value), SEEN_BYTES));
    } else if (quell_is(value, QUELL_MAP)) {
        if (quell_find(value, QUELL_STR("name"), &name) && quell_is(name, QUELL_STRING))
            return shown(arena, name);
        return quell_string(arena_format(arena, "{%u fields}", (unsigned)value.len));
    } else if (quell_is(value, QUELL_LIST)) {
        return quell_string(arena_format(arena, "[%u items]", (unsigned)value.len));
    }
    return value;
}

struct gallery {
    struct arena *arena;
    struct quell_value *items;
    size_t count, all;
};

static bool hang(struct quell_value found, void *user)
{
    struct gallery *gallery = user;
    if (gallery->count < SEEN_ITEMS)
        gallery->items[gallery->count++] = shown(gallery->arena, found);
    gallery->all++;
    return true;
}

/* The value the line looked at: the element that decided, or what the path reaches. */
static struct quell_value seen_of(struct arena *arena, const struct condition *condition,
                                  const struct outcome *outcome, struct quell_value incident)
{
    struct gallery gallery = {.arena = arena};
    struct walk walk = {.each = hang, .user = &gallery, .flatten = true};

    if (outcome->has_seen)
        return shown(arena, outcome->seen);
    gallery.items = arena_array(arena, struct quell_value, SEEN_ITEMS + 1);
    walk_path(&walk, &condition->path, incident);
    if (gallery.all == 0)
        return walk.absent || walk.mismatch ? quell_null() : quell_list(gallery.items, 0);
    if (gallery.all == 1)
        return gallery.items[0];
    if (gallery.all > gallery.count)
        gallery.items[gallery.count++] =
            quell_string(arena_format(arena, "and %zu more", gallery.all - SEEN_ITEMS));
    return quell_list(gallery.items, gallery.count);
}

static struct quell_str why_of(struct arena *arena, const struct outcome *outcome)
{
    if (outcome->why == WHY_REFERENCE && outcome->test && outcome->test->reference)
        return arena_format(arena, "`%.*s` is not known here",
                            QUELL_ARG(outcome->test->reference->text));
    return quell_str_of(why_text(outcome->why));
}

/* ---- the course of a judgement ----------------------------------------------------------------
 */

struct course {
    const struct trigger *trigger;
    struct judge judge;
    struct arena *arena;
    struct match_report *report; /* or NULL */
    enum match_verdict verdict;
    size_t lines, decided_by; /* lines so far; the deciding one, or SIZE_MAX */
};

static size_t count_lines(const struct trigger *trigger)
{
    size_t i, count = 1 + trigger->match_count + trigger->changed_count + (trigger->where ? 1 : 0);
    for (i = 0; i < trigger->unless_count; i++)
        count += trigger->unless[i].count > 1 ? 1 + trigger->unless[i].count : 1;
    return count;
}

static bool over(const struct course *course)
{
    return course->verdict == MATCH_NO;
}

/* A new line of the report, or NULL when none is asked for. */
static struct match_line *line_new(struct course *course, struct quell_str where,
                                   struct place place, struct quell_str condition)
{
    struct match_line *line;

    course->lines++;
    if (!course->report)
        return NULL;
    line = &course->report->lines[course->lines - 1];
    *line = (struct match_line){.where = where, .place = place, .condition = condition};
    return line;
}

/* `good`: whether the line, as it came out, lets the trigger match. */
static void weigh(struct course *course, enum match_verdict good, size_t line)
{
    if (good == MATCH_NO || (good == MATCH_UNDETERMINED && course->verdict == MATCH_YES)) {
        course->verdict = good;
        course->decided_by = line;
    }
}

static void judge_types(struct course *course, struct quell_str event)
{
    const struct trigger *trigger = course->trigger;
    struct match_line *line =
        line_new(course, QUELL_STR("types"), trigger->types_place, trigger->types_text);
    bool holds = false;
    size_t i;

    for (i = 0; trigger_types[i]; i++)
        holds |= (trigger->types & (1U << i)) && str_is(event, trigger_types[i]);
    if (line) {
        line->evaluated = event.len > 0;
        line->verdict = holds || event.len == 0 ? MATCH_YES : MATCH_NO;
        line->seen = event.len > 0 ? quell_string(event) : quell_null();
        line->why = event.len > 0 ? (struct quell_str){"", 0} : QUELL_STR("no event was given");
    }
    if (event.len > 0)
        weigh(course, holds ? MATCH_YES : MATCH_NO, course->lines - 1);
}

/* The field in both versions, as people see it. */
static struct quell_value shown_change(struct arena *arena, const struct change *change,
                                       struct quell_value before, struct quell_value now)
{
    struct condition field = {.path = change->path};
    struct outcome nothing = {0};
    struct map_builder map = {.arena = arena};

    map_add(&map, "before", seen_of(arena, &field, &nothing, before));
    map_add(&map, "now", seen_of(arena, &field, &nothing, now));
    return map_made(&map);
}

static void judge_change(struct course *course, const struct change *change,
                         const struct match_event *event)
{
    struct match_line *line = line_new(course, change->where, change->place, change->text);
    bool created = event->type.len == 0 || str_is(event->type, "created");
    enum match_verdict holds = MATCH_UNDETERMINED;

    if (created || over(course)) {
        if (line && created)
            line->why = event->type.len ? QUELL_STR("only an update changes something")
                                        : QUELL_STR("no event was given");
        if (line)
            line->verdict = MATCH_YES;
        return;
    }
    if (!quell_is_null(event->before))
        holds = changed_judge(change, event->before, &course->judge, course->arena);
    if (line) {
        line->evaluated = true;
        line->verdict = holds;
        line->seen = quell_is_null(event->before)
                         ? quell_null()
                         : shown_change(course->arena, change, event->before, event->subject);
        if (quell_is_null(event->before))
            line->why = QUELL_STR("the version before is not known");
    }
    weigh(course, holds, course->lines - 1);
}

static void judge_changed(struct course *course, const struct match_event *event)
{
    size_t i;

    for (i = 0; i < course->trigger->changed_count; i++) {
        if (over(course) && !course->report)
            return;
        judge_change(course, &course->trigger->changed[i], event);
    }
}

static enum match_verdict judge_condition(struct course *course, const struct condition *condition,
                                          struct match_line *line)
{
    struct outcome outcome = condition_judge(condition, &course->judge);
    if (line) {
        line->evaluated = true;
        line->verdict = outcome.verdict;
        line->seen = seen_of(course->arena, condition, &outcome, course->judge.incident);
        line->why = why_of(course->arena, &outcome);
    }
    return outcome.verdict;
}

static void judge_match(struct course *course)
{
    const struct trigger *trigger = course->trigger;
    size_t i;

    for (i = 0; i < trigger->match_count; i++) {
        const struct condition *condition = &trigger->match[i];
        struct match_line *line;
        if (over(course) && !course->report)
            return;
        line = line_new(course, condition->where, condition->place, condition->text);
        if (!over(course))
            weigh(course, judge_condition(course, condition, line), course->lines - 1);
    }
}

/* All conditions of an entry; the first "no" ends it. */
static enum match_verdict judge_entry(struct course *course, const struct unless_entry *entry,
                                      struct match_line *line)
{
    enum match_verdict sum = MATCH_YES, one;
    struct match_line *own = line;
    size_t i;

    for (i = 0; i < entry->count; i++) {
        const struct condition *condition = &entry->conditions[i];
        if (entry->count > 1)
            own = line_new(course, condition->where, condition->place, condition->text);
        if (sum == MATCH_NO)
            continue;
        one = judge_condition(course, condition, own);
        if (one == MATCH_NO || sum == MATCH_YES) {
            sum = one;
            if (line && own && line != own) {
                line->seen = own->seen;
                line->why = own->why;
            }
        }
    }
    return sum;
}

static void skip_entry(struct course *course, const struct unless_entry *entry)
{
    size_t i;
    for (i = 0; entry->count > 1 && i < entry->count; i++)
        (void)line_new(course, entry->conditions[i].where, entry->conditions[i].place,
                       entry->conditions[i].text); /* shown as not evaluated */
}

static void judge_unless(struct course *course)
{
    static const enum match_verdict good[] = {
        [MATCH_NO] = MATCH_YES, [MATCH_YES] = MATCH_NO, [MATCH_UNDETERMINED] = MATCH_UNDETERMINED};
    const struct trigger *trigger = course->trigger;
    size_t i, at;

    course->judge.guard = true;
    for (i = 0; i < trigger->unless_count; i++) {
        const struct unless_entry *entry = &trigger->unless[i];
        struct match_line *line;
        if (over(course) && !course->report)
            return;
        line = line_new(course, entry->where, entry->place, entry->text);
        at = course->lines - 1;
        if (over(course)) {
            skip_entry(course, entry);
            continue;
        }
        enum match_verdict holds = judge_entry(course, entry, line);
        if (line) {
            line->evaluated = true;
            line->verdict = holds;
        }
        weigh(course, good[holds], at);
    }
}

static enum match_verdict evaluate(const struct course *course, struct quell_value *seen,
                                   struct quell_str *why)
{
    struct quell_pair pair = {quell_text(match_subject_name(course->trigger->subject)),
                              course->judge.incident};
    struct cel_scope scope = {quell_map(&pair, 1), course->judge.scope};
    struct cel_fault fault = {0};

    if (cel_eval(course->trigger->where, &scope, course->arena, seen, &fault)) {
        *why = course->report ? arena_format(course->arena, "%s", fault.message)
                              : (struct quell_str){"", 0};
        return MATCH_UNDETERMINED;
    }
    if (quell_is(*seen, QUELL_BOOL))
        return seen->as.boolean ? MATCH_YES : MATCH_NO;
    *why = quell_is(*seen, QUELL_UNKNOWN) ? QUELL_STR("what it asks for is not known here")
                                          : QUELL_STR("the result is not true or false");
    return MATCH_UNDETERMINED;
}

static void judge_where(struct course *course)
{
    const struct trigger *trigger = course->trigger;
    struct quell_value seen = quell_null();
    struct quell_str why = {"", 0};
    struct match_line *line;
    enum match_verdict holds;

    if (!trigger->where || (over(course) && !course->report))
        return;
    line = line_new(course, QUELL_STR("where"), trigger->where_place, trigger->where_text);
    if (over(course))
        return;
    holds = evaluate(course, &seen, &why);
    if (line) {
        line->evaluated = true;
        line->verdict = holds;
        line->seen = shown(course->arena, seen);
        line->why = why;
    }
    weigh(course, holds, course->lines - 1);
}

enum match_verdict trigger_judge(const struct trigger *trigger, const struct match_event *event,
                                 const struct cel_scope *scope, struct arena *arena,
                                 struct match_report *report)
{
    struct course course = {
        .trigger = trigger,
        .judge = {.incident = event->subject, .now = event->now, .scope = scope},
        .arena = arena,
        .report = report,
        .verdict = MATCH_YES,
        .decided_by = SIZE_MAX};
    size_t count = report ? count_lines(trigger) : 0;

    if (report)
        *report = (struct match_report){.lines = arena_array(arena, struct match_line, count),
                                        .count = count,
                                        .decided_by = count};
    judge_types(&course, event->type);
    judge_match(&course);
    judge_unless(&course);
    course.judge.guard = false;
    judge_changed(&course, event);
    judge_where(&course);
    if (report && course.decided_by < count) {
        report->decided_by = course.decided_by;
        report->lines[course.decided_by].decides = true;
    }
    return course.verdict;
}

enum match_verdict trigger_test(const struct trigger *trigger, struct quell_value incident,
                                struct quell_str event, const struct cel_scope *scope,
                                struct arena *arena, struct match_report *report)
{
    struct match_event happened = {.type = event, .subject = incident};

    return trigger_judge(trigger, &happened, scope, arena, report);
}
