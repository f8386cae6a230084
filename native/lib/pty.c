/* SPDX-License-Identifier: Apache-2.0
 *
 * The size of a terminal. Making one is the helper's part (PTY), for it must come from the container's own devpts.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "lib/internal.h"

int32_t tsker_pty_resize(int32_t master, uint32_t rows, uint32_t columns) {
  struct winsize size;
  if (rows > UINT16_MAX || columns > UINT16_MAX)
    return -EINVAL;
  size = (struct winsize){.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  return ioctl(master, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}
