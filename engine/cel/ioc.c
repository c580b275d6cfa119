/*
 * ioc.c - one pass over a text: at each place where a word begins it is asked what indicator that
 * word is. No backtracking further than the word, so that the work grows with the text.
 */
#include "cel/ioc.h"

#include <string.h>

#include "base/buf.h"
#include "base/cidr.h"
#include "base/str.h"

enum {
    LABEL_MAX = 63,   /* RFC 1035 2.3.4 */
    DOMAIN_MAX = 253, /* the same, as text */
    LOCAL_MAX = 64,   /* RFC 5321 4.5.3.1.1 */
    ADDRESS_MAX = 45, /* IPv6 with a dotted quad */
    SCHEME_MAX = 12,
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

static bool is_hex(char c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* ---- domains ------------------------------------------------------------------------------- */

/* Endings of file names that are no top-level domains, or hardly ever. */
static const char *const file_endings[] = {
    "exe",  "dll",  "sys",  "bin",  "dat",  "tmp",   "log",   "txt",      "csv",  "pdf",  "doc",
    "docx", "docm", "xls",  "xlsx", "xlsm", "ppt",   "pptx",  "rtf",      "odt",  "htm",  "html",
    "xml",  "json", "yaml", "yml",  "ini",  "cfg",   "conf",  "php",      "asp",  "aspx", "jsp",
    "js",   "vbs",  "vbe",  "wsf",  "hta",  "bat",   "cmd",   "ps1",      "psm1", "lnk",  "msi",
    "iso",  "img",  "vhd",  "vhdx", "rar",  "gz",    "tgz",   "tar",      "7z",   "zip",  "cab",
    "jar",  "apk",  "dmg",  "png",  "jpg",  "jpeg",  "gif",   "bmp",      "svg",  "mp3",  "mp4",
    "eml",  "msg",  "pst",  "dmp",  "evtx", "class", "local", "internal", "lan"};

static bool is_top_level(struct quell_str label)
{
    size_t i;
    if (label.len < 2)
        return false;
    for (i = 0; i < label.len && is_letter(label.data[i]); i++)
        ;
    if (i < label.len &&
        !(label.len > 4 && str_equal_fold(str_slice(label, 0, 4), QUELL_STR("xn--"))))
        return false;
    for (i = 0; i < sizeof(file_endings) / sizeof(file_endings[0]); i++) {
        if (str_equal_fold(label, quell_str_of(file_endings[i])))
            return false;
    }
    return true;
}

static bool is_label(struct quell_str label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.data[0] == '-' ||
        label.data[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_word(label.data[i]) && label.data[i] != '-' && label.data[i] != '_')
            return false;
    }
    return true;
}

bool ioc_is_domain(struct quell_str text)
{
    struct quell_str label, rest = text;
    size_t labels = 0;
    bool more = true;
    if (text.len > DOMAIN_MAX)
        return false;
    while (more) {
        more = str_cut(rest, '.', &label, &rest);
        if (!is_label(label))
            return false;
        labels++;
    }
    return labels > 1 && is_top_level(label);
}

/* ---- what a word may be -------------------------------------------------------------------- */

/* The end of the run of characters from `from` on that are words' or one of `others`, of `most` and
 * one more: a longer run is no indicator, and is not looked at again and again. */
static size_t run_of(struct quell_str text, size_t from, const char *others, size_t most)
{
    size_t end = text.len - from > most ? from + most + 1 : text.len;
    while (from < end &&
           (is_word(text.data[from]) || (text.data[from] && strchr(others, text.data[from]))))
        from++;
    return from;
}

static size_t without_dots(struct quell_str text, size_t from, size_t to)
{
    while (to > from && strchr(".-_:", text.data[to - 1]))
        to--;
    return to;
}

/* Where a URL ends: at what no URL holds, without the marks of the sentence around it. A closing
 * bracket belongs to it when its opening one does. */
static size_t url_end(struct quell_str text, size_t from)
{
    size_t to = from;
    long round = 0, square = 0; /* more opened than closed */
    for (; to < text.len && (unsigned char)text.data[to] > ' ' &&
           !strchr("<>\"'`{}|\\^", text.data[to]) && text.data[to] != 0x7f;
         to++) {
        char c = text.data[to];
        round += c == '(' ? 1 : c == ')' ? -1 : 0;
        square += c == '[' ? 1 : c == ']' ? -1 : 0;
    }
    while (to > from) {
        char c = text.data[to - 1];
        bool closes = (c == ')' && round < 0) || (c == ']' && square < 0);
        if (!closes && !strchr(".,;:!?*", c))
            break;
        round += c == ')';
        square += c == ']';
        to--;
    }
    return to;
}

static bool find_url(struct quell_str text, size_t from, struct ioc *found)
{
    size_t colon = run_of(text, from, "+-.", SCHEME_MAX), to;
    if (!is_letter(text.data[from]) || colon - from > SCHEME_MAX || colon - from < 2 ||
        !str_starts(str_slice(text, colon, text.len), QUELL_STR("://")))
        return false;
    to = url_end(text, from);
    if (to <= colon + 3)
        return false;
    *found = (struct ioc){IOC_URL, from, to};
    return true;
}

static bool find_mail(struct quell_str text, size_t from, struct ioc *found)
{
    size_t at = run_of(text, from, "!#$%&*+-/=?^_~.", LOCAL_MAX), to;
    if (at == from || at - from > LOCAL_MAX || at >= text.len || text.data[at] != '@')
        return false;
    to = without_dots(text, at + 1, run_of(text, at + 1, ".-", DOMAIN_MAX));
    if (text.data[from] == '.' || text.data[at - 1] == '.' ||
        !ioc_is_domain(str_slice(text, at + 1, to)))
        return false;
    *found = (struct ioc){IOC_MAIL, from, to};
    return true;
}

/* An address stands alone: `1.2.3.4.5` and version numbers behind a letter are none. */
static bool find_ip(struct quell_str text, size_t from, struct ioc *found)
{
    size_t end = from, to;
    struct cidr address;
    bool dots = false, colons = false;
    for (; end < text.len && end - from <= ADDRESS_MAX &&
           (is_hex(text.data[end]) || text.data[end] == '.' || text.data[end] == ':');
         end++) {
        dots |= text.data[end] == '.';
        colons |= text.data[end] == ':';
    }
    to = end;
    if (end < text.len && (is_word(text.data[end]) || text.data[end] == '_'))
        return false;
    if (dots &&
        colons) { /* a port, a sentence's colon, or IPv6 with a quad: the longest that fits */
        while (to > from && !ip_parse(str_slice(text, from, to), &address))
            to--;
        while (to > from && to < end && is_hex(text.data[to])) /* a cut number is none */
            to--;
    } else {
        while (to > from &&
               (text.data[to - 1] == '.' ||
                (text.data[to - 1] == ':' && !(to - from > 1 && text.data[to - 2] == ':'))))
            to--;
    }
    if (to - from < 2 || to - from > ADDRESS_MAX || !ip_parse(str_slice(text, from, to), &address))
        return false;
    if (to - from == 2) /* `::` is C++ more often than an address */
        return false;
    *found = (struct ioc){IOC_IP, from, to};
    return true;
}

static bool find_hash(struct quell_str text, size_t from, struct ioc *found)
{
    size_t to = from, len;
    while (to < text.len && is_hex(text.data[to]))
        to++;
    len = to - from;
    if ((len != 32 && len != 40 && len != 64 && len != 128) ||
        (to < text.len && is_word(text.data[to])))
        return false;
    *found = (struct ioc){IOC_HASH, from, to};
    return true;
}

static bool find_cve(struct quell_str text, size_t from, struct ioc *found)
{
    size_t to = from + 9, digits = from + 4;
    if (text.len - from < 13 || !str_equal_fold(str_slice(text, from, from + 4), QUELL_STR("CVE-")))
        return false;
    while (digits < from + 8 && is_digit(text.data[digits]))
        digits++;
    if (digits != from + 8 || text.data[digits] != '-')
        return false;
    while (to < text.len && is_digit(text.data[to]))
        to++;
    *found = (struct ioc){IOC_CVE, from, to};
    return to - from >= 13;
}

static bool find_domain(struct quell_str text, size_t from, struct ioc *found)
{
    size_t end = run_of(text, from, ".-_", DOMAIN_MAX), to = without_dots(text, from, end);
    if (end < text.len && (text.data[end] == '@' || text.data[end] == '\\'))
        return false; /* the front of a mail address, or DOMAIN\user */
    if (!ioc_is_domain(str_slice(text, from, to)))
        return false;
    *found = (struct ioc){IOC_DOMAIN, from, to};
    return true;
}

/* In this order: a URL holds a domain, a mail address begins like one. */
static bool (*const finders[])(struct quell_str text, size_t from, struct ioc *found) = {
    find_url, find_mail, find_ip, find_hash, find_cve, find_domain};

bool ioc_next(struct quell_str text, size_t from, struct ioc *found)
{
    for (; from < text.len; from++) {
        if (!is_word(text.data[from]) && text.data[from] != ':' && text.data[from] != '_')
            continue;
        for (size_t i = 0; i < sizeof(finders) / sizeof(finders[0]); i++) {
            if (finders[i](text, from, found))
                return true;
        }
        /* Nothing begins in the middle of a word. */
        while (from + 1 < text.len &&
               (is_word(text.data[from]) || strchr("._-", text.data[from])) &&
               (is_word(text.data[from + 1]) || strchr("._-", text.data[from + 1])))
            from++;
    }
    return false;
}

struct quell_str ioc_host(struct quell_str text, enum ioc_kind kind)
{
    struct quell_str host = text, head, tail;
    size_t i;
    if (kind == IOC_URL) {
        host = str_slice(text, str_find(text, QUELL_STR("://"), 0) + 3, text.len);
        for (i = 0; i < host.len && !strchr("/?#", host.data[i]); i++)
            ;
        host = str_slice(host, 0, i);
    }
    for (i = host.len; i > 0 && host.data[i - 1] != '@'; i--)
        ;
    host = str_slice(host, i, host.len);
    if (host.len && host.data[0] == '[') {
        (void)str_cut(str_slice(host, 1, host.len), ']', &head, &tail); /* or all of it */
        return head;
    }
    (void)str_cut(host, ':', &head, &tail); /* without a port it is the head */
    return head;
}

/* ---- defanged ------------------------------------------------------------------------------ */

static const struct {
    const char *from, *to;
} fangs[] = {
    {"[://]", "://"}, {"[:]//", "://"}, {"[:]", ":"},   {"(:)", ":"},     {"{:}", ":"},
    {"[colon]", ":"}, {"[.]", "."},     {"(.)", "."},   {"{.}", "."},     {"<.>", "."},
    {"[dot]", "."},   {"(dot)", "."},   {"{dot}", "."}, {"[punkt]", "."}, {"\\.", "."},
    {"[.", "."},      {".]", "."},      {"[@]", "@"},   {"(@)", "@"},     {"[at]", "@"},
    {"(at)", "@"},    {"{at}", "@"},    {"[/]", "/"},   {"(/)", "/"},
};
static const char *const schemes[] = {"hxxps", "hxxp", "h**ps", "h**p",  "xxxps", "xxxp",
                                      "xxps",  "fxps", "fxp",   "meows", "meow"};
static const char *const true_schemes[] = {"https", "http", "https", "http",  "https", "http",
                                           "https", "ftps", "ftp",   "https", "http"};

static bool starts_fold(struct quell_str text, size_t at, const char *word)
{
    size_t len = strlen(word);
    return text.len - at >= len &&
           str_equal_fold(str_slice(text, at, at + len), quell_str_of(word));
}

/* A scheme counts where a word begins and a colon, however it is written, follows. */
static size_t refang_scheme(struct buf *out, struct quell_str text, size_t at)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);
        if (starts_fold(text, at, schemes[i]) && at + len < text.len &&
            strchr(":[({", text.data[at + len])) {
            buf_add_text(out, true_schemes[i]);
            return len;
        }
    }
    return 0;
}

/* `[.` and `.]` alone are brackets around an address as often as a fang: only inside a word. */
static bool fang_fits(struct quell_str text, size_t at, const char *fang)
{
    size_t len = strlen(fang);
    if (len > 2 || fang[0] == '\\')
        return true;
    return at > 0 && is_word(text.data[at - 1]) && at + len < text.len &&
           is_word(text.data[at + len]);
}

void ioc_refang(struct buf *out, struct quell_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t taken = 0;
        if (at == 0 || !is_word(text.data[at - 1]))
            taken = refang_scheme(out, text, at);
        for (size_t i = 0; !taken && i < sizeof(fangs) / sizeof(fangs[0]); i++) {
            if (!starts_fold(text, at, fangs[i].from) || !fang_fits(text, at, fangs[i].from))
                continue;
            buf_add_text(out, fangs[i].to);
            taken = strlen(fangs[i].from);
        }
        if (!taken) {
            buf_add_char(out, text.data[at]);
            taken = 1;
        }
        at += taken;
    }
}

void ioc_defang(struct buf *out, struct quell_str text, enum ioc_kind kind)
{
    struct quell_str rest = text, host = ioc_host(text, kind);
    size_t from = 0, to = text.len;
    if (kind == IOC_HASH || kind == IOC_CVE) {
        buf_add_str(out, text);
        return;
    }
    if (kind == IOC_URL || kind == IOC_MAIL) {
        from = (size_t)(host.data - text.data);
        to = from + host.len;
    }
    for (size_t i = 0; i < rest.len; i++) {
        char c = rest.data[i];
        bool inside = i >= from && i < to;
        if (i == 0 && kind == IOC_URL && starts_fold(rest, 0, "http")) {
            buf_add_text(out, "hxxp");
            i = 3;
        } else if (kind == IOC_URL && i < from && starts_fold(rest, i, "://")) {
            buf_add_text(out, "[:]//");
            i += 2;
        } else if (c == '.' && inside) {
            buf_add_text(out, "[.]");
        } else if (c == ':' && kind == IOC_IP) {
            buf_add_text(out, "[:]");
        } else if (c == '@' && kind == IOC_MAIL) {
            buf_add_text(out, "[@]");
        } else {
            buf_add_char(out, c);
        }
    }
}
