/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of tsker-init: main.c reads and executes the plan, exec.c starts the program, reaper.c is what remains of it
 * with --init.
 */
#ifndef TSK_INIT_H
#define TSK_INIT_H

#include <signal.h>
#include <sys/types.h>

#include "common/ops.h"

/* Writes one record to the report; -EPIPE when nobody reads it any more. */
int tsk_report(uint32_t index, int error, uint64_t ns);

/* Takes the report out of the way of descriptors from 3 on. */
int tsk_lift_report(void);

/* execve with execvpe's search in envp's PATH; returns only on failure, with a negative errno. */
int tsk_exec_program(const char *program, const char *const *argv, const char *const *envp);

/* Every one of them, the real-time signals that musl keeps for itself as well. */
void tsk_block_signals(void);

/* Stays as PID 1 over `child`: forwards signals, reaps all, returns the exit code to end with when `child` has ended. */
int tsk_reap_until(pid_t child);

#endif
