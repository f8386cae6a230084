/* SPDX-License-Identifier: Apache-2.0
 *
 * The directories of what is placed: found within the root, and made where the archive leaves them out.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/path.h"
#include "layer/place_internal.h"

#define IMPLIED_MODE 0755

struct tsk_directory *place_directory(struct placing *placing, const char *path) {
  struct tsk_directory *directory;
  int tries = 0;
  do directory = tsk_target_existing(&placing->unpack.target, path);
  while (directory == NULL && errno == EAGAIN && ++tries < PLACE_RETRIES);
  return directory;
}

/* Makes `name` in the directory at `parent`. It may be there by now. */
static int make_one(struct placing *placing, const char *parent, const char *name) {
  uint32_t uid = 0;
  uint32_t gid = 0;
  struct tsk_directory *directory = place_directory(placing, parent);
  if (directory == NULL) return -errno;
  if (mkdirat(directory->fd, name, IMPLIED_MODE) < 0) return errno == EEXIST ? 0 : -errno;
  tsk_id_outside(&placing->request->ids, TSKER_ID_USER, 0, &uid);
  tsk_id_outside(&placing->request->ids, TSKER_ID_GROUP, 0, &gid);
  return tsk_check(fchownat(directory->fd, name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

struct tsk_directory *place_make_directory(struct placing *placing, const char *path) {
  char partial[TSK_TAR_PATH_MAX];
  struct tsk_directory *directory = place_directory(placing, path);
  if (directory != NULL || errno != ENOENT) return directory;
  for (size_t end = strcspn(path, "/");; end += 1 + strcspn(path + end + 1, "/")) {
    memcpy(partial, path, end);
    partial[end] = 0;
    if (place_directory(placing, partial) == NULL) {
      const char *parent;
      const char *name = tsk_path_split(partial, &parent);
      int error = errno == ENOENT ? make_one(placing, parent, name) : -errno;
      errno = -error;
      if (error != 0) return NULL;
    }
    if (path[end] == 0) return place_directory(placing, path);
  }
}
