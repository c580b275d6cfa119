/*
 * smtp.c - the mail sink: sessions, commands, sign-in, STARTTLS, and keeping mails.
 *
 * Lines end with CRLF and nothing else; a bare CR or LF inside a mail is kept and reported. Nothing
 * is ever passed on to anybody.
 */
#include "smtp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/str.h"
#include "listen.h"
#include "loop/loop.h"
#include "mail.h"
#include "tls.h"
#include "value/value.h"

enum { MAIL_MAX = 25 * 1024 * 1024, LINE_MAX_BYTES = 64 * 1024, RECIPIENTS_MAX = 100 };

struct smtp_server {
    struct range *range;
    struct evconnlistener *listener;
    struct session *sessions;
    SSL_CTX *tls; /* NULL = STARTTLS is not offered */
    char *ca_path;
};

enum expecting { COMMAND, DATA, AUTH_PLAIN, AUTH_USER, AUTH_PASSWORD };

struct session {
    struct smtp_server *server;
    struct session *next, *previous;
    struct bufferevent *stream;
    struct arena *arena; /* of the session */
    struct loop_timer *timer;
    enum expecting expecting;
    struct quell_str user, claimed_user, from;
    struct list_builder to;
    struct buf data;
    struct fault fault; /* of the mail at hand */
    bool has_from, tls, bare_line_end, closing;
};

struct command {
    const char *word;
    void (*run)(struct session *session, struct quell_str argument);
};

static void close_session(struct session *session)
{
    struct smtp_server *server = session->server;
    if (session->previous)
        session->previous->next = session->next;
    else
        server->sessions = session->next;
    if (session->next)
        session->next->previous = session->previous;
    loop_cancel(session->timer);
    bufferevent_free(session->stream);
    buf_free(&session->data);
    arena_free(session->arena);
    memory_free(session);
}

static void say(struct session *session, const char *line)
{
    (void)evbuffer_add_printf(bufferevent_get_output(session->stream), "%s\r\n", line);
}

static void forget_mail(struct session *session)
{
    session->has_from = false;
    session->bare_line_end = false;
    session->to = (struct list_builder){.arena = session->arena};
    session->expecting = COMMAND;
    buf_reset(&session->data);
}

static void run_ehlo(struct session *session, struct quell_str argument)
{
    (void)argument;
    forget_mail(session);
    say(session, "250-quell-range greets you");
    say(session, "250-8BITMIME");
    say(session, "250-SMTPUTF8");
    if (session->server->tls && !session->tls)
        say(session, "250-STARTTLS");
    say(session, "250-AUTH PLAIN LOGIN");
    say(session, "250 SIZE 26214400");
}

static void run_helo(struct session *session, struct quell_str argument)
{
    (void)argument;
    forget_mail(session);
    say(session, "250 quell-range");
}

static void run_noop(struct session *session, struct quell_str argument)
{
    (void)argument;
    say(session, "250 2.0.0 fine");
}

static void run_rset(struct session *session, struct quell_str argument)
{
    (void)argument;
    forget_mail(session);
    say(session, "250 2.0.0 forgotten");
}

static void run_quit(struct session *session, struct quell_str argument)
{
    (void)argument;
    say(session, "221 2.0.0 bye");
    session->closing = true;
}

/* `FROM:<address> PARAMETERS`; false when it is no such thing. */
static bool take_path(struct quell_str argument, const char *word, struct quell_str *address,
                      struct quell_str *parameters)
{
    struct quell_str rest = str_slice(argument, strlen(word), argument.len);
    if (!str_equal_fold(str_slice(argument, 0, strlen(word)), quell_str_of(word)))
        return false;
    rest = str_trim(rest);
    if (rest.len == 0 || rest.data[0] != '<' ||
        !str_cut(str_slice(rest, 1, rest.len), '>', address, parameters))
        return false;
    *parameters = str_trim(*parameters);
    return true;
}

static bool too_large(struct quell_str parameters)
{
    struct quell_str parameter;
    int64_t size;
    while (parameters.len > 0) {
        (void)str_cut(parameters, ' ', &parameter, &parameters); /* the last one has no blank */
        if (str_equal_fold(str_slice(parameter, 0, 5), QUELL_STR("SIZE=")) &&
            str_to_int(str_slice(parameter, 5, parameter.len), &size) && size > MAIL_MAX)
            return true;
    }
    return false;
}

static void run_mail(struct session *session, struct quell_str argument)
{
    struct quell_str address, parameters;
    if (session->server->range->options->smtp_require_auth && session->user.len == 0) {
        say(session, "530 5.7.0 sign in first");
    } else if (session->has_from) {
        say(session, "503 5.5.1 one mail at a time");
    } else if (!take_path(argument, "FROM:", &address, &parameters)) {
        say(session, "501 5.5.4 MAIL FROM:<address>");
    } else if (too_large(parameters)) {
        say(session, "552 5.3.4 too large");
    } else {
        session->from = arena_str(session->arena, address);
        session->has_from = true;
        say(session, "250 2.1.0 go on");
    }
}

static void run_rcpt(struct session *session, struct quell_str argument)
{
    struct quell_str address, parameters;
    if (!session->has_from)
        say(session, "503 5.5.1 MAIL first");
    else if (!take_path(argument, "TO:", &address, &parameters) || address.len == 0)
        say(session, "501 5.5.4 RCPT TO:<address>");
    else if (str_starts(address, QUELL_STR("unknown-")))
        say(session, "550 5.1.1 nobody of that name");
    else if (session->to.count == RECIPIENTS_MAX)
        say(session, "452 4.5.3 too many recipients");
    else {
        list_add(&session->to, value_copy_str(session->arena, address));
        say(session, "250 2.1.5 go on");
    }
}

static void run_data(struct session *session, struct quell_str argument)
{
    (void)argument;
    if (session->to.count == 0) {
        say(session, "503 5.5.1 RCPT first");
        return;
    }
    session->expecting = DATA;
    session->data.size_max = MAIL_MAX;
    say(session, "354 end with a dot on a line of its own");
}

static void check_sign_in(struct session *session, struct quell_str user, struct quell_str password)
{
    const struct range_options *options = session->server->range->options;
    session->expecting = COMMAND;
    if (str_is(user, options->smtp_user) && str_is(password, options->smtp_password)) {
        session->user = arena_str(session->arena, user);
        say(session, "235 2.7.0 welcome");
    } else {
        say(session, "535 5.7.8 user or password is wrong");
    }
}

/* base64 of NUL-separated authorisation id, user, password. */
static void take_plain(struct session *session, struct quell_str text)
{
    struct quell_str bytes = {"", 0}, identity, user, password;
    if (!digest_from_base64(session->arena, text, &bytes) ||
        !str_cut(bytes, '\0', &identity, &bytes) || !str_cut(bytes, '\0', &user, &password)) {
        session->expecting = COMMAND;
        say(session, "501 5.5.2 that is no AUTH PLAIN");
        return;
    }
    check_sign_in(session, user, password);
}

static void run_auth(struct session *session, struct quell_str argument)
{
    struct quell_str method, initial;
    (void)str_cut(argument, ' ', &method, &initial); /* the first answer may come later */
    initial = str_trim(initial);
    if (str_equal_fold(method, QUELL_STR("PLAIN"))) {
        session->expecting = AUTH_PLAIN;
        if (initial.len > 0)
            take_plain(session, initial);
        else
            say(session, "334 ");
    } else if (str_equal_fold(method, QUELL_STR("LOGIN"))) {
        session->expecting = AUTH_USER;
        say(session, "334 VXNlcm5hbWU6");
    } else {
        say(session, "504 5.5.4 PLAIN or LOGIN");
    }
}

static void take_login(struct session *session, struct quell_str line)
{
    struct quell_str text = {"", 0};
    (void)digest_from_base64(session->arena, line, &text); /* nonsense is a wrong password */
    if (session->expecting == AUTH_USER) {
        session->claimed_user = text;
        session->expecting = AUTH_PASSWORD;
        say(session, "334 UGFzc3dvcmQ6");
        return;
    }
    check_sign_in(session, session->claimed_user, text);
}

static void set_callbacks(struct session *session);

static void run_starttls(struct session *session, struct quell_str argument)
{
    struct bufferevent *plain = session->stream;
    (void)argument;
    if (!session->server->tls || session->tls) {
        say(session, "503 5.5.1 not now");
        return;
    }
    say(session, "220 2.0.0 go ahead");
    /* What came before the handshake must not count as said inside it. */
    (void)evbuffer_drain(bufferevent_get_input(plain),
                         evbuffer_get_length(bufferevent_get_input(plain)));
    session->stream = bufferevent_openssl_filter_new(
        bufferevent_get_base(plain), plain, SSL_new(session->server->tls),
        BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_openssl_set_allow_dirty_shutdown(session->stream, 1);
    session->tls = true;
    session->user = (struct quell_str){"", 0};
    forget_mail(session);
    set_callbacks(session);
}

static const struct command commands[] = {
    {"EHLO", run_ehlo}, {"HELO", run_helo}, {"MAIL", run_mail},         {"RCPT", run_rcpt},
    {"DATA", run_data}, {"RSET", run_rset}, {"NOOP", run_noop},         {"QUIT", run_quit},
    {"AUTH", run_auth}, {"VRFY", run_noop}, {"STARTTLS", run_starttls},
};

static struct mail_record *keep_mail(struct session *session)
{
    struct range *range = session->server->range;
    struct mail_record *mail = arena_one(range->state, struct mail_record);
    struct mail_record **last = &range->mails;
    mail->at_us = range_now_us(range);
    mail->from = arena_str(range->state, session->from);
    mail->to = value_copy(range->state, list_made(&session->to));
    mail->raw = arena_str(range->state, buf_str(&session->data));
    mail->user = arena_str(range->state, session->user);
    mail->tls = session->tls;
    mail->bare_line_end = session->bare_line_end;
    while (*last)
        last = &(*last)->next;
    *last = mail;
    return mail;
}

static void log_mail(struct range *range, const struct mail_record *mail)
{
    struct arena *arena = arena_new(0);
    struct mail parsed = mail_parse(arena, mail->raw);
    struct quell_str id = quell_get_str(parsed.headers, "message-id"), target = {"", 0};
    struct quell_str marker =
        arena_format(arena, "%.*s\n%.*s", QUELL_ARG(quell_get_str(parsed.headers, "x-quell-run")),
                     QUELL_ARG(parsed.text));
    size_t i;
    if (id.len > 2 && id.data[0] == '<')
        id = str_slice(id, 1, id.len - 1);
    for (i = 0; i < quell_count(mail->to); i++)
        target = arena_format(arena, "%.*s%s%.*s", QUELL_ARG(target), i > 0 ? "," : "",
                              QUELL_ARG(quell_str(quell_at(mail->to, i))));
    effects_add(range, &(struct effect){.kind = "mail",
                                        .target = mail_clean(arena, target),
                                        .key = id,
                                        .marker = marker});
    arena_free(arena);
}

static void waited(void *user)
{
    struct session *session = user;
    session->timer = NULL;
    say(session, "250 2.0.0 kept");
}

/* What is said about a mail, as the fault wants it. */
static void answer_data(struct session *session, const struct fault *fault)
{
    switch (fault->kind) {
    case FAULT_STATUS:
        (void)evbuffer_add_printf(bufferevent_get_output(session->stream),
                                  "%d %d.3.0 the range was told to refuse\r\n", fault->status,
                                  fault->status / 100);
        return;
    case FAULT_GARBAGE:
    case FAULT_HTML:
        say(session, "<html>this is no mail server</html>");
        return;
    case FAULT_TRUNCATED:
        (void)bufferevent_write(session->stream, "25", 2);
        session->closing = true;
        return;
    case FAULT_SLOW:
        session->timer = loop_after(session->server->range->loop, fault->delay_ms, waited, session);
        return;
    case FAULT_NONE:
    case FAULT_LOST_BEFORE:
    case FAULT_LOST_AFTER:
    case FAULT_FAILED:
    case FAULT_TIMED_OUT:
    case FAULT_ADOPT:
        say(session, "250 2.0.0 kept");
        return;
    }
}

/* The dot came: the mail is taken or not, and the session says so or falls silent. Returns whether
 * the session is still there. */
static bool finish_data(struct session *session)
{
    struct range *range = session->server->range;
    struct fault fault = faults_take(range->faults, "mail", false);
    bool taken = fault.kind != FAULT_STATUS && fault.kind != FAULT_LOST_BEFORE;
    if (buf_over(&session->data)) {
        forget_mail(session);
        say(session, "552 5.3.4 too large");
        return true;
    }
    if (taken)
        log_mail(range, keep_mail(session));
    if (fault.kind == FAULT_LOST_BEFORE || fault.kind == FAULT_LOST_AFTER) {
        close_session(session);
        return false;
    }
    forget_mail(session);
    answer_data(session, &fault);
    return true;
}

static bool take_data_line(struct session *session, struct quell_str line)
{
    if (str_is(line, "."))
        return finish_data(session);
    if (line.len > 0 && line.data[0] == '.')
        line = str_slice(line, 1, line.len);
    if (memchr(line.data, '\n', line.len) || memchr(line.data, '\r', line.len))
        session->bare_line_end = true;
    buf_add_str(&session->data, line);
    buf_add(&session->data, "\r\n", 2);
    return true;
}

static void take_command(struct session *session, struct quell_str line)
{
    struct quell_str word, argument;
    size_t i;
    (void)str_cut(line, ' ', &word, &argument); /* some have no argument */
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (str_equal_fold(word, quell_str_of(commands[i].word))) {
            commands[i].run(session, str_trim(argument));
            return;
        }
    }
    say(session, "500 5.5.1 unknown command");
}

/* Returns whether the session is still there. */
static bool take_line(struct session *session, struct quell_str line)
{
    switch (session->expecting) {
    case COMMAND:
        take_command(session, line);
        return true;
    case DATA:
        return take_data_line(session, line);
    case AUTH_PLAIN:
        take_plain(session, line);
        return true;
    case AUTH_USER:
    case AUTH_PASSWORD:
        take_login(session, line);
        return true;
    }
    return true;
}

static void on_read(struct bufferevent *stream, void *user)
{
    struct session *session = user;
    bool alive = true;
    while (alive && !session->closing && stream == session->stream) {
        struct evbuffer *in = bufferevent_get_input(stream);
        size_t len;
        char *line = evbuffer_readln(in, &len, EVBUFFER_EOL_CRLF_STRICT);
        if (!line) {
            if (evbuffer_get_length(in) > LINE_MAX_BYTES)
                close_session(session);
            return;
        }
        alive = take_line(session, (struct quell_str){line, len});
        free(line); /* libevent's own allocation */
    }
}

static void on_written(struct bufferevent *stream, void *user)
{
    struct session *session = user;
    if (session->closing && evbuffer_get_length(bufferevent_get_output(stream)) == 0)
        close_session(session);
}

static void on_event(struct bufferevent *stream, short what, void *user)
{
    (void)stream;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        close_session(user);
}

static void set_callbacks(struct session *session)
{
    bufferevent_setcb(session->stream, on_read, on_written, on_event, session);
    (void)bufferevent_enable(session->stream, EV_READ | EV_WRITE);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
                      int len, void *user)
{
    struct smtp_server *server = user;
    struct session *session = memory_new(sizeof(*session));
    (void)listener;
    (void)from;
    (void)len;
    session->server = server;
    session->arena = arena_new(0);
    session->stream =
        bufferevent_socket_new(loop_base(server->range->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    session->next = server->sessions;
    if (server->sessions)
        server->sessions->previous = session;
    server->sessions = session;
    forget_mail(session);
    set_callbacks(session);
    say(session, "220 quell-range ESMTP");
}

static bool start_tls(struct smtp_server *server, struct quell_error *err)
{
    struct buf path = {.size_max = 4096};
    buf_add_format(&path, "%s.ca.pem", effects_path(server->range->effects));
    server->ca_path = memory_text(path.data, path.len);
    buf_free(&path);
    server->tls = tls_new(server->ca_path, err);
    return server->tls != NULL;
}

struct smtp_server *smtp_server_new(struct range *range, struct quell_error *err)
{
    struct smtp_server *server = memory_new(sizeof(*server));
    server->range = range;
    if (!range->options->smtp_tls || start_tls(server, err))
        server->listener = listen_loopback(range->loop, range->options->smtp_port,
                                           &range->smtp_port, on_accept, server, err);
    if (server->listener)
        return server;
    smtp_server_free(server);
    return NULL;
}

void smtp_server_free(struct smtp_server *server)
{
    if (!server)
        return;
    while (server->sessions)
        close_session(server->sessions);
    if (server->listener)
        evconnlistener_free(server->listener);
    SSL_CTX_free(server->tls);
    if (server->ca_path)
        (void)unlink(server->ca_path); /* nothing can be done about it at the end */
    memory_free(server->ca_path);
    memory_free(server);
}

const char *smtp_ca_path(const struct smtp_server *server)
{
    return server->tls ? server->ca_path : NULL;
}
