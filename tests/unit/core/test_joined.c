/*
 * test_joined.c - what an author joins of alert texts: encoded for the inputs whose manifest says
 * that they are markup, in the call, in what people are asked and in the plan; and nowhere else.
 */
#include "virtual.h"

#define TITLE "<img src=x> [a](http://b) *${{ 1 + 1 }}*"
#define MARKDOWN "&lt;img src=x\\> \\[a\\](http://b) \\*$\\{\\{ 1 + 1 \\}\\}\\*"
#define HTML "&lt;img src=x&gt; [a](http://b) *${{ 1 + 1 }}*"

static const char text[] =
    "quell: 1\nplaybook: p\non: { incident: }\nsteps:\n"
    "  - id: note\n    uses: sentinel.add-comment\n"
    "    with: { incident_id: i, message: '**${{ incident.title }}** ${{ markdown.escape(\"*\") "
    "}}' }\n"
    "  - id: all\n    uses: sentinel.add-comment\n"
    "    with: { incident_id: i, message: '${{ incident.title }}' }\n"
    "  - id: mail\n    uses: email.send\n    approve: { within: 1h }\n"
    "    with:\n      to: a@example.org\n      subject: 's ${{ incident.title }}'\n"
    "      body: 'b ${{ incident.title }}'\n      html: '<b>${{ incident.title }}</b>'\n";

/* Of the call at a path. */
static struct quell_value input_of(const struct virtual *v, const char *path)
{
    for (size_t i = 0; i < v->event_count; i++)
        if (str_is(v->events[i].kind, "call_scheduled") && str_is(v->events[i].path, path))
            return quell_get(v->events[i].data, "input");
    fail_msg("%s was not called", path);
    return quell_null();
}

static void is(struct quell_value input, const char *key, const char *wanted)
{
    if (!quell_text_is(quell_get(input, key), wanted))
        fail_msg("%s is %.*s", key, QUELL_ARG(quell_get_str(input, key)));
}

static void is_mail(struct quell_value with)
{
    is(with, "subject", "s " TITLE);
    is(with, "body", "b " TITLE);
    is(with, "html", "<b>" HTML "</b>");
}

static void markup_is_encoded_and_nothing_else(void **state)
{
    struct quell_value plan;
    struct virtual v;

    (void)state;
    virtual_open(&v, "connectors: []\n", (const char *const[]){text, NULL});
    virtual_submit(&v, "{\"title\": \"" TITLE "\"}");
    is(input_of(&v, "note"), "message", "**" MARKDOWN "** \\*");
    is(input_of(&v, "all"), "message", MARKDOWN);
    for (size_t i = 0; i < v.event_count; i++)
        if (str_is(v.events[i].kind, "approval_asked")) {
            plan = quell_get(v.events[i].data, "plan");
            is_mail(quell_get(quell_at(quell_get(plan, "calls"), 0), "with"));
        }
    assert_int_equal(virtual_count(&v, "approval_asked", "mail"), 1);
    virtual_close(&v);
}

static void plans_show_it(void **state)
{
    struct quell_plan_options options = {.playbook = "p",
                                         .incident = QUELL_STR("{\"title\": \"" TITLE "\"}")};
    struct quell_document plan;
    struct quell_error err = {0};
    struct quell_value calls;
    struct virtual v;

    (void)state;
    virtual_open(&v, "connectors: []\n", (const char *const[]){text, NULL});
    if (quell_plan(v.engine, &options, &plan, &err))
        fail_msg("%s", err.message);
    calls = quell_get(plan.value, "calls");
    is(quell_get(quell_at(calls, 1), "with"), "message", MARKDOWN);
    is_mail(quell_get(quell_at(calls, 2), "with"));
    quell_document_free(&plan);
    virtual_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_is_encoded_and_nothing_else),
        cmocka_unit_test(plans_show_it),
    };

    return cmocka_run_group_tests_name("joined texts", tests, NULL, NULL);
}
