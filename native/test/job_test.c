/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs and the daemon's own operations: RMTREE, SYNCFS, the cgroup ones (on a v1 and a v2 hierarchy, where mounted).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/internal.h"
#include "test/support/daemon.h"

#define U(value) ((uint64_t)(value))

static void run(struct test_plan *plan, int error, int index) {
  struct tsker_event event = test_job(plan);
  CHECK_INT(event.a, error);
  CHECK_INT(event.b, index);
  test_plan_free(plan);
}

#define RUN(error, ...)                        \
  do {                                         \
    struct test_plan plan_ = test_plan_new(0); \
    test_plan_add(&plan_, __VA_ARGS__);        \
    run(&plan_, error, 0);                     \
  } while (0)

static bool missing(const char *path) {
  struct stat status;
  return lstat(path, &status) < 0 && errno == ENOENT;
}

static void make_file(const char *path) {
  int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  CHECK(fd >= 0);
  close(fd);
}

static void failing_operation_is_named(void) {
  char *path = test_path("made");
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_MKDIR, path, U(0700));
  test_plan_add(&plan, TSKER_OP_RMDIR, "/nonexistent");
  test_plan_last(&plan, TSKER_OPF_OPTIONAL, 0);
  test_plan_add(&plan, TSKER_OP_RMDIR, "/nonexistent");
  test_plan_add(&plan, TSKER_OP_RMDIR, path);
  run(&plan, -ENOENT, 2);
  CHECK(!missing(path));
  free(path);
}

static void working_directory_is_the_workers(void) {
  char before[256], after[256];
  struct test_plan plan = test_plan_new(0);
  CHECK(getcwd(before, sizeof before) != NULL);
  test_plan_add(&plan, TSKER_OP_CHDIR, test_directory());
  test_plan_add(&plan, TSKER_OP_MKDIR, "relative", U(0777));
  run(&plan, 0, 0);
  CHECK(getcwd(after, sizeof after) != NULL && strcmp(before, after) == 0);
  char *path = test_path("relative");
  struct stat status;
  CHECK(stat(path, &status) == 0 && status.st_mode == (S_IFDIR | 0777));
  free(path);
  RUN(-ENOENT, TSKER_OP_RMDIR, "relative"); /* and over with its plan */
}

static void trees_go(void) {
  char *tree = test_path("tree"), *outside = test_path("keep"), *link;
  CHECK_INT(mkdir(tree, 0755), 0);
  CHECK_INT(mkdir(outside, 0755), 0);
  link = test_path("keep/file"), make_file(link), free(link);
  link = test_path("tree/link");
  CHECK_INT(symlink(outside, link), 0);
  free(link);
  for (int i = 0; i < 500; i++) {
    char name[64];
    snprintf(name, sizeof name, i % 2 == 0 ? "tree/d%d" : "tree/f%d", i);
    link = test_path(name);
    if (i % 2 == 0)
      CHECK_INT(mkdir(link, 0), 0);
    else
      make_file(link);
    free(link);
  }
  RUN(0, TSKER_OP_RMTREE, tree);
  CHECK(missing(tree));
  link = test_path("keep/file");
  CHECK(!missing(link));
  free(link);
  /* a link as the tree itself is removed, not followed */
  CHECK_INT(symlink(outside, tree), 0);
  RUN(0, TSKER_OP_RMTREE, tree);
  CHECK(missing(tree) && !missing(outside));
  RUN(-ENOENT, TSKER_OP_RMTREE, tree);
  free(tree);
  free(outside);
}

/* Deeper than descriptors, than PATH_MAX, and with a name that the removal itself would like to use. */
static void deep_trees_go(void) {
  enum { DEPTH = 3000 };
  char *tree = test_path("deep");
  int fd, next;
  CHECK_INT(mkdir(tree, 0755), 0);
  fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK_INT(mkdirat(fd, ".tsker-rmtree-0", 0755), 0);
  for (int i = 0; i < DEPTH; i++) {
    CHECK_INT(mkdirat(fd, "d", 0755), 0);
    next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(next >= 0);
    close(fd);
    fd = next;
  }
  close(fd);
  RUN(0, TSKER_OP_RMTREE, tree);
  CHECK(missing(tree));
  free(tree);
}

/* The worker threads live in the namespace of the program; the mount is made there, in a namespace of its own. */
static void mounts_are_not_entered(void) {
  char *tree = test_path("with-mount"), *mounted = test_path("with-mount/a"), *file = test_path("with-mount/a/file");
  CHECK_INT(mkdir(tree, 0755), 0);
  CHECK_INT(mkdir(mounted, 0755), 0);
  CHECK_INT(mount("tmpfs", mounted, "tmpfs", 0, NULL), 0);
  make_file(file);
  RUN(-EBUSY, TSKER_OP_RMTREE, tree);
  CHECK(!missing(file));
  CHECK_INT(umount(mounted), 0);
  RUN(0, TSKER_OP_RMTREE, tree);
  free(tree);
  free(mounted);
  free(file);
}

static void syncs(void) {
  RUN(0, TSKER_OP_SYNCFS, test_directory());
  RUN(-ENOENT, TSKER_OP_SYNCFS, "/nonexistent");
}

/* ---- results and cancellation ---- */

static void make_result(struct tsk_job *job) {
  char *blob = malloc(4);
  memcpy(blob, "blob", 4);
  tsk_job_set_result(job, blob, 4);
  job->error = -EDOM;
  job->stage = 3;
}

static void results_are_handed_out_once(void) {
  uint8_t out[8];
  struct tsker_event event;
  CHECK_INT(tsk_job_submit_long(50, make_result, NULL), 0);
  event = test_event_of(50);
  CHECK(event.type == TSKER_EV_JOB && event.a == -EDOM && event.b == 3);
  CHECK_INT(tsk_job_submit(50, make_result, NULL), -EEXIST);
  CHECK_INT(tsker_job_result(50, out, 3), -EMSGSIZE);
  CHECK_INT(tsker_job_result(50, out, sizeof out), 4);
  CHECK(memcmp(out, "blob", 4) == 0);
  CHECK_INT(tsker_job_result(50, out, sizeof out), -ENOENT);
  CHECK_INT(tsker_job_cancel(50), -ENOENT);
}

static void wait_for_cancel(struct tsk_job *job) {
  uint64_t count;
  int fd = tsk_job_cancel_fd(job);
  CHECK(fd >= 0);
  fcntl(fd, F_SETFL, 0);
  CHECK(read(fd, &count, sizeof count) == sizeof count && tsk_job_cancelled(job));
  job->error = -ECANCELED;
}

static void check_cancelled(struct tsk_job *job) {
  CHECK(tsk_job_cancelled(job));
  job->error = -ECANCELED;
}

static void jobs_are_cancelled(void) {
  CHECK_INT(tsk_job_submit(60, wait_for_cancel, NULL), 0);
  CHECK_INT(tsk_job_submit(61, wait_for_cancel, NULL), 0);
  CHECK_INT(tsk_job_submit(62, check_cancelled, NULL), 0); /* queued: both workers are busy */
  CHECK_INT(tsker_job_result(60, NULL, 0), -EAGAIN);
  CHECK_INT(tsker_job_cancel(62), 0);
  CHECK_INT(tsker_job_cancel(61), 0);
  CHECK_INT(tsker_job_cancel(60), 0);
  for (uint64_t id = 60; id <= 62; id++)
    CHECK_INT(test_event_of(id).a, -ECANCELED);
  CHECK_INT(tsker_job_cancel(63), -ENOENT);
}

/* ---- cgroups ---- */

static const char *hierarchy(const char *kind) {
  static char path[256];
  char line[512], type[64];
  FILE *mounts = fopen("/proc/self/mounts", "re");
  bool found = false;
  CHECK(mounts != NULL);
  while (!found && fgets(line, sizeof line, mounts) != NULL)
    found = sscanf(line, "%*s %255s %63s", path, type) == 2 && strcmp(type, kind) == 0 &&
            (strcmp(kind, "cgroup2") == 0 || strstr(line, "freezer") != NULL);
  fclose(mounts);
  return found ? path : NULL;
}

static pid_t sleeper(const char *group, const char *file) {
  char path[400];
  pid_t pid = fork();
  if (pid > 0)
    return pid;
  snprintf(path, sizeof path, "%s/%s", group, file);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, "0", 1) != 1)
    _exit(1);
  for (;;)
    pause();
}

static void cgroup_cycle(const char *kind) {
  const char *base = hierarchy(kind);
  char group[300], child[320], procs[360];
  pid_t one, two;
  struct stat status;
  if (base == NULL) {
    printf("  (no %s hierarchy here)\n", kind);
    return;
  }
  snprintf(group, sizeof group, "%s/tsker-native-test-%d", base, getpid());
  snprintf(child, sizeof child, "%s/child", group);
  snprintf(procs, sizeof procs, "%s/cgroup.procs", child);
  CHECK_INT(mkdir(group, 0755), 0);
  CHECK_INT(mkdir(child, 0755), 0);
  one = sleeper(group, "cgroup.procs");
  two = sleeper(child, "cgroup.procs");
  for (;;) { /* until the second is in */
    char text[32] = {0};
    int fd = open(procs, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size > 0)
      break;
    usleep(1000);
  }
  signal(SIGCHLD, SIG_IGN); /* reaped by nobody: they leave the group at once */
  RUN(0, TSKER_OP_CGROUP_KILL, group, U(5000));
  CHECK(waitpid(one, NULL, 0) < 0 && waitpid(two, NULL, 0) < 0);
  signal(SIGCHLD, SIG_DFL);
  RUN(0, TSKER_OP_CGROUP_KILL, group, U(0));
  RUN(0, TSKER_OP_CGROUP_REMOVE, group);
  CHECK(stat(group, &status) < 0 && errno == ENOENT);
  RUN(-ENOENT, TSKER_OP_CGROUP_KILL, group, U(0));
  RUN(-ENOENT, TSKER_OP_CGROUP_REMOVE, group);
}

static void cgroup_v1(void) { cgroup_cycle("cgroup"); }
static void cgroup_v2(void) { cgroup_cycle("cgroup2"); }

/* The group this very program is in: a plan with the wrong path must not take the daemon along. */
static void own_cgroup_is_refused(void) {
  const char *base = hierarchy("cgroup2") != NULL ? hierarchy("cgroup2") : hierarchy("cgroup");
  char group[300];
  int fd;
  pid_t pid;
  if (base == NULL)
    return;
  snprintf(group, sizeof group, "%s/tsker-native-own-%d", base, getpid());
  CHECK_INT(mkdir(group, 0755), 0);
  pid = fork();
  if (pid == 0) {
    char path[400];
    snprintf(path, sizeof path, "%s/cgroup.procs", group);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0 && write(fd, "0", 1) == 1);
    RUN(-EPERM, TSKER_OP_CGROUP_KILL, group, U(100)); /* starts the library in this child */
    _exit(0);
  }
  int status;
  CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  while (rmdir(group) < 0)
    usleep(1000);
}

static void enter_namespace(void) {
  CHECK_INT(unshare(CLONE_NEWNS), 0);
  CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

static const struct test tests[] = {
    {"a mount namespace is entered", enter_namespace},
    {"the daemon's own cgroup is never killed", own_cgroup_is_refused},
    {"a failing operation is named, an optional one passed over", failing_operation_is_named},
    {"the working directory is the worker's and over with the plan", working_directory_is_the_workers},
    {"RMTREE removes a tree and follows no link", trees_go},
    {"RMTREE removes trees deeper than descriptors", deep_trees_go},
    {"RMTREE enters no mount", mounts_are_not_entered},
    {"SYNCFS syncs", syncs},
    {"results are handed out once", results_are_handed_out_once},
    {"running and queued jobs are cancelled", jobs_are_cancelled},
    {"cgroup v1: killed and removed with children", cgroup_v1},
    {"cgroup v2: killed and removed with children", cgroup_v2},
};
TEST_MAIN(tests)
