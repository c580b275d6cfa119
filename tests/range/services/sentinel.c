/*
 * sentinel.c - Sentinel's incidents and their comments, as Azure's resource manager serves them.
 *
 * Any incident is known at first sight. A comment is put at an id that the client chooses: 201 when
 * it is new, 200 when it was there - the two count as different effects.
 */
#include "services.h"

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "base/utf8.h"
#include "value/value.h"

enum { COMMENTS_MAX = 100, MESSAGE_MAX = 30000 }; /* the service's limits; characters */

#define INCIDENTS                                                                                  \
    "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}"    \
    "/providers/Microsoft.SecurityInsights/incidents"

/* api-version is required and there is one that we speak; answers and tells otherwise. */
static bool refuse_version(struct visit *visit)
{
    struct quell_str version = visit_query(visit, "api-version");
    if (version.len == 0) {
        answer_error(
            visit, SERVICE_ARM, 400, "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.");
        return true;
    }
    if (!str_is(version, "2025-09-01")) {
        answer_error(visit, SERVICE_ARM, 400, "InvalidApiVersionParameter",
                     "The api-version '%.*s' is invalid.", QUELL_ARG(version));
        return true;
    }
    return false;
}

/* Somebody of the service's people; owners and authors call the name differently. */
static struct quell_value person(struct arena *arena, const char *name)
{
    struct map_builder map = {.arena = arena};
    map_add(&map, "objectId", quell_text("2046feea-040d-4a46-9e2b-91c2941bfa70"));
    map_add(&map, "email", quell_text("quell@contoso.example"));
    map_add(&map, "userPrincipalName", quell_text("quell@contoso.example"));
    map_add(&map, name, quell_text("quell practice range"));
    return map_made(&map);
}

static struct quell_value make_properties(struct range *range, struct quell_str name)
{
    struct arena *arena = range->state;
    struct map_builder map = {.arena = arena}, more = {.arena = arena};
    struct quell_value empty = quell_list(NULL, 0);
    struct quell_value owner =
        value_with(arena, person(arena, "assignedTo"), QUELL_STR("ownerType"), quell_text("User"));
    map_add(&map, "title", quell_text("Malware was found on a device"));
    map_add(&map, "description", value_format(arena, "Practice incident %.*s", QUELL_ARG(name)));
    map_add(&map, "severity", quell_text("High"));
    map_add(&map, "status", quell_text("New"));
    map_add(&map, "owner", owner);
    map_add(&map, "labels", empty);
    map_add(&map, "firstActivityTimeUtc", quell_text("2026-01-02T03:00:05Z"));
    map_add(&map, "lastActivityTimeUtc", quell_text("2026-01-02T03:04:05Z"));
    map_add(&map, "createdTimeUtc", quell_string(range_now(range, arena)));
    map_add(&map, "lastModifiedTimeUtc", quell_string(range_now(range, arena)));
    map_add(&map, "incidentNumber", quell_int(3177));
    map_add(&more, "alertsCount", quell_int(1));
    map_add(&more, "bookmarksCount", quell_int(0));
    map_add(&more, "alertProductNames", empty);
    map_add(&more, "tactics", empty);
    map_add(&map, "additionalData", map_made(&more));
    map_add(&map, "relatedAnalyticRuleIds", empty);
    map_add(&map, "providerName", quell_text("Azure Sentinel"));
    map_add(&map, "providerIncidentId", quell_text("3177"));
    return map_made(&map);
}

static struct incident_record *find_incident(struct range *range, struct quell_str name)
{
    struct incident_record *incident;
    for (incident = range->incidents; incident; incident = incident->next) {
        if (str_equal_fold(incident->name, name))
            return incident;
    }
    return NULL;
}

static struct incident_record *add_incident(struct range *range, struct quell_str name)
{
    struct incident_record *incident = arena_one(range->state, struct incident_record);
    incident->name = arena_str(range->state, name);
    incident->created_us = range_now_us(range);
    incident->properties = make_properties(range, incident->name);
    incident->next = range->incidents;
    range->incidents = incident;
    return incident;
}

void incident_put(struct range *range, struct quell_str name, struct quell_value properties)
{
    struct incident_record *incident = find_incident(range, name);
    size_t i;
    if (!incident)
        incident = add_incident(range, name);
    for (i = 0; i < quell_count(properties); i++) {
        const struct quell_pair *pair = &properties.as.pairs[i];
        struct quell_str key = arena_str(range->state, quell_str(pair->key));
        incident->properties = value_with(range->state, incident->properties, key,
                                          value_copy(range->state, pair->value));
    }
}

/* The incident of the path, made at first sight; answers 404 and gives NULL for `unknown-`. */
static struct incident_record *visited(struct visit *visit)
{
    struct quell_str name = visit->captures[3];
    struct incident_record *incident = find_incident(visit->range, name);
    if (!incident && !str_starts(name, QUELL_STR("unknown-")))
        incident = add_incident(visit->range, name);
    if (!incident) {
        answer_error(visit, SERVICE_ARM, 404, "ResourceNotFound", "The Resource was not found.");
        return NULL;
    }
    if (incident->path.len == 0)
        incident->path = arena_format(
            visit->range->state,
            "/subscriptions/%.*s/resourceGroups/%.*s/providers/Microsoft.OperationalInsights/"
            "workspaces/%.*s/providers/Microsoft.SecurityInsights/Incidents/%.*s",
            QUELL_ARG(visit->captures[0]), QUELL_ARG(visit->captures[1]),
            QUELL_ARG(visit->captures[2]), QUELL_ARG(incident->name));
    return incident;
}

static int64_t count_comments(const struct incident_record *incident)
{
    const struct comment *comment;
    int64_t count = 0;
    for (comment = incident->comments; comment; comment = comment->next)
        count++;
    return count;
}

static struct quell_value comment_value(const struct visit *visit,
                                        const struct incident_record *incident,
                                        const struct comment *comment)
{
    struct arena *arena = visit->arena;
    struct map_builder map = {.arena = arena}, inner = {.arena = arena};
    map_add(&inner, "message", quell_string(comment->message));
    map_add(&inner, "createdTimeUtc", quell_string(range_time(arena, comment->created_us)));
    map_add(&inner, "lastModifiedTimeUtc", quell_string(range_time(arena, comment->modified_us)));
    map_add(&inner, "author", person(arena, "name"));
    map_add(&map, "id",
            value_format(arena, "%.*s/Comments/%.*s", QUELL_ARG(incident->path),
                         QUELL_ARG(comment->name)));
    map_add(&map, "name", quell_string(comment->name));
    map_add(&map, "type", quell_text("Microsoft.SecurityInsights/incidents/comments"));
    map_add(&map, "etag", quell_string(comment->etag));
    map_add(&map, "properties", map_made(&inner));
    return map_made(&map);
}

static void handle_incident(struct visit *visit)
{
    struct arena *arena = visit->arena;
    const struct incident_record *incident;
    struct map_builder map = {.arena = arena};
    struct quell_value more, properties;
    if (refuse_version(visit))
        return;
    incident = visited(visit);
    if (!incident)
        return;
    more = value_with(arena, quell_get(incident->properties, "additionalData"),
                      QUELL_STR("commentsCount"), quell_int(count_comments(incident)));
    properties = value_with(arena, incident->properties, QUELL_STR("additionalData"), more);
    properties = value_with(arena, properties, QUELL_STR("incidentUrl"),
                            value_format(arena,
                                         "https://portal.azure.com/#asset/"
                                         "Microsoft_Azure_Security_Insights/Incident%.*s",
                                         QUELL_ARG(incident->path)));
    map_add(&map, "id", quell_string(incident->path));
    map_add(&map, "name", quell_string(incident->name));
    map_add(&map, "type", quell_text("Microsoft.SecurityInsights/incidents"));
    map_add(&map, "etag",
            value_format(arena, "\"0300bf09-0000-0000-0000-%012llx\"",
                         (unsigned long long)count_comments(incident)));
    map_add(&map, "properties", properties);
    answer_json(visit, 200, map_made(&map));
}

static void handle_comments(struct visit *visit)
{
    const struct incident_record *incident;
    const struct comment *comment;
    struct list_builder list = {.arena = visit->arena};
    struct map_builder map = {.arena = visit->arena};
    if (refuse_version(visit))
        return;
    incident = visited(visit);
    if (!incident)
        return;
    for (comment = incident->comments; comment; comment = comment->next)
        list_add(&list, comment_value(visit, incident, comment));
    map_add(&map, "value", list_made(&list));
    answer_json(visit, 200, map_made(&map));
}

static struct comment *find_comment(const struct incident_record *incident, struct quell_str name)
{
    struct comment *comment;
    for (comment = incident->comments; comment; comment = comment->next) {
        if (str_equal_fold(comment->name, name))
            return comment;
    }
    return NULL;
}

static void handle_comment_get(struct visit *visit)
{
    const struct incident_record *incident;
    const struct comment *comment;
    if (refuse_version(visit))
        return;
    incident = visited(visit);
    if (!incident)
        return;
    comment = find_comment(incident, visit->captures[4]);
    if (comment)
        answer_json(visit, 200, comment_value(visit, incident, comment));
    else
        answer_error(visit, SERVICE_ARM, 404, "ResourceNotFound", "The Resource was not found.");
}

/* What is wrong with a comment; answers and tells. */
static bool refuse_comment(struct visit *visit, const struct incident_record *incident)
{
    struct quell_value properties = quell_get(visit->json, "properties");
    struct quell_str message = quell_get_str(properties, "message");
    if (!quell_is(quell_get(properties, "message"), QUELL_STRING) || message.len == 0) {
        answer_error(visit, SERVICE_ARM, 400, "BadRequest", "Invalid data model");
        return true;
    }
    if (utf8_count(message) > MESSAGE_MAX) {
        answer_error(visit, SERVICE_ARM, 400, "BadRequest",
                     "The comment is longer than %d characters", MESSAGE_MAX);
        return true;
    }
    if (!id_valid(visit->captures[4])) {
        answer_error(visit, SERVICE_ARM, 400, "BadRequest", "The comment id is no GUID");
        return true;
    }
    if (count_comments(incident) >= COMMENTS_MAX && !find_comment(incident, visit->captures[4])) {
        answer_error(visit, SERVICE_ARM, 400, "BadRequest", "The incident has %d comments already",
                     COMMENTS_MAX);
        return true;
    }
    return false;
}

static struct comment *add_comment(struct range *range, struct incident_record *incident,
                                   struct quell_str name)
{
    struct comment *comment = arena_one(range->state, struct comment);
    struct comment **last = &incident->comments;
    comment->name = arena_str(range->state, name);
    comment->created_us = range_now_us(range);
    while (*last)
        last = &(*last)->next;
    *last = comment;
    return comment;
}

static void handle_comment_put(struct visit *visit)
{
    struct range *range = visit->range;
    struct incident_record *incident;
    struct comment *comment;
    bool is_new;
    if (refuse_version(visit))
        return;
    incident = visited(visit);
    if (!incident || refuse_comment(visit, incident))
        return;
    comment = find_comment(incident, visit->captures[4]);
    is_new = comment == NULL;
    if (is_new)
        comment = add_comment(range, incident, visit->captures[4]);
    comment->message =
        arena_str(range->state, quell_get_str(quell_get(visit->json, "properties"), "message"));
    comment->modified_us = range_now_us(range);
    comment->etag = arena_format(range->state, "\"%.*s\"",
                                 QUELL_ARG(range_make_id(range, range->state, "etag")));
    effects_add(range, &(struct effect){.kind = is_new ? "comment" : "comment-update",
                                        .target = incident->name,
                                        .key = comment->name,
                                        .marker = comment->message});
    answer_json(visit, is_new ? 201 : 200, comment_value(visit, incident, comment));
}

const struct route sentinel_routes[] = {
    {"GET", INCIDENTS "/{}", SERVICE_ARM, "incident", handle_incident},
    {"GET", INCIDENTS "/{}/comments", SERVICE_ARM, "incident", handle_comments},
    {"GET", INCIDENTS "/{}/comments/{}", SERVICE_ARM, "incident", handle_comment_get},
    {"PUT", INCIDENTS "/{}/comments/{}", SERVICE_ARM, "comment", handle_comment_put},
    {0},
};
