/*
 * cmd_version.c - `quell version`: ours, and those of the libraries that were found at run time.
 */
#include <stdio.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <yaml.h>

#include "base/arena.h"
#include "cli/command.h"
#include "value/value.h"

static struct quell_value versions(struct arena *arena)
{
    struct map_builder map = {.arena = arena}, libraries = {.arena = arena};
    char pcre2[64] = "";

    (void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2); /* 64 bytes are more than it writes */
    map_add(&libraries, "curl", quell_text(curl_version_info(CURLVERSION_NOW)->version));
    map_add(&libraries, "libevent", quell_text(event_get_version()));
    map_add(&libraries, "libyaml", quell_text(yaml_get_version_string()));
    map_add(&libraries, "openssl", quell_text(OpenSSL_version(OPENSSL_VERSION_STRING)));
    map_add(&libraries, "pcre2", value_copy_str(arena, quell_str_of(pcre2)));
    map_add(&libraries, "sqlite", quell_text(sqlite3_libversion()));
    map_add(&map, "quell", quell_text(QUELL_VERSION));
    map_add(&map, "language", quell_int(1));
    map_add(&map, "libraries", map_made(&libraries));
    return map_made(&map);
}

static int run(const struct args *args)
{
    struct arena *arena = arena_new(0);
    struct quell_document document = {versions(arena), arena};
    enum output output = args_output(args);
    struct quell_value libraries = quell_get(document.value, "libraries");
    size_t i;

    if (output == OUTPUT_TEXT) {
        printf("quell %s (", QUELL_VERSION);
        for (i = 0; i < quell_count(libraries); i++)
            printf("%s%.*s %.*s", i ? ", " : "", QUELL_ARG(quell_str(libraries.as.pairs[i].key)),
                   QUELL_ARG(quell_str(libraries.as.pairs[i].value)));
        printf(")\n");
    } else if (output != OUTPUT_BAD) {
        print_json(&document, output);
    }
    quell_document_free(&document);
    return output == OUTPUT_BAD ? EXIT_TOOL : EXIT_DONE;
}

const struct command command_version = {
    .name = "version",
    .words = "",
    .doc = "Shows the version of quell and of its libraries.",
    .run = run,
};
