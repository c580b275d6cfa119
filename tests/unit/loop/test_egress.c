/*
 * test_egress.c - which addresses may be opened, by a table of both families.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/str.h"
#include "loop/curl.h"
#include "loop/transfer.h"

enum { NONE = 0, LOOPBACK = CURL_EGRESS_LOOPBACK, PRIVATE = CURL_EGRESS_PRIVATE };

/* The least right that opens an address; 8 = none does. */
static const struct {
    const char *address;
    unsigned needs;
} rows[] = {
    {"8.8.8.8", NONE},
    {"1.0.0.1", NONE},
    {"172.15.255.255", NONE},
    {"172.32.0.0", NONE},
    {"192.167.255.255", NONE},
    {"223.255.255.255", NONE},
    {"100.63.255.255", NONE},
    {"100.128.0.0", NONE},
    {"2606:4700::1", NONE},
    {"2001:4860::8888", NONE},
    {"::ffff:8.8.8.8", NONE},
    {"64:ff9b::808:808", NONE},
    {"127.0.0.1", LOOPBACK},
    {"127.255.255.255", LOOPBACK},
    {"::1", LOOPBACK},
    {"::ffff:127.0.0.1", LOOPBACK},
    {"10.0.0.0", PRIVATE},
    {"10.255.255.255", PRIVATE},
    {"172.16.0.0", PRIVATE},
    {"172.31.255.255", PRIVATE},
    {"192.168.0.1", PRIVATE},
    {"fc00::1", PRIVATE},
    {"fdff::1", PRIVATE},
    {"::ffff:10.0.0.1", PRIVATE},
    {"0.0.0.0", 8},
    {"0.1.2.3", 8},
    {"100.64.0.1", 8},
    {"169.254.169.254", 8},
    {"192.0.0.1", 8},
    {"192.0.2.1", 8},
    {"192.88.99.1", 8},
    {"198.18.0.1", 8},
    {"198.51.100.1", 8},
    {"203.0.113.1", 8},
    {"224.0.0.1", 8},
    {"239.255.255.255", 8},
    {"240.0.0.1", 8},
    {"255.255.255.255", 8},
    {"::", 8},
    {"::2", 8},
    {"::127.0.0.1", 8},
    {"::ffff:169.254.169.254", 8},
    {"::ffff:0.0.0.0", 8},
    {"64:ff9b::7f00:1", 8},
    {"64:ff9b::a00:1", 8},
    {"64:ff9b::a9fe:a9fe", 8},
    {"64:ff9b:1::1", 8},
    {"100::1", 8},
    {"2001::1", 8},
    {"2001:db8::1", 8},
    {"2002:7f00:1::", 8},
    {"2002:808:808::", 8},
    {"3fff::1", 8},
    {"4000::1", 8},
    {"fe80::1", 8},
    {"fec0::1", 8},
    {"ff02::1", 8},
};

static void addresses_need_their_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sockaddr_storage address;
        assert_true(egress_sockaddr(rows[i].address, &address));
        for (unsigned egress = 0; egress < 4; egress++) {
            bool expected = (egress & rows[i].needs) == rows[i].needs;
            if (curl_egress_allows(egress, NULL, 0, (const struct sockaddr *)&address) != expected)
                fail_msg("%s with %u", rows[i].address, egress);
        }
    }
}

/* A CIDR opens what it names, and nothing beside it. */
static void cidrs_open_what_they_name(void **state)
{
    static const struct {
        const char *cidr, *address;
        bool opens;
    } cases[] = {
        {"10.1.0.0/16", "10.1.255.255", true},
        {"10.1.0.0/16", "10.2.0.0", false},
        {"10.1.0.0/16", "::ffff:10.1.2.3", true},
        {"192.168.7.128/25", "192.168.7.127", false},
        {"192.168.7.128/25", "192.168.7.128", true},
        {"169.254.169.254", "169.254.169.254", true},
        {"169.254.169.254", "169.254.169.253", false},
        {"fd00:1::/32", "fd00:1:2::3", true},
        {"fd00:1::/32", "fd00:2::3", false},
        {"0.0.0.0/0", "127.0.0.1", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "fe80::1", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sockaddr_storage address;
        struct curl_cidr cidr;
        assert_true(egress_sockaddr(cases[i].address, &address));
        assert_true(curl_cidr_parse(quell_str_of(cases[i].cidr), &cidr));
        if (curl_egress_allows(0, &cidr, 1, (const struct sockaddr *)&address) != cases[i].opens)
            fail_msg("%s and %s", cases[i].cidr, cases[i].address);
    }
}

static void nonsense_is_no_cidr(void **state)
{
    static const char *const wrong[] = {"",           "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/",
                                        "10.0.0/8",   "::/129",      "host/8",      "10.0.0.0/8 ",
                                        "0x7f.0.0.1", "fe80::1%lo",  "[::1]/128"};
    struct curl_cidr cidr;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (curl_cidr_parse(quell_str_of(wrong[i]), &cidr))
            fail_msg("taken: %s", wrong[i]);
    }
}

static void other_families_are_closed(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};

    (void)state;
    assert_false(
        curl_egress_allows(LOOPBACK | PRIVATE, NULL, 0, (const struct sockaddr *)&address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_need_their_right),
        cmocka_unit_test(cidrs_open_what_they_name),
        cmocka_unit_test(nonsense_is_no_cidr),
        cmocka_unit_test(other_families_are_closed),
    };

    return cmocka_run_group_tests_name("loop.egress", tests, NULL, NULL);
}
