/*
 * print_paths.c - the paths of a plan as people read them: one line each, like the leaves of a
 * tree. What a line has in common with the one above it is not said again but shown by its
 * indentation.
 */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/when.h"
#include "cli/print.h"

enum { LINES_BRIEF = 12, WORDS_WIDTH = 56, STATUS_WIDTH = 10 };

struct words { /* what a path supposes that is worth saying, in order */
    struct arena *arena;
    struct quell_str *items;
    size_t count, cap;
};

static void add_word(struct words *words, struct quell_str word)
{
    if (words->count == words->cap) {
        size_t cap = words->cap ? words->cap * 2 : 16;
        words->items = arena_grow(words->arena, words->items, words->cap * sizeof(*words->items),
                                  cap * sizeof(*words->items));
        words->cap = cap;
    }
    words->items[words->count++] = word;
}

/* `each[3].a` as `each[*].a`. */
static struct quell_str without_items(struct arena *arena, struct quell_str text)
{
    struct buf out = {0};
    struct quell_str made;
    size_t i;

    for (i = 0; i < text.len; i++) {
        buf_add_char(&out, text.data[i]);
        if (text.data[i] != '[' || i + 1 == text.len || text.data[i + 1] < '0' ||
            text.data[i + 1] > '9')
            continue;
        while (i + 1 < text.len && text.data[i + 1] >= '0' && text.data[i + 1] <= '9')
            i++;
        buf_add_char(&out, '*');
    }
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

/* Where the same is asked of several items, the words alone do not tell which one. */
static struct quell_str word_of(struct arena *arena, struct quell_value supposition)
{
    struct quell_str path = quell_get_str(supposition, "path");
    struct quell_str words = quell_get_str(supposition, "words");

    if (str_find(path, QUELL_STR("["), 0) != SIZE_MAX && !str_starts(words, path))
        words = arena_format(arena, "%.*s: %.*s", QUELL_ARG(path), QUELL_ARG(words));
    return words;
}

static bool is_item(struct quell_value supposition)
{
    return str_find(quell_get_str(supposition, "path"), QUELL_STR("["), 0) != SIZE_MAX;
}

static bool is_usual(struct quell_value supposition)
{
    return quell_get_bool(supposition, "usual", false);
}

/* That a call succeeds goes without saying; so do items that go the usual way beside others. */
static bool is_said(struct quell_value supposition, bool items_differ)
{
    if (!is_usual(supposition))
        return true;
    return !quell_text_is(quell_get(supposition, "what"), "outcome") &&
           !(items_differ && is_item(supposition));
}

/* What all items have in common, or several do, is said once. */
static struct words words_of(struct arena *arena, struct quell_value path)
{
    struct quell_value supposes = quell_get(path, "supposes");
    struct words words = {.arena = arena};
    bool items_differ = false;
    size_t i, k;

    for (i = 0; i < quell_count(supposes); i++)
        items_differ |= is_item(quell_at(supposes, i)) && !is_usual(quell_at(supposes, i));
    for (i = 0; i < quell_count(supposes); i++) {
        struct quell_value one = quell_at(supposes, i);
        struct quell_str word;
        if (!is_said(one, items_differ))
            continue;
        word = word_of(arena, one);
        if (is_item(one) && (is_usual(one) || quell_get_int(path, "count", 1) > 1))
            word = without_items(arena, word);
        for (k = 0; k < words.count && !quell_str_equal(words.items[k], word); k++)
            ;
        if (k == words.count)
            add_word(&words, word);
    }
    return words;
}

static size_t in_common(const struct words *a, const struct words *b)
{
    size_t i = 0;

    while (i < a->count && i < b->count && quell_str_equal(a->items[i], b->items[i]))
        i++;
    return i;
}

/* That one call fails and with it the run: said of all such paths together. */
static bool is_plain_failure(struct quell_value path)
{
    struct quell_value supposes = quell_get(path, "supposes"), last;
    size_t count = quell_count(supposes);

    if (!quell_text_is(quell_get(quell_get(path, "ends"), "status"), "failed") || count == 0)
        return false;
    last = quell_at(supposes, count - 1);
    while (count > 1 && quell_get_bool(last, "usual", false))
        last = quell_at(supposes, --count - 1);
    return quell_text_is(quell_get(last, "what"), "outcome") &&
           !quell_text_is(quell_get(last, "answer"), "succeeds");
}

static int64_t us_of(struct quell_value duration)
{
    return duration.as.integer * 1000000;
}

static struct quell_str joined(const struct words *words, size_t from)
{
    struct quell_str text = words->count ? QUELL_STR("") : QUELL_STR("all goes well");
    size_t i;

    for (i = from; i < words->count; i++)
        text = arena_format(words->arena, "%.*s%s%.*s", QUELL_ARG(text), i > from ? ", " : "",
                            QUELL_ARG(words->items[i]));
    return text;
}

/* Whole on a line of its own when it is too long, or cut. */
static void print_words(const struct words *words, size_t from, size_t width, bool cut)
{
    struct quell_str text = joined(words, from);
    size_t end = width - 3;

    if (utf8_width(text) > width && !cut) {
        term_print(text);
        printf("\n%*s", (int)(WORDS_WIDTH + 2), "");
        return;
    }
    if (utf8_width(text) > width && text.len > end) {
        while (end > 0 && ((unsigned char)text.data[end] & 0xc0) == 0x80)
            end--;
        text = arena_format(words->arena, "%.*s...", (int)end, text.data);
    }
    term_pad(text, width);
}

static void print_path(const struct term *term, struct quell_value path, const struct words *words,
                       size_t common, bool brief)
{
    struct quell_str status = quell_get_str(quell_get(path, "ends"), "status");
    size_t depth = common < 6 ? common : 6, width = WORDS_WIDTH - 2 * depth;
    int64_t count = quell_get_int(path, "count", 1);

    printf("  %*s", (int)(2 * depth), "");
    print_words(words, common, width, brief);
    printf("  %s", term_on(term, status_tone(status)));
    term_pad(status, STATUS_WIDTH);
    printf("%s%zu call%s, %.*s at most", term_off(term), quell_count(quell_get(path, "calls")),
           quell_count(quell_get(path, "calls")) == 1 ? "" : "s",
           QUELL_ARG(when_format_human(words->arena, us_of(quell_get(path, "worst_case")))));
    if (count > 1)
        printf("  (%lld items alike)", (long long)count);
    putchar('\n');
}

void print_paths(const struct term *term, struct quell_value plan, bool all)
{
    struct quell_value paths = quell_get(plan, "paths");
    struct words before = {0};
    struct arena *arena = arena_new(0);
    size_t i, failures = 0, shown = 0, left = 0;

    if (quell_count(paths) > 1)
        printf("\n%sPaths%s\n", term_on(term, TONE_STRONG), term_off(term));
    for (i = 0; i < quell_count(paths) && quell_count(paths) > 1; i++) {
        struct quell_value path = quell_at(paths, i);
        struct words words = words_of(arena, path);
        if (!all && is_plain_failure(path)) {
            failures++;
            continue;
        }
        left += !all && shown >= LINES_BRIEF;
        if (all || shown++ < LINES_BRIEF) {
            print_path(term, path, &words, in_common(&words, &before), !all);
            before = words;
        }
    }
    if (failures)
        printf("  %zu more where a call fails and the run with it%s\n", failures,
               left ? "" : ": --paths");
    if (left)
        printf("  %zu more: --paths\n", left);
    if (!quell_get_bool(plan, "complete", true))
        printf("  %sThe limit of paths was reached: there are more than these.%s\n",
               term_on(term, TONE_WARN), term_off(term));
    arena_free(arena);
}
