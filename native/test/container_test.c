/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole container by hand: every namespace, a root of busybox, /proc and /dev, capabilities, seccomp, a user, a
 * terminal, and a process that joins it (needs root and /bin/busybox).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "test/support/daemon.h"

#define U(value) ((uint64_t)(value))
#define DOCKER_CAPABILITIES 0xa80425fbull

enum { DAEMON_SLOT = TSKER_SLOT_FIRST, EXTRA_SLOT };

static char rootfs[128];

static void make_rootfs(void) {
  static const char *const applets[] = {"sh", "test", "grep", "cat", "stat", "sleep", "hostname", "id", "ls", "stty", "true"};
  char command[512], *path;
  snprintf(rootfs, sizeof rootfs, "%s/rootfs", test_directory());
  snprintf(command, sizeof command, "mkdir -p %s/bin %s/etc && cp /bin/busybox %s/bin/busybox", rootfs, rootfs, rootfs);
  CHECK_INT(system(command), 0);
  for (size_t i = 0; i < sizeof applets / sizeof *applets; i++) {
    CHECK(asprintf(&path, "%s/bin/%s", rootfs, applets[i]) > 0);
    CHECK_INT(symlink("busybox", path), 0);
    free(path);
  }
  /* an image that would like its /dev outside */
  CHECK(asprintf(&path, "%s/dev", rootfs) > 0);
  CHECK_INT(symlink("/../../../../devices", path), 0);
  free(path);
}

static void in_root(struct test_plan *plan) { test_plan_last(plan, TSKER_OPF_IN_ROOT, 0); }

static void add_root(struct test_plan *plan) {
  test_plan_add(plan, TSKER_OP_PROPAGATION, "/", U(MS_REC | MS_SLAVE));
  test_plan_add(plan, TSKER_OP_BIND, rootfs, rootfs, U(TSKER_BIND_REC), U(MS_PRIVATE));
  test_plan_add(plan, TSKER_OP_ROOT, rootfs);
  test_plan_add(plan, TSKER_OP_MKDIRS, "/proc", U(0555)), in_root(plan);
  test_plan_add(plan, TSKER_OP_MOUNT, "proc", "/proc", "proc", U(MS_NOSUID | MS_NODEV | MS_NOEXEC), ""), in_root(plan);
  test_plan_add(plan, TSKER_OP_MKDIRS, "/dev", U(0755)), in_root(plan);
  test_plan_add(plan, TSKER_OP_MOUNT, "tmpfs", "/dev", "tmpfs", U(MS_NOSUID), "mode=755"), in_root(plan);
  test_plan_add(plan, TSKER_OP_MKDIR, "/dev/pts", U(0755)), in_root(plan);
  test_plan_add(plan, TSKER_OP_MOUNT, "devpts", "/dev/pts", "devpts", U(MS_NOSUID | MS_NOEXEC),
                "newinstance,ptmxmode=0666,mode=0620,gid=5"), in_root(plan);
  test_plan_add(plan, TSKER_OP_SYMLINK, "pts/ptmx", "/dev/ptmx"), in_root(plan);
  test_plan_add(plan, TSKER_OP_MKNOD, "/dev/null", U(S_IFCHR | 0666), U(makedev(1, 3))), in_root(plan);
}

static void add_network(struct test_plan *plan) {
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
  } up = {.header = {.nlmsg_len = sizeof up, .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = 1},
          .link = {.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP}};
  test_plan_add(plan, TSKER_OP_UNSHARE, U(CLONE_NEWNET));
  test_plan_add(plan, TSKER_OP_NETLINK, U(-1), U(NETLINK_ROUTE), &up, (uint32_t)sizeof up);
}

/* uname(2) fails with EDOM, all else is allowed: enough to see that the filter is in force. */
static void add_seccomp(struct test_plan *plan) {
  static const struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 155 /* pivot_root */, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  test_plan_add(plan, TSKER_OP_SECCOMP, U(0), filter, (uint32_t)sizeof filter);
}

static void add_identity(struct test_plan *plan, uint32_t uid, uint64_t capabilities) {
  static const uint32_t groups[] = {7, 8};
  test_plan_add(plan, TSKER_OP_BOUNDING, U(DOCKER_CAPABILITIES));
  if (uid != 0)
    test_plan_add(plan, TSKER_OP_STDIO_OWNER, U(uid));
  test_plan_add(plan, TSKER_OP_USER, U(uid), U(uid), groups, (uint32_t)sizeof groups);
  add_seccomp(plan);
  test_plan_add(plan, TSKER_OP_CAPABILITIES, capabilities, capabilities, U(0), U(0));
  test_plan_add(plan, TSKER_OP_NO_NEW_PRIVS);
  test_plan_add(plan, TSKER_OP_DEATHSIG, U(SIGKILL), U(DAEMON_SLOT));
}

static void add_script(struct test_plan *plan, const char *script, uint64_t flags) {
  test_plan_add(plan, TSKER_OP_EXEC, (const char *const[]){"sh", "-c", script, NULL}, (const char *const[]){"PATH=/bin", NULL},
                flags);
}

static struct tsker_spawn namespaces(void) {
  static int self = -1;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (self < 0)
    self = tsker_pidfd_open(getpid());
  return (struct tsker_spawn){.clone_flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP,
                              .cgroup_fd = -1,
                              .pidns_fd = -1,
                              .nfds = 4,
                              .fds = {null, 2, 2, self}};
}

static void expect(const struct test_child *child, int code, int status) {
  struct tsker_event event = test_outcome_of(child->id);
  if (event.type == TSKER_EV_FAILED)
    fprintf(stderr, "operation %d: %s\n", event.a, strerror(event.b));
  CHECK_INT(event.type, TSKER_EV_EXECED);
  event = test_outcome_of(child->id);
  CHECK_INT(event.type, TSKER_EV_EXITED);
  CHECK_INT(event.b, code);
  CHECK_INT(event.a, status);
  close(child->pidfd);
}

static const char *const checks =
    "fail() { echo \"check failed: $1\" >&2; exit 9; }\n"
    "test $$ = 1 || fail pid\n"
    "test $(hostname) = box || fail hostname\n"
    "test \"$(ls /)\" = \"bin\ndev\ndevices\netc\nproc\" || fail root\n"
    "test \"$(ls /proc/self/fd)\" = \"0\n1\n2\n3\" || fail descriptors\n" /* 3 is ls's own */
    "grep -q '^CapEff:.00000000a80425fb$' /proc/self/status || fail CapEff\n"
    "grep -q '^CapBnd:.00000000a80425fb$' /proc/self/status || fail CapBnd\n"
    "grep -q '^NoNewPrivs:.1$' /proc/self/status || fail no_new_privs\n"
    "grep -q '^Seccomp:.2$' /proc/self/status || fail seccomp\n"
    "grep -q '^Groups:.7 8 *$' /proc/self/status || fail groups\n"
    "test $(grep -c : /proc/net/dev) = 1 || fail net\n"
    "cat /dev/null || fail null\n"
    "test \"$(stat -c %a /dev/null)\" = 666 || fail mode\n"
    "grep -q ' / / ' /proc/self/mountinfo && fail oldroot\n"
    "exit 42\n";

static void whole_container(void) {
  struct test_plan plan = test_plan_new(0);
  const struct tsker_spawn spawn = namespaces();
  struct test_child child;
  add_root(&plan);
  add_network(&plan);
  test_plan_add(&plan, TSKER_OP_HOSTNAME, "box");
  test_plan_add(&plan, TSKER_OP_DOMAINNAME, "example");
  test_plan_add(&plan, TSKER_OP_PIVOT);
  test_plan_add(&plan, TSKER_OP_RLIMIT, U(7 /* NOFILE */), U(256), U(512));
  add_identity(&plan, 0, DOCKER_CAPABILITIES);
  add_script(&plan, checks, U(0));
  child = test_spawn(&plan, &spawn);
  expect(&child, CLD_EXITED, 42);
  close(spawn.fds[0]);
  test_plan_free(&plan);
}

static void as_a_user(void) {
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = namespaces();
  struct test_child child;
  struct stat status;
  int ends[2];
  CHECK_INT(tsker_pair(0, 0, ends), 0);
  spawn.fds[1] = ends[1];
  add_root(&plan);
  test_plan_add(&plan, TSKER_OP_PIVOT);
  add_identity(&plan, 1000, 0);
  add_script(&plan,
             "test \"$(id -u):$(id -g):$(id -G)\" = '1000:1000:1000 7 8' || exit 2\n"
             "grep -q '^CapEff:.0000000000000000$' /proc/self/status || exit 3\n"
             "grep -q '^CapPrm:.0000000000000000$' /proc/self/status || exit 4\n"
             "echo reopened > /proc/self/fd/1 || exit 5\n", /* only the owner of the pipe can */
             U(0));
  child = test_spawn(&plan, &spawn);
  expect(&child, CLD_EXITED, 0);
  CHECK(fstat(ends[0], &status) == 0 && status.st_uid == 1000);
  close(spawn.fds[0]);
  close(ends[0]);
  close(ends[1]);
  test_plan_free(&plan);
}

/* Reads the terminal until `text` has come or it ends. */
static bool terminal_says(int master, const char *text) {
  static char said[8192];
  size_t size = 0;
  while (size < sizeof said - 1) {
    struct pollfd wait = {.fd = master, .events = POLLIN};
    ssize_t count;
    if (poll(&wait, 1, 5000) != 1)
      break;
    count = read(master, said + size, sizeof said - 1 - size);
    if (count <= 0)
      break;
    size += (size_t)count;
    said[size] = '\0';
    if (strstr(said, text) != NULL)
      return true;
  }
  said[size] = '\0';
  fprintf(stderr, "the terminal said: %s\n", said);
  return false;
}

static const char *const terminal_script =
    "test -t 0 && test -t 1 && test -t 2 || exit 2\n"
    "test \"$(stty size)\" = '24 80' || exit 3\n"
    "test \"$(stat -c %t:%T /dev/console)\" = \"$(stat -c %t:%T /dev/pts/0)\" || exit 4\n"
    "echo to-console > /dev/console || exit 5\n"
    ": > /dev/tty || exit 6\n" /* it is the controlling terminal */
    "read answer; test \"$answer\" = yes || exit 7\n";

static void terminal_of(uint64_t exec_flags, bool pivot_first) {
  struct test_plan plan = test_plan_new(0);
  struct tsker_spawn spawn = namespaces();
  struct test_child child;
  int sockets[2], master;
  CHECK_INT(tsker_pair(1, 0, sockets), 0);
  CHECK_INT(tsker_recv_fd(sockets[0]), -EAGAIN);
  spawn.fds[spawn.nfds++] = sockets[1];
  add_root(&plan);
  test_plan_add(&plan, TSKER_OP_MKNOD, "/dev/tty", U(S_IFCHR | 0666), U(makedev(5, 0))), in_root(&plan);
  if (pivot_first)
    test_plan_add(&plan, TSKER_OP_PIVOT);
  test_plan_add(&plan, TSKER_OP_PTY, U(EXTRA_SLOT), U(24), U(80));
  if (!pivot_first)
    test_plan_add(&plan, TSKER_OP_PIVOT);
  add_identity(&plan, 0, DOCKER_CAPABILITIES);
  add_script(&plan, terminal_script, exec_flags);
  child = test_spawn(&plan, &spawn);
  CHECK_INT(test_event_of(child.id).type, TSKER_EV_EXECED);
  master = tsker_recv_fd(sockets[0]);
  CHECK(master >= 0 && (fcntl(master, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(terminal_says(master, "to-console"));
  CHECK_INT(write(master, "yes\n", 4), 4);
  struct tsker_event event = test_outcome_of(child.id);
  CHECK_INT(event.a, 0);
  CHECK_INT(event.b, CLD_EXITED);
  close(child.pidfd);
  close(master);
  close(sockets[0]);
  close(sockets[1]);
  close(spawn.fds[0]);
  test_plan_free(&plan);
}

static void terminal(void) {
  terminal_of(0, true);
  terminal_of(0, false);
}

static void terminal_under_init(void) { terminal_of(TSKER_EXEC_INIT, true); }

/* An exec: born in the PID namespace, the others joined through the container's pidfd. */
static void joins(void) {
  struct test_plan plan = test_plan_new(0), joining = test_plan_new(0);
  struct tsker_spawn spawn = namespaces(), second = namespaces();
  struct test_child container, child;
  int sockets[2], master;
  char path[64];
  add_root(&plan);
  test_plan_add(&plan, TSKER_OP_HOSTNAME, "joined");
  test_plan_add(&plan, TSKER_OP_PIVOT);
  add_script(&plan, "while :; do sleep 1; done", U(0));
  container = test_spawn(&plan, &spawn);
  CHECK_INT(test_event_of(container.id).type, TSKER_EV_EXECED);

  snprintf(path, sizeof path, "/proc/%d/ns/pid", container.pid);
  second.clone_flags = 0;
  second.pidns_fd = open(path, O_RDONLY | O_CLOEXEC);
  second.fds[second.nfds++] = container.pidfd;
  test_plan_add(&joining, TSKER_OP_SETNS, U(EXTRA_SLOT), U(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP));
  add_identity(&joining, 0, DOCKER_CAPABILITIES);
  add_script(&joining, "test $(hostname) = joined && test -e /proc/$$/status && grep -q '^NSpid:.*'$$'$' /proc/$$/status", U(0));
  child = test_spawn(&joining, &second);
  expect(&child, CLD_EXITED, 0);

  test_plan_free(&joining);

  /* With a terminal: of the container's devpts, and the console stays what it was. */
  joining = test_plan_new(0);
  CHECK_INT(tsker_pair(1, 0, sockets), 0);
  second.fds[second.nfds++] = sockets[1];
  test_plan_add(&joining, TSKER_OP_SETNS, U(EXTRA_SLOT), U(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP));
  test_plan_add(&joining, TSKER_OP_PTY, U(EXTRA_SLOT + 1), U(10), U(20));
  add_script(&joining, "test \"$(stty size)\" = '10 20' && test -e /dev/pts/0 && test ! -e /dev/console && test -t 2", U(0));
  child = test_spawn(&joining, &second);
  expect(&child, CLD_EXITED, 0);
  master = tsker_recv_fd(sockets[0]);
  CHECK(master >= 0);
  close(master);
  close(sockets[0]);
  close(sockets[1]);

  CHECK_INT(tsker_signal(container.pidfd, SIGKILL), 0);
  struct tsker_event event = test_outcome_of(container.id);
  CHECK(event.type == TSKER_EV_EXITED && event.b == CLD_KILLED && event.a == SIGKILL);
  close(container.pidfd);
  close(second.pidns_fd);
  close(spawn.fds[0]);
  close(second.fds[0]);
  test_plan_free(&plan);
  test_plan_free(&joining);
}

/* The daemon's death takes the container along, wherever its first process has got to. */
static void dies_with_the_daemon(void) {
  int ends[2], status;
  pid_t daemon;
  struct pollfd end;
  CHECK_INT(tsker_pair(0, 0, ends), 0);
  daemon = fork();
  CHECK(daemon >= 0);
  if (daemon == 0) {
    struct test_plan plan = test_plan_new(0);
    struct tsker_spawn spawn = namespaces();
    struct test_child child;
    spawn.fds[3] = tsker_pidfd_open(getpid());
    spawn.fds[1] = ends[1]; /* held by the container as long as it lives */
    add_root(&plan);
    test_plan_add(&plan, TSKER_OP_PIVOT);
    add_identity(&plan, 0, DOCKER_CAPABILITIES);
    add_script(&plan, "while :; do sleep 1; done", U(0));
    child = test_spawn(&plan, &spawn);
    CHECK_INT(test_event_of(child.id).type, TSKER_EV_EXECED);
    raise(SIGKILL);
  }
  close(ends[1]);
  CHECK(waitpid(daemon, &status, 0) == daemon && WIFSIGNALED(status));
  end = (struct pollfd){.fd = ends[0], .events = POLLIN};
  CHECK(poll(&end, 1, 5000) == 1 && (end.revents & POLLHUP) != 0);
  close(ends[0]);
}

static const struct test tests[] = {
    {"a root file system of busybox is made", make_rootfs},
    {"the container dies with the daemon", dies_with_the_daemon},
    {"a whole container comes up as planned", whole_container},
    {"a user has no capabilities and owns its standard descriptors", as_a_user},
    {"a terminal is the container's own, before or after PIVOT", terminal},
    {"a terminal works under --init", terminal_under_init},
    {"a process joins a running container", joins},
};
TEST_MAIN(tests)
