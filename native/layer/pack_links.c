/* SPDX-License-Identifier: Apache-2.0
 *
 * The first name of every file that has more than one, by device and inode: a tree may reach over several mounts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layer/pack_internal.h"

static size_t find(const struct pack_link *slots, size_t capacity, dev_t device, ino_t inode) {
  size_t at = (size_t)((inode ^ device << 40) * 0x9e3779b97f4a7c15u >> 16) & (capacity - 1);
  while (slots[at].name != NULL && (slots[at].inode != inode || slots[at].device != device)) at = (at + 1) & (capacity - 1);
  return at;
}

const char *pack_links_find(const struct pack_links *links, const struct stat *status) {
  if (links->capacity == 0) return NULL;
  return links->slots[find(links->slots, links->capacity, status->st_dev, status->st_ino)].name;
}

static int grow(struct pack_links *links) {
  size_t capacity = links->capacity == 0 ? 256 : links->capacity * 2;
  struct pack_link *slots = calloc(capacity, sizeof *slots);
  if (slots == NULL) return -ENOMEM;
  for (size_t i = 0; i < links->capacity; i++) {
    struct pack_link *link = &links->slots[i];
    if (link->name != NULL) slots[find(slots, capacity, link->device, link->inode)] = *link;
  }
  free(links->slots);
  links->slots = slots;
  links->capacity = capacity;
  return 0;
}

int pack_links_add(struct pack_links *links, const struct stat *status, const char *name) {
  int error = links->count * 2 >= links->capacity ? grow(links) : 0;
  if (error != 0) return error;
  char *copy = strdup(name);
  if (copy == NULL) return -ENOMEM;
  size_t at = find(links->slots, links->capacity, status->st_dev, status->st_ino);
  links->slots[at] = (struct pack_link){status->st_dev, status->st_ino, copy};
  links->count++;
  return 0;
}

void pack_links_close(struct pack_links *links) {
  for (size_t i = 0; i < links->capacity; i++) free(links->slots[i].name);
  free(links->slots);
}
