/*
 * kept.c - what an engine would make anew at each opening, and is the same as before: connectors,
 * compiled patterns, a story's playbooks while their texts are the same (linked in the place of the
 * real ones by --wrap). Half of a story's time went there. None of them changes once it is made.
 *
 * A `memory:` store is kept, too, when its engine is closed: the next engine finds what the last
 * one committed, as it would in a file.
 */
#include "stories.h"

#include "base/limits.h"
#include "base/str.h"
#include "core/core.h"
#include "loop/file.h"
#include "match/regex.h"

enum quell_code __real_registry_new(const char *const *folders, size_t count,
                                    struct registry **registry, struct quell_error *err);
enum quell_code __wrap_registry_new(const char *const *folders, size_t count,
                                    struct registry **registry, struct quell_error *err);
enum quell_code __real_regex_new(struct quell_str pattern, unsigned flags, struct regex **regex,
                                 size_t *offset, struct quell_error *err);
enum quell_code __wrap_regex_new(struct quell_str pattern, unsigned flags, struct regex **regex,
                                 size_t *offset, struct quell_error *err);
enum quell_code __wrap_loaded_from_file(struct registry *registry, const char *path,
                                        struct loaded **loaded, struct quell_error *err);
void __real_regex_free(struct regex *regex);
void __wrap_regex_free(struct regex *regex);
enum quell_code __real_store_open(struct quell_str url, enum store_mode mode, struct store **store,
                                  struct quell_error *err);
enum quell_code __wrap_store_open(struct quell_str url, enum store_mode mode, struct store **store,
                                  struct quell_error *err);
void __real_store_close(struct store *store);
void __wrap_store_close(struct store *store);

/* ---- connectors: all stories of a program have the same ---------------------------------------*/

enum quell_code __wrap_registry_new(const char *const *folders, size_t count,
                                    struct registry **registry, struct quell_error *err)
{
    static struct registry *first;
    enum quell_code code = QUELL_OK;

    if (first == NULL)
        code = __real_registry_new(folders, count, &first, err);
    if (code == QUELL_OK)
        *registry = registry_hold(first);
    return code;
}

/* ---- playbooks ---------------------------------------------------------------------------------
 */

enum { PLAYBOOKS = 32 };

static struct loaded *playbooks[PLAYBOOKS]; /* of this story */
static size_t playbook_count;

static struct loaded *known(const char *path, struct quell_str text)
{
    size_t i;

    for (i = 0; i < playbook_count; i++)
        if (quell_str_equal(playbooks[i]->playbook->text, text) &&
            str_is(playbooks[i]->playbook->file, path))
            return playbooks[i];
    return NULL;
}

enum quell_code __wrap_loaded_from_file(struct registry *registry, const char *path,
                                        struct loaded **loaded, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct loaded *found = NULL;
    struct quell_str text;
    enum quell_code code = file_read(arena, path, LIMIT_DOCUMENT_BYTES, &text, err);

    if (code == QUELL_OK)
        found = known(path, text);
    if (found)
        *loaded = loaded_hold(found);
    else if (code == QUELL_OK)
        code = loaded_new(registry, quell_str_of(path), text, loaded, err);
    if (code == QUELL_OK && found == NULL && playbook_count < PLAYBOOKS)
        playbooks[playbook_count++] = loaded_hold(*loaded);
    arena_free(arena);
    return code;
}

/* ---- patterns ----------------------------------------------------------------------------------
 */

enum { PATTERNS = 64 };

static struct {
    struct quell_str pattern;
    unsigned flags;
    struct regex *regex;
} patterns[PATTERNS];
static size_t pattern_count;

enum quell_code __wrap_regex_new(struct quell_str pattern, unsigned flags, struct regex **regex,
                                 size_t *offset, struct quell_error *err)
{
    static struct arena *arena;
    enum quell_code code;
    size_t i;

    for (i = 0; i < pattern_count; i++)
        if (patterns[i].flags == flags && quell_str_equal(patterns[i].pattern, pattern)) {
            *regex = patterns[i].regex;
            return QUELL_OK;
        }
    code = __real_regex_new(pattern, flags, regex, offset, err);
    if (code || pattern_count == PATTERNS)
        return code;
    if (arena == NULL)
        arena = arena_new(0);
    patterns[pattern_count].pattern = arena_str(arena, pattern);
    patterns[pattern_count].flags = flags;
    patterns[pattern_count++].regex = *regex;
    return QUELL_OK;
}

void __wrap_regex_free(struct regex *regex)
{
    size_t i;

    for (i = 0; i < pattern_count; i++)
        if (patterns[i].regex == regex)
            return;
    __real_regex_free(regex);
}

/* ---- the store in memory -----------------------------------------------------------------------
 */

static struct store *kept; /* the write handle, whether an engine has it or not */

enum quell_code __wrap_store_open(struct quell_str url, enum store_mode mode, struct store **store,
                                  struct quell_error *err)
{
    enum quell_code code = QUELL_OK;

    if (mode != STORE_WRITE || !str_is(url, "memory:"))
        return __real_store_open(url, mode, store, err);
    if (kept == NULL)
        code = __real_store_open(url, mode, &kept, err);
    if (code == QUELL_OK)
        *store = kept;
    return code;
}

void __wrap_store_close(struct store *store)
{
    if (store != kept || store == NULL)
        __real_store_close(store);
}

void kept_forget(void)
{
    while (playbook_count > 0)
        loaded_release(playbooks[--playbook_count]);
    __real_store_close(kept);
    kept = NULL;
}
