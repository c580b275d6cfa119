/*
 * page.c - HTML answers and where browsers go next.
 */
#include "serve/page.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/limits.h"
#include "base/str.h"
#include "serve/server.h"

/* No script at all, no frame around us, forms to us only; the style is a file of ours. */
#define POLICY                                                                                     \
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "                   \
    "frame-ancestors 'none'; base-uri 'none'"

static struct answer page(int status, struct quell_str html)
{
    return (struct answer){.status = status,
                           .type = "text/html; charset=utf-8",
                           .body = html,
                           .fields = {{"Content-Security-Policy", QUELL_STR(POLICY)},
                                      {"X-Frame-Options", QUELL_STR("DENY")}}};
}

void page_answer(struct exchange *exchange, int status, struct quell_str html)
{
    struct answer answer = page(status, html);

    exchange_answer(exchange, &answer);
}

static void add_head(struct buf *html, const char *title)
{
    buf_add_text(html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    escape_html(html, quell_str_of(title));
    buf_add_text(html, "</title>");
}

void page_message(struct exchange *exchange, int status, const char *title, struct quell_str text)
{
    struct buf html = {.size_max = 65536};

    add_head(&html, title);
    buf_add_text(&html, "</head><body><h1>");
    escape_html(&html, quell_str_of(title));
    buf_add_text(&html, "</h1><p>");
    escape_html(&html, text);
    buf_add_text(&html, "</p></body></html>\n");
    page_answer(exchange, status, buf_str(&html));
    buf_free(&html);
}

void page_go(struct exchange *exchange, struct quell_str path)
{
    struct answer answer = {.status = 303, .fields = {{"Location", path}}};

    exchange_answer(exchange, &answer);
}

void page_go_on(struct exchange *exchange, struct quell_str path, const struct quell_str *cookies,
                size_t cookie_count)
{
    struct buf html = {.size_max = 65536};
    struct answer answer;

    add_head(&html, "quell");
    buf_add_text(&html, "<meta http-equiv=\"refresh\" content=\"0; url=");
    escape_html(&html, path);
    buf_add_text(&html, "\"></head><body><p><a href=\"");
    escape_html(&html, path);
    buf_add_text(&html, "\">Go on</a></p></body></html>\n");
    answer = page(200, buf_str(&html));
    for (size_t i = 0; i < cookie_count && i + 2 < ANSWER_FIELDS; i++)
        answer.fields[i + 2] = (struct answer_field){"Set-Cookie", cookies[i]};
    exchange_answer(exchange, &answer);
    buf_free(&html);
}

struct quell_str page_next(struct quell_str wanted)
{
    static const char plain[] = "/?&=%-._~:+@,!()*$";
    struct quell_str home = QUELL_STR("/approvals");

    if (wanted.len <= 1 || wanted.len > LIMIT_NEXT_BYTES || wanted.data[0] != '/')
        return home;
    if (wanted.data[1] == '/')
        return home;
    for (size_t i = 0; i < wanted.len; i++) {
        char c = wanted.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              memchr(plain, c, sizeof(plain) - 1)))
            return home;
    }
    /* Not into a circle, and no way out of a session that somebody else chose. */
    return str_starts(wanted, QUELL_STR("/auth/")) ? home : wanted;
}

void page_add_csrf(struct buf *html, const struct exchange *exchange)
{
    buf_add_text(html, "<input type=\"hidden\" name=\"csrf\" value=\"");
    escape_html(html, exchange->identity.csrf);
    buf_add_text(html, "\">");
}
