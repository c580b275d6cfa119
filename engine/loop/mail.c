/*
 * mail.c - the texts of a mail, each made safe. mail_pack.c puts them together.
 */
#include "loop/mail.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"

enum {
    LOCAL_BYTES_MAX = 64,    /* RFC 5321 4.5.3.1.1 */
    ADDRESS_BYTES_MAX = 254, /* RFC 5321 4.5.3.1.3, without the brackets */
    ID_BYTES_MAX = 900,      /* a header line may have 998 */
    PLAIN_BYTES_MAX = 60,    /* a header text that fits behind its name in 78 columns */
    WORD_BYTES = 45,         /* base64 makes 60 of them; an encoded word may have 75 */
};

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_atext(char c)
{
    return c != '\0' && (is_alnum(c) || strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Atoms joined by single dots. */
static bool is_dot_atom(struct quell_str text, bool (*is_part)(char))
{
    bool dot = true; /* none may stand first */

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '.' ? dot : !is_part(text.data[i]))
            return false;
        dot = text.data[i] == '.';
    }
    return !dot;
}

static bool is_label_part(char c)
{
    return is_alnum(c) || c == '-';
}

static bool is_address(struct quell_str text)
{
    struct quell_str local, domain;

    return text.len <= ADDRESS_BYTES_MAX && str_cut(text, '@', &local, &domain) &&
           local.len <= LOCAL_BYTES_MAX && is_dot_atom(local, is_atext) &&
           is_dot_atom(domain, is_label_part) && domain.data[0] != '-' &&
           domain.data[domain.len - 1] != '-';
}

bool mail_id_valid(struct quell_str id)
{
    struct quell_str left, right;

    return id.len <= ID_BYTES_MAX && str_cut(id, '@', &left, &right) &&
           is_dot_atom(left, is_atext) && is_dot_atom(right, is_atext);
}

static bool has_control(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f)
            return true;
    }
    return false;
}

/* Without control characters and angle brackets a name can be encoded whatever else it holds. */
static bool is_name(struct quell_str text)
{
    return utf8_valid(text) == text.len && !memchr(text.data, '<', text.len) &&
           !memchr(text.data, '>', text.len);
}

bool mail_address_read(struct quell_str text, struct mail_address *address)
{
    struct mail_address made = {{"", 0}, str_trim(text)};
    struct quell_str name, rest;

    if (has_control(text))
        return false;
    if (str_cut(made.address, '<', &name, &rest)) {
        if (rest.len == 0 || rest.data[rest.len - 1] != '>')
            return false;
        made.name = str_trim(name);
        made.address = str_slice(rest, 0, rest.len - 1);
        if (made.name.len >= 2 && made.name.data[0] == '"' &&
            made.name.data[made.name.len - 1] == '"')
            made.name = str_slice(made.name, 1, made.name.len - 1);
    }
    if (!is_address(made.address) || !is_name(made.name))
        return false;
    *address = made;
    return true;
}

/* ---- encoding --------------------------------------------------------------------------------*/

static bool is_printable_ascii(struct quell_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] > 0x7e)
            return false;
    }
    return true;
}

/* How many bytes from `at` go into one word: whole characters, at least one byte. */
static size_t word_length(struct quell_str text, size_t at)
{
    size_t len = 0, step;
    uint32_t code_point;

    while (at + len < text.len) {
        step = utf8_read(text, at + len, &code_point);
        if (step == 0)
            step = 1; /* not UTF-8: passed on byte by byte, it is only base64 here */
        if (len + step > WORD_BYTES)
            break;
        len += step;
    }
    return len;
}

static struct quell_str encoded_words(struct arena *arena, struct quell_str text)
{
    struct buf out = {0};
    struct quell_str made;

    for (size_t at = 0, len; at < text.len; at += len) {
        len = word_length(text, at);
        buf_add_text(&out, at > 0 ? "\r\n =?utf-8?B?" : "=?utf-8?B?");
        buf_add_str(&out, digest_base64(arena, str_slice(text, at, at + len)));
        buf_add_text(&out, "?=");
    }
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

struct quell_str mail_header_text(struct arena *arena, struct quell_str text)
{
    bool looks_encoded = str_find(text, QUELL_STR("=?"), 0) != SIZE_MAX;

    if (text.len <= PLAIN_BYTES_MAX && is_printable_ascii(text) && !looks_encoded)
        return arena_str(arena, text);
    return encoded_words(arena, text);
}

static bool is_phrase_part(char c)
{
    return is_atext(c) || c == ' ';
}

struct quell_str mail_address_text(struct arena *arena, const struct mail_address *address)
{
    struct quell_str name = address->name;
    bool plain = name.len <= PLAIN_BYTES_MAX && str_find(name, QUELL_STR("=?"), 0) == SIZE_MAX;

    if (name.len == 0)
        return arena_str(arena, address->address);
    for (size_t i = 0; i < name.len; i++)
        plain = plain && is_phrase_part(name.data[i]);
    if (!plain)
        name = encoded_words(arena, name);
    return arena_format(arena, "%.*s <%.*s>", QUELL_ARG(name), QUELL_ARG(address->address));
}

struct quell_str mail_date(struct arena *arena, int64_t now_us)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct when_parts at = when_split(when_from_us(now_us), 0);

    return arena_format(arena, "%s, %d %s %04d %02d:%02d:%02d +0000", days[at.day_of_week], at.day,
                        months[at.month - 1], at.year, at.hour, at.minute, at.second);
}

/* ---- quoted-printable ------------------------------------------------------------------------*/

enum { QUOTED_COLUMNS = 76 }; /* RFC 2045 6.7 */

static bool is_line_end(struct quell_str text, size_t at)
{
    return at == text.len || text.data[at] == '\r' || text.data[at] == '\n';
}

/* A character that stands for itself: blanks not at a line's end, dots not at its beginning. */
static bool is_plain(struct quell_str text, size_t at, size_t column)
{
    char c = text.data[at];

    if (c == ' ' || c == '\t')
        return !is_line_end(text, at + 1);
    return c > ' ' && c <= '~' && c != '=' && (c != '.' || column > 0);
}

struct quell_str mail_quoted(struct arena *arena, struct quell_str text)
{
    struct buf out = {0};
    struct quell_str made;
    size_t column = 0;

    for (size_t at = 0; at < text.len; at++) {
        size_t width;
        if (is_line_end(text, at)) {
            at += text.data[at] == '\r' && at + 1 < text.len && text.data[at + 1] == '\n';
            buf_add_text(&out, "\r\n");
            column = 0;
            continue;
        }
        width = is_plain(text, at, column) ? 1 : 3;
        if (column + width > QUOTED_COLUMNS - 1) {
            buf_add_text(&out, "=\r\n"); /* a soft line break */
            column = 0;
            width = is_plain(text, at, column) ? 1 : 3;
        }
        if (width == 1)
            buf_add_char(&out, text.data[at]);
        else
            buf_add_format(&out, "=%02X", (unsigned)(unsigned char)text.data[at]);
        column += width;
    }
    if (column > 0)
        buf_add_text(&out, "\r\n");
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}
