/*
 * why.c - `quell why`: asks each row of why.def of a run and of its steps that wait. Reads the
 * store only, so that it is told the same beside a serving engine and without one.
 */
#include "core/why.h"

#include <stdarg.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "journal/event.h"

static const struct why_kind kinds[] = {
#define WHY_RUN(name, doc) {#name, doc, NULL, NULL, why_run_##name},
#define WHY_STEP(name, word, doc) {#name, doc, word, why_step_##name, NULL},
#include "core/why.def"
#undef WHY_RUN
#undef WHY_STEP
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

/* ---- for the rows ------------------------------------------------------------------------------
 */

static void add_format(struct why *why, struct map_builder *entry, const char *key,
                       const char *format, va_list args)
{
    map_add(entry, key, quell_string(arena_format_list(why->arena, format, args)));
}

void why_text(struct why *why, struct map_builder *entry, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_format(why, entry, "text", format, args);
    va_end(args);
}

void why_then(struct why *why, struct map_builder *entry, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_format(why, entry, "then", format, args);
    va_end(args);
}

void why_until(struct map_builder *entry, int64_t until_us)
{
    if (until_us > 0 && until_us != INT64_MAX)
        map_add(entry, "until", value_time_us(until_us));
}

/* `%r` of a format is the run, `%s` the step. */
static struct quell_value command_of(struct why *why, const char *format, struct quell_str step)
{
    struct quell_str run = why->row->id, text = QUELL_STR("");
    const char *at = format;

    for (; *at; at++) {
        struct quell_str more = {at, 1};
        if (at[0] == '%' && at[1] == 'r')
            more = run;
        else if (at[0] == '%' && at[1] == 's')
            more = step;
        at += more.data != at;
        text = arena_format(why->arena, "%.*s%.*s", QUELL_ARG(text), QUELL_ARG(more));
    }
    return quell_string(text);
}

void why_commands(struct why *why, struct map_builder *entry, const char *const *formats,
                  struct quell_str step)
{
    struct list_builder list = {.arena = why->arena};

    for (; *formats; formats++)
        list_add(&list, command_of(why, *formats, step));
    map_add(entry, "commands", list_made(&list));
}

struct quell_str why_names(struct arena *arena, struct quell_value list, const char *none)
{
    struct quell_str text = quell_str_of(none);
    size_t i, count = quell_count(list);

    for (i = 0; i < count; i++) {
        struct quell_str name = quell_str(quell_at(list, i));
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " or ";
        text = arena_format(arena, "%.*s%s%.*s", i ? (int)text.len : 0, text.data, before,
                            QUELL_ARG(name));
    }
    return text;
}

const struct why_last *why_last(const struct why *why, struct quell_str path)
{
    const struct why_last *last;

    for (last = why->last; last; last = last->next)
        if (quell_str_equal(last->path, path))
            return last;
    return NULL;
}

/* ---- the journal -------------------------------------------------------------------------------
 */

static bool note_event(const struct store_event *row, void *user)
{
    struct why *why = user;
    struct arena *scratch = arena_new(0);
    struct quell_error ignored;
    struct event event;
    struct why_last *last;

    if (event_read(scratch, row->body, &event, &ignored) == QUELL_OK)
        for (last = why->last; last; last = last->next) {
            if (!quell_str_equal(last->path, event.path))
                continue;
            if (event.kind == EVENT_CALL_SCHEDULED)
                last->scheduled_us = event.at_us;
            last->event = event;
            last->event.path = last->path;
            last->event.data = value_copy(why->arena, event.data);
        }
    arena_free(scratch);
    return true;
}

static void look_at_path(struct why *why, struct quell_str path)
{
    struct why_last *last = arena_one(why->arena, struct why_last);

    last->path = path;
    last->next = why->last;
    why->last = last;
}

struct waiting {
    struct why *why;
    struct run_step *steps;
    size_t count, more;
};

static void find_waiting(const struct run_step *step, void *user)
{
    struct waiting *waiting = user;

    if (step->waits.len == 0)
        return;
    if (waiting->count == LIMIT_WAITS_SHOWN) {
        waiting->more++;
        return;
    }
    waiting->steps[waiting->count++] = *step;
    look_at_path(waiting->why, step->path);
}

/* ---- entries -----------------------------------------------------------------------------------
 */

static void add_entry(struct why *why, const struct why_kind *kind, struct map_builder *said,
                      struct quell_str path)
{
    const struct why_last *last = why_last(why, path);
    struct quell_value text = map_made(said);
    struct map_builder entry = {.arena = why->arena};
    size_t i;

    map_add(&entry, "what", quell_text(kind->what));
    map_add(&entry, "step", quell_string(path));
    if (last && last->event.seq)
        map_add(&entry, "since", value_time_us(last->event.at_us));
    for (i = 0; i < quell_count(text); i++)
        map_add_key(&entry, text.as.pairs[i].key, text.as.pairs[i].value);
    list_add(&why->entries, map_made(&entry));
}

static void ask_of_step(struct why *why, const struct run_step *step)
{
    size_t i;

    for (i = 0; i < KINDS; i++) {
        struct map_builder entry = {.arena = why->arena};
        if (!kinds[i].of_step || !str_is(step->waits, kinds[i].word) ||
            !kinds[i].of_step(why, step, &entry))
            continue;
        add_entry(why, &kinds[i], &entry, step->path);
        return;
    }
}

/* What is true of the run stands first, or, when it only closes what there is to say, last. */
static bool ask_of_run(struct why *why, size_t from, size_t to)
{
    size_t i;

    for (i = from; i < to; i++) {
        struct map_builder entry = {.arena = why->arena};
        if (!kinds[i].of_run || !kinds[i].of_run(why, &entry))
            continue;
        add_entry(why, &kinds[i], &entry, QUELL_STR(""));
        return true;
    }
    return false;
}

static void ask(struct why *why, const struct waiting *waiting)
{
    size_t i, last = KINDS - 1;

    (void)ask_of_run(why, 0, last);
    for (i = 0; i < waiting->count; i++)
        ask_of_step(why, &waiting->steps[i]);
    if (why->entries.count == 0)
        (void)ask_of_run(why, last, KINDS);
}

/* ---- the document ------------------------------------------------------------------------------
 */

static struct quell_value time_or_null(int64_t us)
{
    return us ? value_time_us(us) : quell_null();
}

static struct quell_value document_of(struct why *why, size_t more)
{
    const struct store_run *row = why->row;
    struct arena *arena = why->arena;
    struct map_builder map = {.arena = arena};

    map_add(&map, "run", value_copy_str(arena, row->id));
    map_add(&map, "playbook", value_copy_str(arena, row->playbook));
    map_add(&map, "incident", value_copy_str(arena, row->incident));
    map_add(&map, "title", value_copy_str(arena, row->title));
    map_add(&map, "state", value_copy_str(arena, row->state));
    map_add(&map, "mode", value_copy_str(arena, row->mode));
    map_add(&map, "started_at", time_or_null(row->started_us));
    map_add(&map, "updated_at", time_or_null(row->updated_us));
    map_add(&map, "ended_at", time_or_null(row->ended_us));
    map_add(&map, "because", list_made(&why->entries));
    map_add(&map, "more", quell_int((int64_t)more));
    return value_copy(arena, map_made(&map)); /* the run that is borrowed from goes */
}

enum quell_code why_of_run(struct quell *engine, struct arena *arena, const struct store_run *row,
                           unsigned depth, struct quell_value *made, struct quell_error *err)
{
    struct quell_error fault = {0};
    struct why why = {.engine = engine,
                      .arena = arena,
                      .row = row,
                      .fault = &fault,
                      .depth = depth,
                      .entries = {.arena = arena}};
    struct waiting waiting = {.why = &why,
                              .steps = arena_array(arena, struct run_step, LIMIT_WAITS_SHOWN)};
    struct loaded *loaded = NULL;
    struct run *run = NULL;
    enum quell_code code;

    look_at_path(&why, QUELL_STR(""));
    if (journal_read_run(engine, row, &run, &loaded, &fault) == QUELL_OK) {
        why.run = run;
        run_each_step(run, find_waiting, &waiting);
    }
    code = engine->reader->kind->events(engine->reader, row->id, 0, note_event, &why, err);
    if (code == QUELL_OK) {
        ask(&why, &waiting);
        *made = document_of(&why, waiting.more);
    }
    run_free(run);
    loaded_release(loaded);
    return code;
}

enum quell_code quell_why(struct quell *engine, struct quell_str id,
                          struct quell_document *document, struct quell_error *err)
{
    struct quell_document made;
    struct arena *arena = document_begin(&made);
    struct store_run row;
    enum quell_code code = find_row(engine, arena, id, &row, err);

    if (code == QUELL_OK)
        code = why_of_run(engine, arena, &row, 0, &made.value, err);
    else if (code == QUELL_NOT_FOUND)
        code = why_of_incident(engine, arena, id, &made.value, err);
    if (code) {
        arena_free(arena);
        return code;
    }
    *document = made;
    return QUELL_OK;
}
