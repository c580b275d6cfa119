/*
 * test_cidr.c - addresses and ranges as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cidr.h"

static void addresses(void **state)
{
    static const char *const four[] = {"10.0.0.1", "255.255.255.255", "0.0.0.0", "::ffff:192.0.2.1",
                                       "::FFFF:c000:201"};
    static const char *const six[] = {"::",
                                      "::1",
                                      "1::",
                                      "2001:db8::1",
                                      "FE80::A",
                                      "1:2:3:4:5:6:7:8",
                                      "64:ff9b::192.0.2.1",
                                      "1:2:3:4:5:6:1.2.3.4"};
    static const char *const none[] = {"",
                                       "10.0.0",
                                       "10.0.0.1.2",
                                       "10.0.0.256",
                                       "10.0.0.01",
                                       "10.0.0.1 ",
                                       " 10.0.0.1",
                                       "10.0.0.-1",
                                       "0x0a.0.0.1",
                                       "10.0.0.",
                                       ".10.0.0",
                                       ":",
                                       ":::",
                                       "1::2::3",
                                       "1:2:3:4:5:6:7",
                                       "1:2:3:4:5:6:7:8:9",
                                       "12345::",
                                       "g::",
                                       "fe80::1%eth0",
                                       "::1.2.3",
                                       "1.2.3.4::",
                                       "1:2:3:4:5:6:7:1.2.3.4",
                                       "::1:2:3:4:5:6:7:8",
                                       "1:",
                                       ":1",
                                       "1:2:3:4:5:6:7:",
                                       "1.2.3.4:5::",
                                       "host.contoso.com",
                                       "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000"};
    struct cidr address;

    (void)state;
    for (size_t i = 0; i < sizeof four / sizeof four[0]; i++) {
        assert_true(ip_parse(quell_str_of(four[i]), &address));
        assert_int_equal(address.size, 4);
    }
    for (size_t i = 0; i < sizeof six / sizeof six[0]; i++) {
        assert_true(ip_parse(quell_str_of(six[i]), &address));
        assert_int_equal(address.size, 16);
    }
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        if (ip_parse(quell_str_of(none[i]), &address))
            fail_msg("no address: the one at %zu", i);
    }
}

static void ranges(void **state)
{
    static const struct {
        const char *range, *address;
        int holds; /* -1: no range */
    } rows[] = {
        {"10.0.0.0/8", "10.255.1.2", 1},
        {"10.0.0.0/8", "11.0.0.1", 0},
        {"10.1.2.3/8", "10.9.9.9", 1},
        {"0.0.0.0/0", "203.0.113.9", 1},
        {"203.0.113.9", "203.0.113.9", 1},
        {"203.0.113.9/32", "203.0.113.8", 0},
        {"203.0.113.8/31", "203.0.113.9", 1},
        {"203.0.113.8/29", "203.0.113.15", 1},
        {"203.0.113.8/29", "203.0.113.16", 0},
        {"192.168.1.128/25", "192.168.1.127", 0},
        {"::/0", "2001:db8::1", 1},
        {"::/0", "10.0.0.1", 0},
        {"2001:db8::/32", "2001:db8:ffff::1", 1},
        {"2001:db8::/33", "2001:db8:ffff::1", 0},
        {"10.0.0.0/8", "::ffff:10.1.1.1", 1},
        {"::ffff:10.0.0.0/104", "10.1.1.1", 1},
        {"::1/128", "::1", 1},
        {"::1/128", "::2", 0},
        {"10.0.0.0/33", "", -1},
        {"::/129", "", -1},
        {"10.0.0.0/", "", -1},
        {"10.0.0.0/08", "", -1},
        {"/8", "", -1},
        {"10.0.0.0/8/8", "", -1},
        {"10.0.0.0/-1", "", -1},
        {"::ffff:10.0.0.0/8", "", -1},
        {"10/8", "", -1},
    };
    struct cidr range, address;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool good = cidr_parse(quell_str_of(rows[i].range), &range);
        if (good != (rows[i].holds >= 0))
            print_error("%s\n", rows[i].range);
        assert_int_equal(good, rows[i].holds >= 0);
        if (!good)
            continue;
        assert_true(ip_parse(quell_str_of(rows[i].address), &address));
        if (cidr_contains(&range, &address) != (rows[i].holds == 1))
            print_error("%s %s\n", rows[i].range, rows[i].address);
        assert_int_equal(cidr_contains(&range, &address), rows[i].holds);
    }
}

static void shortest_form(void **state)
{
    static const struct {
        const char *text, *shortest;
    } rows[] = {
        {"10.0.0.1", "10.0.0.1"},
        {"255.255.255.255", "255.255.255.255"},
        {"::ffff:c000:201", "192.0.2.1"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"0::1", "::1"},
        {"1:0:0:0:0:0:0:0", "1::"},
        {"2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
        {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cidr address;
        char text[IP_TEXT];
        assert_true(ip_parse(quell_str_of(rows[i].text), &address));
        assert_int_equal(ip_write(&address, text), strlen(rows[i].shortest));
        assert_string_equal(text, rows[i].shortest);
    }
}

static void masks(void **state)
{
    static const struct {
        const char *range, *masked;
    } rows[] = {{"10.1.2.3/8", "10.0.0.0"},       {"10.1.2.3/32", "10.1.2.3"},
                {"10.1.2.255/25", "10.1.2.128"},  {"10.1.2.3/0", "0.0.0.0"},
                {"2001:db8::1/32", "2001:db8::"}, {"ffff::ffff/127", "ffff::fffe"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cidr range;
        char text[IP_TEXT];
        assert_true(cidr_parse(quell_str_of(rows[i].range), &range));
        cidr_mask(&range);
        (void)ip_write(&range, text);
        assert_string_equal(text, rows[i].masked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(ranges),
                                       cmocka_unit_test(shortest_form), cmocka_unit_test(masks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
