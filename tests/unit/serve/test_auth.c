/*
 * test_auth.c - proofs of webhook senders: the published vectors, then a table of forged and
 * replayed deliveries against the real server.
 */
#include "fixture.h"

#include "base/digest.h"
#include "base/limits.h"
#include "loop/file.h"
#include "serve/auth.h"
#include "serve/http_parse.h"

#define VECTORS QUELL_SOURCE_DIR "/tests/unit/serve/data/webhook-vectors.jsonl"

/* ---- the published vectors ---------------------------------------------------------------------
 */

/* How a scheme of the vectors is configured here. */
static const struct {
    const char *scheme, *auth;
} schemes[] = {
    {"standard-webhooks", "{\"standard\": {\"secret\": {\"env\": \"TEST_SECRET\"}}}"},
    {"github", "{\"hmac\": {\"header\": \"X-Hub-Signature-256\", \"prefix\": \"sha256=\", "
               "\"secret\": {\"env\": \"TEST_SECRET\"}}}"},
    {"slack", "{\"kind\": \"hmac\", \"header\": \"X-Slack-Signature\", \"prefix\": \"v0=\", "
              "\"timestamp\": \"X-Slack-Request-Timestamp\", \"content\": "
              "\"v0:{timestamp}:{body}\", \"secret\": {\"env\": \"TEST_SECRET\"}}"},
};

static struct quell_value json(struct arena *arena, struct quell_str text)
{
    struct quell_value value;
    struct quell_error err;

    if (json_read(arena, text, 1 << 20, &value, NULL, &err))
        fail_msg("%s: %.*s", err.message, QUELL_ARG(text));
    return value;
}

static const char *auth_of(struct quell_str scheme)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (str_is(scheme, schemes[i].scheme))
            return schemes[i].auth;
    }
    return NULL;
}

/* The request as the server would have read it, but for blanks around values: some rows test them.
 */
static struct http_request request_of(struct arena *arena, struct quell_value row)
{
    struct quell_value headers = quell_get(row, "headers");
    struct http_request request = {.body = quell_get_str(row, "body")};

    request.field_count = quell_count(headers);
    request.fields = arena_array(arena, struct http_field, request.field_count + 1);
    for (size_t i = 0; i < request.field_count; i++) {
        struct quell_str name = arena_str(arena, quell_str(headers.as.pairs[i].key));

        for (size_t k = 0; k < name.len; k++)
            ((char *)(uintptr_t)name.data)[k] = (char)(name.data[k] | 0x20); /* `-` stays `-` */
        request.fields[i] = (struct http_field){name, quell_str(headers.as.pairs[i].value)};
    }
    return request;
}

static void check_vector(struct arena *arena, struct quell_value row, const char *text)
{
    struct quell_str id = quell_get_str(row, "id");
    struct auth auth;
    struct quell_error err = {.code = QUELL_OK};
    struct http_request request = request_of(arena, row);
    bool valid;

    setenv("TEST_SECRET", arena_str(arena, quell_get_str(row, "secret")).data, 1);
    assert_int_equal(auth_check(arena, json(arena, quell_str_of(text)), &auth, &err), QUELL_OK);
    if (quell_is_null(quell_get(row, "valid"))) { /* a secret that is none */
        if (auth_load(&auth, &err) == QUELL_OK)
            fail_msg("%.*s: was taken", QUELL_ARG(id));
        auth_wipe(&auth);
        return;
    }
    if (auth_load(&auth, &err))
        fail_msg("%.*s: %s", QUELL_ARG(id), err.message);
    valid = auth_head(&auth, &request, quell_get_int(row, "now", 0), &err) == QUELL_OK &&
            auth_body(&auth, &request, &err) == QUELL_OK;
    if (valid != quell_get_bool(row, "valid", false))
        fail_msg("%.*s: %s (%s)", QUELL_ARG(id), valid ? "accepted" : "refused", err.message);
    auth_wipe(&auth);
}

static void the_published_vectors_hold(void **state)
{
    struct arena *arena = arena_new(0);
    struct quell_str rest, line;
    struct quell_error err;
    size_t checked = 0;

    (void)state;
    assert_int_equal(file_read(arena, VECTORS, 1 << 20, &rest, &err), QUELL_OK);
    while (rest.len > 0) {
        struct quell_value row;
        const char *auth;

        (void)str_cut(rest, '\n', &line, &rest);
        row = json(arena, line);
        auth = auth_of(quell_get_str(row, "scheme"));
        if (auth) {
            check_vector(arena, row, auth);
            checked++;
        }
    }
    assert_int_equal(checked, 50); /* all but the five of RFC 4231, which base/ tests */
    arena_free(arena);
}

/* ---- what may be written -----------------------------------------------------------------------
 */

static const struct {
    const char *auth, *problem; /* NULL = it may */
} writings[] = {
    {"\"none\"", NULL},
    {"{\"none\": null}", NULL},
    {"{\"none\": {\"delivery\": \"X-Id\"}}", NULL},
    {"{\"bearer\": {\"token\": [{\"env\": \"A\"}, {\"file\": \"b\"}]}}", NULL},
    {"null", "say how the sender proves itself"},
    {"\"basic\"", "`basic` is not one of standard, hmac, bearer, none"},
    {"{\"basic\": {}}", "`basic` is not one of"},
    {"\"standard\"", "`secret`"},
    {"{\"standard\": {}, \"none\": {}}", "say how the sender proves itself"},
    {"{\"standard\": {\"secret\": \"whsec_abc\"}}", "never as text"},
    {"{\"standard\": {\"secret\": {\"env\": \"A\"}, \"tolerance\": 900}}", "tolerance"},
    {"{\"standard\": {\"secret\": []}}", "`secret`: a list of 1 to 4"},
    {"{\"bearer\": {\"token\": {\"exec\": [\"x\"]}}}", "a secret"},
    {"{\"hmac\": {\"secret\": {\"env\": \"A\"}}}", "`header`"},
    {"{\"hmac\": {\"header\": \"X Y\", \"secret\": {\"env\": \"A\"}}}", "no name of a header"},
    {"{\"hmac\": {\"header\": \"X\", \"encoding\": \"HEX\", \"secret\": {\"env\": \"A\"}}}",
     "`encoding`"},
    {"{\"hmac\": {\"header\": \"X\", \"content\": \"{timestamp}\", \"secret\": {\"env\": \"A\"}}}",
     "must have {body}"},
    {"{\"hmac\": {\"header\": \"X\", \"content\": \"{ts}{body}\", \"secret\": {\"env\": \"A\"}}}",
     "the only words in braces"},
    {"{\"hmac\": {\"header\": \"X\", \"timestamp\": \"T\", \"content\": \"{body}\", \"secret\": "
     "{\"env\": \"A\"}}}",
     "must have {timestamp}"},
    {"{\"hmac\": {\"header\": \"X\", \"content\": \"{timestamp}{body}\", \"secret\": {\"env\": "
     "\"A\"}}}",
     "must have {timestamp} in it when"},
    {"{\"hmac\": {\"header\": \"X\", \"content\": \"{id}{body}\", \"secret\": {\"env\": \"A\"}}}",
     "{id} needs `delivery`"},
};

static void what_is_written_under_auth_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(writings) / sizeof(writings[0]); i++) {
        struct arena *arena = arena_new(0);
        struct auth auth;
        struct quell_error err = {.code = QUELL_OK};
        enum quell_code code =
            auth_check(arena, json(arena, quell_str_of(writings[i].auth)), &auth, &err);

        if (writings[i].problem ? code != QUELL_INVALID || !strstr(err.message, writings[i].problem)
                                : code != QUELL_OK)
            fail_msg("%s: %d %s", writings[i].auth, (int)code, err.message);
        arena_free(arena);
    }
}

static void the_example_of_every_kind_may_be_written(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (const struct auth_kind *kind = auth_kinds; kind->name; kind++) {
        assert_non_null(kind->doc);
        assert_true(strstr(kind->example, kind->name) != NULL);
        assert_true(!kind->secret == !kind->challenge);
    }
    arena_free(arena);
}

/* ---- forged and replayed deliveries ------------------------------------------------------------
 */

#define KEY "0123456789abcdef01234567"   /* of hook `std` */
#define OTHER "76543210fedcba9876543210" /* of hook `twin` */
#define BODY "{\"title\":\"x\"}"

static const char config[] =
    "{\"listen\": \"127.0.0.1:0\", \"hooks\": {"
    "\"std\": {\"source\": \"sentinel\", \"auth\": {\"standard\": {\"secret\": {\"env\": "
    "\"TEST_STD\"}}}},"
    "\"twin\": {\"auth\": {\"standard\": {\"secret\": [{\"env\": \"TEST_TWIN\"}, {\"env\": "
    "\"TEST_NEW\"}]}}},"
    "\"hub\": {\"auth\": {\"hmac\": {\"header\": \"X-Hub-Signature-256\", \"prefix\": "
    "\"sha256=\", \"secret\": {\"env\": \"TEST_HUB\"}, \"delivery\": \"X-GitHub-Delivery\"}}},"
    "\"b64\": {\"auth\": {\"hmac\": {\"header\": \"X-Sig\", \"encoding\": \"base64\", "
    "\"timestamp\": \"X-Time\", \"secret\": {\"env\": \"TEST_HUB\"}}}},"
    "\"token\": {\"auth\": {\"bearer\": {\"token\": {\"env\": \"TEST_TOKEN\"}}}}}}";

struct delivery {
    const char *hook, *key, *id, *body;
    int64_t skew_s;
    const char *sent_id, *sent_body; /* other than what was signed; NULL = the same */
    int64_t sent_skew_s;             /* added to the timestamp that was signed */
    const char *extra;               /* more fields */
    const char *leave_out;           /* a field that is not sent */
    const char *mark;                /* before the signature; NULL = "v1," */
};

static struct quell_str sign(struct arena *arena, const char *key, const struct quell_str *parts,
                             size_t count)
{
    uint8_t mac[DIGEST_SHA256];

    digest_hmac_sha256(quell_str_of(key), parts, count, mac);
    return digest_base64(arena, (struct quell_str){(const char *)mac, sizeof(mac)});
}

static void add_field(struct buf *out, const struct delivery *delivery, const char *name,
                      struct quell_str value)
{
    if (!delivery->leave_out || strcmp(delivery->leave_out, name) != 0)
        buf_add_format(out, "%s: %.*s\r\n", name, QUELL_ARG(value));
}

static struct quell_str build(struct arena *arena, const struct delivery *d)
{
    const char *body = d->sent_body ? d->sent_body : d->body;
    int64_t at_s = clock_now_us() / 1000000 + d->skew_s;
    struct quell_str dot = QUELL_STR("."), stamp = arena_format(arena, "%lld", (long long)at_s);
    struct quell_str parts[] = {quell_str_of(d->id), dot, stamp, dot, quell_str_of(d->body)};
    struct quell_str signature = sign(arena, d->key, parts, 5);
    struct buf out = {.size_max = 1 << 16};
    struct quell_str made;

    buf_add_format(&out,
                   "POST /hooks/%s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\n%s",
                   d->hook, strlen(body), d->extra ? d->extra : "");
    add_field(&out, d, "Webhook-Id", quell_str_of(d->sent_id ? d->sent_id : d->id));
    add_field(&out, d, "Webhook-Timestamp",
              arena_format(arena, "%lld", (long long)(at_s + d->sent_skew_s)));
    add_field(&out, d, "Webhook-Signature",
              arena_format(arena, "%s%.*s", d->mark ? d->mark : "v1,", QUELL_ARG(signature)));
    buf_add_format(&out, "\r\n%s", body);
    made = arena_str(arena, buf_str(&out));
    buf_free(&out);
    return made;
}

static const struct {
    const char *name;
    struct delivery delivery;
    int status;
} deliveries[] = {
    {"an honest one", {.hook = "std", .key = KEY, .id = "msg_1", .body = BODY}, 202},
    {"the same again", {.hook = "std", .key = KEY, .id = "msg_1", .body = BODY}, 202},
    {"another", {.hook = "std", .key = KEY, .id = "msg_2", .body = BODY}, 202},
    {"the wrong key", {.hook = "std", .key = OTHER, .id = "msg_3", .body = BODY}, 401},
    {"the key of another hook", {.hook = "twin", .key = KEY, .id = "msg_3", .body = BODY}, 401},
    {"a changed body",
     {.hook = "std", .key = KEY, .id = "msg_3", .body = BODY, .sent_body = "{\"title\":\"y\"}"},
     401},
    {"a replay under another id",
     {.hook = "std", .key = KEY, .id = "msg_1", .body = BODY, .sent_id = "msg_4"},
     401},
    {"a replay with a fresher timestamp",
     {.hook = "std", .key = KEY, .id = "msg_1", .body = BODY, .skew_s = -600, .sent_skew_s = 600},
     401},
    {"an old one", {.hook = "std", .key = KEY, .id = "msg_5", .body = BODY, .skew_s = -310}, 401},
    {"one of tomorrow",
     {.hook = "std", .key = KEY, .id = "msg_5", .body = BODY, .skew_s = 310},
     401},
    {"no id",
     {.hook = "std", .key = KEY, .id = "msg_5", .body = BODY, .leave_out = "Webhook-Id"},
     401},
    {"no timestamp",
     {.hook = "std", .key = KEY, .id = "msg_5", .body = BODY, .leave_out = "Webhook-Timestamp"},
     401},
    {"no signature",
     {.hook = "std", .key = KEY, .id = "msg_5", .body = BODY, .leave_out = "Webhook-Signature"},
     401},
    {"two ids",
     {.hook = "std", .key = KEY, .id = "msg_5", .body = BODY, .extra = "Webhook-Id: msg_6\r\n"},
     401},
    {"another version of signature",
     {.hook = "std", .key = KEY, .id = "msg_5", .body = BODY, .mark = "v1a,"},
     401},
    {"a signature of the secret's text",
     {.hook = "std", .key = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", .id = "msg_5", .body = BODY},
     401},
    {"a good signature among bad ones",
     {.hook = "std", .key = KEY, .id = "msg_6", .body = BODY, .mark = "v1,AAAA v2,x v1,"},
     202},
    {"the old key while rotating",
     {.hook = "twin", .key = OTHER, .id = "msg_7", .body = BODY},
     202},
    {"the new key while rotating",
     {.hook = "twin", .key = "newkeynewkeynewkeynewkey", .id = "msg_8", .body = BODY},
     202},
    {"an id with a control byte that is none",
     {.hook = "std", .key = KEY, .id = "msg 9", .body = BODY},
     400},
    {"a hook that is not there", {.hook = "no", .key = KEY, .id = "msg_9", .body = BODY}, 404},
};

static void set_secrets(void)
{
    /* base64 of KEY, OTHER and the new key */
    setenv("TEST_STD", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3", 1);
    setenv("TEST_TWIN", "whsec_NzY1NDMyMTBmZWRjYmE5ODc2NTQzMjEw\n", 1);
    setenv("TEST_NEW", "bmV3a2V5bmV3a2V5bmV3a2V5bmV3a2V5", 1);
    setenv("TEST_HUB", "It's a Secret to Everybody", 1);
    setenv("TEST_TOKEN", "let-me-in", 1);
}

static void forged_and_replayed_deliveries_start_nothing(void **state)
{
    struct fake fake;
    struct client client;

    (void)state;
    set_secrets();
    fake_start(&fake, config, NULL);
    for (size_t i = 0; i < sizeof(deliveries) / sizeof(deliveries[0]); i++) {
        struct quell_str head, body;
        int status;

        client_open(&client, &fake);
        status = client_ask(&client, build(fake.arena, &deliveries[i].delivery), &head, &body);
        if (status != deliveries[i].status)
            fail_msg("%s: %d %.*s", deliveries[i].name, status, QUELL_ARG(body));
        if (status == 202 && !str_is(body, "{\"incident\":\"i-1\",\"runs\":[]}"))
            fail_msg("%s: %.*s", deliveries[i].name, QUELL_ARG(body));
        if (status == 401) {
            assert_true(str_find(head, QUELL_STR("\r\nWWW-Authenticate: Standard-Webhooks\r\n"),
                                 0) != SIZE_MAX);
        }
        client_close(&client);
    }
    printf("cases: %zu\n", sizeof(deliveries) / sizeof(deliveries[0]));
    assert_int_equal(fake.submissions, 5); /* msg_1, 2, 6, 7, 8; the repeated one counts once */
    fake_stop(&fake);
}

static void the_engine_learns_hook_source_delivery_and_body(void **state)
{
    struct delivery delivery = {.hook = "std", .key = KEY, .id = "msg_1", .body = BODY};
    struct fake fake;
    struct client client;
    struct quell_str head, body;

    (void)state;
    set_secrets();
    fake_start(&fake, config, NULL);
    client_open(&client, &fake);
    assert_int_equal(client_ask(&client, build(fake.arena, &delivery), &head, &body), 202);
    assert_true(str_find(head, QUELL_STR("Idempotent-Replayed"), 0) == SIZE_MAX);
    assert_true(str_is(fake.hook, "std"));
    assert_true(str_is(fake.source, "sentinel"));
    assert_true(str_is(fake.delivery, "msg_1"));
    assert_true(str_is(fake.body, BODY));
    assert_int_equal(client_ask(&client, build(fake.arena, &delivery), &head, &body), 202);
    assert_true(str_find(head, QUELL_STR("\r\nIdempotent-Replayed: true\r\n"), 0) != SIZE_MAX);
    client_close(&client);
    fake_stop(&fake);
}

static void one_delivery_a_hundred_times_is_one_incident(void **state)
{
    struct delivery delivery = {.hook = "std", .key = KEY, .id = "msg_1", .body = BODY};
    struct fake fake;
    struct client client;

    (void)state;
    set_secrets();
    fake_start(&fake, config, NULL);
    client_open(&client, &fake);
    for (int i = 0; i < 100; i++) {
        struct quell_str head, body;

        assert_int_equal(client_ask(&client, build(fake.arena, &delivery), &head, &body), 202);
    }
    assert_int_equal(fake.submissions, 1);
    printf("cases: 100\n");
    client_close(&client);
    fake_stop(&fake);
}

/* ---- hmac and bearer over the server -----------------------------------------------------------
 */

#define HEAD(hook, length)                                                                         \
    "POST /hooks/" hook " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json; "                 \
    "charset=utf-8\r\nContent-Length: " length "\r\n"

static int ask(struct fake *fake, struct quell_str request)
{
    struct client client;
    struct quell_str head, body;
    int status;

    client_open(&client, fake);
    status = client_ask(&client, request, &head, &body);
    client_close(&client);
    return status;
}

static void hmac_hooks_take_what_is_signed(void **state)
{
    struct quell_str secret = QUELL_STR("It's a Secret to Everybody"), body = QUELL_STR("{}");
    uint8_t mac[DIGEST_SHA256];
    struct quell_str hex, base64, stamp;
    struct fake fake;

    (void)state;
    set_secrets();
    fake_start(&fake, config, NULL);
    digest_hmac_sha256(secret, &body, 1, mac);
    hex = digest_hex(fake.arena, mac, sizeof(mac));
    stamp = arena_format(fake.arena, "%lld", (long long)(clock_now_us() / 1000000));
    base64 = sign(fake.arena, secret.data, (struct quell_str[]){stamp, QUELL_STR(":"), body}, 3);
    assert_int_equal(ask(&fake, arena_format(fake.arena,
                                             HEAD("hub", "2") "X-Hub-Signature-256: "
                                                              "sha256=%.*s\r\nX-GitHub-Delivery: "
                                                              "d-1\r\n\r\n{}",
                                             QUELL_ARG(hex))),
                     202);
    assert_true(str_is(fake.delivery, "d-1"));
    assert_int_equal(
        ask(&fake,
            arena_format(fake.arena, HEAD("hub", "2") "X-Hub-Signature-256: sha256=%.*s\r\n\r\n[]",
                         QUELL_ARG(hex))),
        401);
    assert_int_equal(ask(&fake, QUELL_STR(HEAD("hub", "2") "\r\n{}")), 401);
    assert_int_equal(
        ask(&fake,
            arena_format(fake.arena, HEAD("b64", "2") "X-Sig: %.*s\r\nX-Time: %.*s\r\n\r\n{}",
                         QUELL_ARG(base64), QUELL_ARG(stamp))),
        202);
    assert_int_equal(
        ask(&fake, arena_format(fake.arena, HEAD("b64", "2") "X-Sig: %.*s\r\nX-Time: 1\r\n\r\n{}",
                                QUELL_ARG(base64))),
        401);
    assert_int_equal(fake.submissions, 2);
    fake_stop(&fake);
}

static void a_bearer_is_refused_before_its_body_is_read(void **state)
{
    struct fake fake;
    struct client client;
    char story[64];

    (void)state;
    set_secrets();
    fake_start(&fake, config, NULL);
    assert_int_equal(
        ask(&fake, QUELL_STR(HEAD("token", "2") "Authorization: bearer let-me-in\r\n\r\n{}")), 202);
    assert_int_equal(
        ask(&fake, QUELL_STR(HEAD("token", "2") "Authorization: Bearer let-me-i\r\n\r\n{}")), 401);
    assert_int_equal(
        ask(&fake, QUELL_STR(HEAD("token", "2") "Authorization: Basic let-me-in\r\n\r\n{}")), 401);
    client_open(&client, &fake);
    client_send(&client, QUELL_STR(HEAD("token", "900000") "Authorization: Bearer no\r\n\r\n"));
    client_wait_close(&client);
    assert_string_equal(client_story(&client, story, sizeof(story)), "401 close");
    client_close(&client);
    assert_int_equal(fake.submissions, 1);
    fake_stop(&fake);
}

/* ---- the rate of a hook ------------------------------------------------------------------------
 */

#define POST_TOKEN(hook, token)                                                                    \
    QUELL_STR(HEAD(hook, "2") "Authorization: Bearer " token "\r\n\r\n{}")

static const char rated[] =
    "{\"listen\": \"127.0.0.1:0\", \"senders\": {\"scanner\": {\"rate\": \"1/h\", \"bearer\": "
    "{\"token\": {\"env\": \"TEST_TOKEN\"}}}},"
    "\"routes\": [{\"name\": \"scan\", \"playbook\": \"p\", \"kind\": \"bearer\", \"sender\": "
    "\"scanner\"}],"
    "\"hooks\": {\"token\": {\"rate\": \"2/h\", \"auth\": {\"bearer\": {\"token\": {\"env\": "
    "\"TEST_TOKEN\"}}}}, \"free\": {\"auth\": \"none\"}}}";

/* A stranger uses none of it up, and a reload gives none of it back. */
static void what_is_over_the_rate_of_a_hook_is_not_taken_in(void **state)
{
    struct quell_error err;
    struct quell_str head, body;
    struct client client;
    struct fake fake;

    (void)state;
    set_secrets();
    fake_start(&fake, rated, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&fake, POST_TOKEN("token", "let-me-i")), 401);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ask(&fake, POST_TOKEN("token", "let-me-in")), 202);
    client_open(&client, &fake);
    assert_int_equal(client_ask(&client, POST_TOKEN("token", "let-me-in"), &head, &body), 429);
    assert_true(str_find(body, QUELL_STR("this hook takes 2/h and no more"), 0) != SIZE_MAX);
    assert_true(str_find(head, QUELL_STR("\r\nRetry-After: 18"), 0) != SIZE_MAX); /* 1,800 s */
    assert_true(str_is(fake.audited, "quell limited hooks.token"));
    fake.audited = QUELL_STR("");
    assert_int_equal(client_ask(&client, POST_TOKEN("token", "let-me-in"), &head, &body), 429);
    assert_int_equal(fake.audited.len, 0); /* one row a minute */
    assert_int_equal(client_ask(&client, QUELL_STR(HEAD("free", "2") "\r\n{}"), &head, &body), 202);
    assert_int_equal(fake.submissions, 3);
    fake.next_config = fake.config;
    assert_int_equal(serve_reload(fake.service, &err), QUELL_OK);
    assert_int_equal(client_ask(&client, POST_TOKEN("token", "let-me-in"), &head, &body), 429);
    assert_int_equal(
        client_ask(&client, QUELL_STR("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), &head, &body),
        200);
    assert_true(str_find(body, QUELL_STR("{hook=\"token\",outcome=\"over_rate\"} 3\n"), 0) !=
                SIZE_MAX);
    client_close(&client);
    fake_stop(&fake);
}

static void a_sender_of_playbooks_has_its_rate_too(void **state)
{
    struct fake fake;

    (void)state;
    set_secrets();
    fake_start(&fake, rated, NULL);
    assert_int_equal(ask(&fake, POST_TOKEN("scan", "let-me-in")), 202);
    assert_int_equal(ask(&fake, POST_TOKEN("scan", "let-me-in")), 429);
    assert_int_equal(fake.submissions, 1);
    fake_stop(&fake);
}

/* ---- what the engine says ----------------------------------------------------------------------
 */

static void what_the_engine_says_becomes_a_status(void **state)
{
    static const struct {
        enum fake_mode mode;
        int status;
        const char *retry;
    } rows[] = {{FAKE_INVALID, 400, NULL},
                {FAKE_FULL, 429, "\r\nRetry-After: 7\r\n"},
                {FAKE_BROKEN_DISK, 503, "\r\nRetry-After: 30\r\n"}};
    struct fake fake;

    (void)state;
    set_secrets();
    fake_start(&fake, config, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client client;
        struct quell_str head, body;

        fake.mode = rows[i].mode;
        client_open(&client, &fake);
        assert_int_equal(
            client_ask(&client,
                       QUELL_STR(HEAD("token", "2") "Authorization: Bearer let-me-in\r\n\r\n{}"),
                       &head, &body),
            rows[i].status);
        if (rows[i].retry)
            assert_true(str_find(head, quell_str_of(rows[i].retry), 0) != SIZE_MAX);
        else
            assert_true(str_find(body, QUELL_STR("line 1, column 2"), 0) != SIZE_MAX);
        client_close(&client);
    }
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_hold),
        cmocka_unit_test(what_is_written_under_auth_is_checked),
        cmocka_unit_test(the_example_of_every_kind_may_be_written),
        cmocka_unit_test(forged_and_replayed_deliveries_start_nothing),
        cmocka_unit_test(the_engine_learns_hook_source_delivery_and_body),
        cmocka_unit_test(one_delivery_a_hundred_times_is_one_incident),
        cmocka_unit_test(hmac_hooks_take_what_is_signed),
        cmocka_unit_test(a_bearer_is_refused_before_its_body_is_read),
        cmocka_unit_test(what_is_over_the_rate_of_a_hook_is_not_taken_in),
        cmocka_unit_test(a_sender_of_playbooks_has_its_rate_too),
        cmocka_unit_test(what_the_engine_says_becomes_a_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
