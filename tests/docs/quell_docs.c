/*
 * quell_docs.c - writes the reference pages from the tables that the engine itself uses, so that
 * they cannot say anything else: `quell-docs PAGE` prints docs/PAGE.md. `quell-docs cel-dictionary`
 * prints words for the fuzzer of expressions. What is prose stands in PAGE.in.md beside this file.
 */
#include <stdio.h>
#include <string.h>

#include "docs.h"
#include "connector/declared_parts.h"
#include "docs_testing.h"
#include "policy/workspace.h"

static int print_page(const char *page)
{
    if (strcmp(page, "playbook") == 0)
        return print_template(page, playbook_directive) && playbook_complete() ? 0 : 1;
    if (strcmp(page, "access") == 0)
        return print_template(page, access_directive) ? 0 : 1;
    if (strcmp(page, "cel") == 0)
        print_cel();
    else if (strcmp(page, "testing") == 0)
        print_testing();
    else if (strcmp(page, "cel-dictionary") == 0)
        print_dictionary();
    else if (strcmp(page, "policy-dictionary") == 0)
        print_words(policy_fields);
    else if (strcmp(page, "manifest-dictionary") == 0) {
        print_words(declared_head_fields);
        print_words(declared_action_fields);
    } else
        return 2;
    return 0;
}

int main(int argc, char **argv)
{
    int status = argc == 2 ? print_page(argv[1]) : 2;

    if (status == 2)
        fprintf(stderr,
                "usage: quell-docs access|playbook|cel|testing|(cel|policy|manifest)-dictionary\n");
    return status;
}
