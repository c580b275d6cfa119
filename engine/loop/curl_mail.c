/*
 * curl_mail.c - the SMTP dialogue from MAIL to the dot, on a connection that libcurl has opened,
 * secured and signed in on (CURLOPT_CONNECT_ONLY).
 *
 * libcurl could say the rest, too, but waits for the server's word after the dot without returning
 * to the loop, and servers think for seconds about a mail. Speaking ourselves also tells exactly
 * what matters: whether the last line, without which nothing is delivered, may have left.
 */
#include <event2/event.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"
#include "loop/loop.h"
#include "loop/mail.h"
#include "loop/transfer.h"

enum {
    REPLY_BYTES_MAX = 8192, /* one reply of the server with all its lines */
};

enum dialogue_step { STEP_MAIL, STEP_RCPT, STEP_DATA, STEP_CONTENT, STEP_DOT };

struct dialogue {
    struct curl_transfer *transfer;
    struct event *event;
    struct loop_timer *timer;
    curl_socket_t fd;
    enum dialogue_step step;
    size_t recipient;   /* the next one */
    struct buf out, in; /* what is to be sent; what came and is not used yet */
    size_t sent;
};

/* ---- ending ----------------------------------------------------------------------------------*/

/* The farewell is not waited for: with our side closed, libcurl finds it cannot send its own. */
void dialogue_free(struct dialogue *dialogue)
{
    size_t unneeded;

    if (!dialogue)
        return;
    if (dialogue->sent == dialogue->out.len)
        (void)curl_easy_send(dialogue->transfer->easy, "QUIT\r\n", 6, &unneeded);
    (void)shutdown(dialogue->fd, SHUT_WR); /* one that is gone needs none */
    event_free(dialogue->event);
    loop_cancel(dialogue->timer);
    buf_free(&dialogue->out);
    buf_free(&dialogue->in);
}

static void end(struct dialogue *dialogue, enum quell_code code, int status,
                struct quell_str message)
{
    struct curl_answer answer = {
        .code = code, .status = status, .headers = quell_map(NULL, 0), .message = message};

    transfer_end(dialogue->transfer, &answer);
}

/* Without the last line nothing is delivered. */
static void end_without_answer(struct dialogue *dialogue, enum quell_code otherwise,
                               const char *why)
{
    end(dialogue, dialogue->transfer->begun ? QUELL_UNKNOWN_OUTCOME : otherwise, 0,
        quell_str_of(why));
}

static void too_late(void *user)
{
    struct dialogue *dialogue = user;

    dialogue->timer = NULL;
    end_without_answer(dialogue, QUELL_TIMED_OUT, "the mail server did not answer in time");
}

/* ---- speaking --------------------------------------------------------------------------------*/

static void listen_for(struct dialogue *dialogue, short what);
static bool say(struct dialogue *dialogue, const char *before, struct quell_str text,
                const char *after);

/* The line that makes the server deliver goes alone, so that all before it is harmless. */
static bool say_dot(struct dialogue *dialogue)
{
    if (!transfer_may_leave(dialogue->transfer)) {
        struct curl_answer answer = transfer_answer(dialogue->transfer, CURLE_OK);

        transfer_end(dialogue->transfer, &answer);
        return false;
    }
    dialogue->step = STEP_DOT;
    dialogue->transfer->begun = true;
    return say(dialogue, "", QUELL_STR("."), "\r\n");
}

/* False when the connection is gone, which ends the transfer. */
static bool flush(struct dialogue *dialogue)
{
    while (dialogue->sent < dialogue->out.len) {
        size_t count = 0;
        CURLcode result =
            curl_easy_send(dialogue->transfer->easy, dialogue->out.data + dialogue->sent,
                           dialogue->out.len - dialogue->sent, &count);
        if (result == CURLE_AGAIN) {
            listen_for(dialogue, EV_READ | EV_WRITE);
            return true;
        }
        if (result != CURLE_OK) {
            end_without_answer(dialogue, QUELL_UNAVAILABLE, "the mail server hung up");
            return false;
        }
        dialogue->sent += count;
    }
    listen_for(dialogue, EV_READ);
    return dialogue->step == STEP_CONTENT ? say_dot(dialogue) : true;
}

static bool say(struct dialogue *dialogue, const char *before, struct quell_str text,
                const char *after)
{
    buf_reset(&dialogue->out);
    dialogue->sent = 0;
    buf_add_text(&dialogue->out, before);
    buf_add_str(&dialogue->out, text);
    buf_add_text(&dialogue->out, after);
    return flush(dialogue);
}

/* What follows a reply that let us go on; false when the dialogue is over. */
static bool go_on(struct dialogue *dialogue, int status, struct quell_str line)
{
    const struct mail_parcel *parcel = dialogue->transfer->parcel;

    if (dialogue->step == STEP_DOT) {
        end(dialogue, QUELL_OK, status, line);
        return false;
    }
    if (dialogue->step == STEP_DATA) {
        dialogue->step = STEP_CONTENT;
        return say(dialogue, "", parcel->content, "");
    }
    if (dialogue->recipient < parcel->count) {
        dialogue->step = STEP_RCPT;
        return say(dialogue, "RCPT TO:<", parcel->recipients[dialogue->recipient++], ">\r\n");
    }
    dialogue->step = STEP_DATA;
    return say(dialogue, "", QUELL_STR("DATA"), "\r\n");
}

/* ---- listening -------------------------------------------------------------------------------*/

static struct quell_str shown(struct arena *arena, struct quell_str line)
{
    char *copy = (char *)(uintptr_t)arena_str(arena, line).data;

    for (size_t i = 0; i < line.len; i++) {
        if ((unsigned char)copy[i] < 0x20 || (unsigned char)copy[i] > 0x7e)
            copy[i] = '?';
    }
    return (struct quell_str){copy, line.len};
}

/* `250 text` or `250-text`; 0 when it is neither. */
static int status_of(struct quell_str line, bool *last)
{
    int status = 0;

    for (size_t i = 0; i < 3; i++) {
        if (i >= line.len || line.data[i] < '0' || line.data[i] > '9')
            return 0;
        status = status * 10 + (line.data[i] - '0');
    }
    *last = line.len == 3 || line.data[3] != '-';
    return status;
}

static bool is_welcome(const struct dialogue *dialogue, int status)
{
    if (dialogue->sent < dialogue->out.len)
        return false; /* it answers what it has not heard */
    if (dialogue->step == STEP_DATA)
        return status == 354;
    return dialogue->step != STEP_CONTENT && status >= 200 && status < 300;
}

/* A whole line came; false when the dialogue is over. */
static bool hear(struct dialogue *dialogue, struct quell_str line)
{
    bool last = false;
    int status = status_of(line, &last);
    struct quell_str text = shown(dialogue->transfer->arena, line);

    if (status > 0 && !last)
        return true;
    if (status > 0 && is_welcome(dialogue, status))
        return go_on(dialogue, status, text);
    if (status >= 400)
        end(dialogue, QUELL_OK, status, text);
    else
        end_without_answer(dialogue, QUELL_UNAVAILABLE, "the mail server does not speak SMTP");
    return false;
}

/* Uses up whole lines; false when the dialogue is over. */
static bool hear_lines(struct dialogue *dialogue)
{
    struct quell_str rest = buf_str(&dialogue->in), line, behind;

    while (str_cut(rest, '\n', &line, &behind)) {
        struct quell_str copy = arena_str(dialogue->transfer->arena, str_trim(line));
        rest = behind;
        if (!hear(dialogue, copy))
            return false;
    }
    behind = arena_str(dialogue->transfer->arena, rest);
    buf_reset(&dialogue->in);
    buf_add_str(&dialogue->in, behind);
    return true;
}

static void ready(evutil_socket_t fd, short what, void *user)
{
    struct dialogue *dialogue = user;

    (void)fd;
    if ((what & EV_WRITE) && !flush(dialogue))
        return;
    for (;;) {
        char chunk[2048];
        size_t count = 0;
        CURLcode result = curl_easy_recv(dialogue->transfer->easy, chunk, sizeof(chunk), &count);
        if (result == CURLE_AGAIN)
            return;
        if (result != CURLE_OK || count == 0) {
            end_without_answer(dialogue, QUELL_UNAVAILABLE, "the mail server hung up");
            return;
        }
        buf_add(&dialogue->in, chunk, count);
        if (buf_over(&dialogue->in)) {
            end_without_answer(dialogue, QUELL_UNAVAILABLE, "the mail server talks too much");
            return;
        }
        if (!hear_lines(dialogue))
            return;
    }
}

static void listen_for(struct dialogue *dialogue, short what)
{
    (void)event_del(dialogue->event);
    (void)event_assign(dialogue->event, loop_base(transfer_loop(dialogue->transfer)), dialogue->fd,
                       (short)(what | EV_PERSIST), ready, dialogue);
    (void)event_add(dialogue->event, NULL); /* the socket is valid: libcurl gave it */
}

void dialogue_start(struct curl_transfer *transfer)
{
    struct dialogue *dialogue = arena_one(transfer->arena, struct dialogue);
    int64_t used_ms = (clock_monotonic_us() - transfer->started_us) / 1000;
    struct loop *loop = transfer_loop(transfer);

    dialogue->transfer = transfer;
    dialogue->in.size_max = REPLY_BYTES_MAX;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_ACTIVESOCKET, &dialogue->fd);
    dialogue->event =
        event_new(loop_base(loop), dialogue->fd, EV_READ | EV_PERSIST, ready, dialogue);
    dialogue->timer =
        loop_after(loop, used_ms < transfer->timeout_ms ? transfer->timeout_ms - used_ms : 0,
                   too_late, dialogue);
    transfer->dialogue = dialogue;
    (void)say(dialogue, "MAIL FROM:<", transfer->parcel->from, ">\r\n"); /* ends itself if not */
}
