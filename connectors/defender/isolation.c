/*
 * isolation.c - isolating and releasing a device.
 *
 * Isolation is queued by the service, and a second request while the first runs (or on a device
 * that is isolated) leaves the device isolated after its release. So isolate and release look at
 * the device's machine actions first, adopt what is there, send at most one action at a time, and
 * follow it to its end. Ours are known by a marker in their comment, which survives a crash and a
 * lost answer.
 *
 * The phases of both, as journaled in `state`:
 *   look    reads the machine actions, page by page, and decides
 *   post    the action may be on its way
 *   relook  like look, after a lost answer, a refusal as duplicate, or a crash
 *   poll    follows one machine action
 */
#include "defender.h"

enum {
    POLL_FIRST_MS = 5000, /* then 1.5 times as long each time ... */
    POLL_MOST_MS = 60000, /* ... up to this */
    RELOOK_MS = 1000,     /* before an action that nobody lists is believed not to exist */
    RELOOKS = 2,          /* looks that must agree on that */
    REFUSALS_MAX = 3,     /* as duplicate of something that nobody lists */
    ITEMS_MAX = 200,      /* isolations and releases of one device that are looked through */
};

/* ---- the two directions ----------------------------------------------------------------------*/

struct direction {
    const char *verb;     /* last segment of the path */
    const char *type;     /* of the machine action */
    const char *opposite; /* the type that undoes it */
    const char *word;     /* for people */
    bool isolates;
};

static const struct direction isolating = {"isolate", "Isolate", "Unisolate", "isolation", true};
static const struct direction releasing = {"unisolate", "Unisolate", "Isolate", "release", false};

/* One machine action, as much of it as matters here. */
struct item {
    struct quell_str id, type, status, created;
    bool ours;
};

static bool is(struct quell_str text, const char *word)
{
    return quell_str_equal(text, quell_str_of(word));
}

static bool is_running(const struct item *item)
{
    return is(item->status, "Pending") || is(item->status, "InProgress");
}

/* Failed, TimeOut and Cancelled changed nothing. */
static bool counts(const struct item *item)
{
    return is_running(item) || is(item->status, "Succeeded");
}

/* Times of one form; the number of fraction digits may differ, and none is earlier than any. */
static bool is_later(struct quell_str a, struct quell_str b)
{
    size_t i = 0;

    while (i < a.len && i < b.len && a.data[i] == b.data[i])
        i++;
    if (i == a.len || i == b.len)
        return a.len > b.len;
    if (a.data[i] == 'Z' || b.data[i] == 'Z')
        return b.data[i] == 'Z';
    return a.data[i] > b.data[i];
}

static bool contains(struct quell_str text, struct quell_str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (memcmp(text.data + i, part.data, part.len) == 0)
            return true;
    }
    return false;
}

static struct quell_str marker(struct quell_call *call)
{
    return call->host->format(call, "[quell:%.*s/%.*s]", QUELL_ARG(call->run),
                              QUELL_ARG(call->step));
}

/* ---- requests --------------------------------------------------------------------------------*/

enum quell_turn defender_get(struct quell_call *call, struct quell_str path,
                             struct quell_value state)
{
    struct quell_request request = {.protocol = QUELL_HTTP, .method = "GET", .path = path};

    return call->host->send(call, &request, state);
}

static bool is_device_id(struct quell_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
            return false;
    }
    return id.len == 40;
}

/* What a call remembers while it looks; all of it stands in `state`. */
struct memory {
    bool again;                /* phase relook */
    bool accepted;             /* the service has taken this attempt's, which is out of sight */
    int64_t looks;             /* that found nothing, one after the other */
    int64_t refusals;          /* as duplicate, so far */
    int64_t skip;              /* items on the pages before */
    struct quell_value seen;   /* isolations and releases on the pages before */
    struct quell_value before; /* our latest action when we posted: an earlier attempt's */
};

static struct memory recall(struct quell_call *call, bool again)
{
    struct quell_value state = call->state;

    return (struct memory){.again = again,
                           .accepted = quell_str_equal(quell_get_str(state, "accepted"), call->id),
                           .looks = quell_get_int(state, "looks", 0),
                           .refusals = quell_get_int(state, "refusals", 0),
                           .skip = quell_get_int(state, "skip", 0),
                           .seen = quell_get(state, "seen"),
                           .before = quell_get(state, "before")};
}

static struct quell_value remember(struct quell_call *call, const char *phase,
                                   const struct memory *memory)
{
    return call->host->map(call, "phase", quell_text(phase), "looks", quell_int(memory->looks),
                           "refusals", quell_int(memory->refusals), "skip", quell_int(memory->skip),
                           "seen", memory->seen, "before", memory->before, "accepted",
                           memory->accepted ? quell_string(call->id) : quell_null(), NULL);
}

/* What was seen is of another time, or of another request. */
static struct memory from_the_start(struct memory memory)
{
    memory.looks = 0;
    memory.skip = 0;
    memory.seen = quell_null();
    return memory;
}

/* All machine actions of the device: the order of the list is not documented, and the type is
 * looked at here. */
static enum quell_turn look(struct quell_call *call, const struct memory *memory)
{
    const struct quell_host *host = call->host;
    struct quell_str id = quell_get_str(call->input, "device_id");
    struct quell_str filter =
        host->escape(call, "query", host->format(call, "machineId eq '%.*s'", QUELL_ARG(id)));
    struct quell_str path =
        host->format(call, "/api/machineactions?$filter=%.*s", QUELL_ARG(filter));

    if (!is_device_id(id))
        return host->fail(call, QUELL_INVALID, 0,
                          "device_id is no Defender device id (40 hexadecimal digits)");
    if (memory->skip > 0)
        path = host->format(call, "%.*s&$skip=%lld", QUELL_ARG(path), (long long)memory->skip);
    return defender_get(call, path, remember(call, memory->again ? "relook" : "look", memory));
}

static enum quell_turn look_later(struct quell_call *call, struct memory memory, int64_t ms)
{
    memory.skip = 0;
    memory.seen = quell_null();
    return call->host->later(call, ms, remember(call, memory.again ? "relook" : "look", &memory));
}

static enum quell_turn post(struct quell_call *call, const struct direction *way,
                            const struct memory *memory)
{
    const struct quell_host *host = call->host;
    struct quell_str device = host->escape(call, "path", quell_get_str(call->input, "device_id"));
    struct quell_str comment = quell_get_str(call->input, "comment");
    struct quell_value type = quell_text("Full"), text;
    struct quell_request request = {.protocol = QUELL_HTTP, .method = "POST", .changes = true};

    request.path = host->format(call, "/api/machines/%.*s/%s", QUELL_ARG(device), way->verb);
    text =
        quell_string(host->format(call, "%.*s %.*s", QUELL_ARG(comment), QUELL_ARG(marker(call))));
    if (quell_text_is(quell_get(call->input, "type"), "selective"))
        type = quell_text("Selective");
    /* The service tells upper from lower case in the members' names. */
    request.json = way->isolates ? host->map(call, "Comment", text, "IsolationType", type, NULL)
                                 : host->map(call, "Comment", text, NULL);
    return host->send(call, &request, remember(call, "post", memory));
}

static enum quell_turn poll_later(struct quell_call *call, struct quell_str id, bool ours,
                                  int64_t wait_ms)
{
    int64_t next_ms = wait_ms + wait_ms / 2;

    return call->host->later(
        call, wait_ms,
        call->host->map(call, "phase", quell_text("poll"), "id", quell_string(id), "ours",
                        quell_bool(ours), "wait_ms",
                        quell_int(next_ms < POLL_MOST_MS ? next_ms : POLL_MOST_MS), "before",
                        quell_get(call->state, "before"), NULL));
}

/* ---- ends ------------------------------------------------------------------------------------*/

static enum quell_turn done(struct quell_call *call, struct quell_str id, struct quell_str status,
                            bool ours, bool already)
{
    return call->host->done(call, call->host->map(call, "action_id", quell_string(id), "status",
                                                  quell_string(status), "ours", quell_bool(ours),
                                                  "already", quell_bool(already), "device_id",
                                                  quell_get(call->input, "device_id"), NULL));
}

/* Goes on with one machine action, whatever state it is in. */
static enum quell_turn follow(struct quell_call *call, const struct direction *way,
                              struct quell_str id, struct quell_str status, bool ours,
                              int64_t wait_ms)
{
    const struct item item = {.status = status};

    if (is(status, "Succeeded"))
        return done(call, id, status, ours, false);
    call->host->found(call);
    if (is_running(&item))
        return poll_later(call, id, ours, wait_ms);
    return call->host->fail(call, QUELL_REFUSED, 0, "the %s ended as %.*s (machine action %.*s)",
                            way->word, QUELL_ARG(status), QUELL_ARG(id));
}

/* ---- looking ---------------------------------------------------------------------------------*/

static struct item item_of(struct quell_value map)
{
    return (struct item){.id = quell_get_str(map, "id"),
                         .type = quell_get_str(map, "type"),
                         .status = quell_get_str(map, "status"),
                         .created = quell_get_str(map, "created"),
                         .ours = quell_get_bool(map, "ours", false)};
}

/* The items of a page behind those of the pages before, in the form that `state` keeps. */
static struct quell_value add_page(struct quell_call *call, struct quell_value seen,
                                   struct quell_value page)
{
    struct quell_value *items =
        call->host->alloc(call, sizeof(*items) * (quell_count(seen) + quell_count(page) + 1));
    struct quell_str mark = marker(call);
    size_t count = 0;

    for (size_t i = 0; i < quell_count(seen); i++)
        items[count++] = quell_at(seen, i);
    for (size_t i = 0; i < quell_count(page); i++) {
        struct quell_value action = quell_at(page, i);
        struct quell_str type = quell_get_str(action, "type");
        struct quell_str comment = quell_get_str(action, "requestorComment");
        if (!is(type, "Isolate") && !is(type, "Unisolate"))
            continue;
        items[count++] = call->host->map(call, "id", quell_get(action, "id"), "type",
                                         quell_string(type), "status", quell_get(action, "status"),
                                         "created", quell_get(action, "creationDateTimeUtc"),
                                         "ours", quell_bool(contains(comment, mark)), NULL);
    }
    return quell_list(items, count);
}

struct view {
    struct item newest, ours; /* the latest that counts; our latest of any status */
    bool any, any_ours;
};

static struct view make_view(const struct direction *way, struct quell_value seen)
{
    struct view view = {.any = false};

    for (size_t i = 0; i < quell_count(seen); i++) {
        struct item item = item_of(quell_at(seen, i));
        if (counts(&item) && (!view.any || !is_later(view.newest.created, item.created))) {
            view.newest = item;
            view.any = true;
        }
        if (item.ours && is(item.type, way->type) &&
            (!view.any_ours || !is_later(view.ours.created, item.created))) {
            view.ours = item;
            view.any_ours = true;
        }
    }
    return view;
}

/* Nothing of this direction is in force or under way. After something that may have been lost, the
 * list must say so more than once before it is believed. */
static enum quell_turn nothing_there(struct quell_call *call, const struct direction *way,
                                     struct memory memory, const struct view *view)
{
    memory.looks++;
    if (memory.again && memory.looks < RELOOKS)
        return look_later(call, memory, RELOOK_MS);
    if (memory.refusals >= REFUSALS_MAX)
        return call->host->fail(call, QUELL_LIMIT, 0,
                                "the service refuses the %s as a duplicate, but lists none",
                                way->word);
    if (memory.accepted)
        return call->host->fail(call, QUELL_UNKNOWN_OUTCOME, 0,
                                "the service has taken the %s, but lists none", way->word);
    memory = from_the_start(memory);
    memory.before = view->any_ours ? quell_string(view->ours.id) : quell_null();
    return post(call, way, &memory);
}

static enum quell_turn decide(struct quell_call *call, const struct direction *way,
                              struct memory memory)
{
    struct view view = make_view(way, memory.seen);
    bool is_of_before = quell_str_equal(view.ours.id, quell_str(memory.before));

    if (view.any && is(view.newest.type, way->type) && is_running(&view.newest))
        return follow(call, way, view.newest.id, view.newest.status, view.newest.ours,
                      POLL_FIRST_MS);
    if (view.any && is(view.newest.type, way->type))
        return done(call, view.newest.id, view.newest.status, view.newest.ours, !view.newest.ours);
    if (view.any_ours && is(view.ours.status, "Succeeded"))
        return call->host->fail(call, QUELL_CONFLICT, 0,
                                "the %s was done, and was taken back since (machine action %.*s)",
                                way->word, QUELL_ARG(view.newest.id));
    /* What this call sent came to a bad end; what an earlier attempt sent does not matter. */
    if (memory.again && view.any_ours && !is_of_before)
        return follow(call, way, view.ours.id, view.ours.status, true, POLL_FIRST_MS);
    if (view.any && is_running(&view.newest))
        return look_later(call, memory, POLL_FIRST_MS);
    if (!view.any && !way->isolates)
        return done(call, QUELL_STR(""), QUELL_STR("Succeeded"), false, true);
    return nothing_there(call, way, memory, &view);
}

static enum quell_turn looked(struct quell_call *call, const struct direction *way,
                              const struct quell_reply *reply, bool again)
{
    struct memory memory = recall(call, again);
    struct quell_value page = quell_get(reply->json, "value");

    if (reply->code || reply->status != 200)
        return call->host->refuse(call, reply);
    if (!quell_is(page, QUELL_LIST))
        return call->host->fail(call, QUELL_UNAVAILABLE, 200,
                                "the list of machine actions is no list");
    memory.seen = add_page(call, memory.seen, page);
    if (quell_count(memory.seen) > ITEMS_MAX)
        return call->host->fail(call, QUELL_LIMIT, 0, "the device has more than %d isolations",
                                (int)ITEMS_MAX);
    /* The link itself may name another host of the service, so the page is asked for by number. */
    memory.skip += (int64_t)quell_count(page);
    if (quell_get_str(reply->json, "@odata.nextLink").len > 0 && quell_count(page) > 0)
        return look(call, &memory);
    return decide(call, way, memory);
}

/* ---- posting and polling ---------------------------------------------------------------------*/

/* It is not sent again in this attempt, whatever is listed. */
static enum quell_turn look_for_ours(struct quell_call *call, struct memory memory)
{
    call->host->lost(call);
    memory.accepted = true;
    return look(call, &memory);
}

static bool is_duplicate(const struct quell_reply *reply)
{
    struct quell_value error = quell_get(reply->json, "error");

    return reply->status == 400 &&
           quell_text_is(quell_get(error, "code"), "ActiveRequestAlreadyExists");
}

static enum quell_turn posted(struct quell_call *call, const struct direction *way,
                              const struct quell_reply *reply)
{
    struct memory memory = recall(call, true);
    struct quell_str id = quell_get_str(reply->json, "id");
    struct quell_str comment = quell_get_str(reply->json, "requestorComment");
    bool accepted = reply->code == QUELL_OK && (reply->status == 201 || reply->status == 200);

    if (accepted && id.len == 0)
        return look_for_ours(call, memory);
    if (reply->code == QUELL_UNKNOWN_OUTCOME)
        return look(call, &memory);
    if (!reply->code && is_duplicate(reply)) {
        memory.refusals++;
        return look_later(call, memory, RELOOK_MS);
    }
    if (!accepted)
        return call->host->refuse(call, reply);
    /* The service may answer a duplicate with the action that runs already. */
    return follow(call, way, id, quell_get_str(reply->json, "status"),
                  contains(comment, marker(call)), POLL_FIRST_MS);
}

static enum quell_turn ask(struct quell_call *call)
{
    struct quell_str id = call->host->escape(call, "path", quell_get_str(call->state, "id"));

    return defender_get(call, call->host->format(call, "/api/machineactions/%.*s", QUELL_ARG(id)),
                        call->state);
}

static bool is_down(const struct quell_reply *reply)
{
    return reply->code == QUELL_UNAVAILABLE || reply->code == QUELL_TIMED_OUT ||
           reply->code == QUELL_THROTTLED || reply->status == 408 || reply->status >= 500;
}

/* The action goes on at the service, so a service that cannot be asked now is asked later. What we
 * caused there does not come to nothing because we may not ask any more. */
static enum quell_turn asked(struct quell_call *call, const struct direction *way,
                             const struct quell_reply *reply)
{
    struct quell_str id = quell_get_str(call->state, "id");
    bool ours = quell_get_bool(call->state, "ours", false);
    int64_t wait_ms = quell_get_int(call->state, "wait_ms", POLL_FIRST_MS);
    const struct memory gone = {.again = true, .before = quell_get(call->state, "before")};

    if (!reply->code && reply->status == 404)
        return ours ? look_for_ours(call, gone) : look(call, &gone);
    if (ours && (reply->code || reply->status != 200))
        call->host->lost(call);
    if (is_down(reply))
        return poll_later(call, id, ours, POLL_MOST_MS);
    if (reply->code || reply->status != 200)
        return call->host->refuse(call, reply);
    return follow(call, way, id, quell_get_str(reply->json, "status"), ours, wait_ms);
}

static enum quell_turn turn(struct quell_call *call, const struct direction *way,
                            const struct quell_reply *reply)
{
    struct quell_value phase = quell_get(call->state, "phase");
    bool polling = quell_text_is(phase, "poll"), posting = quell_text_is(phase, "post");
    struct memory memory = recall(call, posting || quell_text_is(phase, "relook"));

    if (call->resumed)
        memory = from_the_start(memory);
    if (polling)
        return reply ? asked(call, way, reply) : ask(call);
    if (posting && reply)
        return posted(call, way, reply);
    return reply ? looked(call, way, reply, memory.again) : look(call, &memory);
}

enum quell_turn defender_isolate(struct quell_call *call, const struct quell_reply *reply)
{
    return turn(call, &isolating, reply);
}

enum quell_turn defender_release(struct quell_call *call, const struct quell_reply *reply)
{
    return turn(call, &releasing, reply);
}

/* ---- reading ---------------------------------------------------------------------------------*/

enum quell_turn defender_isolation(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct memory memory = recall(call, false);
    struct quell_value page;
    struct view view;

    if (!reply)
        return look(call, &memory);
    page = quell_get(reply->json, "value");
    if (reply->code || reply->status != 200)
        return host->refuse(call, reply);
    if (!quell_is(page, QUELL_LIST))
        return host->fail(call, QUELL_REFUSED, 200, "the list of machine actions is no list");
    memory.seen = add_page(call, memory.seen, page);
    if (quell_count(memory.seen) > ITEMS_MAX)
        return host->fail(call, QUELL_LIMIT, 0, "the device has more than %d isolations",
                          (int)ITEMS_MAX);
    memory.skip += (int64_t)quell_count(page);
    if (quell_get_str(reply->json, "@odata.nextLink").len > 0 && quell_count(page) > 0)
        return look(call, &memory);
    view = make_view(&isolating, memory.seen);
    return host->done(call,
                      host->map(call, "device_id", quell_get(call->input, "device_id"), "isolated",
                                quell_bool(view.any && is(view.newest.type, isolating.type)),
                                "action_id", quell_string(view.newest.id), "status",
                                quell_string(view.newest.status), NULL));
}
