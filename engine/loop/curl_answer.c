/*
 * curl_answer.c - what came of a transfer: the answer, or what its absence means. The distinction
 * that everything above relies on is made here: nothing was sent, or it was sent and the answer is
 * lost.
 */
#include <time.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "loop/loop.h"
#include "loop/transfer.h"
#include "value/value.h"

/* ---- headers ---------------------------------------------------------------------------------*/

static struct quell_str lower(struct arena *arena, struct quell_str text)
{
    char *copy = (char *)(uintptr_t)arena_str(arena, text).data;

    for (size_t i = 0; i < text.len; i++) {
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    }
    return (struct quell_str){copy, text.len};
}

/* Header values are Latin-1 or worse; a value of ours is UTF-8. */
static struct quell_str printable(struct arena *arena, struct quell_str text)
{
    char *copy = (char *)(uintptr_t)arena_str(arena, text).data;

    if (utf8_valid(text) == text.len)
        return (struct quell_str){copy, text.len};
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)copy[i] >= 0x80)
            copy[i] = '?';
    }
    return (struct quell_str){copy, text.len};
}

static struct quell_value read_headers(struct arena *arena, struct quell_str head)
{
    struct map_builder map = {.arena = arena};
    struct quell_str line, name, text;

    while (head.len > 0) {
        struct quell_value before = quell_null();

        (void)str_cut(head, '\n', &line, &head); /* the last line has none, which is as good */
        if (!str_cut(line, ':', &name, &text))
            continue; /* the status line, the empty line */
        name = lower(arena, printable(arena, str_trim(name)));
        text = printable(arena, str_trim(text));
        if (quell_find(quell_map(map.pairs, map.count), name, &before))
            text = arena_format(arena, "%.*s, %.*s", QUELL_ARG(quell_str(before)), QUELL_ARG(text));
        map_put(&map, name, quell_string(text));
    }
    return map_made(&map);
}

static int64_t number_of(struct quell_value headers, const char *name)
{
    int64_t number = 0;

    if (!str_to_int(quell_get_str(headers, name), &number) || number < 0)
        return 0;
    return number;
}

int64_t curl_retry_after_ms(struct quell_value headers, int64_t now_us)
{
    char text[64];
    struct quell_str date = quell_get_str(headers, "retry-after");
    int64_t ms = number_of(headers, "retry-after-ms");
    int64_t seconds;
    time_t when;

    if (ms == 0)
        ms = number_of(headers, "x-ms-retry-after-ms");
    if (ms > 0)
        return ms;
    if (str_to_int(date, &seconds))
        return seconds > 0 && seconds < INT64_MAX / 1000 ? seconds * 1000 : 0;
    if (date.len == 0 || date.len >= sizeof(text))
        return 0;
    memcpy(text, date.data, date.len);
    text[date.len] = '\0';
    when = curl_getdate(text, NULL);
    ms = when > 0 ? (int64_t)when * 1000 - now_us / 1000 : 0;
    return ms > 0 ? ms : 0;
}

/* ---- verdicts --------------------------------------------------------------------------------*/

static struct quell_str error_text(const struct curl_transfer *transfer, CURLcode result)
{
    const char *text = transfer->error_text[0] ? transfer->error_text : curl_easy_strerror(result);

    return quell_str_of(text);
}

/* The connection was never made good. */
static enum quell_code judge_unsent(const struct curl_transfer *transfer, CURLcode result)
{
    static const CURLcode distrust[] = {CURLE_PEER_FAILED_VERIFICATION,
                                        CURLE_SSL_CACERT_BADFILE,
                                        CURLE_SSL_ISSUER_ERROR,
                                        CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                                        CURLE_SSL_INVALIDCERTSTATUS,
                                        CURLE_USE_SSL_FAILED,
                                        CURLE_LOGIN_DENIED};

    if (transfer->denied)
        return QUELL_DENIED;
    for (size_t i = 0; i < sizeof(distrust) / sizeof(distrust[0]); i++) {
        if (result == distrust[i])
            return QUELL_DENIED;
    }
    if (result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL)
        return QUELL_INVALID;
    return result == CURLE_OPERATION_TIMEDOUT ? QUELL_TIMED_OUT : QUELL_UNAVAILABLE;
}

static struct quell_str judge_message(struct curl_transfer *transfer, CURLcode result)
{
    if (transfer->denied)
        return quell_str_of(transfer->denial);
    if (transfer->over)
        return QUELL_STR("the answer is larger than the limit for replies");
    return error_text(transfer, result);
}

static struct curl_answer http_answer(struct curl_transfer *transfer, CURLcode result, long status)
{
    struct curl_answer answer = {.status = (int)status, .headers = quell_null()};

    answer.headers = read_headers(transfer->arena, buf_str(&transfer->head));
    answer.retry_after_ms = curl_retry_after_ms(answer.headers, clock_now_us());
    answer.body = buf_str(&transfer->content);
    if (result == CURLE_OK) {
        answer.code = QUELL_OK;
        return answer;
    }
    answer.message = judge_message(transfer, result);
    if (transfer->over)
        answer.code = QUELL_LIMIT;
    else
        answer.code = transfer->begun ? QUELL_UNKNOWN_OUTCOME : judge_unsent(transfer, result);
    return answer;
}

/* A mail server that did not let us in; nothing is delivered. */
static struct curl_answer mail_answer(struct curl_transfer *transfer, CURLcode result, long status)
{
    struct curl_answer answer = {.status = (int)status, .headers = quell_map(NULL, 0)};

    if (status >= 400 && result != CURLE_USE_SSL_FAILED) {
        answer.code = QUELL_OK;
        answer.message = str_trim(printable(transfer->arena, buf_str(&transfer->head)));
        return answer;
    }
    answer.code = judge_unsent(transfer, result);
    answer.status = 0; /* it let us in as far as this; that is no answer to the mail */
    answer.message = judge_message(transfer, result);
    return answer;
}

struct curl_answer transfer_answer(struct curl_transfer *transfer, CURLcode result)
{
    long status = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->stopped)
        return (struct curl_answer){.code = QUELL_UNAVAILABLE,
                                    .stopped = true,
                                    .headers = quell_map(NULL, 0),
                                    .message = QUELL_STR("halted before it was sent")};
    return transfer->mail ? mail_answer(transfer, result, status)
                          : http_answer(transfer, result, status);
}
