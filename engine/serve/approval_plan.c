/*
 * approval_plan.c - what a page tells of a question: what is done and what takes it back, what it
 * is about, who may decide and who has, and what has changed since.
 */
#include "serve/approvals.h"

#include "base/arena.h"
#include "base/str.h"
#include "value/value.h"

static bool is_empty(struct quell_value value)
{
    return quell_is_null(value) || (quell_is(value, QUELL_STRING) && quell_str(value).len == 0) ||
           ((quell_is(value, QUELL_LIST) || quell_is(value, QUELL_MAP)) && quell_count(value) == 0);
}

/* A map in words: what it has, without what its sender sent beside it. */
static void add_words(struct markup *html, struct quell_value value)
{
    bool first = true;

    if (!quell_is(value, QUELL_MAP) || value_has_secret(value)) {
        markup_value(html, value);
        return;
    }
    for (size_t i = 0; i < quell_count(value); i++) {
        struct quell_str key = quell_str(value.as.pairs[i].key);
        struct quell_value one = value.as.pairs[i].value;

        if (is_empty(one) || str_is(key, "raw"))
            continue;
        if (!first)
            markup_add(html, ", ");
        first = false;
        if (!str_is(key, "kind") && !str_is(key, "value")) {
            markup_text(html, key);
            markup_add(html, " ");
        }
        markup_value(html, one);
    }
}

/* A row of <dl>; items of a list stand one a line. */
static void add_row(struct markup *html, struct quell_str name, struct quell_value value)
{
    if (is_empty(value))
        return;
    markup_add(html, "<dt>");
    markup_text(html, name);
    markup_add(html, "</dt><dd>");
    if (quell_is(value, QUELL_LIST)) {
        for (size_t i = 0; i < quell_count(value); i++) {
            if (i)
                markup_add(html, "<br>");
            add_words(html, quell_at(value, i));
        }
    } else {
        add_words(html, value);
    }
    markup_add(html, "</dd>\n");
}

static void add_rows(struct markup *html, struct quell_value map)
{
    markup_add(html, "<dl>");
    for (size_t i = 0; i < quell_count(map); i++)
        add_row(html, quell_str(map.as.pairs[i].key), map.as.pairs[i].value);
    markup_add(html, "</dl>\n");
}

/* ---- the plan ----------------------------------------------------------------------------------
 */

static void add_call(struct markup *html, struct quell_value call)
{
    struct quell_value action = quell_get(call, "action"), later = quell_get(call, "later");
    struct quell_value with = quell_get(call, "with");

    markup_add(html, "<li class=\"card\"><h3><code>");
    markup_value(html, is_empty(action) ? quell_get(call, "call") : action);
    markup_add(html, "</code></h3><dl>");
    add_row(html, QUELL_STR("effect"), quell_get(call, "effect"));
    add_row(html, QUELL_STR("on whom"), quell_get(call, "targets"));
    add_row(html, QUELL_STR("by the connection"), quell_get(call, "connection"));
    add_row(html, QUELL_STR("only if"), quell_get(call, "if"));
    add_row(html, QUELL_STR("for each of"), quell_get(call, "for"));
    for (size_t i = 0; i < quell_count(with); i++)
        add_row(html, quell_str(with.as.pairs[i].key), with.as.pairs[i].value);
    add_row(html, QUELL_STR("known when it runs"), later);
    add_row(html, QUELL_STR("undo"), quell_get(call, "undo"));
    add_row(html, QUELL_STR("step"), quell_get(call, "step"));
    markup_add(html, "</dl></li>\n");
}

/* What the policy said when it was asked. */
static void add_verdicts(struct markup *html, struct quell_value verdicts)
{
    if (is_empty(verdicts))
        return;
    markup_add(html, "<h2>What the policy says</h2>\n<ul>");
    for (size_t i = 0; i < quell_count(verdicts); i++) {
        markup_add(html, "<li class=\"warn\">");
        markup_value(html, quell_get(quell_at(verdicts, i), "verdict"));
        markup_add(html, ": ");
        markup_value(html, quell_get(quell_at(verdicts, i), "message"));
        markup_add(html, "</li>\n");
    }
    markup_add(html, "</ul>\n");
}

void approval_add_plan(struct markup *html, struct quell_value question)
{
    struct quell_value plan = quell_get(question, "plan"), calls = quell_get(plan, "calls");
    int64_t more = quell_get_int(plan, "more", 0);

    if (quell_is_null(plan))
        return;
    markup_add(html, "<h2>What is done when it is approved</h2>\n<ul class=\"cards\">");
    for (size_t i = 0; i < quell_count(calls); i++)
        add_call(html, quell_at(calls, i));
    markup_add(html, "</ul>\n");
    if (quell_count(calls) == 0)
        markup_add(html, "<p>Nothing is sent by this step itself.</p>\n");
    if (more) {
        markup_add(html, "<p class=\"warn\">and calls that are not shown here: ");
        markup_value(html, quell_int(more));
        markup_add(html, "</p>\n");
    }
    add_verdicts(html, quell_get(question, "verdicts"));
    markup_add(html, "<p class=\"dim\">Digest <code>");
    markup_text(html, str_slice(quell_get_str(question, "digest"), 0, 12));
    markup_add(html, "</code>: what is agreed to is exactly this, once.</p>\n");
}

/* ---- the evidence ------------------------------------------------------------------------------
 */

static void add_entities(struct markup *html, struct quell_value entities)
{
    for (size_t i = 0; i < quell_count(entities); i++)
        add_row(html, quell_str(entities.as.pairs[i].key), entities.as.pairs[i].value);
}

void approval_add_evidence(struct markup *html, struct quell_value question)
{
    static const char *const kept[] = {"title",  "severity", "status",
                                       "source", "url",      "description"};
    struct quell_value about = quell_get(question, "about");

    if (!is_empty(quell_get(question, "show"))) {
        markup_add(html, "<h2>Evidence</h2>\n<section>");
        add_rows(html, quell_get(question, "show"));
        markup_add(html, "</section>\n");
    }
    if (is_empty(about))
        return;
    markup_add(html, "<h2>The incident</h2>\n<section><dl>");
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        add_row(html, quell_str_of(kept[i]), quell_get(about, kept[i]));
    add_entities(html, quell_get(about, "entities"));
    markup_add(html, "</dl></section>\n");
}

/* ---- the people --------------------------------------------------------------------------------
 */

void approval_add_people(struct markup *html, struct quell_value question)
{
    struct quell_value given = quell_get(question, "given"), of = quell_get(question, "of");
    int64_t count = quell_get_int(question, "count", 1);

    markup_add(html, "<section><dl>");
    add_row(html, QUELL_STR("playbook"), quell_get(question, "playbook"));
    add_row(html, QUELL_STR("started by"), quell_get(question, "started_by"));
    add_row(html, QUELL_STR("asked of"), is_empty(of) ? quell_text("whoever may decide") : of);
    add_row(html, QUELL_STR("until"), quell_get(question, "until"));
    if (quell_text_is(quell_get(question, "what"), "approval")) {
        markup_add(html, "<dt>agreed</dt><dd>");
        markup_value(html, quell_int((int64_t)quell_count(given)));
        markup_add(html, " of ");
        markup_value(html, quell_int(count));
        for (size_t i = 0; i < quell_count(given); i++) {
            markup_add(html, "<br>");
            markup_value(html, quell_get(quell_at(given, i), "by"));
        }
        markup_add(html, "</dd>\n");
        if (quell_get_bool(question, "four_eyes", false))
            add_row(html, QUELL_STR("four eyes"),
                    quell_text("whoever started the run does not decide"));
    }
    add_row(html, QUELL_STR("run"), quell_get(question, "run"));
    markup_add(html, "</dl></section>\n");
}

/* ---- what happened -----------------------------------------------------------------------------
 */

static const struct {
    const char *kind, *sentence;
} sentences[] = {
    {"approval_asked", "was asked"},
    {"approval_given", "agreed"},
    {"approval_denied", "did not agree"},
    {"approval_granted", "approved: enough have agreed"},
    {"approval_expired", "expired: nobody answered in time"},
    {"approval_escalated", "escalated: others are asked"},
    {"approval_waived", "nobody had to be asked"},
    {"form_asked", "was asked"},
    {"form_answered", "filled in the form"},
    {"form_expired", "expired: nobody answered in time"},
};

static const char *sentence_of(struct quell_str kind)
{
    for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++)
        if (str_is(kind, sentences[i].kind))
            return sentences[i].sentence;
    return "";
}

static void add_told(struct markup *html, struct quell_value notified)
{
    for (size_t i = 0; i < quell_count(notified); i++) {
        struct quell_value tellings = quell_get(quell_at(notified, i), "tellings");

        for (size_t k = 0; k < quell_count(tellings); k++) {
            struct quell_value one = quell_at(tellings, k);

            markup_add(html, "<li>told ");
            markup_value(html, quell_get(one, "to"));
            markup_add(html, " via ");
            markup_value(html, quell_get(one, "via"));
            markup_add(html, ": ");
            markup_value(html, quell_get(one, "state"));
            if (!is_empty(quell_get(one, "error"))) {
                markup_add(html, " (");
                markup_value(html, quell_get(one, "error"));
                markup_add(html, ")");
            }
            markup_add(html, "</li>\n");
        }
    }
}

void approval_add_history(struct markup *html, struct quell_value question)
{
    struct quell_value history = quell_get(question, "history");

    markup_add(html, "<h2>What happened</h2>\n<ul>");
    for (size_t i = 0; i < quell_count(history); i++) {
        struct quell_value event = quell_at(history, i);

        markup_add(html, "<li>");
        markup_value(html, quell_get(event, "at"));
        markup_add(html, " ");
        if (!is_empty(quell_get(event, "by"))) {
            markup_value(html, quell_get(event, "by"));
            markup_add(html, " ");
        }
        markup_text(html, quell_str_of(sentence_of(quell_get_str(event, "kind"))));
        if (!is_empty(quell_get(event, "reason"))) {
            markup_add(html, ": ");
            markup_value(html, quell_get(event, "reason"));
        }
        markup_add(html, "</li>\n");
    }
    add_told(html, quell_get(question, "notified"));
    markup_add(html, "</ul>\n<p class=\"dim\">Nobody is told how it ended but by this page.</p>\n");
}

/* ---- what has changed --------------------------------------------------------------------------
 */

static void add_change(struct markup *html, struct quell_str name, struct quell_value was,
                       struct quell_value is)
{
    if (value_equal(was, is))
        return;
    markup_add(html, "<dt>");
    markup_text(html, name);
    markup_add(html, "</dt><dd>");
    if (!is_empty(was)) {
        markup_add(html, "was <del>");
        markup_value(html, was);
        markup_add(html, "</del>");
    }
    if (!is_empty(is)) {
        markup_add(html, " is <ins>");
        markup_value(html, is);
        markup_add(html, "</ins>");
    }
    markup_add(html, "</dd>\n");
}

/* Keys of both, those of `is` first. */
static void add_map_changes(struct markup *html, struct quell_value was, struct quell_value is)
{
    struct quell_value ignored;

    for (size_t i = 0; i < quell_count(is); i++) {
        struct quell_str key = quell_str(is.as.pairs[i].key);
        struct quell_value before = quell_null();

        (void)quell_find(was, key, &before); /* a new one was nothing before */
        if (!str_is(key, "undo") && !str_is(key, "with"))
            add_change(html, key, before, is.as.pairs[i].value);
    }
    for (size_t i = 0; i < quell_count(was); i++)
        if (!quell_find(is, quell_str(was.as.pairs[i].key), &ignored))
            add_change(html, quell_str(was.as.pairs[i].key), was.as.pairs[i].value, quell_null());
}

static struct quell_value at_or_null(struct quell_value list, size_t i)
{
    return i < quell_count(list) ? quell_at(list, i) : quell_null();
}

void approval_add_changes(struct markup *html, struct quell_value question,
                          struct quell_str looked_at)
{
    struct quell_value history = quell_get(question, "history"), was = quell_null();
    struct quell_value is = quell_get(quell_get(question, "plan"), "calls");

    for (size_t i = 0; i < quell_count(history); i++)
        if (quell_str_equal(quell_get_str(quell_at(history, i), "digest"), looked_at) &&
            !quell_is_null(quell_get(quell_at(history, i), "plan")))
            was = quell_get(quell_get(quell_at(history, i), "plan"), "calls");
    if (looked_at.len == 0 || quell_is_null(was) || quell_is_null(is))
        return;
    markup_add(html, "<h2>What has changed since you looked</h2>\n<section><dl>");
    for (size_t i = 0; i < quell_count(was) || i < quell_count(is); i++) {
        struct quell_value before = at_or_null(was, i), now = at_or_null(is, i);

        add_map_changes(html, before, now);
        add_map_changes(html, quell_get(before, "with"), quell_get(now, "with"));
    }
    markup_add(html, "</dl></section>\n");
}
