/*
 * figures.h - how the programs of tests/security count: each case passes or is told, and the last
 * line is `N passed, N failed`.
 */
#ifndef SECURITY_FIGURES_H
#define SECURITY_FIGURES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

struct figures {
    unsigned passed, failed;
};

__attribute__((format(printf, 3, 4))) static inline void
figures_add(struct figures *figures, bool good, const char *format, ...)
{
    va_list arguments;

    if (good) {
        figures->passed++;
        return;
    }
    figures->failed++;
    printf("failed: ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
}

/* The exit code. */
static inline int figures_end(const struct figures *figures)
{
    printf("%u passed, %u failed\n", figures->passed, figures->failed);
    return figures->failed == 0 && figures->passed > 0 ? 0 : 1;
}

#endif
