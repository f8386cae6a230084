/* SPDX-License-Identifier: Apache-2.0
 *
 * The shim under the sanitizers (TSKER_SHIM), as containerd has it: started in a directory of its own, asked, and heard. Its
 * runtime is test/programs/runtime.c.
 */
#ifndef TSK_TEST_SHIM_CLIENT_H
#define TSK_TEST_SHIM_CLIENT_H

#include <sys/types.h>

#include "test/support/test.h"

enum { TEST_SHIM_PATIENCE = 10000 }; /* milliseconds */

/* A shim that runs, with our end of its first connection. */
struct shim {
  pid_t pid;
  int socket;
  char directory[128];
};
struct shim test_shim_start(void);
/* A further connection, once it listens. */
int test_shim_join(const struct shim *shim);
/* Tells it to end, and expects that it does. */
void test_shim_quit(struct shim *shim);
/* It was told to, or had nobody: it ends well, which a sanitizer's complaint would not. */
void test_shim_expect_end(struct shim *shim);

/* In the shim's directory. */
const char *test_shim_path(const struct shim *shim, const char *name);
void test_shim_expect_file(const char *path, const char *beginning);

void test_shim_send(int socket, const char *bytes, size_t size);
/* Sends a line. */
void test_shim_ask(int socket, const char *line);
/* The next line; "" at the end of the connection. */
const char *test_shim_hear(int socket);
void test_shim_expect(int socket, const char *line);
/* "<sequence> started PID". */
pid_t test_shim_expect_started(int socket, const char *sequence);
void test_shim_expect_exit(int socket, const char *name, pid_t pid, int code);

#endif
