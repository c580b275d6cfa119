/*
 * page_cel.c - docs/cel.md, and the words of expressions for the fuzzer.
 */
#include "docs.h"

#include <stdio.h>
#include <string.h>

#include "cel/cel.h"

static void print_conformance(void)
{
    int held = 0, all = 0;

    printf(
        "\n## How much of CEL this is\n\n"
        "CEL's own suites, run by `unit.cel.test_conformance`, which fails when a number here is "
        "not what it finds. (`cel-go-suites/checking`: `unit.cel.test_check_suites`.)\n\n"
        "| suite | hold | of |\n| --- | --- | --- |\n");
#define EXCEPTION(file, where, mark, count, why)
#define SUITE(file, judging, passed, total)                                                        \
    printf("| %s | %d | %d |\n", file, passed, total);                                             \
    held += (passed);                                                                              \
    all += (total);
#include "../cel/conformance.def"
#undef SUITE
#undef EXCEPTION
    printf("| all | %d | %d |\n\nThe exceptions, each of them:\n\n", held, all);
#define SUITE(file, judging, passed, total)
#define EXCEPTION(file, where, mark, count, why) printf("* %s, %d cases: %s.\n", file, count, why);
#include "../cel/conformance.def"
#undef SUITE
#undef EXCEPTION
}

/* Words of expressions, for libFuzzer's -dict. */
void print_dictionary(void)
{
    static const char *const marks[] = {"&&", "||", "==", "!=", "<=", ">=",  " in ", " ? ", " : ",
                                        ".?", "[?", "{?", "b'", "r'", "'''", "null", "true"};
    size_t count, i;
    const struct cel_function_info *rows = cel_functions(&count);

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        printf("\"%s\"\n", marks[i]);
    for (i = 0; i < count; i++) {
        bool method = strncmp(rows[i].signature, rows[i].name, strlen(rows[i].name)) != 0;
        printf("\"%s%s(\"\n", method ? "." : "", rows[i].name);
    }
}

void print_cel(void)
{
    size_t count, i;
    const struct cel_function_info *rows = cel_functions(&count);

    printf("# Expressions\n\n"
           "[CEL](https://cel.dev), all of it that needs no protobuf, with its extensions, and "
           "functions "
           "of our own: all operators, `in`, `? :`, `has()`, list and map literals, raw and "
           "triple-quoted strings, optional access `.?` and `[?]`. Time zones are names of the tz "
           "database, or offsets. An expression has a budget of steps and memory; one that uses it "
           "up fails. Made from the engine's own tables by `quell-docs cel`; every example is run "
           "by the tests. Try one: "
           "`quell eval 'EXPRESSION' --vars FILE.json`.\n\n"
           "| function | meaning | example | gives |\n| --- | --- | --- | --- |\n");
    for (i = 0; i < count; i++) {
        printf("| `");
        print_cell(quell_str_of(rows[i].signature));
        printf("` | ");
        print_cell(quell_str_of(rows[i].doc));
        printf(" | `");
        print_cell(quell_str_of(rows[i].example));
        printf("` | `");
        print_cell(quell_str_of(rows[i].result));
        printf("` |\n");
    }
    print_conformance();
}
