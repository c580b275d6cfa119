/*
 * file.h - reading files and folders whole, with limits, and replacing a file whole.
 */
#ifndef LOOP_FILE_H
#define LOOP_FILE_H

#include <stddef.h>

#include <quell/error.h>
#include <quell/value.h>

struct arena;

/* The whole file into `arena`, NUL-terminated behind its end; "-" reads standard input. Errors:
 * QUELL_NOT_FOUND, QUELL_DENIED, QUELL_LIMIT (larger than size_max), QUELL_IO. */
enum quell_code file_read(struct arena *arena, const char *path, size_t size_max,
                          struct quell_str *text, struct quell_error *err) QUELL_MUST_CHECK;
/* Names (with `folder/` in front) that end with one of `endings` (NULL-ended), sorted bytewise; not
 * recursive, without names that begin with a dot. Errors as above; QUELL_LIMIT for more than
 * LIMIT_FOLDER_FILES names. */
enum quell_code file_list(struct arena *arena, const char *folder, const char *const *endings,
                          struct quell_str **paths, size_t *count,
                          struct quell_error *err) QUELL_MUST_CHECK;
/* Puts `text` in the place of the file, or makes it: a reader sees the old text or the new one,
 * also after a crash. The file keeps its permissions; a link is followed. QUELL_DENIED, QUELL_IO.
 */
enum quell_code file_replace(const char *path, struct quell_str text,
                             struct quell_error *err) QUELL_MUST_CHECK;
enum file_type { FILE_ABSENT, FILE_REGULAR, FILE_FOLDER, FILE_OTHER };
/* Follows links. What cannot be looked at counts as absent. */
enum file_type file_type(const char *path);
/* The value of an environment variable, or NULL; the only door to getenv. */
const char *file_environment(const char *name);

#endif
