/*
 * alerts.c - the alerts that are forged: what an attacker who has the secret of a hook would send.
 */
#include "flood.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum { MANY = 24, FLEET_LEAST = 64 };

/* How the names of protected devices may be spelled, as JSON: `plc-*` is of the policy's own, the
 * others are built in. */
static const char *const names[] = {
    "plc-07",
    "PLC-07",
    "Plc-07.corp.example",
    "PLC-07.CORP.EXAMPLE.",
    "CORP\\\\PLC-07$",
    " plc-07 ",
    "\\uff30\\uff2c\\uff23-07", /* full width */
    "p\\u200blc-07",            /* a space without width */
    "plc\\u00ad-07",            /* a soft hyphen */
    "\\u0440lc-07",             /* a Cyrillic letter */
    "\\ud835\\udc29lc-07",      /* a mathematical one */
    "dc01",
    "SRV-DC01.corp.example",
    "CORP\\\\DC02$",
    "veeam-backup01",
    "PAW-3.corp.example",
    "esx-11",
    "pki-01",
};

static const char *const malformed[] = {
    "{",
    "[]",
    "null",
    "\"high\"",
    "{\"title\":[1]}",
    "{\"title\":\"x\",\"title\":\"y\"}",
    "{\"title\":\"x\",\"severity\":\"high\",\"sorce\":1}",
    "{\"title\":\"\xff\"}",
    "{\"title\":\"x\",\"severity\":\"high\",\"entities\":{\"devices\":[7]}}",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
};

#define OF(list, n) ((list)[(n) % (sizeof(list) / sizeof(*(list)))])

enum alert_kind alert_kind(unsigned n)
{
    static const enum alert_kind kinds[] = {
        ALERT_PLAIN, ALERT_PROTECTED, ALERT_MANY,  ALERT_AGAIN,    ALERT_CROWN,
        ALERT_PLAIN, ALERT_MALFORMED, ALERT_PLAIN, ALERT_AGAIN,    ALERT_NAMELESS,
        ALERT_PLAIN, ALERT_PROTECTED, ALERT_PLAIN, ALERT_UNSIGNED,
    };

    return OF(kinds, n);
}

/* Ids tell what a device is: `d-` may be isolated, `x-` bears a protected name, `crown-` is listed
 * by its id, `n-` has no name. */
bool alert_is_untouchable(struct quell_str device)
{
    return !str_starts(device, QUELL_STR("d-"));
}

static void add_device(struct buf *out, const char *id, unsigned number, const char *name)
{
    buf_add_format(out, "%s{\"id\":\"%s%u\"", out->data[out->len - 1] == '[' ? "" : ",", id,
                   number);
    if (name)
        buf_add_format(out, ",\"name\":\"%s\"", name);
    buf_add_char(out, '}');
}

static void add_plain(struct arena *arena, struct buf *out, unsigned number)
{
    add_device(out, "d-", number, arena_format(arena, "ws-%u.corp.example", number).data);
}

static void add_devices(struct arena *arena, struct buf *out, enum alert_kind kind, unsigned n,
                        unsigned fleet)
{
    switch (kind) {
    case ALERT_MANY:
        for (unsigned i = 0; i < MANY; i++) {
            if (i % 5 == 2)
                add_device(out, "x-", n + i, OF(names, n + i));
            else
                add_plain(arena, out, (n * 7 + i) % fleet);
        }
        return;
    case ALERT_PROTECTED:
        add_device(out, "x-", n, OF(names, n / 3));
        return;
    case ALERT_CROWN:
        add_device(out, "crown-", n % FLOOD_CROWNS, "ws-1.corp.example");
        return;
    case ALERT_NAMELESS:
        add_device(out, "n-", n, NULL);
        return;
    case ALERT_PLAIN:
    case ALERT_UNSIGNED:
    case ALERT_AGAIN:
    case ALERT_MALFORMED:
    case ALERT_KINDS:
        add_plain(arena, out, n % fleet);
        return;
    }
}

static struct quell_str body_of(struct arena *arena, enum alert_kind kind, unsigned n,
                                unsigned count)
{
    unsigned fleet = count / 4 > FLEET_LEAST ? count / 4 : FLEET_LEAST;
    struct buf out = {.size_max = 65536};
    struct quell_str body;

    if (kind == ALERT_MALFORMED)
        return arena_str(arena, quell_str_of(OF(malformed, n / 14)));
    buf_add_format(&out,
                   "{\"title\":\"forged %u\",\"severity\":\"high\",\"entities\":{\"devices\":[", n);
    add_devices(arena, &out, kind, n, fleet);
    buf_add_text(&out, "]}}");
    body = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return body;
}

struct alert alert_make(struct arena *arena, unsigned n, unsigned count)
{
    struct alert alert = {.kind = alert_kind(n), .number = n};

    while (alert_kind(alert.number) == ALERT_AGAIN)
        alert.number--; /* the first is none */
    alert.id = arena_format(arena, "msg_forged_%u", alert.number);
    alert.body = body_of(arena, alert_kind(alert.number), alert.number, count);
    return alert;
}
