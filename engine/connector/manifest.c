/*
 * manifest.c - a connector's manifest: checked once at load, and written as a value. It calls no
 * action.
 */
#include "connector/manifest.h"

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "connector/connection.h"
#include "connector/registry.h"
#include "connector/sink.h"
#include "value/fields.h"
#include "value/json.h"
#include "value/value.h"

enum { FIELD_DEPTH_MAX = 8 }; /* objects in objects; a table that loops is a connector's fault */

static const char *const effects[] = {"reads", "notes", "changes", "disrupts"};
static const char *const repeats[] = {"pure", "keyed", "verifiable", "once"};
static const char *const target_kinds[] = {"device",  "user",           "mailbox",  "mail",
                                           "ip",      "domain",         "url",      "file",
                                           "process", "cloud_resource", "incident", NULL};

const char *manifest_effect(enum quell_effect effect)
{
    return effects[effect];
}

const char *manifest_repeat(enum quell_repeat repeat)
{
    return repeats[repeat];
}

/* ---- checking --------------------------------------------------------------------------------*/

/* Lower-case letters, digits and single dashes, a letter first. */
static bool is_name(const char *name)
{
    bool dash = true;

    if (!name || name[0] < 'a' || name[0] > 'z' || strlen(name) > 64)
        return false;
    for (; *name; name++) {
        bool alnum = (*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9');
        if (*name == '-' ? dash : !alnum)
            return false;
        dash = *name == '-';
    }
    return !dash;
}

static bool is_word(const char *name)
{
    if (!name[0])
        return false;
    for (; *name; name++) {
        bool fine = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                    (*name >= '0' && *name <= '9') || *name == '_';
        if (!fine)
            return false;
    }
    return true;
}

static enum quell_code check_table(const struct quell_field *table, const char *where,
                                   unsigned depth, struct quell_error *err)
{
    enum quell_code code = QUELL_OK;

    if (depth > FIELD_DEPTH_MAX)
        return error_set(err, QUELL_INVALID, "%s: objects lie more than %d deep", where,
                         FIELD_DEPTH_MAX);
    for (; table && table->name && !code; table++) {
        bool is_enum = table->type == QUELL_FIELD_ENUM || table->of == QUELL_FIELD_ENUM;
        bool is_object = table->type == QUELL_FIELD_OBJECT || table->of == QUELL_FIELD_OBJECT;
        if (!is_word(table->name))
            return error_set(err, QUELL_INVALID, "%s: `%s` is no name for a field", where,
                             table->name);
        if (!table->doc || !table->doc[0])
            return error_set(err, QUELL_INVALID, "%s: `%s` has no doc", where, table->name);
        if (is_enum && !table->words)
            return error_set(err, QUELL_INVALID, "%s: `%s` names no words", where, table->name);
        if (is_object && !table->fields)
            return error_set(err, QUELL_INVALID, "%s: `%s` names no fields", where, table->name);
        if (table->sink && !sink_known(table->sink))
            return error_set(err, QUELL_INVALID, "%s: `%s` has an unknown sink `%s`", where,
                             table->name, table->sink);
        if (is_object)
            code = check_table(table->fields, where, depth + 1, err);
    }
    return code;
}

static enum quell_code check_targets(const struct quell_action *action, struct quell_error *err)
{
    for (const struct quell_target *target = action->targets; target && target->kind; target++) {
        size_t i = 0;
        while (target_kinds[i] && strcmp(target_kinds[i], target->kind) != 0)
            i++;
        if (!target_kinds[i])
            return error_set(err, QUELL_INVALID, "%s: there is no target kind `%s`", action->name,
                             target->kind);
        if (!fields_find(action->inputs, quell_str_of(target->input)))
            return error_set(err, QUELL_INVALID, "%s: target `%s` is no input", action->name,
                             target->input);
    }
    return QUELL_OK;
}

static enum quell_code check_writes(const struct quell_action *action, struct quell_error *err)
{
    for (const struct quell_write *write = action->writes; write && write->source; write++) {
        const char *inputs[] = {write->incident, write->input};

        if (action->effect == QUELL_READS)
            return error_set(err, QUELL_INVALID, "%s: what only reads writes nothing",
                             action->name);
        if (!write->field)
            return error_set(err, QUELL_INVALID, "%s: writes a field that has no name",
                             action->name);
        for (size_t i = 0; i < 2; i++)
            if (!inputs[i] || !fields_find(action->inputs, quell_str_of(inputs[i])))
                return error_set(err, QUELL_INVALID, "%s: `%s` of `writes` is no input",
                                 action->name, inputs[i] ? inputs[i] : "");
    }
    return QUELL_OK;
}

static enum quell_code check_undo(const struct quell_action *action, struct quell_error *err)
{
    const struct quell_inverse *undo = &action->undo;

    if (!undo->action && (undo->changed || undo->look))
        return error_set(err, QUELL_INVALID, "%s: says when it is undone, but not by what",
                         action->name);
    if (!undo->look != !undo->same)
        return error_set(err, QUELL_INVALID, "%s: `look` and `same` of an undo go together",
                         action->name);
    return QUELL_OK;
}

static enum quell_code check_example(struct arena *arena, const struct quell_action *action,
                                     struct quell_error *err)
{
    struct quell_value example, checked;
    struct quell_error cause = {0};
    enum quell_code code;

    if (!action->example)
        return error_set(err, QUELL_INVALID, "%s: has no example; a plan needs one", action->name);
    code = json_read(arena, quell_str_of(action->example), LIMIT_DOCUMENT_BYTES, &example, NULL,
                     &cause);
    if (!code)
        code = fields_check(arena, action->outputs, example, &checked, &cause);
    if (code)
        return error_set(err, QUELL_INVALID, "%s: its example does not fit its outputs: %s",
                         action->name, cause.message);
    return QUELL_OK;
}

static enum quell_code check_action(const struct quell_action *action, struct quell_error *err)
{
    struct arena *arena;
    enum quell_code code;

    if (!is_name(action->name))
        return error_set(err, QUELL_INVALID, "an action's name is not of the form verb-object");
    if (!action->doc || !action->doc[0] || !action->inputs || !action->outputs || !action->turn)
        return error_set(err, QUELL_INVALID, "%s: doc, inputs, outputs and turn are required",
                         action->name);
    if ((unsigned)action->effect > QUELL_DISRUPTS || (unsigned)action->repeat > QUELL_ONCE)
        return error_set(err, QUELL_INVALID, "%s: effect or repeat is out of range", action->name);
    if (action->effect == QUELL_READS && action->repeat != QUELL_PURE)
        return error_set(err, QUELL_INVALID, "%s: what only reads is pure", action->name);
    code = check_table(action->inputs, action->name, 0, err);
    if (!code)
        code = check_table(action->outputs, action->name, 0, err);
    if (!code)
        code = check_targets(action, err);
    if (!code)
        code = check_writes(action, err);
    if (!code)
        code = check_undo(action, err);
    if (code)
        return code;
    arena = arena_new(0);
    code = check_example(arena, action, err);
    arena_free(arena);
    return code;
}

static enum quell_code check_settings(const struct quell_connector *connector,
                                      struct quell_error *err)
{
    for (const struct quell_field *own = connector->settings; own && own->name; own++) {
        if (fields_find(connection_fields, quell_str_of(own->name)))
            return error_set(err, QUELL_INVALID, "settings: `%s` is every connection's own",
                             own->name);
        if (own->flags & QUELL_SECRET_FIELD)
            return error_set(err, QUELL_INVALID, "settings: `%s`: secrets belong under `auth`",
                             own->name);
    }
    return check_table(connector->settings, "settings", 0, err);
}

enum quell_code manifest_check(const struct quell_connector *connector, struct quell_error *err)
{
    enum quell_code code;

    if (!is_name(connector->name) || !connector->version || !connector->title || !connector->doc)
        return error_set(err, QUELL_INVALID, "name, version, title and doc are required");
    if (!connector->actions || !connector->actions[0])
        return error_set(err, QUELL_INVALID, "it has no actions");
    for (size_t i = 0; connector->auth && connector->auth[i]; i++) {
        if (!connection_auth_fields(quell_str_of(connector->auth[i])))
            return error_set(err, QUELL_INVALID, "there is no auth kind `%s`", connector->auth[i]);
    }
    code = check_settings(connector, err);
    for (size_t i = 0; connector->actions[i] && !code; i++) {
        code = check_action(connector->actions[i], err);
        for (size_t j = 0; j < i && !code; j++) {
            if (strcmp(connector->actions[i]->name, connector->actions[j]->name) == 0)
                code = error_set(err, QUELL_INVALID, "action %s is there twice",
                                 connector->actions[i]->name);
        }
    }
    return code;
}

/* ---- describing ------------------------------------------------------------------------------*/

static struct quell_value text_list(struct arena *arena, const char *const *texts)
{
    struct list_builder list = {.arena = arena};

    for (; texts && *texts; texts++)
        list_add(&list, quell_text(*texts));
    return list_made(&list);
}

static struct quell_value describe_targets(struct arena *arena, const struct quell_target *target)
{
    struct list_builder list = {.arena = arena};

    for (; target && target->kind; target++) {
        struct map_builder map = {.arena = arena};
        map_add(&map, "kind", quell_text(target->kind));
        map_add(&map, "input", quell_text(target->input));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value describe_writes(struct arena *arena, const struct quell_write *write)
{
    struct list_builder list = {.arena = arena};

    for (; write && write->source; write++) {
        struct map_builder map = {.arena = arena};
        map_add(&map, "source", quell_text(write->source));
        map_add(&map, "field", quell_text(write->field));
        map_add(&map, "input", quell_text(write->input));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value describe_undo(struct arena *arena, const struct quell_inverse *undo)
{
    struct map_builder map = {.arena = arena}, with = {.arena = arena};

    if (!undo->action)
        return quell_null();
    for (size_t i = 0; undo->with && undo->with[i]; i += 2)
        map_add(&with, undo->with[i], quell_text(undo->with[i + 1]));
    map_add(&map, "action", quell_text(undo->action));
    map_add(&map, "with", map_made(&with));
    if (undo->changed)
        map_add(&map, "changed", quell_text(undo->changed));
    if (undo->look)
        map_add(&map, "look", quell_text(undo->look));
    if (undo->same)
        map_add(&map, "same", quell_text(undo->same));
    return map_made(&map);
}

static struct quell_value describe_rates(struct arena *arena, const struct quell_rate *rate)
{
    struct list_builder list = {.arena = arena};

    for (; rate && rate->count; rate++) {
        struct map_builder map = {.arena = arena};
        map_add(&map, "count", quell_int(rate->count));
        map_add(&map, "seconds", quell_int(rate->seconds));
        list_add(&list, map_made(&map));
    }
    return list_made(&list);
}

static struct quell_value describe_example(struct arena *arena, const struct quell_action *action)
{
    struct quell_value example = quell_null();
    struct quell_error unneeded;

    if (action->example && json_read(arena, quell_str_of(action->example), LIMIT_DOCUMENT_BYTES,
                                     &example, NULL, &unneeded))
        return quell_null(); /* checked at load, so never */
    return example;
}

struct quell_value registry_describe(struct arena *arena, const struct quell_connector *connector,
                                     const struct quell_action *action)
{
    struct map_builder map = {.arena = arena};

    map_add(&map, "action", value_format(arena, "%s.%s", connector->name, action->name));
    map_add(&map, "connector", quell_text(connector->name));
    map_add(&map, "title", quell_text(connector->title));
    map_add(&map, "version", quell_text(connector->version));
    map_add(&map, "doc", quell_text(action->doc));
    map_add(&map, "effect", quell_text(manifest_effect(action->effect)));
    map_add(&map, "repeat", quell_text(manifest_repeat(action->repeat)));
    map_add(&map, "inputs", fields_describe(arena, action->inputs));
    map_add(&map, "outputs", fields_describe(arena, action->outputs));
    map_add(&map, "targets", describe_targets(arena, action->targets));
    map_add(&map, "writes", describe_writes(arena, action->writes));
    map_add(&map, "undo", describe_undo(arena, &action->undo));
    map_add(&map, "rights", text_list(arena, action->rights));
    map_add(&map, "rates", describe_rates(arena, action->rates));
    map_add(&map, "settle", quell_bool(action->settle || action->repeat == QUELL_VERIFIABLE));
    map_add(&map, "companion", quell_text(action->companion));
    map_add(&map, "timeout_ms", quell_int(action->timeout_ms));
    map_add(&map, "example", describe_example(arena, action));
    return map_made(&map);
}
