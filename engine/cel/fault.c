/*
 * fault.c - what is said about an expression that is wrong: one line of valid UTF-8, whatever the
 * names and texts in it are.
 */
#include "cel/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Cutting may have split a code point, and a key may hold a line break. */
static void tidy(char *text)
{
    struct quell_str all = quell_str_of(text);
    text[utf8_valid(all)] = '\0';
    for (; *text; text++) {
        if ((unsigned char)*text < ' ')
            *text = ' ';
    }
}

enum quell_code fault_set(struct cel_fault *fault, struct place place, enum quell_code code,
                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault->message, sizeof(fault->message), format, arguments); /* cut by design */
    va_end(arguments);
    tidy(fault->message);
    fault->place = place;
    fault->help[0] = '\0';
    return code;
}

enum quell_code fault_help(struct cel_fault *fault, enum quell_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault->help, sizeof(fault->help), format, arguments); /* cut by design */
    va_end(arguments);
    tidy(fault->help);
    return code;
}
