/*
 * webhook.c - tells another program, as Standard Webhooks has it: a JSON body, and the engine signs
 * it. The id is made from the step, so whoever gets it twice can tell.
 */
#include <quell/connector.h>

static enum quell_turn send_turn(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct quell_request request = {.protocol = QUELL_HTTP,
                                    .changes = true,
                                    .method = "POST",
                                    .json = quell_get(call->input, "json")};
    struct quell_str id = call->uuid;

    if (!reply)
        return host->send(call, &request, host->map(call, "id", quell_string(id), NULL));
    if (reply->code || reply->status < 200 || reply->status >= 300)
        return host->refuse(call, reply);
    return host->done(
        call, host->map(call, "id", quell_string(id), "status", quell_int(reply->status), NULL));
}

/* ---- the manifest ----------------------------------------------------------------------------*/

static const struct quell_field inputs[] = {
    {.name = "json",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .flags = QUELL_REQUIRED,
     .doc = "What is told, sent as JSON."},
    {0},
};

static const struct quell_field outputs[] = {
    {.name = "id", .type = QUELL_FIELD_STRING, .doc = "The webhook-id, the same on every try."},
    {.name = "status", .type = QUELL_FIELD_INT, .doc = "Status of the answer."},
    {0},
};

static const struct quell_action send = {
    .name = "send",
    .doc = "Posts JSON to the connection's url; a repetition has the same webhook-id.",
    .effect = QUELL_NOTES,
    .repeat = QUELL_KEYED,
    .inputs = inputs,
    .outputs = outputs,
    .example = "{\"id\": \"5a1fd0ab-3c7b-5d0e-8f0c-0d2b7a1c9e11\", \"status\": 204}",
    .turn = send_turn,
};

static const struct quell_action *const actions[] = {&send, NULL};

const struct quell_connector QUELL_CONNECTOR = {
    .abi = QUELL_ABI,
    .size = sizeof(struct quell_connector),
    .action_size = sizeof(struct quell_action),
    .field_size = sizeof(struct quell_field),
    .name = "webhook",
    .version = "1.0.0",
    .title = "Webhook out",
    .doc = "Signed messages to another program, as Standard Webhooks.",
    .auth = (const char *const[]){"standard", NULL},
    .actions = actions,
};
