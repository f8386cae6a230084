/* SPDX-License-Identifier: Apache-2.0
 *
 * See path.h.
 */
#include "layer/path.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Steps `out` back over the last component. */
static char *parent_of(char *start, char *out) {
  while (out > start && *--out != '/') continue;
  return out;
}

int tsk_path_clean(const char *path, char *start) {
  bool absolute = path[0] == '/';
  const char *in = path;
  char *out = start;
  for (;;) {
    while (*in == '/') in++;
    if (*in == 0) break;
    size_t length = strcspn(in, "/");
    if (length == 2 && in[0] == '.' && in[1] == '.') {
      if (out == start && !absolute) return -EXDEV;
      out = parent_of(start, out);
    } else if (length != 1 || in[0] != '.') {
      if (out > start) *out++ = '/';
      memcpy(out, in, length);
      out += length;
    }
    in += length;
  }
  *out = 0;
  return 0;
}

const char *tsk_path_split(char *path, const char **directory) {
  char *slash = strrchr(path, '/');
  *directory = slash != NULL ? path : "";
  if (slash == NULL) return path;
  *slash = 0;
  return slash + 1;
}
