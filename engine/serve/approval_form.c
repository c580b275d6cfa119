/*
 * approval_form.c - the form of a question: two buttons, or the fields of an `ask`; and the answers
 * that come back, as values of the types that were asked for. What they must be beyond that, the
 * engine says.
 */
#include "serve/approvals.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "serve/form.h"
#include "serve/page.h"
#include "value/json.h"
#include "value/value.h"

/* Names of fields get a prefix: none of them can stand for one of ours. */
#define FIELD "field."

/* ---- written -----------------------------------------------------------------------------------
 */

static void add_hidden(struct markup *html, const char *name, struct quell_str value)
{
    markup_add(html, "<input type=\"hidden\"");
    markup_attribute(html, "name", quell_str_of(name));
    markup_attribute(html, "value", value);
    markup_add(html, ">");
}

static void begin_form(struct markup *html, const struct exchange *exchange,
                       struct quell_value question, const char *verb)
{
    struct arena *arena = exchange->arena;

    markup_add(html, "<form method=\"post\"");
    markup_attribute(
        html, "action",
        arena_format(arena, "/approvals/%.*s/%s", QUELL_ARG(quell_get_str(question, "run")), verb));
    markup_add(html, ">");
    markup_csrf(html, exchange);
    add_hidden(html, "step", quell_get_str(question, "step"));
}

static void add_decide(struct markup *html, const struct exchange *exchange,
                       struct quell_value question)
{
    markup_add(html, "<h2>Your decision</h2>\n<section>");
    begin_form(html, exchange, question, "decide");
    add_hidden(html, "digest", quell_get_str(question, "digest"));
    add_hidden(
        html, "round",
        arena_format(exchange->arena, "%lld", (long long)quell_get_int(question, "round", 0)));
    markup_add(html, "<label for=\"reason\">Reason (others read it)</label>"
                     "<textarea id=\"reason\" name=\"reason\" rows=\"2\" maxlength=\"1000\">"
                     "</textarea><div class=\"buttons\">"
                     "<button name=\"decision\" value=\"agree\">Approve</button>"
                     "<button name=\"decision\" value=\"deny\" class=\"deny\">Deny</button>"
                     "</div></form></section>\n");
}

static void add_options(struct markup *html, struct quell_value words, struct quell_value chosen)
{
    markup_add(html, "<option value=\"\">choose</option>");
    for (size_t i = 0; i < quell_count(words); i++) {
        markup_add(html, "<option");
        markup_attribute(html, "value", quell_str(quell_at(words, i)));
        if (value_equal(quell_at(words, i), chosen))
            markup_add(html, " selected");
        markup_add(html, ">");
        markup_text(html, quell_str(quell_at(words, i)));
        markup_add(html, "</option>");
    }
}

static void add_yes_no(struct markup *html, struct quell_value chosen)
{
    bool known = quell_is(chosen, QUELL_BOOL);

    markup_add(html, "<option value=\"\">choose</option><option value=\"true\"");
    if (known && chosen.as.boolean)
        markup_add(html, " selected");
    markup_add(html, ">yes</option><option value=\"false\"");
    if (known && !chosen.as.boolean)
        markup_add(html, " selected");
    markup_add(html, ">no</option>");
}

/* As it is typed: a text as it is, lists one item a line, else JSON. */
static struct quell_str typed(struct arena *arena, struct quell_value value)
{
    struct quell_str text = {"", 0};

    if (quell_is_null(value) || value_has_secret(value))
        return text;
    if (quell_is(value, QUELL_STRING))
        return quell_str(value);
    if (!quell_is(value, QUELL_LIST))
        return json_text(arena, value, JSON_COMPACT);
    for (size_t i = 0; i < quell_count(value); i++)
        text = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(text), i ? "\n" : "",
                            QUELL_ARG(typed(arena, quell_at(value, i))));
    return text;
}

static void add_attributes(struct markup *html, struct arena *arena, struct quell_value row)
{
    struct quell_str name =
        arena_format(arena, FIELD "%.*s", QUELL_ARG(quell_get_str(row, "name")));

    markup_attribute(html, "id", name);
    markup_attribute(html, "name", name);
    if (quell_get_bool(row, "required", false))
        markup_add(html, " required");
}

static void add_input(struct markup *html, struct arena *arena, struct quell_value row)
{
    struct quell_str type = quell_get_str(row, "type");
    struct quell_value words = quell_get(row, "of"), chosen = quell_get(row, "default");

    if (quell_count(words) || str_is(type, "bool")) {
        markup_add(html, "<select");
        add_attributes(html, arena, row);
        markup_add(html, ">");
        if (quell_count(words))
            add_options(html, words, chosen);
        else
            add_yes_no(html, chosen);
        markup_add(html, "</select>");
    } else if (str_is(type, "text") || str_is(type, "list") || str_is(type, "object")) {
        markup_add(html, "<textarea rows=\"4\"");
        add_attributes(html, arena, row);
        markup_add(html, ">\n");
        markup_text(html, typed(arena, chosen));
        markup_add(html, "</textarea>");
    } else {
        markup_add(html, "<input autocomplete=\"off\"");
        add_attributes(html, arena, row);
        markup_attribute(html, "value", typed(arena, chosen));
        markup_add(html, ">");
    }
}

static void add_field(struct markup *html, struct arena *arena, struct quell_value row)
{
    struct quell_str type = quell_get_str(row, "type");

    markup_add(html, "<label");
    markup_attribute(html, "for",
                     arena_format(arena, FIELD "%.*s", QUELL_ARG(quell_get_str(row, "name"))));
    markup_add(html, ">");
    markup_text(html, quell_get_str(row, "name"));
    markup_add(html, " <span class=\"dim\">(");
    markup_text(html, type);
    if (str_is(type, "list"))
        markup_add(html, ", one a line");
    if (str_is(type, "object"))
        markup_add(html, ", as JSON");
    if (quell_get_bool(row, "required", false))
        markup_add(html, ", needed");
    markup_add(html, ")</span></label>");
    add_input(html, arena, row);
    if (!quell_is_null(quell_get(row, "description"))) {
        markup_add(html, "<p class=\"dim\">");
        markup_value(html, quell_get(row, "description"));
        markup_add(html, "</p>");
    }
}

static void add_answer(struct markup *html, const struct exchange *exchange,
                       struct quell_value question)
{
    struct quell_value form = quell_get(question, "form");

    markup_add(html, "<h2>Your answer</h2>\n<section>");
    begin_form(html, exchange, question, "answer");
    for (size_t i = 0; i < quell_count(form); i++)
        add_field(html, exchange->arena, quell_at(form, i));
    markup_add(html, "<div class=\"buttons\"><button>Send</button></div></form></section>\n");
}

void approval_add_form(struct markup *html, const struct exchange *exchange,
                       struct quell_value question)
{
    bool form = quell_text_is(quell_get(question, "what"), "form");
    enum right right = form ? RIGHT_ANSWER : RIGHT_DECIDE;

    if (quell_get_str(question, "what").len == 0)
        return;
    if (!identity_may(&exchange->identity, right)) {
        markup_add(html, "<p class=\"warn\">You may read this, not decide it: none of your roles "
                         "has the right ");
        markup_text(html, quell_str_of(right_rows[right].name));
        markup_add(html, ".</p>\n");
    } else if (form) {
        add_answer(html, exchange, question);
    } else {
        add_decide(html, exchange, question);
    }
}

/* ---- read --------------------------------------------------------------------------------------
 */

static struct quell_value lines_of(struct arena *arena, struct quell_str text)
{
    struct list_builder list = {.arena = arena};

    while (text.len) {
        struct quell_str line;

        (void)str_cut(text, '\n', &line, &text); /* the last line has no end */
        line = str_trim(line);
        if (line.len)
            list_add(&list, quell_string(line));
    }
    return list_made(&list);
}

static enum quell_code read_one(struct arena *arena, struct quell_value row, struct quell_str text,
                                struct quell_value *value, struct quell_error *err)
{
    struct quell_str type = quell_get_str(row, "type");
    struct quell_error ignored;

    if (str_is(type, "list")) {
        *value = lines_of(arena, text);
        return QUELL_OK;
    }
    *value = quell_string(text);
    if (!str_is(type, "bool") && !str_is(type, "int") && !str_is(type, "float") &&
        !str_is(type, "object"))
        return QUELL_OK;
    if (json_read(arena, text, LIMIT_CONTROL_BYTES, value, NULL, &ignored) == QUELL_OK)
        return QUELL_OK;
    return error_set(err, QUELL_INVALID, "`%.*s` is no %.*s", QUELL_ARG(quell_get_str(row, "name")),
                     QUELL_ARG(type));
}

enum quell_code approval_read_answers(struct exchange *exchange, struct quell_value question,
                                      struct quell_str *answers, struct quell_error *err)
{
    struct quell_value form = quell_get(question, "form");
    struct map_builder map = {.arena = exchange->arena};
    enum quell_code code = QUELL_OK;

    for (size_t i = 0; i < quell_count(form) && !code; i++) {
        struct quell_value row = quell_at(form, i), value;
        struct quell_str name =
            arena_format(exchange->arena, FIELD "%.*s", QUELL_ARG(quell_get_str(row, "name")));
        struct quell_str text;

        if (!form_get(exchange->arena, exchange->request->body, name.data, &text) ||
            str_trim(text).len == 0)
            continue; /* what is needed, the engine says */
        code = read_one(exchange->arena, row, text, &value, err);
        if (!code)
            map_add_key(&map, quell_get(row, "name"), value);
    }
    if (!code)
        *answers = json_text(exchange->arena, map_made(&map), JSON_COMPACT);
    return code;
}
