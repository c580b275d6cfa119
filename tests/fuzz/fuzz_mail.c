/*
 * fuzz_mail.c - any bytes as what a mail server says, from MAIL on: the dialogue ends once, with
 * words that can be shown, and what it tells of the mail is true: nothing is delivered before the
 * last line, and what may have been is never called undone.
 *
 * A NUL ends what comes in one piece. The first byte: how many recipients, whether the server takes
 * its time, and whether the last line may leave.
 */
#include <curl/curl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"
#include "loop/loop.h"
#include "loop/mail.h"
#include "loop/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

CURLcode __wrap_curl_easy_send(CURL *easy, const void *bytes, size_t len, size_t *sent);
CURLcode __wrap_curl_easy_recv(CURL *easy, void *bytes, size_t len, size_t *got);
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...);
struct loop *__wrap_transfer_loop(const struct curl_transfer *transfer);
void __wrap_transfer_end(struct curl_transfer *transfer, const struct curl_answer *answer);

static struct server {
    struct loop *loop;
    int ends[2];           /* ours is always readable, so that the dialogue is always called */
    struct quell_str rest; /* what it says yet */
    struct buf heard;
    bool slow, full; /* it takes something at every other time only */
    bool ended;
} server;

static void require(bool promise)
{
    if (!promise)
        abort();
}

/* ---- in the place of libcurl -------------------------------------------------------------------
 */

/* Some bytes at a time, as sockets do. */
CURLcode __wrap_curl_easy_send(CURL *easy, const void *bytes, size_t len, size_t *sent)
{
    (void)easy;
    server.full = server.slow && !server.full;
    if (server.full)
        return CURLE_AGAIN;
    *sent = len > 7 ? len / 2 + 1 : len;
    buf_add(&server.heard, bytes, *sent);
    return CURLE_OK;
}

CURLcode __wrap_curl_easy_recv(CURL *easy, void *bytes, size_t len, size_t *got)
{
    (void)easy;
    *got = 0;
    if (server.rest.len == 0)
        return CURLE_OK; /* it has hung up */
    if (server.rest.data[0] == '\0') {
        server.rest = str_slice(server.rest, 1, server.rest.len);
        return CURLE_AGAIN;
    }
    while (*got < len && *got < server.rest.len && server.rest.data[*got] != '\0')
        (*got)++;
    memcpy(bytes, server.rest.data, *got);
    server.rest = str_slice(server.rest, *got, server.rest.len);
    return CURLE_OK;
}

/* Only the socket is asked for. */
CURLcode __wrap_curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
    va_list args;

    (void)easy;
    va_start(args, info);
    if (info == CURLINFO_ACTIVESOCKET)
        *va_arg(args, curl_socket_t *) = server.ends[0];
    else
        *va_arg(args, long *) = 0;
    va_end(args);
    return CURLE_OK;
}

struct loop *__wrap_transfer_loop(const struct curl_transfer *transfer)
{
    (void)transfer;
    return server.loop;
}

/* ---- what must hold ----------------------------------------------------------------------------
 */

static size_t count_of(struct quell_str text, const char *word)
{
    struct quell_str wanted = quell_str_of(word);
    size_t at = str_find(text, wanted, 0), count = 0;

    for (; at != SIZE_MAX; at = str_find(text, wanted, at + 1))
        count++;
    return count;
}

static bool may_leave(void *user)
{
    return *(bool *)user;
}

void __wrap_transfer_end(struct curl_transfer *transfer, const struct curl_answer *answer)
{
    struct quell_str heard = buf_str(&server.heard);
    bool whole = str_ends(heard, QUELL_STR("\r\n.\r\n")); /* the content holds no such line */
    bool accepted = answer->code == QUELL_OK && answer->status < 400;
    size_t i;

    require(!server.ended);
    server.ended = true;
    require(count_of(heard, "MAIL FROM:<") == 1 && count_of(heard, "DATA\r\n") <= 1);
    require(count_of(heard, "RCPT TO:<") <= transfer->parcel->count);
    require(transfer->begun || !whole);
    if (transfer->begun)
        require(count_of(heard, "DATA\r\nSubject: s\r\n\r\nbody\r\n") == 1);
    if (whole)
        require(count_of(heard, "RCPT TO:<") == transfer->parcel->count);
    if (accepted)
        require(whole && answer->status >= 200 && answer->status < 300);
    if (answer->code)
        require((answer->code == QUELL_UNKNOWN_OUTCOME) == transfer->begun);
    for (i = 0; i < answer->message.len; i++)
        require(answer->message.data[i] >= 0x20 && answer->message.data[i] < 0x7f);
    dialogue_free(transfer->dialogue);
    arena_free(transfer->arena); /* nobody may look at it behind this */
}

/* ---- one dialogue ------------------------------------------------------------------------------
 */

static void set_up(void)
{
    require(socketpair(AF_UNIX, SOCK_STREAM, 0, server.ends) == 0);
    require(write(server.ends[1], "x", 1) == 1);
    server.loop = loop_new();
    server.heard.size_max = 1 << 16;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct quell_str recipients[] = {
        {"a@b.example", 11}, {"c@d.example", 11}, {"e@f.example", 11}};
    struct mail_parcel parcel = {.from = QUELL_STR("quell@b.example"),
                                 .recipients = recipients,
                                 .content = QUELL_STR("Subject: s\r\n\r\nbody\r\n")};
    struct curl_transfer transfer = {.arena = NULL, .mail = true, .timeout_ms = 60000};
    bool may = size > 0 && data[0] < 0x80;

    if (size == 0)
        return 0;
    if (server.loop == NULL)
        set_up();
    parcel.count = 1 + data[0] % 3;
    server.rest = (struct quell_str){(const char *)data + 1, size - 1};
    buf_reset(&server.heard);
    server.ended = server.full = false;
    server.slow = data[0] & 0x40;
    transfer.arena = arena_new(0);
    transfer.parcel = &parcel;
    transfer.started_us = clock_monotonic_us();
    transfer.may_leave = may_leave;
    transfer.may_leave_user = &may;
    dialogue_start(&transfer);
    while (!server.ended)
        loop_once(server.loop, 1000);
    require(may || !transfer.begun);
    return 0;
}
