/*
 * declared.c - the turns of declared actions: one function for all of them, which works from the
 * call's state and what the loader compiled. It needs nothing but the host functions, so a test can
 * play the host.
 */
#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "connector/declared_parts.h"
#include "connector/sink.h"
#include "value/value.h"

/* One turn at work. */
struct work {
    struct quell_call *call;
    struct arena *arena; /* freed when the turn returns: the host copies what it is given */
    struct cel_scope scope;
    struct quell_error err;
};

static enum quell_turn give_up(struct work *work)
{
    return work->call->host->fail(work->call, work->err.code, 0, "%s", work->err.message);
}

/* ---- scope -----------------------------------------------------------------------------------*/

static struct quell_value call_value(struct work *work)
{
    const struct quell_call *call = work->call;
    struct map_builder map = {.arena = work->arena};

    map_add(&map, "key", quell_string(call->key));
    map_add(&map, "uuid", quell_string(call->uuid));
    map_add(&map, "run", quell_string(call->run));
    map_add(&map, "step", quell_string(call->step));
    return map_made(&map);
}

static struct quell_value reply_value(struct work *work, const struct quell_reply *reply)
{
    struct map_builder map = {.arena = work->arena};

    map_add(&map, "status", quell_int(reply->status));
    map_add(&map, "json", reply->json);
    map_add(&map, "body", quell_string(reply->body));
    map_add(&map, "headers", reply->headers);
    return map_made(&map);
}

static void make_scope(struct work *work, const struct quell_reply *reply)
{
    struct map_builder map = {.arena = work->arena};

    map_add(&map, "input", work->call->input);
    map_add(&map, "settings", work->call->settings);
    map_add(&map, "call", call_value(work));
    if (reply)
        map_add(&map, "reply", reply_value(work, reply));
    work->scope.vars = map_made(&map);
}

/* ---- evaluating ------------------------------------------------------------------------------*/

static enum quell_code faulty(struct work *work, const char *where, const struct cel_fault *fault)
{
    return error_set(&work->err, QUELL_INVALID, "%s: %s", where, fault->message);
}

static enum quell_code eval_template(struct work *work, const char *where,
                                     const struct cel_template *text, struct quell_value *value)
{
    struct cel_fault fault = {0};

    if (cel_template_eval(text, &work->scope, work->arena, value, &fault))
        return faulty(work, where, &fault);
    return QUELL_OK;
}

/* An optional member that is not there is left out. */
static struct quell_value without_absent(struct arena *arena, struct quell_value value)
{
    if (quell_is(value, QUELL_OPTIONAL))
        return value.len > 0 ? without_absent(arena, value.as.items[0]) : value;
    if (quell_is(value, QUELL_LIST)) {
        struct list_builder list = {.arena = arena};
        for (size_t i = 0; i < quell_count(value); i++) {
            struct quell_value item = without_absent(arena, quell_at(value, i));
            if (!quell_is(item, QUELL_OPTIONAL))
                list_add(&list, item);
        }
        return list_made(&list);
    }
    if (quell_is(value, QUELL_MAP)) {
        struct map_builder map = {.arena = arena};
        for (size_t i = 0; i < quell_count(value); i++) {
            struct quell_value item = without_absent(arena, value.as.pairs[i].value);
            if (!quell_is(item, QUELL_OPTIONAL))
                map_add_key(&map, value.as.pairs[i].key, item);
        }
        return map_made(&map);
    }
    return value;
}

static enum quell_code eval_tree(struct work *work, const char *where, const struct cel_tree *tree,
                                 struct quell_value *value)
{
    struct cel_fault fault = {0};
    struct quell_value made;

    if (cel_tree_eval(tree, &work->scope, work->arena, &made, &fault))
        return faulty(work, where, &fault);
    *value = without_absent(work->arena, made);
    return QUELL_OK;
}

/* ---- the request -----------------------------------------------------------------------------*/

/* Data may name a resource only of the shape that the file gives; each segment is escaped. */
static enum quell_code build_resource(struct work *work, const struct declared_request *request,
                                      struct quell_str *path)
{
    struct quell_value value;
    struct quell_str rest, segment, escaped, first;
    size_t count = 0;
    enum quell_code code = eval_template(work, "resource", request->resource, &value);

    if (code)
        return code;
    if (!str_cut(quell_str(value), '/', &first, &rest) || first.len > 0)
        return error_set(&work->err, QUELL_INVALID, "resource: is not a path that begins with /");
    for (bool more = true; more; count++) {
        struct quell_str wanted;
        more = str_cut(rest, '/', &segment, &rest);
        if (count == request->shape_count)
            return error_set(&work->err, QUELL_INVALID, "resource: has too many segments");
        wanted = request->shape[count];
        if (!str_is(wanted, "*") && !str_equal_fold(wanted, segment))
            return error_set(&work->err, QUELL_INVALID, "resource: `%.*s` is expected, not `%.*s`",
                             QUELL_ARG(wanted), QUELL_ARG(segment));
        /* Fixed segments go out as the file spells them, whatever the case of the data. */
        escaped = wanted;
        if (str_is(wanted, "*"))
            code = sink_escape(work->arena, "path", segment, &escaped, &work->err);
        if (code)
            return code;
        *path = arena_format(work->arena, "%.*s/%.*s", QUELL_ARG(*path), QUELL_ARG(escaped));
    }
    if (count != request->shape_count)
        return error_set(&work->err, QUELL_INVALID, "resource: has too few segments");
    return QUELL_OK;
}

static enum quell_code build_path(struct work *work, const struct declared_request *request,
                                  struct quell_str *path)
{
    for (size_t i = 0; i < request->path_count; i++) {
        const struct declared_part *part = &request->path[i];
        struct cel_fault fault = {0};
        struct quell_value value;
        struct quell_str text = part->text;
        if (part->expr && cel_eval(part->expr, &work->scope, work->arena, &value, &fault))
            return faulty(work, "path", &fault);
        if (part->expr &&
            sink_escape(work->arena, "path", cel_to_text(work->arena, value), &text, &work->err))
            return work->err.code;
        *path = arena_format(work->arena, "%.*s%.*s", QUELL_ARG(*path), QUELL_ARG(text));
    }
    return QUELL_OK;
}

static enum quell_code build_query(struct work *work, const struct declared_request *request,
                                   struct quell_str *path)
{
    char joint = '?';

    for (size_t i = 0; i < request->query_count; i++) {
        struct quell_value value;
        struct quell_str text;
        enum quell_code code =
            eval_template(work, request->query[i].name, request->query[i].text, &value);
        if (code)
            return code;
        value = without_absent(work->arena, value);
        if (quell_is_null(value) || quell_is(value, QUELL_OPTIONAL))
            continue;
        if (quell_is(value, QUELL_LIST) || quell_is(value, QUELL_MAP))
            return error_set(&work->err, QUELL_INVALID, "query: `%s` is no single value",
                             request->query[i].name);
        code =
            sink_escape(work->arena, "query", cel_to_text(work->arena, value), &text, &work->err);
        if (code)
            return code;
        *path = arena_format(work->arena, "%.*s%c%s=%.*s", QUELL_ARG(*path), joint,
                             request->query[i].name, QUELL_ARG(text));
        joint = '&';
    }
    return QUELL_OK;
}

static enum quell_code build_headers(struct work *work, const struct declared_request *request,
                                     struct quell_header *headers, size_t *count)
{
    for (size_t i = 0; i < request->header_count; i++) {
        struct quell_value value;
        enum quell_code code =
            eval_template(work, request->headers[i].name, request->headers[i].text, &value);
        if (code)
            return code;
        value = without_absent(work->arena, value);
        if (quell_is_null(value) || quell_is(value, QUELL_OPTIONAL))
            continue;
        code = sink_escape(work->arena, "header", cel_to_text(work->arena, value),
                           &headers[*count].value, &work->err);
        if (code)
            return code;
        headers[(*count)++].name = request->headers[i].name;
    }
    return QUELL_OK;
}

static enum quell_turn send(struct work *work, const struct declared_request *request,
                            int64_t tries)
{
    struct quell_header *headers =
        arena_array(work->arena, struct quell_header, request->header_count);
    struct quell_request made = {.protocol = QUELL_HTTP,
                                 .changes = request->changes,
                                 .method = request->method,
                                 .headers = headers,
                                 .json = quell_null()};
    enum quell_code code = QUELL_OK;

    if (request->resource)
        code = build_resource(work, request, &made.path);
    if (!code)
        code = build_path(work, request, &made.path);
    if (!code)
        code = build_query(work, request, &made.path);
    if (!code)
        code = build_headers(work, request, headers, &made.header_count);
    if (!code && request->json)
        code = eval_tree(work, "json", request->json, &made.json);
    if (code)
        return give_up(work);
    return work->call->host->send(work->call, &made,
                                  work->call->host->map(work->call, "sent", quell_text("request"),
                                                        "tries", quell_int(tries), NULL));
}

/* ---- the answer ------------------------------------------------------------------------------*/

static bool is_ok(const struct declared_answer *answer, const struct quell_reply *reply)
{
    const int *ok = answer->ok;

    if (reply->code)
        return false;
    if (!ok)
        return reply->status >= 200 && reply->status < 300;
    while (*ok && *ok != reply->status)
        ok++;
    return *ok != 0;
}

static enum quell_turn finish(struct work *work, const struct declared_answer *answer)
{
    struct quell_value output = quell_map(NULL, 0);

    if (answer->output && eval_tree(work, "output", answer->output, &output))
        return give_up(work);
    return work->call->host->done(work->call, output);
}

/* The service's own code: {"error": {"code"}}, {"error": "..."} or {"code"}. */
static struct quell_str word_of(struct quell_value json)
{
    struct quell_value error = quell_get(json, "error");

    if (quell_is(error, QUELL_MAP))
        return quell_get_str(error, "code");
    return quell_is(error, QUELL_STRING) ? quell_str(error) : quell_get_str(json, "code");
}

static const struct declared_rule *find_rule(const struct declared_action *action,
                                             const struct quell_reply *reply)
{
    struct quell_str word = word_of(reply->json);

    for (size_t i = 0; i < action->rule_count && !reply->code; i++) {
        const struct declared_rule *rule = &action->rules[i];
        if ((rule->status == 0 || rule->status == reply->status) &&
            (rule->word.len == 0 || quell_str_equal(rule->word, word)))
            return rule;
    }
    return NULL;
}

static enum quell_turn refused(struct work *work, const struct declared_action *action,
                               const struct quell_reply *reply)
{
    const struct quell_host *host = work->call->host;
    const struct declared_rule *rule = find_rule(action, reply);
    struct quell_str word = word_of(reply->json);
    struct quell_str said = quell_get_str(quell_get(reply->json, "error"), "message");
    int64_t tries = quell_get_int(work->call->state, "tries", 0);

    if (!rule)
        return host->refuse(work->call, reply);
    if (rule->again && tries < LIMIT_SEND_RETRIES)
        return host->later(work->call, (int64_t)1000 << tries,
                           host->map(work->call, "tries", quell_int(tries + 1), NULL));
    return host->fail(work->call, rule->code, reply->status, "answered %d %.*s%s%.*s",
                      reply->status, QUELL_ARG(word), said.len > 0 ? ": " : "", QUELL_ARG(said));
}

/* ---- turns -----------------------------------------------------------------------------------*/

static enum quell_turn take(struct work *work, const struct quell_reply *reply)
{
    const struct declared_action *action = work->call->action->data;

    make_scope(work, reply);
    if (!reply)
        return send(work, &action->request, quell_get_int(work->call->state, "tries", 0));
    if (!is_ok(&action->answer, reply))
        return refused(work, action, reply);
    return finish(work, &action->answer);
}

static enum quell_turn look(struct work *work, const struct quell_reply *reply)
{
    const struct declared_action *action = work->call->action->data;
    const struct declared_settle *settle = action->settle;
    const struct quell_host *host = work->call->host;
    struct quell_value happened = quell_bool(true);
    struct cel_fault fault = {0};

    make_scope(work, reply);
    if (!reply)
        return send(work, &settle->request, 0);
    if (!reply->code && reply->status == 404)
        return host->fail(work->call, QUELL_NOT_FOUND, 404, "it did not happen");
    if (!is_ok(&settle->answer, reply))
        return host->refuse(work->call, reply);
    if (settle->happened &&
        cel_eval(settle->happened, &work->scope, work->arena, &happened, &fault)) {
        (void)faulty(work, "happened", &fault);
        return give_up(work);
    }
    if (!quell_is(happened, QUELL_BOOL))
        return host->fail(work->call, QUELL_INVALID, 0, "happened: is neither true nor false");
    if (!happened.as.boolean)
        return host->fail(work->call, QUELL_NOT_FOUND, 0, "it did not happen");
    return finish(work, settle->answer.output ? &settle->answer : &action->answer);
}

static enum quell_turn in_arena(struct quell_call *call, const struct quell_reply *reply,
                                enum quell_turn (*turn)(struct work *work,
                                                        const struct quell_reply *reply))
{
    struct work work = {.call = call, .arena = arena_new(0)};
    enum quell_turn next = turn(&work, reply);

    arena_free(work.arena);
    return next;
}

enum quell_turn declared_turn(struct quell_call *call, const struct quell_reply *reply)
{
    return in_arena(call, reply, take);
}

enum quell_turn declared_settle_turn(struct quell_call *call, const struct quell_reply *reply)
{
    return in_arena(call, reply, look);
}
