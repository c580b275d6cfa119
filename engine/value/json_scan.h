/*
 * json_scan.h - the leaves of the JSON reader: texts, numbers, and what is said about faults; for
 * the files of this folder only.
 */
#ifndef VALUE_JSON_SCAN_H
#define VALUE_JSON_SCAN_H

#include <quell/error.h>
#include <quell/value.h>

struct json_scan {
    struct quell_str source; /* the caller's text, never written to */
    char *start, *at, *end;  /* our copy, NUL-terminated at `end` */
    enum quell_code code;    /* of the fault */
    size_t fault_at;         /* offset of the fault */
    char fault[200];         /* one sentence */
};

/* All return false, so that a caller can return that. `at` points into the copy. */
bool json_scan_fail(struct json_scan *scan, const char *at, const char *format, ...)
    QUELL_PRINTF(3, 4);
bool json_scan_limit(struct json_scan *scan, const char *at, const char *format, ...)
    QUELL_PRINTF(3, 4);
/* "`x` was found where ... is expected", with advice for the usual mistakes. */
bool json_scan_refuse(struct json_scan *scan, const char *at, const char *expected);
bool json_scan_duplicate(struct json_scan *scan, struct quell_str key);

/* Where the run of ASCII that needs no escape ends: the reader copies it whole, so does the writer.
 */
const char *json_plain_run(const char *at, const char *end);
/* A text whose opening quote is at scan->at; unescaped in place. */
bool json_scan_string(struct json_scan *scan, struct quell_value *value);
/* A number that begins at scan->at with a digit or a minus. */
bool json_scan_number(struct json_scan *scan, struct quell_value *value);

#endif
