/* SPDX-License-Identifier: Apache-2.0
 *
 * The library as the daemon uses it; see daemon.h.
 */
#include "test/support/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT = 4096, PATIENCE_MS = 10000 };

static int event_pipe = -1;
static uint64_t last_id = 1000;
static struct tsker_event kept[KEPT];
static size_t kept_count;

void test_start(void) {
  const char *path = getenv("TSKER_INIT");
  struct stat status;
  uint8_t *helper;
  int fd;
  if (event_pipe >= 0)
    return;
  CHECK(path != NULL);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && fstat(fd, &status) == 0);
  helper = malloc((size_t)status.st_size);
  CHECK(helper != NULL && read(fd, helper, (size_t)status.st_size) == status.st_size);
  close(fd);
  event_pipe = tsker_start(helper, (uint32_t)status.st_size, 2);
  free(helper);
  CHECK(event_pipe >= 0);
}

struct tsker_event test_next_event(void) {
  struct pollfd wait = {.fd = event_pipe, .events = POLLIN};
  struct tsker_event event;
  CHECK_INT(poll(&wait, 1, PATIENCE_MS), 1);
  CHECK_INT(read(event_pipe, &event, sizeof event), sizeof event);
  return event;
}

static bool take_kept(uint64_t id, struct tsker_event *out) {
  for (size_t i = 0; i < kept_count; i++)
    if (kept[i].id == id) {
      *out = kept[i];
      memmove(&kept[i], &kept[i + 1], (--kept_count - i) * sizeof *kept);
      return true;
    }
  return false;
}

struct tsker_event test_event_of(uint64_t id) {
  struct tsker_event event;
  if (take_kept(id, &event))
    return event;
  for (;;) {
    event = test_next_event();
    if (event.id == id)
      return event;
    CHECK(kept_count < KEPT);
    kept[kept_count++] = event;
  }
}

struct tsker_event test_outcome_of(uint64_t id) {
  struct tsker_event event;
  do {
    event = test_event_of(id);
  } while (event.type == TSKER_EV_TRACE);
  return event;
}

struct test_child test_spawn(const struct test_plan *plan, const struct tsker_spawn *given) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  struct tsker_spawn spawn = {.cgroup_fd = -1, .pidns_fd = -1, .nfds = 3, .fds = {null, null, 2}};
  struct test_child child;
  int32_t out[2];
  test_start();
  if (given != NULL) {
    const uint32_t nfds = given->nfds;
    spawn = *given;
    if (nfds < 3) {
      spawn.nfds = 3;
      spawn.fds[0] = spawn.fds[1] = null;
      spawn.fds[2] = 2;
    }
  }
  spawn.id = child.id = ++last_id;
  CHECK_INT(tsker_spawn((const uint8_t *)&spawn, sizeof spawn, plan->bytes, plan->size, out), 0);
  child.pid = out[0];
  child.pidfd = out[1];
  close(null);
  return child;
}

struct tsker_event test_job(const struct test_plan *plan) {
  const uint64_t id = ++last_id;
  struct tsker_event event;
  test_start();
  CHECK_INT(tsker_job_plan(id, plan->bytes, plan->size), 0);
  do {
    event = test_event_of(id);
  } while (event.type == TSKER_EV_TRACE);
  CHECK_INT(event.type, TSKER_EV_JOB);
  return event;
}
