/*
 * unprotected.h - a policy that protects nothing, for tests about something else: their targets are
 * named and looked up nowhere.
 */
#ifndef UNIT_UNPROTECTED_H
#define UNIT_UNPROTECTED_H

#define UNPROTECTED UNPROTECTED_AND("")

/* The same with more of the policy, such as `caps: {}, `. */
#define UNPROTECTED_AND(more)                                                                      \
    "policy: { " more "unprotect: { domain-controllers: x, entra-connect: x, federation: x,\n"     \
    "    certificate-authorities: x, hypervisors: x, backup: x, privileged-access: x,\n"           \
    "    soc-machines: x, do-not-touch: x, break-glass: x, krbtgt: x,\n"                           \
    "    built-in-administrator: x, directory-sync: x, quell-itself: x } }\n"

#endif
