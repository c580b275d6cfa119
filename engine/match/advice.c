/*
 * advice.c - patterns that cannot match, patterns that run away, words that do not stay.
 *
 * Running away is not guessed: a pattern whose form makes it possible (a repetition inside of a
 * repetition, or many of them) is tried on texts that are made of its own characters, and told only
 * when one of them reaches PCRE2's limits. All other patterns cost one look at their text.
 */
#include "match/advice.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "value/yaml.h"

/* ---- the form ----------------------------------------------------------------------------------
 */

/* Steps over one atom's text: an escape, a class, or a character. Returns what follows. */
static size_t past_atom(struct quell_str pattern, size_t at)
{
    if (pattern.data[at] == '\\')
        return at + 2 < pattern.len ? at + 2 : pattern.len;
    if (pattern.data[at] != '[')
        return at + 1;
    at++;
    if (at < pattern.len && pattern.data[at] == '^')
        at++;
    if (at < pattern.len && pattern.data[at] == ']')
        at++;
    while (at < pattern.len && pattern.data[at] != ']')
        at += pattern.data[at] == '\\' ? 2 : 1;
    return at < pattern.len ? at + 1 : pattern.len;
}

/* Whether an unbounded repetition stands at `at`: `*`, `+`, `{3,}`; possessive ones never go back.
 */
static bool repeats(struct quell_str pattern, size_t at)
{
    size_t end = at + 1;
    if (at >= pattern.len)
        return false;
    if (pattern.data[at] == '{') {
        while (end < pattern.len && pattern.data[end] >= '0' && pattern.data[end] <= '9')
            end++;
        if (end >= pattern.len || end == at + 1 || pattern.data[end] != ',')
            return false;
        end += 2;
    } else if (pattern.data[at] != '*' && pattern.data[at] != '+') {
        return false;
    }
    return end >= pattern.len || pattern.data[end] != '+';
}

enum { NEST_MAX = 32, MANY = 4 };

/* Whether the form allows running away; *group is the first group that repeats what may repeat. */
static bool may_run_away(struct quell_str pattern, size_t *group)
{
    size_t opened[NEST_MAX], depth = 0, repetitions = 0;
    bool inner[NEST_MAX] = {false}; /* a repetition or a choice inside of the group */
    *group = SIZE_MAX;
    for (size_t at = 0; at < pattern.len;) {
        char c = pattern.data[at];
        if (c == '(' && depth < NEST_MAX) {
            opened[depth] = at;
            inner[depth++] = false;
            at++;
        } else if (c == ')' && depth > 0) {
            depth--;
            at++;
            if (repeats(pattern, at) && inner[depth] && *group == SIZE_MAX)
                *group = opened[depth];
            if (depth > 0)
                inner[depth - 1] |= inner[depth] || repeats(pattern, at);
        } else if (repeats(pattern, at) || c == '|') {
            repetitions += c != '|';
            for (size_t i = 0; i < depth; i++)
                inner[i] = true;
            at++;
        } else {
            at = past_atom(pattern, at);
        }
    }
    return *group != SIZE_MAX || repetitions >= MANY;
}

/* ---- trying it ---------------------------------------------------------------------------------
 */

enum { TRIED = 400 }; /* bytes of a text that is tried; a title has fewer */

/* Tries the pattern on `front`, so many times `pump`, and something that fits nothing. */
static bool runs_away(const struct regex *regex, struct quell_str front, struct quell_str pump)
{
    struct buf text = {.size_max = 4 * TRIED};
    enum regex_result result;
    if (pump.len == 0)
        return false;
    buf_add_str(&text, front);
    while (text.len < TRIED)
        buf_add_str(&text, pump);
    buf_add_text(&text, "\n\x01!\n");
    result = regex_test(regex, buf_str(&text));
    buf_free(&text);
    return result == REGEX_LIMIT;
}

static bool is_plain(char c)
{
    return c != '\0' && !strchr("\\^$.|?*+()[]{}", c);
}

/* The characters of a pattern that stand for themselves, from `from` to `to`. */
static struct quell_str plain_part(struct quell_str pattern, size_t from, size_t to, char *out,
                                   size_t room)
{
    size_t len = 0;
    for (size_t at = from; at < to && len < room; at++) {
        if (pattern.data[at] == '\\')
            at++;
        else if (is_plain(pattern.data[at]))
            out[len++] = pattern.data[at];
    }
    return (struct quell_str){out, len};
}

/* The pump on which the pattern runs away, or an empty text. */
static struct quell_str find_pump(const struct regex *regex, struct quell_str pattern, size_t group,
                                  char *room, size_t size)
{
    static const char *const usual[] = {"a", "0", " ", "A", "-", "a ", "a.", "/", "_", "aA0", "\t"};
    char front_room[64];
    size_t front_end = pattern.len && pattern.data[0] == '^' ? 1 : 0, start = front_end;
    struct quell_str front;
    while (front_end < pattern.len && is_plain(pattern.data[front_end]))
        front_end++;
    front = plain_part(pattern, start, front_end, front_room, sizeof(front_room));
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        struct quell_str pump = quell_str_of(usual[i]);
        if (runs_away(regex, front, pump) || runs_away(regex, QUELL_STR(""), pump))
            return pump;
    }
    if (group != SIZE_MAX) {
        size_t end = group;
        struct quell_str pump;
        while (end < pattern.len && pattern.data[end] != ')')
            end++;
        pump = plain_part(pattern, group, end, room, size);
        if (runs_away(regex, front, pump))
            return pump;
    }
    for (size_t at = 0; at < pattern.len; at++) {
        struct quell_str pump = {&pattern.data[at], 1};
        if (is_plain(pattern.data[at]) && runs_away(regex, front, pump))
            return pump;
    }
    return (struct quell_str){"", 0};
}

static void advise_slow(struct diag_list *diags, const struct yaml_node *node,
                        const struct regex *regex)
{
    struct quell_str pattern = quell_str(node->value), pump;
    size_t group, from, len;
    char room[64];
    struct diag *diag;
    if (!may_run_away(pattern, &group))
        return;
    pump = find_pump(regex, pattern, group, room, sizeof(room));
    if (!pump.len)
        return;
    from = group == SIZE_MAX ? 0 : group;
    len = group == SIZE_MAX ? pattern.len : 1;
    while (group != SIZE_MAX && from + len < pattern.len && pattern.data[from + len - 1] != ')')
        len++;
    diag =
        diag_add(diags, "QL401", SEVERITY_WARNING, yaml_place_inside(diags->text, node, from, len),
                 "there are texts on which this regex runs away");
    diag->label = group == SIZE_MAX ? QUELL_STR("many repetitions that can share out one text")
                                    : QUELL_STR("a repetition inside of a repetition");
    diag->note = diag_format(diags,
                             "on %d characters `%.*s%.*s...` it reaches the match limit: the "
                             "trigger is then undetermined, and does not start",
                             TRIED, QUELL_ARG(pump), QUELL_ARG(pump));
    diag->help = QUELL_STR("make the repetitions possessive (`++`, `*+`), or say exactly what "
                           "stands between them");
}

/* ---- never -------------------------------------------------------------------------------------
 */

/* Whether the atom in front of `at` must be there: then nothing begins behind it. */
static bool must_stand(struct quell_str pattern, size_t last, size_t at)
{
    return last < at && is_plain(pattern.data[last]) && at == last + 1;
}

/* `a^b` and `a$b`: nothing begins behind a character, nothing stands behind the end. */
static size_t impossible(struct quell_str pattern)
{
    size_t last = SIZE_MAX; /* the atom that ends just before */
    if (str_starts(pattern, QUELL_STR("(?")) || str_find(pattern, QUELL_STR("(?"), 0) != SIZE_MAX)
        return SIZE_MAX; /* flags may make lines of it: not judged */
    for (size_t at = 0; at < pattern.len;) {
        char c = pattern.data[at];
        size_t next = past_atom(pattern, at);
        bool optional = next < pattern.len && strchr("?*{", pattern.data[next]);
        if (c == '^' && last != SIZE_MAX && must_stand(pattern, last, at))
            return at;
        if (c == '$' && next < pattern.len && is_plain(pattern.data[next]) &&
            !(next + 1 < pattern.len && strchr("?*{", pattern.data[next + 1])))
            return at;
        last = is_plain(c) && !optional ? at : SIZE_MAX;
        at = next;
    }
    return SIZE_MAX;
}

void regex_advise(struct diag_list *diags, const struct yaml_node *node, const struct regex *regex)
{
    struct quell_str pattern = quell_str(node->value);
    size_t at = impossible(pattern);
    struct diag *diag;
    if (at != SIZE_MAX) {
        diag = diag_add(diags, "QL211", SEVERITY_WARNING,
                        yaml_place_inside(diags->text, node, at, 1), "this regex never matches");
        diag->label = pattern.data[at] == '^'
                          ? QUELL_STR("the text cannot begin behind a character")
                          : QUELL_STR("nothing stands behind the end of a text");
        diag->help = QUELL_STR("write `\\^` or `\\$` when the sign itself is meant");
        return;
    }
    advise_slow(diags, node, regex);
}

/* ---- titles ------------------------------------------------------------------------------------
 */

/* Parts of the names that Defender gives to incidents: how many there are of what, and who saw it.
 * They change whenever an alert joins (Microsoft Learn, "Incident naming in Microsoft Defender
 * XDR").
 */
static const char *const changing[] = {
    "multi-stage incident", "on one endpoint",  "on multiple endpoints",
    "multiple users",       "one user",         "multiple mailboxes",
    "reported by",          "multiple sources", "multiple threat",
    "one of the endpoints",
};

void title_advise(struct diag_list *diags, const struct yaml_node *node)
{
    struct quell_str text = quell_str(node->value);
    for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++) {
        struct quell_str words = quell_str_of(changing[i]);
        struct diag *diag;
        size_t at = 0;
        while (at + words.len <= text.len &&
               !str_equal_fold(str_slice(text, at, at + words.len), words))
            at++;
        if (at + words.len > text.len)
            continue;
        diag = diag_add(diags, "QL210", SEVERITY_WARNING,
                        yaml_place_inside(diags->text, node, at, words.len),
                        "this part of a title does not stay");
        diag->label = QUELL_STR("Defender rewrites it as alerts join the incident");
        diag->note = QUELL_STR("when the title changes, the trigger no longer holds");
        diag->help = QUELL_STR("ask for the words that name the threat, or for `alerts.rule_id`, "
                               "`tags` or `techniques`");
        return;
    }
}
