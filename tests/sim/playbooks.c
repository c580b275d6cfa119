/*
 * playbooks.c - playbooks made of dice. They are valid whatever the dice say: what is drawn is how
 * steps stand in each other, not their spelling.
 */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>

enum { DEPTH = 3 };

struct author {
    struct sim *sim;
    struct buf *text;
    unsigned nth, depth;
    bool looped; /* inside a loop or a branch: no `set` there */
};

static void line(struct author *author, unsigned indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void line(struct author *author, unsigned indent, const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_add_format(author->text, "%*s%s\n", (int)indent, "", text);
}

static void steps(struct author *author, unsigned indent);

static void inside(struct author *author, unsigned indent, bool looped)
{
    struct author inner = *author;

    inner.depth++;
    inner.looped |= looped;
    steps(&inner, indent);
}

static void modifiers(struct author *author, unsigned indent)
{
    struct sim *sim = author->sim;

    if (sim_roll(sim, 3) == 0)
        line(author, indent, "retry: { max: %u, backoff: exponential, first: 5s }",
             1 + sim_roll(sim, 3));
    if (sim_roll(sim, 4) == 0)
        line(author, indent, "timeout: %um", 1 + sim_roll(sim, 30));
    if (sim_roll(sim, 2) == 0)
        line(author, indent, "on-error: continue");
}

#define DEVICE(index) "device_id: '${{ incident.entities.devices[" index "].id }}', comment: "

static void act(struct author *author, unsigned indent, unsigned id)
{
    static const struct {
        const char *uses, *with; /* and behind it what is its own */
    } acts[] = {{"http.get", "url: https://a.example/s"},
                {"http.request", "method: POST, url: https://a.example/s"},
                {"email.send", "to: soc@a.example, body: b, subject: s"},
                {"sentinel.add-comment", "incident_id: i, message: m"},
                {"defender.isolate-device", DEVICE("0") "c"},
                {"defender.isolate-device", DEVICE("size(incident.entities.devices) - 1") "c"}};
    struct sim *sim = author->sim;
    size_t which = sim_roll(sim, sizeof(acts) / sizeof(*acts));
    unsigned text = sim->story->broken == BREAK_TEXT ? sim_roll(sim, 9) : sim->texts;

    line(author, indent, "uses: %s", acts[which].uses);
    line(author, indent, "with: { %s%u-text%u }", acts[which].with, id, text);
    if (which >= 4 && sim_roll(sim, 3) == 0)
        line(author, indent, "for: %uh", 1 + sim_roll(sim, 9));
    modifiers(author, indent);
}

static void block(struct author *author, unsigned indent)
{
    struct sim *sim = author->sim;

    switch (sim_roll(sim, 6)) {
    case 0:
        line(author, indent, "if: incident.severity_rank >= %u", 1 + sim_roll(sim, 4));
        line(author, indent, "steps:");
        inside(author, indent + 2, false);
        if (sim_roll(sim, 2)) {
            line(author, indent, "else:");
            inside(author, indent + 2, false);
        }
        break;
    case 1:
        line(author, indent, "for-each: incident.entities.devices");
        line(author, indent, "as: d%u", author->depth);
        line(author, indent, "max: 5");
        if (sim_roll(sim, 2))
            line(author, indent, "concurrency: 2");
        line(author, indent, "on-error: continue");
        line(author, indent, "steps:");
        inside(author, indent + 2, true);
        break;
    case 2:
        line(author, indent, "parallel:");
        line(author, indent + 2, "left:");
        inside(author, indent + 4, true);
        line(author, indent + 2, "right:");
        inside(author, indent + 4, true);
        if (sim_roll(sim, 2))
            line(author, indent, "fail-fast: false");
        break;
    case 3:
        line(author, indent, "approve: { by: group:soc, within: %um, message: m }",
             5 + sim_roll(sim, 60));
        line(author, indent, "steps:");
        inside(author, indent + 2, false);
        break;
    case 4:
        line(author, indent, "switch:");
        line(author, indent + 2, "- when: incident.severity_rank >= 3");
        line(author, indent + 4, "steps:");
        inside(author, indent + 6, true);
        line(author, indent + 2, "- else:");
        inside(author, indent + 6, true);
        break;
    default:
        if (sim_roll(sim, 2))
            line(author, indent, "on-error: undo");
        line(author, indent, "steps:");
        inside(author, indent + 2, false);
        break;
    }
}

static void step(struct author *author, unsigned indent)
{
    struct sim *sim = author->sim;
    unsigned id = ++sim->steps;

    line(author, indent, "- id: s%u", id);
    indent += 2;
    if (author->depth < DEPTH && sim_roll(sim, 3) == 0) {
        block(author, indent);
        return;
    }
    switch (sim_roll(sim, 9)) {
    case 0:
        line(author, indent, "wait: %um", 1 + sim_roll(sim, 300));
        break;
    case 1:
        line(author, indent, "wait:");
        line(author, indent + 2, "for: { incident: { match: { severity: high } } }");
        line(author, indent + 2, "timeout: %um", 10 + sim_roll(sim, 300));
        break;
    case 2:
        line(author, indent,
             "ask: { of: group:soc, within: %um, on-timeout: continue, message: q, form: { real: { "
             "type: bool, required: true } } }",
             5 + sim_roll(sim, 60));
        break;
    case 3:
        if (author->nth + 1 < SIM_PLAYBOOKS) {
            line(author, indent, "call: p%d", SIM_PLAYBOOKS - 1);
            line(author, indent, "on-error: continue");
            break;
        }
        /* fall through */
    case 4:
        if (!author->looped) {
            line(author, indent, "set: { v%u: '${{ incident.title }}' }", id);
            break;
        }
        /* fall through */
    default:
        act(author, indent, id);
    }
}

static void steps(struct author *author, unsigned indent)
{
    unsigned i, count = 1 + sim_roll(author->sim, author->depth ? 2 : 4);

    for (i = 0; i < count; i++)
        step(author, indent);
}

static void guards(struct author *author)
{
    struct sim *sim = author->sim;

    if (sim_roll(sim, 4) == 0)
        line(author, 0, "dedupe: { key: incident.id, within: %uh }", 1 + sim_roll(sim, 8));
    if (sim_roll(sim, 4) == 0)
        line(author, 0, "throttle: { once-within: %um }", 5 + sim_roll(sim, 60));
    if (sim_roll(sim, 4) == 0)
        line(author, 0, "concurrency: { group: playbook.id, on-conflict: %s }",
             sim_roll(sim, 2) ? "queue" : "skip");
}

void sim_playbook(struct sim *sim, unsigned nth, struct buf *text)
{
    struct author author = {.sim = sim, .text = text, .nth = nth};
    bool called = nth + 1 == SIM_PLAYBOOKS;

    line(&author, 0, "quell: 1");
    line(&author, 0, "playbook: p%u", nth);
    line(&author, 0, called ? "on: { call: }" : "on: { incident: , manual: }");
    if (!called)
        guards(&author);
    line(&author, 0, "limits: { device: { run: 20 } }");
    line(&author, 0, "timeout: %uh", 4 + sim_roll(sim, 40));
    line(&author, 0, "steps:");
    steps(&author, 2);
    if (sim_roll(sim, 3) == 0) {
        line(&author, 0, "on-failure:");
        line(&author, 2, "- uses: email.send");
        line(&author, 4, "with: { to: soc@a.example, subject: failed, body: b }");
        line(&author, 4, "on-error: continue");
    }
}
