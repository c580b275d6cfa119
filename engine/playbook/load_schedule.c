/*
 * load_schedule.c - `on: schedule`: cron expressions, zones, and what a run is given.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/zone.h"
#include "playbook/cron.h"

static bool is_map(const struct yaml_node *node)
{
    return quell_is(node->value, QUELL_MAP);
}

/* The schedule itself or the items of its list. */
static size_t count_of(const struct yaml_node *node)
{
    return is_map(node) ? 1 : quell_is(node->value, QUELL_LIST) ? node->count : 0;
}

static const struct yaml_node *item_of(const struct yaml_node *node, size_t index)
{
    return is_map(node) ? node : &node->items[index];
}

/* ---- cron --------------------------------------------------------------------------------------
 */

static const struct cron *load_cron(struct loader *loader, const struct yaml_node *node,
                                    const struct zone_row *zone)
{
    struct cron *cron = arena_one(loader->arena, struct cron);
    const char *fault;
    size_t at;
    struct diag *diag;
    if (!cron_read(quell_str(node->value), cron, &fault, &at)) {
        struct quell_str rest = str_slice(quell_str(node->value), at, node->value.len);
        size_t end = str_find(rest, QUELL_STR(" "), 0);
        diag = report(
            loader, CRON,
            yaml_place_inside(loader->diags->text, node, at, end == SIZE_MAX ? rest.len : end),
            "this is no cron expression");
        diag->label = diag_format(loader->diags, "%s", fault);
        diag->help = QUELL_STR("write five fields, such as `17 */4 * * MON-FRI`");
        return NULL;
    }
    if (cron_next(cron, zone, 0) == INT64_MAX) {
        diag = report(loader, CRON, node->place, "this time never comes");
        diag->label = QUELL_STR("no month has such a day");
    }
    return cron;
}

static const struct zone_row *load_zone(struct loader *loader, const struct yaml_node *map)
{
    const struct yaml_node *node = yaml_get(map, "timezone");
    const struct zone_row *zone;
    struct quell_str *names, nearest;
    struct diag *diag;
    size_t i;
    if (!node || !quell_is(node->value, QUELL_STRING))
        return NULL;
    zone = zone_find(quell_str(node->value));
    if (zone)
        return zone;
    names = arena_array(loader->arena, struct quell_str, zone_count);
    for (i = 0; i < zone_count; i++)
        names[i] = quell_str_of(zone_rows[i].name);
    nearest = str_nearest(quell_str(node->value), names, zone_count);
    diag = report(loader, CRON, node->place, "there is no time zone `%.*s`",
                  QUELL_ARG(quell_str(node->value)));
    diag->help = nearest.len
                     ? diag_format(loader->diags, "did you mean `%.*s`?", QUELL_ARG(nearest))
                     : QUELL_STR("zones are named as in `Europe/Helsinki`; `UTC` is one");
    return NULL;
}

static enum on_missed read_missed(struct quell_str word)
{
    if (str_is(word, "run-all"))
        return MISSED_RUN_ALL;
    return str_is(word, "skip") ? MISSED_SKIP : MISSED_RUN_ONCE;
}

/* At least a minute: a faster clock is a poller, not a schedule. */
static void check_every(struct loader *loader, const struct yaml_node *map, int64_t every_us)
{
    if (every_us && every_us < INT64_C(60000000))
        report(loader, CRON, yaml_get(map, "every")->place, "`every` is a minute or more");
}

static void load_one(struct loader *loader, const struct yaml_node *map,
                     struct playbook_schedule *schedule)
{
    const struct yaml_node *cron = yaml_get(map, "cron");
    schedule->zone = load_zone(loader, map);
    schedule->every_us = duration_at(loader, map, "every", 0);
    schedule->jitter_us = duration_at(loader, map, "jitter", 0);
    schedule->on_missed = read_missed(text_at(map, "on-missed"));
    check_every(loader, map, schedule->every_us);
    schedule->spec =
        arena_format(loader->arena, "%.*s|%.*s|%lld", QUELL_ARG(text_at(map, "cron")),
                     QUELL_ARG(text_at(map, "timezone")), (long long)schedule->every_us);
    if ((cron != NULL) == (yaml_get(map, "every") != NULL)) {
        struct diag *diag = report(loader, CRON, head_place(loader, map),
                                   "a schedule has one of `cron` and `every`");
        diag->help = QUELL_STR("write `cron: '17 */4 * * *'` or `every: 4h`");
    } else if (cron && quell_is(cron->value, QUELL_STRING)) {
        schedule->cron = load_cron(loader, cron, schedule->zone);
    }
}

void load_schedule(struct loader *loader, const struct yaml_node *node)
{
    struct playbook_start *start = &loader->playbook->start;
    size_t i, count = count_of(node);
    struct playbook_schedule *made =
        arena_array(loader->arena, struct playbook_schedule, count + 1);
    loader->events = true;
    loader->event_fields = NULL;
    for (i = 0; i < count; i++)
        if (is_map(item_of(node, i)))
            load_one(loader, item_of(node, i), &made[start->schedule_count++]);
    start->schedules = made;
}

/* ---- inputs ------------------------------------------------------------------------------------
 */

static bool is_input(const struct playbook *playbook, struct quell_str name)
{
    size_t i;
    for (i = 0; i < playbook->input_count; i++)
        if (quell_str_equal(playbook->inputs[i].name, name))
            return true;
    return false;
}

static void check_names(struct loader *loader, const struct yaml_node *with)
{
    const struct playbook *playbook = loader->playbook;
    struct quell_str *names =
        arena_array(loader->arena, struct quell_str, playbook->input_count + 1);
    size_t i;
    for (i = 0; i < playbook->input_count; i++)
        names[i] = playbook->inputs[i].name;
    for (i = 0; i < with->count; i++) {
        struct quell_str name = quell_str(with->pairs[i].key.value), nearest;
        struct diag *diag;
        if (is_input(playbook, name))
            continue;
        diag = report(loader, UNKNOWN_KEY, with->pairs[i].key.place, "there is no input `%.*s`",
                      QUELL_ARG(name));
        nearest = str_nearest(name, names, playbook->input_count);
        diag->help = nearest.len
                         ? diag_format(loader->diags, "did you mean `%.*s`?", QUELL_ARG(nearest))
                         : QUELL_STR("name it under `inputs:`");
    }
}

void load_schedule_with(struct loader *loader, const struct yaml_node *on)
{
    const struct yaml_node *node = on ? yaml_get(on, "schedule") : NULL;
    struct playbook_start *start = &loader->playbook->start;
    struct playbook_schedule *schedules;
    size_t i, made = 0;
    if (!node || !start->schedule_count)
        return;
    schedules = arena_array(loader->arena, struct playbook_schedule, start->schedule_count);
    for (i = 0; i < count_of(node) && made < start->schedule_count; i++) {
        const struct yaml_node *map = item_of(node, i), *with;
        if (!is_map(map))
            continue;
        schedules[made] = start->schedules[made];
        with = yaml_get(map, "with");
        if (with && is_map(with)) {
            check_names(loader, with);
            schedules[made].with_place = with->place;
            schedules[made].with = load_tree(loader, (struct here){WHERE_INPUT, NO_STEP}, with);
        }
        made++;
    }
    start->schedules = schedules;
}
