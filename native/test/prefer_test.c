/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is scheduled before others, and for how long.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/internal.h"
#include "test/support/test.h"

static atomic_int helper, policy_of_thread = -1, lent_by_another = -1;

static bool refused;

static int policy_of(int32_t thread) { return sched_getscheduler(thread) & ~SCHED_RESET_ON_FORK; }

static int priority_of(int32_t thread) {
  struct sched_param parameter = {.sched_priority = -1};
  sched_getparam(thread, &parameter);
  return parameter.sched_priority;
}

static void *help(void *unused) {
  (void)unused;
  atomic_store(&helper, (int)syscall(SYS_gettid));
  for (;;)
    pause();
  return NULL;
}

static void *look(void *unused) {
  (void)unused;
  atomic_store(&policy_of_thread, sched_getscheduler(0));
  return NULL;
}

static void wait_for(const atomic_int *value, int unlike) {
  for (int tries = 0; atomic_load(value) == unlike && tries < 2000; tries++)
    usleep(1000);
}

/* Takes processor time, so many milliseconds of it. */
static void spin(long milliseconds) {
  struct timespec time;
  long end;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  end = time.tv_sec * 1000 + time.tv_nsec / 1000000 + milliseconds;
  do
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  while (time.tv_sec * 1000 + time.tv_nsec / 1000000 < end);
}

static void what_cannot_be_is_refused(void) {
  const int32_t nobody = 0x3fffffff;
  CHECK_INT(tsker_prefer(NULL, 1), -EINVAL);
  CHECK_INT(tsker_prefer((const uint8_t *)&nobody, TSKER_PREFER_MAX_HELPERS + 1), -EINVAL);
  CHECK_INT(policy_of(0), SCHED_OTHER);
}

static int policy_of_a_child(void) {
  int status = -1;
  pid_t child = fork();
  if (child == 0)
    _exit(sched_getscheduler(0));
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

static void *lend(void *unused) {
  (void)unused;
  atomic_store(&lent_by_another, tsk_lend_priority());
  return NULL;
}

static void the_caller_comes_first_then_its_helpers_and_nothing_they_bring_forth(void) {
  int32_t helpers[1];
  const uint8_t *bytes = (const uint8_t *)helpers;
  CHECK_INT(tsk_thread("help", help, NULL), 0);
  wait_for(&helper, 0);
  helpers[0] = atomic_load(&helper);
  refused = tsker_prefer(bytes, 1) == -EPERM;
  if (refused) {
    puts("skipped: real-time scheduling is not allowed here");
    return;
  }
  CHECK_INT(policy_of(0), SCHED_RR);
  CHECK_INT(priority_of(0), 2);
  CHECK_INT(policy_of(helpers[0]), SCHED_RR);
  CHECK_INT(priority_of(helpers[0]), 1);
  CHECK_INT(tsker_prefer(bytes, 1), -EALREADY);
  CHECK_INT(policy_of_a_child(), SCHED_OTHER);
  CHECK_INT(tsk_thread("look", look, NULL), 0);
  wait_for(&policy_of_thread, -1);
  CHECK_INT(atomic_load(&policy_of_thread), SCHED_OTHER);
}

static void the_caller_lends_what_others_have_not(void) {
  if (refused) {
    CHECK(!tsk_lend_priority());
    return;
  }
  CHECK_INT(tsk_thread("lend", lend, NULL), 0);
  wait_for(&lent_by_another, -1);
  CHECK_INT(atomic_load(&lent_by_another), false);
  CHECK(tsk_lend_priority());
  CHECK_INT(policy_of_a_child(), SCHED_RR);
  tsk_keep_priority();
  CHECK_INT(policy_of_a_child(), SCHED_OTHER);
}

static void what_ends_soon_is_an_answer(void) {
  if (refused)
    return;
  spin(550);
  CHECK_INT(policy_of(0), SCHED_RR);
  usleep(400 * 1000);
  spin(550);
  CHECK_INT(policy_of(0), SCHED_RR);
}

static void who_works_without_a_rest_is_one_of_many_until_it_rests(void) {
  if (refused)
    return;
  spin(1300);
  CHECK_INT(policy_of(0), SCHED_OTHER);
  CHECK_INT(policy_of(atomic_load(&helper)), SCHED_OTHER);
  CHECK(!tsk_lend_priority());
  for (int tries = 0; policy_of(0) == SCHED_OTHER && tries < 50; tries++)
    usleep(100 * 1000);
  CHECK_INT(policy_of(0), SCHED_RR);
  CHECK_INT(policy_of(atomic_load(&helper)), SCHED_RR);
}

static const struct test tests[] = {
    {"what cannot be is refused", what_cannot_be_is_refused},
    {"the caller comes first, then its helpers, and nothing they bring forth",
     the_caller_comes_first_then_its_helpers_and_nothing_they_bring_forth},
    {"the caller lends what others have not", the_caller_lends_what_others_have_not},
    {"what ends soon is an answer, however much of a processor it takes", what_ends_soon_is_an_answer},
    {"who works without a rest is one of many until it rests", who_works_without_a_rest_is_one_of_many_until_it_rests},
};
TEST_MAIN(tests)
