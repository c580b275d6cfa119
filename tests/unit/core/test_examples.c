/*
 * test_examples.c - the examples of the language: every keyword has one, in which it stands; each
 * is linted without a word and run on the virtual clock to the end that it says. Calls are answered
 * by the manifests' examples, people agree, and the same incident comes in again, made worse.
 */
#include "virtual.h"

#include <quell/author.h>

#include "base/buf.h"
#include "playbook/guide.h"

#define CONFIG                                                                                     \
    "config: { soc_mailbox: soc@contoso.example }\n"                                               \
    "lists: { crown_jewels: [dc-02] }\n"                                                           \
    "groups: { soc-leads: [ana, ben], analysts: [eve] }\n"                                         \
    "connections:\n"                                                                               \
    "  intel: { connector: http, url: https://intel.contoso.example }\n"
#define INCIDENT(severity, tags)                                                                   \
    "{\"source_id\": \"7\", \"number\": \"7\", \"title\": \"Ransomware behaviour on fin-ws-114\"," \
    "\"provider\": \"Microsoft Defender XDR\", \"severity\": \"" severity "\", \"status\": "       \
    "\"active\", \"tags\": [" tags "], \"created_at\": \"2026-05-04T09:30:00Z\", \"alerts\": "     \
    "[{\"id\": \"a1\", \"title\": \"Ransomware\", \"severity\": \"high\"}], \"entities\": "        \
    "{\"devices\": [{\"kind\": \"device\", \"id\": \"d-1\", \"name\": \"fin-ws-114\"}], "          \
    "\"users\": [{\"kind\": \"user\", \"name\": \"j.doe\"}], \"ips\": [{\"kind\": \"ip\", "        \
    "\"name\": \"203.0.113.7\"}]}}"

enum { TEXTS = 4, ROUNDS = 60 };

/* The playbooks of an example, NULL-ended. */
static void split(struct arena *arena, const char *example, const char *texts[TEXTS + 1])
{
    struct quell_str rest = guide_complete(arena, example);
    size_t count = 0, cut;

    while ((cut = str_find(rest, QUELL_STR("===\n"), 0)) != SIZE_MAX) {
        assert_true(count < TEXTS - 1);
        texts[count++] = arena_str(arena, str_slice(rest, 0, cut)).data;
        rest = str_slice(rest, cut + 4, rest.len);
    }
    texts[count++] = arena_str(arena, rest).data;
    texts[count] = NULL;
}

/* A fragment shows a limit without the steps that it would bind: QL311 is right, and no fault. */
static size_t count_faults(struct quell_value diagnostics)
{
    size_t i, count = 0;

    for (i = 0; i < quell_count(diagnostics); i++)
        count += !quell_text_is(quell_get(quell_at(diagnostics, i), "code"), "QL311");
    return count;
}

/* Says what lint finds, which must be nothing. */
static bool lint(struct virtual *v, const char *what)
{
    struct quell_lint_options options = {.ascii = true};
    struct quell_document found = {.memory = NULL};
    struct quell_error err = {0};
    bool silent;

    if (quell_lint(v->engine, v->playbooks, &options, &found, &err))
        fail_msg("%s: %s", what, err.message);
    silent = count_faults(quell_get(found.value, "diagnostics")) == 0;
    if (!silent)
        fprintf(stderr, "%s%.*s\n", what, QUELL_ARG(quell_get_str(found.value, "rendered")));
    quell_document_free(&found);
    return silent;
}

/* ---- running -----------------------------------------------------------------------------------
 */

/* The first word of an enum; `x`, true, 1 for others. */
static void add_value(struct buf *text, struct quell_str type, struct quell_value words)
{
    if (quell_count(words))
        buf_add_format(text, "\"%.*s\"", QUELL_ARG(quell_str(quell_at(words, 0))));
    else if (str_is(type, "bool"))
        buf_add_format(text, "true");
    else if (str_is(type, "date"))
        buf_add_format(text, "\"2026-05-01\"");
    else
        buf_add_format(text, "\"x\"");
}

static void by_hand(struct virtual *v, const struct playbook *playbook)
{
    struct quell_run_options options = {.incident = QUELL_STR(INCIDENT("high", "")),
                                        .by = QUELL_STR("eve")};
    struct buf inputs = {.size_max = 4096};
    struct quell_error err = {0};
    char run[37];
    size_t i;

    buf_add_format(&inputs, "{");
    for (i = 0; i < playbook->input_count; i++)
        if (playbook->inputs[i].field.flags & QUELL_REQUIRED)
            buf_add_format(&inputs, "\"%.*s\": \"x\"", QUELL_ARG(playbook->inputs[i].name));
    buf_add_format(&inputs, "}");
    options.playbook = playbook->id.data;
    options.inputs = buf_str(&inputs);
    if (quell_run(v->engine, &options, run, &err))
        fail_msg("%s: %s", options.playbook, err.message);
    buf_free(&inputs);
    loop_settle(v->loop);
}

static void on_decided(enum quell_code code, const struct quell_error *err, void *user)
{
    if (code)
        fail_msg("%s", err->message);
    (void)user;
}

/* One answer to each question that is open: Ana's, or Ben's when she has given hers. */
static void answer(struct virtual *v)
{
    struct quell_document document = {.memory = NULL};
    struct quell_error err = {0};
    size_t i, k;

    assert_int_equal(quell_approvals(v->engine, &document, &err), QUELL_OK);
    for (i = 0; i < quell_count(document.value); i++) {
        struct quell_value asked = quell_at(document.value, i), form = quell_get(asked, "form");
        struct quell_decision decision = {
            .run = quell_get_str(asked, "run"),
            .step = quell_get_str(asked, "step"),
            .by = quell_count(quell_get(asked, "given")) ? QUELL_STR("ben") : QUELL_STR("ana"),
            .agrees = true};
        struct buf text = {.size_max = 4096};
        buf_add_format(&text, "{");
        for (k = 0; k < quell_count(form); k++) {
            struct quell_value field = quell_at(form, k);
            buf_add_format(&text, "%s\"%.*s\": ", k ? ", " : "",
                           QUELL_ARG(quell_get_str(field, "name")));
            add_value(&text, quell_get_str(field, "type"), quell_get(field, "of"));
        }
        buf_add_format(&text, "}");
        if (quell_count(form))
            decision.answers = buf_str(&text);
        if (quell_decide(v->engine, &decision, on_decided, NULL, &err))
            fail_msg("%.*s: %s", QUELL_ARG(decision.step), err.message);
        loop_settle(v->loop);
        buf_free(&text);
    }
    quell_document_free(&document);
}

/* The state of the last run of a playbook, or empty. */
static struct quell_str state_of(struct virtual *v, struct quell_str playbook)
{
    struct quell_runs_options options = {.playbook = playbook, .limit = 1};
    struct quell_document runs = {.memory = NULL};
    struct quell_error err = {0};
    struct quell_str state;

    if (quell_runs(v->engine, &options, &runs, &err))
        fail_msg("%s", err.message);
    state = arena_str(v->arena, quell_get_str(quell_at(runs.value, 0), "state"));
    quell_document_free(&runs);
    return state;
}

/* The one with a tag is an update. */
static void received(struct arena *arena, struct quell_value *incident, struct quell_str *event,
                     void *user)
{
    (void)arena;
    (void)user;
    if (quell_count(quell_get(*incident, "tags")))
        *event = QUELL_STR("updated");
}

/* What comes by its webhook. */
static void by_hook(struct virtual *v, const struct playbook_hook *hook)
{
    struct quell_submission submission = {
        .hook = hook->name,
        .to_playbooks = true,
        .body = hook->as == HOOK_EVENT
                    ? QUELL_STR("{\"reporter\": \"eve@contoso.example\", \"mails\": [{\"id\": 7}]}")
                    : QUELL_STR(INCIDENT("high", ""))};
    struct quell_error err = {0};

    if (quell_submit(v->engine, &submission, virtual_submitted, v, &err))
        fail_msg("%s", err.message);
    loop_settle(v->loop);
}

/* Starts what can be started: by hand, by its webhook, by two incidents, by a day that passes. */
static void tell(struct virtual *v)
{
    size_t i;

    virtual_answer(v, "http.get",
                   QUELL_STR("{\"status\": 200, \"json\": {\"state\": \"done\", \"next\": null}}"));
    for (i = 0; i < v->engine->generation->playbook_count; i++) {
        const struct playbook *playbook = v->engine->generation->playbooks[i]->playbook;
        if (playbook->manual)
            by_hand(v, playbook);
        if (playbook->start.hook)
            by_hook(v, playbook->start.hook);
    }
    virtual_submit(v, INCIDENT("high", ""));
    virtual_submit(v, INCIDENT("critical", "\"vip\""));
    for (i = 0; i < ROUNDS; i++) {
        answer(v);
        virtual_pass(v, "30m");
    }
}

/* How the last run ended, and what happened in all of them. */
static void complain(struct virtual *v, const struct guide_example *example, struct quell_str state)
{
    size_t i;

    fprintf(stderr, "%s of %s ends `%.*s`, not `%s`:\n%s", example->keyword, example->part,
            QUELL_ARG(state), example->ends, example->text);
    for (i = 0; i < v->event_count; i++)
        fprintf(stderr, "  %.*s %.*s %.*s\n", QUELL_ARG(v->events[i].kind),
                QUELL_ARG(v->events[i].path),
                QUELL_ARG(quell_get_str(quell_get(v->events[i].data, "error"), "message")));
}

/* The id of the first text's playbook; the engine has them in another order. */
static struct quell_str first_id(const struct virtual *v)
{
    size_t i;

    for (i = 0; i < v->engine->generation->playbook_count; i++) {
        const struct playbook *playbook = v->engine->generation->playbooks[i]->playbook;
        if (str_is(playbook->file, v->paths[0]))
            return arena_str(v->arena, playbook->id);
    }
    fail_msg("%s is not loaded", v->paths[0]);
    return QUELL_STR("");
}

static bool run_one(const struct guide_example *example)
{
    struct arena *arena = arena_new(0);
    const char *texts[TEXTS + 1];
    struct virtual v;
    struct quell_str state, id;
    bool good;

    split(arena, example->text, texts);
    virtual_open(&v, CONFIG, texts);
    good = lint(&v, example->text);
    v.stand_in.received = received;
    id = first_id(&v);
    tell(&v);
    state = state_of(&v, id);
    if (!str_is(state, example->ends)) {
        complain(&v, example, state);
        good = false;
    }
    virtual_close(&v);
    arena_free(arena);
    return good;
}

static void every_example_runs(void **state)
{
    size_t i, count, bad = 0;
    const struct guide_example *examples = guide_examples(&count);

    (void)state;
    assert_true(count > 100);
    for (i = 0; i < count; i++)
        bad += !run_one(&examples[i]);
    assert_int_equal(bad, 0);
}

/* ---- what there must be ------------------------------------------------------------------------
 */

static void every_keyword_has_one(void **state)
{
    size_t i, k, count, examples, used = 0, missing = 0;
    const struct guide_part *parts = guide_parts(&count);

    (void)state;
    for (i = 0; i < count; i++)
        for (k = 0; parts[i].fields[k].name; k++) {
            const char *name = parts[i].fields[k].name;
            const struct guide_example *example = guide_example(parts[i].name, name);
            if (parts[i].fields[k].flags & PLAYBOOK_LATER)
                continue;
            if (example && strstr(example->text, name)) {
                used++;
            } else {
                missing++;
                fprintf(stderr, "no example of `%s` %s\n", name, parts[i].where);
            }
        }
    (void)guide_examples(&examples);
    assert_int_equal(missing, 0);
    assert_int_equal(used, examples); /* none is of a keyword that is not there, or a second one */
}

static bool is_part(const struct quell_field *table)
{
    size_t i, count;
    const struct guide_part *parts = guide_parts(&count);

    for (i = 0; i < count; i++)
        if (parts[i].fields == table)
            return true;
    return false;
}

static void every_table_is_a_part(void **state)
{
    size_t i, k, count;
    const struct guide_part *parts = guide_parts(&count);

    (void)state;
    for (i = 0; i < count; i++)
        for (k = 0; parts[i].fields[k].name; k++)
            if (parts[i].fields[k].fields && !is_part(parts[i].fields[k].fields))
                fail_msg("what stands under `%s` (%s) is no part of the guide",
                         parts[i].fields[k].name, parts[i].where);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_table_is_a_part),
                                       cmocka_unit_test(every_keyword_has_one),
                                       cmocka_unit_test(every_example_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
