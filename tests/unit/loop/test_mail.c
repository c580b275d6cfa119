/*
 * test_mail.c - the texts of mails: addresses, encoded words, quoted-printable, dates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/str.h"
#include "loop/mail.h"

static void header_texts_are_encoded_when_they_must_be(void **state)
{
    static const struct {
        const char *text, *header;
    } rows[] = {
        {"plain text", "plain text"},
        {"", ""},
        {"Ger\xC3\xA4t", "=?utf-8?B?R2Vyw6R0?="},
        {"=?utf-8?Q?x?=", "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?="},
        {"a\r\nB: c", "=?utf-8?B?YQ0KQjogYw==?="},
        {"0123456789012345678901234567890123456789012345678901234567890",
         "=?utf-8?B?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0?=\r\n "
         "=?utf-8?B?NTY3ODkwMTIzNDU2Nzg5MA==?="},
        /* a character is never cut in two */
        {"01234567890123456789012345678901234567890123\xC3\xA4z",
         "=?utf-8?B?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=?=\r\n "
         "=?utf-8?B?w6R6?="},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str made = mail_header_text(arena, quell_str_of(rows[i].text));
        if (!str_is(made, rows[i].header))
            fail_msg("`%.*s`", QUELL_ARG(made));
    }
    arena_free(arena);
}

static void bodies_are_quoted(void **state)
{
    static const struct {
        const char *text, *quoted;
    } rows[] = {
        {"", ""},
        {"a", "a\r\n"},
        {"a\n", "a\r\n"},
        {"a\r\nb\rc\n\nd", "a\r\nb\r\nc\r\n\r\nd\r\n"},
        {"a = b", "a =3D b\r\n"},
        {"trailing \nx\t\n", "trailing=20\r\nx=09\r\n"},
        {".\n..\n.a", "=2E\r\n=2E.\r\n=2Ea\r\n"},
        {"\xE2\x82\xAC", "=E2=82=AC\r\n"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789012345",
         "012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n5\r\n"},
        {"01234567890123456789012345678901234567890123456789012345678901234567890123=",
         "01234567890123456789012345678901234567890123456789012345678901234567890123=\r\n=3D\r\n"},
        /* a soft break must not put a dot at the beginning of a line */
        {"012345678901234567890123456789012345678901234567890123456789012345678901234.x",
         "012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
         "=2Ex\r\n"},
    };
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct quell_str made = mail_quoted(arena, quell_str_of(rows[i].text));
        if (!str_is(made, rows[i].quoted))
            fail_msg("`%.*s`", QUELL_ARG(made));
    }
    arena_free(arena);
}

/* Whatever the text: lines of at most 76 columns, 7-bit, CRLF only, no dot in front. */
static void quoted_lines_are_safe(void **state)
{
    struct arena *arena = arena_new(0);
    uint32_t dice = 12345;
    char text[4096];

    (void)state;
    for (size_t round = 0; round < 200; round++) {
        struct quell_str quoted, line;
        for (size_t i = 0; i < sizeof(text); i++) {
            dice = dice * 1664525 + 1013904223;
            text[i] = (dice >> 28) < 4 ? ".\r\n "[dice >> 28] : (char)(dice >> 16);
        }
        quoted = mail_quoted(arena, (struct quell_str){text, sizeof(text)});
        while (quoted.len > 0) {
            assert_true(str_cut(quoted, '\n', &line, &quoted));
            assert_true(line.len >= 1 && line.data[line.len - 1] == '\r' && line.len <= 77);
            assert_true(line.data[0] != '.');
            for (size_t i = 0; i + 1 < line.len; i++)
                assert_true(line.data[i] >= ' ' || line.data[i] == '\t');
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

static void addresses_are_read(void **state)
{
    static const struct {
        const char *text, *name, *address; /* address NULL: refused */
    } rows[] = {
        {"a@b.example", "", "a@b.example"},
        {" a@b.example ", "", "a@b.example"},
        {"A B <a+c@b-d.example>", "A B", "a+c@b-d.example"},
        {"\"A, B\" <a@b>", "A, B", "a@b"},
        {"J\xC3\xBC <a@b>", "J\xC3\xBC", "a@b"},
        {"<a@b>", "", "a@b"},
        {"a@b\n", "", NULL},
        {"A\tB <a@b>", "", NULL},
        {"A > <a@b>", "", NULL},
        {"\xff <a@b>", "", NULL},
        {"0123456789012345678901234567890123456789012345678901234567890123x@b", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mail_address address;
        bool read = mail_address_read(quell_str_of(rows[i].text), &address);
        assert_int_equal(read, rows[i].address != NULL);
        if (!read)
            continue;
        assert_true(str_is(address.name, rows[i].name));
        assert_true(str_is(address.address, rows[i].address));
    }
}

static void names_are_encoded(void **state)
{
    struct arena *arena = arena_new(0);
    struct mail_address address = {QUELL_STR("A, B"), QUELL_STR("a@b")};

    (void)state;
    assert_true(str_is(mail_address_text(arena, &address), "=?utf-8?B?QSwgQg==?= <a@b>"));
    address.name = QUELL_STR("A B");
    assert_true(str_is(mail_address_text(arena, &address), "A B <a@b>"));
    address.name = QUELL_STR("");
    assert_true(str_is(mail_address_text(arena, &address), "a@b"));
    arena_free(arena);
}

static void dates_are_written(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    assert_true(str_is(mail_date(arena, 0), "Thu, 1 Jan 1970 00:00:00 +0000"));
    assert_true(str_is(mail_date(arena, 1795563492000000), "Tue, 24 Nov 2026 23:38:12 +0000"));
    arena_free(arena);
}

static void message_ids_are_checked(void **state)
{
    (void)state;
    assert_true(mail_id_valid(QUELL_STR("0197b0b7-5a3c.contain.0.isolate@x.example")));
    assert_false(mail_id_valid(QUELL_STR("a")));
    assert_false(mail_id_valid(QUELL_STR("a@b>")));
    assert_false(mail_id_valid(QUELL_STR("a@b\r\n")));
    assert_false(mail_id_valid(QUELL_STR("a..b@c")));
    assert_false(mail_id_valid(QUELL_STR("a b@c")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_texts_are_encoded_when_they_must_be),
        cmocka_unit_test(bodies_are_quoted),
        cmocka_unit_test(quoted_lines_are_safe),
        cmocka_unit_test(addresses_are_read),
        cmocka_unit_test(names_are_encoded),
        cmocka_unit_test(dates_are_written),
        cmocka_unit_test(message_ids_are_checked),
    };

    return cmocka_run_group_tests_name("loop.mail", tests, NULL, NULL);
}
