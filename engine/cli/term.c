/*
 * term.c - see term.h.
 */
#include "cli/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "loop/file.h"
#include "value/json.h"
#include "value/value.h"

struct term term_of_output(void)
{
    const char *none = file_environment("NO_COLOR"), *force = file_environment("CLICOLOR_FORCE");
    const char *kind = file_environment("TERM");
    struct term term = {.terminal = isatty(STDOUT_FILENO) == 1, .width = 80};
    struct winsize size = {0};

    term.color = term.terminal && !(kind && strcmp(kind, "dumb") == 0);
    if (force && force[0] && strcmp(force, "0") != 0)
        term.color = true;
    if (none && none[0])
        term.color = false;
    if (term.terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        term.width = size.ws_col;
    (void)setlocale(LC_CTYPE, ""); /* an unknown locale stays "C": ASCII */
    term.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return term;
}

const char *term_on(const struct term *term, enum tone tone)
{
    static const char *const codes[] = {"",         "\033[32m", "\033[31m",
                                        "\033[33m", "\033[2m",  "\033[1m"};
    return term->color ? codes[tone] : "";
}

const char *term_off(const struct term *term)
{
    return term->color ? "\033[0m" : "";
}

const char *term_glyph(const struct term *term, const char *utf8, const char *ascii)
{
    return term->unicode ? utf8 : ascii;
}

void term_print(struct quell_str text)
{
    size_t at = 0;

    while (at < text.len) {
        uint32_t point = 0;
        size_t len = utf8_read(text, at, &point);

        if (len == 0) {
            printf("\\x%02x", (unsigned)(unsigned char)text.data[at]);
            len = 1;
        } else if (point == '\n') {
            printf(" / "); /* one line stays one line; the whole text is in -o json */
        } else if (point < 0x20 || (point >= 0x7f && point < 0xa0) ||
                   (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069)) {
            printf("\\x%02x", (unsigned)point);
        } else {
            (void)fwrite(text.data + at, 1, len, stdout);
        }
        at += len;
    }
}

void term_pad(struct quell_str text, size_t width)
{
    size_t shown = utf8_width(text);

    term_print(text);
    for (; shown < width; shown++)
        putchar(' ');
}

/* Cuts at so many columns, three of them for the dots. */
static struct quell_str cut(struct quell_str text, size_t width)
{
    size_t at = 0, columns = 0;

    if (width == 0 || utf8_width(text) <= width)
        return text;
    while (at < text.len) {
        uint32_t point;
        size_t len = utf8_read(text, at, &point), wide;
        if (len == 0)
            len = 1;
        wide = utf8_width((struct quell_str){text.data + at, len});
        if (columns + wide > width - 3)
            break;
        columns += wide;
        at += len;
    }
    return (struct quell_str){text.data, at};
}

void term_value(const struct term *term, struct quell_value value, size_t width)
{
    struct arena *arena = arena_new(0);
    struct quell_str text, shown;

    if (quell_is(value, QUELL_UNKNOWN)) {
        printf("%s?%s %s(", term_on(term, TONE_WARN), term_off(term), term_on(term, TONE_DIM));
        term_print(cut(quell_str(value), width));
        printf(")%s", term_off(term));
        arena_free(arena);
        return;
    }
    text = quell_is(value, QUELL_STRING) && !(value.flags & QUELL_MASKED)
               ? quell_str(value)
               : json_text(arena, value, JSON_COMPACT);
    if (quell_is(value, QUELL_TIME) || quell_is(value, QUELL_DURATION)) /* no text to be quoted */
        text = str_slice(text, 1, text.len - 1);
    shown = cut(text, width);
    term_print(shown);
    if (shown.len < text.len)
        printf("...");
    arena_free(arena);
}
