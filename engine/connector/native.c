/*
 * native.c - dlopen for connectors, with the checks that come before trusting what is inside. The
 * manifest itself is checked by manifest.c, like every other.
 */
#include "connector/native.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

enum quell_code native_check_file(const char *path, struct quell_error *err)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return error_set(err, QUELL_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return error_set(err, QUELL_INVALID, "%s: is no regular file", path);
    if (about.st_mode & S_IWOTH)
        return error_set(err, QUELL_DENIED,
                         "%s: everyone may write it, so nobody can trust it; chmod o-w", path);
    return QUELL_OK;
}

static enum quell_code check_size(const char *path, const char *what, size_t theirs, size_t ours,
                                  struct quell_error *err)
{
    if (theirs == ours)
        return QUELL_OK;
    return error_set(err, QUELL_INVALID,
                     "%s: its %s has %zu bytes, ours %zu; build it against this quell's headers",
                     path, what, theirs, ours);
}

/* The head of the struct is the same in every ABI; nothing behind it is read before it fits. */
static enum quell_code check_abi(const char *path, const struct quell_connector *connector,
                                 struct quell_error *err)
{
    enum quell_code code;

    if (connector->abi != QUELL_ABI)
        return error_set(err, QUELL_INVALID, "%s: built for connector ABI %u, this quell has %u",
                         path, connector->abi, (unsigned)QUELL_ABI);
    code = check_size(path, "struct quell_connector", connector->size, sizeof(*connector), err);
    if (!code)
        code = check_size(path, "struct quell_action", connector->action_size,
                          sizeof(struct quell_action), err);
    if (!code)
        code = check_size(path, "struct quell_field", connector->field_size,
                          sizeof(struct quell_field), err);
    return code;
}

enum quell_code native_open(const char *path, void **handle,
                            const struct quell_connector **connector, struct quell_error *err)
{
    const struct quell_connector *found;
    void *opened;
    enum quell_code code = native_check_file(path, err);

    if (code)
        return code;
    opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!opened)
        return error_set(err, QUELL_INVALID, "cannot be loaded: %s", dlerror());
    found = dlsym(opened, "quell_connector");
    if (!found)
        code = error_set(err, QUELL_INVALID, "%s: has no symbol quell_connector", path);
    else
        code = check_abi(path, found, err);
    if (code) {
        native_close(opened);
        return code;
    }
    *handle = opened;
    *connector = found;
    return QUELL_OK;
}

void native_close(void *handle)
{
    (void)dlclose(handle); /* fails only for what is no handle */
}
