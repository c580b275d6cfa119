/*
 * markup.c - the one place where HTML is put together.
 */
#include "serve/markup.h"

#include "base/arena.h"
#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "serve/page.h"
#include "serve/server.h"
#include "value/json.h"
#include "value/value.h"

#define PAGE_BYTES ((size_t)2 * 1024 * 1024) /* a hundred calls with long arguments have 500 KB */

void markup_literal(struct markup *html, struct quell_str literal)
{
    html->buf.size_max = PAGE_BYTES;
    buf_add_str(&html->buf, literal);
}

/* It would be seen as something else, or not at all. */
static bool is_disguise(uint32_t point)
{
    return (point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0) ||
           point == 0xad || point == 0x61c || (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
           point == 0xfeff || (point >= 0xfff9 && point <= 0xfffb) ||
           (point >= 0xe0000 && point <= 0xe0fff);
}

void markup_text(struct markup *html, struct quell_str text)
{
    size_t start = 0, at = 0;

    html->buf.size_max = PAGE_BYTES;
    while (at < text.len) {
        uint32_t point = 0xfffd;
        size_t len = utf8_read(text, at, &point);

        if (len && !is_disguise(point)) {
            at += len;
            continue;
        }
        escape_html(&html->buf, str_slice(text, start, at));
        buf_add_format(&html->buf, "[U+%04X]", (unsigned)(len ? point : 0xfffd));
        at += len ? len : 1;
        start = at;
    }
    escape_html(&html->buf, str_slice(text, start, at));
}

static void add_time(struct markup *html, struct quell_value time)
{
    struct arena *arena = arena_new(0);
    struct when when = {time.as.integer, 0};

    markup_add(html, "<time>");
    markup_text(html, when_format_time(arena, when));
    markup_add(html, "</time>");
    arena_free(arena);
}

void markup_value(struct markup *html, struct quell_value value)
{
    struct arena *arena = arena_new(0);

    markup_add(html, "<bdi>");
    if (quell_is(value, QUELL_TIME))
        add_time(html, value);
    else if (quell_is(value, QUELL_STRING) && !value_has_secret(value))
        markup_text(html, quell_str(value));
    else
        markup_text(html, json_text(arena, value, JSON_COMPACT));
    markup_add(html, "</bdi>");
    arena_free(arena);
}

void markup_csrf(struct markup *html, const struct exchange *exchange)
{
    markup_literal(html, QUELL_STR(""));
    page_add_csrf(&html->buf, exchange);
}

void markup_begin(struct markup *html, const char *title, const struct exchange *exchange)
{
    markup_add(html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                     "<meta name=\"color-scheme\" content=\"light dark\"><title>");
    markup_text(html, quell_str_of(title));
    markup_add(html, " - quell</title><link rel=\"stylesheet\" href=\"/pages/style.css\">"
                     "</head><body><a class=\"skip\" href=\"#main\">To the content</a>"
                     "<header><a href=\"/approvals\">quell: what people are asked</a><span>");
    markup_text(html, exchange->identity.name);
    markup_add(html, "</span></header><main id=\"main\">\n");
}

void markup_end(struct markup *html)
{
    markup_add(html, "</main></body></html>\n");
}

void markup_answer(struct exchange *exchange, int status, struct markup *html)
{
    if (buf_over(&html->buf))
        page_message(exchange, 500, "Too large for a page",
                     QUELL_STR("`quell approvals` on the server shows all of it."));
    else
        page_answer(exchange, status, buf_str(&html->buf));
    buf_free(&html->buf);
}
