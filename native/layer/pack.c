/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk over a tree that is to be packed: names in the order of their bytes, a directory before what it holds, with a
 * stack of its own and one descriptor a level. See archive.h; what becomes of an object is pack_entry.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/inside.h"
#include "layer/pack_internal.h"
#include "layer/walk.h"

struct level {
  int fd;
  dev_t device;
  struct pack_names names;
  size_t next;
  size_t prefix; /* of pack->name: the directory's own name and a slash */
};

struct stack {
  struct level *levels;
  size_t count, capacity;
};

int pack_failed(struct pack *pack, int error, const char *what) {
  const char *name = pack->name.size > 0 ? pack_name(pack) : ".";
  return tsk_fault(&pack->fault, TSKER_STAGE_READ, error, "%.300s: %s: %s", name, what, strerror(-error));
}

/* ---- names ---- */

/* The entry's name: the directory's with its slash, then its own. */
int pack_set_name(struct pack *pack, size_t prefix, const char *name) {
  pack->name.size = prefix;
  int error = pack_bytes_add(&pack->name, name, strlen(name) + 1);
  pack->name.size--;
  return error;
}

int pack_add_slash(struct pack *pack) {
  if (pack->name.size == 0 || pack->name.data[pack->name.size - 1] == '/') return 0;
  int error = pack_bytes_add(&pack->name, "/", 2);
  pack->name.size--;
  return error;
}

/* ---- levels ---- */

/* Takes over the descriptor. */
static int enter(struct pack *pack, struct stack *stack, int fd, dev_t device) {
  int error = stack->count == TSK_WALK_DEPTH_MAX ? -ELOOP : 0;
  if (error == 0 && stack->count == stack->capacity) {
    size_t capacity = stack->capacity == 0 ? 32 : stack->capacity * 2;
    struct level *levels = realloc(stack->levels, capacity * sizeof *levels);
    error = levels == NULL ? -ENOMEM : 0;
    if (levels != NULL) {
      stack->levels = levels;
      stack->capacity = capacity;
    }
  }
  struct level level = {.fd = fd, .device = device, .prefix = pack->name.size};
  if (error == 0) error = pack_names_read(&level.names, fd);
  if (error == 0) {
    stack->levels[stack->count++] = level;
    return 0;
  }
  pack_names_close(&level.names);
  close(fd);
  return error == -ENOENT ? 0 : pack_failed(pack, error, error == -ELOOP ? "nested too deeply" : "cannot read");
}

static void leave(struct stack *stack) {
  struct level *level = &stack->levels[--stack->count];
  pack_names_close(&level->names);
  close(level->fd);
}

/* ---- entries ---- */

static bool is_entered(const struct pack *pack, dev_t from, dev_t to) {
  return from == to || (pack->request->flags & TSKER_PACK_XDEV) == 0;
}

/* Removed since the directory was read, for a container may be running on it; or on a FUSE or network mount that is dead
 * or not ours to see. */
static bool is_out_of_sight(int error) {
  return error == -ENOENT || error == -ESTALE || error == -ENOTCONN || error == -EACCES;
}

static int not_seen(struct pack *pack, int error) {
  bool passed_over = pack_is_plain(pack) ? error == -ENOENT : is_out_of_sight(error);
  if (!passed_over) return pack_failed(pack, error, "cannot look at it");
  pack->result->skipped++;
  return 0;
}

static int pack_opened(struct pack *pack, struct stack *stack, int fd, dev_t from) {
  struct stat status;
  int directory = -1;
  int error = tsk_fstat(fd, &status);
  if (error != 0) return not_seen(pack, error);
  if (S_ISDIR(status.st_mode)) error = pack_add_slash(pack);
  if (error != 0) return pack_failed(pack, error, "out of memory");
  error = pack_object(pack, fd, &status, &directory);
  if (error != 0 || directory < 0) return error;
  if (is_entered(pack, from, status.st_dev)) return enter(pack, stack, directory, status.st_dev);
  close(directory);
  return 0;
}

static int pack_next(struct pack *pack, struct stack *stack) {
  struct level *level = &stack->levels[stack->count - 1];
  const char *name = level->names.sorted[level->next++];
  int error = pack_set_name(pack, level->prefix, name);
  if (error != 0) return pack_failed(pack, error, "out of memory");
  int fd = (int)tsk_result(openat(level->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (fd < 0) return not_seen(pack, fd);
  error = pack_opened(pack, stack, fd, level->device);
  close(fd);
  return error;
}

static int pack_levels(struct pack *pack, struct stack *stack) {
  int error = 0;
  while (error == 0 && stack->count > 0) {
    struct level *level = &stack->levels[stack->count - 1];
    if (tsk_cancel_asked(&pack->request->cancel))
      error = tsk_fault(&pack->fault, TSKER_STAGE_READ, -ECANCELED, "cancelled");
    else if (level->next == level->names.count)
      leave(stack);
    else
      error = pack_next(pack, stack);
  }
  while (stack->count > 0) leave(stack);
  free(stack->levels);
  return error;
}

/* ---- the tree ---- */

static int path_failed(struct pack *pack, int error) {
  return tsk_fault(&pack->fault, TSKER_STAGE_PATH, error, "%.400s: %s", pack->request->path, strerror(-error));
}

static int pack_tree(struct pack *pack, int top) {
  struct stack stack = {.count = 0};
  struct stat status;
  int directory = -1;
  int error = tsk_fstat(top, &status);
  if (error == 0 && !S_ISDIR(status.st_mode) && tsk_inside_kernel(top)) error = -ENOENT;
  if (error == 0) error = pack_set_name(pack, 0, pack->request->name);
  if (error == 0 && pack->name.size == 0 && !S_ISDIR(status.st_mode)) error = -ENOTDIR;
  if (error != 0) return path_failed(pack, error);
  if (pack->name.size > 0) {
    error = pack_opened(pack, &stack, top, status.st_dev);
  } else {
    error = pack_open_directory(pack, top, &directory);
    if (error == 0 && directory >= 0) error = enter(pack, &stack, directory, status.st_dev);
  }
  if (error == 0) error = pack_levels(pack, &stack);
  return error;
}

static int pack_stream(struct pack *pack, int top) {
  int error = pack_out_open(&pack->out, pack->request, &pack->fault);
  if (error == 0) error = pack->request->list != NULL ? pack_list(pack, top) : pack_tree(pack, top);
  if (error == 0) error = pack_out_zeros(&pack->out, 2 * TSK_TAR_BLOCK);
  if (error == 0) error = pack_out_finish(&pack->out);
  pack_out_close(&pack->out);
  return error;
}

static int open_top(struct pack *pack) {
  pack->proc = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (pack->proc < 0) return tsk_fault(&pack->fault, TSKER_STAGE_READ, -errno, "/proc/self/fd: %s", strerror(errno));
  if (pack->request->path[0] == 0) {
    int fd = (int)tsk_result(fcntl(pack->request->root, F_DUPFD_CLOEXEC, 3));
    return fd >= 0 ? fd : path_failed(pack, fd);
  }
  int fd = tsk_inside_open(pack->request->root, pack->request->path, O_PATH | O_NOFOLLOW);
  return fd >= 0 ? fd : path_failed(pack, fd);
}

static void report(struct pack *pack, int error) {
  struct tsker_pack_result *result = pack->result;
  if (error != 0 && pack->fault.error == 0)
    tsk_fault(&pack->fault, TSKER_STAGE_READ, error, "%s", strerror(-error));
  result->error = pack->fault.error;
  result->stage = pack->fault.stage;
  result->bytes = pack->out.bytes;
  memcpy(result->message, pack->fault.message, sizeof result->message);
  if (pack->out.piped && result->error == 0) tsk_digest_final(&pack->out.digest, result->sha256);
}

int tsk_pack(const struct tsk_pack_request *request, struct tsker_pack_result *result) {
  *result = (struct tsker_pack_result){.error = 0};
  struct pack *pack = calloc(1, sizeof *pack);
  if (pack == NULL) return result->error = -ENOMEM;
  pack->request = request;
  pack->result = result;
  int top = open_top(pack);
  int error = top < 0 ? top : pack_stream(pack, top);
  report(pack, error);
  if (top >= 0) close(top);
  if (pack->proc >= 0) close(pack->proc);
  pack_links_close(&pack->links);
  pack_xattrs_close(&pack->xattrs);
  free(pack->header.data);
  free(pack->name.data);
  free(pack);
  return result->error;
}
