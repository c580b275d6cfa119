/*
 * test_format.c - the layout of texts: what changes, that nothing is lost, and that a second time
 * changes nothing. Beside single cases, every playbook of tests/playbooks is laid out, spread out
 * and laid out again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diff.h"
#include "base/str.h"
#include "playbook/format.h"
#include "value/value.h"
#include "value/yaml.h"

static struct arena *arena;

static bool format(struct quell_str text, struct quell_str *made)
{
    struct diag_list diags;
    diag_init(&diags, arena, QUELL_STR("test.yaml"), text);
    return playbook_format(&diags, made);
}

static void check(const char *text, const char *wanted)
{
    struct quell_str made, again;
    assert_true(format(quell_str_of(text), &made));
    assert_string_equal(made.data, wanted);
    assert_true(format(made, &again));
    assert_string_equal(again.data, wanted);
}

static void setup_arena(void)
{
    arena = arena_new(0);
}

static int setup(void **state)
{
    (void)state;
    setup_arena();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void indentation_and_blanks(void **state)
{
    (void)state;
    check("a:\n      b:   1\n      c:\n       - x\n       -   y\n\n\n\nd: 2   \n\n",
          "a:\n  b: 1\n  c:\n    - x\n    - y\n\nd: 2\n");
    check("a:\n\n- b: 1\n\n\n- c: 1\n", "a:\n  - b: 1\n\n  - c: 1\n");
    check("a:\n- b: 1\n  c: 2\n- d\n", "a:\n  - b: 1\n    c: 2\n  - d\n");
    check("a: 1", "a: 1\n");
    check("a: 1\r\nb:\r\n    c: 2\r\n", "a: 1\nb:\n  c: 2\n");
    check("'a b'  :   1\n", "'a b': 1\n");
    check("a:\n\n\n  b: 1\n", "a:\n  b: 1\n");
    check("a:\n    - - 1\n      - 2\n    - 3\n", "a:\n  - - 1\n    - 2\n  - 3\n");
    check("a: {b:   1,\n     c: 2}\n", "a: {b:   1,\n     c: 2}\n");
}

static void comments_stay_where_they_belong(void **state)
{
    (void)state;
    check("# head\n\na:   1   # one\n   # of b\nb: 2\n# tail\n",
          "# head\n\na: 1   # one\n  # of b\nb: 2\n# tail\n");
    check("a:\n    # of b\n    b: 1\n    # below b\n# of c\nc: 1\n",
          "a:\n  # of b\n  b: 1\n  # below b\n# of c\nc: 1\n");
    check("a:\n# of x\n- x\n# of y\n- y\n", "a:\n  # of x\n  - x\n  # of y\n  - y\n");
}

static void texts_keep_every_byte(void **state)
{
    (void)state;
    check("a:\n      b: |\n           one\n             two  \n\n           three\n      c: 1\n",
          "a:\n  b: |\n    one\n      two  \n\n    three\n  c: 1\n");
    check("a:\n    b: |2\n        two\n    c: 1\n", "a:\n  b: |2\n      two\n  c: 1\n");
    check("a:\n    b: >-\n        x\n        y\n    c: 'q\n        r'\n",
          "a:\n  b: >-\n    x\n    y\n  c: 'q\n      r'\n");
    check("a: |\n  x\n\n\n  y\n# not of a\nb: 1\n", "a: |\n  x\n\n\n  y\n# not of a\nb: 1\n");
}

static void keys_of_playbooks_have_an_order(void **state)
{
    (void)state;
    check("steps:\n- uses: a.b\n  # why\n  if: x\n  id: y\n\n# the id\nplaybook: p\nquell: 1\n",
          "quell: 1\n\n# the id\nplaybook: p\nsteps:\n  - id: y\n    # why\n    if: x\n    uses: "
          "a.b\n");
    /* inside of `parallel`, of a case, behind an error */
    check("quell: 1\nsteps:\n  - parallel:\n      one:\n      - uses: a.b\n        id: x\n"
          "  - switch:\n    - when: x\n      steps:\n      - stop:\n        id: y\n"
          "  - uses: a.b\n    on-error:\n    - stop:\n      id: z\n",
          "quell: 1\nsteps:\n  - parallel:\n      one:\n        - id: x\n          uses: a.b\n"
          "  - switch:\n      - when: x\n        steps:\n          - id: y\n            stop:\n"
          "  - uses: a.b\n    on-error:\n      - id: z\n        stop:\n");
    /* what is no keyword of steps keeps its order */
    check("quell: 1\nvars:\n  b: 1\n  a: 2\nsteps:\n  - set:\n      z: 1\n      id: 2\n",
          "quell: 1\nvars:\n  b: 1\n  a: 2\nsteps:\n  - set:\n      z: 1\n      id: 2\n");
    /* another document is laid out without moving keys */
    check("store: x\nlisten: y\n", "store: x\nlisten: y\n");
}

static void traps_are_quoted(void **state)
{
    struct quell_str made;
    (void)state;
    check("quell: 1\nsteps:\n  - if: !has(x)\n    set:\n      a: ${{ x ? 1 : 2 }}\n      b: %y\n",
          "quell: 1\nsteps:\n  - if: '!has(x)'\n    set:\n      a: '${{ x ? 1 : 2 }}'\n      b: "
          "'%y'\n");
    assert_false(format(QUELL_STR("a: [1\n"), &made));
    assert_true(format(QUELL_STR(""), &made));
    assert_int_equal(made.len, 0);
    check("- 1\n-   2\n", "- 1\n-   2\n"); /* no map: left alone */
}

/* ---- all playbooks ------------------------------------------------------------------------------
 */

/* Three blanks more in front of every line that has some. */
static struct quell_str spread(struct quell_str text)
{
    struct buf out = {0};
    struct quell_str line, rest = text, made;
    while (rest.len) {
        (void)str_cut(rest, '\n', &line, &rest);
        if (line.len && line.data[0] == ' ')
            buf_add_text(&out, "   ");
        buf_add_str(&out, line);
        buf_add_char(&out, '\n');
    }
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

static bool means_the_same(struct quell_str a, struct quell_str b)
{
    struct diag_list one, other;
    const struct yaml_node *x, *y;
    diag_init(&one, arena, QUELL_STR("a"), a);
    diag_init(&other, arena, QUELL_STR("b"), b);
    x = yaml_read(arena, &one);
    y = yaml_read(arena, &other);
    return x && y && value_equal(x->value, y->value);
}

static struct quell_str read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = arena_alloc(arena, 1 << 20);
    size_t len;
    assert_non_null(file);
    len = fread(text, 1, (1 << 20) - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    return (struct quell_str){text, len};
}

struct figures {
    int files, spread;
};

static void try_file(const char *path, struct figures *figures)
{
    struct quell_str text = read_file(path), made, again, wide, back;
    if (!format(text, &made))
        return; /* made to be no YAML */
    figures->files++;
    assert_true(format(made, &again));
    if (!quell_str_equal(made, again))
        fail_msg("%s: a second time changes it:\n%s", path, again.data);
    wide = spread(made);
    if (!means_the_same(made, wide)) /* a literal text got wider */
        return;
    figures->spread++;
    assert_true(format(wide, &back));
    if (!quell_str_equal(made, back)) {
        struct buf out = {0};
        diff_unified(arena, &out, path, made, back);
        fail_msg("spread out and laid out again, it is another text:\n%s", out.data);
    }
}

static void all_playbooks(void **state)
{
    static const char *const folders[] = {"tests/playbooks", "playbooks", "tests/graph",
                                          "tests/playbooks/examples"};
    struct figures figures = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char path[1024];
        struct dirent *entry;
        DIR *folder;
        (void)snprintf(path, sizeof(path), "%s/%s", QUELL_SOURCE_DIR, folders[i]);
        folder = opendir(path);
        while (folder && (entry = readdir(folder))) {
            if (!strstr(entry->d_name, ".yaml"))
                continue;
            (void)snprintf(path, sizeof(path), "%s/%s/%s", QUELL_SOURCE_DIR, folders[i],
                           entry->d_name);
            try_file(path, &figures);
        }
        if (folder)
            (void)closedir(folder);
    }
    printf("%d playbooks laid out, %d of them spread out and laid out again\n", figures.files,
           figures.spread);
    assert_true(figures.files > 20);
    assert_true(figures.spread > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(indentation_and_blanks, setup, teardown),
        cmocka_unit_test_setup_teardown(comments_stay_where_they_belong, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_keep_every_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_of_playbooks_have_an_order, setup, teardown),
        cmocka_unit_test_setup_teardown(traps_are_quoted, setup, teardown),
        cmocka_unit_test_setup_teardown(all_playbooks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
