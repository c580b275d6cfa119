/*
 * mail.c - mail headers as text. It builds no message: curl_mail.c does.
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

/* Without control characters and angle brackets a name can be encoded whatever else it holds. */
static bool is_name(struct quell_str text)
{
    if (utf8_valid(text) != text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c == 0x7f || c == '<' || c == '>')
            return false;
    }
    return true;
}

bool mail_address_read(struct quell_str text, struct mail_address *address)
{
    struct mail_address made = {{"", 0}, str_trim(text)};
    struct quell_str name, rest;

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

struct quell_str mail_lines(struct arena *arena, struct quell_str text)
{
    struct buf out = {0};
    struct quell_str made;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\r' && i + 1 < text.len && text.data[i + 1] == '\n')
            i++;
        if (c == '\r' || c == '\n')
            buf_add_text(&out, "\r\n");
        else
            buf_add_char(&out, c);
    }
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}
