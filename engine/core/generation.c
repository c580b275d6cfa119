/*
 * generation.c - one immutable set of configuration, connectors, connections and playbooks. A
 * reload makes a new one, all or nothing, and swaps it whole; runs keep the one they began with.
 */
#include "core/notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/file.h"
#include "policy/workspace.h"
#include "value/value.h"

struct generation *generation_hold(struct generation *generation)
{
    generation->refs++;
    return generation;
}

void generation_release(struct generation *generation)
{
    size_t i;

    if (generation == NULL || --generation->refs > 0)
        return;
    for (i = 0; i < generation->playbook_count; i++)
        loaded_release(generation->playbooks[i]);
    memory_free(generation->playbooks);
    if (generation->connections)
        connections_free(generation->connections);
    if (generation->registry)
        registry_release(generation->registry);
    if (generation->own_policy)
        policy_free((struct policy *)generation->policy); /* its maker's, const to all others */
    generation_release(generation->base);
    arena_free(generation->arena);
    memory_free(generation);
}

struct generation *generation_for_test(struct generation *base, struct loaded *const *playbooks,
                                       size_t count, const struct run_world *world)
{
    struct generation *made = memory_new(sizeof(*made));
    size_t i;

    made->refs = 1;
    made->arena = arena_new(0);
    made->base = generation_hold(base);
    made->config_path = base->config_path;
    /* Whoever a test lets speak for a group is one of it. */
    made->config = quell_is_null(quell_get(base->config, "groups"))
                       ? base->config
                       : value_with(made->arena, base->config, QUELL_STR("groups"), quell_null());
    made->registry = registry_hold(base->registry);
    made->playbooks = memory_new((count + 1) * sizeof(struct loaded *));
    for (i = 0; i < count; i++)
        made->playbooks[made->playbook_count++] = loaded_hold(playbooks[i]);
    made->world = *world;
    made->policy = made->world.policy = base->policy;
    generation_settle(made);
    return made;
}

struct run_world generation_world(const struct generation *generation)
{
    struct run_world world = generation->world;

    if (quell_is(world.config, QUELL_UNKNOWN))
        world.config = world.lists = quell_map(NULL, 0);
    world.catalog = &generation->catalog;
    return world;
}

struct loaded *generation_playbook(const struct generation *generation, struct quell_str id)
{
    size_t i;

    for (i = 0; i < generation->playbook_count; i++)
        if (quell_str_equal(generation->playbooks[i]->playbook->id, id))
            return generation->playbooks[i];
    return NULL;
}

static const struct playbook *find_text(void *user, struct quell_str id)
{
    const struct loaded *found = generation_playbook(user, id);

    return found ? found->playbook : NULL;
}

static const struct playbook *find_text_now(void *user, struct quell_str id)
{
    struct quell *engine = user;

    return find_text(engine->generation, id);
}

struct run_catalog catalog_of(struct quell *engine)
{
    return (struct run_catalog){.find = find_text_now, .user = engine};
}

/* A path of the configuration, relative to the folder of its file. */
const char *generation_path(const struct generation *generation, struct arena *arena,
                            struct quell_str path)
{
    const char *config = generation->config_path;
    const char *slash = config ? strrchr(config, '/') : NULL;

    if (slash == NULL || (path.len && path.data[0] == '/'))
        return arena_str(arena, path).data;
    return arena_format(arena, "%.*s/%.*s", (int)(slash - config), config, QUELL_ARG(path)).data;
}

/* ---- connectors --------------------------------------------------------------------------------
 */

/* Folders of the configuration, then those of QUELL_CONNECTORS (colons between them). */
static enum quell_code load_connectors(struct generation *generation, struct quell_error *err)
{
    struct quell_value list = quell_get(generation->config, "connectors");
    struct quell_str rest = quell_str_of(file_environment("QUELL_CONNECTORS"));
    const char *folders[32];
    size_t count = 0, i;
    enum quell_code code;

    for (i = 0; i < quell_count(list) && count < 32; i++)
        folders[count++] =
            generation_path(generation, generation->arena, quell_str(quell_at(list, i)));
    while (rest.len && count < 32) {
        struct quell_str head;
        (void)str_cut(rest, ':', &head, &rest); /* the last one has no colon behind it */
        if (head.len)
            folders[count++] = arena_str(generation->arena, head).data;
    }
    code = registry_new(folders, count, &generation->registry, err);
    /* Whatever is wrong with a file, for the caller it is the configuration: a conflict would be
     * the store's lock. */
    if (code == QUELL_CONFLICT || code == QUELL_DENIED)
        err->code = code = QUELL_INVALID;
    return code;
}

/* ---- playbooks ---------------------------------------------------------------------------------
 */

static enum quell_code add_file(struct generation *generation, const char *path,
                                struct quell_error *err)
{
    struct loaded *loaded, *other;
    enum quell_code code;

    code = loaded_from_file(generation->registry, path, &loaded, err);
    if (code)
        return code;
    other = generation_playbook(generation, loaded->playbook->id);
    if (other) {
        code = error_set(err, QUELL_INVALID, "%s: playbook `%.*s` is already in %.*s", path,
                         QUELL_ARG(loaded->playbook->id), QUELL_ARG(other->playbook->file));
        loaded_release(loaded);
        return code;
    }
    generation->playbooks = memory_resize(
        generation->playbooks, (generation->playbook_count + 1) * sizeof(*generation->playbooks));
    generation->playbooks[generation->playbook_count++] = loaded;
    return QUELL_OK;
}

static enum quell_code add_folder(struct generation *generation, const char *folder,
                                  struct quell_error *err)
{
    static const char *const endings[] = {".yaml", ".yml", NULL};
    struct quell_str *paths;
    size_t count, i;
    enum quell_code code;

    code = file_list(generation->arena, folder, endings, &paths, &count, err);
    for (i = 0; i < count && code == QUELL_OK; i++)
        if (!str_ends(paths[i], QUELL_STR(".test.yaml")) &&
            !str_ends(paths[i], QUELL_STR("/quell.yaml")))
            code = add_file(generation, paths[i].data, err);
    return code;
}

static enum quell_code add_path(struct generation *generation, const char *path,
                                struct quell_error *err)
{
    switch (file_type(path)) {
    case FILE_FOLDER:
        return add_folder(generation, path, err);
    case FILE_REGULAR:
    case FILE_OTHER:
        return add_file(generation, path, err);
    case FILE_ABSENT:
        break;
    }
    return error_set(err, QUELL_NOT_FOUND, "%s: no such playbook file or folder", path);
}

static enum quell_code load_playbooks(const struct quell *engine, struct generation *generation,
                                      struct quell_error *err)
{
    struct quell_value list = quell_get(generation->config, "playbooks");
    const char *const *path;
    enum quell_code code = QUELL_OK;
    size_t i;

    if (engine->playbook_paths) {
        for (path = engine->playbook_paths; *path && code == QUELL_OK; path++)
            code = add_path(generation, *path, err);
        return code;
    }
    for (i = 0; i < quell_count(list) && code == QUELL_OK; i++)
        code = add_path(
            generation,
            generation_path(generation, generation->arena, quell_str(quell_at(list, i))), err);
    return code;
}

/* What they say of each other; the first fault. */
static enum quell_code check_set(const struct generation *generation, struct quell_error *err)
{
    size_t i, count = generation->playbook_count;
    struct playbook_member *members =
        arena_array(generation->arena, struct playbook_member, count + 1);
    struct diag_list *lists = arena_array(generation->arena, struct diag_list, count + 1);

    for (i = 0; i < count; i++) {
        const struct playbook *playbook = generation->playbooks[i]->playbook;
        diag_init(&lists[i], generation->arena, playbook->file, playbook->text);
        members[i] = (struct playbook_member){playbook, &lists[i]};
    }
    playbook_check_set(members, count);
    for (i = 0; i < count; i++)
        playbook_check_approvals(members[i].playbook, policy_wants, generation->policy, &lists[i]);
    for (i = 0; i < count; i++)
        if (lists[i].errors)
            return first_fault(&lists[i], err);
    return QUELL_OK;
}

/* `order` first, equal ones by id; whatever folder they are from. */
static int by_order(const void *a, const void *b)
{
    const struct playbook *first = (*(struct loaded *const *)a)->playbook;
    const struct playbook *second = (*(struct loaded *const *)b)->playbook;

    if (first->start.order != second->start.order)
        return first->start.order < second->start.order ? -1 : 1;
    return str_compare(first->id, second->id);
}

void generation_settle(struct generation *generation)
{
    size_t i;

    generation->catalog = (struct run_catalog){.find = find_text, .user = generation};
    for (i = 0; i < generation->playbook_count; i++) {
        const struct playbook *playbook = generation->playbooks[i]->playbook;
        generation->asks_before |= playbook_asks_before(playbook);
        generation->asks_quality |= playbook->start.quality.over > 0;
    }
    if (generation->playbook_count > 1)
        qsort(generation->playbooks, generation->playbook_count, sizeof(*generation->playbooks),
              by_order);
}

/* ---- making one --------------------------------------------------------------------------------
 */

static void set_world(struct generation *generation)
{
    generation->world.policy = generation->policy;
    generation->world.url = quell_get_str(generation->config, "url");
    if (generation->config_path) {
        generation->world.config = quell_get(generation->config, "config");
        generation->world.lists = quell_get(generation->config, "lists");
        return;
    }
    generation->world.config = quell_unknown(QUELL_STR("no quell.yaml: config is not known"));
    generation->world.lists = quell_unknown(QUELL_STR("no quell.yaml: lists are not known"));
}

/* A fault of the configuration names its file, unless it does already. */
static void name_config(const struct generation *generation, struct quell_error *err)
{
    struct quell_error cause = *err;
    struct quell_str path = quell_str_of(generation->config_path);

    if (path.len && !str_starts(quell_str_of(cause.message), path))
        (void)error_set(err, cause.code, "%s: %s", generation->config_path, cause.message);
}

static enum quell_code configure_connections(struct generation *made, struct quell_error *err)
{
    enum quell_code code = connections_new(
        made->registry, notify_connections(made->arena, made->config), &made->connections, err);

    if (code)
        name_config(made, err);
    return code;
}

enum quell_code generation_new(struct quell *engine, bool with_playbooks,
                               struct generation **generation, struct quell_error *err)
{
    struct generation *made = memory_new(sizeof(*made));
    struct config_document document;
    enum quell_code code;

    made->refs = 1;
    made->arena = arena_new(0);
    made->config_path = config_find(made->arena, engine->config_path);
    code = config_read(made->arena, made->config_path, &made->config, &document, err);
    if (code == QUELL_OK)
        code = generation_policy(made, &document, engine->purpose == QUELL_FOR_RUNNING, err);
    if (code == QUELL_OK)
        code = users_settle(made->arena, &made->config, err);
    if (code == QUELL_OK)
        code = hooks_check(quell_get(made->config, "hooks"), err);
    if (code)
        name_config(made, err);
    if (code == QUELL_OK)
        code = load_connectors(made, err);
    if (code == QUELL_OK)
        code = configure_connections(made, err);
    if (code == QUELL_OK && with_playbooks)
        code = load_playbooks(engine, made, err);
    if (code == QUELL_OK && with_playbooks)
        code = check_set(made, err);
    generation_settle(made);
    if (code == QUELL_OK && with_playbooks)
        made->config = value_with(made->arena, made->config, QUELL_STR("routes"),
                                  hook_routes(made->arena, made));
    if (code) {
        generation_release(made);
        return code;
    }
    set_world(made);
    *generation = made;
    return QUELL_OK;
}

static enum quell_code no_playbook(const struct generation *generation, const char *name,
                                   struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    size_t i, count = generation->playbook_count;
    struct quell_str *names = arena_array(arena, struct quell_str, count + 1), nearest;
    enum quell_code code;

    for (i = 0; i < count; i++)
        names[i] = generation->playbooks[i]->playbook->id;
    nearest = str_nearest(quell_str_of(name), names, count);
    if (nearest.len)
        code = error_set(err, QUELL_NOT_FOUND, "there is no playbook `%s`; did you mean `%.*s`?",
                         name, QUELL_ARG(nearest));
    else if (generation->config_path == NULL)
        code =
            error_set(err, QUELL_NOT_FOUND,
                      "%s: no such playbook file, and no quell.yaml to look for it as an id", name);
    else
        code = error_set(err, QUELL_NOT_FOUND,
                         "%s: no such playbook file, and no playbook of that id in %s", name,
                         generation->config_path);
    arena_free(arena);
    return code;
}

enum quell_code served_playbook(struct generation *generation, const char *id,
                                struct loaded **loaded, struct quell_error *err)
{
    struct loaded *found = generation_playbook(generation, quell_str_of(id));

    if (found == NULL)
        return no_playbook(generation, id, err);
    *loaded = loaded_hold(found);
    return QUELL_OK;
}

enum quell_code playbook_by_name(struct quell *engine, const char *name, struct loaded **loaded,
                                 struct quell_error *err)
{
    struct generation *generation = engine->generation, *full = NULL;
    struct loaded *found;
    enum quell_code code;

    if (file_type(name) == FILE_REGULAR || strcmp(name, "-") == 0)
        return loaded_from_file(generation->registry, name, loaded, err);
    found = generation_playbook(generation, quell_str_of(name));
    if (found == NULL && engine->purpose != QUELL_FOR_RUNNING && !strchr(name, '/') &&
        !str_ends(quell_str_of(name), QUELL_STR(".yaml"))) {
        /* Commands that run nothing load the configured set only when asked for an id. */
        code = generation_new(engine, true, &full, err);
        if (code)
            return code;
        found = generation_playbook(full, quell_str_of(name));
    }
    if (found)
        *loaded = loaded_hold(found);
    if (found == NULL)
        (void)no_playbook(full ? full : generation, name, err);
    generation_release(full);
    return found ? QUELL_OK : QUELL_NOT_FOUND;
}
