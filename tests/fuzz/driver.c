/*
 * driver.c - runs a fuzz target without libFuzzer: every file of the folders given, as it is and
 * with mutations that are the same on every machine. It proves no more than that nothing crashes.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MUTATIONS = 60, SIZE_MAX_BYTES = 1 << 16 };

static uint64_t next(uint64_t *state) /* xorshift64 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Cuts, doubles or overwrites a piece, with bytes that mean something to our readers. */
static size_t mutate(uint8_t *data, size_t size, uint64_t *state)
{
    static const char bytes[] = "{}[]():,'\"`|>&*!%@#?-$ \n\r\t\\.=<+\0\xff\xc3\xf0 0a";
    size_t at = size ? next(state) % size : 0, len = next(state) % 16 + 1, i;
    if (at + len > size)
        len = size - at;
    switch (next(state) % 3) {
    case 0:
        memmove(data + at, data + at + len, size - at - len);
        return size - len;
    case 1:
        if (size + len > SIZE_MAX_BYTES)
            return size;
        memmove(data + at + len, data + at, size - at);
        return size + len;
    default:
        for (i = 0; i < len; i += 4)
            data[at + i] = (uint8_t)bytes[next(state) % (sizeof(bytes) - 1)];
        return size;
    }
}

static void run_file(const char *path)
{
    static uint8_t original[SIZE_MAX_BYTES], data[SIZE_MAX_BYTES];
    FILE *file = fopen(path, "rb");
    size_t size, changed, i, rounds;
    uint64_t state = 88172645463325252u;
    if (!file)
        return;
    size = fread(original, 1, sizeof(original), file);
    fclose(file);
    (void)LLVMFuzzerTestOneInput(original, size);
    for (i = 0; i < MUTATIONS; i++) {
        memcpy(data, original, size);
        changed = size;
        for (rounds = next(&state) % 4 + 1; rounds; rounds--)
            changed = mutate(data, changed, &state);
        (void)LLVMFuzzerTestOneInput(data, changed);
    }
}

int main(int argc, char **argv)
{
    int i, n, count, files = 0;
    for (i = 1; i < argc; i++) {
        struct dirent **names;
        count = scandir(argv[i], &names, NULL, alphasort);
        for (n = 0; n < count; n++) {
            char path[1024];
            if (names[n]->d_name[0] != '.') {
                (void)snprintf(path, sizeof(path), "%s/%s", argv[i], names[n]->d_name);
                run_file(path);
                files++;
            }
            free(names[n]);
        }
        if (count >= 0)
            free(names);
    }
    printf("%d files with %d mutations each\n", files, MUTATIONS);
    return files ? 0 : 1;
}
