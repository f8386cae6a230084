/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the parts of COPYTREE; nothing else includes it.
 */
#ifndef TSK_LAYER_COPY_INTERNAL_H
#define TSK_LAYER_COPY_INTERNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct tsk_context;

struct copy {
  const struct tsk_context *context;
  int root;   /* of the copy */
  char *path; /* of the entry at hand, below the root */
  size_t path_length, path_capacity;
  struct copy_link { /* files with several names, by inode: open addressing, a NULL path is a free slot */
    uint64_t inode;
    char *path;
  } *links;
  size_t link_count, link_capacity;
};

/* Owner, xattrs, mode and times of an entry that was just made under the same name in `to`. */
int copy_metadata(int from, int to, const char *name, const struct stat *status);

/* Appends a component to `path`; the caller sets path_length back. */
int copy_push(struct copy *copy, const char *name);
/* Where the copy of an inode is that has been met before, or NULL. */
const char *copy_first_name(const struct copy *copy, uint64_t inode);
/* Notes the path at hand as the first name of an inode. */
int copy_note_name(struct copy *copy, uint64_t inode);
void copy_forget(struct copy *copy);

#endif
