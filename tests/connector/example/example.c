/*
 * example.c - a connector built outside the tree: only <quell/connector.h>, no symbol of the
 * engine. Its one action asks a server for a greeting and sleeps once, to show all that turns can
 * do.
 */
#include <quell/connector.h>

#ifndef EXAMPLE_ABI
#define EXAMPLE_ABI QUELL_ABI /* a test builds it for another one */
#endif

static enum quell_turn greet_turn(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct quell_value phase = quell_get(call->state, "phase");
    struct quell_str name = host->escape(call, "path", quell_get_str(call->input, "name"));
    struct quell_request request = {.protocol = QUELL_HTTP, .method = "GET"};

    if (quell_is_null(phase))
        return host->later(call, 1, host->map(call, "phase", quell_text("waited"), NULL));
    if (!reply) {
        request.path = host->format(call, "/greet/%.*s", QUELL_ARG(name));
        return host->send(call, &request, host->map(call, "phase", quell_text("asked"), NULL));
    }
    if (reply->code || reply->status != 200)
        return host->refuse(call, reply);
    return host->done(call, host->map(call, "greeting", quell_get(reply->json, "greeting"), NULL));
}

static const struct quell_field inputs[] = {
    {.name = "name",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .sink = "path",
     .doc = "Who is greeted."},
    {0},
};

static const struct quell_field outputs[] = {
    {.name = "greeting", .type = QUELL_FIELD_STRING, .doc = "What was said."},
    {0},
};

static const struct quell_action greet = {
    .name = "greet",
    .doc = "Asks for a greeting.",
    .effect = QUELL_READS,
    .repeat = QUELL_PURE,
    .inputs = inputs,
    .outputs = outputs,
    .example = "{\"greeting\": \"hello\"}",
    .turn = greet_turn,
};

static const struct quell_action *const actions[] = {&greet, NULL};

const struct quell_connector QUELL_CONNECTOR = {
    .abi = EXAMPLE_ABI,
    .size = sizeof(struct quell_connector),
    .action_size = sizeof(struct quell_action),
    .field_size = sizeof(struct quell_field),
    .name = "example",
    .version = "0.1.0",
    .title = "Example",
    .doc = "A connector that is not part of quell.",
    .actions = actions,
};
