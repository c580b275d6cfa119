/*
 * native.h - connectors in shared objects.
 */
#ifndef CONNECTOR_NATIVE_H
#define CONNECTOR_NATIVE_H

#include <quell/connector.h>
#include <quell/error.h>

/* Loads `path` and checks its ABI before anything else of it is looked at. The handle is closed
 * with native_close() when the connector is no longer used. Refused: files that everyone may write,
 * other ABIs, missing symbols. */
enum quell_code native_open(const char *path, void **handle,
                            const struct quell_connector **connector,
                            struct quell_error *err) QUELL_MUST_CHECK;
void native_close(void *handle);
/* Whether a file is safe to take code or manifests from: a regular file, not writable by all. */
enum quell_code native_check_file(const char *path, struct quell_error *err) QUELL_MUST_CHECK;

#endif
