/*
 * file.h - reading files and folders whole, with limits, and replacing or changing a file.
 */
#ifndef LOOP_FILE_H
#define LOOP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
/* ---- shared_file.c: a small file that several programs write to ---------------------------------
 */

/* The new text, in `arena`; empty: the file is removed. `existed`: it was there, maybe empty. */
typedef struct quell_str file_change_fn(struct arena *arena, struct quell_str text, bool existed,
                                        void *user);
/* Changes it in its place, alone among all who use this; durable when it returns. `make`: when
 * there is none. QUELL_NOT_FOUND, QUELL_DENIED, QUELL_CONFLICT (somebody holds it), QUELL_IO. */
enum quell_code file_change(const char *path, bool make, size_t size_max, file_change_fn *change,
                            void *user, struct quell_error *err) QUELL_MUST_CHECK;
/* What changes whenever the file does. */
struct file_stamp {
    bool absent, regular;
    bool fresh; /* changed so shortly before that another change may have the same times */
    int error;  /* 0: the rest is known */
    uint64_t device, node;
    int64_t size, written_s, written_ns, changed_s, changed_ns;
};
void file_stamp(const char *path, struct file_stamp *stamp); /* follows links */
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);

enum file_type { FILE_ABSENT, FILE_REGULAR, FILE_FOLDER, FILE_OTHER };
/* Follows links. What cannot be looked at counts as absent. */
enum file_type file_type(const char *path);
/* Bytes that are left, and all that there are, on the file system that `path` is on, as statvfs(3)
 * has them for those who are not root. False: it cannot be told. */
bool file_space(const char *path, uint64_t *left, uint64_t *all);
/* The value of an environment variable, or NULL; the only door to getenv. */
const char *file_environment(const char *name);

#endif
