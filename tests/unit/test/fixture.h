/*
 * fixture.h - a playbook and a test document in a folder of their own, run by quell_test().
 */
#ifndef UNIT_TEST_FIXTURE_H
#define UNIT_TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <quell/author.h>

#include "../unprotected.h"
#include "base/arena.h"
#include "base/str.h"
#include "loop/log.h"
#include "value/value.h"

#define UNUSED __attribute__((unused))

struct place_of_test {
    struct arena *arena;
    char folder[32];
    const char *config, *playbook, *child, *test;
    struct quell *engine;
    struct quell_document document;
};

static UNUSED void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static UNUSED void place_begin(struct place_of_test *place)
{
    struct quell_options options = {.purpose = QUELL_FOR_AUTHORING};
    struct quell_error err = {0};

    *place = (struct place_of_test){.arena = arena_new(0)};
    log_set(LOG_LEVEL_ERROR, 0);
    (void)snprintf(place->folder, sizeof(place->folder), "/tmp/quell-test-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->config = arena_format(place->arena, "%s/quell.yaml", place->folder).data;
    place->playbook = arena_format(place->arena, "%s/p.yaml", place->folder).data;
    place->child = arena_format(place->arena, "%s/child.yaml", place->folder).data;
    place->test = arena_format(place->arena, "%s/p.test.yaml", place->folder).data;
    write_text(place->config,
               UNPROTECTED "lists: { known: [a, b] }\nconfig: { mailbox: soc@a.example }\n");
    options.config = place->config;
    if (quell_open(&options, &place->engine, &err))
        fail_msg("%s", err.message);
}

static UNUSED void place_end(struct place_of_test *place)
{
    const char *const files[] = {place->config, place->playbook, place->child, place->test};

    quell_document_free(&place->document);
    quell_close(place->engine);
    for (size_t i = 0; i < 4; i++)
        (void)unlink(files[i]); /* some were not written */
    assert_int_equal(rmdir(place->folder), 0);
    arena_free(place->arena);
}

/* Runs the document; the first file of the result. */
static UNUSED struct quell_value place_run(struct place_of_test *place, const char *playbook,
                                           const char *test)
{
    const char *paths[] = {place->test, NULL};
    struct quell_test_options options = {.paths = paths, .ascii = true};
    struct quell_error err = {0};

    write_text(place->playbook, playbook);
    write_text(place->test, test);
    quell_document_free(&place->document);
    place->document = (struct quell_document){.memory = NULL};
    if (quell_test(place->engine, &options, &place->document, &err))
        fail_msg("%s", err.message);
    return quell_at(quell_get(place->document.value, "files"), 0);
}

/* The nth case's status must be this. */
static UNUSED void case_is(struct quell_value file, size_t nth, const char *status)
{
    struct quell_value test = quell_at(quell_get(file, "cases"), nth);
    struct quell_value failure = quell_at(quell_get(test, "failures"), 0);

    if (quell_get_int(file, "faults", 0))
        fail_msg("%.*s", QUELL_ARG(quell_get_str(file, "rendered")));
    if (!quell_text_is(quell_get(test, "status"), status))
        fail_msg("case %zu is %.*s, not %s: %.*s", nth, QUELL_ARG(quell_get_str(test, "status")),
                 status, QUELL_ARG(quell_get_str(failure, "rendered")));
}

static UNUSED struct quell_str failure_of(struct quell_value file, size_t nth)
{
    struct quell_value test = quell_at(quell_get(file, "cases"), nth);

    return quell_get_str(quell_at(quell_get(test, "failures"), 0), "rendered");
}

static UNUSED void has(struct quell_str text, const char *part)
{
    if (str_find(text, quell_str_of(part), 0) == SIZE_MAX)
        fail_msg("`%s` is not in:\n%.*s", part, QUELL_ARG(text));
}

#endif
