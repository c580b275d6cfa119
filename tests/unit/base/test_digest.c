/*
 * Digests, encodings and identifiers, against published vectors and values computed elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/id.h"
#include "base/str.h"

static struct arena *arena;

static int setup(void **state)
{
    arena = arena_new(0);
    return 0;
}

static int teardown(void **state)
{
    arena_free(arena);
    return 0;
}

static struct quell_str repeated(char c, size_t count)
{
    char *text = arena_alloc(arena, count);
    memset(text, c, count);
    return (struct quell_str){text, count};
}

/* FIPS 180-4's examples. */
static void digests(void **state)
{
    uint8_t sum[DIGEST_SHA256], sum1[DIGEST_SHA1];
    digest_sha256(QUELL_STR("abc"), sum);
    assert_string_equal(digest_hex(arena, sum, sizeof(sum)).data,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256((struct quell_str){NULL, 0}, sum);
    assert_string_equal(digest_hex(arena, sum, sizeof(sum)).data,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    digest_sha1(QUELL_STR("abc"), sum1);
    assert_string_equal(digest_hex(arena, sum1, sizeof(sum1)).data,
                        "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* RFC 4231, cases 1 to 4, 6 and 7; each once whole and once in pieces. */
static void hmacs(void **state)
{
    char counting[25];
    for (size_t i = 0; i < 25; i++)
        counting[i] = (char)(i + 1);
    const struct {
        struct quell_str key, data;
        const char *hex;
    } rows[] = {
        {repeated(0x0b, 20), QUELL_STR("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {QUELL_STR("Jefe"), QUELL_STR("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {repeated('\xaa', 20), repeated('\xdd', 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{counting, 25},
         repeated('\xcd', 50),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {repeated('\xaa', 131), QUELL_STR("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {repeated('\xaa', 131),
         QUELL_STR("This is a test using a larger than block-size key and a larger than "
                   "block-size data. The key needs to be hashed before being used by the HMAC "
                   "algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t sum[DIGEST_SHA256];
        digest_hmac_sha256(rows[i].key, &rows[i].data, 1, sum);
        assert_string_equal(digest_hex(arena, sum, sizeof(sum)).data, rows[i].hex);
        struct quell_str parts[] = {str_slice(rows[i].data, 0, 3), QUELL_STR(""),
                                    str_slice(rows[i].data, 3, 1000)};
        digest_hmac_sha256(rows[i].key, parts, 3, sum);
        assert_string_equal(digest_hex(arena, sum, sizeof(sum)).data, rows[i].hex);
    }
    uint8_t sum[DIGEST_SHA256];
    digest_hmac_sha256((struct quell_str){NULL, 0}, NULL, 0, sum);
    assert_string_equal(digest_hex(arena, sum, sizeof(sum)).data,
                        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void hex_both_ways(void **state)
{
    struct quell_str bytes = {"x", 1};
    assert_true(digest_from_hex(arena, QUELL_STR("00fFAb"), &bytes));
    assert_int_equal(bytes.len, 3);
    assert_memory_equal(bytes.data, "\x00\xff\xab", 3);
    assert_true(digest_from_hex(arena, QUELL_STR(""), &bytes));
    assert_int_equal(bytes.len, 0);
    bytes = QUELL_STR("untouched");
    assert_false(digest_from_hex(arena, QUELL_STR("0"), &bytes));
    assert_false(digest_from_hex(arena, QUELL_STR("0g"), &bytes));
    assert_false(digest_from_hex(arena, QUELL_STR("0x"), &bytes));
    assert_true(str_is(bytes, "untouched"));
}

/* RFC 4648's vectors, the url alphabet, and all that is not base64. */
static void base64_both_ways(void **state)
{
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    struct quell_str bytes;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str text = digest_base64(arena, quell_str_of(rows[i][0]));
        assert_string_equal(text.data, rows[i][1]);
        assert_true(digest_from_base64(arena, text, &bytes));
        assert_true(str_is(bytes, rows[i][0]));
        while (text.len && text.data[text.len - 1] == '=')
            text.len--;
        assert_true(digest_from_base64(arena, text, &bytes)); /* padding is optional */
        assert_true(str_is(bytes, rows[i][0]));
    }
    assert_true(digest_from_base64(arena, QUELL_STR("-_-_"), &bytes));
    assert_memory_equal(bytes.data, "\xfb\xff\xbf", 3);
    assert_true(digest_from_base64(arena, QUELL_STR("+/+/"), &bytes));
    assert_memory_equal(bytes.data, "\xfb\xff\xbf", 3);
    static const char *const wrong[] = {"A",        "AAAAA", "Z",     "Zg=",   "Zg===",
                                        "=",        "====",  "Zm9v=", "Zm 9v", "Zm9v\n",
                                        "Zg==Zg==", "Zh==",  "Zm9=",  "Z=g=",  "Zm9*"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (digest_from_base64(arena, quell_str_of(wrong[i]), &bytes))
            fail_msg("accepted: %s", wrong[i]);
    /* Longer than the piece that OpenSSL is given at once. */
    struct quell_str large = repeated('q', 7 * 1024 * 1024 + 1);
    assert_true(digest_from_base64(arena, digest_base64(arena, large), &bytes));
    assert_true(quell_str_equal(bytes, large));
}

/* Computed with Python: uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "quell:id"), name). */
static void names_have_fixed_ids(void **state)
{
    assert_string_equal(id_v5(QUELL_STR("run/step/1")).text,
                        "fc1389fd-563a-5de7-9869-8c836a62ed6c");
    assert_string_equal(id_v5(QUELL_STR("")).text, "86bcd372-7bcb-5575-b694-522a2513e100");
    assert_string_equal(id_v5(QUELL_STR("\xC3\xA4\xC3\xB6\xC3\xBC")).text,
                        "9a4bda00-6a98-53bc-9a63-cba99835b23d");
}

/* RFC 9562, appendix A.6: the same time and the same random bits. */
static void ids_carry_time_and_randomness(void **state)
{
    static const uint8_t bits[10] = {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    struct id id = id_v7(1645557742000000, bits);
    assert_string_equal(id.text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    static const uint8_t ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    assert_string_equal(id_v7(0, ones).text, "00000000-0000-7fff-bfff-ffffffffffff");
    assert_string_equal(id_v7(-5, ones).text, "00000000-0000-7fff-bfff-ffffffffffff");
}

static void later_ids_sort_behind_earlier_ones(void **state)
{
    static const uint8_t ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t zeros[10] = {0};
    int64_t now = 1000;
    for (int i = 0; i < 60; i++) {
        struct id earlier = id_v7(now, ones), later = id_v7(now + 1000, zeros);
        assert_true(strcmp(earlier.text, later.text) < 0);
        now += now / 2 + 1000;
        if (now > 250000000000000000) /* the year 9892 */
            now = 1000;
    }
}

static void ids_are_recognised(void **state)
{
    struct id id = id_v5(QUELL_STR("x"));
    assert_true(id_valid(id_str(&id)));
    assert_true(id_valid(QUELL_STR("FC1389FD-563A-5DE7-9869-8C836A62ED6C")));
    assert_false(id_valid(QUELL_STR("fc1389fd-563a-5de7-9869-8c836a62ed6")));
    assert_false(id_valid(QUELL_STR("fc1389fd-563a-5de7-9869-8c836a62ed6c0")));
    assert_false(id_valid(QUELL_STR("fc1389fd-563a-5de7-9869-8c836a62ed6g")));
    assert_false(id_valid(QUELL_STR("fc1389fd0563a-5de7-9869-8c836a62ed6c")));
    assert_false(id_valid(QUELL_STR("fc1389f--563a-5de7-9869-8c836a62ed6c")));
    assert_false(id_valid(QUELL_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests),
        cmocka_unit_test(hmacs),
        cmocka_unit_test(hex_both_ways),
        cmocka_unit_test(base64_both_ways),
        cmocka_unit_test(names_have_fixed_ids),
        cmocka_unit_test(ids_carry_time_and_randomness),
        cmocka_unit_test(later_ids_sort_behind_earlier_ones),
        cmocka_unit_test(ids_are_recognised),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
