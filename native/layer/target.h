/* SPDX-License-Identifier: Apache-2.0
 *
 * The directory a layer is unpacked into. Every directory of an entry is resolved by the kernel as if the target were the
 * root (openat2, RESOLVE_IN_ROOT): links that the archive made, absolute ones and those with "..", cannot lead out. The
 * last ones used stay open, which is what makes tens of thousands of entries cheap.
 */
#ifndef TSK_LAYER_TARGET_H
#define TSK_LAYER_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TSK_TARGET_CACHE 8

struct tsk_directory {
  int fd; /* O_PATH */
  uint64_t inode;
  size_t length;
  char *path; /* NULL: the place is free */
  uint64_t used;
};

struct tsk_target {
  struct tsk_directory root;
  struct tsk_directory cache[TSK_TARGET_CACHE];
  uint64_t clock;
  bool straight; /* no link is followed */
};

int tsk_target_open(struct tsk_target *target, int root);
void tsk_target_close(struct tsk_target *target);

/* The directory at a clean path, valid until the next but one call; what is missing is made (0755, root). NULL and errno set when
 * it cannot be had */
struct tsk_directory *tsk_target_directory(struct tsk_target *target, const char *path);
/* The same, but nothing is made: ENOENT. */
struct tsk_directory *tsk_target_existing(struct tsk_target *target, const char *path);

/* Forgets what is open, after a directory or a link was removed: paths may lead elsewhere now. */
void tsk_target_forget(struct tsk_target *target);

#endif
