/* SPDX-License-Identifier: Apache-2.0
 *
 * Who holds a lock is scheduled like the first of those who wait for it.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/internal.h"
#include "test/support/test.h"

static pthread_mutex_t lock;
TSK_STATIC_LOCK(lock);

static atomic_bool held;
static atomic_int before, meanwhile, after; /* 0: not known yet */

/* As the kernel sees it (field 18 of proc_pid_stat(5)): 20 and the nice value, -3 with a real-time priority of 2. */
static int own_priority(void) {
  char text[512] = "";
  FILE *stat = fopen("/proc/thread-self/stat", "r");
  int priority = 0;
  const char *rest;
  CHECK(stat != NULL && fgets(text, sizeof text, stat) != NULL);
  fclose(stat);
  rest = strrchr(text, ')');
  CHECK(rest != NULL);
  CHECK_INT(sscanf(rest + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %d", &priority), 1);
  return priority;
}

static void *hold(void *unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  atomic_store(&before, own_priority());
  atomic_store(&held, true);
  for (int tries = 0; own_priority() == atomic_load(&before) && tries < 500; tries++)
    usleep(10 * 1000);
  atomic_store(&meanwhile, own_priority());
  pthread_mutex_unlock(&lock);
  atomic_store(&after, own_priority());
  return NULL;
}

static void the_holder_has_the_priority_of_who_waits(void) {
  const struct sched_param second = {.sched_priority = 2}, none = {.sched_priority = 0};
  CHECK_INT(tsk_thread("hold", hold, NULL), 0);
  while (!atomic_load(&held))
    usleep(1000);
  if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &second) < 0) {
    puts("skipped: real-time scheduling is not allowed here");
    return;
  }
  pthread_mutex_lock(&lock);
  pthread_mutex_unlock(&lock);
  CHECK_INT(sched_setscheduler(0, SCHED_OTHER, &none), 0);
  for (int tries = 0; atomic_load(&after) == 0 && tries < 500; tries++)
    usleep(10 * 1000);
  CHECK_INT(atomic_load(&meanwhile), -3);
  CHECK_INT(atomic_load(&after), atomic_load(&before));
}

static const struct test tests[] = {
    {"the holder has the priority of who waits", the_holder_has_the_priority_of_who_waits},
};
TEST_MAIN(tests)
