/*
 * test_routes.c - the table of routes, health, metrics, the control socket, and what may be written
 * in the configuration.
 */
#include "fixture.h"

#include <sys/stat.h>

#include "serve/route.h"

#define GET(path) QUELL_STR("GET " path " HTTP/1.1\r\nHost: a\r\n\r\n")

static const char config[] = "{\"listen\": \"127.0.0.1:0\", \"hooks\": {\"open\": {\"auth\": "
                             "\"none\"}}}";

static void every_route_names_its_permission_and_says_what_it_is(void **state)
{
    size_t count = 0;

    (void)state;
    for (const struct route *route = routes; route->method; route++, count++) {
        assert_true(route->permission >= PERMIT_PROBE && route->permission < PERMISSIONS);
        assert_non_null(route->handle);
        assert_true(strlen(route->doc) > 10);
        /* A decision is never taken on a GET, and what is read over TCP changes nothing. */
        if (strcmp(route->method, "GET") == 0)
            assert_int_equal(route->body_max, 0);
        else
            assert_true(route->permission >= PERMIT_HOOK);
    }
    assert_true(count >= 6);
}

static int ask(struct fake *fake, struct quell_str request, struct quell_str *body)
{
    struct client client;
    struct quell_str head, got;
    int status;

    client_open(&client, fake);
    status = client_ask(&client, request, &head, &got);
    *body = arena_str(fake->arena, got);
    client_close(&client);
    return status;
}

static bool has(struct quell_str text, const char *part)
{
    return str_find(text, quell_str_of(part), 0) != SIZE_MAX;
}

static void readiness_follows_the_engine_and_the_drain(void **state)
{
    struct fake fake;
    struct client client;
    struct quell_str body, head;

    (void)state;
    fake_start(&fake, config, NULL);
    assert_int_equal(ask(&fake, GET("/readyz"), &body), 200);
    assert_true(str_is(body, "ready\n"));
    assert_int_equal(ask(&fake, GET("/readyz?verbose"), &body), 200);
    assert_true(str_is(body, "[+] store: writable\nready\n"));
    fake.stats = fake_json(&fake, "{\"ready\": false, \"checks\": [{\"name\": \"store\", \"ok\": "
                                  "false, \"text\": \"full\"}], \"counters\": []}");
    assert_int_equal(ask(&fake, GET("/readyz?verbose"), &body), 503);
    assert_true(str_is(body, "[-] store: full\nnot ready\n"));
    assert_int_equal(ask(&fake, GET("/livez"), &body), 200);
    client_open(&client, &fake);
    assert_int_equal(client_ask(&client,
                                QUELL_STR("GET /readyz?verbose HTTP/1.1\r\nHost: a\r\n"
                                          "X-Forwarded-For: 203.0.113.1\r\n\r\n"),
                                &head, &body),
                     503);
    assert_true(str_is(body, "not ready\n")); /* the details are for this machine */
    client_close(&client);
    fake_stop(&fake);
}

static void metrics_are_prometheus_text_with_escapes(void **state)
{
    struct fake fake;
    struct client client;
    struct quell_str body, head;

    (void)state;
    fake_start(&fake, config, NULL);
    fake.stats = fake_json(
        &fake, "{\"ready\": true, \"checks\": [], \"counters\": ["
               "{\"name\": \"quell_runs_total\", \"help\": \"Runs.\\nAll \\\\ of \\\"them\\\".\", "
               "\"type\": \"counter\", \"labels\": {\"playbook\": \"a\\\"b\\\\c\\nd\", "
               "\"outcome\": \"ok\"}, \"value\": 3},"
               "{\"name\": \"quell_active\", \"help\": \"Now.\", \"type\": \"gauge\", \"labels\": "
               "{}, \"value\": 1},"
               "{\"name\": \"quell_runs_total\", \"help\": \"Runs.\", \"type\": \"counter\", "
               "\"labels\": {\"playbook\": \"x\"}, \"value\": 4}]}");
    assert_int_equal(ask(&fake, GET("/metrics"), &body), 200);
    assert_true(str_starts(
        body, QUELL_STR("# HELP quell_runs_total Runs.\\nAll \\\\ of \"them\".\n"
                        "# TYPE quell_runs_total counter\n"
                        "quell_runs_total{playbook=\"a\\\"b\\\\c\\nd\",outcome=\"ok\"} 3\n"
                        "quell_runs_total{playbook=\"x\"} 4\n"
                        "# HELP quell_active Now.\n"
                        "# TYPE quell_active gauge\n"
                        "quell_active 1\n")));
    assert_int_equal(ask(&fake, GET("/nothing"), &body), 404);
    assert_int_equal(ask(&fake, GET("/metrics"), &body), 200);
    assert_true(has(body, "\nquell_http_requests_total{route=\"/metrics\",code=\"200\"} 1\n"));
    assert_true(has(body, "\nquell_http_requests_total{route=\"none\",code=\"404\"} 1\n"));
    assert_true(has(body, "\nquell_http_connections_accepted_total 3\n"));
    assert_true(has(body, "\nquell_hook_deliveries_total{hook=\"open\",outcome=\"accepted\"} 0\n"));
    client_open(&client, &fake);
    assert_int_equal(client_ask(&client,
                                QUELL_STR("GET /metrics HTTP/1.1\r\nHost: a\r\nForwarded: "
                                          "for=203.0.113.1\r\n\r\n"),
                                &head, &body),
                     401);
    client_close(&client);
    fake_stop(&fake);
}

/* ---- the control socket ------------------------------------------------------------------------
 */

struct place {
    char folder[64], store[96], socket[96];
};

static void make_place(struct place *place)
{
    (void)snprintf(place->folder, sizeof(place->folder), "/tmp/quell-serve-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    (void)snprintf(place->store, sizeof(place->store), "sqlite:%s/q.db", place->folder);
    (void)snprintf(place->socket, sizeof(place->socket), "%s/q.db.sock", place->folder);
}

static void start_at(struct fake *fake, struct place *place)
{
    struct serve_options options = {.listen = NULL};
    struct serve_engine engine;
    struct quell_error err = {.code = QUELL_OK};

    fake_init(fake, config);
    fake->store = place->store;
    engine = fake_engine(fake);
    if (serve_start(&engine, fake->loop, &options, &fake->service, &err))
        fail_msg("%s", err.message);
}

static void open_unix(struct client *client, struct fake *fake, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    client_adopt(client, fake, fd);
}

/* Our own name, as the control socket knows it, behind a text. */
static const char *us(struct fake *fake, const char *before)
{
    struct identity identity = identity_of_socket(fake->arena, geteuid());

    return arena_format(fake->arena, "%s%.*s", before, QUELL_ARG(identity.name)).data;
}

static struct quell_str say(struct fake *fake, const char *what, const char *body)
{
    return arena_format(fake->arena,
                        "POST /api/v1/runs/7f3a/%s HTTP/1.1\r\nHost: a\r\nContent-Type: "
                        "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                        what, strlen(body), body);
}

static struct quell_str resolve(struct fake *fake, const char *body)
{
    return say(fake, "resolve", body);
}

static void a_run_is_started_and_released_over_the_socket(void **state)
{
    static const char start[] = "{\"playbook\":\"p\",\"by\":\"ana\",\"incident\":{\"title\":\"t\"},"
                                "\"inputs\":{\"n\":1}}";
    struct place place;
    struct fake fake;
    struct client client;
    struct quell_str head, body, request;

    (void)state;
    make_place(&place);
    start_at(&fake, &place);
    request = arena_format(fake.arena,
                           "POST /api/v1/runs HTTP/1.1\r\nHost: a\r\nContent-Type: "
                           "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                           strlen(start), start);
    assert_int_equal(ask(&fake, request, &body), 401);
    assert_int_equal(fake.started.len, 0);
    open_unix(&client, &fake, place.socket);
    assert_int_equal(client_ask(&client, request, &head, &body), 200);
    assert_true(has(body, "{\"run\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}"));
    assert_true(str_is(fake.started, "p ana {\"title\":\"t\"} {\"n\":1}"));
    assert_int_equal(client_ask(&client, say(&fake, "release", "{\"by\":\"ana\"}"), &head, &body),
                     200);
    assert_true(str_is(fake.released, "7f3a  1 ana"));
    assert_int_equal(client_ask(&client,
                                say(&fake, "release",
                                    "{\"step\":\"s\",\"allowed\":false,"
                                    "\"by\":\"bob\",\"reason\":\"not ours\"}"),
                                &head, &body),
                     200);
    assert_true(str_is(fake.released, "7f3a s 0 bob not ours"));
    fake.resolve_code = QUELL_CONFLICT;
    assert_int_equal(client_ask(&client, say(&fake, "release", "{}"), &head, &body), 409);
    assert_int_equal(client_ask(&client, request, &head, &body), 409);
    client_close(&client);
    fake_stop(&fake);
    (void)rmdir(place.folder);
}

static void the_kill_switch_over_the_socket(void **state)
{
#define TO(route, body_)                                                                           \
    arena_format(fake.arena,                                                                       \
                 "POST /api/v1/" route " HTTP/1.1\r\nHost: x\r\nContent-Type: "                    \
                 "application/json\r\nContent-Length: %zu\r\n\r\n%s",                              \
                 strlen(body_), body_)
    struct place place;
    struct fake fake;
    struct client client;
    struct quell_str head, body;

    (void)state;
    make_place(&place);
    start_at(&fake, &place);
    assert_int_equal(ask(&fake, TO("halt", "{}"), &body), 401);
    assert_int_equal(ask(&fake, TO("resume", "{}"), &body), 401);
    assert_int_equal(fake.halted.len, 0);
    open_unix(&client, &fake, place.socket);
    assert_int_equal(client_ask(&client, TO("halt", "{}"), &head, &body), 200);
    assert_true(str_starts(fake.halted, QUELL_STR("everything  0 ")));
    assert_int_equal(client_ask(&client,
                                TO("halt", "{\"what\":\"connector\",\"name\":\"d\",\"reads\":true,"
                                           "\"by\":\"ana\",\"reason\":\"r\"}"),
                                &head, &body),
                     200);
    assert_true(str_is(fake.halted, "connector d 1 ana r"));
    assert_int_equal(client_ask(&client, TO("resume", "{\"by\":\"ana\"}"), &head, &body), 200);
    assert_true(str_is(fake.halted, "not everything  ana"));
    assert_int_equal(client_ask(&client, TO("halt", "{\"who\":1}"), &head, &body), 400);
    fake.resolve_code = QUELL_IO;
    assert_true(client_ask(&client, TO("halt", "{}"), &head, &body) >= 500);
    assert_true(client_ask(&client, TO("resume", "{}"), &head, &body) >= 500);
#undef TO
    client_close(&client);
    fake_stop(&fake);
    (void)rmdir(place.folder);
}

static void a_run_is_cancelled_over_the_socket_and_nowhere_else(void **state)
{
    struct place place;
    struct fake fake;
    struct client client;
    struct quell_str head, body;

    (void)state;
    make_place(&place);
    start_at(&fake, &place);
    assert_int_equal(ask(&fake, say(&fake, "cancel", "{}"), &body), 401);
    assert_int_equal(fake.cancelled.len, 0);
    open_unix(&client, &fake, place.socket);
    assert_int_equal(client_ask(&client,
                                say(&fake, "cancel", "{\"by\":\"ana\",\"reason\":\"a drill\"}"),
                                &head, &body),
                     200);
    assert_true(str_is(fake.cancelled, "7f3a ana a drill"));
    assert_int_equal(client_ask(&client, say(&fake, "cancel", "{}"), &head, &body), 200);
    assert_true(has(fake.cancelled, us(&fake, "7f3a ")));
    assert_int_equal(client_ask(&client, say(&fake, "cancel", "{\"why\":1}"), &head, &body), 400);
    fake.resolve_code = QUELL_CONFLICT;
    assert_int_equal(client_ask(&client, say(&fake, "cancel", "{}"), &head, &body), 409);
    assert_true(has(body, "the run has ended"));
    client_close(&client);
    fake_stop(&fake);
    (void)rmdir(place.folder);
}

static void people_decide_over_the_socket_and_nowhere_else(void **state)
{
    struct place place;
    struct fake fake;
    struct client client;
    struct quell_str head, body;

    (void)state;
    make_place(&place);
    start_at(&fake, &place);
    assert_int_equal(ask(&fake, say(&fake, "decide", "{\"agrees\":true}"), &body), 401);
    assert_int_equal(ask(&fake, say(&fake, "answer", "{\"answers\":{}}"), &body), 401);
    assert_int_equal(ask(&fake, GET("/api/v1/approvals"), &body), 401);
    assert_int_equal(fake.decided.len, 0);
    open_unix(&client, &fake, place.socket);
    assert_int_equal(client_ask(&client, GET("/api/v1/approvals"), &head, &body), 200);
    assert_int_equal(client_ask(&client,
                                say(&fake, "decide",
                                    "{\"step\":\"a\",\"agrees\":false,\"by\":\"ana\",\"digest\":"
                                    "\"12ab\",\"reason\":\"no\"}"),
                                &head, &body),
                     200);
    assert_true(str_is(fake.decided, "7f3a a 0 ana 12ab no "));
    assert_int_equal(client_ask(&client, say(&fake, "decide", "{\"agrees\":true}"), &head, &body),
                     200);
    assert_true(has(fake.decided, us(&fake, "7f3a  1 ")));
    assert_int_equal(client_ask(&client, say(&fake, "decide", "{}"), &head, &body), 400);
    assert_int_equal(client_ask(&client,
                                say(&fake, "answer", "{\"answers\":{\"a\":1},\"by\":\"ben\"}"),
                                &head, &body),
                     200);
    assert_true(str_is(fake.decided, "7f3a  0 ben   {\"a\":1}"));
    assert_int_equal(client_ask(&client, say(&fake, "answer", "{\"answers\":7}"), &head, &body),
                     400);
    /* A decision is never taken on a GET. */
    assert_int_equal(client_ask(&client, GET("/api/v1/runs/7f3a/decide"), &head, &body), 405);
    fake.resolve_code = QUELL_DENIED;
    assert_int_equal(client_ask(&client, say(&fake, "decide", "{\"agrees\":true}"), &head, &body),
                     403);
    client_close(&client);
    fake_stop(&fake);
    (void)rmdir(place.folder);
}

static void a_step_is_resolved_over_the_socket_and_nowhere_else(void **state)
{
    struct place place;
    struct fake fake;
    struct client client;
    struct quell_str head, body;
    struct stat stat_of_socket;

    (void)state;
    make_place(&place);
    start_at(&fake, &place);
    assert_int_equal(stat(place.socket, &stat_of_socket), 0);
    assert_true(S_ISSOCK(stat_of_socket.st_mode));
    assert_int_equal(stat_of_socket.st_mode & 0777, 0600);

    assert_int_equal(ask(&fake, resolve(&fake, "{\"step\":\"isolate\",\"happened\":true}"), &body),
                     401);
    assert_int_equal(ask(&fake, GET("/api/v1/runs"), &body), 401);
    assert_int_equal(fake.resolved.len, 0);

    open_unix(&client, &fake, place.socket);
    assert_int_equal(client_ask(&client,
                                resolve(&fake, "{\"step\":\"isolate\",\"happened\":true,\"by\":"
                                               "\"ana\"}"),
                                &head, &body),
                     200);
    assert_true(str_is(fake.resolved, "7f3a isolate 1 ana"));
    assert_int_equal(client_ask(&client, resolve(&fake, "{\"step\":\"isolate\"}"), &head, &body),
                     400);
    assert_true(has(body, "happened"));
    assert_int_equal(client_ask(&client, resolve(&fake, "nope"), &head, &body), 400);
    fake.resolve_code = QUELL_CONFLICT;
    assert_int_equal(client_ask(&client,
                                resolve(&fake, "{\"step\":\"isolate\",\"happened\":false}"), &head,
                                &body),
                     409);
    assert_true(has(body, "the step is not held"));
    assert_int_equal(client_ask(&client, GET("/api/v1/runs?state=held&limit=5"), &head, &body),
                     200);
    assert_true(str_is(body, "{\"state\":\"held\",\"limit\":5}"));
    assert_int_equal(client_ask(&client, GET("/api/v1/runs?limit=x"), &head, &body), 400);
    assert_int_equal(client_ask(&client, GET("/api/v1/runs/7f3a"), &head, &body), 404);
    assert_int_equal(client_ask(&client, GET("/api/v1/runs/7f3a/resolve"), &head, &body), 405);
    client_close(&client);
    fake_stop(&fake);
    assert_int_equal(stat(place.socket, &stat_of_socket), -1); /* gone with the server */
    (void)rmdir(place.folder);
}

static void a_stale_socket_is_replaced_and_a_file_is_not(void **state)
{
    struct place place;
    struct fake fake;
    struct client client;
    struct stat there;
    FILE *file;

    (void)state;
    make_place(&place);
    start_at(&fake, &place);
    fake_stop(&fake);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, place.socket, strlen(place.socket) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    (void)close(fd); /* as a crash leaves it */
    start_at(&fake, &place);
    open_unix(&client, &fake, place.socket);
    client_close(&client);
    fake_stop(&fake);

    file = fopen(place.socket, "w");
    assert_non_null(file);
    (void)fclose(file);
    start_at(&fake, &place); /* serves, without a control socket */
    assert_int_equal(stat(place.socket, &there), 0);
    assert_true(S_ISREG(there.st_mode));
    fake_stop(&fake);
    (void)unlink(place.socket);
    (void)rmdir(place.folder);
}

static void the_socket_lies_beside_the_store(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    assert_string_equal(serve_control_path(arena, QUELL_STR("sqlite:a/q.db")), "a/q.db.sock");
    assert_string_equal(serve_control_path(arena, QUELL_STR("sqlite:/var/q.db")), "/var/q.db.sock");
    assert_null(serve_control_path(arena, QUELL_STR("memory:")));
    assert_null(serve_control_path(arena, QUELL_STR("")));
    arena_free(arena);
}

/* ---- configuration -----------------------------------------------------------------------------
 */

#define SECRET "{\"bearer\": {\"token\": {\"env\": \"TEST_TOKEN\"}}}"
#define ROUTE(kind, sender)                                                                        \
    "{\"name\": \"in\", \"kind\": \"" kind "\", \"sender\": \"" sender "\", \"playbook\": \"p\"}"
#define TLS "\"tls\": {\"certificate\": \"c\", \"key\": \"k\"}"

static const struct {
    const char *config, *problem; /* NULL = it may be so */
} configs[] = {
    {"{}", NULL},
    {"{\"listen\": \"127.0.0.1:7070\", \"playbooks\": [\"x\"], \"whatever\": 1}", NULL},
    {"{\"listen\": [\"127.0.0.1:0\", \"[::1]:0\", \"localhost:1\", \":2\"]}", NULL},
    {"{\"listen\": \"7070\"}", "`listen`: `7070` is no address and port"},
    {"{\"listen\": \"127.0.0.1\"}", "`listen`"},
    {"{\"listen\": \"127.0.0.1:\"}", "`listen`"},
    {"{\"listen\": \"127.0.0.1:70707\"}", "`listen`"},
    {"{\"listen\": \"example.com:80\"}", "`listen`"},
    {"{\"listen\": \"::1:80\"}", "`listen`"},
    {"{\"listen\": \"[::1:80\"}", "`listen`"},
    {"{\"listen\": []}", "`listen`"},
    {"{\"listen\": 7070}", "`listen"},
    {"{\"listen\": \"0.0.0.0:443\"}", "needs `tls`"},
    {"{\"listen\": \"[::]:443\"}", "needs `tls`"},
    {"{\"listen\": \"[::ffff:10.0.0.1]:443\"}", "needs `tls`"},
    {"{\"listen\": [\"127.0.0.1:1\", \"192.0.2.1:443\"]}", "needs `tls`"},
    {"{\"listen\": \"0.0.0.0:443\", " TLS "}", NULL},
    {"{\"listen\": \"0.0.0.0:443\", " TLS ", \"hooks\": {\"a\": {\"auth\": \"none\"}}}",
     "`hooks.a`: `auth: none` is for loopback only"},
    {"{\"listen\": \"0.0.0.0:443\", " TLS ", \"hooks\": {\"a\": {\"auth\": " SECRET "}}}", NULL},
    {"{\"tls\": {\"certificate\": \"c\"}}", "key"},
    {"{\"tls\": \"on\"}", "`tls`"},
    {"{\"hooks\": {\"a\": {\"auth\": \"none\", \"source\": \"sentinel\"}}}", NULL},
    {"{\"hooks\": {\"a\": {\"auth\": \"none\", \"sorce\": \"sentinel\"}}}", "sorce"},
    {"{\"hooks\": {\"a\": {}}}", "auth"},
    {"{\"hooks\": {\"a\": {\"auth\": \"none\", \"rate\": \"600/min\"}}}", NULL},
    {"{\"hooks\": {\"a\": {\"auth\": \"none\", \"rate\": \"600/minute\"}}}",
     "`hooks.a`: `rate`: `600/minute` is no number"},
    {"{\"hooks\": {\"a\": {\"auth\": \"none\", \"rate\": 600}}}", "rate"},
    {"{\"senders\": {\"a\": {\"rate\": \"5/s\", \"bearer\": {\"token\": {\"env\": \"T\"}}}}}",
     NULL},
    {"{\"senders\": {\"a\": {\"rate\": \"0/s\", \"bearer\": {\"token\": {\"env\": \"T\"}}}}}",
     "`senders.a`: `rate`: `0/s` is no number"},
    {"{\"senders\": {\"a\": {\"rate\": 5, \"bearer\": {\"token\": {\"env\": \"T\"}}}}}",
     "`senders.a`: `rate`: a text"},
    {"{\"senders\": {\"a\": {\"rate\": \"5/s\"}}}", "`senders.a`: `auth`"},
    {"{\"senders\": {\"a\": " SECRET "}}", NULL},
    {"{\"senders\": {\"a\": \"none\"}}", "`senders.a`: a sender needs a proof"},
    {"{\"senders\": {\"A\": " SECRET "}}", "`senders`: the name `A`"},
    {"{\"senders\": {\"a\": {}}}", "`senders.a`: `auth`"},
    {"{\"senders\": {\"a\": " SECRET "}, \"routes\": [" ROUTE("bearer", "a") "]}", NULL},
    {"{\"senders\": {\"a\": " SECRET "}, \"routes\": [" ROUTE("bearer", "b") "]}",
     "`senders.b`, for /hooks/in of playbook `p`: there is no such sender"},
    {"{\"senders\": {\"a\": " SECRET "}, \"routes\": [" ROUTE("hmac", "a") "]}",
     "the playbook says `hmac`, quell.yaml says `bearer`"},
    {"{\"senders\": {\"a\": " SECRET "}, \"hooks\": {\"in\": {\"auth\": " SECRET "}}, "
     "\"routes\": [" ROUTE("bearer", "a") "]}",
     "`hooks.in`: playbook `p` listens to /hooks/in, too"},
    {"{\"hooks\": {\"a\": {\"auth\": \"nobody\"}}}", "`hooks.a`: `auth`: `nobody`"},
    {"{\"hooks\": {\"A b\": {\"auth\": \"none\"}}}", "`A b`"},
    {"{\"hooks\": {\"a/b\": {\"auth\": \"none\"}}}", "`a/b`"},
    {"{\"users\": {\"ana\": {\"roles\": [\"approver\"]}}}", NULL},
    {"{\"users\": {\"ana\": {\"roles\": [\"viewer\", \"boss\"]}}}",
     "`users.ana.roles`: `boss` is no role"},
    {"{\"hooks\": {\"\": {\"auth\": \"none\"}}}", "`hooks`"},
};

static void the_configuration_is_checked_before_serving(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(configs) / sizeof(configs[0]); i++) {
        struct fake fake;
        struct quell_error err = {.code = QUELL_OK};
        enum quell_code code;

        fake_init(&fake, configs[i].config);
        code = serve_check(fake.config, &err);
        if (configs[i].problem ? code != QUELL_INVALID || !strstr(err.message, configs[i].problem)
                               : code != QUELL_OK)
            fail_msg("%s: %d %s", configs[i].config, (int)code, err.message);
        loop_free(fake.loop);
        arena_free(fake.arena);
    }
}

static void a_missing_secret_or_a_taken_port_stops_the_start(void **state)
{
    struct serve_options options = {.listen = NULL};
    struct fake fake, second;
    struct serve_engine engine;
    struct service *service;
    struct quell_error err = {.code = QUELL_OK};
    char text[128];

    (void)state;
    unsetenv("TEST_TOKEN");
    fake_init(&fake, "{\"listen\": \"127.0.0.1:0\", \"hooks\": {\"a\": {\"auth\": " SECRET "}}}");
    engine = fake_engine(&fake);
    assert_int_equal(serve_start(&engine, fake.loop, &options, &service, &err), QUELL_DENIED);
    assert_non_null(strstr(err.message, "`hooks.a`: the secret is missing"));
    loop_free(fake.loop);
    arena_free(fake.arena);

    fake_start(&fake, config, NULL);
    fake_init(&second, "{}");
    engine = fake_engine(&second);
    (void)snprintf(text, sizeof(text), "127.0.0.1:%d", fake_port(&fake));
    options.listen = text;
    assert_int_equal(serve_start(&engine, second.loop, &options, &service, &err), QUELL_CONFLICT);
    loop_free(second.loop);
    arena_free(second.arena);
    fake_stop(&fake);
}

/* ---- reload ------------------------------------------------------------------------------------
 */

static void a_reload_is_all_or_nothing(void **state)
{
    const struct quell_str post =
        QUELL_STR("POST /hooks/new HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                  "Content-Length: 2\r\n\r\n{}");
    struct fake fake;
    struct quell_str body;
    struct quell_error err = {.code = QUELL_OK};

    (void)state;
    fake_start(&fake, config, NULL);
    assert_int_equal(ask(&fake, post, &body), 404);
    fake.next_config = fake_json(
        &fake, "{\"listen\": \"127.0.0.1:0\", \"hooks\": {\"new\": {\"auth\": \"none\"}}}");
    fake.reload_fails = true;
    assert_int_equal(serve_reload(fake.service, &err), QUELL_INVALID);
    assert_int_equal(ask(&fake, post, &body), 404);
    fake.reload_fails = false;
    assert_int_equal(serve_reload(fake.service, &err), QUELL_OK);
    assert_int_equal(ask(&fake, post, &body), 202);

    fake.next_config = fake_json(&fake, "{\"listen\": \"127.0.0.1:9\"}");
    assert_int_equal(serve_reload(fake.service, &err), QUELL_CONFLICT);
    unsetenv("TEST_TOKEN");
    fake.next_config = fake_json(
        &fake, "{\"listen\": \"127.0.0.1:0\", \"hooks\": {\"a\": {\"auth\": " SECRET "}}}");
    assert_int_equal(serve_reload(fake.service, &err), QUELL_DENIED);
    assert_int_equal(ask(&fake, post, &body), 202); /* still the one before */
    assert_int_equal(ask(&fake, GET("/metrics"), &body), 200);
    assert_true(has(body, "\nquell_reloads_total 1\n"));
    assert_true(has(body, "\nquell_reloads_failed_total 3\n"));
    assert_true(has(body, "{hook=\"new\",outcome=\"accepted\"} 2\n"));
    fake_stop(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_names_its_permission_and_says_what_it_is),
        cmocka_unit_test(readiness_follows_the_engine_and_the_drain),
        cmocka_unit_test(metrics_are_prometheus_text_with_escapes),
        cmocka_unit_test(a_step_is_resolved_over_the_socket_and_nowhere_else),
        cmocka_unit_test(people_decide_over_the_socket_and_nowhere_else),
        cmocka_unit_test(a_run_is_started_and_released_over_the_socket),
        cmocka_unit_test(the_kill_switch_over_the_socket),
        cmocka_unit_test(a_run_is_cancelled_over_the_socket_and_nowhere_else),
        cmocka_unit_test(a_stale_socket_is_replaced_and_a_file_is_not),
        cmocka_unit_test(the_socket_lies_beside_the_store),
        cmocka_unit_test(the_configuration_is_checked_before_serving),
        cmocka_unit_test(a_missing_secret_or_a_taken_port_stops_the_start),
        cmocka_unit_test(a_reload_is_all_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
