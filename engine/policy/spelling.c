/*
 * spelling.c - whether two texts name the same thing, however they are spelled. It errs on the side
 * of the same: what is protected under one name must not be reached under another.
 */
#include "policy/workspace.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "base/utf8.h"
#include "match/fold.h"
#include "policy/internal.h"

static const struct look_alike {
    uint32_t code_point;
    const char *letters;
} look_alikes[] = {
#define LOOKS_LIKE(code_point, letters) {code_point, letters},
#include "policy/spelling.def"
#undef LOOKS_LIKE
};
enum { LOOK_ALIKES = sizeof(look_alikes) / sizeof(*look_alikes) };

/* Invisible, or a mark upon the letter before it. */
static bool is_unseen(uint32_t c)
{
    static const uint32_t spans[][2] = {
        {0x0000, 0x001f},  {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x0300, 0x036f}, {0x061c, 0x061c},
        {0x115f, 0x1160},  {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
        {0x200b, 0x200f},  {0x202a, 0x202e}, {0x2060, 0x206f}, {0x20d0, 0x20ff}, {0x3164, 0x3164},
        {0xfe00, 0xfe0f},  {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0}, {0xfff0, 0xfffb},
        {0xe0000, 0xe0fff}};
    size_t i;
    for (i = 0; i < sizeof(spans) / sizeof(*spans); i++)
        if (c >= spans[i][0] && c <= spans[i][1])
            return true;
    return false;
}

/* The ASCII that a compatibility form stands for, or 0: wide letters, circled ones, and the
 * mathematical alphabets, whose blocks repeat A-Z a-z and 0-9. */
static uint32_t compatible(uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e)
        return c - 0xff01 + '!';
    if (c >= 0x1d400 && c <= 0x1d6a3)
        return (c - 0x1d400) % 52 < 26 ? 'a' + (c - 0x1d400) % 52 : 'a' + (c - 0x1d400) % 52 - 26;
    if (c >= 0x1d7ce && c <= 0x1d7ff)
        return '0' + (c - 0x1d7ce) % 10;
    if (c >= 0x24b6 && c <= 0x24e9)
        return 'a' + (c - 0x24b6) % 26;
    if (c >= 0x2080 && c <= 0x2089)
        return '0' + (c - 0x2080);
    if (c == 0x3000 || c == 0x00a0 || (c >= 0x2000 && c <= 0x200a))
        return ' ';
    return 0;
}

static size_t put(uint32_t c, char *out)
{
    uint32_t plain = compatible(c);
    size_t i;
    c = plain ? plain : c;
    for (i = 0; i < LOOK_ALIKES; i++)
        if (look_alikes[i].code_point == c) {
            out[0] = look_alikes[i].letters[0];
            return 1;
        }
    if (c < 0x80) {
        out[0] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        return 1;
    }
    return utf8_write(fold_code_point(c), out);
}

/* Blanks at both ends and dots behind it are no part of a name. */
static struct quell_str trimmed(struct quell_str text)
{
    text = str_trim(text);
    while (text.len && (text.data[text.len - 1] == '.' || text.data[text.len - 1] == ' '))
        text.len--;
    return text;
}

struct quell_str spelling_plain(struct arena *arena, struct quell_str text)
{
    char *out = arena_alloc(arena, text.len * 2 + 5);
    size_t at = 0, len = 0;
    while (at < text.len) {
        uint32_t c;
        size_t step = utf8_read(text, at, &c);
        if (step == 0) { /* no UTF-8: the byte stands for itself */
            out[len++] = text.data[at++];
            continue;
        }
        at += step;
        if (!is_unseen(c))
            len += put(c, out + len);
    }
    return trimmed((struct quell_str){out, len});
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* A GUID in braces, or without its dashes. */
static struct quell_str plain_id(struct arena *arena, struct quell_str text)
{
    struct quell_str plain = spelling_plain(arena, text);
    char *out;
    size_t i, len = 0;
    if (plain.len > 2 && plain.data[0] == '{' && plain.data[plain.len - 1] == '}')
        plain = str_slice(plain, 1, plain.len - 1);
    out = arena_alloc(arena, plain.len + 1);
    for (i = 0; i < plain.len; i++)
        if (is_hex(plain.data[i]))
            out[len++] = plain.data[i];
        else if (plain.data[i] != '-')
            return plain;
    return len == 32 ? (struct quell_str){out, len} : plain;
}

bool spelling_same_id(struct arena *arena, struct quell_str a, struct quell_str b)
{
    return quell_str_equal(plain_id(arena, a), plain_id(arena, b));
}

static struct quell_str behind(struct quell_str text, char separator)
{
    size_t i;
    for (i = text.len; i > 0; i--)
        if (text.data[i - 1] == separator)
            return str_slice(text, i, text.len);
    return text;
}

/* A machine's name without the domain before it and the mark of its account behind it. */
static struct quell_str host_of(struct arena *arena, struct quell_str text)
{
    struct quell_str host = behind(spelling_plain(arena, text), '\\');
    if (host.len > 1 && host.data[host.len - 1] == '$')
        host.len--;
    return trimmed(host);
}

bool spelling_same_name(struct arena *arena, struct quell_str a, struct quell_str b)
{
    struct quell_str first = host_of(arena, a), second = host_of(arena, b), head, rest;
    bool far = str_cut(first, '.', &head, &rest);
    if (quell_str_equal(first, second))
        return first.len > 0;
    if (far == (str_find(second, QUELL_STR("."), 0) != SIZE_MAX) || first.len == 0 ||
        second.len == 0)
        return false;
    if (far) /* one is short: it may be that of any domain */
        return quell_str_equal(head, second);
    (void)str_cut(second, '.', &head, &rest);
    return quell_str_equal(head, first);
}

struct account {
    struct quell_str local, domain; /* domain: of DNS, of NetBIOS, or empty */
};

static struct account account_of(struct arena *arena, struct quell_str text)
{
    struct quell_str plain = spelling_plain(arena, text);
    struct account account = {plain, {"", 0}};
    if (str_find(plain, QUELL_STR("\\"), 0) != SIZE_MAX)
        (void)str_cut(plain, '\\', &account.domain, &account.local);
    else if (str_find(plain, QUELL_STR("@"), 0) != SIZE_MAX)
        (void)str_cut(plain, '@', &account.local, &account.domain);
    return account;
}

bool spelling_same_account(struct arena *arena, struct quell_str a, struct quell_str b)
{
    struct account first = account_of(arena, a), second = account_of(arena, b);
    bool far = str_find(first.domain, QUELL_STR("."), 0) != SIZE_MAX,
         other_far = str_find(second.domain, QUELL_STR("."), 0) != SIZE_MAX;
    if (first.local.len == 0 || !quell_str_equal(first.local, second.local))
        return false;
    /* A NetBIOS name says nothing of the DNS one: it may be the same. */
    return first.domain.len == 0 || second.domain.len == 0 || far != other_far ||
           quell_str_equal(first.domain, second.domain);
}

struct quell_str policy_key_of(struct arena *arena, struct quell_value target)
{
    uint8_t digest[DIGEST_SHA256];
    struct quell_value value = quell_get(target, "value");
    struct quell_str text = quell_is(value, QUELL_STRING)
                                ? plain_id(arena, quell_str(value))
                                : QUELL_STR("?"); /* all that are no text are one */
    digest_sha256(
        arena_format(arena, "%.*s %.*s", QUELL_ARG(quell_get_str(target, "kind")), QUELL_ARG(text)),
        digest);
    return str_slice(digest_hex(arena, digest, sizeof(digest)), 0, 20);
}
