/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on files, and what IN_ROOT promises: no link, ".." or magic link of an image leads out of the root.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/ops.h"
#include "test/support/test.h"

#define U(value) ((uint64_t)(value))

/* Runs the only operation of a plan, with the root at `root` (or none). */
static int run_plan(struct test_plan *bytes, const char *root) {
  struct tsk_context context = TSK_CONTEXT;
  struct tsk_plan plan;
  struct tsk_op op;
  int result;
  if (root != NULL) {
    context.root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(context.root_fd >= 0);
  }
  CHECK_INT(tsk_plan_check(&plan, bytes->bytes, bytes->size, TSK_IN_HELPER, NULL), 0);
  CHECK_INT(tsk_plan_next(&plan, &op), 1);
  result = tsk_op_run(&context, &op);
  if (root != NULL)
    close(context.root_fd);
  test_plan_free(bytes);
  return result;
}

#define RUN(root, ...)                                               \
  ({                                                                 \
    struct test_plan plan_ = test_plan_new(0);                       \
    test_plan_add(&plan_, __VA_ARGS__);                              \
    test_plan_last(&plan_, (root) != NULL ? TSKER_OPF_IN_ROOT : 0, 0); \
    run_plan(&plan_, root);                                          \
  })

static struct stat look(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(1);
  }
  return status;
}

static bool missing(const char *path) { return access(path, F_OK) < 0 && errno == ENOENT; }

static char *path_of(const char *root, const char *name) {
  static char paths[8][512];
  static size_t turn;
  char *path = paths[turn++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", root, name);
  return path;
}

static void touch(const char *path, const char *text) {
  int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
}

static bool holds(const char *path, const char *text) {
  char content[256] = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && read(fd, content, sizeof content - 1) >= 0);
  close(fd);
  return strcmp(content, text) == 0;
}

static void directories(void) {
  const char *d = test_directory();
  char *deep = test_path("a/b//c/"), *file = test_path("file");
  CHECK_INT(RUN(NULL, TSKER_OP_MKDIRS, deep, U(0750)), 0);
  CHECK_INT(look(path_of(d, "a")).st_mode, S_IFDIR | 0750);
  CHECK_INT(look(path_of(d, "a/b/c")).st_mode, S_IFDIR | 0750);
  CHECK_INT(RUN(NULL, TSKER_OP_MKDIRS, deep, U(0700)), 0);
  CHECK_INT(look(path_of(d, "a/b/c")).st_mode, S_IFDIR | 0750);
  CHECK_INT(RUN(NULL, TSKER_OP_MKDIR, path_of(d, "m"), U(01777)), 0);
  CHECK_INT(look(path_of(d, "m")).st_mode, S_IFDIR | 01777);
  CHECK_INT(RUN(NULL, TSKER_OP_MKDIR, path_of(d, "m"), U(0)), -EEXIST);
  touch(file, "");
  CHECK_INT(RUN(NULL, TSKER_OP_MKDIRS, path_of(file, "x"), U(0755)), -ENOTDIR);
  CHECK_INT(RUN(NULL, TSKER_OP_MKDIRS, file, U(0755)), -ENOTDIR);
  CHECK_INT(RUN(NULL, TSKER_OP_RMDIR, path_of(d, "m")), 0);
  CHECK(missing(path_of(d, "m")));
  free(deep);
  free(file);
}

static void files(void) {
  const char *d = test_directory();
  struct stat status;
  char value[8];
  CHECK_INT(RUN(NULL, TSKER_OP_MKFILE, path_of(d, "f"), U(0604)), 0);
  CHECK_INT(look(path_of(d, "f")).st_mode, S_IFREG | 0604);
  CHECK_INT(RUN(NULL, TSKER_OP_WRITE, path_of(d, "f"), "hello", 5u), 0);
  CHECK_INT(RUN(NULL, TSKER_OP_MKFILE, path_of(d, "f"), U(0600)), 0);
  CHECK(holds(path_of(d, "f"), "hello")); /* not truncated */
  CHECK_INT(RUN(NULL, TSKER_OP_WRITE, path_of(d, "no"), "x", 1u), -ENOENT);
  CHECK_INT(RUN(NULL, TSKER_OP_CHMOD, path_of(d, "f"), U(04755)), 0);
  CHECK_INT(look(path_of(d, "f")).st_mode, S_IFREG | 04755);
  CHECK_INT(RUN(NULL, TSKER_OP_CHOWN, path_of(d, "f"), U(12), U(34)), 0);
  status = look(path_of(d, "f"));
  CHECK(status.st_uid == 12 && status.st_gid == 34);
  CHECK_INT(RUN(NULL, TSKER_OP_SETXATTR, path_of(d, "f"), "trusted.a", "xyz", 3u), 0);
  CHECK_INT(lgetxattr(path_of(d, "f"), "trusted.a", value, sizeof value), 3);
  CHECK_INT(RUN(NULL, TSKER_OP_SYMLINK, "f", path_of(d, "link")), 0);
  CHECK_INT(RUN(NULL, TSKER_OP_CHOWN, path_of(d, "link"), U(1), U(1)), 0);
  CHECK(look(path_of(d, "f")).st_uid == 12 && look(path_of(d, "link")).st_uid == 1);
  CHECK_INT(RUN(NULL, TSKER_OP_RENAME, path_of(d, "f"), path_of(d, "g")), 0);
  CHECK(missing(path_of(d, "f")));
  CHECK_INT(RUN(NULL, TSKER_OP_REMOVE, path_of(d, "g")), 0);
  CHECK_INT(RUN(NULL, TSKER_OP_REMOVE, path_of(d, "link")), 0);
  CHECK_INT(RUN(NULL, TSKER_OP_MKNOD, path_of(d, "null"), U(S_IFCHR | 0666), U(makedev(1, 3))), 0);
  status = look(path_of(d, "null"));
  CHECK(status.st_mode == (S_IFCHR | 0666) && status.st_rdev == makedev(1, 3));
  CHECK_INT(RUN(NULL, TSKER_OP_MKNOD, path_of(d, "big"), U(S_IFCHR | 0600), U(makedev(259, 70000))), 0);
  CHECK(look(path_of(d, "big")).st_rdev == makedev(259, 70000));
}

static void whole_files(void) {
  const char *d = test_directory();
  CHECK_INT(RUN(NULL, TSKER_OP_PUTFILE, path_of(d, "put"), U(0640), "one", 3u), 0);
  CHECK(holds(path_of(d, "put"), "one"));
  /* a leftover that is a link is not written through */
  touch(path_of(d, "victim"), "safe");
  CHECK_INT(symlink("victim", path_of(d, "put.tmp")), 0);
  CHECK_INT(RUN(NULL, TSKER_OP_PUTFILE, path_of(d, "put"), U(0604), "two", 3u), 0);
  CHECK(holds(path_of(d, "put"), "two") && holds(path_of(d, "victim"), "safe"));
  CHECK_INT(look(path_of(d, "put")).st_mode, S_IFREG | 0604);
  CHECK(missing(path_of(d, "put.tmp")));
  CHECK_INT(RUN(NULL, TSKER_OP_PUTFILE, path_of(d, "none/put"), U(0600), "x", 1u), -ENOENT);
}

/* An image that wants out: root/ with links of every kind, and outside/ beside it that must stay as it is. */
static const char *hostile_root(void) {
  static char *root;
  if (root != NULL)
    return root;
  root = test_path("root");
  CHECK_INT(mkdir(root, 0755), 0);
  CHECK_INT(mkdir(path_of(root, "in"), 0755), 0);
  CHECK_INT(mkdir(path_of(test_directory(), "outside"), 0755), 0);
  touch(path_of(test_directory(), "outside/secret"), "secret");
  CHECK_INT(symlink("../outside", path_of(root, "up")), 0);
  CHECK_INT(symlink(path_of(test_directory(), "outside"), path_of(root, "absolute")), 0);
  CHECK_INT(symlink("/proc/self/root", path_of(root, "magic")), 0);
  CHECK_INT(symlink("/in", path_of(root, "inside")), 0);
  CHECK_INT(symlink("dangling2", path_of(root, "dangling")), 0);
  CHECK_INT(symlink("/made/later", path_of(root, "dangling2")), 0);
  CHECK_INT(symlink("../run/resolve/stub.conf", path_of(root, "in/resolv.conf")), 0);
  CHECK_INT(symlink("loop", path_of(root, "loop")), 0);
  return root;
}

static void nothing_escapes(void) {
  const char *root = hostile_root();
  static const char *const ways[] = {"/up", "/../outside", "/in/../../outside", "/up/../../outside", "/inside/../../../outside"};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    char path[128];
    snprintf(path, sizeof path, "%s/secret", ways[i]);
    CHECK_INT(RUN(root, TSKER_OP_WRITE, path, "overwritten", 11u), -ENOENT);
    CHECK_INT(RUN(root, TSKER_OP_REMOVE, path), -ENOENT);
    CHECK_INT(RUN(root, TSKER_OP_CHMOD, path, U(0777)), -ENOENT);
    CHECK_INT(RUN(root, TSKER_OP_CHOWN, path, U(5), U(5)), -ENOENT);
    CHECK_INT(RUN(root, TSKER_OP_MKNOD, path, U(S_IFIFO | 0600), U(0)), -ENOENT);
    CHECK_INT(RUN(root, TSKER_OP_SYMLINK, "x", path), -ENOENT);
  }
  CHECK(holds(path_of(test_directory(), "outside/secret"), "secret"));
  CHECK_INT(look(path_of(test_directory(), "outside/secret")).st_mode, S_IFREG | 0644);
  /* absolute links are of the root: this one makes a directory of that name inside it */
  CHECK_INT(RUN(root, TSKER_OP_MKDIRS, "/absolute/new", U(0755)), 0);
  CHECK(missing(path_of(test_directory(), "outside/new")));
  CHECK_INT(RUN(root, TSKER_OP_MKDIRS, "/up/new", U(0755)), 0);
  CHECK(missing(path_of(test_directory(), "outside/new")));
  CHECK(!missing(path_of(root, "outside/new")));
}

static void magic_links_are_refused(void) {
  /* with a real /proc in the root the kernel would jump; RESOLVE_NO_MAGICLINKS must say no */
  CHECK_INT(RUN("/", TSKER_OP_CHDIR, "/proc/self/root/tmp"), -ELOOP);
  CHECK_INT(RUN("/", TSKER_OP_MKDIRS, "/proc/self/root/tmp", U(0755)), -ELOOP);
  CHECK_INT(RUN("/", TSKER_OP_WRITE, "/proc/self/fd/1", "x", 1u), -ELOOP);
  CHECK_INT(RUN(hostile_root(), TSKER_OP_WRITE, "/magic/etc/passwd", "x", 1u), -ENOENT);
}

static void links_inside_are_followed(void) {
  const char *root = hostile_root();
  CHECK_INT(RUN(root, TSKER_OP_MKDIRS, "/inside/x/y", U(0755)), 0);
  CHECK(!missing(path_of(root, "in/x/y")));
  CHECK_INT(RUN(root, TSKER_OP_MKDIRS, "/dangling/z", U(0711)), 0);
  CHECK_INT(look(path_of(root, "made/later/z")).st_mode, S_IFDIR | 0711);
  CHECK_INT(RUN(root, TSKER_OP_MKFILE, "/in/resolv.conf", U(0644)), 0);
  CHECK_INT(look(path_of(root, "run/resolve/stub.conf")).st_mode, S_IFREG | 0644);
  CHECK_INT(RUN(root, TSKER_OP_MKFILE, "/in/resolv.conf", U(0644)), 0);
  CHECK_INT(RUN(root, TSKER_OP_WRITE, "/in/resolv.conf", "text", 4u), 0);
  CHECK(holds(path_of(root, "run/resolve/stub.conf"), "text"));
  CHECK_INT(RUN(root, TSKER_OP_MKDIRS, "/loop/x", U(0755)), -ELOOP);
  CHECK_INT(RUN(root, TSKER_OP_MKFILE, "/loop", U(0644)), -ELOOP);
}

static void root_itself_and_dots(void) {
  const char *root = hostile_root();
  CHECK_INT(RUN(root, TSKER_OP_MKDIRS, "/", U(0755)), 0);
  CHECK_INT(RUN(root, TSKER_OP_MKDIR, "/", U(0755)), -EEXIST);
  CHECK_INT(RUN(root, TSKER_OP_RMDIR, "/in/.."), -EINVAL);
  CHECK_INT(RUN(root, TSKER_OP_REMOVE, "/in/."), -EINVAL);
  CHECK_INT(RUN(root, TSKER_OP_MKFILE, "/in", U(0644)), -EISDIR);
  CHECK_INT(RUN(root, TSKER_OP_MKDIR, "relative", U(0755)), 0);
  CHECK(!missing(path_of(root, "relative")));
}

static void root_is_needed(void) {
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_MKDIR, "/x", U(0755));
  test_plan_last(&plan, TSKER_OPF_IN_ROOT, 0);
  CHECK_INT(run_plan(&plan, NULL), -EBADF);
}

static void devices_are_not_opened(void) {
  /* MKFILE over a pipe without a writer must neither block nor replace it */
  const char *root = hostile_root();
  CHECK_INT(RUN(root, TSKER_OP_MKNOD, "/pipe", U(S_IFIFO | 0600), U(0)), 0);
  CHECK_INT(RUN(root, TSKER_OP_MKFILE, "/pipe", U(0644)), 0);
  CHECK_INT(look(path_of(root, "pipe")).st_mode, S_IFIFO | 0600);
}

static void long_paths(void) {
  char path[PATH_MAX + 16];
  memset(path, 'a', sizeof path - 1);
  path[0] = '/';
  path[sizeof path - 1] = '\0';
  CHECK_INT(RUN(hostile_root(), TSKER_OP_MKDIR, path, U(0755)), -ENAMETOOLONG);
  CHECK_INT(RUN(hostile_root(), TSKER_OP_MKDIRS, path, U(0755)), -ENAMETOOLONG);
  CHECK_INT(RUN(NULL, TSKER_OP_PUTFILE, path, U(0755), "", 0u), -ENAMETOOLONG);
}

static const struct test tests[] = {
    {"directories are made with exact modes, parents included", directories},
    {"files, nodes and links are made, written and changed", files},
    {"PUTFILE replaces whole and through no link", whole_files},
    {"no link or dot of a hostile root leads out", nothing_escapes},
    {"magic links are refused", magic_links_are_refused},
    {"links inside the root are followed, dangling ones too", links_inside_are_followed},
    {"the root itself and dots are handled", root_itself_and_dots},
    {"IN_ROOT without a root is EBADF", root_is_needed},
    {"what is no file is not opened", devices_are_not_opened},
    {"paths that are too long are refused", long_paths},
};
TEST_MAIN(tests)
