/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing trees that change meanwhile, and one that is too deep (needs root).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/packing.h"

/* Whatever the size becomes, the archive is as long as its headers say. */
static void files_may_change_their_size(void) {
  char *directory = test_path("changing");
  char *file = test_path("changing/file");
  CHECK_INT(mkdir(directory, 0755), 0);
  int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (unsigned kind = 0; kind < 4; kind++) {
    CHECK_INT(test_shell("head -c 4000000 /dev/zero >%1$s", file), 0);
    struct change change = {.path = file, .size = kind % 2 == 0 ? 1000 : 5000000, .at = kind < 2 ? 2 : 4};
    struct packing packing = test_pack_of(root);
    int pipe[2];
    pthread_t reader;
    void *total;
    CHECK_INT(pipe2(pipe, O_CLOEXEC), 0);
    CHECK_INT(pthread_create(&reader, NULL, test_drain, (void *)(intptr_t)pipe[0]), 0);
    packing.request.out = pipe[1];
    packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = test_change_size, .context = &change};
    if (kind == 3) packing.request.flags = TSKER_PACK_DIGEST;
    CHECK_INT(tsk_pack(&packing.request, &packing.result), 0);
    close(pipe[1]);
    pthread_join(reader, &total);
    CHECK_INT((size_t)total, packing.result.bytes);
    CHECK(packing.result.bytes % 512 == 0);
    if (change.calls >= change.at && kind < 2) CHECK_INT(packing.result.changed, 1);
  }
  close(root);
  free(directory);
  free(file);
}

static bool remove_names(void *context) {
  CHECK_INT(test_shell("rm -rf %1$s/*", context), 0);
  return false;
}

static void names_may_vanish(void) {
  char *directory = test_path("vanishing");
  CHECK_INT(test_shell("mkdir -p %1$s/d && for i in 1 2 3; do : >%1$s/d/$i; : >%1$s/$i; done", directory), 0);
  int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = test_pack_of(root);
  packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = remove_names, .context = directory};
  struct archive archive = test_pack_to_memory(&packing, 0);
  CHECK_INT(packing.result.skipped, 4);
  CHECK_INT(packing.result.entries, 0);
  archive_free(&archive);
  close(root);
  free(directory);
}

static void depth_is_limited(void) {
  char *path = test_path("deep");
  CHECK_INT(mkdir(path, 0755), 0);
  int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int fd = dup(root);
  for (int i = 0; i < 1100; i++) {
    CHECK_INT(mkdirat(fd, "d", 0755), 0);
    int next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(fd);
    CHECK((fd = next) >= 0);
  }
  close(fd);
  struct packing packing = test_pack_of(root);
  struct archive archive = test_pack_to_memory(&packing, -ELOOP);
  CHECK_INT(packing.result.stage, TSKER_STAGE_READ);
  archive_free(&archive);
  close(root);
  CHECK_INT(test_shell("rm -rf %1$s", path), 0);
  free(path);
}

static const struct test tests[] = {
    {"files may change their size", files_may_change_their_size},
    {"names may vanish", names_may_vanish},
    {"depth is limited", depth_is_limited},
};
TEST_MAIN(tests)
