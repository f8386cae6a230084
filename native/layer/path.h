/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of archives as paths below a root. Pure.
 */
#ifndef TSK_LAYER_PATH_H
#define TSK_LAYER_PATH_H

/* Writes `path` to `out` (as large) as Go's filepath.Clean has it, which other engines apply first: no empty, "." or ".."
 * components, no slash at either end; the root itself becomes "". A leading slash counts for nothing. 0, or -EXDEV when a
 * relative path climbs out of the root. */
int tsk_path_clean(const char *path, char *out);

/* Cuts a clean path at its last slash: the directory ("" for the root's entries) stays in `path`, the name is returned. */
const char *tsk_path_split(char *path, const char **directory);

#endif
