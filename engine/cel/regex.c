/*
 * regex.c - RE2's regular expressions on PCRE2.
 *
 * CEL promises RE2: no backreferences, no lookaround, nothing that needs backtracking to be right.
 * A reader of the pattern refuses what RE2 refuses and rewrites the little that both spell alike
 * but mean differently; PCRE2 then runs it, in UTF mode, with match and heap limits. Compiled code
 * lives in the arena and so is not JIT-compiled: that memory would have to be given back.
 */
#include "cel/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cel/fault.h"

struct cel_regex {
    pcre2_code *code;
    bool anchored; /* matches at the beginning of a text or nowhere */
    size_t groups; /* that capture; 0 when compiled without */
};

/* ---- reading RE2 --------------------------------------------------------------------------- */

enum { REPEAT_MAX = 1000 }; /* RE2's own limit of {n,m} */

struct reading {
    struct quell_str pattern;
    size_t at;
    char *out; /* for PCRE2; 8 bytes for one of the pattern suffice */
    size_t len;
    struct place place;
    struct cel_fault *fault;
};

static char peek(const struct reading *r, size_t ahead)
{
    return r->at + ahead < r->pattern.len ? r->pattern.data[r->at + ahead] : '\0';
}

static bool follows(const struct reading *r, const char *text)
{
    size_t len = strlen(text);
    return r->pattern.len - r->at >= len && memcmp(r->pattern.data + r->at, text, len) == 0;
}

static void copy(struct reading *r, size_t count)
{
    memcpy(r->out + r->len, r->pattern.data + r->at, count);
    r->len += count;
    r->at += count;
}

static void replace(struct reading *r, size_t count, const char *by)
{
    size_t len = strlen(by);
    memcpy(r->out + r->len, by, len);
    r->len += len;
    r->at += count;
}

/* `what` is what stands here, `count` bytes of the pattern show it. */
static enum quell_code refuse(struct reading *r, size_t count, const char *what)
{
    struct quell_str shown = str_slice(r->pattern, r->at, r->at + count);
    (void)fault_set(r->fault, r->place, QUELL_INVALID,
                    "`%.*s` is %s: patterns here are RE2's, without it", QUELL_ARG(shown), what);
    return fault_help(r->fault, QUELL_INVALID, "byte %zu of the pattern", r->at + 1);
}

/* Groups: RE2 knows (x) (?:x) (?P<n>x) (?<n>x) (?flags) (?flags:x) with the flags i m s U. */
static enum quell_code group(struct reading *r)
{
    static const struct {
        const char *text, *what;
    } refused[] = {
        {"(?=", "a lookahead"},      {"(?!", "a negative lookahead"},
        {"(?<=", "a lookbehind"},    {"(?<!", "a negative lookbehind"},
        {"(?>", "an atomic group"},  {"(?|", "a branch reset group"},
        {"(?#", "a comment"},        {"(?(", "a conditional group"},
        {"(?R", "a recursion"},      {"(?&", "a recursion"},
        {"(?P>", "a recursion"},     {"(?P=", "a backreference"},
        {"(?C", "a callout"},        {"(*", "a verb"},
        {"(?'", "a name in quotes"},
    };
    size_t flags = 2;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (follows(r, refused[i].text))
            return refuse(r, strlen(refused[i].text), refused[i].what);
    }
    if (!follows(r, "(?") || follows(r, "(?P<") || follows(r, "(?<")) {
        copy(r, 1);
        return QUELL_OK;
    }
    while (peek(r, flags) && strchr("imsU-", peek(r, flags)))
        flags++;
    if (peek(r, flags) != ':' && peek(r, flags) != ')')
        return refuse(r, flags + 1, "an unknown group");
    copy(r, flags + 1);
    return QUELL_OK;
}

static enum quell_code escape(struct reading *r, bool in_class)
{
    static const char known[] = "abfnrtvdDsSwWpPxAzBQE"; /* of these, some only outside a class */
    char c = peek(r, 1);
    if (c >= '1' && c <= '9')
        return refuse(r, 2, "a backreference");
    if (c == 'C')
        return refuse(r, 2, "a single byte");
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        if (!strchr(known, c) || (in_class && strchr("AzBbQE", c)))
            return refuse(r, 2, "an escape of other engines");
    }
    if (c == 'v') /* the vertical tab in RE2, a whole class in PCRE2 */
        replace(r, 2, "\\x0b");
    else if (c == 's' && !in_class) /* PCRE2's has the vertical tab as well */
        replace(r, 2, "[\\t\\n\\f\\r ]");
    else if (c == 'S' && !in_class)
        replace(r, 2, "[^\\t\\n\\f\\r ]");
    else if (c == 's')
        replace(r, 2, "\\t\\n\\f\\r ");
    else
        copy(r, c ? 2 : 1);
    return QUELL_OK;
}

/* \Q...\E is copied as it is. */
static void quotation(struct reading *r)
{
    size_t end = str_find(r->pattern, QUELL_STR("\\E"), r->at);
    copy(r, (end == SIZE_MAX ? r->pattern.len : end + 2) - r->at);
}

static enum quell_code char_class(struct reading *r)
{
    copy(r, peek(r, 1) == '^' ? 2 : 1);
    if (peek(r, 0) == ']')
        copy(r, 1);
    while (r->at < r->pattern.len && peek(r, 0) != ']') {
        size_t end;
        if (peek(r, 0) == '\\') {
            enum quell_code code = escape(r, true);
            if (code)
                return code;
            continue;
        }
        end = follows(r, "[:") ? str_find(r->pattern, QUELL_STR(":]"), r->at + 2) : SIZE_MAX;
        copy(r, end == SIZE_MAX ? 1 : end + 2 - r->at);
    }
    if (r->at < r->pattern.len)
        copy(r, 1);
    return QUELL_OK;
}

/* The length of {n}, {n,} or {n,m}, or 0 when the brace is a literal. */
static size_t repeat(const struct reading *r, unsigned *most)
{
    size_t i = 1;
    unsigned number = 0;
    bool digit = false;
    *most = 0;
    for (;; i++) {
        char c = peek(r, i);
        if (c >= '0' && c <= '9') {
            number = number > REPEAT_MAX ? number : number * 10 + (unsigned)(c - '0');
            digit = true;
        } else if ((c == ',' || c == '}') && i > 1 && (digit || c == '}')) {
            *most = number > *most ? number : *most;
            if (c == '}')
                return i + 1;
            number = 0;
            digit = false;
        } else {
            return 0;
        }
    }
}

static enum quell_code repetition(struct reading *r)
{
    unsigned most = 0;
    size_t len = peek(r, 0) == '{' ? repeat(r, &most) : 1;
    if (most > REPEAT_MAX)
        return refuse(r, len, "more than 1000 repetitions");
    if (len && peek(r, len) == '+')
        return refuse(r, len + 1, "possessive");
    copy(r, len ? len : 1);
    if (len && peek(r, 0) == '?')
        copy(r, 1);
    return QUELL_OK;
}

static enum quell_code read_pattern(struct reading *r)
{
    while (r->at < r->pattern.len) {
        enum quell_code code = QUELL_OK;
        char c = peek(r, 0);
        if (c == '(')
            code = group(r);
        else if (c == '[')
            code = char_class(r);
        else if (follows(r, "\\Q"))
            quotation(r);
        else if (c == '\\')
            code = escape(r, false);
        else if (c == '*' || c == '+' || c == '?' || c == '{')
            code = repetition(r);
        else
            copy(r, 1);
        if (code)
            return code;
    }
    return QUELL_OK;
}

/* ---- PCRE2 --------------------------------------------------------------------------------- */

static void *from_arena(size_t size, void *arena)
{
    return arena_alloc(arena, size);
}

static void to_arena(void *memory, void *arena)
{
    (void)memory; /* goes with its arena */
    (void)arena;
}

/* No automatic possessives: what they scan, PCRE2 does not count, and one pattern of few counted
 * steps could then look at the whole text from each place in it. */
static enum quell_code compile(struct arena *arena, struct reading *r, bool captures,
                               struct cel_regex *made)
{
    uint32_t options = PCRE2_UTF | PCRE2_USE_OFFSET_LIMIT | PCRE2_DOLLAR_ENDONLY |
                       PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_POSSESS |
                       (captures ? 0 : PCRE2_NO_AUTO_CAPTURE);
    pcre2_general_context *memory = pcre2_general_context_create(from_arena, to_arena, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    int number;
    size_t offset;
    char message[120];
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF); /* cannot fail with a known constant */
    made->code = pcre2_compile((PCRE2_SPTR)r->out, r->len, options, &number, &offset, context);
    if (made->code) {
        uint32_t found = 0;
        (void)pcre2_pattern_info(made->code, PCRE2_INFO_ALLOPTIONS, &found); /* always known */
        made->anchored = found & PCRE2_ANCHORED;
        found = 0;
        (void)pcre2_pattern_info(made->code, PCRE2_INFO_CAPTURECOUNT, &found);
        made->groups = found;
        return QUELL_OK;
    }
    if (pcre2_get_error_message(number, (PCRE2_UCHAR *)message, sizeof(message)) < 0)
        message[0] = '\0';
    return fault_set(r->fault, r->place, QUELL_INVALID, "this pattern is wrong: %s", message);
}

size_t regex_groups(const struct cel_regex *regex)
{
    return regex->groups;
}

enum quell_code regex_compile(struct arena *arena, struct quell_str pattern, struct place place,
                              bool captures, const struct cel_regex **regex,
                              struct cel_fault *fault)
{
    struct reading r = {.pattern = pattern, .place = place, .fault = fault};
    struct cel_regex *made;
    enum quell_code code;
    if (pattern.len > LIMIT_REGEX_PATTERN_BYTES)
        return fault_set(fault, place, QUELL_LIMIT, "a pattern has at most %d bytes",
                         LIMIT_REGEX_PATTERN_BYTES);
    r.out = arena_alloc(arena, pattern.len * 8 + 1); /* \s grows from 2 bytes to 12 */
    made = arena_one(arena, struct cel_regex);
    code = read_pattern(&r);
    if (!code)
        code = compile(arena, &r, captures, made);
    if (!code)
        *regex = made;
    return code;
}

struct regex_memory {
    pcre2_general_context *general;
    pcre2_match_context *context;
    pcre2_match_data *data;
};

static void *take(size_t size, void *unused)
{
    (void)unused;
    return memory_new(size);
}

static void give(void *memory, void *unused)
{
    (void)unused;
    memory_free(memory);
}

static struct regex_memory *memory_make(void)
{
    struct regex_memory *memory = memory_new(sizeof(*memory));
    memory->general = pcre2_general_context_create(take, give, NULL);
    memory->context = pcre2_match_context_create(memory->general);
    memory->data = pcre2_match_data_create(REGEX_GROUPS, memory->general);
    (void)pcre2_set_heap_limit(memory->context, LIMIT_REGEX_HEAP_KIB); /* returns 0 always */
    return memory;
}

void regex_memory_free(struct regex_memory *memory)
{
    if (!memory)
        return;
    pcre2_match_data_free(memory->data);
    pcre2_match_context_free(memory->context);
    pcre2_general_context_free(memory->general);
    memory_free(memory);
}

/* PCRE2 counts its work anew at every place where a match may begin, and cannot say how much it
 * was. So a text is searched in windows of such places: many places with a small limit each, which
 * suffices nearly always, else fewer with a larger one, down to a single place. A call of PCRE2
 * then takes LIMIT_REGEX_MATCH steps at most, or what one place needs, and is paid for in full. */
enum { PLACES_MAX = 4096, FACTOR = 4, CALMS = 8 };

struct hunt {
    size_t places, limit; /* of the next window; places * limit is about LIMIT_REGEX_MATCH */
    unsigned calm;        /* windows since the last that was too hard */
};

static void harder(struct hunt *hunt)
{
    hunt->calm = 0;
    hunt->limit *= FACTOR;
    if (hunt->places > 1)
        hunt->places /= FACTOR;
}

static void easier(struct hunt *hunt)
{
    if (++hunt->calm < CALMS || hunt->places == PLACES_MAX)
        return;
    hunt->calm = 0;
    hunt->places *= FACTOR;
    hunt->limit = LIMIT_REGEX_MATCH / hunt->places + 1;
}

/* The end of a window: the beginning of a code point, or behind the end, where a match may begin
 * as well. */
static size_t window_end(struct quell_str text, size_t to)
{
    while (to < text.len && ((unsigned char)text.data[to] & 0xc0) == 0x80)
        to++;
    return to < text.len ? to : text.len + 1;
}

/* Searches from `from` to before `to`; takes what it costs off *work. */
static int search_window(const struct cel_regex *regex, struct quell_str text,
                         const struct regex_memory *memory, const struct hunt *hunt, size_t from,
                         size_t to, size_t *work)
{
    size_t cost = (to - from) * hunt->limit + text.len / 64; /* to look ahead for a first byte */
    if (cost > *work)
        return PCRE2_ERROR_MATCHLIMIT;
    *work -= cost;
    (void)pcre2_set_offset_limit(memory->context, to - 1); /* these return 0 always */
    (void)pcre2_set_match_limit(memory->context, (uint32_t)hunt->limit);
    return pcre2_match(regex->code, (PCRE2_SPTR)text.data, text.len, from, PCRE2_NO_UTF_CHECK,
                       memory->data, memory->context);
}

/* Of a match, only the places before it were tried: the others are given back. */
static void settle(const struct regex_memory *memory, const struct hunt *hunt, size_t to,
                   struct regex_match *match, int got, size_t *work)
{
    const size_t *pairs = pcre2_get_ovector_pointer(memory->data);
    size_t count = got ? (size_t)got : REGEX_GROUPS; /* 0: there were more than we look at */
    *work += (to - (pairs[0] + 1)) * hunt->limit;
    for (size_t i = 0; i < REGEX_GROUPS; i++) {
        bool there = i < count && pairs[2 * i] != PCRE2_UNSET;
        match->groups[i].from = there ? pairs[2 * i] : SIZE_MAX;
        match->groups[i].to = there ? pairs[2 * i + 1] : SIZE_MAX;
    }
}

enum quell_code regex_locate(const struct cel_regex *regex, struct quell_str text, size_t from,
                             struct regex_memory **memory, size_t *work, bool *found,
                             struct regex_match *match)
{
    struct hunt hunt = {.places = PLACES_MAX, .limit = LIMIT_REGEX_MATCH / PLACES_MAX + 1};
    int got = PCRE2_ERROR_NOMATCH;
    if (!*memory)
        *memory = memory_make();
    while (from <= text.len) {
        size_t to = window_end(text, from + (regex->anchored ? 1 : hunt.places));
        size_t left = *work;
        got = search_window(regex, text, *memory, &hunt, from, to, work);
        if (got >= 0)
            settle(*memory, &hunt, to, match, got, work);
        if (got == PCRE2_ERROR_NOMATCH && regex->anchored) {
            break;
        } else if (got == PCRE2_ERROR_NOMATCH) {
            from = to;
            easier(&hunt);
        } else if (got == PCRE2_ERROR_MATCHLIMIT && *work < left && hunt.limit < *work) {
            harder(&hunt);
        } else {
            break;
        }
    }
    if (got < 0 && got != PCRE2_ERROR_NOMATCH)
        return QUELL_LIMIT;
    *found = got >= 0;
    return QUELL_OK;
}
