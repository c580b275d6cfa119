/*
 * defender.c - Defender for Endpoint: machines, and the lists' filters and pages.
 *
 * Every machine id is known: at first sight a plausible record is made from it, so that any sample
 * incident works. Ids and names that begin with `unknown-` are the ones that do not exist.
 */
#include "services.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/id.h"
#include "base/str.h"
#include "odata.h"
#include "value/value.h"

#define CONTEXT "https://api.security.microsoft.com/api/$metadata#"

static struct machine *find_by(struct range *range, const char *member, struct quell_str text)
{
    struct machine *machine;
    for (machine = range->machines; machine; machine = machine->next) {
        if (str_equal_fold(quell_get_str(machine->record, member), text))
            return machine;
    }
    return NULL;
}

static bool looks_like_id(struct quell_str text)
{
    size_t i;
    for (i = 0; i < text.len; i++) {
        if (!strchr("0123456789abcdefABCDEF", text.data[i]))
            return false;
    }
    return text.len == 2 * DIGEST_SHA1;
}

/* Names and addresses follow from the id alone, so that every run sees the same ones. */
static struct quell_value make_record(struct range *range, struct quell_str id_or_name)
{
    struct arena *arena = range->state;
    struct map_builder map = {.arena = arena};
    struct quell_value *tag = arena_one(arena, struct quell_value);
    struct quell_str id = arena_str(arena, id_or_name), name = id;
    struct id entra = id_v5(id);
    uint8_t digest[DIGEST_SHA1];
    digest_sha1(id, digest);
    if (looks_like_id(id))
        name = arena_format(arena, "device-%.6s.contoso.example", id.data);
    else
        id = digest_hex(arena, digest, sizeof(digest));
    *tag = quell_text("practice range");
    map_add(&map, "id", quell_string(id));
    map_add(&map, "computerDnsName", quell_string(name));
    map_add(&map, "firstSeen", quell_text("2026-01-02T03:04:05.1234567Z"));
    map_add(&map, "lastSeen", quell_string(range_now(range, arena)));
    map_add(&map, "osPlatform", quell_text("Windows11"));
    map_add(&map, "version", quell_text("23H2"));
    map_add(&map, "osProcessor", quell_text("x64"));
    map_add(&map, "lastIpAddress", value_format(arena, "10.20.%u.%u", digest[0], digest[1]));
    map_add(&map, "lastExternalIpAddress", value_format(arena, "203.0.113.%u", digest[2]));
    map_add(&map, "osBuild", quell_int(22631));
    map_add(&map, "healthStatus", quell_text("Active"));
    map_add(&map, "onboardingStatus", quell_text("Onboarded"));
    map_add(&map, "rbacGroupId", quell_int(140));
    map_add(&map, "rbacGroupName", quell_text("Practice"));
    map_add(&map, "riskScore", quell_text("High"));
    map_add(&map, "exposureLevel", quell_text("Medium"));
    map_add(&map, "deviceValue", quell_text("Normal"));
    map_add(&map, "isAadJoined", quell_bool(true));
    map_add(&map, "aadDeviceId", value_copy_str(arena, id_str(&entra)));
    map_add(&map, "machineTags", quell_list(tag, 1));
    return map_made(&map);
}

struct machine *machine_get(struct range *range, struct quell_str id)
{
    struct machine *machine = find_by(range, "id", id);
    if (!machine)
        machine = find_by(range, "computerDnsName", id);
    if (machine || id.len == 0 || str_starts(id, QUELL_STR("unknown-")))
        return machine;
    machine = arena_one(range->state, struct machine);
    machine->record = make_record(range, id);
    machine->next = range->machines;
    range->machines = machine;
    return machine;
}

void machine_put(struct range *range, struct quell_str id, struct quell_value members)
{
    struct machine *machine = machine_get(range, id);
    size_t i;
    for (i = 0; machine && i < quell_count(members); i++) {
        const struct quell_pair *pair = &members.as.pairs[i];
        struct quell_str key = arena_str(range->state, quell_str(pair->key));
        machine->record =
            value_with(range->state, machine->record, key, value_copy(range->state, pair->value));
    }
}

static struct quell_value with_context(struct arena *arena, struct quell_value record,
                                       const char *context)
{
    struct map_builder map = {.arena = arena};
    size_t i;
    map_add(&map, "@odata.context", quell_text(context));
    for (i = 0; i < quell_count(record); i++)
        map_add_key(&map, record.as.pairs[i].key, record.as.pairs[i].value);
    return map_made(&map);
}

static void handle_machine(struct visit *visit)
{
    const struct machine *machine = machine_get(visit->range, visit->captures[0]);
    if (!machine) {
        answer_error(visit, SERVICE_DEFENDER, 404, "ResourceNotFound", "Machine %.*s was not found",
                     QUELL_ARG(visit->captures[0]));
        return;
    }
    answer_json(visit, 200,
                with_context(visit->arena, machine->record, CONTEXT "Machines/$entity"));
}

/* Somebody who looks for a machine by id or name meets it at first sight, too. */
static void meet_machines(struct visit *visit)
{
    struct odata *filter = odata_parse(visit->arena, visit_query(visit, "$filter"));
    if (!filter)
        return;
    (void)machine_get(visit->range, odata_demands(filter, "id"));
    (void)machine_get(visit->range, odata_demands(filter, "computerDnsName"));
}

static void handle_machines(struct visit *visit)
{
    struct list_builder list = {.arena = visit->arena};
    const struct machine *machine;
    meet_machines(visit);
    for (machine = visit->range->machines; machine; machine = machine->next)
        list_add(&list, machine->record);
    answer_page(visit, CONTEXT "Machines", list_made(&list));
}

/* A whole number of the query; false when it is none or out of bounds. */
static bool query_number(const struct visit *visit, const char *key, int64_t least, int64_t *number)
{
    struct quell_str text = visit_query(visit, key);
    if (text.len == 0)
        return true;
    return str_to_int(text, number) && *number >= least && *number <= 10000;
}

static struct quell_value next_link(const struct visit *visit, int64_t skip)
{
    struct quell_str host = http_header(visit->request, "host"), rest = visit->request->query;
    struct quell_str pair;
    struct quell_str link = arena_format(visit->arena, "http://%.*s%.*s?", QUELL_ARG(host),
                                         QUELL_ARG(visit->request->path));
    while (rest.len > 0) {
        (void)str_cut(rest, '&', &pair, &rest); /* the last one has no & */
        if (!str_starts(pair, QUELL_STR("$skip=")) && !str_starts(pair, QUELL_STR("%24skip=")))
            link = arena_format(visit->arena, "%.*s%.*s&", QUELL_ARG(link), QUELL_ARG(pair));
    }
    return value_format(visit->arena, "%.*s$skip=%lld", QUELL_ARG(link), (long long)skip);
}

static size_t keep_matching(struct quell_value list, const struct odata *filter,
                            struct quell_value *items)
{
    size_t i, count = 0;
    for (i = 0; i < quell_count(list); i++) {
        struct quell_value item = quell_at(list, i);
        if (!filter || odata_holds(filter, item))
            items[count++] = item;
    }
    return count;
}

void answer_page(struct visit *visit, const char *context, struct quell_value list)
{
    struct quell_str text = visit_query(visit, "$filter"), order = visit_query(visit, "$orderby");
    struct odata *filter = text.len > 0 ? odata_parse(visit->arena, text) : NULL;
    struct quell_value *items = arena_array(visit->arena, struct quell_value, quell_count(list));
    struct map_builder map = {.arena = visit->arena};
    int64_t top = 10000, skip = 0, count, page = visit->range->options->page_size;
    if ((text.len > 0 && !filter) || !query_number(visit, "$top", 1, &top) ||
        !query_number(visit, "$skip", 0, &skip)) {
        answer_error(visit, SERVICE_DEFENDER, 400, "ODataError", "Invalid OData URI query");
        return;
    }
    count = (int64_t)keep_matching(list, filter, items);
    if (order.len > 0 && !odata_sort(order, items, (size_t)count)) {
        answer_error(visit, SERVICE_DEFENDER, 400, "ODataError", "Invalid OData URI query");
        return;
    }
    skip = skip < count ? skip : count;
    top = top < count - skip ? top : count - skip;
    map_add(&map, "@odata.context", quell_text(context));
    if (page < top) {
        map_add(&map, "@odata.nextLink", next_link(visit, skip + page));
        top = page;
    }
    map_add(&map, "value", quell_list(items + skip, (size_t)top));
    answer_json(visit, 200, map_made(&map));
}

const struct route defender_routes[] = {
    {"GET", "/api/machines", SERVICE_DEFENDER, "machines", handle_machines},
    {"GET", "/api/machines/{}", SERVICE_DEFENDER, "machines", handle_machine},
    {"POST", "/api/machines/{}/isolate", SERVICE_DEFENDER, "isolate", action_start},
    {"POST", "/api/machines/{}/unisolate", SERVICE_DEFENDER, "release", action_start},
    {"GET", "/api/machineactions", SERVICE_DEFENDER, "machineactions", action_list},
    {"GET", "/api/machineactions/{}", SERVICE_DEFENDER, "machineactions", action_get},
    {"POST", "/api/machineactions/{}/cancel", SERVICE_DEFENDER, "cancel", action_cancel},
    {0},
};
