/* SPDX-License-Identifier: Apache-2.0
 *
 * tsker_trim: gives back the pages of the executable that starting up has read and running does not need. Node maps
 * 100 MB of program, and the kernel maps around every fault: after start two thirds of the daemon's memory are pages
 * that are never looked at again. They are clean copies of a file; what is needed is mapped again at its next use.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/internal.h"

struct region {
  unsigned long begin, end;
  bool candidate; /* of a file and not writable */
};

/* "begin-end perms offset device inode path"; false for every other line. */
static bool parse_header(const char *line, struct region *region) {
  char permissions[5];
  unsigned long begin, end, inode;
  if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &begin, &end, permissions, &inode) != 4)
    return false;
  region->begin = begin;
  region->end = end;
  region->candidate = inode != 0 && permissions[1] != 'w' && permissions[3] == 'p';
  return true;
}

/* A region that holds a page of its own (relocated data that was made read-only since) must stay: dropping it would
 * bring the file's bytes back. The kernel says so in the line "Anonymous:" of the region. */
int32_t tsker_trim(void) {
  char line[512];
  struct region region = {.candidate = false};
  unsigned long kilobytes;
  FILE *smaps = fopen("/proc/self/smaps", "re");
  if (smaps == NULL)
    return -errno;
  while (fgets(line, sizeof line, smaps) != NULL) {
    if (parse_header(line, &region))
      continue;
    if (region.candidate && sscanf(line, "Anonymous: %lu kB", &kilobytes) == 1 && kilobytes == 0)
      madvise((void *)region.begin, region.end - region.begin, MADV_DONTNEED); /* advice: refused is as good */
  }
  fclose(smaps);
  return 0;
}
