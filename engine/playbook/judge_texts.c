/*
 * judge_texts.c - what stands in the text of a playbook and should not: secrets; and what an author
 * has accepted in writing.
 */
#include <string.h>

#include "playbook/load.h"

#include "base/str.h"

/* ---- secrets -----------------------------------------------------------------------------------
 */

/* How secrets begin, and how many further characters of which kind they have. From the vendors' own
 * descriptions of their tokens, as secret scanners use them. */
static const struct {
    const char *begin;
    size_t least;
    const char *more; /* beside letters and digits */
    const char *what;
} secrets[] = {
    {"AKIA", 16, "", "an access key of AWS"},
    {"ASIA", 16, "", "an access key of AWS"},
    {"ghp_", 36, "", "a token of GitHub"},
    {"gho_", 36, "", "a token of GitHub"},
    {"ghs_", 36, "", "a token of GitHub"},
    {"github_pat_", 40, "_", "a token of GitHub"},
    {"glpat-", 20, "_-", "a token of GitLab"},
    {"xoxb-", 20, "-", "a token of Slack"},
    {"xoxp-", 20, "-", "a token of Slack"},
    {"hooks.slack.com/services/", 30, "/", "a webhook address of Slack, which is its own password"},
    {"sk_live_", 20, "", "a key of Stripe"},
    {"AIza", 35, "_-", "a key of Google"},
    {"eyJ", 60, "._-", "a token (JWT)"},
    {"-----BEGIN ", 8, " -", "a private key"},
    {"AccountKey=", 40, "+/=", "a key of Azure Storage"},
    {"SharedAccessKey=", 30, "+/=", "a key of Azure Service Bus"},
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t token_end(struct quell_str text, size_t at, const char *more)
{
    while (at < text.len &&
           (is_word(text.data[at]) || (text.data[at] && strchr(more, text.data[at]))))
        at++;
    return at;
}

static void judge_secret(struct loader *loader, size_t row)
{
    struct quell_str text = loader->diags->text, begin = quell_str_of(secrets[row].begin);
    size_t at = str_find(text, begin, 0);
    for (; at != SIZE_MAX; at = str_find(text, begin, at + begin.len)) {
        size_t end = token_end(text, at + begin.len, secrets[row].more);
        struct diag *diag;
        if ((at > 0 && is_word(text.data[at - 1])) || end - at - begin.len < secrets[row].least)
            continue;
        diag = report(loader, SECRET, ((struct place){(uint32_t)at, (uint32_t)begin.len}),
                      "this looks like %s", secrets[row].what);
        diag->label = QUELL_STR("everybody who can read the playbook can use it");
        diag->help =
            QUELL_STR("take it back where it was made; a connection in quell.yaml reads its "
                      "secret from a file or the environment");
    }
}

/* Keys that hold passwords, with a value that stands in the file. */
static void judge_keys(struct loader *loader, const struct yaml_node *node)
{
    static const char *const keys[] = {"password", "passwd", "secret",      "client_secret",
                                       "api_key",  "apikey", "access_token"};
    size_t i, k;
    for (i = 0; quell_is(node->value, QUELL_LIST) && i < node->count; i++)
        judge_keys(loader, &node->items[i]);
    for (i = 0; quell_is(node->value, QUELL_MAP) && i < node->count; i++) {
        const struct yaml_pair *pair = &node->pairs[i];
        struct quell_str value = quell_str(pair->node.value);
        for (k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            struct diag *diag;
            if (!str_equal_fold(quell_str(pair->key.value), quell_str_of(keys[k])) ||
                value.len == 0 || str_find(value, QUELL_STR("${{"), 0) != SIZE_MAX)
                continue;
            diag = report(loader, SECRET, head_place(loader, &pair->node),
                          "`%s` stands in the playbook", keys[k]);
            diag->label = QUELL_STR("everybody who can read the playbook can use it");
            diag->help = QUELL_STR("a connection in quell.yaml reads its secret from a file or the "
                                   "environment");
        }
        judge_keys(loader, &pair->node);
    }
}

void judge_secrets(struct loader *loader, const struct yaml_node *root)
{
    size_t i;
    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        judge_secret(loader, i);
    judge_keys(loader, root);
}

/* ---- what is accepted --------------------------------------------------------------------------
 */

static const char mark[] = "# quell: accept ";

/* The line that holds `at`, without its end; *next is where the one above it ends, or SIZE_MAX. */
static struct quell_str line_at(struct quell_str text, size_t at, size_t *above)
{
    size_t from = at, to = at;
    while (from > 0 && text.data[from - 1] != '\n')
        from--;
    while (to < text.len && text.data[to] != '\n')
        to++;
    *above = from ? from - 1 : SIZE_MAX;
    return str_slice(text, from, to);
}

/* Whether a line accepts a code, and says why. */
static bool accepts(struct quell_str line, const char *code)
{
    size_t at = str_find(line, quell_str_of(mark), 0);
    struct quell_str said, named, why;
    if (at == SIZE_MAX)
        return false;
    said = str_slice(line, at + sizeof(mark) - 1, line.len);
    return str_cut(said, ':', &named, &why) && str_is(str_trim(named), code) &&
           str_trim(why).len > 0;
}

/* In the same line, or in the comments just above it. */
static bool is_accepted(struct quell_str text, const struct diag *diag)
{
    size_t above;
    struct quell_str line = line_at(text, diag->place.offset, &above);
    if (accepts(line, diag->code))
        return true;
    while (above != SIZE_MAX) {
        line = str_trim(line_at(text, above, &above));
        if (!str_starts(line, QUELL_STR("#")))
            return false;
        if (accepts(line, diag->code))
            return true;
    }
    return false;
}

static bool is_code(struct quell_str word)
{
    size_t i;
    for (i = 0; i < LINTS; i++)
        if (str_is(word, lints[i].code))
            return lints[i].severity == SEVERITY_WARNING;
    return false;
}

/* `# quell: accept QL305: why`: what is written otherwise accepts nothing, and is told. */
static void judge_marks(struct diag_list *diags)
{
    struct quell_str text = diags->text, named, why;
    size_t at = str_find(text, quell_str_of(mark), 0), above;
    for (; at != SIZE_MAX; at = str_find(text, quell_str_of(mark), at + 1)) {
        struct quell_str line = line_at(text, at, &above);
        size_t from = above == SIZE_MAX ? 0 : above + 1;
        struct quell_str said = str_slice(line, at - from + sizeof(mark) - 1, line.len);
        bool whole = str_cut(said, ':', &named, &why) && str_trim(why).len > 0;
        struct diag *diag;
        if (whole && is_code(str_trim(named)))
            continue;
        diag = diag_add(diags, lints[LINT_ACCEPTED].code, lints[LINT_ACCEPTED].severity,
                        (struct place){(uint32_t)at, (uint32_t)(line.len - (at - from))},
                        whole ? "`%.*s` is no warning that can be accepted"
                              : "`%.*s` is not accepted without a reason",
                        QUELL_ARG(str_trim(named)));
        diag->help =
            QUELL_STR("write `# quell: accept QL305: why it is right here`, with the code of "
                      "a warning");
    }
}

void judge_accepted(struct diag_list *diags)
{
    size_t i, kept = 0;
    if (str_find(diags->text, quell_str_of(mark), 0) == SIZE_MAX)
        return;
    for (i = 0; i < diags->count; i++) {
        if (diags->items[i].severity == SEVERITY_WARNING &&
            is_accepted(diags->text, &diags->items[i]))
            diags->warnings--;
        else
            diags->items[kept++] = diags->items[i];
    }
    diags->count = kept;
    judge_marks(diags);
}
