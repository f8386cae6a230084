/* SPDX-License-Identifier: Apache-2.0
 *
 * The netlink transport as the TypeScript side calls it. The transport itself is common/netlink.c.
 */
#include "common/netlink.h"

#include <errno.h>

#include "lib/internal.h"

int32_t tsker_netlink_open(int32_t protocol) { return tsk_netlink_open(protocol); }

int32_t tsker_netlink_call(int32_t fd, const uint8_t *request, uint32_t size, uint8_t *out, uint32_t capacity) {
  struct tsk_answers answers = {.bytes = out, .capacity = out == NULL ? 0 : capacity};
  int32_t error = request == NULL ? -EINVAL : tsk_netlink_exchange(fd, request, size, &answers);
  return error < 0 ? error : (int32_t)answers.size;
}
