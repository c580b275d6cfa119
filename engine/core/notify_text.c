/*
 * notify_text.c - what people and programs read of a question. All of it is read back from the JSON
 * that the journal would have, so that nothing secret is in it.
 */
#include "core/notify.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "value/json.h"
#include "value/value.h"

enum { SUBJECT_BYTES = 160 }; /* more is cut by what shows mail */

/* ---- the question ------------------------------------------------------------------------------
 */

/* Where it is decided; empty when nobody knows how this server is reached. */
static struct quell_str page_url(struct arena *arena, struct quell_str base, struct quell_str run,
                                 struct quell_str step, int64_t round)
{
    struct buf buf = {.size_max = LIMIT_NOTICE_TEXT_BYTES};
    struct quell_str url;

    if (base.len == 0)
        return QUELL_STR("");
    while (base.len && base.data[base.len - 1] == '/')
        base.len--;
    buf_add_format(&buf, "%.*s/approvals/%.*s?step=", QUELL_ARG(base), QUELL_ARG(run));
    escape_percent(&buf, step);
    if (round)
        buf_add_format(&buf, "&round=%lld", (long long)round);
    url = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return url;
}

static const char *type_of(const struct event *event)
{
    if (event->kind == EVENT_FORM_ASKED)
        return "form.asked";
    return event->kind == EVENT_APPROVAL_ESCALATED ? "approval.escalated" : "approval.asked";
}

static int64_t until_us(struct quell_value until)
{
    return quell_is(until, QUELL_TIME) ? until.as.integer * 1000000 + until.len / 1000 : INT64_MAX;
}

static struct quell_value unmasked_never(struct arena *arena, struct quell_value value)
{
    struct quell_error err;
    struct quell_value made = quell_null();

    if (json_read_own(arena, json_text(arena, value, JSON_COMPACT), &made, &err))
        return quell_null(); /* we wrote it ourselves */
    return made;
}

struct quell_value notify_question(struct arena *arena, const struct active *active,
                                   const struct event *event)
{
    struct map_builder map = {.arena = arena};
    const struct run *run = active->run;
    struct run_step step = {.asked = quell_null()};
    struct quell_value asked = event->data;
    int64_t round;

    if (event->kind == EVENT_APPROVAL_ESCALATED && run_find_step(run, event->path, &step))
        asked = step.asked;
    round = quell_get_int(asked, "round", 0);
    map_add(&map, "type", quell_text(type_of(event)));
    map_add(&map, "run", quell_string(run_id(run)));
    map_add(&map, "step", quell_string(event->path));
    map_add(&map, "playbook", quell_string(run_playbook(run)->id));
    map_add(&map, "incident", quell_string(active->incident_id));
    map_add(&map, "title", quell_string(active->title));
    map_add(&map, "started_by", quell_string(run_starter(run)));
    map_add(&map, "url",
            quell_string(page_url(arena, quell_get_str(active->engine->generation->config, "url"),
                                  run_id(run), event->path, round)));
    map_add(&map, "until_us", quell_int(until_us(quell_get(asked, "until"))));
    for (size_t i = 0; i < quell_count(asked); i++)
        map_add_key(&map, asked.as.pairs[i].key, asked.as.pairs[i].value);
    return unmasked_never(arena, map_made(&map));
}

struct quell_value notify_payload(struct arena *arena, struct quell_value question)
{
    struct map_builder json = {.arena = arena}, data = {.arena = arena}, map = {.arena = arena};

    for (size_t i = 0; i < quell_count(question); i++) {
        struct quell_str key = quell_str(question.as.pairs[i].key);

        if (!str_is(key, "type") && !str_is(key, "until_us") && !str_is(key, "via"))
            map_add_key(&data, question.as.pairs[i].key, question.as.pairs[i].value);
    }
    map_add(&json, "type", quell_get(question, "type"));
    map_add(&json, "data", map_made(&data));
    map_add(&map, "json", map_made(&json));
    return map_made(&map);
}

/* ---- a mail ------------------------------------------------------------------------------------
 */

/* One line, not longer than `most` bytes, without what would act in a terminal. */
static void add_line(struct buf *buf, struct quell_str text, size_t most)
{
    size_t at = 0, start = buf->len;

    while (at < text.len) {
        uint32_t code_point;
        size_t len = utf8_read(text, at, &code_point);

        if (buf->len - start + len + 3 > most) {
            buf_add_text(buf, "...");
            return;
        }
        if (len == 0 || code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0))
            buf_add_char(buf, ' ');
        else
            buf_add(buf, text.data + at, len);
        at += len ? len : 1;
    }
}

static void add_value(struct buf *buf, struct arena *arena, struct quell_value value)
{
    struct quell_str text =
        quell_is(value, QUELL_STRING) ? quell_str(value) : json_text(arena, value, JSON_COMPACT);

    add_line(buf, text, LIMIT_NOTICE_VALUE_BYTES);
}

static void add_pair(struct buf *buf, struct arena *arena, const char *indent,
                     struct quell_str name, struct quell_value value)
{
    if (quell_is_null(value) || (quell_is(value, QUELL_STRING) && quell_str(value).len == 0))
        return;
    buf_add_text(buf, indent);
    add_line(buf, name, 64);
    buf_add_text(buf, ": ");
    add_value(buf, arena, value);
    buf_add_char(buf, '\n');
}

static void add_pairs(struct buf *buf, struct arena *arena, const char *title,
                      struct quell_value map)
{
    if (quell_count(map) == 0)
        return;
    buf_add_format(buf, "\n%s\n", title);
    for (size_t i = 0; i < quell_count(map); i++)
        add_pair(buf, arena, "  ", quell_str(map.as.pairs[i].key), map.as.pairs[i].value);
}

static void add_plan(struct buf *buf, struct arena *arena, struct quell_value question)
{
    struct quell_value plan = quell_get(question, "plan"), calls = quell_get(plan, "calls");

    if (quell_is_null(plan))
        return;
    buf_add_format(buf, "\nWhat is done when it is approved (digest %.*s):\n",
                   QUELL_ARG(str_slice(quell_get_str(question, "digest"), 0, 12)));
    for (size_t i = 0; i < quell_count(calls); i++) {
        struct quell_value call = quell_at(calls, i), with = quell_get(call, "with");
        struct quell_value action = quell_get(call, "action");

        buf_add_text(buf, "  * ");
        add_value(buf, arena, quell_is_null(action) ? quell_get(call, "call") : action);
        buf_add_text(buf, "  ");
        add_value(buf, arena, quell_get(call, "effect"));
        buf_add_char(buf, '\n');
        for (size_t k = 0; k < quell_count(with); k++)
            add_pair(buf, arena, "      ", quell_str(with.as.pairs[k].key), with.as.pairs[k].value);
    }
    add_pair(buf, arena, "  ", QUELL_STR("and calls that are not shown"), quell_get(plan, "more"));
}

static void add_way(struct buf *buf, struct quell_value question, bool form)
{
    struct quell_str url = quell_get_str(question, "url");

    buf_add_char(buf, '\n');
    if (url.len)
        buf_add_format(buf, "Look at it and decide here; opening the page decides nothing:\n%.*s\n",
                       QUELL_ARG(url));
    buf_add_format(buf, "%s:  quell %s %.*s:%.*s", url.len ? "Or on the server" : "On the server",
                   form ? "answer" : "approve", QUELL_ARG(quell_get_str(question, "run")),
                   QUELL_ARG(quell_get_str(question, "step")));
    if (!form)
        buf_add_format(buf, " --digest %.*s",
                       QUELL_ARG(str_slice(quell_get_str(question, "digest"), 0, 12)));
    buf_add_char(buf, '\n');
}

static struct quell_str body_of(struct arena *arena, struct quell_value question)
{
    struct buf buf = {.size_max = LIMIT_NOTICE_TEXT_BYTES};
    bool form = quell_text_is(quell_get(question, "type"), "form.asked");
    struct quell_str text;

    buf_add_format(&buf, "A run of playbook %.*s asks you to %s.\n\n",
                   QUELL_ARG(quell_get_str(question, "playbook")),
                   form ? "fill in a form" : "agree or not to what it is going to do");
    add_pair(&buf, arena, "", QUELL_STR("Question"), quell_get(question, "message"));
    add_pair(&buf, arena, "", QUELL_STR("Incident"), quell_get(question, "title"));
    add_pair(&buf, arena, "", QUELL_STR("Started by"), quell_get(question, "started_by"));
    add_pair(&buf, arena, "", QUELL_STR("Until"), quell_get(question, "until"));
    if (quell_get_int(question, "count", 1) > 1)
        add_pair(&buf, arena, "", QUELL_STR("How many must agree"), quell_get(question, "count"));
    add_plan(&buf, arena, question);
    add_pairs(&buf, arena, "Evidence:", quell_get(question, "show"));
    add_way(&buf, question, form);
    if (buf_over(&buf)) {
        buf_reset(&buf);
        buf_add_text(&buf, "A run asks you something that is too long for a mail.\n");
        add_way(&buf, question, form);
    }
    text = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return text;
}

static struct quell_str subject_of(struct arena *arena, struct quell_value question)
{
    struct quell_str type = quell_get_str(question, "type"), text;
    struct quell_str title = quell_get_str(question, "title");
    struct buf buf = {.size_max = 4 * SUBJECT_BYTES};

    buf_add_text(&buf, str_is(type, "form.asked")           ? "[quell] Form to fill in: "
                       : str_is(type, "approval.escalated") ? "[quell] Approval needed, escalated: "
                                                            : "[quell] Approval needed: ");
    add_line(&buf, quell_get_str(question, "step"), SUBJECT_BYTES / 2);
    if (title.len)
        buf_add_text(&buf, " - ");
    add_line(&buf, title, SUBJECT_BYTES);
    text = arena_str(arena, buf_str(&buf));
    buf_free(&buf);
    return text;
}

struct quell_value notify_mail(struct arena *arena, struct quell_value question,
                               struct quell_str to)
{
    struct map_builder map = {.arena = arena};
    struct list_builder list = {.arena = arena};

    list_add(&list, quell_string(to));
    map_add(&map, "to", list_made(&list));
    map_add(&map, "subject", quell_string(subject_of(arena, question)));
    map_add(&map, "body", quell_string(body_of(arena, question)));
    return map_made(&map);
}
