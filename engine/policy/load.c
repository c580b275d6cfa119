/*
 * load.c - the policy of the workspace, from `policy:` of quell.yaml. What a table of keys cannot
 * say is checked here: patterns, ranges, windows, names of lists and of built-in protections.
 */
#include "policy/internal.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/when.h"
#include "base/zone.h"
#include "playbook/start.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/yaml.h"

struct loading {
    struct arena *arena;
    struct policy *policy;
    const struct policy_surroundings *around;
    struct diag_list *diags;
};

static const struct built_in {
    const char *name, *kind, *names, *tags, *why;
} built_ins[] = {
#define PROTECTED(name, kind, names, tags, why) {name, kind, names, tags, why},
#include "policy/protected.def"
#undef PROTECTED
};
enum { BUILT_INS = sizeof(built_ins) / sizeof(*built_ins) };

/* ---- faults ------------------------------------------------------------------------------------
 */

static void wrong(struct loading *in, const struct yaml_node *node, struct quell_str message,
                  const char *help)
{
    struct diag *diag =
        diag_add(in->diags, "QL104", SEVERITY_ERROR, node->place, "%.*s", QUELL_ARG(message));
    diag->help = quell_str_of(help);
}

static struct quell_str text_of(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node ? quell_str(node->value) : QUELL_STR("");
}

static bool is_true(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node && node->value.as.boolean; /* its key's type is checked */
}

/* A list, or its one item. */
static size_t many(const struct yaml_node *map, const char *key, const struct yaml_node **items)
{
    const struct yaml_node *node = yaml_get(map, key);
    *items = node;
    if (node == NULL)
        return 0;
    if (!quell_is(node->value, QUELL_LIST))
        return 1;
    *items = node->items;
    return node->count;
}

static struct quell_value texts(struct loading *in, const struct yaml_node *map, const char *key)
{
    struct list_builder list = {.arena = in->arena};
    const struct yaml_node *items;
    size_t i, count = many(map, key, &items);
    for (i = 0; i < count; i++)
        list_add(&list, value_copy(in->arena, items[i].value));
    return list_made(&list);
}

/* ---- caps --------------------------------------------------------------------------------------
 */

static unsigned figure(struct loading *in, const struct yaml_node *map, const char *key,
                       int64_t max)
{
    const struct yaml_node *node = yaml_get(map, key);
    if (node == NULL)
        return LIMIT_NONE;
    if (node->value.as.integer >= 0 && node->value.as.integer <= max)
        return (unsigned)node->value.as.integer;
    wrong(in, node, arena_format(in->arena, "`%s` is a number from 0 to %lld", key, (long long)max),
          "");
    return 0;
}

static void add_cap(struct policy *policy, struct policy_cap cap)
{
    policy->caps = arena_grow(policy->arena, policy->caps, policy->cap_count * sizeof(cap),
                              (policy->cap_count + 1) * sizeof(cap));
    policy->caps[policy->cap_count++] = cap;
}

static void load_caps(struct loading *in, struct quell_str playbook, const struct yaml_node *map)
{
    size_t i;
    for (i = 0; map && i < map->count; i++) {
        const struct yaml_node *node = &map->pairs[i].node;
        const struct yaml_node *percent = yaml_get(node, "percent"), *hard = yaml_get(node, "hard");
        struct policy_cap cap = {
            .playbook = arena_str(in->arena, playbook),
            .kind = arena_str(in->arena, quell_str(map->pairs[i].key.value)),
            .run = figure(in, node, "run", LIMIT_POLICY_COUNTED),
            .hour = figure(in, node, "hour", LIMIT_POLICY_COUNTED),
            .day = figure(in, node, "day", LIMIT_POLICY_COUNTED),
            .percent = percent ? value_real(percent->value) : -1,
            .hard = hard && hard->value.as.boolean,
        };
        if (percent && (cap.percent < 0 || cap.percent > 100))
            wrong(in, percent, QUELL_STR("`percent` is a number from 0 to 100"), "");
        add_cap(in->policy, cap);
    }
}

static void load_playbooks(struct loading *in, const struct yaml_node *map)
{
    size_t i;
    for (i = 0; map && i < map->count; i++)
        if (fields_check_node(in->diags, policy_caps_fields, &map->pairs[i].node, false))
            load_caps(in, quell_str(map->pairs[i].key.value), &map->pairs[i].node);
}

/* Of the cap of disrupted targets, what a file leaves open is the built-in figure. */
static void default_caps(struct policy *policy)
{
    struct policy_cap *found = NULL;
    size_t i;
    for (i = 0; i < policy->cap_count; i++)
        if (policy->caps[i].playbook.len == 0 && str_is(policy->caps[i].kind, "disrupts"))
            found = &policy->caps[i];
    if (found)
        return;
    add_cap(policy, (struct policy_cap){.kind = QUELL_STR("disrupts"),
                                        .run = LIMIT_NONE,
                                        .hour = LIMIT_DISRUPTS_PER_HOUR,
                                        .day = LIMIT_DISRUPTS_PER_DAY,
                                        .percent = -1,
                                        .built_in = true});
}

/* ---- cooldowns ---------------------------------------------------------------------------------
 */

static void load_cooldowns(struct loading *in, const struct yaml_node *map)
{
    struct policy *policy = in->policy;
    size_t i, count = map ? map->count : 0;
    policy->cooldowns = arena_array(in->arena, struct policy_cooldown, count + 1);
    for (i = 0; i < count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct when span = {0};
        (void)when_parse_duration(quell_str(pair->node.value), &span); /* its type is checked */
        if (span.seconds < 1 || span.seconds > LIMIT_COOLDOWN_S)
            wrong(in, &pair->node, QUELL_STR("a cooldown is a duration from 1s to 30d"), "");
        policy->cooldowns[policy->cooldown_count++] = (struct policy_cooldown){
            .kind = arena_str(in->arena, quell_str(pair->key.value)), .for_us = when_to_us(span)};
    }
}

/* ---- fleet -------------------------------------------------------------------------------------
 */

static struct quell_value list_named(struct loading *in, const struct yaml_node *node,
                                     struct quell_str name)
{
    struct quell_value lists = in->around->lists, found;
    struct quell_str *names;
    struct diag *diag;
    size_t i, count = quell_count(lists);
    if (quell_find(lists, name, &found))
        return found;
    diag = diag_add(in->diags, "QL104", SEVERITY_ERROR, node->place, "there is no list `%.*s`",
                    QUELL_ARG(name));
    names = arena_array(in->arena, struct quell_str, count + 1);
    for (i = 0; i < count; i++)
        names[i] = quell_str(lists.as.pairs[i].key);
    diag_suggest(in->diags, diag, str_nearest(name, names, count));
    return quell_null();
}

static void load_fleet(struct loading *in, const struct yaml_node *map)
{
    struct policy *policy = in->policy;
    size_t i, count = map ? map->count : 0;
    policy->sizes = arena_array(in->arena, struct policy_size, count + 1);
    for (i = 0; i < count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct quell_str kind = quell_str(pair->key.value), text = quell_str(pair->node.value);
        struct policy_size size = {.kind = arena_str(in->arena, kind), .count = -1};
        if (!fields_find(policy_caps_fields, kind)) {
            struct diag *diag = diag_add(in->diags, "QL102", SEVERITY_ERROR, pair->key.place,
                                         "`%.*s` is no kind of target", QUELL_ARG(kind));
            diag_suggest(in->diags, diag, fields_nearest(policy_caps_fields, kind));
            continue;
        }
        if (quell_is(pair->node.value, QUELL_INT) && pair->node.value.as.integer >= 0)
            size.count = pair->node.value.as.integer;
        else if (str_starts(text, QUELL_STR("lists.")))
            size.count =
                (int64_t)quell_count(list_named(in, &pair->node, str_slice(text, 6, text.len)));
        else
            wrong(in, &pair->node,
                  arena_format(in->arena, "`%.*s` is a number, or `lists.NAME`", QUELL_ARG(kind)),
                  "");
        policy->sizes[policy->size_count++] = size;
    }
}

/* ---- what is protected -------------------------------------------------------------------------
 */

/* `*` and `?` as a pattern on the whole text, or on the part before its first dot. */
static struct quell_str from_glob(struct arena *arena, struct quell_str glob)
{
    char *out = arena_alloc(arena, glob.len * 4 + 8);
    size_t i, len = 0;
    out[len++] = '^';
    for (i = 0; i < glob.len; i++) {
        char c = glob.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
        if (c == '*') {
            out[len++] = '.';
            out[len++] = '*';
        } else if (c == '?') {
            out[len++] = '.';
        } else {
            if (!plain)
                out[len++] = '\\';
            out[len++] = c;
        }
    }
    out[len++] = '$';
    return (struct quell_str){out, len};
}

static void add_pattern(struct loading *in, struct regex ***patterns, size_t *count,
                        struct quell_str pattern, const struct yaml_node *node)
{
    struct quell_error err = {0};
    struct regex *made;
    size_t offset;
    if (regex_new(pattern, REGEX_CASELESS | REGEX_DOTALL, &made, &offset, &err)) {
        wrong(in, node, arena_format(in->arena, "the pattern is not valid: %s", err.message), "");
        return;
    }
    *patterns =
        arena_grow(in->arena, *patterns, *count * sizeof(made), (*count + 1) * sizeof(made));
    (*patterns)[(*count)++] = made;
}

static void load_globs(struct loading *in, const struct yaml_node *map, const char *key,
                       struct regex ***patterns, size_t *count)
{
    const struct yaml_node *items;
    size_t i, given = many(map, key, &items);
    for (i = 0; i < given; i++)
        add_pattern(in, patterns, count,
                    from_glob(in->arena, spelling_plain(in->arena, quell_str(items[i].value))),
                    &items[i]);
}

static void load_ranges(struct loading *in, const struct yaml_node *map, struct policy_rule *rule)
{
    const struct yaml_node *items;
    size_t i, count = many(map, "ips", &items);
    struct cidr *ranges = arena_array(in->arena, struct cidr, count + 1);
    for (i = 0; i < count; i++)
        if (cidr_parse(quell_str(items[i].value), &ranges[rule->range_count]))
            rule->range_count++;
        else
            wrong(in, &items[i],
                  arena_format(in->arena, "`%.*s` is no address or range",
                               QUELL_ARG(quell_str(items[i].value))),
                  "write `10.1.0.0/16` or `10.1.2.3`");
    rule->ranges = ranges;
}

static void load_rule(struct loading *in, const struct yaml_node *map, struct policy_rule *rule)
{
    const struct yaml_node *list = yaml_get(map, "list"), *items;
    size_t i, count = many(map, "regex", &items);
    *rule = (struct policy_rule){
        .name = arena_str(in->arena, text_of(map, "name")),
        .why = arena_str(in->arena, text_of(map, "why")),
        .kind = arena_str(in->arena, text_of(map, "kind")),
        .changes = str_is(text_of(map, "from"), "changes"),
        .ids = texts(in, map, "ids"),
        .accounts = texts(in, map, "accounts"),
        .entries = quell_list(NULL, 0),
        .tags = quell_list(NULL, 0),
        .shown = value_copy(in->arena, map->value),
    };
    load_globs(in, map, "names", &rule->names, &rule->name_count);
    for (i = 0; i < count; i++)
        add_pattern(in, &rule->names, &rule->name_count, quell_str(items[i].value), &items[i]);
    load_globs(in, map, "tags", &rule->tag_patterns, &rule->tag_pattern_count);
    load_ranges(in, map, rule);
    if (list)
        rule->entries = list_named(in, list, quell_str(list->value));
    if (!yaml_get(map, "ids") && !yaml_get(map, "names") && !yaml_get(map, "regex") &&
        !yaml_get(map, "accounts") && !yaml_get(map, "tags") && !yaml_get(map, "ips") && !list &&
        !yaml_get(map, "kind"))
        wrong(in, map, QUELL_STR("this entry protects nothing"),
              "give it one of `ids`, `names`, `regex`, `accounts`, `tags`, `ips`, `list`, `kind`");
}

static void load_built_in(struct loading *in, const struct built_in *row, struct policy_rule *rule)
{
    static const struct yaml_node nowhere = {.style = YAML_PLAIN}; /* of what is built in */
    struct list_builder entries = {.arena = in->arena};
    *rule = (struct policy_rule){.name = quell_str_of(row->name),
                                 .why = quell_str_of(row->why),
                                 .kind = quell_str_of(row->kind),
                                 .built_in = true,
                                 .ids = quell_list(NULL, 0),
                                 .accounts = quell_list(NULL, 0),
                                 .tags = quell_list(NULL, 0)};
    if (row->names)
        add_pattern(in, &rule->names, &rule->name_count, quell_str_of(row->names), &nowhere);
    if (row->tags)
        add_pattern(in, &rule->tag_patterns, &rule->tag_pattern_count, quell_str_of(row->tags),
                    &nowhere);
    if (str_is(rule->name, "quell-itself") && quell_is(in->around->own_names, QUELL_LIST)) {
        size_t i;
        for (i = 0; i < quell_count(in->around->own_names); i++)
            list_add(&entries, value_copy(in->arena, quell_at(in->around->own_names, i)));
    }
    rule->entries = list_made(&entries);
}

static void load_off(struct loading *in, const struct yaml_node *map)
{
    size_t i, k;
    for (i = 0; map && i < map->count; i++) {
        const struct yaml_pair *pair = &map->pairs[i];
        struct quell_str name = quell_str(pair->key.value), names[BUILT_INS];
        struct policy_rule *found = NULL;
        for (k = 0; k < BUILT_INS; k++) {
            names[k] = quell_str_of(built_ins[k].name);
            if (quell_str_equal(names[k], name))
                found = &in->policy->rules[k];
        }
        if (found == NULL) {
            struct diag *diag = diag_add(in->diags, "QL102", SEVERITY_ERROR, pair->key.place,
                                         "there is no built-in protection `%.*s`", QUELL_ARG(name));
            diag_suggest(in->diags, diag, str_nearest(name, names, BUILT_INS));
        } else if (str_trim(quell_str(pair->node.value)).len == 0) {
            wrong(in, &pair->node, QUELL_STR("a protection is off for a reason: write it here"),
                  "");
        } else {
            found->off = arena_str(in->arena, quell_str(pair->node.value));
        }
    }
}

static void load_protected(struct loading *in, const struct yaml_node *root)
{
    struct policy *policy = in->policy;
    const struct yaml_node *list = root ? yaml_get(root, "protect") : NULL;
    size_t i, count = list ? list->count : 0;
    policy->rules = arena_array(in->arena, struct policy_rule, BUILT_INS + count);
    for (i = 0; i < BUILT_INS; i++)
        load_built_in(in, &built_ins[i], &policy->rules[policy->rule_count++]);
    for (i = 0; i < count; i++)
        load_rule(in, &list->items[i], &policy->rules[policy->rule_count++]);
    load_off(in, root ? yaml_get(root, "unprotect") : NULL);
}

/* ---- windows -----------------------------------------------------------------------------------
 */

static void load_spans(struct loading *in, const struct yaml_node *map,
                       struct policy_window *window)
{
    const struct yaml_node *items;
    size_t i, count = many(map, "weekly", &items);
    struct policy_span *spans = arena_array(in->arena, struct policy_span, count + 1);
    for (i = 0; i < count; i++)
        if (policy_span_read(quell_str(items[i].value), &spans[window->span_count]))
            window->span_count++;
        else
            wrong(in, &items[i],
                  arena_format(in->arena, "`%.*s` is no time of the week",
                               QUELL_ARG(quell_str(items[i].value))),
                  "write `Mon-Fri 08:00-18:00`, or `Fri 18:00 - Mon 08:00`");
    window->spans = spans;
}

static void load_cron(struct loading *in, const struct yaml_node *map, struct policy_window *window)
{
    const struct yaml_node *cron = yaml_get(map, "cron"), *span = yaml_get(map, "for");
    struct cron *made = arena_one(in->arena, struct cron);
    struct when duration = {0};
    const char *fault;
    size_t at;
    if (cron == NULL && span == NULL)
        return;
    if (cron == NULL || span == NULL) {
        wrong(in, cron ? cron : span, QUELL_STR("`cron` and `for` stand together"),
              "`cron` says when the window begins, `for` how long it lasts");
        return;
    }
    if (!cron_read(quell_str(cron->value), made, &fault, &at)) {
        wrong(in, cron, quell_str_of(fault), "");
        return;
    }
    (void)when_parse_duration(quell_str(span->value), &duration); /* its key's type is checked */
    if (duration.seconds < 60 || duration.seconds > LIMIT_WINDOW_S) {
        wrong(in, span, QUELL_STR("`for` is a duration from 1m to 31d"), "");
        return;
    }
    window->cron = made;
    window->for_s = duration.seconds;
}

static void load_window(struct loading *in, const struct yaml_node *map,
                        struct policy_window *window)
{
    const struct yaml_node *deny = yaml_get(map, "deny"), *only = yaml_get(map, "allow-only");
    const struct yaml_node *zone = yaml_get(map, "zone");
    *window = (struct policy_window){
        .name = arena_str(in->arena, text_of(map, "name")),
        .allow_only = only != NULL,
        .effect = str_is(text_of(map, only ? "allow-only" : "deny"), "changes") ? QUELL_CHANGES
                                                                                : QUELL_DISRUPTS,
        .shown = value_copy(in->arena, map->value),
    };
    if (deny && only)
        wrong(in, only, QUELL_STR("`deny` and `allow-only` exclude each other"), "");
    if (zone && !str_is(quell_str(zone->value), "UTC")) {
        window->zone = zone_find(quell_str(zone->value));
        if (window->zone == NULL)
            wrong(in, zone,
                  arena_format(in->arena, "there is no time zone `%.*s`",
                               QUELL_ARG(quell_str(zone->value))),
                  "write a name of the tz database, such as `Europe/Helsinki`");
    }
    load_spans(in, map, window);
    load_cron(in, map, window);
    if (!yaml_get(map, "weekly") && !yaml_get(map, "cron") && !yaml_get(map, "for"))
        wrong(in, map, QUELL_STR("this window is never"), "give it `weekly`, or `cron` with `for`");
}

static void load_windows(struct loading *in, const struct yaml_node *list)
{
    size_t i, count = list ? list->count : 0;
    in->policy->windows = arena_array(in->arena, struct policy_window, count + 1);
    for (i = 0; i < count; i++)
        load_window(in, &list->items[i], &in->policy->windows[in->policy->window_count++]);
}

/* ---- all of it ---------------------------------------------------------------------------------
 */

struct policy *policy_load(struct arena *arena, const struct yaml_node *node,
                           const struct policy_surroundings *around, struct diag_list *diags)
{
    struct policy *policy = arena_one(arena, struct policy);
    struct loading in = {arena, policy, around, diags};
    const struct yaml_node *disrupts = node ? yaml_get(node, "disrupts") : NULL;
    uint8_t digest[DIGEST_SHA256];
    size_t errors = diags->errors;
    *policy = (struct policy){.arena = arena,
                              .given = node != NULL,
                              .file = node ? arena_str(arena, around->file) : QUELL_STR(""),
                              .except = quell_list(NULL, 0),
                              .release_by = quell_list(NULL, 0)};
    if (node) {
        load_caps(&in, QUELL_STR(""), yaml_get(node, "caps"));
        load_playbooks(&in, yaml_get(node, "playbooks"));
        load_cooldowns(&in, yaml_get(node, "cooldown"));
        load_fleet(&in, yaml_get(node, "fleet"));
        load_windows(&in, yaml_get(node, "windows"));
    }
    load_protected(&in, node);
    default_caps(policy);
    if (disrupts) {
        policy->require_approve = str_is(text_of(disrupts, "require"), "approve");
        policy->except = texts(&in, disrupts, "except");
        policy->release_by = texts(&in, disrupts, "by");
        policy->four_eyes = is_true(disrupts, "four-eyes");
    }
    digest_sha256(json_text(arena, node ? node->value : quell_null(), JSON_COMPACT), digest);
    (void)snprintf(policy->revision, sizeof(policy->revision), "%.*s",
                   QUELL_ARG(digest_hex(arena, digest, sizeof(digest))));
    if (diags->errors > errors) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

void policy_free(struct policy *policy)
{
    size_t i, k;
    for (i = 0; policy && i < policy->rule_count; i++) {
        for (k = 0; k < policy->rules[i].name_count; k++)
            regex_free(policy->rules[i].names[k]);
        for (k = 0; k < policy->rules[i].tag_pattern_count; k++)
            regex_free(policy->rules[i].tag_patterns[k]);
    }
}
