/*
 * config.c - quell.yaml: found, read, checked by a field table. `listen`, `tls`, `hooks`,
 * `senders` and `oidc` belong to serve/, connections to connector/: here they are opaque maps.
 */
#include "core/notify.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "core/gate.h"
#include "loop/file.h"
#include "policy/workspace.h"
#include "value/fields.h"
#include "value/value.h"
#include "value/yaml.h"

static const struct quell_field audit_key_fields[] = {
    {.name = "file",
     .type = QUELL_FIELD_STRING,
     .flags = QUELL_REQUIRED | QUELL_NOT_EMPTY,
     .doc = "File of the Ed25519 key, PEM; it is made at its first use."},
    {.name = NULL},
};

static const struct quell_field audit_fields[] = {
    {.name = "key",
     .type = QUELL_FIELD_OBJECT,
     .fields = audit_key_fields,
     .doc =
         "The key that signs checkpoints: {file: PATH}; without it, the store's path and `.key`."},
    {.name = "checkpoints",
     .type = QUELL_FIELD_STRING,
     .doc =
         "File that checkpoints are appended to, better on another disk; without it, the store's "
         "path and `.checkpoints`."},
    {.name = "checkpoint_every",
     .type = QUELL_FIELD_DURATION,
     .fallback = "\"10m\"",
     .doc = "How often the chain is signed while it grows."},
    {.name = "log",
     .type = QUELL_FIELD_BOOL,
     .fallback = "false",
     .doc = "Each checkpoint is a line of the log, too, which may go to another machine."},
    {.name = NULL},
};

static const struct quell_field retention_fields[] = {
    {.name = "older_than",
     .type = QUELL_FIELD_DURATION,
     .flags = QUELL_REQUIRED,
     .doc =
         "Runs that ended so long ago, with their events, and what came in or was done so long ago "
         "and no run is about."},
    {.name = NULL},
};

const struct quell_field config_fields[] = {
    {.name = "store",
     .type = QUELL_FIELD_STRING,
     .fallback = "\"sqlite:quell.db\"",
     .doc = "Where incidents and journals are kept: `sqlite:PATH` or `memory:`."},
    {.name = "halt_file",
     .type = QUELL_FIELD_STRING,
     .doc = "The kill switch: while this file is there nothing that changes anything is sent. "
            "Without it, it stands beside the store: PATH.halt."},
    {.name = "breaker",
     .type = QUELL_FIELD_OBJECT,
     .fields = breaker_fields,
     .doc = "When a connection or a playbook whose changes fail in a row is stopped for a while."},
    {.name = "listen",
     .type = QUELL_FIELD_ANY,
     .doc = "Address and port of the webhook server; anything but loopback needs `tls`."},
    {.name = "tls",
     .type = QUELL_FIELD_ANY,
     .doc = "Certificate and key of the webhook server: {certificate: FILE, key: FILE}."},
    {.name = "url",
     .type = QUELL_FIELD_STRING,
     .doc = "How people reach this server from outside; makes run.url."},
    {.name = "playbooks",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .fallback = "[]",
     .doc = "Playbook files, and folders of them."},
    {.name = "connectors",
     .type = QUELL_FIELD_LIST,
     .of = QUELL_FIELD_STRING,
     .flags = QUELL_ONE_OR_MANY,
     .fallback = "[]",
     .doc = "Folders with connectors beside the shipped ones: `.yaml` or `.so`."},
    {.name = "connections",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .fallback = "{}",
     .doc = "Configured, signed-in instances of connectors."},
    {.name = "hooks",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .fallback = "{}",
     .doc = "Webhooks by name: POST /hooks/NAME, each with `auth` and maybe `source` and `rate`."},
    {.name = "senders",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .fallback = "{}",
     .doc = "Who may send to playbooks that start `on: webhook`, by name, each with its proof: "
            "`phish_button: { hmac: { header: X-Signature, secret: { env: NAME } } }`."},
    {.name = "users",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_OBJECT,
     .fields = user_fields,
     .fallback = "{}",
     .doc = "People by name, what they may do and how they are known: "
            "`ana: { roles: [approver], groups: [soc-leads] }`."},
    {.name = "oidc",
     .type = QUELL_FIELD_ANY,
     .doc = "The OpenID provider where people sign in: {issuer, client_id, client_secret}."},
    {.name = "groups",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .doc = "Who is in the groups that playbooks name: `soc-leads: [ana, ben]`. Without "
            "it and without `users` a group is not checked."},
    {.name = "notify",
     .type = QUELL_FIELD_OBJECT,
     .fields = notify_fields,
     .doc = "How people are told that a run asks them: `{ via: email, webhooks: { soc-chat: { url: "
            "..., secret: { env: NAME } } } }`."},
    {.name = "config",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .fallback = "{}",
     .doc = "What playbooks read as config.NAME."},
    {.name = "lists",
     .type = QUELL_FIELD_MAP,
     .of = QUELL_FIELD_ANY,
     .fallback = "{}",
     .doc = "What playbooks read as lists.NAME: reference lists."},
    {.name = "policy",
     .type = QUELL_FIELD_OBJECT,
     .fields = policy_fields,
     .flags = QUELL_NULLABLE,
     .doc = "What no playbook may do: caps over all runs, protected assets, maintenance windows, "
            "approvals that must be there."},
    {.name = "audit",
     .type = QUELL_FIELD_OBJECT,
     .fields = audit_fields,
     .fallback = "{}",
     .doc = "How the store proves that it is what was written."},
    {.name = "retention",
     .type = QUELL_FIELD_OBJECT,
     .fields = retention_fields,
     .doc = "What is forgotten once a day: {older_than: 400d}; without it, nothing is."},
    {.name = NULL},
};

const char *config_find(struct arena *arena, const char *wanted)
{
    const char *named = wanted ? wanted : file_environment("QUELL_CONFIG");
    const char *home = file_environment("XDG_CONFIG_HOME");
    const char *user = file_environment("HOME");
    const char *places[3] = {"quell.yaml", NULL, "/etc/quell/quell.yaml"};
    size_t i;

    if (named && named[0])
        return arena_str(arena, quell_str_of(named)).data;
    if (home && home[0])
        places[1] = arena_format(arena, "%s/quell/quell.yaml", home).data;
    else if (user && user[0])
        places[1] = arena_format(arena, "%s/.config/quell/quell.yaml", user).data;
    for (i = 0; i < sizeof(places) / sizeof(*places); i++)
        if (places[i] && file_type(places[i]) == FILE_REGULAR)
            return places[i];
    return NULL;
}

/* The first diagnostic in one line. */
enum quell_code first_fault(const struct diag_list *diags, struct quell_error *err)
{
    const struct diag *first = NULL;
    struct diag_position at;
    size_t i;

    for (i = 0; i < diags->count && first == NULL; i++)
        if (diags->items[i].severity == SEVERITY_ERROR)
            first = &diags->items[i];
    if (first == NULL)
        return error_set(err, QUELL_INVALID, "%.*s: not valid", QUELL_ARG(diags->file));
    at = diag_position(diags->text, first->place.offset);
    return error_set(err, QUELL_INVALID, "%.*s:%zu:%zu: %s %.*s%s%.*s", QUELL_ARG(diags->file),
                     at.line, at.column, first->code, QUELL_ARG(first->message),
                     first->help.len ? "; " : "", QUELL_ARG(first->help));
}

enum quell_code config_read(struct arena *arena, const char *path, struct quell_value *config,
                            struct config_document *document, struct quell_error *err)
{
    struct quell_value found = quell_map(NULL, 0);
    const struct yaml_node *node;
    struct quell_str text = {"", 0};
    enum quell_code code;

    diag_init(&document->diags, arena, quell_str_of(path), text);
    document->node = NULL;
    if (path == NULL)
        return fields_check(arena, config_fields, found, config, err);
    code = file_read(arena, path, LIMIT_DOCUMENT_BYTES, &text, err);
    if (code)
        return code;
    diag_init(&document->diags, arena, quell_str_of(path), text);
    node = document->node = yaml_read(arena, &document->diags);
    if (node == NULL)
        return first_fault(&document->diags, err);
    if (quell_is_null(node->value))
        return fields_check(arena, config_fields, found, config, err);
    if (!fields_check_node(&document->diags, config_fields, node, false))
        return first_fault(&document->diags, err);
    return fields_check(arena, config_fields, node->value, config, err);
}

/* ---- playbooks ---------------------------------------------------------------------------------
 */

struct loaded *loaded_hold(struct loaded *loaded)
{
    loaded->refs++;
    return loaded;
}

void loaded_release(struct loaded *loaded)
{
    struct registry *registry;

    if (loaded == NULL || --loaded->refs > 0)
        return;
    registry = loaded->registry;
    playbook_free(loaded->playbook);
    arena_free(loaded->arena);
    registry_release(registry);
}

enum quell_code loaded_new(struct registry *registry, struct quell_str file, struct quell_str text,
                           struct loaded **loaded, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct playbook_actions actions = {.connectors = registry_connectors(registry)};
    struct loaded *made = arena_one(arena, struct loaded);
    struct diag_list diags;
    enum quell_code code;

    diag_init(&diags, arena, arena_str(arena, file), arena_str(arena, text));
    made->playbook = playbook_load(arena, &actions, incident_fields, &diags);
    if (made->playbook == NULL) {
        code = first_fault(&diags, err);
        arena_free(arena);
        return code;
    }
    made->arena = arena;
    made->refs = 1;
    made->registry = registry_hold(registry);
    *loaded = made;
    return QUELL_OK;
}

enum quell_code loaded_from_file(struct registry *registry, const char *path,
                                 struct loaded **loaded, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_str text;
    enum quell_code code;

    code = file_read(arena, path, LIMIT_DOCUMENT_BYTES, &text, err);
    if (code == QUELL_OK)
        code = loaded_new(registry, quell_str_of(path), text, loaded, err);
    arena_free(arena);
    return code;
}
