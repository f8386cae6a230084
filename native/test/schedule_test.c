/* SPDX-License-Identifier: Apache-2.0
 *
 * What threads get of the processor.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/internal.h"
#include "test/support/test.h"

enum { RESET_ON_FORK = 1 };

static atomic_int nice_of_thread = 100;

static void *look(void *unused) {
  (void)unused;
  atomic_store(&nice_of_thread, getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid)));
  return NULL;
}

static void what_a_preferred_thread_brings_forth_has_the_usual(void) {
  int status = 0;
  pid_t child;
  CHECK_INT(tsker_schedule(0, SCHED_OTHER, RESET_ON_FORK, -3, 500), 0);
  CHECK_INT(getpriority(PRIO_PROCESS, 0), -3);
  CHECK_INT(tsk_thread("look", look, NULL), 0);
  child = fork();
  if (child == 0)
    _exit(getpriority(PRIO_PROCESS, 0));
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  CHECK_INT(status, 0);
  for (int tries = 0; atomic_load(&nice_of_thread) == 100 && tries < 1000; tries++)
    usleep(1000);
  CHECK_INT(atomic_load(&nice_of_thread), 0);
  CHECK_INT(tsker_schedule(0, SCHED_OTHER, 0, 0, 0), 0);
  CHECK_INT(getpriority(PRIO_PROCESS, 0), 0);
}

/* What a child of ours has, and the slice with it. */
static int nice_of_child(void) {
  int status = -1;
  const pid_t child = fork();
  if (child == 0)
    _exit(getpriority(PRIO_PROCESS, 0) + 20);
  return child > 0 && waitpid(child, &status, 0) == child ? WEXITSTATUS(status) - 20 : 100;
}

static void a_share_is_bequeathed_only_while_it_is_to_be(void) {
  CHECK(!tsk_bequeath(true));
  CHECK_INT(tsker_schedule(0, SCHED_OTHER, RESET_ON_FORK, -3, 500), 0);
  CHECK(tsk_bequeath(true));
  CHECK_INT(nice_of_child(), -3);
  CHECK(tsk_bequeath(false));
  CHECK_INT(nice_of_child(), 0);
  CHECK_INT(getpriority(PRIO_PROCESS, 0), -3);
  CHECK_INT(tsker_schedule(0, SCHED_OTHER, 0, 0, 0), 0);
  CHECK(!tsk_bequeath(true));
}

static void a_batch_thread_keeps_its_nice_value(void) {
  CHECK_INT(setpriority(PRIO_PROCESS, 0, 2), 0);
  CHECK_INT(tsker_schedule((int32_t)syscall(SYS_gettid), SCHED_BATCH, 0, 2, 0), 0);
  CHECK_INT(sched_getscheduler(0), SCHED_BATCH);
  CHECK_INT(getpriority(PRIO_PROCESS, 0), 2);
  CHECK_INT(tsker_schedule(0, SCHED_OTHER, 0, 0, 0), 0);
}

static void what_does_not_exist_is_refused(void) {
  CHECK_INT(tsker_schedule(-1, SCHED_OTHER, 0, 0, 0), -EINVAL);
  CHECK_INT(tsker_schedule(0x3fffffff, SCHED_OTHER, 0, 0, 0), -ESRCH);
  CHECK_INT(tsker_schedule(0, 99, 0, 0, 0), -EINVAL);
}

static const struct test tests[] = {
    {"what a preferred thread brings forth has the usual share", what_a_preferred_thread_brings_forth_has_the_usual},
    {"a share is bequeathed only while it is to be", a_share_is_bequeathed_only_while_it_is_to_be},
    {"a batch thread keeps its nice value", a_batch_thread_keeps_its_nice_value},
    {"what does not exist is refused", what_does_not_exist_is_refused},
};
TEST_MAIN(tests)
