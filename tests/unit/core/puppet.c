/*
 * puppet.c - a connector whose actions do what the input `script` says, one letter a turn: s sends
 * a change, g a read, z sleeps an hour, L a moment, again and again with a large state. At the end
 * of the script the call is done. A turn that follows a crash with nothing sent anew is done at
 * once when the input `resumed` says so.
 */
#include <string.h>

#include <quell/connector.h>

static enum quell_turn sends(struct quell_call *call, bool changes, struct quell_value state)
{
    struct quell_request request = {.protocol = QUELL_HTTP,
                                    .method = changes ? "POST" : "GET",
                                    .path =
                                        call->host->format(call, "/%.*s", QUELL_ARG(call->step)),
                                    .changes = changes};

    return call->host->send(call, &request, state);
}

static enum quell_turn turn(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct quell_str script = quell_get_str(call->input, "script");
    int64_t at = quell_get_int(call->state, "at", 0);
    struct quell_value state = host->map(call, "at", quell_int(at + 1), NULL);
    char letter = at < (int64_t)script.len ? script.data[at] : 'd';

    if (reply && (reply->code || reply->status >= 300))
        return host->refuse(call, reply);
    if (call->resumed && quell_get_bool(call->input, "resumed", false))
        letter = 'd';
    if (letter == 's' || letter == 'g')
        return sends(call, letter == 's', state);
    if (letter == 'z')
        return host->later(call, 3600000, state);
    if (letter == 'L') {
        char *text = host->alloc(call, 60000);
        memset(text, 'x', 60000);
        state = host->map(call, "at", quell_int(at), "much",
                          quell_string((struct quell_str){text, 60000}), NULL);
        return host->later(call, 0, state);
    }
    return host->done(call, host->map(call, "id", quell_text("d"), NULL));
}

static const struct quell_field inputs[] = {
    {.name = "script", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED, .doc = "Letters."},
    {.name = "resumed", .type = QUELL_FIELD_BOOL, .fallback = "false", .doc = "Done at once."},
    {0},
};

static const struct quell_field outputs[] = {
    {.name = "id", .type = QUELL_FIELD_STRING, .doc = "Always d."},
    {0},
};

#define ACTION(variable, name_, effect_, repeat_)                                                  \
    static const struct quell_action variable = {.name = (name_),                                  \
                                                 .doc = "Does what it is told.",                   \
                                                 .effect = (effect_),                              \
                                                 .repeat = (repeat_),                              \
                                                 .inputs = inputs,                                 \
                                                 .outputs = outputs,                               \
                                                 .example = "{\"id\": \"d\"}",                     \
                                                 .turn = turn}
ACTION(look, "look", QUELL_READS, QUELL_PURE);
ACTION(put, "put", QUELL_CHANGES, QUELL_KEYED);
ACTION(post, "post", QUELL_CHANGES, QUELL_ONCE);

static const struct quell_action *const actions[] = {&look, &put, &post, NULL};

const struct quell_connector QUELL_CONNECTOR = {
    .abi = QUELL_ABI,
    .size = sizeof(struct quell_connector),
    .action_size = sizeof(struct quell_action),
    .field_size = sizeof(struct quell_field),
    .name = "puppet",
    .version = "1",
    .title = "Puppet",
    .doc = "For tests.",
    .auth = (const char *const[]){"none", NULL},
    .actions = actions,
};
