/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan decoder; see plan.h. Its table is TSKER_OPS itself, so format and contract cannot drift apart.
 */
#include "common/plan.h"

#include <errno.h>
#include <string.h>

struct row {
  const char *name;
  const char *signature;
  char scope;
};

static const struct row rows[] = {
#define X(name, number, signature, scope) [number] = {#name, signature, scope},
    TSKER_OPS(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof *rows };

/* A window of bytes not yet read. */
struct cursor {
  const uint8_t *at;
  const uint8_t *end;
};

static size_t left(const struct cursor *cursor) { return (size_t)(cursor->end - cursor->at); }

static bool take_u32(struct cursor *cursor, uint32_t *out) {
  if (left(cursor) < sizeof *out)
    return false;
  memcpy(out, cursor->at, sizeof *out);
  cursor->at += sizeof *out;
  return true;
}

static bool take_u64(struct cursor *cursor, uint64_t *out) {
  if (left(cursor) < sizeof *out)
    return false;
  memcpy(out, cursor->at, sizeof *out);
  cursor->at += sizeof *out;
  return true;
}

/* `size` bytes and their padding, which must be zero: one plan has one encoding. */
static bool take_padded(struct cursor *cursor, size_t size, const uint8_t **out) {
  const size_t padded = (size + 3) & ~(size_t)3;
  if (padded < size || left(cursor) < padded)
    return false;
  for (size_t i = size; i < padded; i++)
    if (cursor->at[i] != 0)
      return false;
  *out = cursor->at;
  cursor->at += padded;
  return true;
}

static bool take_string(struct cursor *cursor, struct tsk_arg *out) {
  const uint8_t *bytes;
  uint32_t size;
  if (!take_u32(cursor, &size) || size == UINT32_MAX || !take_padded(cursor, (size_t)size + 1, &bytes))
    return false;
  if (memchr(bytes, 0, (size_t)size + 1) != bytes + size)
    return false;
  out->s = (const char *)bytes;
  out->size = size;
  return true;
}

static bool take_blob(struct cursor *cursor, struct tsk_arg *out) {
  return take_u32(cursor, &out->size) && take_padded(cursor, out->size, &out->b);
}

static bool take_vector(struct cursor *cursor, struct tsk_arg *out) {
  struct tsk_arg element;
  if (!take_u32(cursor, &out->size))
    return false;
  out->b = cursor->at;
  for (uint32_t i = 0; i < out->size; i++)
    if (!take_string(cursor, &element))
      return false;
  return true;
}

static bool take_argument(struct cursor *cursor, char letter, struct tsk_arg *out) {
  switch (letter) {
  case 'u':
  case 'i':
    out->size = 0;
    return take_u64(cursor, &out->u);
  case 's':
    return take_string(cursor, out);
  case 'b':
    return take_blob(cursor, out);
  case 'v':
    return take_vector(cursor, out);
  default:
    return false;
  }
}

static const struct row *row_of(uint32_t op) { return op < ROWS && rows[op].name != NULL ? &rows[op] : NULL; }

const char *tsk_op_name(uint32_t op) {
  const struct row *row = row_of(op);
  return row == NULL ? NULL : row->name;
}

static bool in_scope(char scope, enum tsk_scope where) {
  return scope == 'B' || scope == (where == TSK_IN_HELPER ? 'H' : 'D');
}

/* An operation that ignored IN_ROOT would follow the image's links out of it: refuse the flag where it means nothing. */
static bool takes_in_root(uint16_t op) {
  switch (op) {
  case TSKER_OP_MOUNT:
  case TSKER_OP_BIND:
  case TSKER_OP_MOUNT_ATTR:
  case TSKER_OP_UMOUNT:
  case TSKER_OP_CHDIR:
  case TSKER_OP_MKDIR:
  case TSKER_OP_MKDIRS:
  case TSKER_OP_MKFILE:
  case TSKER_OP_MKNOD:
  case TSKER_OP_SYMLINK:
  case TSKER_OP_WRITE:
  case TSKER_OP_CHOWN:
  case TSKER_OP_CHMOD:
  case TSKER_OP_REMOVE:
  case TSKER_OP_RMDIR:
    return true;
  default:
    return false;
  }
}

static bool flags_allowed(const struct tsk_op *op, enum tsk_scope where) {
  if ((op->flags & ~(TSKER_OPF_IN_ROOT | TSKER_OPF_OPTIONAL)) != 0)
    return false;
  return (op->flags & TSKER_OPF_IN_ROOT) == 0 || (where == TSK_IN_HELPER && takes_in_root(op->op));
}

/* EXEC ends the plan, and needs a program to execute. */
static bool exec_well_formed(const struct tsk_plan *plan, const struct tsk_op *op) {
  if (op->op != TSKER_OP_EXEC)
    return true;
  return plan->index + 1 == plan->header.count && op->args[0].size > 0 && (op->args[2].u & ~(uint64_t)TSKER_EXEC_INIT) == 0;
}

int tsk_plan_next(struct tsk_plan *plan, struct tsk_op *op) {
  struct cursor cursor = {.at = plan->next, .end = plan->end};
  struct tsker_op_header header;
  const struct row *row;
  if (plan->index == plan->header.count)
    return 0;
  if (left(&cursor) < sizeof header)
    return -EINVAL;
  memcpy(&header, cursor.at, sizeof header);
  cursor.at += sizeof header;
  row = row_of(header.op);
  if (row == NULL || !in_scope(row->scope, plan->scope) || header.size > left(&cursor) || header.size % 4 != 0)
    return -EINVAL;
  cursor.end = cursor.at + header.size;

  memset(op, 0, sizeof *op);
  op->op = header.op;
  op->flags = header.flags;
  op->tolerate = header.tolerate;
  op->index = plan->index;
  for (size_t i = 0; row->signature[i] != '\0'; i++)
    if (i == TSK_MAX_ARGS || !take_argument(&cursor, row->signature[i], &op->args[i]))
      return -EINVAL;
  if (cursor.at != cursor.end || !flags_allowed(op, plan->scope) || !exec_well_formed(plan, op))
    return -EINVAL;
  plan->next = cursor.end;
  plan->index++;
  return 1;
}

static int check_header(const struct tsker_plan_header *header, size_t size) {
  if (header->magic != TSKER_PLAN_MAGIC || header->size != size || (header->flags & ~TSKER_PLAN_TRACE) != 0)
    return -EINVAL;
  if (header->version != TSKER_ABI)
    return -EPROTO;
  return header->count > TSKER_PLAN_MAX_OPS ? -E2BIG : 0;
}

int tsk_plan_check(struct tsk_plan *plan, const uint8_t *bytes, size_t size, enum tsk_scope scope, uint32_t *failed) {
  struct tsk_plan reader;
  struct tsk_op op;
  uint32_t ignored;
  int result;
  if (failed == NULL)
    failed = &ignored;
  *failed = UINT32_MAX;
  memset(plan, 0, sizeof *plan);
  if (bytes == NULL || size < sizeof plan->header)
    return -EINVAL;
  if (size > TSKER_PLAN_MAX)
    return -E2BIG;
  memcpy(&plan->header, bytes, sizeof plan->header);
  if ((result = check_header(&plan->header, size)) < 0)
    return result;
  plan->scope = scope;
  plan->next = bytes + sizeof plan->header;
  plan->end = bytes + size;

  reader = *plan;
  while ((result = tsk_plan_next(&reader, &op)) > 0)
    ;
  if (result == 0 && reader.next == reader.end)
    return 0;
  *failed = result < 0 ? reader.index : UINT32_MAX;
  return -EINVAL;
}

void tsk_vector(const struct tsk_arg *arg, const char **out) {
  /* The vector was walked by tsk_plan_next: its strings are there, one after the other. */
  const uint8_t *at = arg->b;
  for (uint32_t i = 0; i < arg->size; i++) {
    uint32_t size;
    memcpy(&size, at, sizeof size);
    out[i] = (const char *)at + sizeof size;
    at += sizeof size + (((size_t)size + 1 + 3) & ~(size_t)3);
  }
  out[arg->size] = NULL;
}
