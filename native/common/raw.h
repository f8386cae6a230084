/* SPDX-License-Identifier: Apache-2.0
 *
 * System calls without the C library, for the child of a vfork-like clone: it shares the parent's memory and thread
 * pointer, so it must touch neither errno nor the parent's stack. One instruction sequence per architecture.
 */
#ifndef TSK_RAW_H
#define TSK_RAW_H

#include "common/kernel.h"

/* For functions that run in such a child: no instrumentation that would write elsewhere. */
#define TSK_RAW_CODE __attribute__((noinline, no_sanitize("address", "undefined", "thread")))

#if defined(__x86_64__)

static inline __attribute__((always_inline)) long tsk_raw(long number, long a, long b, long c, long d, long e) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}

/* clone3; the child calls run(arg) on the stack of args and exits when it returns. */
TSK_RAW_CODE static long tsk_clone3(struct tsk_clone_args *args, void (*run)(void *), void *arg) {
  register void (*entry)(void *) __asm__("r12") = run;
  register void *parameter __asm__("r13") = arg;
  long result;
  __asm__ volatile("syscall\n\t"
                   "testq %%rax, %%rax\n\t"
                   "jnz 1f\n\t"
                   "xorl %%ebp, %%ebp\n\t"
                   "movq %%r13, %%rdi\n\t"
                   "callq *%%r12\n\t"
                   "movl $127, %%edi\n\t"
                   "movl $60, %%eax\n\t"
                   "syscall\n\t"
                   "hlt\n"
                   "1:"
                   : "=a"(result)
                   : "a"((long)TSK_SYS_clone3), "D"(args), "S"(sizeof *args), "r"(entry), "r"(parameter)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

static inline __attribute__((always_inline)) long tsk_raw(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory", "cc");
  return x0;
}

TSK_RAW_CODE static long tsk_clone3(struct tsk_clone_args *args, void (*run)(void *), void *arg) {
  register long x8 __asm__("x8") = TSK_SYS_clone3;
  register long x0 __asm__("x0") = (long)args;
  register long x1 __asm__("x1") = (long)sizeof *args;
  register void (*entry)(void *) __asm__("x19") = run;
  register void *parameter __asm__("x20") = arg;
  __asm__ volatile("svc #0\n\t"
                   "cbnz x0, 1f\n\t"
                   "mov x29, #0\n\t"
                   "mov x0, x20\n\t"
                   "blr x19\n\t"
                   "mov x0, #127\n\t"
                   "mov x8, #93\n\t"
                   "svc #0\n\t"
                   "brk #1\n"
                   "1:"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(entry), "r"(parameter)
                   : "memory", "cc", "x30");
  return x0;
}

#else
#error "tsker supports x86_64 and aarch64"
#endif

#endif
