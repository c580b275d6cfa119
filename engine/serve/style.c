/*
 * style.c - the style of the pages, one file that browsers load from us: it lets the pages be
 * without any style of their own, as their policy says. Contrast is 4.5:1 at least in both themes.
 */
#include "serve/service.h"

#include "base/str.h"

static const char style[] =
    ":root{color-scheme:light dark;--text:#1b1b1f;--dim:#55565c;--page:#fafafb;--card:#fff;"
    "--line:#c9cad1;--strong:#0b57a4;--on:#fff;--bad:#a4161a;--good:#14602f;--warn:#7a4b00}\n"
    "@media(prefers-color-scheme:dark){:root{--text:#e8e8ec;--dim:#b3b4bc;--page:#17181b;"
    "--card:#212226;--line:#4a4b53;--strong:#8ec1ff;--on:#0b1a2b;--bad:#ff9c98;--good:#7fd79c;"
    "--warn:#f2c46d}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}\n"
    "header{display:flex;flex-wrap:wrap;gap:4px 16px;justify-content:space-between;"
    "padding:8px 16px;border-bottom:1px solid var(--line)}\n"
    "main{max-width:860px;margin:0 auto;padding:8px 16px 48px}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:16px 0 8px}\n"
    "h2{font-size:1.125rem;margin:24px 0 8px}h3{font-size:1rem;margin:0 0 4px}\n"
    "a{color:var(--strong)}\n"
    ".skip{position:absolute;left:-9999px}.skip:focus{position:static}\n"
    ":focus-visible{outline:3px solid var(--strong);outline-offset:2px}\n"
    "section,li.card{background:var(--card);border:1px solid var(--line);border-radius:8px;"
    "padding:12px 16px;margin:12px 0}\n"
    "ul.cards{list-style:none;padding:0;margin:0}\n"
    "dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:4px 16px;margin:0}\n"
    "dt{color:var(--dim)}dd{margin:0;min-width:0;overflow-wrap:anywhere}\n"
    "p,li,code,h1,h2,h3,td,legend{overflow-wrap:anywhere}\n"
    ".dim{color:var(--dim)}.bad{color:var(--bad)}.good{color:var(--good)}.warn{color:var(--warn)}\n"
    "bdi{white-space:pre-wrap}\n"
    "label,legend{display:block;font-weight:600;margin:12px 0 4px}\n"
    "fieldset{border:0;padding:0;margin:0}fieldset label{font-weight:400;margin:4px 0}\n"
    "input:not([type=radio]):not([type=checkbox]),select,textarea{width:100%;padding:8px;"
    "font:inherit;color:inherit;background:var(--page);border:1px solid var(--dim);"
    "border-radius:4px}\n"
    "input[type=radio],input[type=checkbox]{width:24px;height:24px;vertical-align:middle}\n"
    ".buttons{display:flex;flex-wrap:wrap;gap:12px;margin-top:16px}\n"
    "button{min-height:44px;padding:8px 20px;font:inherit;font-weight:600;border-radius:4px;"
    "border:2px solid var(--strong);background:var(--strong);color:var(--on);cursor:pointer}\n"
    "button.deny{background:transparent;color:var(--bad);border-color:var(--bad)}\n"
    "@media(max-width:480px){dl{grid-template-columns:1fr}dd{margin-bottom:8px}}\n";

void style_get(struct exchange *exchange)
{
    struct answer answer = {
        .status = 200, .type = "text/css; charset=utf-8", .body = QUELL_STR(style)};

    exchange_answer(exchange, &answer);
}

void style_icon(struct exchange *exchange)
{
    struct answer answer = {.status = 204};

    exchange_answer(exchange, &answer);
}
