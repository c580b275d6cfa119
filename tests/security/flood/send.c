/*
 * send.c - one sender of the flood: a connection of its own, each delivery signed with the stolen
 * secret. It sends a delivery again, as the same, until it is answered.
 */
#include "flood.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/str.h"
#include "value/json.h"
#include "value/value.h"

enum { ANSWER_MAX = 65536, ANSWER_MS = 20000, TRIES_MOST = 6000, BACK_OFF_MS = 5 };

#define SECRET "a secret of twenty-four bytes"

static size_t keep(char *data, size_t size, size_t count, void *user)
{
    buf_add(user, data, size * count);
    return size * count;
}

static struct curl_slist *sign(struct arena *arena, const struct alert *alert)
{
    const char *secret =
        alert->kind == ALERT_UNSIGNED ? "another secret, of the same size" : SECRET;
    struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json");
    struct quell_str stamp = arena_format(arena, "%lld", (long long)time(NULL));
    const struct quell_str parts[] = {alert->id, QUELL_STR("."), stamp, QUELL_STR("."),
                                      alert->body};
    uint8_t mac[DIGEST_SHA256];

    digest_hmac_sha256(quell_str_of(secret), parts, 5, mac);
    fields = curl_slist_append(fields, "Expect:");
    fields = curl_slist_append(fields,
                               arena_format(arena, "webhook-id: %.*s", QUELL_ARG(alert->id)).data);
    fields = curl_slist_append(
        fields, arena_format(arena, "webhook-timestamp: %.*s", QUELL_ARG(stamp)).data);
    return curl_slist_append(
        fields,
        arena_format(arena, "webhook-signature: v1,%.*s",
                     QUELL_ARG(digest_base64(arena, (struct quell_str){(char *)mac, sizeof(mac)})))
            .data);
}

/* The status, 0 when no answer came; what it said of the incident is then in *heard. */
static int post(CURL *easy, struct arena *arena, int port, const struct alert *alert,
                struct heard *heard)
{
    struct curl_slist *fields = sign(arena, alert);
    struct buf text = {.size_max = ANSWER_MAX};
    struct quell_value said;
    struct quell_error ignored;
    long status = 0;

    (void)curl_easy_setopt(easy, CURLOPT_URL,
                           arena_format(arena, "http://127.0.0.1:%d/hooks/siem", port).data);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, alert->body.data);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)alert->body.len);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
    if (curl_easy_perform(easy) == CURLE_OK)
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 202 && !json_read(arena, buf_str(&text), ANSWER_MAX, &said, NULL, &ignored)) {
        struct quell_value run = quell_at(quell_get(said, "runs"), 0);

        (void)snprintf(heard->incident, sizeof(heard->incident), "%.*s",
                       QUELL_ARG(quell_get_str(said, "incident")));
        (void)snprintf(heard->run, sizeof(heard->run), "%.*s",
                       QUELL_ARG(quell_get_str(run, "run")));
    }
    curl_slist_free_all(fields);
    buf_free(&text);
    return (int)status;
}

static void deliver(struct flood *flood, CURL *easy, unsigned n)
{
    struct heard *heard = &flood->heard[n];

    for (heard->tries = 1; heard->tries < TRIES_MOST; heard->tries++) {
        struct arena *arena = arena_new(0);
        struct alert alert = alert_make(arena, n, flood->count);
        int port = atomic_load(&flood->port);
        int status = port ? post(easy, arena, port, &alert, heard) : 0;

        arena_free(arena);
        if (status) {
            heard->status = status;
            return;
        }
        if (port)
            atomic_fetch_add(&flood->touched, 1);
        (void)poll(NULL, 0, BACK_OFF_MS); /* the next server is on its way */
    }
}

void send_share(struct flood *flood, unsigned sender, int told)
{
    CURL *easy = curl_easy_init();

    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    for (unsigned n = sender; n < flood->count; n += flood->senders) {
        deliver(flood, easy, n);
        if (write(told, "", 1) != 1)
            _exit(1); /* nobody counts any more */
    }
    curl_easy_cleanup(easy);
}
