/*
 * email.c - mail through an SMTP server. The engine builds the MIME message, encodes what is not
 * ASCII and speaks SMTP; this file says what the mail is.
 */
#include <quell/connector.h>

/* The domain of `name@domain` or `Name <name@domain>`. */
static struct quell_str domain_of(struct quell_str address)
{
    size_t at = address.len, end = address.len;

    while (end > 0 && (address.data[end - 1] == '>' || address.data[end - 1] == ' '))
        end--;
    for (at = end; at > 0 && address.data[at - 1] != '@';)
        at--;
    return (struct quell_str){address.data + at, end - at};
}

/* A step's path as a part of a Message-ID: contain[0].isolate -> contain.0.isolate */
static struct quell_str step_text(struct quell_call *call)
{
    char *text = call->host->alloc(call, call->step.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < call->step.len; i++) {
        char c = call->step.data[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (alnum || c == '_' || c == '-')
            text[len++] = c;
        else if (len > 0 && text[len - 1] != '.' && c != ']')
            text[len++] = '.';
    }
    while (len > 0 && text[len - 1] == '.')
        len--;
    return (struct quell_str){text, len};
}

/* The same run and step have the same id, so a mail that arrived twice can be told. */
static struct quell_str message_id(struct quell_call *call)
{
    struct quell_str domain = domain_of(quell_get_str(call->settings, "from"));

    return call->host->format(call, "%.*s.%.*s@%.*s", QUELL_ARG(call->run),
                              QUELL_ARG(step_text(call)), QUELL_ARG(domain));
}

static enum quell_turn send_turn(struct quell_call *call, const struct quell_reply *reply)
{
    const struct quell_host *host = call->host;
    struct quell_value input = call->input;
    struct quell_str id = message_id(call);
    struct quell_value to = quell_get(input, "to"), cc = quell_get(input, "cc");
    struct quell_value bcc = quell_get(input, "bcc");
    struct quell_mail mail = {.to = to, .cc = cc, .bcc = bcc, .message_id = id};
    struct quell_request request = {.protocol = QUELL_MAIL, .changes = true, .mail = &mail};
    size_t count = quell_count(to) + quell_count(cc) + quell_count(bcc);

    if (!reply) {
        mail.subject = quell_get_str(input, "subject");
        mail.text = quell_get_str(input, "body");
        mail.html = quell_get_str(input, "html");
        return host->send(call, &request, host->map(call, "message_id", quell_string(id), NULL));
    }
    if (reply->code || reply->status < 200 || reply->status >= 300)
        return host->refuse(call, reply);
    return host->done(call, host->map(call, "message_id", quell_string(id), "recipients",
                                      quell_int((int64_t)count), NULL));
}

/* ---- the manifest ----------------------------------------------------------------------------*/

#define FIELD_ADDRESSES(key, needed, text)                                                         \
    {                                                                                              \
        .name = (key), .type = QUELL_FIELD_LIST, .of = QUELL_FIELD_STRING,                         \
        .flags = QUELL_ONE_OR_MANY | (needed), .sink = "mail-address", .size_max = 200,            \
        .doc = (text)                                                                              \
    }

static const struct quell_field inputs[] = {
    FIELD_ADDRESSES("to", QUELL_REQUIRED | QUELL_NOT_EMPTY,
                    "Who gets it: name@domain, or Name <name@domain>."),
    FIELD_ADDRESSES("cc", 0, "Who gets a copy."),
    FIELD_ADDRESSES("bcc", 0, "Who gets a copy without being shown."),
    {.name = "subject",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED,
     .sink = "header",
     .size_max = 1000,
     .doc = "Subject; one line."},
    {.name = "body", .type = QUELL_FIELD_STRING, .flags = QUELL_REQUIRED, .doc = "The text."},
    {.name = "html",
     .type = QUELL_FIELD_STRING,
     .sink = "html",
     .doc = "The same as HTML, for those who show it; what `${{ }}` gives is encoded."},
    {0},
};

static const struct quell_field outputs[] = {
    {.name = "message_id",
     .type = QUELL_FIELD_STRING,
     .doc = "Message-ID, made from run and step."},
    {.name = "recipients",
     .type = QUELL_FIELD_INT,
     .doc = "How many addresses the server accepted it for."},
    {0},
};

static const struct quell_field settings[] = {
    {.name = "from",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .sink = "mail-address",
     .doc = "The sender."},
    {.name = "tls",
     .type = QUELL_FIELD_ENUM,
     .words = (const char *const[]){"required", "none", NULL},
     .fallback = "\"required\"",
     .doc = "STARTTLS is demanded of smtp:// servers; none is for loopback only."},
    {0},
};

static const struct quell_target targets[] = {
    {"mailbox", "to"}, {"mailbox", "cc"}, {"mailbox", "bcc"}, {0}};

static const struct quell_action send = {
    .name = "send",
    .doc = "Sends a mail; it is never sent twice.",
    .effect = QUELL_NOTES,
    .repeat = QUELL_ONCE,
    .inputs = inputs,
    .outputs = outputs,
    .targets = targets,
    .example = "{\"message_id\": \"0197b0b7-5a3c-7000-8000-000000000001.tell@contoso.example\", "
               "\"recipients\": 1}",
    .turn = send_turn,
};

static const struct quell_action *const actions[] = {&send, NULL};

const struct quell_connector QUELL_CONNECTOR = {
    .abi = QUELL_ABI,
    .size = sizeof(struct quell_connector),
    .action_size = sizeof(struct quell_action),
    .field_size = sizeof(struct quell_field),
    .name = "email",
    .version = "1.0.0",
    .title = "Email",
    .doc = "Mail through an SMTP server.",
    .settings = settings,
    .auth = (const char *const[]){"none", "basic", NULL},
    .actions = actions,
};
