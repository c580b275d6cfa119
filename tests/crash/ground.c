/*
 * ground.c - what a worker's trials stand on: a folder, a configuration, a store, a practice range.
 */
#include "ground.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peer.h"
#include "workload.h"

/* Two effects take place and their answers are lost; the others are told to come back. */
static const char *const faults[] = {
    "{\"where\": \"token\", \"what\": \"503\"}",
    "{\"where\": \"machines\", \"what\": \"429\", \"retry_after\": 1}",
    "{\"where\": \"isolate\", \"what\": \"lost-after\"}",
    "{\"where\": \"machineactions\", \"what\": \"429\", \"skip\": 1}",
    "{\"where\": \"comment\", \"what\": \"lost-after\"}",
    "{\"where\": \"mail\", \"what\": \"451\"}",
};

static FILE *make_file(const char *folder, const char *name)
{
    char path[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    if (!file || chmod(path, 0600)) {
        perror(path);
        exit(2);
    }
    return file;
}

static void make_secret(const char *folder, const char *name, const char *text)
{
    FILE *file = make_file(folder, name);

    fputs(text, file);
    (void)fclose(file); /* a short one shows as refused sign-ins */
}

static void write_connection(FILE *file, const char *name, long long port, const char *folder)
{
    fprintf(file,
            "  %s:\n"
            "    url: http://127.0.0.1:%lld\n"
            "    token_url: http://127.0.0.1:%lld/demo/oauth2/v2.0/token\n"
            "    egress: [loopback]\n"
            "    auth:\n"
            "      kind: client-secret\n"
            "      tenant_id: demo\n"
            "      client_id: 11111111-1111-1111-1111-111111111111\n"
            "      client_secret: { file: %s/client-secret }\n",
            name, port, port, folder);
}

static void write_playbooks(FILE *file, const struct workload *workload, const char *source_folder)
{
    fputs("playbooks:\n", file);
    for (size_t i = 0; i < WORKLOAD_PLAYBOOKS && workload->playbooks[i]; i++)
        fprintf(file, "  - %s/%s\n", source_folder, workload->playbooks[i]);
}

void ground_prepare(struct ground *ground)
{
    struct quell_value ports = peer_told(ground->range);

    ground->http = quell_get_int(ports, "http", 0);
    ground->smtp = quell_get_int(ports, "smtp", 0);
    (void)snprintf(ground->config, sizeof(ground->config), "%s/quell.yaml", ground->folder);
    (void)snprintf(ground->store, sizeof(ground->store), "%s/store", ground->folder);
    (void)snprintf(ground->database, sizeof(ground->database), "%s/store/quell.db", ground->folder);
    (void)snprintf(ground->log, sizeof(ground->log), "%s/serve.log", ground->folder);
    (void)snprintf(ground->calls, sizeof(ground->calls), "%s/calls.log", ground->folder);
    (void)snprintf(ground->trace, sizeof(ground->trace), "%s/trace", ground->folder);
    (void)mkdir(ground->store, 0700); /* when it cannot be made the first server says so */
    make_secret(ground->folder, "client-secret", "range-secret");
    make_secret(ground->folder, "smtp-password", "range-password");
}

static void configure(const struct ground *ground, const struct workload *workload)
{
    FILE *file = make_file(ground->folder, "quell.yaml");

    fprintf(file,
            "store: sqlite:%s\n"
            "listen: 127.0.0.1:0\n"
            "config: { soc_mailbox: soc@contoso.example }\n"
            "hooks:\n"
            "  other: { auth: { kind: none, delivery: webhook-id } }\n"
            "  sentinel: { source: sentinel, auth: { kind: none, delivery: webhook-id } }\n"
            "groups: { soc: [ana, ben] }\n",
            ground->database);
    write_playbooks(file, workload, ground->source);
    fputs("connections:\n", file);
    write_connection(file, "defender", ground->http, ground->folder);
    write_connection(file, "sentinel", ground->http, ground->folder);
    fprintf(file,
            "  email:\n"
            "    url: smtp://127.0.0.1:%lld\n"
            "    tls: none\n"
            "    egress: [loopback]\n"
            "    from: quell@contoso.example\n"
            "    auth: { kind: basic, username: quell, password: { file: %s/smtp-password } }\n",
            ground->smtp, ground->folder);
    (void)fclose(file); /* a short one is refused by the first server */
}

void ground_refresh(const struct ground *ground, const struct workload *workload)
{
    DIR *folder = opendir(ground->store);
    struct dirent *entry = folder ? readdir(folder) : NULL;
    char path[512];

    for (; entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", ground->store, entry->d_name);
        (void)unlink(path); /* one that stays is found by the next server */
    }
    if (folder)
        (void)closedir(folder);
    (void)unlink(ground->log);
    (void)unlink(ground->calls);
    (void)unlink(ground->trace);
    configure(ground, workload);
    (void)peer_post(ground->range, "/_range/reset", "{}");
    for (size_t i = 0; workload->faults && i < sizeof(faults) / sizeof(*faults); i++)
        peer_fault(ground->range, faults[i]);
}
