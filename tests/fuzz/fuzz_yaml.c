/*
 * fuzz_yaml.c - any bytes as YAML: a fault has a place inside of the text and says what to do,
 * every node stands inside of the text, and so does each byte of each scalar, where it was written.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
    if (!promise)
        abort();
}

static void check_place(struct quell_str text, struct place place)
{
    require((size_t)place.offset + place.len <= text.len);
}

static void check_byte(struct quell_str text, const struct yaml_node *node, size_t at)
{
    char byte = node->value.as.text[at];
    struct place place = yaml_place_inside(text, node, at, 1);
    require(place.offset >= node->place.offset &&
            place.offset + place.len <= node->place.offset + node->place.len);
    if (byte == ' ' || byte == '\n' || byte == '\t' || place.len == 0)
        return;
    if (node->style == YAML_DOUBLE && text.data[place.offset] == '\\')
        return;
    /* An escape of several bytes is one place for all of them. */
    require(text.data[place.offset] == byte || node->style == YAML_FOLDED);
}

static void check_node(struct quell_str text, const struct yaml_node *node)
{
    check_place(text, node->place);
    for (size_t i = 0; i < node->count; i++) {
        if (node->value.type == QUELL_LIST) {
            check_node(text, &node->items[i]);
        } else {
            require(node->pairs[i].key.value.type == QUELL_STRING);
            check_node(text, &node->pairs[i].key);
            check_node(text, &node->pairs[i].node);
        }
    }
    if (node->value.type == QUELL_STRING)
        for (size_t at = 0; at < node->value.len && at < 64; at++)
            check_byte(text, node, at);
}

static void check_diags(const struct diag_list *diags)
{
    struct buf out = {0};
    require(diags->errors > 0 && diags->count > 0);
    for (size_t i = 0; i < diags->count; i++) {
        check_place(diags->text, diags->items[i].place);
        require(diags->items[i].message.len > 0 && diags->items[i].help.len > 0);
        diag_render(&out, diags, &diags->items[i], (struct diag_style){.color = i % 2});
    }
    for (size_t i = 0; i < out.len; i++) /* colors aside, nothing drives the terminal */
        require((unsigned char)out.data[i] >= 0x20 || out.data[i] == '\n' || out.data[i] == '\t' ||
                out.data[i] == '\x1b');
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);
    struct quell_str text = {(const char *)data, size};
    struct diag_list diags;
    diag_init(&diags, arena, QUELL_STR("fuzz.yaml"), text);
    const struct yaml_node *root = yaml_read(arena, &diags);
    if (root) {
        require(diags.errors == 0);
        check_node(text, root);
        require(json_text(arena, root->value, JSON_COMPACT).len > 0);
    } else {
        check_diags(&diags);
    }
    arena_free(arena);
    return 0;
}
