/* SPDX-License-Identifier: Apache-2.0
 *
 * See pathset.h.
 */
#include "layer/pathset.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

int tsk_pathset_open(struct tsk_pathset *set) {
  *set = (struct tsk_pathset){.capacity = 1024};
  if (getrandom(&set->seed, sizeof set->seed, 0) != (ssize_t)sizeof set->seed) return -EIO;
  set->slots = calloc(set->capacity, sizeof *set->slots);
  return set->slots != NULL ? 0 : -ENOMEM;
}

void tsk_pathset_close(struct tsk_pathset *set) {
  free(set->slots);
  set->slots = NULL;
}

static uint64_t mix(uint64_t value) { /* the finaliser of splitmix64 */
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

static uint64_t hash(const struct tsk_pathset *set, uint64_t inode, const char *name) {
  uint64_t value = mix(set->seed ^ inode);
  for (const char *c = name; *c != 0; c++) value = mix(value ^ (uint8_t)*c);
  return value != 0 ? value : 1;
}

/* The slot of `value`, or the free one where it belongs. */
static size_t find(const uint64_t *slots, size_t capacity, uint64_t value) {
  size_t at = (size_t)value & (capacity - 1);
  while (slots[at] != 0 && slots[at] != value) at = (at + 1) & (capacity - 1);
  return at;
}

static int grow(struct tsk_pathset *set) {
  size_t capacity = set->capacity * 2;
  uint64_t *slots = calloc(capacity, sizeof *slots);
  if (slots == NULL) return -ENOMEM;
  for (size_t i = 0; i < set->capacity; i++)
    if (set->slots[i] != 0) slots[find(slots, capacity, set->slots[i])] = set->slots[i];
  free(set->slots);
  set->slots = slots;
  set->capacity = capacity;
  return 0;
}

static int add(struct tsk_pathset *set, uint64_t value) {
  if (set->count * 2 >= set->capacity) {
    int error = grow(set);
    if (error != 0) return error;
  }
  size_t at = find(set->slots, set->capacity, value);
  if (set->slots[at] != 0) return 0;
  set->slots[at] = value;
  set->count++;
  return 1;
}

/* A directory is the only thing without a name in its key. */
int tsk_pathset_add_directory(struct tsk_pathset *set, uint64_t inode) { return add(set, hash(set, inode, "")); }

int tsk_pathset_add_name(struct tsk_pathset *set, uint64_t parent_inode, const char *name) {
  return add(set, hash(set, parent_inode, name));
}

bool tsk_pathset_has_directory(const struct tsk_pathset *set, uint64_t inode) {
  return set->slots[find(set->slots, set->capacity, hash(set, inode, ""))] != 0;
}

bool tsk_pathset_has_name(const struct tsk_pathset *set, uint64_t parent_inode, const char *name) {
  return set->slots[find(set->slots, set->capacity, hash(set, parent_inode, name))] != 0;
}
