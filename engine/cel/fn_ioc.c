/*
 * fn_ioc.c - indicators of compromise. Their rows are in fn_ioc.def, how they are found in ioc.c.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "cel/evaluation.h"
#include "cel/ioc.h"
#include "value/value.h"

/* Looking for indicators costs a step for so many bytes. */
enum { FIND_BYTES_A_STEP = 8 };

/* What the result calls each kind, in its order. */
static const char *const names[IOC_KINDS] = {
    [IOC_IP] = "ips",      [IOC_DOMAIN] = "domains", [IOC_URL] = "urls",
    [IOC_HASH] = "hashes", [IOC_MAIL] = "mails",     [IOC_CVE] = "cves",
};

struct extraction {
    struct evaluation *e;
    const struct node *node;
    struct list_builder lists[IOC_KINDS];
};

static bool is_lower_kind(enum ioc_kind kind)
{
    return kind == IOC_DOMAIN || kind == IOC_HASH || kind == IOC_IP;
}

/* As it is compared elsewhere: domains, hashes and addresses in lower case, CVE numbers in upper.
 */
static struct quell_str usual(struct arena *arena, struct quell_str text, enum ioc_kind kind)
{
    char *out = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (is_lower_kind(kind) && c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        if (kind == IOC_CVE && c >= 'a' && c <= 'z')
            c = (char)(c & ~0x20);
        out[i] = c;
    }
    return (struct quell_str){out, text.len};
}

static enum quell_code add(struct extraction *x, struct quell_str text, enum ioc_kind kind)
{
    struct list_builder *list = &x->lists[kind];
    enum quell_code code = evaluation_charge(x->e, x->node, 1 + list->count / 8);
    if (code)
        return code;
    text = usual(x->e->arena, text, kind);
    for (size_t i = 0; i < list->count; i++) {
        if (quell_str_equal(quell_str(list->items[i]), text))
            return QUELL_OK;
    }
    list_add(list, quell_string(text));
    return evaluation_take(x->e, x->node, 0) ? QUELL_OK : QUELL_LIMIT;
}

/* A URL and a mail address show where they lead as well. */
static enum quell_code add_host(struct extraction *x, struct quell_str text, enum ioc_kind kind)
{
    struct quell_str host = ioc_host(text, kind);
    struct ioc inside;
    if (ioc_is_domain(host))
        return add(x, host, IOC_DOMAIN);
    if (ioc_next(host, 0, &inside) && inside.kind == IOC_IP && inside.from == 0 &&
        inside.to == host.len)
        return add(x, host, IOC_IP);
    return QUELL_OK;
}

static enum quell_code extract(struct extraction *x, struct quell_str text)
{
    enum quell_code code = evaluation_charge(x->e, x->node, text.len / FIND_BYTES_A_STEP);
    struct ioc found = {.to = 0};
    while (!code && ioc_next(text, found.to, &found)) {
        struct quell_str part = str_slice(text, found.from, found.to);
        code = add(x, part, found.kind);
        if (!code && (found.kind == IOC_URL || found.kind == IOC_MAIL))
            code = add_host(x, part, found.kind);
    }
    return code;
}

enum quell_code cel_ioc_extract(struct evaluation *e, const struct node *node,
                                const struct quell_value *arguments, struct quell_value *made)
{
    struct extraction x = {.e = e, .node = node};
    struct map_builder map = {.arena = e->arena};
    struct buf out = {.size_max = LIMIT_CEL_TEXT_BYTES};
    enum quell_code code;
    if (arguments[0].len > LIMIT_CEL_TEXT_BYTES)
        return evaluation_limit(e, node, "indicators are looked for in %d KiB at most",
                                LIMIT_CEL_TEXT_BYTES / 1024);
    for (size_t i = 0; i < IOC_KINDS; i++)
        x.lists[i].arena = e->arena;
    ioc_refang(&out, quell_str(arguments[0]));
    code = extract(&x, buf_str(&out));
    buf_free(&out);
    for (size_t i = 0; i < IOC_KINDS; i++)
        map_add(&map, names[i], list_made(&x.lists[i]));
    *made = value_masked_as(map_made(&map), arguments[0]);
    return code;
}

enum quell_code cel_ioc_refang(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    struct buf out = {.size_max = EVALUATION_BUILT};
    enum quell_code code = evaluation_charge(e, node, arguments[0].len / FIND_BYTES_A_STEP);
    if (code)
        return code;
    ioc_refang(&out, quell_str(arguments[0]));
    return evaluation_built(e, node, &out, made);
}

enum quell_code cel_ioc_defang(struct evaluation *e, const struct node *node,
                               const struct quell_value *arguments, struct quell_value *made)
{
    struct quell_str text = quell_str(arguments[0]);
    struct buf out = {.size_max = EVALUATION_BUILT};
    struct ioc found = {.to = 0};
    size_t done = 0;
    enum quell_code code = evaluation_charge(e, node, text.len / FIND_BYTES_A_STEP);
    if (code)
        return code;
    while (ioc_next(text, found.to, &found)) {
        buf_add_str(&out, str_slice(text, done, found.from));
        ioc_defang(&out, str_slice(text, found.from, found.to), found.kind);
        done = found.to;
    }
    buf_add_str(&out, str_slice(text, done, text.len));
    return evaluation_built(e, node, &out, made);
}
