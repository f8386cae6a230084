/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths of a container, looked up by the kernel as the container would look them up: links and ".." stay in its root,
 * links of /proc that lead anywhere are refused, and what it changes meanwhile only changes where in its own root they lead.
 */
#ifndef TSK_LAYER_INSIDE_H
#define TSK_LAYER_INSIDE_H

#include <stdbool.h>

#define TSK_INSIDE_PATH_MAX 4096

/* A descriptor (close-on-exec) of what is at the path, or a negative errno. "" is the root itself. */
int tsk_inside_open(int root, const char *path, int flags);

/* The same for paths without a link, also at their end: -ELOOP. */
int tsk_inside_open_straight(int root, const char *path, int flags);

/* Writes to `out` where a path leads when all links are followed, as an absolute path; from the first missing name on as it
 * stands. 0, -ELOOP or -ENAMETOOLONG. Good for showing: what it names may be another file by now. */
int tsk_inside_target(int root, const char *path, char out[TSK_INSIDE_PATH_MAX]);

/* True on proc, sysfs, cgroup and the like, where reading and writing files has effects, or never ends. */
bool tsk_inside_kernel(int fd);

#endif
