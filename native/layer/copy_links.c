/* SPDX-License-Identifier: Apache-2.0
 *
 * What COPYTREE remembers: the path at hand, and the first name of every file that has more than one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layer/copy_internal.h"

int copy_push(struct copy *copy, const char *name) {
  size_t length = strlen(name);
  size_t needed = copy->path_length + 1 + length + 1;
  if (needed > copy->path_capacity) {
    char *grown = realloc(copy->path, needed * 2);
    if (grown == NULL) return -ENOMEM;
    copy->path = grown;
    copy->path_capacity = needed * 2;
  }
  if (copy->path_length > 0) copy->path[copy->path_length++] = '/';
  memcpy(copy->path + copy->path_length, name, length + 1);
  copy->path_length += length;
  return 0;
}

static size_t find(const struct copy_link *links, size_t capacity, uint64_t inode) {
  size_t at = (size_t)(inode * 0x9e3779b97f4a7c15u >> 16) & (capacity - 1);
  while (links[at].path != NULL && links[at].inode != inode) at = (at + 1) & (capacity - 1);
  return at;
}

const char *copy_first_name(const struct copy *copy, uint64_t inode) {
  return copy->link_capacity == 0 ? NULL : copy->links[find(copy->links, copy->link_capacity, inode)].path;
}

static int grow(struct copy *copy) {
  size_t capacity = copy->link_capacity == 0 ? 256 : copy->link_capacity * 2;
  struct copy_link *links = calloc(capacity, sizeof *links);
  if (links == NULL) return -ENOMEM;
  for (size_t i = 0; i < copy->link_capacity; i++)
    if (copy->links[i].path != NULL) links[find(links, capacity, copy->links[i].inode)] = copy->links[i];
  free(copy->links);
  copy->links = links;
  copy->link_capacity = capacity;
  return 0;
}

int copy_note_name(struct copy *copy, uint64_t inode) {
  int error = copy->link_count * 2 >= copy->link_capacity ? grow(copy) : 0;
  if (error != 0) return error;
  char *path = strdup(copy->path);
  if (path == NULL) return -ENOMEM;
  copy->links[find(copy->links, copy->link_capacity, inode)] = (struct copy_link){inode, path};
  copy->link_count++;
  return 0;
}

void copy_forget(struct copy *copy) {
  for (size_t i = 0; i < copy->link_capacity; i++) free(copy->links[i].path);
  free(copy->links);
  free(copy->path);
}
