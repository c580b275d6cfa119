/*
 * test_registry.c - which connectors there are, and what is not let in.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "connector/registry.h"
#include "value/json.h"

#define GOOD QUELL_BINARY_DIR "/tests/connector/good"
#define FOREIGN QUELL_BINARY_DIR "/tests/connector/foreign"

static struct registry *load(const char *folder)
{
    struct registry *registry = NULL;
    struct quell_error err = {0};

    if (registry_new(&folder, folder ? 1 : 0, &registry, &err))
        fail_msg("%s", err.message);
    return registry;
}

static void shipped_connectors_are_there(void **state)
{
    static const char *const names[] = {"defender.get-device",
                                        "defender.isolate-device",
                                        "defender.release-device",
                                        "email.send",
                                        "http.get",
                                        "http.request",
                                        "sentinel.add-comment",
                                        "sentinel.get-incident"};
    struct registry *registry = load(NULL);
    const struct quell_connector *const *list = registry_connectors(registry);

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct quell_connector *connector = NULL;
        const struct quell_action *action =
            registry_action(registry, quell_str_of(names[i]), &connector);
        assert_non_null(action);
        assert_non_null(connector);
        assert_true(str_starts(quell_str_of(names[i]), quell_str_of(connector->name)));
    }
    for (size_t i = 1; list[i]; i++)
        assert_true(strcmp(list[i - 1]->name, list[i]->name) < 0);
    assert_null(registry_action(registry, QUELL_STR("defender.isolate"), NULL));
    assert_null(registry_action(registry, QUELL_STR("defender"), NULL));
    assert_null(registry_action(registry, QUELL_STR("nobody.isolate-device"), NULL));
    registry_release(registry);
}

static void every_action_can_be_described(void **state)
{
    struct registry *registry = load(NULL);
    const struct quell_connector *const *list = registry_connectors(registry);
    struct arena *arena = arena_new(0);

    (void)state;
    for (; *list; list++) {
        for (size_t i = 0; (*list)->actions[i]; i++) {
            struct quell_value map = registry_describe(arena, *list, (*list)->actions[i]);
            assert_true(str_starts(quell_get_str(map, "action"), quell_str_of((*list)->name)));
            assert_true(quell_get_str(map, "doc").len > 0);
            assert_true(quell_get_str(map, "effect").len > 0);
            assert_true(quell_is(quell_get(map, "example"), QUELL_MAP));
            assert_true(json_text(arena, map, JSON_COMPACT).len > 100);
        }
    }
    arena_free(arena);
    registry_release(registry);
}

static void isolation_says_all_that_others_derive_from_it(void **state)
{
    struct registry *registry = load(NULL);
    const struct quell_action *action =
        registry_action(registry, QUELL_STR("defender.isolate-device"), NULL);

    (void)state;
    assert_int_equal(action->effect, QUELL_DISRUPTS);
    assert_int_equal(action->repeat, QUELL_VERIFIABLE);
    assert_string_equal(action->targets[0].kind, "device");
    assert_string_equal(action->targets[0].input, "device_id");
    assert_non_null(registry_action(registry, quell_str_of(action->undo.action), NULL));
    assert_string_equal(action->rights[0], "Machine.Isolate");
    assert_int_equal(action->rates[0].count, 100);
    assert_int_equal(action->rates[0].seconds, 60);
    registry_release(registry);
}

static void a_shared_object_is_loaded(void **state)
{
    struct registry *registry = load(GOOD);
    const struct quell_connector *connector = NULL;
    const struct quell_action *action =
        registry_action(registry, QUELL_STR("example.greet"), &connector);

    (void)state;
    assert_non_null(action);
    assert_string_equal(connector->title, "Example");
    registry_hold(registry);
    registry_release(registry);
    assert_non_null(registry_action(registry, QUELL_STR("example.greet"), NULL));
    registry_release(registry);
}

static void refuse(const char *const *folders, size_t count, const char *word)
{
    struct registry *registry = NULL;
    struct quell_error err = {0};

    assert_int_not_equal(registry_new(folders, count, &registry, &err), QUELL_OK);
    assert_null(registry);
    if (!strstr(err.message, word))
        fail_msg("`%s` is not in: %s", word, err.message);
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
    char buffer[65536];
    ssize_t len;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(in >= 0 && out >= 0);
    while ((len = read(in, buffer, sizeof(buffer))) > 0)
        assert_int_equal(write(out, buffer, (size_t)len), len);
    assert_int_equal(fchmod(out, mode), 0);
    assert_int_equal(close(in), 0);
    assert_int_equal(close(out), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void unfit_files_are_refused(void **state)
{
    char folder[] = "/tmp/quell-registry-XXXXXX", path[64];
    const char *folders[2] = {folder, GOOD};

    (void)state;
    refuse((const char *const[]){FOREIGN}, 1, "ABI 99");
    refuse((const char *const[]){"/nowhere/at/all"}, 1, "/nowhere/at/all");
    refuse((const char *const[]){GOOD, GOOD}, 2, "there is a connector example already");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/a.so", folder);
    copy_file(GOOD "/example.so", path, 0666);
    refuse(folders, 1, "everyone may write it");
    write_file(path, "this is no shared object");
    assert_int_equal(chmod(path, 0600), 0);
    refuse(folders, 1, "cannot be loaded");
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof(path), "%s/b.yaml", folder);
    write_file(path, "connector: b\n");
    refuse(folders, 1, "b.yaml:1:1: `version` is missing");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_connectors_are_there),
        cmocka_unit_test(every_action_can_be_described),
        cmocka_unit_test(isolation_says_all_that_others_derive_from_it),
        cmocka_unit_test(a_shared_object_is_loaded),
        cmocka_unit_test(unfit_files_are_refused),
    };

    return cmocka_run_group_tests_name("connector.registry", tests, NULL, NULL);
}
