/* SPDX-License-Identifier: Apache-2.0
 *
 * The data of one file, exactly as many bytes as its header says whatever happens to the file. Holes are zeros in the
 * archive, as in Go's, but nothing is read for them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/pack_internal.h"

#define BLOCK_UNIT 512 /* of st_blocks */
#define PROGRESS 4096  /* in a file whose holes move while we look */

static int became_shorter(struct pack *pack) {
  const char *name = pack_name(pack);
  return tsk_fault(&pack->fault, TSKER_STAGE_READ, -EIO, "%.400s became shorter while it was copied", name);
}

/* Sends what is between; what the file has no longer is filled up. */
static int send_range(struct pack *pack, int fd, uint64_t from, uint64_t to) {
  uint64_t sent;
  int error = pack_out_file(&pack->out, fd, from, to - from, &sent);
  if (error != 0) return error == -ECANCELED ? error : pack_failed(pack, error, "cannot read");
  if (sent < to - from && pack_is_plain(pack)) return became_shorter(pack);
  return pack_out_zeros(&pack->out, to - from - sent);
}

static int send_sparse(struct pack *pack, int fd, uint64_t size) {
  for (uint64_t at = 0; at < size;) {
    off_t data = lseek(fd, (off_t)at, SEEK_DATA);
    if (data < 0 && errno != ENXIO) return send_range(pack, fd, at, size); /* the file system cannot tell */
    uint64_t begin = data < 0 || (uint64_t)data > size ? size : (uint64_t)data;
    int error = pack_out_zeros(&pack->out, begin - at);
    if (error != 0 || begin == size) return error;
    off_t hole = lseek(fd, data, SEEK_HOLE);
    uint64_t end = hole <= data ? begin + PROGRESS : (uint64_t)hole;
    if (end > size) end = size;
    error = send_range(pack, fd, begin, end);
    if (error != 0) return error;
    at = end;
  }
  return 0;
}

int pack_data(struct pack *pack, int fd, const struct stat *status) {
  uint64_t size = (uint64_t)status->st_size;
  bool sparse = (uint64_t)status->st_blocks * BLOCK_UNIT < size;
  int error = sparse ? send_sparse(pack, fd, size) : send_range(pack, fd, 0, size);
  if (error != 0) return error;
  struct stat now = *status;
  if (tsk_fstat(fd, &now) == 0 && now.st_size != status->st_size) pack->result->changed++;
  if (sparse && pack_is_plain(pack) && now.st_size < status->st_size) return became_shorter(pack);
  return pack_out_zeros(&pack->out, -size % TSK_TAR_BLOCK);
}
