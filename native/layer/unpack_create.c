/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the object of one entry: file, hard link, symbolic link, device, fifo or directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/unpack_internal.h"

/* 0, or the errno of what was tried; "in the way" is for the caller to clear and not a failure yet. */
static int attempted(const struct tsk_tar_entry *entry, struct tsk_fault *fault, long result, const char *what) {
  if (result >= 0) return 0;
  return errno == EEXIST ? -EEXIST : unpack_failed(entry, fault, -errno, what);
}

static int write_at(int fd, const uint8_t *data, size_t size, uint64_t offset) {
  while (size > 0) {
    ssize_t done = pwrite(fd, data, size, (off_t)offset);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? -errno : -EIO;
    data += done;
    size -= (size_t)done;
    offset += (uint64_t)done;
  }
  return 0;
}

static int note_content(struct tsk_unpack *unpack, const char *name, const uint8_t *data, size_t size,
                        uint64_t offset) {
  if (unpack->record == NULL) return 0;
  const char *directory = name == unpack->path ? "" : unpack->path;
  return tsk_record_content(unpack->record, directory, name, data, size, offset);
}

/* What is not recorded need not be seen: the kernel moves what it can by itself. */
static int next_data(const struct tsk_unpack *unpack, int fd, struct tsk_tar *tar, const uint8_t **data, size_t *size,
                     uint64_t *offset, struct tsk_fault *fault) {
  if (unpack->record == NULL) tsk_tar_pass(tar, fd);
  return tsk_tar_data(tar, data, size, offset, fault);
}

static int write_data(struct tsk_unpack *unpack, int fd, struct place place, struct tsk_tar *tar,
                      const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  const uint8_t *data;
  size_t size;
  uint64_t offset;
  int got;
  while ((got = next_data(unpack, fd, tar, &data, &size, &offset, fault)) > 0) {
    int error = write_at(fd, data, size, offset);
    if (error != 0) return unpack_failed(entry, fault, error, "cannot write");
    error = note_content(unpack, place.name, data, size, offset);
    if (error != 0) return unpack_failed(entry, fault, error, "cannot record");
  }
  if (got == 0 && entry->sparse && ftruncate(fd, (off_t)entry->size) < 0)
    return unpack_failed(entry, fault, -errno, "cannot set the size");
  return got;
}

static int create_file(struct tsk_unpack *unpack, struct place place, struct tsk_tar *tar,
                       const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  int fd = openat(place.directory, place.name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  entry->mode & 0777);
  int error = attempted(entry, fault, fd, "cannot create");
  if (error != 0) return error;
  error = write_data(unpack, fd, place, tar, entry, fault);
  if (error == 0) error = unpack_file_metadata(fd, entry, fault);
  close(fd);
  return error;
}

/* The target is looked up as everything is, within the root; its last component is never followed: a hard link to a
 * symbolic link is one more name of the link. Its metadata came with its first name. */
static int create_hard_link(struct tsk_unpack *unpack, struct place place, const struct tsk_tar_entry *entry,
                            struct tsk_fault *fault) {
  if (tsk_path_clean(entry->link, unpack->link) < 0)
    return tsk_fault(fault, TSKER_STAGE_TAR, -EBADMSG, "breakout: the hard link %.200s -> %.200s leads out of the root",
                     entry->path, entry->link);
  const char *directory;
  const char *name = tsk_path_split(unpack->link, &directory);
  struct tsk_directory *from = tsk_target_existing(&unpack->target, directory);
  int error = from == NULL ? -errno : tsk_check(linkat(from->fd, name, place.directory, place.name, 0));
  if (error == 0 || error == -EEXIST) return error;
  return tsk_fault(fault, TSKER_STAGE_WRITE, error, "%.200s: cannot link to %.200s: %s", entry->path, entry->link,
                   strerror(-error));
}

static int create_node(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  mode_t kind = entry->type == TSK_TAR_CHAR ? S_IFCHR : entry->type == TSK_TAR_FIFO ? S_IFIFO : S_IFBLK;
  uint64_t device = entry->type == TSK_TAR_FIFO ? 0 : makedev(entry->major, entry->minor);
  errno = -tsk_mknodat(place.directory, place.name, kind | (entry->mode & 0777), device);
  int error = attempted(entry, fault, errno == 0 ? 0 : -1, "cannot create the device");
  return error != 0 ? error : unpack_place_metadata(place, entry, fault);
}

static int create_symlink(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  int error = attempted(entry, fault, symlinkat(entry->link, place.directory, place.name), "cannot create the link");
  return error != 0 ? error : unpack_place_metadata(place, entry, fault);
}

static bool is_directory(struct place place) {
  struct stat status;
  return tsk_fstatat(place.directory, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

/* A directory that is there already stays, with what it holds, and takes the new one's metadata. */
static int create_directory(struct place place, const struct tsk_tar_entry *entry, struct tsk_fault *fault) {
  int error = attempted(entry, fault, mkdirat(place.directory, place.name, entry->mode & 0777), "cannot create");
  if (error == -EEXIST && is_directory(place)) error = 0;
  return error != 0 ? error : unpack_place_metadata(place, entry, fault);
}

int unpack_create(struct tsk_unpack *unpack, struct place place, struct tsk_tar *tar, const struct tsk_tar_entry *entry,
                  struct tsk_fault *fault) {
  switch (entry->type) {
    case TSK_TAR_FILE: return create_file(unpack, place, tar, entry, fault);
    case TSK_TAR_HARDLINK: return create_hard_link(unpack, place, entry, fault);
    case TSK_TAR_SYMLINK: return create_symlink(place, entry, fault);
    case TSK_TAR_DIRECTORY: return create_directory(place, entry, fault);
    case TSK_TAR_CHAR:
    case TSK_TAR_BLOCK_DEVICE:
    case TSK_TAR_FIFO: return create_node(place, entry, fault);
  }
  return unpack_failed(entry, fault, -EINVAL, "unknown type");
}
