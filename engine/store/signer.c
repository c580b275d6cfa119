/*
 * signer.c - keys and signatures on OpenSSL's EVP, and the file of checkpoints.
 */
#include "store/signer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

struct signer {
    EVP_PKEY *key;
};

/* ---- the key -----------------------------------------------------------------------------------
 */

static enum quell_code refuse(const char *path, struct quell_error *err)
{
    int number = errno;

    return error_set(err, number == ENOENT || number == ENOTDIR ? QUELL_NOT_FOUND : QUELL_DENIED,
                     "%s: %s", path, strerror(number));
}

static EVP_PKEY *make_key(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    assert(key); /* only for want of memory or randomness */
    return key;
}

/* A name is on disk when its folder is. */
static bool sync_folder_of(const char *path)
{
    const char *last = strrchr(path, '/');
    char *folder = last ? memory_text(path, (size_t)(last - path)) : memory_text(".", 1);
    int fd = open(*folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd); /* it was only read */
    memory_free(folder);
    return good;
}

static bool write_pem(int fd)
{
    EVP_PKEY *key = make_key();
    FILE *file = fdopen(fd, "w");
    bool good = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                fflush(file) == 0 && fsync(fd) == 0;

    EVP_PKEY_free(key);
    if (file ? fclose(file) != 0 : close(fd) != 0)
        good = false;
    return good;
}

/* It is whole on disk before it has its name: a key that was lost to a power cut after it has
 * signed, or half of one, could never be made good again. A second process that makes it at the
 * same time loses, and reads the first one's. */
static enum quell_code write_key(const char *path, struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    const char *half = arena_format(arena, "%s.new", path).data;
    enum quell_code code = QUELL_OK;
    int fd =
        access(path, F_OK) == 0 ? -1 : open(half, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0)
        code = access(path, F_OK) == 0 ? QUELL_OK : refuse(path, err);
    else if (!write_pem(fd) || (link(half, path) != 0 && errno != EEXIST) || unlink(half) != 0 ||
             !sync_folder_of(path))
        code = error_set(err, QUELL_DENIED, "%s: the key could not be written", path);
    arena_free(arena);
    return code;
}

static enum quell_code check_mode(const char *path, int fd, struct quell_error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return refuse(path, err);
    if (info.st_mode & (S_IRWXG | S_IRWXO))
        return error_set(err, QUELL_DENIED, "%s: others may read this key: chmod 600 it", path);
    return QUELL_OK;
}

enum quell_code signer_open(const char *path, bool make, struct signer **signer,
                            struct quell_error *err)
{
    enum quell_code code = make ? write_key(path, err) : QUELL_OK;
    EVP_PKEY *key = NULL;
    FILE *file;

    if (code)
        return code;
    file = fopen(path, "re");
    if (!file)
        return refuse(path, err);
    code = check_mode(path, fileno(file), err);
    if (!code)
        key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file); /* it was only read */
    if (code)
        return code;
    if (!key || !EVP_PKEY_is_a(key, "ED25519")) {
        EVP_PKEY_free(key);
        return error_set(err, QUELL_INVALID, "%s: no Ed25519 key in PEM", path);
    }
    *signer = memory_new(sizeof **signer);
    (*signer)->key = key;
    return QUELL_OK;
}

void signer_close(struct signer *signer)
{
    if (!signer)
        return;
    EVP_PKEY_free(signer->key);
    memory_free(signer);
}

void signer_key(const struct signer *signer, uint8_t key[STORE_KEY])
{
    size_t len = STORE_KEY;
    int good = EVP_PKEY_get_raw_public_key(signer->key, key, &len);

    assert(good == 1 && len == STORE_KEY);
    (void)good;
}

/* ---- signatures --------------------------------------------------------------------------------
 */

enum { SIGNED_MAX = 256 };

static void signed_text(const struct store_checkpoint *checkpoint, struct buf *text)
{
    *text = (struct buf){.size_max = SIGNED_MAX};
    buf_add_format(text, "quell checkpoint 1 %llu %llu %lld ",
                   (unsigned long long)checkpoint->number, (unsigned long long)checkpoint->seq,
                   (long long)checkpoint->at_us);
    buf_add(text, checkpoint->link, STORE_LINK);
    buf_add(text, checkpoint->key, STORE_KEY);
    assert(!buf_over(text));
}

void signer_sign(const struct signer *signer, struct store_checkpoint *checkpoint)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = STORE_SIGNATURE;
    struct buf text;
    bool good;

    signer_key(signer, checkpoint->key);
    signed_text(checkpoint, &text);
    good = context && EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) == 1 &&
           EVP_DigestSign(context, checkpoint->signature, &len, (const unsigned char *)text.data,
                          text.len) == 1;
    assert(good && len == STORE_SIGNATURE);
    (void)good;
    EVP_MD_CTX_free(context);
    buf_free(&text);
}

bool checkpoint_is_signed(const struct store_checkpoint *checkpoint)
{
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, checkpoint->key, STORE_KEY);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    struct buf text;
    bool good;

    signed_text(checkpoint, &text);
    good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
           EVP_DigestVerify(context, checkpoint->signature, STORE_SIGNATURE,
                            (const unsigned char *)text.data, text.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    buf_free(&text);
    return good;
}

/* ---- lines -------------------------------------------------------------------------------------
 */

struct quell_str checkpoint_line(struct arena *arena, const struct store_checkpoint *checkpoint)
{
    return arena_format(arena, "1 %llu %llu %lld %.*s %.*s %.*s",
                        (unsigned long long)checkpoint->number, (unsigned long long)checkpoint->seq,
                        (long long)checkpoint->at_us,
                        QUELL_ARG(digest_hex(arena, checkpoint->link, STORE_LINK)),
                        QUELL_ARG(digest_hex(arena, checkpoint->key, STORE_KEY)),
                        QUELL_ARG(digest_hex(arena, checkpoint->signature, STORE_SIGNATURE)));
}

static bool take_number(struct quell_str *line, int64_t *number)
{
    struct quell_str word, rest;

    if (!str_cut(*line, ' ', &word, &rest) || !str_to_int(word, number) || *number < 0)
        return false;
    *line = rest;
    return true;
}

static bool take_hex(struct arena *arena, struct quell_str *line, uint8_t *to, size_t len)
{
    struct quell_str word = *line, rest = {"", 0}, bytes;

    (void)str_cut(*line, ' ', &word, &rest); /* the last one has none behind it */
    if (!digest_from_hex(arena, word, &bytes) || bytes.len != len)
        return false;
    memcpy(to, bytes.data, len);
    *line = rest;
    return true;
}

bool checkpoint_read(struct arena *arena, struct quell_str line,
                     struct store_checkpoint *checkpoint)
{
    int64_t form = 0, number = 0, seq = 0;

    if (!take_number(&line, &form) || form != 1 || !take_number(&line, &number) ||
        !take_number(&line, &seq) || !take_number(&line, &checkpoint->at_us))
        return false;
    checkpoint->number = (uint64_t)number;
    checkpoint->seq = (uint64_t)seq;
    return take_hex(arena, &line, checkpoint->link, STORE_LINK) &&
           take_hex(arena, &line, checkpoint->key, STORE_KEY) &&
           take_hex(arena, &line, checkpoint->signature, STORE_SIGNATURE) && line.len == 0;
}

/* All of it, or errno says why not. */
static bool write_whole(int fd, struct quell_str text)
{
    while (text.len) {
        ssize_t put = write(fd, text.data, text.len);

        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0)
            text = str_slice(text, (size_t)put, text.len);
    }
    return true;
}

enum quell_code checkpoint_append(const char *path, const struct store_checkpoint *checkpoint,
                                  struct quell_error *err)
{
    struct arena *arena = arena_new(0);
    struct quell_str line =
        arena_format(arena, "%.*s\n", QUELL_ARG(checkpoint_line(arena, checkpoint)));
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    off_t before = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    bool good = before >= 0 && write_whole(fd, line) && fsync(fd) == 0 &&
                (before > 0 || sync_folder_of(path)); /* the first line makes the file */

    if (!good)
        (void)error_set(err, QUELL_DENIED, "%s: %s", path, strerror(errno));
    if (!good && before >= 0) /* half a line would stand in the way of the next one */
        (void)!ftruncate(fd, before);
    if (fd >= 0)
        (void)close(fd); /* it was synced, or failed already */
    arena_free(arena);
    return good ? QUELL_OK : QUELL_DENIED;
}

bool checkpoint_last(const char *path, struct store_checkpoint *checkpoint)
{
    enum { TAIL = 1024 }; /* bytes: more than two lines */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    char tail[TAIL];
    ssize_t len = size < 0 ? -1 : pread(fd, tail, TAIL, size > TAIL ? size - TAIL : 0);
    struct arena *arena;
    size_t start;
    bool found;

    if (fd >= 0)
        (void)close(fd); /* it was only read */
    if (len < 1 || tail[len - 1] != '\n')
        return false;
    for (start = (size_t)len - 1; start > 0 && tail[start - 1] != '\n'; start--)
        ;
    arena = arena_new(0);
    found = checkpoint_read(arena, (struct quell_str){tail + start, (size_t)len - 1 - start},
                            checkpoint);
    arena_free(arena);
    return found;
}
