/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/passage.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/sys.h"

int tsk_passage_open(struct tsk_passage *passage, int like) {
  *passage = TSK_PASSAGE_CLOSED;
  int error = tsk_check(pipe2(passage->ends, O_CLOEXEC | O_NONBLOCK));
  if (error != 0) return error;
  int size = fcntl(like, F_GETPIPE_SZ);
  if (size > 0) (void)fcntl(passage->ends[0], F_SETPIPE_SZ, size); /* refused: it only fills earlier */
  return 0;
}

void tsk_passage_close(struct tsk_passage *passage) {
  if (passage->ends[0] >= 0) {
    close(passage->ends[0]);
    close(passage->ends[1]);
  }
  *passage = TSK_PASSAGE_CLOSED;
}

ssize_t tsk_passage_take(struct tsk_passage *passage, int fd, off_t *offset, size_t size) {
  ssize_t taken = splice(fd, offset, passage->ends[1], NULL, size, SPLICE_F_NONBLOCK);
  if (taken > 0) passage->held += (size_t)taken;
  return taken;
}

static ssize_t given(struct tsk_passage *passage, ssize_t size) {
  if (size > 0) passage->held -= (size_t)size;
  return size;
}

ssize_t tsk_passage_give(struct tsk_passage *passage, int fd, off_t *offset, size_t size) {
  size_t most = size < passage->held ? size : passage->held;
  return given(passage, splice(passage->ends[0], NULL, fd, offset, most, SPLICE_F_NONBLOCK));
}

ssize_t tsk_passage_read(struct tsk_passage *passage, uint8_t *out, size_t size) {
  size_t most = size < passage->held ? size : passage->held;
  return given(passage, read(passage->ends[0], out, most));
}
