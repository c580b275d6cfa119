/*
 * failures.c - failed proofs by address and minute, in a table of fixed size: two addresses that
 * share a slot take it from each other, which costs nothing but a line of the log.
 */
#include "serve/failures.h"

#include "base/limits.h"
#include "base/str.h"

bool failures_add(struct failures *failures, struct quell_str peer, int64_t now_us)
{
    int64_t minute = now_us / 60000000;
    uint64_t address;
    size_t slot, end = peer.len;

    while (end > 0 && peer.data[end - 1] != ':')
        end--;
    address = str_hash(end ? str_slice(peer, 0, end) : peer);
    slot = (size_t)(address % FAILURES_SLOTS);
    if (failures->slots[slot].address != address || failures->slots[slot].minute != minute) {
        failures->slots[slot].address = address;
        failures->slots[slot].minute = minute;
        failures->slots[slot].count = 0;
    }
    return ++failures->slots[slot].count <= LIMIT_AUTH_FAILURES;
}
