/* SPDX-License-Identifier: Apache-2.0
 *
 * Removing what stands in a layer's way. By descriptors: no link is followed, and no depth of nesting needs more than a
 * bounded number of descriptors.
 */
#ifndef TSK_LAYER_REMOVE_H
#define TSK_LAYER_REMOVE_H

#include "layer/pathset.h"

/* Removes `name` in the directory `parent`, with everything below it. 0 or negative errno; a missing one is success. */
int tsk_remove_tree(int parent, const char *name);

/* Removes from the directory what `written` does not hold, at every level. */
int tsk_remove_unwritten(int directory, const struct tsk_pathset *written);

#endif
