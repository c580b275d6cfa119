/*
 * docs_testing.c - docs/testing.md from the tables of the test document.
 */
#include "docs_testing.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/properties.h"
#include "docs.h"
#include "test/tables.h"

/* A section for each key of a part, with its example. */
static void print_part(const char *name, const char *title, const char *about)
{
    const struct test_part *part = test_parts;
    const struct quell_field *field;
    const struct test_example *example;
    char heading[64];

    while (strcmp(part->name, name) != 0)
        part++;
    printf("\n## %s\n%s%s%s", title, *about ? "\n" : "", about, *about ? "\n" : "");
    for (field = part->fields; field->name; field++) {
        struct keyword keyword = {.title = heading, .behind = "", .where = part->where};
        (void)snprintf(heading, sizeof(heading), "%s%s%s", strcmp(name, "document") ? name : "",
                       strcmp(name, "document") ? "." : "", field->name);
        for (example = test_examples; example->part; example++)
            if (strcmp(example->part, name) == 0 && strcmp(example->key, field->name) == 0)
                keyword.example = example->text;
        print_keyword(field, &keyword);
    }
}

static void print_expects(void)
{
    size_t i;

    printf(
        "\n## `expect`\n\n"
        "`status` to `undo` are about the playbook's run that began last, `calls` and `never` "
        "about all runs of the case, the rest about how runs begin. What is written is partial: "
        "of a map only its keys are compared; a list is compared item by item, or is \"one of "
        "these\" for a value that is no list; text is compared exactly. In the place of any value "
        "operators of `match` may stand: `{ contains: x }`, `{ regex: '...' }`, `{ at-least: 2 "
        "}`. `steps.x.status: failed` and `steps: { x: { status: failed } }` say the same; a "
        "step is named by its id, or by its path with or without the items of loops "
        "(`contain.isolate`, `contain[0].isolate`).\n\n"
        "| key | meaning | example |\n| --- | --- | --- |\n");
    for (i = 0; i < TEST_EXPECTS; i++) {
        printf("| `%s` | ", test_expects[i].name);
        print_cell(quell_str_of(test_expects[i].doc));
        printf(" | `");
        print_cell(quell_str_of(test_expects[i].example));
        printf("` |\n");
    }
}

static void print_properties(void)
{
    size_t count, i;
    const struct property_form *forms = property_forms(&count);

    printf("\n## `properties`\n\n"
           "Claims about all paths of the playbook's plan (docs/plans.md). They are proved, not "
           "sampled, for each incident, with its inputs, lists and config, with which some case "
           "begins a run; mocks do not count there, so that whatever a read may give is followed. "
           "A claim that does not hold shows the path that refutes it.\n\n"
           "| sentence | meaning |\n| --- | --- |\n");
    for (i = 0; i < count; i++) {
        printf("| `");
        print_cell(quell_str_of(forms[i].sentence));
        printf("` | ");
        print_cell(quell_str_of(forms[i].doc));
        printf(" |\n");
    }
}

void print_testing(void)
{
    printf(
        "# Tests of playbooks\n\n"
        "`x.test.yaml` beside `x.yaml` tests it: `quell test` runs the tests of the configured "
        "playbooks, `quell test PATH...` those of files and folders. Each case is told by the "
        "engine itself - intake, triggers, guards, interpreter, journal - on a store in memory "
        "and a clock of its own: waiting takes no time, and two runs print the same. Nothing "
        "leaves the machine. What reads has to be mocked; what changes something and has no mock "
        "is made up from its manifest. A test is about what the playbook does, so it runs live "
        "whatever its `state` says.\n\n"
        "```yaml\n"
        "quell-test: 1\n"
        "playbook: malware-on-device\n"
        "defaults:\n"
        "  given: samples/sentinel-malware.json\n"
        "cases:\n"
        "  - name: a device that Defender does not know is not isolated\n"
        "    mock:\n"
        "      defender.get-device: { error: { code: not-found, status: 404 } }\n"
        "    expect:\n"
        "      status: failed\n"
        "      never: [defender.isolate-device]\n"
        "      calls: [email.send: { subject: { contains: NOT contained } }]\n"
        "properties:\n"
        "  - every path disrupts at most 3 targets\n"
        "```\n\n"
        "A failing expectation shows where it is said and what in the playbook made it so. The "
        "summary names steps and branches that no case took. `--run REGEX` picks cases by name, "
        "`--failed` those that failed the last time; `-o tap`, `-o junit` (or `--junit FILE`) and "
        "`-o json` are for build servers. `quell test record RUN` writes a test from a stored "
        "run, without its secrets and with other names. This page is made from the engine's own "
        "tables by `quell-docs testing`.\n");
    print_part(
        "document", "The document",
        "The examples below are about the first playbook of [the language](playbook.md); each is "
        "run by the tests.");
    print_part("case", "A case",
               "`defaults` has the same keys but `name` and `skip`; what a case says "
               "itself comes first, map by map.");
    print_part("given", "`given` as a map",
               "Without `file` and `incident` it patches what `defaults` give.");
    print_part("mock", "`mock`: one answer of an action",
               "A list is gone through call by call: the first that fits and has not answered "
               "yet, then the last that fits again and again.");
    print_part("error", "`error` of a mock", "");
    print_expects();
    print_part("calls", "`calls` as a map", "");
    print_properties();
    printf("\n## Codes of faults\n\n"
           "A document with a fault is not run, and the others are. `quell explain CODE` shows "
           "examples; all else that can be wrong has the codes that playbooks have.\n\n"
           "| code | what is wrong |\n| --- | --- |\n");
    for (size_t i = 0; i < TEST_FAULTS; i++)
        printf("| %s | %s |\n", test_faults[i].code, test_faults[i].doc);
}
