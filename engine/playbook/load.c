/*
 * load.c - a playbook from its text: the top level. Steps are load_step.c's affair.
 *
 * Nothing here stops at the first fault; the struct is made all the same and thrown away at the end
 * when there was one.
 */
#include "playbook/load.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/str.h"
#include "match/regex.h"

#include <string.h>

static void load_version(struct loader *loader, const struct yaml_node *root)
{
    const struct yaml_node *node = yaml_get(root, "quell");
    struct diag *diag;
    if (!node || !quell_is(node->value, QUELL_INT) || node->value.as.integer == 1)
        return;
    diag = report(loader, WRONG_TYPE, node->place, "there is no version %lld of the language",
                  (long long)node->value.as.integer);
    diag->label = QUELL_STR("this quell reads version 1");
    diag->help = QUELL_STR("write `quell: 1`");
}

static void load_people(struct loader *loader, const struct yaml_node *root)
{
    struct playbook *playbook = loader->playbook;
    const struct yaml_node *id = yaml_get(root, "playbook"), *tags = yaml_get(root, "tags");
    struct quell_str state = text_at(root, "state");
    playbook->id = text_at(root, "playbook");
    if (playbook->id.len)
        (void)check_spelling(loader, QUELL_STR("id of a playbook"), id, SPELLING_KEBAB);
    playbook->name = text_at(root, "name");
    playbook->description = text_at(root, "description");
    playbook->owner = text_at(root, "owner");
    playbook->tags = tags && quell_is(tags->value, QUELL_LIST) ? tags->value : quell_list(NULL, 0);
    playbook->state = str_is(state, "off")      ? PLAYBOOK_OFF
                      : str_is(state, "shadow") ? PLAYBOOK_SHADOW
                                                : PLAYBOOK_LIVE;
    playbook->timeout_us =
        duration_at(loader, root, "timeout", (int64_t)LIMIT_TIMEOUT_DEFAULT_S * 1000000);
}

static void load_manual(struct loader *loader, const struct yaml_node *node)
{
    struct diag *diag;
    if (quell_is_null(node->value) || quell_is(node->value, QUELL_BOOL)) {
        loader->playbook->manual = quell_is_null(node->value) || node->value.as.boolean;
        return;
    }
    if (quell_is(node->value, QUELL_MAP)) {
        check_keys(loader, manual_fields, node);
        load_manual_words(loader, node);
        loader->playbook->manual = true;
        return;
    }
    diag = report(loader, WRONG_TYPE, node->place, "`manual` takes nothing");
    diag->help = QUELL_STR("write `manual:` alone");
}

static void load_call_trigger(struct loader *loader, const struct yaml_pair *call)
{
    const struct yaml_node *node = call ? &call->node : NULL;
    struct diag *diag;
    if (!node)
        return;
    loader->playbook->callable = quell_is_null(node->value) || quell_is(node->value, QUELL_BOOL);
    if (quell_is(node->value, QUELL_BOOL))
        loader->playbook->callable = node->value.as.boolean;
    if (quell_is_null(node->value) || quell_is(node->value, QUELL_BOOL))
        return;
    diag = report(loader, WRONG_TYPE, head_place(loader, node), "`call` takes nothing");
    diag->help = QUELL_STR("write `call:` alone");
}

static void load_triggers(struct loader *loader, const struct yaml_node *root)
{
    const struct yaml_pair *on = yaml_find(root, QUELL_STR("on"));
    const struct yaml_node *incident, *manual;
    if (!on || !(quell_is_null(on->node.value) || quell_is(on->node.value, QUELL_MAP)))
        return; /* said by check_keys */
    incident = yaml_get(&on->node, "incident");
    manual = yaml_get(&on->node, "manual");
    if (!on->node.count) {
        struct diag *diag = report(loader, MISSING_KEY, on->key.place,
                                   "`on` names nothing that starts the playbook");
        diag->help = QUELL_STR("give it `incident:`, `manual:` or `call:`");
    }
    if (incident) {
        loader->playbook->incident =
            trigger_load(loader->arena, incident, loader->incident_fields, loader->diags);
        load_where(loader, WHERE_TRIGGER, incident);
    }
    if (manual)
        load_manual(loader, manual);
    load_call_trigger(loader, yaml_find(&on->node, QUELL_STR("call")));
    load_on(loader, &on->node);
}

/* A disrupting playbook should say which incidents are its own. */
static void check_triggers(struct loader *loader, const struct yaml_node *root)
{
    const struct yaml_node *on = yaml_get(root, "on");
    const struct yaml_pair *incident = on ? yaml_find(on, QUELL_STR("incident")) : NULL;
    struct diag *diag;
    if (!incident || !loader->playbook->disrupts || yaml_get(&incident->node, "match") ||
        yaml_get(&incident->node, "where"))
        return;
    diag = report(loader, EVERY_INCIDENT, incident->key.place,
                  "every incident starts this playbook, and it disrupts");
    diag->label = QUELL_STR("no `match` and no `where`");
    diag->help =
        QUELL_STR("say which incidents are meant: `match: { severity: { at-least: high } }`");
}

/* A `continue` on a change that no later step looks at hides a containment that did not happen. */
static void check_unread(struct loader *loader)
{
    size_t i;
    for (i = 0; i < loader->outline_count; i++) {
        const struct outline *outline = &loader->outline[i];
        const struct step *step = outline->step;
        size_t up = outline->parent;
        struct diag *diag;
        if (!step || !step->action || step->action->effect < QUELL_CHANGES || outline->read ||
            step->on_error != ON_ERROR_CONTINUE)
            continue;
        while (up != NO_STEP && !loader->outline[up].loop)
            up = loader->outline[up].parent;
        if (up != NO_STEP)
            continue; /* a loop's results are read through its list, by names bound in macros */
        diag = report(loader, UNREAD, head_place(loader, yaml_get(outline->node, "on-error")),
                      "`%.*s` may fail and nothing looks whether it did", QUELL_ARG(step->uses));
        diag->help =
            step->id_given
                ? diag_format(loader->diags,
                              "read `steps.%.*s.status` in a later step, or let the run fail",
                              QUELL_ARG(step->id))
                : QUELL_STR("give the step an `id` and read its status in a later step, or "
                            "let the run fail");
    }
}

/* A denial does not end the run: somebody should look. */
static void check_denied(struct loader *loader)
{
    size_t i;
    for (i = 0; i < loader->outline_count; i++) {
        const struct outline *outline = &loader->outline[i];
        const struct step *step = outline->step;
        struct diag *diag;
        if (!step || !step->approve || outline->read || outline->next == NO_STEP ||
            step->on_error != ON_ERROR_FAIL || step->denial_fails ||
            !(step->action || step->steps.count || step->lane_count))
            continue;
        diag =
            report(loader, DENIED_UNREAD, yaml_find(outline->node, QUELL_STR("approve"))->key.place,
                   "the step behind this one runs though it may be denied");
        diag->help = step->id_given
                         ? diag_format(loader->diags,
                                       "read `steps.%.*s.status` there, or write `on-error: fail`",
                                       QUELL_ARG(step->id))
                         : QUELL_STR("give the step an `id` and read its status there, or write "
                                     "`on-error: fail`");
    }
}

/* Its end is that of what it stands in, too. Those stand before it. */
static void mark_status_read(struct loader *loader)
{
    size_t i;
    for (i = 0; i < loader->outline_count; i++) {
        struct outline *outline = &loader->outline[i];
        if (loader->playbook->reads_all ||
            (outline->parent != NO_STEP && loader->outline[outline->parent].status_read))
            outline->status_read = true;
        if (outline->step)
            outline->step->status_read = outline->status_read;
    }
}

static void load_document(struct loader *loader, const struct yaml_node *root)
{
    struct playbook *playbook = loader->playbook;
    const struct yaml_node *steps = yaml_get(root, "steps"),
                           *on_failure = yaml_get(root, "on-failure"),
                           *finally = yaml_get(root, "finally");
    const struct step **all;
    size_t i;
    check_keys(loader, playbook_fields, root);
    load_version(loader, root);
    load_people(loader, root);
    load_triggers(loader, root);
    load_inputs(loader, yaml_get(root, "inputs"));
    load_start(loader, root);
    load_defaults(loader, yaml_get(root, "defaults"));
    load_vars(loader, yaml_get(root, "vars"));
    outline_make(loader, root);
    if (steps)
        playbook->steps = load_steps(loader, steps);
    if (on_failure)
        playbook->on_failure = load_steps(loader, on_failure);
    if (finally)
        playbook->finally = load_steps(loader, finally);
    load_outputs(loader, yaml_get(root, "outputs"));
    all = arena_array(loader->arena, const struct step *, loader->outline_count + 1);
    for (i = 0; i < loader->outline_count; i++)
        all[i] = loader->outline[i].step;
    mark_status_read(loader);
    playbook->all = all;
    playbook->reads = loader->reads;
    playbook->read_count = loader->read_count;
    playbook->step_count = loader->outline_count;
    load_run_undo(loader, root);
    check_triggers(loader, root);
    check_unread(loader);
    check_denied(loader);
    judge_safety(loader);
    judge_secrets(loader, root);
}

static void set_text(struct playbook *playbook, struct arena *arena, const struct diag_list *diags)
{
    uint8_t digest[DIGEST_SHA256];
    struct quell_str hex;
    playbook->file = arena_str(arena, diags->file);
    playbook->text = arena_str(arena, diags->text);
    digest_sha256(playbook->text, digest);
    hex = digest_hex(arena, digest, sizeof(digest));
    memcpy(playbook->revision, hex.data, sizeof(playbook->revision) - 1);
}

struct playbook *playbook_load(struct arena *arena, const struct playbook_actions *actions,
                               const struct quell_field *incident_fields, struct diag_list *diags)
{
    size_t errors = diags->errors;
    struct playbook *playbook = arena_one(arena, struct playbook);
    struct loader loader = {.arena = arena,
                            .diags = diags,
                            .actions = actions,
                            .incident_fields = incident_fields,
                            .playbook = playbook,
                            .first = NO_STEP,
                            .first_on_failure = NO_STEP,
                            .first_finally = NO_STEP,
                            .inputs_known = true};
    const struct yaml_node *root = yaml_read(arena, diags);
    if (!root)
        return NULL;
    if (!quell_is(root->value, QUELL_MAP)) {
        struct diag *diag =
            report(&loader, WRONG_TYPE, head_place(&loader, root), "this is no playbook");
        diag->help = QUELL_STR("a playbook is a map that begins with `quell: 1`");
        return NULL;
    }
    if (yaml_get(root, "quell-test")) {
        struct diag *diag =
            report(&loader, WRONG_TYPE, yaml_find(root, QUELL_STR("quell-test"))->key.place,
                   "this is no playbook");
        diag->label = QUELL_STR("it is the test of one");
        diag->help = QUELL_STR("`quell test` checks and runs it");
        return NULL;
    }
    set_text(playbook, arena, diags);
    playbook->document = root;
    load_document(&loader, root);
    playbook->typing = loader.typing;
    judge_accepted(diags);
    diag_sort(diags);
    if (diags->errors == errors)
        return playbook;
    playbook_free(playbook);
    return NULL;
}

static void free_step(const struct step *step)
{
    size_t i;
    if (step && step->wait)
        trigger_free(step->wait->trigger);
    for (i = 0; step && step->ask && i < step->ask->form_count; i++)
        regex_free(step->ask->form[i].regex);
}

void playbook_free(struct playbook *playbook)
{
    size_t i;
    if (!playbook)
        return;
    for (i = 0; i < playbook->input_count; i++)
        regex_free(playbook->inputs[i].regex);
    playbook->input_count = 0;
    trigger_free(playbook->incident);
    trigger_free(playbook->alert);
    playbook->incident = playbook->alert = NULL;
    trigger_free(playbook->start.hook ? playbook->start.hook->trigger : NULL);
    playbook->start.hook = NULL;
    for (i = 0; i < playbook->step_count; i++)
        free_step(playbook->all[i]);
    playbook->step_count = 0;
}
