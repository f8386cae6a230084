/* SPDX-License-Identifier: Apache-2.0
 *
 * What a layer has written so far, so that its own whiteouts and opaque markers delete what lies below and never what it
 * brought itself. Kept by identity and not by name: directories by inode (they have one name only), everything else by
 * (inode of the directory, name), so that symbolic links in paths and hard links make no difference.
 */
#ifndef TSK_LAYER_PATHSET_H
#define TSK_LAYER_PATHSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tsk_pathset {
  uint64_t *slots; /* hashes, open addressing, 0: free */
  size_t count, capacity;
  uint64_t seed; /* random: an archive must not be able to make its names collide */
};

int tsk_pathset_open(struct tsk_pathset *set);
void tsk_pathset_close(struct tsk_pathset *set);
/* 1 when it is new, 0 when it was there, or -ENOMEM. */
int tsk_pathset_add_directory(struct tsk_pathset *set, uint64_t inode);
int tsk_pathset_add_name(struct tsk_pathset *set, uint64_t parent_inode, const char *name);
bool tsk_pathset_has_directory(const struct tsk_pathset *set, uint64_t inode);
bool tsk_pathset_has_name(const struct tsk_pathset *set, uint64_t parent_inode, const char *name);

#endif
