/* SPDX-License-Identifier: Apache-2.0
 *
 * The device filter of a v2 cgroup: loads a program that TypeScript made (runtime/cgroup/device-program.ts) and attaches
 * it. The attachment keeps the program and goes with the cgroup.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>

#include "common/ops.h"
#include "common/sys.h"

static int bpf(enum bpf_cmd command, union bpf_attr *attr) { return TSK_CALL(SYS_bpf, command, attr, sizeof *attr); }

static int load(const struct tsk_arg *program) {
  static const char license[] = "Apache-2.0";
  union bpf_attr attr;
  if (program->size == 0 || program->size % sizeof(struct bpf_insn) != 0)
    return -EINVAL;
  memset(&attr, 0, sizeof attr);
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insns = (uint64_t)(uintptr_t)program->b;
  attr.insn_cnt = (uint32_t)(program->size / sizeof(struct bpf_insn));
  attr.license = (uint64_t)(uintptr_t)license;
  return bpf(BPF_PROG_LOAD, &attr);
}

/* With ALLOW_MULTI every program on the way to the root must agree: what the host forbids above us stays forbidden. */
static int attach(int cgroup, int program) {
  union bpf_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.target_fd = (uint32_t)cgroup;
  attr.attach_bpf_fd = (uint32_t)program;
  attr.attach_type = BPF_CGROUP_DEVICE;
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  return bpf(BPF_PROG_ATTACH, &attr);
}

int tsk_do_BPF_DEVICE(struct tsk_context *context, const struct tsk_op *op) {
  int program;
  int error;
  int cgroup = tsk_open(context, op, op->args[0].s, O_RDONLY | O_DIRECTORY, 0);
  if (cgroup < 0)
    return cgroup;
  program = load(&op->args[1]);
  error = program < 0 ? program : attach(cgroup, program);
  if (program >= 0)
    close(program);
  close(cgroup);
  return error;
}
