/*
 * load_reacts.c - `on: run`: a playbook that starts when a run of another one fails, is held or is
 * denied.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/str.h"

static const struct {
    const char *word;
    enum playbook_reaction type;
} words[] = {{"failed", REACTS_TO_FAILED}, {"held", REACTS_TO_HELD}, {"denied", REACTS_TO_DENIED}};

static unsigned type_of(struct quell_str word)
{
    size_t i;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_is(word, words[i].word))
            return words[i].type;
    return 0; /* said by check_keys */
}

static unsigned types_of(const struct yaml_node *types)
{
    unsigned all = 0;
    size_t i;
    if (!types)
        return REACTS_TO_FAILED | REACTS_TO_HELD | REACTS_TO_DENIED;
    if (!quell_is(types->value, QUELL_LIST))
        return type_of(quell_str(types->value));
    for (i = 0; i < types->count; i++)
        all |= type_of(quell_str(types->items[i].value));
    return all;
}

static void load_sources(struct loader *loader, const struct yaml_node *node)
{
    struct playbook *playbook = loader->playbook;
    bool many = quell_is(node->value, QUELL_LIST);
    size_t i, count = many ? node->count : 1;
    struct playbook_source *sources = arena_array(loader->arena, struct playbook_source, count + 1);
    for (i = 0; i < count; i++) {
        const struct yaml_node *each = many ? &node->items[i] : node;
        if (!quell_is(each->value, QUELL_STRING))
            return; /* said by check_keys */
        (void)check_spelling(loader, QUELL_STR("id of a playbook"), each, SPELLING_KEBAB);
        sources[i] = (struct playbook_source){quell_str(each->value), each->place};
    }
    playbook->sources = sources;
    playbook->source_count = count;
}

void load_run_trigger(struct loader *loader, const struct yaml_node *node)
{
    const struct yaml_node *playbook;
    struct diag *diag;
    loader->events = true;
    loader->event_fields = playbook_event_fields;
    if (!quell_is(node->value, QUELL_MAP)) {
        diag = report(loader, WRONG_TYPE, head_place(loader, node),
                      "`run` takes a map; this is of type %s", value_type_name(node->value));
        diag->help = QUELL_STR("write `run: { playbook: other, types: [failed] }`");
        return;
    }
    check_keys(loader, run_trigger_fields, node);
    playbook = yaml_get(node, "playbook");
    if (playbook)
        load_sources(loader, playbook);
    loader->playbook->reacts_to = types_of(yaml_get(node, "types"));
}
