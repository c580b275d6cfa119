/*
 * signer.h - signed checkpoints: the Ed25519 key beside a store, and the file of checkpoints beside
 * it, by which a store that lost its end or was put back to an older state is found out.
 *
 * The key is made at its first use, PEM, readable by its owner only. Whoever has it can sign: keep
 * copies of the checkpoints and of the public key elsewhere.
 */
#ifndef STORE_SIGNER_H
#define STORE_SIGNER_H

#include "store/store.h"

struct arena;
struct signer;

/* Reads the key, or makes it when `make`. QUELL_NOT_FOUND, QUELL_DENIED (also: others may read it),
 * QUELL_INVALID no such key. */
enum quell_code signer_open(const char *path, bool make, struct signer **signer,
                            struct quell_error *err) QUELL_MUST_CHECK;
void signer_close(struct signer *signer);                             /* NULL is allowed */
void signer_key(const struct signer *signer, uint8_t key[STORE_KEY]); /* the public one */
/* Fills key and signature in. */
void signer_sign(const struct signer *signer, struct store_checkpoint *checkpoint);
/* Whether it is signed by the key that it names. */
bool checkpoint_is_signed(const struct store_checkpoint *checkpoint);

/* One line of text, without its end: `1 NUMBER SEQ TIME LINK KEY SIGNATURE`. */
struct quell_str checkpoint_line(struct arena *arena, const struct store_checkpoint *checkpoint);
bool checkpoint_read(struct arena *arena, struct quell_str line,
                     struct store_checkpoint *checkpoint);
/* The last line of a file; false: there is no file, or its last line is none. */
bool checkpoint_last(const char *path, struct store_checkpoint *checkpoint);
/* Appends the line to a file, durably; makes the file. QUELL_DENIED whatever is wrong. */
enum quell_code checkpoint_append(const char *path, const struct store_checkpoint *checkpoint,
                                  struct quell_error *err) QUELL_MUST_CHECK;

#endif
