/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing layers: overlay's form with its whiteouts, lists of changes, and owners that are mapped (needs root).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "test/support/packing.h"

static void layers_have_whiteouts(void) {
  char *path = test_path("upper");
  CHECK_INT(test_shell("mkdir -p %1$s/opaque/kept %1$s/plain && cd %1$s && mknod gone c 0 0 && mknod plain/gone c 0 0 && "
                       "chmod 755 . opaque opaque/kept plain && mknod null c 1 3 && chmod 600 null && printf x >.wh.fake && "
                       "python3 -c \"import os; os.setxattr('opaque', 'trusted.overlay.opaque', b'y'); "
                       "os.setxattr('plain', 'trusted.overlay.origin', b'zz'); os.setxattr('plain', 'user.overlay.opaque', b'y')\"",
                       path),
            0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = test_pack_of(root);
  packing.request.flags = TSKER_PACK_OVERLAY;
  struct archive archive = test_pack_to_memory(&packing, 0);
  test_expect_list(&archive, ".wh.gone 0 600 0:0 0\n"
                             "null 3 600 0:0 0\n"
                             "opaque/ 5 755 0:0 0\n"
                             "opaque/.wh..wh..opq 0 755 0:0 0\n"
                             "opaque/kept/ 5 755 0:0 0\n"
                             "plain/ 5 755 0:0 0\n"
                             "plain/.wh.gone 0 600 0:0 0\n");
  CHECK_INT(packing.result.skipped, 1); /* the fake */
  CHECK(memmem(archive.bytes, archive.size, "overlay", 7) == NULL);
  archive_free(&archive);
  CHECK_INT(test_shell("python3 -c \"import os; os.setxattr('%1$s/plain', 'trusted.overlay.redirect', b'/x')\"", path), 0);
  archive = test_pack_to_memory(&packing, -EOPNOTSUPP);
  CHECK(strstr(packing.result.message, "plain/: overlay's redirects") != NULL);
  archive_free(&archive);
  close(root);
  free(path);
}

static void lists_of_changes_become_layers(void) {
  static const uint8_t list[] = "\1/dir\0\1/dir/new\0\2/dir/old\0\2/gone\0\1/vanished\0\1/.wh.fake";
  char *path = test_path("changes");
  CHECK_INT(test_shell("mkdir -p %1$s/dir && cd %1$s && : >dir/new && : >dir/unlisted && : >.wh.fake && chmod 755 dir && chmod 644 dir/new", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = test_pack_of(root);
  packing.request.list = list;
  packing.request.list_size = sizeof list;
  CHECK(tsk_pack_list_holds(list, sizeof list));
  struct archive archive = test_pack_to_memory(&packing, 0);
  test_expect_list(&archive, "dir/ 5 755 0:0 0\ndir/new 0 644 0:0 0\ndir/.wh.old 0 600 0:0 0\n.wh.gone 0 600 0:0 0\n");
  CHECK_INT(packing.result.skipped, 2);
  archive_free(&archive);
  CHECK(tsk_pack_list_holds(list, 0));
  CHECK(!tsk_pack_list_holds(list, sizeof list - 1)); /* no NUL */
  CHECK(!tsk_pack_list_holds((const uint8_t *)"\3x", 3));
  CHECK(!tsk_pack_list_holds((const uint8_t *)"\1", 2));
  close(root);
  free(path);
}

static void owners_are_mapped(void) {
  char *path = test_path("owned");
  CHECK_INT(test_shell("mkdir -p %1$s && cd %1$s && : >a && : >b && chmod 644 a b && chown 100000:100033 a && chown 7:7 b", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const struct tsker_id_range ranges[] = {{TSKER_ID_USER | TSKER_ID_GROUP, 0, 100000, 65536}};
  struct packing packing = test_pack_of(root);
  packing.request.ids = (struct tsk_ids){ranges, 1};
  struct archive archive = test_pack_to_memory(&packing, 0);
  test_expect_list(&archive, "a 0 644 0:33 0\nb 0 644 65534:65534 0\n");
  archive_free(&archive);
  close(root);
  free(path);
}

static const struct test tests[] = {
    {"an overlay directory becomes a layer with whiteouts", layers_have_whiteouts},
    {"lists of changes become layers", lists_of_changes_become_layers},
    {"owners are mapped", owners_are_mapped},
};
TEST_MAIN(tests)
