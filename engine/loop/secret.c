/*
 * secret.c - where secrets come from. It keeps none.
 */
#include "loop/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/file.h"

const struct quell_field secret_fields[] = {
    {.name = "env",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY,
     .doc = "Name of the environment variable that holds it."},
    {.name = "file",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_NOT_EMPTY,
     .doc = "Path of the file that holds it."},
    {0},
};

enum quell_code secret_check(struct quell_value reference, struct quell_error *err)
{
    struct quell_value source;

    if (!quell_is(reference, QUELL_MAP) || quell_count(reference) != 1)
        return error_set(err, QUELL_INVALID,
                         "a secret is written as { env: NAME } or { file: PATH }, never as text");
    source = reference.as.pairs[0].value;
    if (!quell_text_is(reference.as.pairs[0].key, "env") &&
        !quell_text_is(reference.as.pairs[0].key, "file"))
        return error_set(err, QUELL_INVALID, "a secret comes from `env` or from `file`");
    if (!quell_is(source, QUELL_STRING) || source.len == 0)
        return error_set(err, QUELL_INVALID, "the name of a secret's source is a text");
    return QUELL_OK;
}

static struct quell_str without_newlines(struct quell_str text)
{
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text;
}

static enum quell_code read_env(struct quell_str name, struct secret *secret,
                                struct quell_error *err)
{
    char *name_text = memory_text(name.data, name.len);
    const char *found = file_environment(name_text);
    struct quell_str text = without_newlines(quell_str_of(found));

    memory_free(name_text);
    if (text.len == 0)
        return error_set(err, QUELL_DENIED,
                         "the secret is missing: environment variable %.*s is %s", QUELL_ARG(name),
                         found ? "empty" : "not set");
    secret->text = memory_text(text.data, text.len);
    secret->len = text.len;
    return QUELL_OK;
}

/* Not file_read(): its buffers are not wiped. */
static enum quell_code read_whole(int fd, char *buffer, size_t *len)
{
    for (*len = 0; *len <= LIMIT_SECRET_BYTES;) {
        ssize_t got = read(fd, buffer + *len, LIMIT_SECRET_BYTES + 1 - *len);
        if (got == 0)
            return QUELL_OK;
        if (got < 0 && errno != EINTR)
            return QUELL_IO;
        *len += got > 0 ? (size_t)got : 0;
    }
    return QUELL_LIMIT;
}

static enum quell_code read_file(struct quell_str path, struct secret *secret,
                                 struct quell_error *err)
{
    char *path_text = memory_text(path.data, path.len);
    int fd = open(path_text, O_RDONLY | O_CLOEXEC);
    int reason = errno;
    char *buffer;
    struct quell_str text;
    enum quell_code code;
    size_t len;

    memory_free(path_text);
    if (fd < 0)
        return error_set(err, QUELL_DENIED, "the secret cannot be read: %.*s: %s", QUELL_ARG(path),
                         strerror(reason));
    buffer = memory_new(LIMIT_SECRET_BYTES + 1);
    code = read_whole(fd, buffer, &len);
    (void)close(fd); /* only read from: nothing to lose */
    text = without_newlines((struct quell_str){buffer, len});
    if (code || text.len == 0) {
        code =
            error_set(err, QUELL_DENIED, "the secret cannot be used: %.*s is %s", QUELL_ARG(path),
                      code == QUELL_LIMIT ? "too large"
                      : code              ? "unreadable"
                                          : "empty");
    } else {
        secret->text = memory_text(text.data, text.len);
        secret->len = text.len;
    }
    memory_wipe(buffer, len);
    memory_free(buffer);
    return code;
}

enum quell_code secret_read(struct quell_value reference, struct secret *secret,
                            struct quell_error *err)
{
    enum quell_code code = secret_check(reference, err);
    struct quell_str env;

    if (code)
        return code;
    env = quell_get_str(reference, "env");
    return env.len > 0 ? read_env(env, secret, err)
                       : read_file(quell_get_str(reference, "file"), secret, err);
}

void secret_wipe(struct secret *secret)
{
    if (secret->text)
        memory_wipe(secret->text, secret->len);
    memory_free(secret->text);
    *secret = (struct secret){0};
}

struct quell_str secret_text(const struct secret *secret)
{
    return (struct quell_str){secret->text, secret->len};
}
