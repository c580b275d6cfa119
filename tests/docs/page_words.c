/*
 * page_words.c - the keys and words of a table of fields, for libFuzzer's -dict: a fuzzer that
 * knows them gets behind the first misspelt key.
 */
#include <stdio.h>

#include "docs.h"

enum { DEPTH_MOST = 8 }; /* tables may hold themselves */

static void print_table(const struct quell_field *table, int depth)
{
    for (const struct quell_field *field = table; field && field->name && depth; field++) {
        printf("\"%s: \"\n", field->name);
        for (size_t i = 0; field->words && field->words[i]; i++)
            printf("\"%s\"\n", field->words[i]);
        print_table(field->fields, depth - 1);
    }
}

void print_words(const struct quell_field *table)
{
    print_table(table, DEPTH_MOST);
}
