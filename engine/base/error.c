/*
 * error.c - the words of the codes, and filling an error in one line.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const words[] = {
    [QUELL_OK] = "ok",
    [QUELL_INVALID] = "invalid",
    [QUELL_NOT_FOUND] = "not-found",
    [QUELL_CONFLICT] = "conflict",
    [QUELL_LIMIT] = "limit",
    [QUELL_DENIED] = "denied",
    [QUELL_REFUSED] = "refused",
    [QUELL_THROTTLED] = "throttled",
    [QUELL_TIMED_OUT] = "timed-out",
    [QUELL_UNAVAILABLE] = "unavailable",
    [QUELL_UNKNOWN_OUTCOME] = "unknown-outcome",
    [QUELL_IO] = "io",
};
enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };
_Static_assert(WORD_COUNT == QUELL_IO + 1, "every code has its word");

const char *quell_code_name(enum quell_code code)
{
    size_t index = (size_t)code;
    return index < WORD_COUNT ? words[index] : "invalid";
}

enum quell_code error_code_of(struct quell_str word)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (quell_str_equal(word, quell_str_of(words[i])))
            return (enum quell_code)i;
    return QUELL_OK;
}

/* Cuts a code point in two nowhere: takes an incomplete one off the end. */
static void trim_cut(char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (len - (start - 1) < wanted)
        text[start - 1] = '\0';
}

enum quell_code error_set(struct quell_error *err, enum quell_code code, const char *format, ...)
{
    if (!err)
        return code;
    /* Formatted aside: the arguments may point into *err, when one error is wrapped in another. */
    char message[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (len < 0)
        message[0] = '\0';
    if (len >= (int)sizeof(message))
        trim_cut(message, sizeof(message) - 1);
    /* One line, whatever the far side put into its text. */
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    *err = (struct quell_error){.code = code};
    memcpy(err->message, message, strlen(message) + 1);
    return code;
}
