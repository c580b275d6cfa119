/*
 * fields.c - the keys of `policy:`: one table from which the check, the schema and the page are.
 */
#include "policy/internal.h"

#include "base/str.h"
#include "value/fields.h"

static const struct quell_field cap_fields[] = {
    {.name = "run",
     .type = QUELL_FIELD_INT,
     .doc = "different targets of a run and the runs that it calls"},
    {.name = "hour", .type = QUELL_FIELD_INT, .doc = "different targets within an hour"},
    {.name = "day", .type = QUELL_FIELD_INT, .doc = "different targets within 24 hours"},
    {.name = "percent",
     .type = QUELL_FIELD_DOUBLE,
     .doc = "different targets within 24 hours, per cent of the `fleet`; without a size none"},
    {.name = "hard",
     .type = QUELL_FIELD_BOOL,
     .doc = "no release lets a run pass it: only another figure here"},
    {.name = NULL}};

#define KIND(word)                                                                                 \
    {                                                                                              \
        .name = (word), .type = QUELL_FIELD_OBJECT, .fields = cap_fields,                          \
        .doc = "targets of the kind `" word "` of calls that do more than read"                    \
    }

const struct quell_field policy_caps_fields[] = {
    {.name = "disrupts",
     .type = QUELL_FIELD_OBJECT,
     .fields = cap_fields,
     .doc = "targets of disrupting calls, of whatever kind"},
    KIND("device"),
    KIND("user"),
    KIND("mailbox"),
    KIND("mail"),
    KIND("ip"),
    KIND("domain"),
    KIND("url"),
    KIND("file"),
    KIND("process"),
    KIND("cloud_resource"),
    KIND("incident"),
    {.name = NULL}};

#define SPAN(word)                                                                                 \
    {                                                                                              \
        .name = (word), .type = QUELL_FIELD_DURATION,                                              \
        .doc = "for how long after one run of a playbook no other run of it disrupts the same "    \
               "target of the kind `" word "`"                                                     \
    }

const struct quell_field policy_cooldown_fields[] = {
    {.name = "disrupts",
     .type = QUELL_FIELD_DURATION,
     .doc = "for how long after one run of a playbook no other run of it disrupts the same target, "
            "of whatever kind"},
    SPAN("device"),
    SPAN("user"),
    SPAN("mailbox"),
    SPAN("mail"),
    SPAN("ip"),
    SPAN("domain"),
    SPAN("url"),
    SPAN("file"),
    SPAN("process"),
    SPAN("cloud_resource"),
    SPAN("incident"),
    {.name = NULL}};

static const char *const effect_words[] = {"disrupts", "changes", NULL};
static const char *const kind_words[] = {"device",  "user",           "mailbox",  "mail",
                                         "ip",      "domain",         "url",      "file",
                                         "process", "cloud_resource", "incident", NULL};

#define TEXTS(name_, doc_)                                                                         \
    {                                                                                              \
        .name = (name_), .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING,                       \
        .flags = QUELL_ONE_OR_MANY, .doc = (doc_)                                                  \
    }

static const struct quell_field protect_fields[] = {
    {.name = "name",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "what verdicts call it"},
    {.name = "why",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "why it must not be touched, for those who read a verdict"},
    {.name = "kind", .type = QUELL_FIELD_ENUM, .words = kind_words, .doc = "only targets of it"},
    TEXTS("ids", "ids, however they are spelled"),
    TEXTS("names", "names, with `*` and `?`; `dc01` is `DC01.corp.example`, too"),
    TEXTS("regex", "patterns (PCRE2) on names, accounts and ids, in lower case"),
    TEXTS("accounts", "accounts: `ana`, `CORP\\ana` or `ana@corp.example`"),
    TEXTS("tags", "tags, groups and roles, with `*` and `?`"),
    TEXTS("ips", "addresses and ranges, such as `10.1.0.0/16`"),
    {.name = "list",
     .type = QUELL_FIELD_STRING,
     .doc = "a list of quell.yaml by its name: its texts are ids, names or accounts"},
    {.name = "from",
     .type = QUELL_FIELD_ENUM,
     .words = effect_words,
     .fallback = "\"disrupts\"",
     .doc = "protected from disrupting calls, or from all that change something (`changes`)"},
    {.name = NULL}};

static const struct quell_field window_fields[] = {
    {.name = "name",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "what verdicts call it"},
    TEXTS("weekly", "`Mon-Fri 08:00-18:00`, `Fri 18:00 - Mon 08:00`"),
    {.name = "cron", .type = QUELL_FIELD_STRING, .doc = "when it begins, with `for`"},
    {.name = "for", .type = QUELL_FIELD_DURATION, .doc = "how long it lasts from then on"},
    {.name = "zone",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"UTC\"",
     .doc = "the time zone, such as `Europe/Helsinki`"},
    {.name = "deny",
     .type = QUELL_FIELD_ENUM,
     .words = effect_words,
     .doc = "what is held inside of it: `disrupts` (when nothing is said) or `changes`"},
    {.name = "allow-only",
     .type = QUELL_FIELD_ENUM,
     .words = effect_words,
     .doc = "what is held outside of it"},
    {.name = NULL}};

static const char *const require_words[] = {"approve", NULL};

static const struct quell_field disrupts_fields[] = {
    {.name = "require",
     .type = QUELL_FIELD_ENUM,
     .words = require_words,
     .doc = "`approve`: no disrupting call without people who agreed to it, or to a block around "
            "it, whatever `approve.unless` says"},
    TEXTS("except", "playbooks and actions that need it not"),
    TEXTS("by", "who may release a call that is held for want of it: names and `group:NAME`; "
                "without it, whoever may release"),
    {.name = "four-eyes",
     .type = QUELL_FIELD_BOOL,
     .fallback = "false",
     .doc = "nobody releases such a call of a run that they started, or whose caller they started"},
    {.name = NULL}};

const struct quell_field policy_fields[] = {
    {.name = "file",
     .type = QUELL_FIELD_STRING,
     .doc = "the policy is in a file of its own; then nothing else stands here"},
    {.name = "caps",
     .type = QUELL_FIELD_OBJECT,
     .fields = policy_caps_fields,
     .doc = "how much all playbooks together may touch"},
    {.name = "playbooks",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .fields = policy_caps_fields,
     .doc = "the same for single playbooks, by id, beside what they limit themselves"},
    {.name = "cooldown",
     .type = QUELL_FIELD_OBJECT,
     .fields = policy_cooldown_fields,
     .doc = "for how long a target is not disrupted again by another run of the same playbook"},
    {.name = "fleet",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .doc = "how many there are of a kind: a number, or `lists.NAME`, whose length it is"},
    {.name = "protect",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields = protect_fields,
     .doc = "what no disrupting call may touch"},
    {.name = "unprotect",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_STRING,
     .doc = "built-in protections that are off, each with the reason"},
    {.name = "windows",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_OBJECT,
     .fields = window_fields,
     .doc = "times when calls are held"},
    {.name = "disrupts",
     .type = QUELL_FIELD_OBJECT,
     .fields = disrupts_fields,
     .doc = "what disrupting calls need"},
    {.name = NULL}};

bool policy_is_kind(struct quell_str kind)
{
    return !str_is(kind, "disrupts") && fields_find(policy_caps_fields, kind);
}

struct quell_str policy_nearest_kind(struct quell_str kind)
{
    return fields_nearest(policy_caps_fields, kind);
}
