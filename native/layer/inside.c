/* SPDX-License-Identifier: Apache-2.0
 *
 * See inside.h.
 */
#include "layer/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/sys.h"

#define LINKS_MAX 255 /* Docker's own limit; the kernel's is 40 */
#define RETRIES 128   /* openat2 gives EAGAIN when a rename or mount anywhere raced with a ".." */

static int open_inside(int root, const char *path, int flags, uint64_t resolve) {
  const struct tsk_open_how how = {
      .flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
      .resolve = TSK_RESOLVE_IN_ROOT | TSK_RESOLVE_NO_MAGICLINKS | resolve,
  };
  if (*path == 0) path = ".";
  int fd;
  int tries = 0;
  do fd = tsk_openat2(root, path, &how);
  while ((fd == -EAGAIN || fd == -EINTR) && ++tries < RETRIES);
  return fd;
}

int tsk_inside_open(int root, const char *path, int flags) { return open_inside(root, path, flags, 0); }

int tsk_inside_open_straight(int root, const char *path, int flags) {
  return open_inside(root, path, flags, TSK_RESOLVE_NO_SYMLINKS);
}

/* ---- where links lead ---- */

struct walk {
  char done[TSK_INSIDE_PATH_MAX]; /* "/a/b" or "" */
  size_t done_size;
  char rest[2 * TSK_INSIDE_PATH_MAX]; /* still to be looked up */
  int links;
};

/* Puts a link's content in front of what is left. */
static int follow(struct walk *walk, const char *content, const char *rest) {
  char joined[sizeof walk->rest];
  size_t size = strlen(content);
  size_t rest_size = strlen(rest);
  if (++walk->links > LINKS_MAX) return -ELOOP;
  if (size + 1 + rest_size >= sizeof joined) return -ENAMETOOLONG;
  memcpy(joined, content, size);
  joined[size] = '/';
  memcpy(joined + size + 1, rest, rest_size + 1);
  memcpy(walk->rest, joined, size + rest_size + 2);
  if (content[0] == '/') walk->done_size = 0;
  return 0;
}

/* The content of a link, NUL-terminated: its size, 0 for what is no link or not there. */
static size_t read_link(int root, const char *path, char out[TSK_INSIDE_PATH_MAX]) {
  int fd = tsk_inside_open(root, path, O_PATH | O_NOFOLLOW);
  if (fd < 0) return 0;
  ssize_t size = readlinkat(fd, "", out, TSK_INSIDE_PATH_MAX - 1);
  close(fd);
  if (size <= 0) return 0;
  out[size] = 0;
  return (size_t)size;
}

static void step_up(struct walk *walk) {
  while (walk->done_size > 0 && walk->done[--walk->done_size] != '/') continue;
}

static int step(struct walk *walk, int root) {
  char content[TSK_INSIDE_PATH_MAX];
  const char *name = walk->rest + strspn(walk->rest, "/");
  size_t size = strcspn(name, "/");
  const char *rest = name + size;
  size_t before = walk->done_size;
  if (size == 2 && name[0] == '.' && name[1] == '.') {
    step_up(walk);
  } else if (size > 0 && !(size == 1 && name[0] == '.')) {
    if (before + 1 + size >= sizeof walk->done) return -ENAMETOOLONG;
    walk->done[before] = '/';
    memcpy(walk->done + before + 1, name, size);
    walk->done_size = before + 1 + size;
    walk->done[walk->done_size] = 0;
    if (read_link(root, walk->done, content) > 0) {
      walk->done_size = before;
      return follow(walk, content, rest);
    }
  }
  memmove(walk->rest, rest, strlen(rest) + 1);
  return 0;
}

int tsk_inside_target(int root, const char *path, char out[TSK_INSIDE_PATH_MAX]) {
  struct walk walk = {.links = 0};
  size_t size = strlen(path);
  if (size >= sizeof walk.rest) return -ENAMETOOLONG;
  memcpy(walk.rest, path, size + 1);
  while (walk.rest[0] != 0) {
    int error = step(&walk, root);
    if (error != 0) return error;
  }
  if (walk.done_size == 0) walk.done[walk.done_size++] = '/';
  memcpy(out, walk.done, walk.done_size);
  out[walk.done_size] = 0;
  return 0;
}

/* ---- the kernel's own file systems (linux/magic.h) ---- */

bool tsk_inside_kernel(int fd) {
  static const uint32_t kinds[] = {
      0x9fa0,     /* proc */
      0x62656572, /* sysfs */
      0x27e0eb,   /* cgroup */
      0x63677270, /* cgroup2 */
      0x1cd1,     /* devpts */
      0x19800202, /* mqueue */
      0x64626720, /* debugfs */
      0x74726163, /* tracefs */
      0x73636673, /* securityfs */
      0xcafe4a11, /* bpf */
      0xf97cff8c, /* selinux */
      0x6165676c, /* pstore */
      0xde5e81e4, /* efivarfs */
      0x62656570, /* configfs */
      0x6e736673, /* nsfs */
      0x42494e4d, /* binfmt_misc */
      0x65735543, /* fusectl */
      0x67596969, /* rpc_pipefs */
      0x6e667364, /* nfsd */
      0x07655821, /* resctrl */
      0x00000187, /* autofs */
  };
  struct statfs status;
  if (fstatfs(fd, &status) < 0) return false;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (kinds[i] == (uint32_t)status.f_type) return true;
  return false;
}
