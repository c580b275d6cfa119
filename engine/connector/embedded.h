/*
 * embedded.h - the shipped connectors, as the build put them into the binary (embed.cmake writes
 * the file that defines these from connectors/).
 */
#ifndef CONNECTOR_EMBEDDED_H
#define CONNECTOR_EMBEDDED_H

#include <stddef.h>

#include <quell/connector.h>

struct embedded_file {
    const char *name; /* connectors/sentinel/sentinel.yaml */
    const unsigned char *data;
    size_t len;
};

extern const struct quell_connector *const embedded_natives[]; /* NULL-ended */
extern const struct embedded_file embedded_files[];            /* ends with name NULL */

#endif
