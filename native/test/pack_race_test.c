/* SPDX-License-Identifier: Apache-2.0
 *
 * Roots to work in (view.c), and a process in one that swaps directories and links for all it is worth while archives are taken
 * out and put in: the attack of CVE-2018-15664. It never gets us to read or write outside of its root (needs root).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/archive.h"
#include "lib/internal.h"
#include "test/support/archive.h"
#include "test/support/daemon.h"

#define SECONDS 2
#define U(value) ((uint64_t)(value))

static uint64_t last_id = 50000;

static int shell(const char *format, const char *argument) {
  char command[2048];
  snprintf(command, sizeof command, format, argument);
  return system(command);
}

/* ---- a container, as far as this goes ---- */

static char outside[256], upwards[300]; /* what the links say */

struct container {
  char *path;
  pid_t pid;
  int pidfd;
};

/* In the child: a mount namespace with the directory as its root, and a tmpfs in it. */
static void enter_root(const char *path) {
  CHECK_INT(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
  CHECK_INT(unshare(CLONE_NEWNS), 0);
  CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
  CHECK_INT(mount(path, path, NULL, MS_BIND, NULL), 0);
  CHECK_INT(chdir(path), 0);
  CHECK_INT(mount("tmpfs", "tmpfs", "tmpfs", 0, "mode=755"), 0);
  CHECK_INT(syscall(SYS_pivot_root, ".", "."), 0);
  CHECK_INT(umount2(".", MNT_DETACH), 0);
  CHECK_INT(chdir("/"), 0);
}

/* Exchanges a directory with links that lead out, until it is killed. Links that were replaced are made again. */
static void swap_for_ever(void) {
  char trash[32];
  for (unsigned i = 0;; i++) {
    if (symlink(i % 2 == 0 ? outside : upwards, "/data/l") < 0 && errno != EEXIST) break;
    mkdir("/data/d", 0755);
    for (unsigned k = 0; k < 4; k++) syscall(SYS_renameat2, AT_FDCWD, "/data/d", AT_FDCWD, "/data/l", 2u /* RENAME_EXCHANGE */);
    snprintf(trash, sizeof trash, "/trash/%u", i);
    rename("/data/l", trash);
  }
}

static struct container start_container(void (*run)(void)) {
  static unsigned number;
  struct container container;
  char name[32];
  int ready[2];
  char byte;
  snprintf(name, sizeof name, "c%u", ++number);
  char *base = test_path(name);
  CHECK_INT(shell("mkdir -p %1$s/outside %1$s/root/data/d %1$s/root/tmpfs %1$s/root/trash && cd %1$s && chmod 755 outside && "
                  "printf host >outside/file && chmod 644 outside/file && printf container >root/data/d/file && "
                  "mknod root/data/null c 1 3", base), 0);
  snprintf(outside, sizeof outside, "%s/outside", base);
  snprintf(upwards, sizeof upwards, "../../../../../../..%s", outside);
  container.path = base;
  CHECK_INT(pipe2(ready, O_CLOEXEC), 0);
  container.pid = fork();
  if (container.pid == 0) {
    char root[256];
    snprintf(root, sizeof root, "%s/root", base);
    enter_root(root);
    int fd = open("/tmpfs/inside", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    close(fd);
    CHECK_INT(write(ready[1], "x", 1), 1);
    run();
    _exit(0);
  }
  CHECK_INT(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  container.pidfd = TSK_CALL(TSK_SYS_pidfd_open, container.pid, 0);
  CHECK(container.pidfd >= 0);
  return container;
}

static void wait_for_ever(void) {
  for (;;) pause();
}

static void end_container(struct container *container) {
  kill(container->pid, SIGKILL);
  waitpid(container->pid, NULL, 0);
  close(container->pidfd);
  /* nothing came, and nothing was touched */
  CHECK_INT(shell("cd %1$s/outside && test $(ls -A | wc -l) = 1 && test $(cat file) = host && test $(stat -c %%a:%%u . file | xargs | tr ' ' ,) = 755:0,644:0",
                  container->path), 0);
  free(container->path);
}

static int view(int pidfd, uint32_t flags) {
  CHECK_INT(tsker_job_view(++last_id, pidfd, NULL, 0, flags), 0);
  struct tsker_event event = test_event_of(last_id);
  return event.a < 0 ? event.a : event.b;
}

static void close_later(int fd) {
  CHECK_INT(tsker_job_close(++last_id, fd), 0);
  CHECK_INT(test_event_of(last_id).a, 0);
}

static bool is_missing(int root, const char *path) {
  struct stat status;
  return fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

/* ---- views ---- */

static void a_process_shows_its_root(void) {
  struct container container = start_container(wait_for_ever);
  int whole = view(container.pidfd, TSKER_VIEW_MOUNTS);
  int alone = view(container.pidfd, TSKER_VIEW_RDONLY);
  CHECK(whole >= 0 && alone >= 0);
  CHECK(!is_missing(whole, "data/d/file") && !is_missing(whole, "tmpfs/inside"));
  CHECK(!is_missing(alone, "data/d/file") && is_missing(alone, "tmpfs/inside"));
  CHECK(is_missing(whole, "outside"));
  CHECK_INT(mkdirat(whole, "tmpfs/made", 0755), 0);
  CHECK(mkdirat(alone, "made", 0755) < 0 && errno == EROFS);
  CHECK(openat(whole, "data/null", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES); /* no device can be opened */
  int pidfd = TSK_CALL(TSK_SYS_pidfd_open, getpid(), 0);
  CHECK_INT(view(pidfd, 0), -EXDEV); /* what is no container is no root */
  close(pidfd);
  /* it outlives its container */
  kill(container.pid, SIGKILL);
  waitpid(container.pid, NULL, 0);
  CHECK(!is_missing(whole, "tmpfs/made"));
  CHECK_INT(view(container.pidfd, 0), -ESRCH);
  close_later(whole);
  close_later(alone);
  CHECK_INT(tsker_job_view(++last_id, 999, NULL, 0, 0), -EBADF);
  close(container.pidfd);
  free(container.path);
}

static int view_of(struct test_plan *plan, int expected, int index) {
  CHECK_INT(tsker_job_view(++last_id, -1, plan->bytes, plan->size, TSKER_VIEW_MOUNTS), 0);
  struct tsker_event event = test_event_of(last_id);
  CHECK_INT(event.a, expected);
  if (expected < 0) CHECK_INT(event.b, index);
  test_plan_free(plan);
  return event.b;
}

static void a_plan_makes_a_root(void) {
  char *base = test_path("plan");
  char *target = test_path("plan/at");
  char options[1024];
  CHECK_INT(shell("mkdir -p %1$s/lower/volume %1$s/upper %1$s/work %1$s/at %1$s/data && : >%1$s/lower/below && : >%1$s/upper/above && "
                  ": >%1$s/data/kept && ln -s /volume %1$s/upper/link", base), 0);
  snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", base, base, base);
  char *data = test_path("plan/data");
  struct test_plan plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_MOUNT, "overlay", target, "overlay", U(0), options);
  test_plan_add(&plan, TSKER_OP_ROOT, target);
  test_plan_add(&plan, TSKER_OP_BIND, data, "/link", U(0), U(0));
  test_plan_last(&plan, TSKER_OPF_IN_ROOT, 0);
  int root = view_of(&plan, 0, 0);
  CHECK(!is_missing(root, "below") && !is_missing(root, "above") && !is_missing(root, "volume/kept"));
  CHECK_INT(shell("test -z \"$(ls %1$s/at)\" && ! grep -q %1$s /proc/self/mounts", base), 0); /* nobody else sees it */
  int made = openat(root, "made", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  CHECK(made >= 0);
  close(made);
  close_later(root);
  CHECK_INT(shell("test -e %1$s/upper/made", base), 0);

  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_MKDIR, target, U(0755));
  view_of(&plan, -EEXIST, 0);
  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_CHDIR, "/");
  view_of(&plan, -EINVAL, 0); /* no ROOT */
  plan = test_plan_new(0);
  test_plan_add(&plan, TSKER_OP_RMTREE, target);
  CHECK_INT(tsker_job_view(++last_id, -1, plan.bytes, plan.size, 0), -EINVAL);
  test_plan_free(&plan);
  free(base);
  free(target);
  free(data);
}

/* ---- the race ---- */

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static unsigned pack_race(int root, const char *path, int memory) {
  struct tsker_pack_result result;
  struct tsk_pack_request request = {
      .root = root, .path = path, .name = "x", .out = memory, .flags = 0, .cancel = {.fd = -1}};
  static char bytes[1 << 20];
  CHECK_INT(ftruncate(memory, 0), 0);
  lseek(memory, 0, SEEK_SET);
  if (tsk_pack(&request, &result) != 0) return 0;
  CHECK(result.bytes <= sizeof bytes);
  CHECK_INT(pread(memory, bytes, sizeof bytes, 0), result.bytes);
  CHECK(memmem(bytes, result.bytes, "host", 4) == NULL);
  return memmem(bytes, result.bytes, "container", 9) != NULL;
}

static void taking_out_stays_inside(void) {
  struct container container = start_container(swap_for_ever);
  int root = view(container.pidfd, TSKER_VIEW_MOUNTS | TSKER_VIEW_RDONLY);
  int memory = memfd_create("archive", MFD_CLOEXEC);
  unsigned tries = 0;
  unsigned successes = 0;
  for (double end = now() + SECONDS; now() < end; tries++)
    successes += pack_race(root, tries % 3 == 0 ? "/data/d/file" : tries % 3 == 1 ? "/data" : "/data/d/", memory);
  printf("  (%u archives, %u with the file)\n", tries, successes);
  CHECK(successes > 0 && successes < tries);
  close(memory);
  close_later(root);
  end_container(&container);
}

/* Every kind of entry for itself, for one that fails ends its archive. */
static struct archive one_entry(unsigned kind) {
  static const struct {
    char type;
    const char *name, *link;
  } entries[] = {{'0', "d/file", ""},      {'5', "d/sub", ""},         {'0', "d/sub/deep/owned", ""}, {'2', "d/link", "/x"},
                 {'3', "d/null", ""},      {'5', "d", ""},             {'1', "d/hard", "d/file"},     {'6', "d/fifo", ""},
                 {'1', "hard", "d/file"}};
  struct archive archive = {.size = 0};
  kind %= sizeof entries / sizeof *entries;
  archive_entry(&archive, entries[kind].type, entries[kind].name, "");
  archive_patch(&archive, 100, "0004777", 8);
  archive_patch(&archive, 108, "0000007", 8);
  archive_patch(&archive, 157, entries[kind].link, strlen(entries[kind].link));
  archive_end(&archive);
  return archive;
}

static int place_race(int root, unsigned kind) {
  int stream = memfd_create("stream", MFD_CLOEXEC);
  struct archive archive = one_entry(kind);
  struct tsker_place_result result;
  struct tsk_place_request request = {.root = root, .path = "/data", .fd = stream, .cancel = {.fd = -1}};
  CHECK_INT(write(stream, archive.bytes, archive.size), archive.size);
  lseek(stream, 0, SEEK_SET);
  int error = tsk_place(&request, &result);
  archive_free(&archive);
  close(stream);
  return error;
}

static void putting_in_stays_inside(void) {
  struct container container = start_container(swap_for_ever);
  int root = view(container.pidfd, TSKER_VIEW_MOUNTS);
  unsigned tries = 0;
  unsigned successes = 0;
  for (double end = now() + SECONDS; now() < end; tries++) successes += place_race(root, tries) == 0;
  printf("  (%u archives, %u placed)\n", tries, successes);
  CHECK(successes > 0 && successes < tries);
  close_later(root);
  end_container(&container);
}

static void enter_namespace(void) {
  CHECK_INT(unshare(CLONE_NEWNS), 0);
  CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
  test_start();
}

static const struct test tests[] = {
    {"a mount namespace is entered", enter_namespace},
    {"a process shows its root, with and without its mounts", a_process_shows_its_root},
    {"a plan makes a root that nobody else sees", a_plan_makes_a_root},
    {"taking out stays inside whatever the container swaps", taking_out_stays_inside},
    {"putting in stays inside whatever the container swaps", putting_in_stays_inside},
};
TEST_MAIN(tests)
