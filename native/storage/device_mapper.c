/* SPDX-License-Identifier: Apache-2.0
 *
 * DM_CREATE, DM_REMOVE, DM_MESSAGE, DM_STATUS and DM_DISCARD: the device mapper by its ioctls (linux/dm-ioctl.h), with no
 * libdevmapper. Devices have one target; what it means is said in words by whoever wrote the plan.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "common/ops.h"
#include "common/sys.h"
#include "storage/device_node.h"

#define DIRECTORY "/dev/mapper/"
enum { CONTROL_MAJOR = 10, CONTROL_MINOR = 236, REQUEST_SIZE = 16384 };

/* A request with the room behind it that arguments go to and answers come from. */
struct request {
  struct dm_ioctl head;
  char data[REQUEST_SIZE - sizeof(struct dm_ioctl)];
};

static struct request *new_request(const char *name) {
  struct request *request;
  if (strlen(name) >= DM_NAME_LEN || strchr(name, '/') != NULL) {
    errno = EINVAL;
    return NULL;
  }
  request = calloc(1, sizeof *request);
  if (request == NULL)
    return NULL;
  request->head.version[0] = DM_VERSION_MAJOR;
  request->head.data_size = sizeof *request;
  request->head.data_start = offsetof(struct request, data);
  strcpy(request->head.name, name);
  return request;
}

/* The kernel leaves its own version in the head: each call says ours again. */
static int call(unsigned long command, struct request *request) {
  int error, control;
  if (mkdir(DIRECTORY, 0755) < 0 && errno != EEXIST)
    return -errno;
  control = tsk_open_node(DIRECTORY "control", S_IFCHR, CONTROL_MAJOR, CONTROL_MINOR);
  if (control < 0) {
    rmdir(DIRECTORY); /* unless there is something in it */
    return control;
  }
  request->head.version[0] = DM_VERSION_MAJOR;
  request->head.version[1] = 0;
  request->head.version[2] = 0;
  error = tsk_check(ioctl(control, command, request));
  close(control);
  return error;
}

static void node_path(const char *name, char path[PATH_MAX]) {
  strcpy(path, DIRECTORY);
  strcat(path, name);
}

/* `device` is in the form that mknod(2) takes. Where udev is at work it may have made its own, of the same name. */
static int make_node(const char *name, uint64_t device) {
  char path[PATH_MAX];
  int error;
  node_path(name, path);
  error = tsk_mknodat(AT_FDCWD, path, S_IFBLK | 0600, device);
  return error == -EEXIST ? 0 : error;
}

static int remove_device(const char *name, uint32_t flags) {
  char path[PATH_MAX];
  int error;
  struct request *request = new_request(name);
  if (request == NULL)
    return -errno;
  request->head.flags = flags;
  error = call(DM_DEV_REMOVE, request);
  free(request);
  if (error < 0)
    return error == -ENODEV ? -ENXIO : error; /* no device mapper, no device */
  node_path(name, path);
  return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

static int load_table(const char *name, uint64_t sectors, const char *type, const char *parameters) {
  struct dm_target_spec *spec;
  int error;
  struct request *request = new_request(name);
  if (request == NULL)
    return -errno;
  spec = (struct dm_target_spec *)request->data;
  if (strlen(type) >= DM_MAX_TYPE_NAME || strlen(parameters) >= sizeof request->data - sizeof *spec) {
    free(request);
    return -E2BIG;
  }
  request->head.target_count = 1;
  spec->length = sectors;
  spec->next = sizeof request->data;
  strcpy(spec->target_type, type);
  strcpy(request->data + sizeof *spec, parameters);
  error = call(DM_TABLE_LOAD, request);
  free(request);
  return error;
}

/* Without the flag that suspends it, this is what starts a device with the table that was loaded. */
static int resume(const char *name) {
  int error;
  struct request *request = new_request(name);
  if (request == NULL)
    return -errno;
  error = call(DM_DEV_SUSPEND, request);
  free(request);
  return error;
}

int tsk_do_DM_CREATE(struct tsk_context *context, const struct tsk_op *op) {
  const char *name = op->args[0].s;
  uint64_t device;
  int error;
  struct request *request = new_request(name);
  (void)context;
  if (request == NULL)
    return -errno;
  error = call(DM_DEV_CREATE, request);
  device = request->head.dev;
  free(request);
  if (error < 0)
    return error; /* EBUSY: there is one of this name */
  error = load_table(name, op->args[1].u, op->args[2].s, op->args[3].s);
  if (error == 0)
    error = resume(name);
  if (error == 0)
    error = make_node(name, device);
  if (error < 0)
    remove_device(name, 0); /* the failure counts more */
  return error;
}

int tsk_do_DM_REMOVE(struct tsk_context *context, const struct tsk_op *op) {
  (void)context;
  return remove_device(op->args[0].s, op->args[1].u != 0 ? DM_DEFERRED_REMOVE : 0u);
}

int tsk_do_DM_MESSAGE(struct tsk_context *context, const struct tsk_op *op) {
  const size_t head = sizeof(struct dm_target_msg); /* all zero: sector 0 */
  int error;
  struct request *request = new_request(op->args[0].s);
  (void)context;
  if (request == NULL)
    return -errno;
  if (strlen(op->args[1].s) >= sizeof request->data - head) {
    free(request);
    return -E2BIG;
  }
  strcpy(request->data + head, op->args[1].s);
  error = call(DM_TARGET_MSG, request);
  free(request);
  return error;
}

int tsk_do_DM_STATUS(struct tsk_context *context, const struct tsk_op *op) {
  const struct dm_target_spec *spec;
  const char *text;
  int error;
  struct request *request = new_request(op->args[0].s);
  (void)context;
  if (request == NULL)
    return -errno;
  error = call(DM_TABLE_STATUS, request);
  if (error == 0 && request->head.target_count > 0) {
    spec = (const struct dm_target_spec *)request->data;
    text = request->data + sizeof *spec;
    error = tsk_write_all((int)op->args[1].u, text, strnlen(text, sizeof request->data - sizeof *spec));
  }
  free(request);
  return error;
}

/* Gives what a device holds for itself back to its pool, and the pool's file gets holes. */
int tsk_do_DM_DISCARD(struct tsk_context *context, const struct tsk_op *op) {
  char path[PATH_MAX];
  uint64_t range[2] = {0, 0};
  int fd, error;
  (void)context;
  if (strlen(op->args[0].s) >= DM_NAME_LEN || strchr(op->args[0].s, '/') != NULL)
    return -EINVAL;
  node_path(op->args[0].s, path);
  fd = (int)tsk_result(open(path, O_RDWR | O_CLOEXEC));
  if (fd < 0)
    return fd;
  error = tsk_check(ioctl(fd, BLKGETSIZE64, &range[1]));
  if (error == 0)
    error = tsk_check(ioctl(fd, BLKDISCARD, range));
  close(fd);
  return error;
}
