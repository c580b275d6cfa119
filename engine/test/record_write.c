/*
 * record_write.c - the text of a recorded test: YAML of a fixed form, whose values are JSON (which
 * is YAML as well).
 */
#include "base/buf.h"
#include "base/str.h"
#include "base/when.h"
#include "test/record.h"
#include "value/json.h"

enum { TEXT_MAX = 200 }; /* bytes of an input that is expected word for word */

struct pen {
    struct buf *out;
    struct recording *recording;
    struct record_names *names;
};

static void put(struct pen *pen, struct quell_value value)
{
    buf_add_str(pen->out,
                json_text(pen->names->arena, record_hide(pen->names, value), JSON_COMPACT));
}

/* Over several lines, each as far in as the YAML around it wants. */
static void put_wide(struct pen *pen, struct quell_value value, int indent)
{
    struct quell_str line,
        rest = str_trim(json_text(pen->names->arena, record_hide(pen->names, value), JSON_PRETTY));
    bool more = true, first = true;

    while (more) {
        more = str_cut(rest, '\n', &line, &rest);
        if (!first)
            buf_add_format(pen->out, "\n%*s", indent, "");
        buf_add_str(pen->out, line);
        first = false;
    }
}

/* ---- the incident ------------------------------------------------------------------------------
 */

static bool is_nothing(struct quell_value value)
{
    return quell_is_null(value) ||
           ((quell_is(value, QUELL_LIST) || quell_is(value, QUELL_MAP)) && quell_count(value) == 0);
}

/* Without what is empty, what every telling makes anew, and what the sender wrote - unless the
 * playbook reads that. */
static struct quell_value trim(struct pen *pen, struct quell_value value, bool top, bool with_raw)
{
    static const char *const ours[] = {"id", "received_at", "severity_rank", "status_rank"};
    struct map_builder map = {.arena = pen->names->arena};
    struct list_builder list = {.arena = pen->names->arena};
    size_t i, j;

    for (i = 0; quell_is(value, QUELL_LIST) && i < quell_count(value); i++)
        list_add(&list, trim(pen, quell_at(value, i), false, with_raw));
    if (quell_is(value, QUELL_LIST))
        return list_made(&list);
    if (!quell_is(value, QUELL_MAP))
        return value;
    for (i = 0; i < quell_count(value); i++) {
        struct quell_str key = quell_str(value.as.pairs[i].key);
        struct quell_value kept = value.as.pairs[i].value;
        bool skip = is_nothing(kept) || (str_is(key, "raw") && !with_raw);
        for (j = 0; top && j < sizeof(ours) / sizeof(*ours); j++)
            skip |= str_is(key, ours[j]);
        if (!skip)
            kept = str_is(key, "raw")   ? kept
                   : str_is(key, "url") ? quell_text("https://example.test/") /* names a tenant */
                                        : trim(pen, kept, false, with_raw);
        if (!skip && !is_nothing(kept))
            map_add_key(&map, value.as.pairs[i].key, kept);
    }
    return map_made(&map);
}

static void put_given(struct pen *pen)
{
    const struct playbook *playbook = pen->recording->loaded->playbook;
    struct quell_value incident = run_incident(pen->recording->run);
    struct quell_str event = quell_get_str(pen->recording->started, "event");
    bool with_raw = str_find(playbook->text, QUELL_STR(".raw"), 0) != SIZE_MAX;

    if (quell_is_null(incident))
        return;
    buf_add_text(pen->out, "    given:\n");
    if (event.len && !str_is(event, "created"))
        buf_add_format(pen->out, "      event: %.*s\n", QUELL_ARG(event));
    buf_add_text(pen->out, "      incident: ");
    put_wide(pen, trim(pen, incident, true, with_raw), 8);
    buf_add_char(pen->out, '\n');
}

/* ---- what it used of the workspace -------------------------------------------------------------
 */

/* Those whose name stands in the playbook's text, be it in an expression or in a table. */
static void put_used(struct pen *pen, const char *root, struct quell_value from)
{
    struct map_builder used = {.arena = pen->names->arena};
    struct quell_str text = pen->recording->loaded->playbook->text, word;
    size_t i;

    for (i = 0; i < quell_count(from); i++) {
        word =
            arena_format(used.arena, "%s.%.*s", root, QUELL_ARG(quell_str(from.as.pairs[i].key)));
        if (str_find(text, word, 0) != SIZE_MAX)
            map_add_key(&used, from.as.pairs[i].key, from.as.pairs[i].value);
    }
    if (used.count == 0)
        return;
    buf_add_format(pen->out, "    %s: ", root);
    put(pen, map_made(&used));
    buf_add_char(pen->out, '\n');
}

static void put_world(struct pen *pen)
{
    struct run_world world = generation_world(pen->recording->engine->generation);

    put_used(pen, "config", world.config);
    put_used(pen, "lists", world.lists);
}

/* ---- mocks -------------------------------------------------------------------------------------
 */

/* The input that names the target: what tells two calls of an action apart. */
static bool target_of(const struct recorded_call *call, struct quell_value *when)
{
    const struct quell_target *target = call->manifest ? call->manifest->targets : NULL;
    struct quell_value value;

    for (; target && target->kind; target++) {
        value = quell_get(call->input, target->input);
        if (quell_is(value, QUELL_STRING)) {
            *when = value;
            return true;
        }
    }
    return false;
}

static void put_error(struct pen *pen, struct quell_value ended)
{
    static const char *const keys[] = {"code", "status", "message"};
    struct quell_value error = quell_get(ended, "error"), kept = quell_map(NULL, 0);
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (!quell_is_null(quell_get(error, keys[i])))
            kept = value_with(pen->names->arena, kept, quell_str_of(keys[i]),
                              quell_get(error, keys[i]));
    buf_add_text(pen->out, "error: ");
    put(pen, kept);
}

static void put_mock(struct pen *pen, const struct recorded_call *call)
{
    struct quell_value when;

    buf_add_text(pen->out, "        - { ");
    if (target_of(call, &when)) {
        buf_add_format(pen->out, "when: { %s: ", call->manifest->targets->input);
        put(pen, when);
        buf_add_text(pen->out, " }, ");
    }
    if (quell_text_is(quell_get(call->ended, "outcome"), "succeeded")) {
        buf_add_text(pen->out, "output: ");
        put(pen, quell_get(call->ended, "output"));
    } else {
        put_error(pen, call->ended);
    }
    buf_add_text(pen->out, " }\n");
}

static void put_mocks(struct pen *pen)
{
    const struct recording *recording = pen->recording;
    size_t i, j;
    bool any = false;

    for (i = 0; i < recording->call_count; i++) {
        const struct recorded_call *call = &recording->calls[i];
        bool first = !quell_is_null(call->ended);
        for (j = 0; j < i && first; j++)
            first = !quell_str_equal(recording->calls[j].action, call->action) ||
                    quell_is_null(recording->calls[j].ended);
        if (!first)
            continue;
        buf_add_format(pen->out, "%s      %.*s:\n", any ? "" : "    mock:\n",
                       QUELL_ARG(call->action));
        any = true;
        for (j = i; j < recording->call_count; j++)
            if (quell_str_equal(recording->calls[j].action, call->action) &&
                !quell_is_null(recording->calls[j].ended))
                put_mock(pen, &recording->calls[j]);
    }
}

static void put_answers(struct pen *pen)
{
    const struct list_builder *answers = &pen->recording->answers;
    size_t i;

    for (i = 0; i < answers->count; i++) {
        buf_add_format(pen->out, "%s      '%.*s': ", i ? "" : "    answer:\n",
                       QUELL_ARG(quell_get_str(answers->items[i], "step")));
        put(pen, quell_get(answers->items[i], "answer"));
        buf_add_char(pen->out, '\n');
    }
}

/* ---- expectations ------------------------------------------------------------------------------
 */

/* What every run has anew cannot be expected word for word. */
static bool is_fixed(const struct pen *pen, struct quell_value value)
{
    struct quell_str text = quell_str(value), id = pen->recording->row.id;
    struct quell_str incident = incident_version(run_incident(pen->recording->run));

    if (quell_is(value, QUELL_INT) || quell_is(value, QUELL_BOOL))
        return true;
    if (!quell_is(value, QUELL_STRING) || value_has_secret(value) || text.len > TEXT_MAX)
        return false;
    return str_find(text, id, 0) == SIZE_MAX &&
           (incident.len == 0 || str_find(text, incident, 0) == SIZE_MAX);
}

static void put_call(struct pen *pen, const struct recorded_call *call)
{
    struct quell_value kept = quell_map(NULL, 0);
    size_t i;

    for (i = 0; i < quell_count(call->input); i++)
        if (is_fixed(pen, call->input.as.pairs[i].value))
            kept = value_with(pen->names->arena, kept, quell_str(call->input.as.pairs[i].key),
                              call->input.as.pairs[i].value);
    buf_add_format(pen->out, "        - %.*s", QUELL_ARG(call->action));
    if (quell_count(kept)) {
        buf_add_text(pen->out, ": ");
        put(pen, kept);
    }
    buf_add_char(pen->out, '\n');
}

static void put_step(const struct run_step *step, void *user)
{
    struct pen *pen = user;

    if (!step->step->id_given || (step->status == STEP_NOT_RUN && step->started_us == 0))
        return;
    buf_add_format(pen->out, "      'steps.%.*s.status': %s\n", QUELL_ARG(step->path),
                   step_status_name(step->status));
}

static void put_expect(struct pen *pen)
{
    const struct recording *recording = pen->recording;
    size_t i;

    buf_add_format(pen->out, "    expect:\n      status: %.*s\n", QUELL_ARG(recording->row.state));
    run_each_step(recording->run, put_step, pen);
    for (i = 0; i < recording->call_count; i++) {
        if (i == 0)
            buf_add_text(pen->out, "      calls:\n");
        put_call(pen, &recording->calls[i]);
    }
}

/* ---- the whole ---------------------------------------------------------------------------------
 */

struct quell_str record_text(struct recording *recording, struct record_names *names,
                             struct quell_str title)
{
    struct buf out = {0};
    struct pen pen = {&out, recording, names};
    struct quell_value inputs = quell_get(recording->started, "inputs");
    int64_t started_us = run_started_us(recording->run);
    struct quell_str text;

    buf_add_format(&out, "# Recorded from run %.*s.\nquell-test: 1\nplaybook: %.*s\ncases:\n",
                   QUELL_ARG(recording->row.id), QUELL_ARG(recording->row.playbook));
    buf_add_text(&out, "  - name: ");
    put(&pen, quell_string(title));
    buf_add_format(&out, "\n    clock: %.*s\n",
                   QUELL_ARG(when_format_time(names->arena, when_from_us(started_us))));
    put_given(&pen);
    if (!quell_text_is(quell_get(recording->started, "by"), "trigger")) {
        buf_add_text(&out, "    start: manual\n");
        if (quell_count(inputs)) {
            buf_add_text(&out, "    inputs: ");
            put(&pen, inputs);
            buf_add_char(&out, '\n');
        }
    }
    put_world(&pen);
    put_mocks(&pen);
    put_answers(&pen);
    put_expect(&pen);
    text = arena_str(names->arena, buf_str(&out));
    buf_free(&out);
    return text;
}
