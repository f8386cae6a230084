/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing for tests of tsk_pack: a tree with every kind of file, archives in memory and what is in them.
 */
#ifndef TSK_TEST_PACKING_H
#define TSK_TEST_PACKING_H

#include "layer/archive.h"
#include "test/support/archive.h"
#include "test/support/test.h"

/* The tree, made once; O_PATH. */
int test_source_tree(void);
/* A shell's exit status; each %1$s of the format is the argument. */
int test_shell(const char *format, const char *argument);

struct packing {
  struct tsk_pack_request request;
  struct tsker_pack_result result;
};
struct packing test_pack_of(int root);
/* Packs into memory. */
struct archive test_pack_to_memory(struct packing *packing, int expected);
/* One line an entry, "name type mode uid:gid size link". */
void test_expect_list(const struct archive *archive, const char *expected);

/* Asked whether to cancel, it changes the file's size at one of the calls. */
struct change {
  const char *path;
  off_t size;
  unsigned calls, at;
};
bool test_change_size(void *change);
/* A thread that reads the descriptor to its end and closes it: how many bytes. */
void *test_drain(void *fd);

#endif
