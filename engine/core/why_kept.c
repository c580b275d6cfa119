/*
 * why_kept.c - what is said of runs that the kill switch or a breaker keeps back.
 */
#include "core/why.h"

#include "base/str.h"
#include "core/gate.h"
#include "policy/breaker.h"
#include "value/json.h"

struct kept {
    struct quell_str name;   /* of the step, as the run's row has it */
    const struct step *step; /* NULL: the journal cannot be read */
};

static void find_step(const struct run_step *step, void *user)
{
    struct kept *kept = user;

    if (quell_str_equal(step->path, kept->name) || quell_str_equal(step->step->id, kept->name))
        kept->step = step->step;
}

/* Whether the row says that the run is kept back by this. */
static bool is_kept(struct why *why, const char *word, struct kept *kept)
{
    struct quell_value waits;
    struct quell_error ignored;

    if (!str_is(why->row->state, "halted") ||
        json_read(why->arena, why->row->waits, 0, &waits, NULL, &ignored) ||
        !quell_text_is(quell_get(quell_at(waits, 0), "what"), word))
        return false;
    kept->name = quell_get_str(quell_at(waits, 0), "step");
    if (why->run)
        run_each_step(why->run, find_step, kept);
    return true;
}

static void say_over(struct why *why, struct map_builder *entry, const char *what)
{
    why_text(why, entry, "it was kept back by %s", what);
    why_then(why, entry, "a serving quell lets it go on");
}

/* ---- the kill switch ---------------------------------------------------------------------------
 */

/* The rule that stops the step; without the step, the first there is. */
static const struct halt_rule *rule_of(struct why *why, const struct kept *kept)
{
    struct halt_rules rules = halt_in_force(why->engine, why->arena);
    struct halt_subject subject = {.playbook = why->row->playbook, .changes = true};

    if (kept->step == NULL || kept->step->connector == NULL)
        return rules.count ? rules.items : NULL;
    subject.connector = quell_str_of(kept->step->connector->name);
    subject.connection = kept->step->connection;
    return halt_stops(&rules, &subject);
}

static void say_halted(struct why *why, struct map_builder *entry, const struct kept *kept,
                       const struct halt_rule *rule)
{
    static const char *const commands[][2] = {
        [HALT_EVERYTHING] = {"quell resume", NULL},
        [HALT_CONNECTOR] = {"quell resume --connector %s", NULL},
        [HALT_PLAYBOOK] = {"quell resume --playbook %s", NULL},
    };

    why_text(why, entry, "step `%.*s` is kept back, for %s%s%.*s is halted%s%.*s%s%.*s%s%.*s",
             QUELL_ARG(kept->name), halt_word(rule->what), rule->name.len ? " " : "",
             QUELL_ARG(rule->name), rule->by.len ? " by " : "", QUELL_ARG(rule->by),
             rule->at.len ? " at " : "", QUELL_ARG(rule->at), rule->reason.len ? ": " : "",
             QUELL_ARG(rule->reason));
    map_add(entry, "halted", quell_text(halt_word(rule->what)));
    map_add(entry, "name", quell_string(rule->name));
    why_then(why, entry,
             "once that is resumed it goes on where it stands, and its limits are "
             "judged anew");
    why_commands(why, entry, commands[rule->what], rule->name);
}

bool why_run_halted(struct why *why, struct map_builder *entry)
{
    struct kept kept = {.step = NULL};
    const struct halt_rule *rule;

    if (!is_kept(why, "halted", &kept))
        return false;
    rule = rule_of(why, &kept);
    map_add(entry, "at_step", quell_string(kept.name));
    if (rule)
        say_halted(why, entry, &kept, rule);
    else
        say_over(why, entry, "the kill switch, which stops it no longer");
    return true;
}

/* ---- breakers ----------------------------------------------------------------------------------
 */

struct open {
    enum halt_what what;
    struct quell_str name;
    struct breaker_state state;
};

/* Of the two that may keep a change back, the one that is open for longer. */
static bool find_open(struct why *why, const struct kept *kept, struct open *open)
{
    struct open both[2] = {{.what = HALT_CONNECTOR},
                           {.what = HALT_PLAYBOOK, .name = why->row->playbook}};
    bool found = false;

    if (kept->step && kept->step->connector)
        both[0].name = kept->step->connection.len ? kept->step->connection
                                                  : quell_str_of(kept->step->connector->name);
    for (size_t i = 0; i < 2; i++) {
        both[i].state = breaker_look(why->engine, both[i].what, both[i].name);
        if (!breaker_is_open(&both[i].state) ||
            (found && breaker_due_us(&both[i].state) <= breaker_due_us(&open->state)))
            continue;
        *open = both[i];
        found = true;
    }
    return found;
}

bool why_run_breaker(struct why *why, struct map_builder *entry)
{
    static const char *const of_connector[] = {"quell resume --connector %s", NULL};
    static const char *const of_playbook[] = {"quell resume --playbook %s", NULL};
    struct kept kept = {.step = NULL};
    struct open open;

    if (!is_kept(why, "breaker", &kept))
        return false;
    map_add(entry, "at_step", quell_string(kept.name));
    if (!find_open(why, &kept, &open)) {
        say_over(why, entry, "a breaker, which is closed now");
        return true;
    }
    why_text(why, entry,
             "step `%.*s` is kept back, for the breaker of %s %.*s is open: %u changes in a row "
             "failed",
             QUELL_ARG(kept.name), halt_word(open.what), QUELL_ARG(open.name), open.state.failures);
    map_add(entry, "breaker", quell_text(halt_word(open.what)));
    map_add(entry, "name", quell_string(open.name));
    map_add(entry, "failures", quell_int(open.state.failures));
    why_until(entry, breaker_due_us(&open.state));
    why_then(why, entry,
             "one change is tried: when it succeeds the others go on, the oldest first");
    why_commands(why, entry, open.what == HALT_CONNECTOR ? of_connector : of_playbook, open.name);
    return true;
}
