/*
 * tables_people.c - the keywords by which people are asked, as field tables: `approve` in front of
 * a step, the kind `ask`, `poll`, and `undo` of a playbook.
 */
#include "playbook/load.h"

static const char *const denials[] = {"deny", "escalate", NULL};
static const char *const undo_modes[] = {"ask", "auto", "never", NULL};
static const char *const silences[] = {"fail", "continue", NULL};

const struct quell_field approve_fields[] = {
    {.name = "by",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "who may agree: names of users and `group:NAME`; without it anyone who may decide"},
    {.name = "count",
     .type = QUELL_FIELD_INT,
     .flags = QUELL_CONSTANT,
     .fallback = "1",
     .doc = "how many of them must agree; one who denies is enough to deny"},
    {.name = "four-eyes",
     .type = QUELL_FIELD_BOOL,
     .flags = QUELL_CONSTANT,
     .fallback = "false",
     .doc = "not the person who started the run"},
    {.name = "within",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "how long they have; without it as long as the run may take"},
    {.name = "on-timeout",
     .type = QUELL_FIELD_ENUM,
     .words = denials,
     .flags = QUELL_CONSTANT,
     .fallback = "\"deny\"",
     .doc = "when nobody has answered: `deny`, or `escalate` asks others, once, for as long again"},
    {.name = "escalate-to",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "who is asked then, as `by`"},
    {.name = "message", .type = QUELL_FIELD_STRING, .flags = QUELL_TEMPLATE, .doc = "the question"},
    {.name = "via",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "how they are told: `email`, or the name of a webhook of `notify:` in quell.yaml; "
            "`console` is nobody, else as `notify: via` says"},
    {.name = "unless",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_EXPRESSION,
     .doc = "nobody is asked when this holds; an error in it fails the step"},
    {.name = "show",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_TEMPLATE,
     .doc = "what is shown with the question, by name"},
    {.name = NULL}};

const struct quell_field ask_fields[] = {
    {.name = "of",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "who may answer: names of users and `group:NAME`; without it anyone who may decide"},
    {.name = "form",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED,
     .doc = "the fields of the form, each typed as an input is"},
    {.name = "message", .type = QUELL_FIELD_STRING, .flags = QUELL_TEMPLATE, .doc = "the question"},
    {.name = "within",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "how long they have; without it as long as the run may take"},
    {.name = "on-timeout",
     .type = QUELL_FIELD_ENUM,
     .words = silences,
     .flags = QUELL_CONSTANT,
     .fallback = "\"fail\"",
     .doc = "when nobody has answered the step is `timed-out`: it fails, or the list goes on"},
    {.name = "via",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "how they are told: `email`, or the name of a webhook of `notify:` in quell.yaml; "
            "`console` is nobody, else as `notify: via` says"},
    {.name = NULL}};

const struct quell_field poll_fields[] = {
    {.name = "every",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .fallback = "\"30s\"",
     .doc = "how long to wait before each look"},
    {.name = "until",
     .type = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED | QUELL_EXPRESSION,
     .doc = "what must hold, over `output`: what the call gave, and over it what the look gave"},
    {.name = "timeout",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .doc = "how long it may take until it holds; then the step is `timed-out`"},
    {.name = NULL}};

const struct quell_field undo_fields[] = {
    {.name = "on-failure",
     .type = QUELL_FIELD_ENUM,
     .words = undo_modes,
     .flags = QUELL_CONSTANT,
     .fallback = "\"never\"",
     .doc = "a run that fails is taken back by itself, or when people agree, or not"},
    {.name = "window",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_CONSTANT,
     .fallback = "\"24h\"",
     .doc = "how long they have to agree, and where it is written, how long after the run's end "
            "`quell undo` takes it back"},
    {.name = "by",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_CONSTANT | QUELL_ONE_OR_MANY,
     .doc = "who may agree, and who may undo a run by hand: names of users and `group:NAME`"},
    {.name = NULL}};
