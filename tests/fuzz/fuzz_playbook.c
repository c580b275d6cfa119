/*
 * fuzz_playbook.c - any bytes given to playbook_load: a playbook or diagnostics, never a crash, and
 * every diagnostic can be shown.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/playbook/fixture.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size};
    struct buf out = {.size_max = 1 << 22};
    struct diag_list diags;
    struct playbook *playbook = fixture_load(arena, text, &diags);
    size_t i;
    if ((playbook == NULL) != (diags.errors > 0))
        abort();
    for (i = 0; i < diags.count; i++) {
        const struct diag *diag = &diags.items[i];
        if ((size_t)diag->place.offset + diag->place.len > size)
            abort();
        diag_render(&out, &diags, diag, (struct diag_style){false, false});
    }
    playbook_free(playbook);
    buf_free(&out);
    arena_free(arena);
    return 0;
}
