/*
 * workload.c - the table of workloads.
 */
#include "workload.h"

#include <string.h>

#define CONTAINS                                                                                   \
    {"malware-on-device", "isolate", 1}, {"malware-on-device", "comment", 1},                      \
        {"malware-on-device", "mail", 1},                                                          \
    {                                                                                              \
        "notify", "mail", 1                                                                        \
    }

const struct workload workloads[] = {
    {.name = "contain",
     .what = "a loop, a call that is followed to its end, a comment, mails",
     .playbooks = {"playbooks/malware-on-device.yaml", "playbooks/notify.yaml"},
     .deliveries = 1,
     .promises = {CONTAINS}},
    {.name = "stumble",
     .what = "the same, with a far side that stumbles once at every door",
     .playbooks = {"playbooks/malware-on-device.yaml", "playbooks/notify.yaml"},
     .deliveries = 1,
     .faults = true,
     .promises = {CONTAINS}},
    {.name = "people",
     .what = "waits, a form, an approval by two",
     .playbooks = {"tests/crash/workloads/people.yaml"},
     .deliveries = 1,
     .promises = {{"people", "isolate", 1}, {"people", "mail", 1}}},
    {.name = "forks",
     .what = "branches side by side, loops, a run that is called",
     .playbooks = {"tests/crash/workloads/forks.yaml", "tests/crash/workloads/called.yaml"},
     .deliveries = 1,
     .called = "called",
     .promises = {{"forks", "mail", 4}, {"called", "mail", 1}}},
    {.name = "events",
     .what = "a run that waits for an incident, beside others",
     .playbooks = {"tests/crash/workloads/events.yaml", "playbooks/notify.yaml"},
     .deliveries = 1,
     .promises = {{"events", "mail", 1}, {"notify", "mail", 1}}},
    {.name = "many",
     .what = "incidents that come in one after the other",
     .playbooks = {"playbooks/notify.yaml"},
     .deliveries = 4,
     .promises = {{"notify", "mail", 1}}},
    {.name = "undo",
     .what = "a run and one that it called are taken back, and changes that are meant for a time",
     .playbooks = {"tests/crash/workloads/undo.yaml", "tests/crash/workloads/taken.yaml",
                   "tests/crash/workloads/lasting.yaml"},
     .deliveries = 1,
     .called = "taken",
     .undone = "undo",
     .promises = {{"undo", "isolate", 1},
                  {"undo", "release", 1},
                  {"undo", "mail", 2},
                  {"taken", "isolate", 1},
                  {"taken", "release", 1},
                  {"lasting", "isolate", 2},
                  {"lasting", "release", 2}}},
    {.name = NULL},
};

const struct workload *workload_find(const char *name)
{
    const struct workload *workload = workloads;

    while (workload->name && strcmp(workload->name, name) != 0)
        workload++;
    return workload->name ? workload : NULL;
}
