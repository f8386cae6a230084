/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer from a list of what changed, for storage drivers whose directories do not say it themselves (vfs).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/inside.h"
#include "layer/pack_internal.h"

bool tsk_pack_list_holds(const uint8_t *list, size_t size) {
  for (size_t at = 0; at < size;) {
    const uint8_t *end = memchr(list + at, 0, size - at);
    bool known = list[at] == TSKER_LIST_PRESENT || list[at] == TSKER_LIST_DELETED;
    if (!known || end == NULL || end == list + at + 1) return false;
    at = (size_t)(end + 1 - list);
  }
  return true;
}

static int pack_present(struct pack *pack, int top, const char *path) {
  struct stat status;
  int directory = -1;
  int fd = tsk_inside_open(top, path, O_PATH | O_NOFOLLOW);
  if (fd == -ENOENT || fd == -ENOTDIR) { /* removed since the list was made */
    pack->result->skipped++;
    return 0;
  }
  int error = fd < 0 ? fd : tsk_fstat(fd, &status);
  if (error == 0 && S_ISDIR(status.st_mode)) error = pack_add_slash(pack);
  error = error != 0 ? pack_failed(pack, error, "cannot look at it") : pack_object(pack, fd, &status, &directory);
  if (directory >= 0) close(directory);
  if (fd >= 0) close(fd);
  return error;
}

static int pack_change(struct pack *pack, int top, uint8_t kind, const char *path) {
  const struct stat nobody = {.st_mode = 0};
  int error = pack_set_name(pack, 0, path + strspn(path, "/"));
  if (error != 0) return pack_failed(pack, error, "out of memory");
  return kind == TSKER_LIST_DELETED ? pack_whiteout(pack, &nobody) : pack_present(pack, top, path);
}

int pack_list(struct pack *pack, int top) {
  const uint8_t *list = pack->request->list;
  int error = 0;
  for (size_t at = 0; error == 0 && at < pack->request->list_size;) {
    const char *path = (const char *)list + at + 1;
    error = tsk_cancel_asked(&pack->request->cancel)
                ? tsk_fault(&pack->fault, TSKER_STAGE_READ, -ECANCELED, "cancelled")
                : pack_change(pack, top, list[at], path);
    at += 1 + strlen(path) + 1;
  }
  return error;
}
