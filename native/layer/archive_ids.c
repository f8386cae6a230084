/* SPDX-License-Identifier: Apache-2.0
 *
 * User and group ids across the boundary of a user namespace; see archive.h. Pure.
 */
#include "layer/archive.h"

static bool has_kind(const struct tsk_ids *ids, uint32_t kind) {
  for (size_t i = 0; i < ids->count; i++)
    if ((ids->ranges[i].kinds & kind) != 0) return true;
  return false;
}

uint32_t tsk_id_inside(const struct tsk_ids *ids, uint32_t kind, uint32_t outside) {
  for (size_t i = 0; i < ids->count; i++) {
    const struct tsker_id_range *range = &ids->ranges[i];
    if ((range->kinds & kind) != 0 && outside >= range->outside && outside - range->outside < range->count)
      return range->inside + (outside - range->outside);
  }
  return has_kind(ids, kind) ? TSK_ID_NOBODY : outside;
}

bool tsk_id_outside(const struct tsk_ids *ids, uint32_t kind, uint32_t inside, uint32_t *outside) {
  for (size_t i = 0; i < ids->count; i++) {
    const struct tsker_id_range *range = &ids->ranges[i];
    if ((range->kinds & kind) == 0 || inside < range->inside || inside - range->inside >= range->count) continue;
    *outside = range->outside + (inside - range->inside);
    return true;
  }
  *outside = inside;
  return !has_kind(ids, kind);
}
