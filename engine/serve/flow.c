/*
 * flow.c - a ring of sign-ins under way: the newest takes the place of the oldest, so that a flood
 * of them costs a fixed memory.
 */
#include "serve/flow.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/str.h"
#include "loop/loop.h"

struct flow_slot {
    struct flow flow;
    uint8_t hash[DIGEST_SHA256]; /* of the cookie */
    int64_t begun_us;            /* monotonic; 0 = free */
    char *next;                  /* owned */
};

struct flows {
    struct loop *loop;
    size_t newest;
    struct flow_slot slots[LIMIT_SIGN_INS];
};

struct flows *flows_new(struct loop *loop)
{
    struct flows *flows = memory_new(sizeof(*flows));

    flows->loop = loop;
    return flows;
}

static void clear(struct flow_slot *slot)
{
    memory_free(slot->next);
    memory_wipe(slot, sizeof(*slot));
}

void flows_free(struct flows *flows)
{
    if (!flows)
        return;
    for (size_t i = 0; i < LIMIT_SIGN_INS; i++)
        clear(&flows->slots[i]);
    memory_free(flows);
}

const struct flow *flow_begin(struct flows *flows, struct quell_str next,
                              char id[SESSION_ID_CHARS + 1])
{
    struct flow_slot *slot;

    flows->newest = (flows->newest + 1) % LIMIT_SIGN_INS;
    slot = &flows->slots[flows->newest];
    clear(slot);
    session_random(flows->loop, id);
    digest_sha256(quell_str_of(id), slot->hash);
    session_random(flows->loop, slot->flow.state);
    session_random(flows->loop, slot->flow.nonce);
    session_random(flows->loop, slot->flow.verifier);
    slot->begun_us = loop_monotonic_us(flows->loop);
    slot->flow.begun_s = loop_now_us(flows->loop) / 1000000;
    slot->next = memory_text(next.data, next.len);
    slot->flow.next = quell_str_of(slot->next);
    return &slot->flow;
}

bool flow_take(struct flows *flows, struct arena *arena, struct quell_str id, struct flow *flow)
{
    uint8_t hash[DIGEST_SHA256];
    int64_t oldest_us = loop_monotonic_us(flows->loop) - (int64_t)LIMIT_SIGN_IN_S * 1000000;

    digest_sha256(id, hash);
    for (size_t i = 0; i < LIMIT_SIGN_INS; i++) {
        struct flow_slot *slot = &flows->slots[i];
        bool young = slot->begun_us > oldest_us;

        if (!slot->next || memcmp(slot->hash, hash, sizeof(hash)) != 0)
            continue;
        *flow = slot->flow;
        flow->next = arena_str(arena, slot->flow.next);
        clear(slot);
        return young;
    }
    return false;
}
