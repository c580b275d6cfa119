/*
 * name.c - the rule for names of people and tokens.
 */
#include "base/name.h"

#include <string.h>

enum { PLAIN_BYTES = 64, SPEAKER_BYTES = 128 };

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool name_is_plain(struct quell_str name)
{
    if (name.len == 0 || name.len > PLAIN_BYTES || !is_plain(name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_plain(name.data[i]) && !memchr("._-+@", name.data[i], 5))
            return false;
    return true;
}

bool name_may_speak(struct quell_str name)
{
    if (name.len == 0 || name.len > SPEAKER_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        if (!is_plain(c) && !(c >= 'A' && c <= 'Z') && !memchr("._-+@:/|=\\", c, 10))
            return false;
    }
    return true;
}
