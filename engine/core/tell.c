/*
 * tell.c - what a configuration lacks, said before an incident finds it: sources of hooks that do
 * not exist, and actions whose connection is not configured.
 */
#include "core/notify.h"

#include "base/error.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

enum quell_code connection_missing(const struct quell_connector *connector, struct quell_str name,
                                   struct quell_error *err)
{
    return error_set(
        err, QUELL_INVALID,
        "no connection `%.*s` is configured: add it under `connections:` in quell.yaml",
        QUELL_ARG(name.len ? name : quell_str_of(connector->name)));
}

/* ---- hooks -------------------------------------------------------------------------------------
 */

static bool is_source(struct quell_str name)
{
    size_t i;

    for (i = 0; incident_sources[i]; i++)
        if (str_is(name, incident_sources[i]->name))
            return true;
    return false;
}

enum quell_code hooks_check(struct quell_value hooks, struct quell_error *err)
{
    size_t i, k, count = 0;
    struct quell_str names[32], nearest;

    for (k = 0; incident_sources[k] && count < 32; k++)
        names[count++] = quell_str_of(incident_sources[k]->name);
    for (i = 0; i < quell_count(hooks); i++) {
        const struct quell_pair *hook = &hooks.as.pairs[i];
        struct quell_str source = quell_get_str(hook->value, "source");
        if (source.len == 0 || is_source(source))
            continue;
        nearest = str_nearest(source, names, count);
        return error_set(
            err, QUELL_INVALID, "`hooks.%.*s.source`: there is no source `%.*s`%s%.*s%s",
            QUELL_ARG(quell_str(hook->key)), QUELL_ARG(source),
            nearest.len ? "; did you mean `" : "", QUELL_ARG(nearest), nearest.len ? "`?" : "");
    }
    return QUELL_OK;
}

/* ---- at a start --------------------------------------------------------------------------------
 */

static void tell_ways(const struct generation *generation, const struct playbook *playbook,
                      const struct step *step, const struct step_asking *asking)
{
    for (size_t i = 0; i < asking->via.count; i++)
        if (!notify_knows(generation, asking->via.items[i]))
            log_line(LOG_LEVEL_WARNING,
                     "playbook=%.*s step=%.*s nobody is told via `%.*s`: `notify: webhooks` in "
                     "quell.yaml has no such name",
                     QUELL_ARG(playbook->id), QUELL_ARG(step->id), QUELL_ARG(asking->via.items[i]));
}

static void tell_steps(const struct generation *generation, const struct playbook *playbook)
{
    struct quell_error err = {0};
    size_t i;

    for (i = 0; i < playbook->step_count; i++) {
        const struct step *step = playbook->all[i];
        if (step->approve)
            tell_ways(generation, playbook, step, &step->approve->asking);
        if (step->kind == STEP_ASK)
            tell_ways(generation, playbook, step, &step->ask->asking);
        if (step->kind != STEP_USES ||
            connections_find(generation->connections, step->connector, step->connection))
            continue;
        (void)connection_missing(step->connector, step->connection, &err);
        log_line(LOG_LEVEL_WARNING, "playbook=%.*s step=%.*s will fail: %s",
                 QUELL_ARG(playbook->id), QUELL_ARG(step->id), err.message);
    }
}

void quell_tell(struct quell *engine)
{
    const struct generation *generation = engine->generation;
    size_t i;

    if (generation->config_path == NULL)
        log_line(LOG_LEVEL_WARNING,
                 "no quell.yaml was found: no hooks and no connections; name one "
                 "with -c");
    log_line(LOG_LEVEL_INFO, "%s: playbooks %zu, hooks %zu, connections %zu",
             generation->config_path ? generation->config_path : "without a quell.yaml",
             generation->playbook_count, quell_count(quell_get(generation->config, "hooks")),
             quell_count(quell_get(generation->config, "connections")));
    if (generation->playbook_count == 0)
        log_line(LOG_LEVEL_WARNING,
                 "there is no playbook: incidents are taken in, and nothing is done about them; "
                 "`playbooks:` in quell.yaml names their files and folders");
    for (i = 0; i < generation->playbook_count; i++)
        tell_steps(generation, generation->playbooks[i]->playbook);
}
