/*
 * main.c - quell-range: options, start, one line about where it listens, and the end.
 *
 * One process, loopback only. It ends with SIGTERM, SIGINT, or with --until-eof when its standard
 * input closes, so that no test leaves one behind.
 */
#include "range.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/when.h"
#include "loop/loop.h"
#include "net/http.h"
#include "net/smtp.h"
#include "services/services.h"
#include "value/json.h"
#include "value/value.h"

static const char usage[] =
    "usage: quell-range [options]\n"
    "\n"
    "A practice range for quell on 127.0.0.1: Entra tokens, Defender machines and machine "
    "actions,\n"
    "Sentinel incidents and comments, a mail sink. Prints one JSON line with its ports.\n"
    "\n"
    "  --port N              HTTP port (default: any free one)\n"
    "  --smtp-port N         SMTP port (default: any free one)\n"
    "  --effects FILE        where effects are written, one JSON line each (default: a temporary\n"
    "                        file that goes with the range); an existing file is continued\n"
    "  --auto-advance MS     the clock follows real time in steps of MS (default: it moves only "
    "by\n"
    "                        POST /_range/clock)\n"
    "  --now TIME            where the clock starts, RFC 3339 (default: real time)\n"
    "  --pending-ms N        a machine action is Pending that long (2000)\n"
    "  --work-ms N           and has ended after that long (4000)\n"
    "  --page-size N         items of a page of Defender's lists (10000)\n"
    "  --tenant T            the only tenant (default: any)\n"
    "  --client-id ID        11111111-1111-1111-1111-111111111111\n"
    "  --client-secret S     range-secret\n"
    "  --token-seconds N     expires_in (3599)\n"
    "  --token T             a bearer token that always works (range-token); empty = none\n"
    "  --smtp-user U         quell\n"
    "  --smtp-password P     range-password\n"
    "  --smtp-require-auth   refuse MAIL before AUTH\n"
    "  --smtp-tls            offer STARTTLS with a fresh certificate; its file is printed\n"
    "  --until-eof           end when standard input closes\n"
    "  --help\n";

enum { OPTION_FIRST = 256, PORT_MAX = 65535 };

enum option_id {
    OPTION_PORT = OPTION_FIRST,
    OPTION_SMTP_PORT,
    OPTION_EFFECTS,
    OPTION_AUTO_ADVANCE,
    OPTION_NOW,
    OPTION_PENDING,
    OPTION_WORK,
    OPTION_PAGE,
    OPTION_TENANT,
    OPTION_CLIENT_ID,
    OPTION_CLIENT_SECRET,
    OPTION_TOKEN_SECONDS,
    OPTION_TOKEN,
    OPTION_SMTP_USER,
    OPTION_SMTP_PASSWORD,
    OPTION_SMTP_REQUIRE_AUTH,
    OPTION_SMTP_TLS,
    OPTION_UNTIL_EOF,
    OPTION_HELP,
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, OPTION_PORT},
    {"smtp-port", required_argument, NULL, OPTION_SMTP_PORT},
    {"effects", required_argument, NULL, OPTION_EFFECTS},
    {"auto-advance", required_argument, NULL, OPTION_AUTO_ADVANCE},
    {"now", required_argument, NULL, OPTION_NOW},
    {"pending-ms", required_argument, NULL, OPTION_PENDING},
    {"work-ms", required_argument, NULL, OPTION_WORK},
    {"page-size", required_argument, NULL, OPTION_PAGE},
    {"tenant", required_argument, NULL, OPTION_TENANT},
    {"client-id", required_argument, NULL, OPTION_CLIENT_ID},
    {"client-secret", required_argument, NULL, OPTION_CLIENT_SECRET},
    {"token-seconds", required_argument, NULL, OPTION_TOKEN_SECONDS},
    {"token", required_argument, NULL, OPTION_TOKEN},
    {"smtp-user", required_argument, NULL, OPTION_SMTP_USER},
    {"smtp-password", required_argument, NULL, OPTION_SMTP_PASSWORD},
    {"smtp-require-auth", no_argument, NULL, OPTION_SMTP_REQUIRE_AUTH},
    {"smtp-tls", no_argument, NULL, OPTION_SMTP_TLS},
    {"until-eof", no_argument, NULL, OPTION_UNTIL_EOF},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static const struct range_options defaults = {
    .pending_ms = 2000,
    .work_ms = 4000,
    .page_size = 10000,
    .token_seconds = 3599,
    .client_id = "11111111-1111-1111-1111-111111111111",
    .client_secret = "range-secret",
    .token = "range-token",
    .smtp_user = "quell",
    .smtp_password = "range-password",
};

static bool take_number(const char *text, int64_t most, int64_t *number)
{
    int64_t value;
    if (!str_to_int(quell_str_of(text), &value) || value < 0 || value > most)
        return false;
    *number = value;
    return true;
}

static bool take_time(const char *text, struct range_options *options)
{
    struct when when;
    options->now = text;
    return when_parse_time(quell_str_of(text), &when);
}

/* Stores one option; false when its argument is no good. */
static bool take_option(enum option_id id, const char *text, struct range_options *options)
{
    const int64_t year_ms = 31536000000;
    switch (id) {
    case OPTION_PORT:
        return take_number(text, PORT_MAX, &options->port);
    case OPTION_SMTP_PORT:
        return take_number(text, PORT_MAX, &options->smtp_port);
    case OPTION_EFFECTS:
        options->effects_path = text;
        return true;
    case OPTION_AUTO_ADVANCE:
        return take_number(text, year_ms, &options->auto_advance_ms);
    case OPTION_NOW:
        return take_time(text, options);
    case OPTION_PENDING:
        return take_number(text, year_ms, &options->pending_ms);
    case OPTION_WORK:
        return take_number(text, year_ms, &options->work_ms);
    case OPTION_PAGE:
        return take_number(text, 10000, &options->page_size) && options->page_size > 0;
    case OPTION_TENANT:
        options->tenant = text;
        return true;
    case OPTION_CLIENT_ID:
        options->client_id = text;
        return true;
    case OPTION_CLIENT_SECRET:
        options->client_secret = text;
        return true;
    case OPTION_TOKEN_SECONDS:
        return take_number(text, 86400, &options->token_seconds);
    case OPTION_TOKEN:
        options->token = text;
        return true;
    case OPTION_SMTP_USER:
        options->smtp_user = text;
        return true;
    case OPTION_SMTP_PASSWORD:
        options->smtp_password = text;
        return true;
    case OPTION_SMTP_REQUIRE_AUTH:
        options->smtp_require_auth = true;
        return true;
    case OPTION_SMTP_TLS:
        options->smtp_tls = true;
        return true;
    case OPTION_UNTIL_EOF:
        options->until_eof = true;
        return true;
    case OPTION_HELP:
        return true;
    }
    return false;
}

/* 0 = go on; else the exit status plus one. */
static int read_options(int argc, char **argv, struct range_options *options)
{
    int id = getopt_long(argc, argv, "", long_options, NULL);
    for (; id != -1; id = getopt_long(argc, argv, "", long_options, NULL)) {
        if (id == OPTION_HELP) {
            fputs(usage, stdout);
            return 1;
        }
        if (id < OPTION_FIRST)
            return 3; /* getopt has said what is wrong */
        if (!take_option((enum option_id)id, optarg, options)) {
            fprintf(stderr, "quell-range: --%s: `%s` is no good value\n",
                    long_options[id - OPTION_FIRST].name, optarg);
            return 3;
        }
    }
    if (optind == argc)
        return 0;
    fprintf(stderr, "quell-range: unexpected `%s`; --help tells the options\n", argv[optind]);
    return 3;
}

static void announce(const struct range *range, int64_t port, const struct smtp_server *mail)
{
    struct arena *arena = arena_new(0);
    struct map_builder map = {.arena = arena};
    map_add(&map, "http", quell_int(port));
    map_add(&map, "smtp", quell_int(range->smtp_port));
    map_add(&map, "control", quell_int(port));
    map_add(&map, "effects", quell_text(effects_path(range->effects)));
    if (smtp_ca_path(mail))
        map_add(&map, "smtp_ca", quell_text(smtp_ca_path(mail)));
    map_add(&map, "pid", quell_int(getpid()));
    printf("%s\n", json_text(arena, map_made(&map), JSON_COMPACT).data);
    (void)fflush(stdout); /* somebody may have closed it; the range serves all the same */
    arena_free(arena);
}

static void on_signal(int number, void *loop)
{
    (void)number;
    loop_stop(loop);
}

static void on_input(evutil_socket_t fd, short what, void *loop)
{
    char ignored[256];
    (void)what;
    if (read((int)fd, ignored, sizeof(ignored)) <= 0)
        loop_stop(loop);
}

/* Serves until a signal, or the end of standard input when that is asked for. */
static void serve(struct range *range)
{
    struct loop *loop = range->loop;
    struct loop_watch *term = loop_signal(loop, SIGTERM, on_signal, loop);
    struct loop_watch *interrupt = loop_signal(loop, SIGINT, on_signal, loop);
    struct event *input = NULL;
    if (range->options->until_eof) {
        input = event_new(loop_base(loop), STDIN_FILENO, EV_READ | EV_PERSIST, on_input, loop);
        (void)event_add(input, NULL);
    }
    loop_run(loop);
    if (input)
        event_free(input);
    loop_unwatch(term);
    loop_unwatch(interrupt);
}

static int run(const struct range_options *options)
{
    struct range range = {.options = options};
    struct quell_error err = {0};
    struct http_server *http = NULL;
    struct smtp_server *mail = NULL;
    int64_t port = 0;
    range.loop = loop_new();
    range.state = arena_new(0);
    range.faults = faults_new();
    range_clock_start(&range);
    range.effects = effects_open(options->effects_path, &err);
    if (range.effects)
        mail = smtp_server_new(&range, &err);
    if (mail)
        http = http_server_new(range.loop, options->port, &port, route_request, &range, &err);
    if (http) {
        announce(&range, port, mail);
        serve(&range);
    } else {
        fprintf(stderr, "quell-range: %s\n", err.message);
    }
    http_server_free(http);
    smtp_server_free(mail);
    effects_close(range.effects);
    faults_free(range.faults);
    arena_free(range.state);
    loop_free(range.loop);
    return http ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct range_options options = defaults;
    int stop = read_options(argc, argv, &options);
    if (stop)
        return stop - 1;
    (void)signal(SIGPIPE, SIG_IGN); /* a client that is gone is an error of its connection */
    return run(&options);
}
