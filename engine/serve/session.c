/*
 * session.c - the table of sessions: by the hash of the id, so that neither the memory of a core
 * dump nor the time of a comparison tells one.
 */
#include "serve/session.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/loop.h"

enum { BUCKETS = 1024, RANDOM_BYTES = 32 };

struct session {
    struct session *next;
    uint8_t hash[DIGEST_SHA256];
    int64_t begun_us, used_us; /* monotonic: a clock that is set back prolongs nothing */
    bool user;
    char *name, *roles; /* owned */
    char csrf[SESSION_ID_CHARS + 1];
};

struct sessions {
    struct loop *loop;
    struct session *buckets[BUCKETS];
    size_t count;
};

void session_random(struct loop *loop, char out[SESSION_ID_CHARS + 1])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t bytes[RANDOM_BYTES + 1] = {0};
    size_t bit = 0;

    loop_random(loop, bytes, RANDOM_BYTES);
    for (size_t i = 0; i < SESSION_ID_CHARS; i++, bit += 6) {
        unsigned two = (unsigned)bytes[bit / 8] << 8 | bytes[bit / 8 + (bit / 8 < RANDOM_BYTES)];

        out[i] = letters[two >> (10 - bit % 8) & 63];
    }
    out[SESSION_ID_CHARS] = '\0';
    memory_wipe(bytes, sizeof(bytes));
}

struct sessions *sessions_new(struct loop *loop)
{
    struct sessions *sessions = memory_new(sizeof(*sessions));

    sessions->loop = loop;
    return sessions;
}

static void drop(struct sessions *sessions, struct session **at)
{
    struct session *session = *at;

    *at = session->next;
    memory_free(session->name);
    memory_free(session->roles);
    memory_wipe(session, sizeof(*session));
    memory_free(session);
    sessions->count--;
}

void sessions_free(struct sessions *sessions)
{
    if (!sessions)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        while (sessions->buckets[i])
            drop(sessions, &sessions->buckets[i]);
    memory_free(sessions);
}

static bool has_expired(const struct session *session, int64_t now_us)
{
    return now_us - session->used_us >= (int64_t)LIMIT_SESSION_IDLE_S * 1000000 ||
           now_us - session->begun_us >= (int64_t)LIMIT_SESSION_S * 1000000;
}

/* Those that have expired go, and at the limit the one that was not used for longest. */
static void make_room(struct sessions *sessions)
{
    struct session **oldest = NULL;
    int64_t now_us = loop_monotonic_us(sessions->loop);

    for (size_t i = 0; i < BUCKETS; i++) {
        struct session **at = &sessions->buckets[i];

        while (*at) {
            if (has_expired(*at, now_us)) {
                if (oldest == &(*at)->next)
                    oldest = at;
                drop(sessions, at);
                continue;
            }
            if (!oldest || (*at)->used_us < (*oldest)->used_us)
                oldest = at;
            at = &(*at)->next;
        }
    }
    if (sessions->count >= LIMIT_SESSIONS && oldest)
        drop(sessions, oldest);
}

static struct session **find(struct sessions *sessions, struct quell_str id)
{
    uint8_t hash[DIGEST_SHA256];
    struct session **at;

    digest_sha256(id, hash);
    at = &sessions->buckets[((unsigned)hash[0] << 8 | hash[1]) % BUCKETS];
    while (*at && memcmp((*at)->hash, hash, sizeof(hash)) != 0)
        at = &(*at)->next;
    return at;
}

void session_begin(struct sessions *sessions, const struct session_person *person,
                   char id[SESSION_ID_CHARS + 1])
{
    struct session *session, **at;

    if (sessions->count >= LIMIT_SESSIONS)
        make_room(sessions);
    session_random(sessions->loop, id);
    at = find(sessions, quell_str_of(id));
    session = memory_new(sizeof(*session));
    digest_sha256(quell_str_of(id), session->hash);
    session->begun_us = session->used_us = loop_monotonic_us(sessions->loop);
    session->user = person->user;
    session->name = memory_text(person->name.data, person->name.len);
    session->roles = memory_text(person->roles.data, person->roles.len);
    session_random(sessions->loop, session->csrf);
    session->next = *at;
    *at = session;
    sessions->count++;
}

bool session_find(struct sessions *sessions, struct arena *arena, struct quell_str id,
                  struct session_person *person, struct quell_str *csrf)
{
    struct session **at = find(sessions, id);
    int64_t now_us = loop_monotonic_us(sessions->loop);

    if (id.len != SESSION_ID_CHARS || !*at)
        return false;
    if (has_expired(*at, now_us)) {
        drop(sessions, at);
        return false;
    }
    (*at)->used_us = now_us;
    person->name = arena_str(arena, quell_str_of((*at)->name));
    person->roles = arena_str(arena, quell_str_of((*at)->roles));
    person->user = (*at)->user;
    *csrf = arena_str(arena, quell_str_of((*at)->csrf));
    return true;
}

void session_end(struct sessions *sessions, struct quell_str id)
{
    struct session **at = find(sessions, id);

    if (*at)
        drop(sessions, at);
}

size_t sessions_count(const struct sessions *sessions)
{
    return sessions->count;
}
