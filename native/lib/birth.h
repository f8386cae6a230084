/* SPDX-License-Identifier: Apache-2.0
 *
 * What a spawn (spawn.c) and a birth (birth.c) tell each other. Not for the rest of the library.
 */
#ifndef TSK_BIRTH_H
#define TSK_BIRTH_H

#include <stdbool.h>

#include "tsker.h"

/* All the child is told, and its answer. */
struct birth {
  int sources[TSKER_SPAWN_MAX_FDS + 2]; /* by slot */
  int slots;
  int helper_fd;
  bool keep_capabilities; /* born in a user namespace */
  bool lent;              /* the caller's priority, which the helper gives back */
  int error; /* set by the child: why the helper could not be executed */
};

/* Clones the child, one at a time; its pid and pidfd, or a negative errno. birth->error: why it is not the helper. */
int tsk_clone_locked(const struct tsker_spawn *spawn, struct birth *birth, int *pidfd);
/* A child that is no helper is reaped here and leaves no event. Returns `error`. */
int tsk_bury(int pidfd, int error);

#endif
