/*
 * fuzz_manifest.c - any bytes as the file of a declared connector: a connector whose manifest is
 * sound, or an error that can be shown; never a crash.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "connector/declared.h"
#include "connector/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size};
    const struct quell_connector *connector = NULL;
    struct quell_error err = {0};
    enum quell_code code = declared_load(arena, QUELL_STR("fuzz.yaml"), text, &connector, &err);

    if (code && (!err.message[0] || memchr(err.message, '\0', sizeof(err.message)) == NULL))
        abort();
    if (!code && (connector == NULL || manifest_check(connector, &err)))
        abort();
    if (!code)
        (void)declared_replaces(text);
    arena_free(arena);
    return 0;
}
