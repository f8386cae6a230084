/* SPDX-License-Identifier: Apache-2.0
 *
 * The runner of a test program and its directory; see test.h.
 */
#include "test/support/test.h"

#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static pid_t owner;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where) {
  (void)status;
  (void)type;
  (void)where;
  return remove(path);
}

static void remove_directory(void) {
  if (getpid() == owner)
    nftw(directory, remove_entry, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

const char *test_directory(void) {
  if (directory[0] == '\0') {
    strcpy(directory, "/tmp/tsker-native-test-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    owner = getpid();
    atexit(remove_directory);
  }
  return directory;
}

char *test_path(const char *name) {
  char *path;
  CHECK(asprintf(&path, "%s/%s", test_directory(), name) > 0);
  return path;
}

int test_run(const struct test *tests, size_t count) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  umask(0);
  for (size_t i = 0; i < count; i++) {
    tests[i].run();
    printf("ok - %s\n", tests[i].title);
  }
  return 0;
}
