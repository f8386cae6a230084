/* SPDX-License-Identifier: Apache-2.0
 *
 * Seccomp rules (the format is in tsker.h) → a BPF program, by libseccomp. It decides nothing: what is allowed is the
 * caller's, and a rule that cannot be compiled is an error, but for system calls that this libseccomp does not know.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/sys.h"
#include "lib/internal.h"

enum { MAX_ARCHITECTURES = 16, MAX_CONDITIONS = 6, MAX_NAME = 64, MAX_RULES_SIZE = 16 << 20 };

struct reader {
  const uint8_t *bytes;
  size_t left;
  bool failed; /* something was cut short; every later read gives zeros */
};

static const uint8_t *take(struct reader *reader, size_t size) {
  const uint8_t *start = reader->bytes;
  if (reader->failed || size > reader->left) {
    reader->failed = true;
    return NULL;
  }
  reader->bytes += size;
  reader->left -= size;
  return start;
}

static uint32_t take_u32(struct reader *reader) {
  uint32_t value = 0;
  const uint8_t *bytes = take(reader, sizeof value);
  if (bytes != NULL)
    memcpy(&value, bytes, sizeof value);
  return value;
}

static uint64_t take_u64(struct reader *reader) {
  uint64_t value = 0;
  const uint8_t *bytes = take(reader, sizeof value);
  if (bytes != NULL)
    memcpy(&value, bytes, sizeof value);
  return value;
}

/* A string with its NUL, padded to a multiple of 4. */
static const char *take_string(struct reader *reader) {
  uint32_t size = take_u32(reader);
  const uint8_t *text;
  if (size > MAX_NAME || (text = take(reader, (size + 4) & ~(size_t)3)) == NULL || text[size] != 0) {
    reader->failed = true;
    return NULL;
  }
  return (const char *)text;
}

/* The low half of an action is what it returns to the program or the tracer. */
static uint32_t with_data(uint32_t action, uint32_t data) {
  uint32_t kind = action & 0xffff0000u;
  return kind == SCMP_ACT_ERRNO(0) || kind == SCMP_ACT_TRACE(0) ? kind | (data & 0xffffu) : action;
}

static int read_condition(struct reader *reader, struct scmp_arg_cmp *out) {
  uint32_t argument = take_u32(reader);
  uint32_t compare = take_u32(reader);
  uint64_t a = take_u64(reader);
  uint64_t b = take_u64(reader);
  if (reader->failed || argument >= MAX_CONDITIONS || compare <= _SCMP_CMP_MIN || compare >= _SCMP_CMP_MAX)
    return -EINVAL;
  *out = (struct scmp_arg_cmp){.arg = argument, .op = (enum scmp_compare)compare, .datum_a = a, .datum_b = b};
  return 0;
}

static int add_rule(scmp_filter_ctx context, struct reader *reader, uint32_t default_action) {
  struct scmp_arg_cmp conditions[MAX_CONDITIONS];
  uint32_t action = take_u32(reader);
  uint32_t data = take_u32(reader);
  const char *name = take_string(reader);
  uint32_t count = take_u32(reader);
  int number;

  if (reader->failed || count > MAX_CONDITIONS)
    return -EINVAL;
  for (uint32_t i = 0; i < count; i++) {
    int error = read_condition(reader, &conditions[i]);
    if (error < 0)
      return error;
  }
  action = with_data(action, data);
  number = seccomp_syscall_resolve_name(name);
  if (number == __NR_SCMP_ERROR || action == default_action)
    return 0; /* libseccomp refuses a rule that says what the default says */
  return seccomp_rule_add_array(context, action, number, count, conditions);
}

/* Exactly the architectures asked for; none means the native one. */
static int add_architectures(scmp_filter_ctx context, struct reader *reader) {
  uint32_t native = seccomp_arch_native();
  uint32_t count = take_u32(reader);
  bool with_native = count == 0;
  if (count > MAX_ARCHITECTURES)
    return -EINVAL;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t architecture = take_u32(reader);
    int error = seccomp_arch_add(context, architecture);
    if (error < 0 && error != -EEXIST)
      return error;
    with_native = with_native || architecture == native;
  }
  return with_native ? 0 : seccomp_arch_remove(context, native);
}

static int fill(scmp_filter_ctx context, struct reader *reader, uint32_t default_action) {
  int error = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  uint32_t count;
  if (error < 0 || (error = add_architectures(context, reader)) < 0)
    return error;
  count = take_u32(reader);
  for (uint32_t i = 0; i < count && error == 0; i++)
    error = add_rule(context, reader, default_action);
  return error == 0 && (reader->failed || reader->left != 0) ? -EINVAL : error;
}

/* libseccomp before 2.6 writes a program only to a descriptor. */
static int32_t export(scmp_filter_ctx context, uint8_t *out, uint32_t capacity) {
  int fd = memfd_create("tsker-seccomp", MFD_CLOEXEC);
  off_t size;
  int32_t error;
  if (fd < 0)
    return -errno;
  error = seccomp_export_bpf(context, fd);
  if (error == 0) {
    size = lseek(fd, 0, SEEK_END);
    if (size < 0 || size > capacity)
      error = size < 0 ? -errno : -E2BIG;
    else if (pread(fd, out, (size_t)size, 0) != size)
      error = -EIO;
    else
      error = (int32_t)size;
  }
  close(fd);
  return error;
}

int32_t tsk_seccomp_compile(const uint8_t *rules, uint32_t size, uint8_t *out, uint32_t capacity) {
  struct reader reader = {rules, size, false};
  uint32_t action = take_u32(&reader);
  uint32_t data = take_u32(&reader);
  uint32_t default_action = with_data(action, data);
  scmp_filter_ctx context;
  int32_t result;

  if (reader.failed || (context = seccomp_init(default_action)) == NULL)
    return -EINVAL;
  result = fill(context, &reader, default_action);
  if (result == 0)
    result = export(context, out, capacity);
  seccomp_release(context);
  return result;
}

struct task {
  uint32_t size;
  uint8_t rules[];
};

static void work(struct tsk_job *job) {
  struct task *task = job->arg;
  uint8_t *program = malloc(TSKER_SECCOMP_MAX);
  const int32_t size = program == NULL ? -ENOMEM : tsk_seccomp_compile(task->rules, task->size, program, TSKER_SECCOMP_MAX);
  free(task);
  if (size < 0) {
    job->error = size;
    free(program);
    return;
  }
  tsk_job_set_result(job, program, (uint32_t)size);
}

int32_t tsker_job_seccomp(uint64_t id, const uint8_t *rules, uint32_t size) {
  struct task *task;
  int32_t error;
  if (rules == NULL || size > MAX_RULES_SIZE)
    return -EINVAL;
  task = malloc(sizeof *task + size);
  if (task == NULL)
    return -ENOMEM;
  task->size = size;
  memcpy(task->rules, rules, size);
  error = tsk_job_submit(id, work, task);
  if (error < 0)
    free(task);
  return error;
}
