/*
 * registry.c - all connectors of one start or reload: the shipped ones and those of folders, each
 * checked, sorted by name. Immutable afterwards.
 */
#include "connector/registry.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "connector/declared.h"
#include "connector/embedded.h"
#include "connector/manifest.h"
#include "connector/native.h"
#include "loop/file.h"

struct registry {
    unsigned references;
    struct arena *arena;
    const struct quell_connector **connectors; /* NULL-ended; owned */
    size_t count, cap;
    void **handles; /* of shared objects; owned */
    size_t handle_count;
};

/* `replaces`: it says that it takes the place of another one. By oversight nothing is replaced: who
 * makes files in a folder of connectors must not come by the rights of another one unseen. */
static enum quell_code add(struct registry *registry, const char *from,
                           const struct quell_connector *connector, bool replaces,
                           struct quell_error *err)
{
    struct quell_error cause = {0};
    enum quell_code code = manifest_check(connector, &cause);

    if (code)
        return error_set(err, code, "%s: %s", from, cause.message);
    for (size_t i = 0; i < registry->count; i++) {
        if (strcmp(registry->connectors[i]->name, connector->name) != 0)
            continue;
        if (!replaces)
            return error_set(err, QUELL_CONFLICT, "%s: there is a connector %s already", from,
                             connector->name);
        registry->connectors[i] = connector;
        return QUELL_OK;
    }
    if (registry->count + 2 > registry->cap) {
        registry->cap *= 2;
        registry->connectors =
            memory_resize(registry->connectors, sizeof(*registry->connectors) * registry->cap);
    }
    registry->connectors[registry->count++] = connector;
    registry->connectors[registry->count] = NULL;
    return QUELL_OK;
}

static enum quell_code add_embedded(struct registry *registry, struct quell_error *err)
{
    const struct quell_connector *made;
    enum quell_code code = QUELL_OK;

    for (size_t i = 0; embedded_natives[i] && !code; i++)
        code = add(registry, "built in", embedded_natives[i], false, err);
    for (size_t i = 0; embedded_files[i].name && !code; i++) {
        struct quell_str text = {(const char *)embedded_files[i].data, embedded_files[i].len};
        code =
            declared_load(registry->arena, quell_str_of(embedded_files[i].name), text, &made, err);
        if (!code)
            code = add(registry, embedded_files[i].name, made, false, err);
    }
    return code;
}

static enum quell_code add_native(struct registry *registry, const char *path,
                                  struct quell_error *err)
{
    const struct quell_connector *connector;
    void *handle;
    enum quell_code code = native_open(path, &handle, &connector, err);

    if (code)
        return code;
    registry->handles =
        memory_resize(registry->handles, sizeof(void *) * (registry->handle_count + 1));
    registry->handles[registry->handle_count++] = handle;
    return add(registry, path, connector, false, err);
}

static enum quell_code add_declared(struct registry *registry, const char *path,
                                    struct quell_error *err)
{
    const struct quell_connector *connector;
    struct quell_str text;
    enum quell_code code = native_check_file(path, err);

    if (!code)
        code = file_read(registry->arena, path, LIMIT_DOCUMENT_BYTES, &text, err);
    if (!code)
        code = declared_load(registry->arena, quell_str_of(path), text, &connector, err);
    return code ? code : add(registry, path, connector, declared_replaces(text), err);
}

static enum quell_code add_folder(struct registry *registry, const char *folder,
                                  struct quell_error *err)
{
    static const char *const endings[] = {".yaml", ".so", NULL};
    struct quell_str *paths;
    size_t count;
    enum quell_code code = file_list(registry->arena, folder, endings, &paths, &count, err);

    for (size_t i = 0; !code && i < count; i++) {
        code = str_ends(paths[i], QUELL_STR(".so")) ? add_native(registry, paths[i].data, err)
                                                    : add_declared(registry, paths[i].data, err);
    }
    return code;
}

static int by_name(const void *a, const void *b)
{
    const struct quell_connector *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

enum quell_code registry_new(const char *const *folders, size_t count, struct registry **registry,
                             struct quell_error *err)
{
    struct registry *made = memory_new(sizeof(*made));
    enum quell_code code;

    made->references = 1;
    made->arena = arena_new(0);
    made->cap = 16;
    made->connectors = memory_new(sizeof(*made->connectors) * made->cap);
    code = add_embedded(made, err);
    for (size_t i = 0; i < count && !code; i++)
        code = add_folder(made, folders[i], err);
    if (code) {
        registry_release(made);
        return code;
    }
    qsort(made->connectors, made->count, sizeof(*made->connectors), by_name);
    *registry = made;
    return QUELL_OK;
}

struct registry *registry_hold(struct registry *registry)
{
    registry->references++;
    return registry;
}

void registry_release(struct registry *registry)
{
    if (!registry || --registry->references > 0)
        return;
    for (size_t i = 0; i < registry->handle_count; i++)
        native_close(registry->handles[i]);
    memory_free(registry->handles);
    memory_free(registry->connectors);
    arena_free(registry->arena);
    memory_free(registry);
}

const struct quell_connector *const *registry_connectors(const struct registry *registry)
{
    return registry->connectors;
}

const struct quell_action *registry_action(const struct registry *registry, struct quell_str name,
                                           const struct quell_connector **connector)
{
    struct quell_str connector_name, action_name;

    if (!str_cut(name, '.', &connector_name, &action_name))
        return NULL;
    for (size_t i = 0; i < registry->count; i++) {
        const struct quell_connector *found = registry->connectors[i];
        if (!str_is(connector_name, found->name))
            continue;
        for (size_t j = 0; found->actions[j]; j++) {
            if (!str_is(action_name, found->actions[j]->name))
                continue;
            if (connector)
                *connector = found;
            return found->actions[j];
        }
    }
    return NULL;
}
