/*
 * test_connection.c - connections: what a configuration may say, what follows from it, and that no
 * secret stands in it.
 */
#include "stage.h"

#include "base/error.h"
#include "connector/connection_parts.h"
#include "loop/secret.h"

static struct connection *make(struct stage *stage, const char *json, const char *name)
{
    stage_connect(stage, json);
    return stage_connection(stage, name);
}

/* ---- faults ----------------------------------------------------------------------------------*/

#define DEFENDER(rest) "{\"defender\":{" rest "}}"
#define HTTP(rest) "{\"http\":{" rest "}}"
#define EMAIL(rest) "{\"email\":{\"from\":\"q@x.example\"" rest "}}"

static void faults_are_told(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *json, *told;
    } rows[] = {
        {"{\"defendr\":{}}", "connections.defendr: there is no connector `defendr`; did you mean "
                             "`defender`?"},
        {"{\"x\":{\"connector\":\"nobody\"}}", "there is no connector `nobody`"},
        {"{\"nobody\":{}}", "`nobody`; say which it is with `connector:`"},
        {"{\"defender\":5}", "a connection is a map"},
        {"[]", "is a map of names"},
        {DEFENDER("\"urll\":\"x\""), "`urll`"},
        {DEFENDER(""), "`auth.kind` is one of: client-secret, bearer"},
        {DEFENDER("\"auth\":{}"), "`auth.kind` is one of"},
        {DEFENDER("\"auth\":{\"kind\":\"basic\"}"), "`auth.kind` is one of"},
        {DEFENDER("\"auth\":{\"kind\":\"bearer\"}"), "`token`"},
        {DEFENDER("\"auth\":{\"kind\":\"bearer\",\"token\":\"abc\"}"),
         "`auth.token`: a secret is written as { env: NAME } or { file: PATH }, never as text"},
        {DEFENDER("\"auth\":{\"kind\":\"bearer\",\"token\":{\"env\":\"A\",\"file\":\"b\"}}"),
         "a secret is written as"},
        {DEFENDER("\"auth\":{\"kind\":\"bearer\",\"token\":{\"vault\":\"A\"}}"),
         "a secret comes from `env` or from `file`"},
        {DEFENDER("\"auth\":{\"kind\":\"bearer\",\"token\":{\"env\":\"\"}}"), "is a text"},
        {DEFENDER("\"auth\":{\"kind\":\"client-secret\",\"client_id\":\"a\",\"client_secret\":{"
                  "\"env\":\"A\"}}"),
         "`auth.tenant_id` is missing"},
        {DEFENDER(
             "\"auth\":{\"kind\":\"client-secret\",\"tenant_id\":\"a/../b\",\"client_id\":\"a\","
             "\"client_secret\":{\"env\":\"A\"}}"),
         "`auth.tenant_id` is missing or no tenant"},
        {DEFENDER("\"cloud\":\"china\",\"auth\":{\"kind\":\"bearer\",\"token\":{\"env\":\"A\"}}"),
         "the service does not exist there"},
        {DEFENDER("\"cloud\":\"mars\",\"auth\":{\"kind\":\"bearer\",\"token\":{\"env\":\"A\"}}"),
         "`cloud`"},
        {HTTP("\"url\":\"http://api.example\""), "without TLS only loopback hosts"},
        {HTTP("\"url\":\"http://localhost.evil.example\""), "without TLS only loopback hosts"},
        {HTTP("\"url\":\"http://127.0.0.1.evil.example\""), "without TLS only loopback hosts"},
        {HTTP("\"url\":\"ftp://api.example\""), "is no base URL"},
        {HTTP("\"url\":\"https://user@api.example\""), "is no base URL"},
        {HTTP("\"url\":\"https://api.example/?a=b\""), "is no base URL"},
        {HTTP("\"url\":\"https://api.example:0/\""), "is no base URL"},
        {HTTP("\"url\":\"https://a b/\""), "is no base URL"},
        {HTTP("\"token_url\":\"http://login.example/\""), "without TLS only loopback hosts"},
        {HTTP("\"token_url\":\"smtp://127.0.0.1/\""), "is no URL"},
        {HTTP("\"egress\":[\"everything\"]"), "`egress`: everything is not"},
        {HTTP("\"egress\":[\"10.0.0.0/33\"]"), "`egress`"},
        {EMAIL(""), "`url` is missing"},
        {EMAIL(",\"url\":\"smtp://mail.example\",\"tls\":\"none\""),
         "without TLS only loopback hosts"},
        {EMAIL(",\"url\":\"smtp://mail.example\",\"auth\":{\"kind\":\"bearer\",\"token\":{\"env\":"
               "\"A\"}}"),
         "`auth.kind` is one of: basic, none"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct connections *connections = NULL;
        struct quell_error err = {0};
        assert_int_equal(
            connections_new(stage->registry, stage_json(stage, rows[i].json), &connections, &err),
            QUELL_INVALID);
        assert_null(connections);
        if (!strstr(err.message, rows[i].told))
            fail_msg("`%s` is not in: %s", rows[i].told, err.message);
        assert_null(strstr(err.message, "abc"));
    }
}

/* ---- what follows ----------------------------------------------------------------------------*/

static void some_need_no_configuration(void **state)
{
    struct stage *stage = *state;
    struct connection *http = make(stage, "{}", "http");

    assert_non_null(http);
    assert_string_equal(http->auth->name, "none");
    assert_int_equal(http->url.len, 0);
    assert_null(stage_connection(stage, "defender")); /* needs a sign-in */
    assert_null(stage_connection(stage, "email"));    /* needs a server */
    stage_connect(stage, "null");
    assert_non_null(stage_connection(stage, "http"));
}

static void names_lead_to_connections(void **state)
{
    struct stage *stage = *state;
    const struct quell_connector *connector = NULL;

    stage_connect(stage, "{\"http\":{\"url\":\"https://a.example/x//\"},"
                         "\"other\":{\"connector\":\"http\",\"url\":\"https://b.example\"}}");
    (void)registry_action(stage->registry, QUELL_STR("http.get"), &connector);
    assert_true(str_is(connections_find(stage->connections, connector, QUELL_STR(""))->url,
                       "https://a.example/x"));
    assert_true(str_is(connections_find(stage->connections, connector, QUELL_STR("other"))->url,
                       "https://b.example"));
    assert_null(connections_find(stage->connections, connector, QUELL_STR("third")));
    (void)registry_action(stage->registry, QUELL_STR("email.send"), &connector);
    assert_null(connections_find(stage->connections, connector, QUELL_STR("other")));
}

#define SIGN_IN                                                                                    \
    "\"auth\":{\"kind\":\"client-secret\",\"tenant_id\":\"t.example\",\"client_id\":\"a\","        \
    "\"client_secret\":{\"env\":\"A\"}}"

static void clouds_have_their_own_names(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *json, *name, *url, *token_url, *scope;
    } rows[] = {
        {DEFENDER(SIGN_IN), "defender", "https://api.security.microsoft.com",
         "https://login.microsoftonline.com/t.example/oauth2/v2.0/token",
         "https://api.securitycenter.microsoft.com/.default"},
        {DEFENDER("\"cloud\":\"gcc\"," SIGN_IN), "defender",
         "https://api-gcc.securitycenter.microsoft.us",
         "https://login.microsoftonline.com/t.example/oauth2/v2.0/token",
         "https://api-gcc.securitycenter.microsoft.us/.default"},
        {DEFENDER("\"cloud\":\"gcc-high\"," SIGN_IN), "defender",
         "https://api-gov.securitycenter.microsoft.us",
         "https://login.microsoftonline.us/t.example/oauth2/v2.0/token",
         "https://api-gov.securitycenter.microsoft.us/.default"},
        {"{\"sentinel\":{\"cloud\":\"china\"," SIGN_IN "}}", "sentinel",
         "https://management.chinacloudapi.cn",
         "https://login.partner.microsoftonline.cn/t.example/oauth2/v2.0/token",
         "https://management.chinacloudapi.cn/.default"},
        {DEFENDER("\"url\":\"https://proxy.example/mde\",\"token_url\":\"https://idp.example/"
                  "t\"," SIGN_IN),
         "defender", "https://proxy.example/mde", "https://idp.example/t",
         "https://api.securitycenter.microsoft.com/.default"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct connection *connection = make(stage, rows[i].json, rows[i].name);
        assert_true(str_is(connection->url, rows[i].url));
        assert_true(str_is(connection->token_url, rows[i].token_url));
        assert_true(str_is(connection->scope, rows[i].scope));
    }
}

/* What actions and people see of a connection. */
static void settings_hold_no_secret(void **state)
{
    struct stage *stage = *state;
    struct connection *connection =
        make(stage,
             EMAIL(",\"url\":\"smtps://mail.example:465\",\"egress\":[\"10.0.0.0/8\",\"loopback\"],"
                   "\"ca\":\"/ca.pem\",\"auth\":{\"kind\":\"basic\",\"username\":\"u\","
                   "\"password\":{\"env\":\"A\"}}"),
             "email");
    struct quell_value settings = connection_settings(connection);

    assert_true(str_is(json_text(stage->arena, settings, JSON_COMPACT | JSON_SECRETS),
                       "{\"cloud\":\"public\",\"from\":\"q@x.example\",\"tls\":\"required\","
                       "\"url\":\"smtps://mail.example:465\"}"));
    assert_int_equal(connection->egress, CURL_EGRESS_LOOPBACK);
    assert_int_equal(connection->cidr_count, 1);
    assert_int_equal(connection->cidrs[0].bits, 104);
    assert_int_equal(connection->origin.port, 465);
    assert_true(str_is(connection->ca_file, "/ca.pem"));
}

/* ---- secrets ---------------------------------------------------------------------------------*/

static enum quell_code read_secret(struct stage *stage, const char *json, struct secret *secret,
                                   struct quell_error *err)
{
    *secret = (struct secret){0};
    return secret_read(stage_json(stage, json), secret, err);
}

static void secrets_come_from_env_and_file(void **state)
{
    struct stage *stage = *state;
    char path[] = "/tmp/quell-secret-XXXXXX", json[128];
    struct quell_error err = {0};
    struct secret secret;
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    assert_non_null(file);
    assert_true(fputs("from file \r\n\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(setenv("QUELL_TEST_SECRET", "from env\n", 1), 0);
    assert_int_equal(read_secret(stage, "{\"env\":\"QUELL_TEST_SECRET\"}", &secret, &err),
                     QUELL_OK);
    assert_true(str_is(secret_text(&secret), "from env"));
    secret_wipe(&secret);
    (void)snprintf(json, sizeof(json), "{\"file\":\"%s\"}", path);
    assert_int_equal(read_secret(stage, json, &secret, &err), QUELL_OK);
    assert_true(str_is(secret_text(&secret), "from file "));
    secret_wipe(&secret);
    assert_int_equal(remove(path), 0);
    assert_int_equal(read_secret(stage, json, &secret, &err), QUELL_DENIED);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(setenv("QUELL_TEST_SECRET", "\n", 1), 0);
    assert_int_equal(read_secret(stage, "{\"env\":\"QUELL_TEST_SECRET\"}", &secret, &err),
                     QUELL_DENIED);
    assert_non_null(strstr(err.message, "QUELL_TEST_SECRET is empty"));
    assert_int_equal(read_secret(stage, "{\"env\":\"QUELL_NOT_THERE\"}", &secret, &err),
                     QUELL_DENIED);
    assert_int_equal(read_secret(stage, "{\"file\":\"/dev/zero\"}", &secret, &err), QUELL_DENIED);
    assert_non_null(strstr(err.message, "too large"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_set_up, stage_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(faults_are_told),           TEST(some_need_no_configuration),
        TEST(names_lead_to_connections), TEST(clouds_have_their_own_names),
        TEST(settings_hold_no_secret),   TEST(secrets_come_from_env_and_file),
    };

    return cmocka_run_group_tests_name("connector.connection", tests, NULL, NULL);
}
