/* SPDX-License-Identifier: Apache-2.0
 *
 * Mount operations, in a mount namespace of this program's own (needs root). Both ways to bind are tested: the mount API
 * and, where it is switched off, mount(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/ops.h"
#include "test/support/test.h"

#define U(value) ((uint64_t)(value))

static bool old_api;

static int run_plan(struct test_plan *bytes, const char *root) {
  struct tsk_context context = TSK_CONTEXT;
  struct tsk_plan plan;
  struct tsk_op op;
  int result;
  context.old_mount_api = old_api;
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

static const char *d;
static char root[128], source[128];

static const char *below(const char *name) {
  static char path[4][256];
  static size_t turn;
  char *out = path[turn++ % 4];
  snprintf(out, sizeof path[0], "%s/%s", d, name);
  return out;
}

static void make_file(const char *path) {
  int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  CHECK(fd >= 0);
  close(fd);
}

static unsigned long flags_of(const char *path) {
  struct statvfs fs;
  CHECK_INT(statvfs(path, &fs), 0);
  return fs.f_flag;
}

static bool is_tmpfs(const char *path) {
  struct statfs fs;
  CHECK_INT(statfs(path, &fs), 0);
  return fs.f_type == 0x01021994;
}

/* source: a tmpfs that is nosuid and nodev, with a submount; root: where everything goes. */
static void set_up(void) {
  CHECK_INT(unshare(CLONE_NEWNS), 0);
  CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
  d = test_directory();
  snprintf(root, sizeof root, "%s/root", d);
  snprintf(source, sizeof source, "%s/source", d);
  CHECK_INT(mkdir(root, 0755), 0);
  CHECK_INT(mkdir(source, 0755), 0);
  CHECK_INT(mkdir(below("outside"), 0755), 0);
  CHECK_INT(mount("tmpfs", source, "tmpfs", MS_NOSUID | MS_NODEV, NULL), 0);
  CHECK_INT(mkdir(below("source/sub"), 0755), 0);
  CHECK_INT(mount("tmpfs", below("source/sub"), "tmpfs", 0, NULL), 0);
  make_file(below("source/file"));
  CHECK_INT(mkdir(below("root/dir"), 0755), 0);
  CHECK_INT(mkdir(below("root/target"), 0755), 0);
  make_file(below("root/target-file"));
  CHECK_INT(symlink("/target", below("root/link")), 0);
  CHECK_INT(symlink(below("outside"), below("root/escape")), 0);
}

static void file_systems(void) {
  char data[5000];
  CHECK_INT(RUN(root, TSKER_OP_MOUNT, "tmpfs", "/link", "tmpfs", U(MS_NOSUID), "mode=711,size=64k"), 0);
  CHECK(is_tmpfs(below("root/target")) && (flags_of(below("root/target")) & ST_NOSUID) != 0);
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target", U(0)), 0);
  CHECK(!is_tmpfs(below("root/target")));
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target", U(0)), -EINVAL);
  CHECK_INT(RUN(root, TSKER_OP_MOUNT, "tmpfs", "/escape", "tmpfs", U(0), ""), -ENOENT);
  CHECK_INT(RUN(NULL, TSKER_OP_MOUNT, "tmpfs", below("root/dir"), "tmpfs", U(0), ""), 0);
  CHECK_INT(RUN(NULL, TSKER_OP_UMOUNT, below("root/dir"), U(MNT_DETACH)), 0);
  memset(data, 'a', sizeof data - 1);
  data[sizeof data - 1] = '\0';
  CHECK_INT(RUN(NULL, TSKER_OP_MOUNT, "overlay", below("root/dir"), "overlay", U(0), data), -E2BIG);
}

static void binds(void) {
  CHECK_INT(RUN(root, TSKER_OP_BIND, source, "/link", U(0), U(0)), 0);
  CHECK(is_tmpfs(below("root/target")) && !is_tmpfs(below("root/dir")));
  CHECK(flags_of(below("root/target")) == flags_of(source));
  CHECK(flags_of(below("root/target/sub")) == flags_of(source)); /* not recursive: the directory, not the mount */
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target", U(0)), 0);
  CHECK_INT(RUN(root, TSKER_OP_BIND, source, "/escape", U(0), U(0)), -ENOENT);
  CHECK_INT(RUN(root, TSKER_OP_BIND, below("nothing"), "/target", U(0), U(0)), -ENOENT);
  CHECK_INT(RUN(root, TSKER_OP_BIND, source, "/target", U(1 << 20), U(0)), -EINVAL);
}

static void read_only_keeps_what_is_there(void) {
  CHECK_INT(RUN(root, TSKER_OP_BIND, source, "/target", U(TSKER_BIND_REC | TSKER_BIND_RDONLY | TSKER_BIND_NOEXEC), U(0)), 0);
  CHECK((flags_of(below("root/target")) & (ST_RDONLY | ST_NOSUID | 4 | 8)) == (ST_RDONLY | ST_NOSUID | 4 | 8));
  CHECK((flags_of(below("root/target/sub")) & ST_RDONLY) == 0);
  CHECK((flags_of(source) & ST_RDONLY) == 0);
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target", U(MNT_DETACH)), 0);
}

static void files(void) {
  CHECK_INT(RUN(root, TSKER_OP_BIND, below("source/file"), "/target-file", U(TSKER_BIND_RDONLY), U(0)), 0);
  CHECK((flags_of(below("root/target-file")) & ST_RDONLY) != 0);
  CHECK_INT(open(below("root/target-file"), O_WRONLY), -1);
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target-file", U(0)), 0);
}

static bool shared(const char *path) {
  char line[512], want[160];
  FILE *info = fopen("/proc/self/mountinfo", "re");
  bool found = false;
  CHECK(info != NULL);
  snprintf(want, sizeof want, " %s ", path);
  while (fgets(line, sizeof line, info) != NULL)
    if (strstr(line, want) != NULL)
      found = strstr(line, "shared:") != NULL;
  fclose(info);
  return found;
}

static void propagation(void) {
  CHECK_INT(RUN(root, TSKER_OP_BIND, source, "/target", U(0), U(MS_SHARED)), 0);
  CHECK(shared(below("root/target")));
  CHECK_INT(RUN(NULL, TSKER_OP_PROPAGATION, below("root/target"), U(MS_PRIVATE | MS_REC)), 0);
  CHECK(!shared(below("root/target")));
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target", U(0)), 0);
}

static void by_slot(void) {
  char slot[16];
  int fd = open(source, O_PATH | O_CLOEXEC);
  snprintf(slot, sizeof slot, "%d", fd);
  CHECK_INT(RUN(root, TSKER_OP_BIND, slot, "/target", U(TSKER_BIND_SLOT | TSKER_BIND_RDONLY), U(0)), 0);
  CHECK((flags_of(below("root/target")) & ST_RDONLY) != 0);
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target", U(0)), 0);
  CHECK_INT(RUN(root, TSKER_OP_BIND, "5x", "/target", U(TSKER_BIND_SLOT), U(0)), -EINVAL);
  CHECK_INT(RUN(root, TSKER_OP_BIND, "99999999999999999999", "/target", U(TSKER_BIND_SLOT), U(0)), -EINVAL);
  close(fd);
}

static void attributes(void) {
  CHECK_INT(RUN(root, TSKER_OP_BIND, source, "/target", U(TSKER_BIND_REC | TSKER_BIND_RDONLY_REC), U(0)), 0);
  CHECK((flags_of(below("root/target/sub")) & ST_RDONLY) != 0);
  CHECK_INT(RUN(root, TSKER_OP_MOUNT_ATTR, "/target/sub", U(0), U(1), U(0)), 0);
  CHECK((flags_of(below("root/target/sub")) & ST_RDONLY) == 0);
  CHECK_INT(RUN(NULL, TSKER_OP_MOUNT_ATTR, below("root/target"), U(2), U(0), U(1)), 0);
  CHECK((flags_of(below("root/target/sub")) & ST_NOSUID) != 0);
  CHECK_INT(RUN(root, TSKER_OP_UMOUNT, "/target", U(MNT_DETACH)), 0);
}

static void new_api(void) {
  old_api = false;
  binds();
  read_only_keeps_what_is_there();
  files();
  propagation();
  by_slot();
}

static void without_new_api(void) {
  old_api = true;
  binds();
  read_only_keeps_what_is_there();
  files();
  propagation();
  by_slot();
  CHECK_INT(RUN(root, TSKER_OP_BIND, source, "/target", U(TSKER_BIND_REC | TSKER_BIND_RDONLY_REC), U(0)), -ENOSYS);
  old_api = false;
}

static void tear_down(void) {
  CHECK_INT(umount2(source, MNT_DETACH), 0);
}

static const struct test tests[] = {
    {"a namespace and a root are made", set_up},
    {"file systems are mounted inside the root, and unmounted", file_systems},
    {"binds work through the mount API", new_api},
    {"binds work through mount(2)", without_new_api},
    {"attributes are set for one mount or all below", attributes},
    {"everything is unmounted", tear_down},
};
TEST_MAIN(tests)
