/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing trees: every kind of file, names as they are asked for, mounts, and the plain form
 * of the client (needs root, GNU tar).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layer/digest.h"
#include "test/support/packing.h"

static void gnu_tar_gets_the_tree_back(void) {
  struct packing packing = test_pack_of(test_source_tree());
  struct archive archive = test_pack_to_memory(&packing, 0);
  char *copy = test_path("copy");
  CHECK_INT(mkdir(copy, 0755), 0);
  char command[256];
  snprintf(command, sizeof command, "tar -C %s -xp --xattrs --xattrs-include='user.*' -f -", copy);
  FILE *tar = popen(command, "w");
  CHECK_INT(fwrite(archive.bytes, 1, archive.size, tar), archive.size);
  CHECK_INT(pclose(tar), 0);
  CHECK_INT(packing.result.skipped, 1); /* the socket */
  CHECK_INT(packing.result.changed, 0);
  CHECK_INT(test_shell("cd %1$s && cd .. && for d in source copy; do (cd $d && find . -mindepth 1 \\! -type s \\! -name copy "
                       "-printf '%%P %%y %%m %%U:%%G %%s %%n %%Ts %%l\\n' | sed 's/ d \\([0-7]*\\) \\([0-9:]*\\) [0-9]*/ d \\1 \\2/' | sort; "
                       "find . -type f -exec md5sum {} + | sort; getfattr -R -d -m user . 2>/dev/null) >list-$d; done; diff list-source list-copy",
                       copy),
            0);
  free(copy);
  archive_free(&archive);
}

static void the_same_tree_gives_the_same_bytes(void) {
  struct packing one = test_pack_of(test_source_tree());
  struct packing other = test_pack_of(test_source_tree());
  one.request.flags = other.request.flags = TSKER_PACK_DIGEST;
  struct archive first = test_pack_to_memory(&one, 0);
  CHECK_INT(tsk_pack(&other.request, &other.result), 0); /* nowhere: only counted and hashed */
  CHECK(memcmp(one.result.sha256, other.result.sha256, 32) == 0);
  CHECK_INT(one.result.bytes, other.result.bytes);
  struct tsk_digest digest;
  uint8_t sum[32];
  tsk_digest_init(&digest);
  tsk_digest_update(&digest, first.bytes, first.size);
  tsk_digest_final(&digest, sum);
  CHECK(memcmp(one.result.sha256, sum, 32) == 0);
  archive_free(&first);
}

static void names_are_as_asked(void) {
  char *root_path = test_path("names");
  CHECK_INT(test_shell("mkdir -p %1$s/d/e && printf x >%1$s/d/e/f && printf y >%1$s/d.txt && ln -s d %1$s/l", root_path), 0);
  int root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  static const struct {
    const char *path, *name, *expected;
  } cases[] = {
      {"", "", "d/ 5 755 0:0 0\nd/e/ 5 755 0:0 0\nd/e/f 0 644 0:0 1\nd.txt 0 644 0:0 1\nl 2 777 0:0 0 d\n"},
      {"/d", "d", "d/ 5 755 0:0 0\nd/e/ 5 755 0:0 0\nd/e/f 0 644 0:0 1\n"},
      {"/d/.", ".", "./ 5 755 0:0 0\n./e/ 5 755 0:0 0\n./e/f 0 644 0:0 1\n"},
      {"/d/e", "/", "/ 5 755 0:0 0\n/f 0 644 0:0 1\n"},
      {"/l", "l", "l 2 777 0:0 0 d\n"},
      {"/l/", "l", "l/ 5 755 0:0 0\nl/e/ 5 755 0:0 0\nl/e/f 0 644 0:0 1\n"},
      {"/l/e/f", "other", "other 0 644 0:0 1\n"},
  };
  CHECK_INT(umask(022), 0);
  CHECK_INT(test_shell("chmod 755 %1$s/d %1$s/d/e && chmod 644 %1$s/d/e/f %1$s/d.txt", root_path), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct packing packing = test_pack_of(root);
    packing.request.path = cases[i].path;
    packing.request.name = cases[i].name;
    struct archive archive = test_pack_to_memory(&packing, 0);
    test_expect_list(&archive, cases[i].expected);
    archive_free(&archive);
  }
  umask(0);
  struct packing missing = test_pack_of(root);
  missing.request.path = "/nowhere";
  missing.request.name = "x";
  struct archive none = test_pack_to_memory(&missing, -ENOENT);
  CHECK_INT(missing.result.stage, TSKER_STAGE_PATH);
  archive_free(&none);
  close(root);
  free(root_path);
}

static void mounts_are_entered_but_not_the_kernels(void) {
  char *path = test_path("mounts");
  CHECK_INT(test_shell("mkdir -p %1$s/proc %1$s/tmp && cd %1$s && chmod 755 . && mount -t proc proc proc && mount -t tmpfs -o mode=755 tmpfs tmp && "
                       ": >tmp/file && chmod 644 tmp/file && chmod 755 tmp", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = test_pack_of(root);
  struct archive archive = test_pack_to_memory(&packing, 0);
  test_expect_list(&archive, "proc/ 5 555 0:0 0\ntmp/ 5 755 0:0 0\ntmp/file 0 644 0:0 0\n");
  archive_free(&archive);
  packing.request.flags = TSKER_PACK_XDEV;
  archive = test_pack_to_memory(&packing, 0);
  test_expect_list(&archive, "proc/ 5 555 0:0 0\ntmp/ 5 755 0:0 0\n");
  archive_free(&archive);
  packing.request.path = "/proc/version";
  packing.request.name = "version";
  archive = test_pack_to_memory(&packing, -ENOENT);
  archive_free(&archive);
  packing.request.path = "/proc/self/root/etc/passwd"; /* a magic link */
  archive = test_pack_to_memory(&packing, -ELOOP);
  archive_free(&archive);
  close(root);
  CHECK_INT(test_shell("umount %1$s/proc %1$s/tmp", path), 0);
  free(path);
}

static void plain_is_what_the_client_packs(void) {
  char *path = test_path("plain");
  CHECK_INT(test_shell("mkdir -p %1$s/d && cd %1$s && umask 022 && chmod 755 . d && printf abc >d/a && chmod 644 d/a && ln d/a d/b && "
                       "ln -s a d/l && mkfifo d/pipe && mknod d/null c 1 3 && setfattr -n user.x -v y d/a", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = test_pack_of(root);
  packing.request.name = "n";
  packing.request.flags = TSKER_PACK_PLAIN;
  struct archive archive = test_pack_to_memory(&packing, 0);
  test_expect_list(&archive, "n/ 5 755 0:0 0\nn/d/ 5 755 0:0 0\nn/d/a 0 644 0:0 3\nn/d/b 0 644 0:0 3\nn/d/l 2 777 0:0 0 a\n");
  CHECK_INT(packing.result.skipped, 2); /* the pipe and the device */
  CHECK(memmem(archive.bytes, archive.size, "user.x", 6) == NULL);
  archive_free(&archive);
  CHECK_INT(test_shell("mkdir %1$s/proc && mount -t proc proc %1$s/proc", path), 0);
  archive = test_pack_to_memory(&packing, -EOPNOTSUPP);
  archive_free(&archive);
  CHECK_INT(test_shell("umount %1$s/proc", path), 0);
  close(root);
  free(path);
}

static void enter_namespace(void) {
  CHECK_INT(unshare(CLONE_NEWNS), 0);
  CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

static const struct test tests[] = {
    {"a mount namespace is entered", enter_namespace},
    {"GNU tar gets a tree back as it was", gnu_tar_gets_the_tree_back},
    {"the same tree gives the same bytes and digest", the_same_tree_gives_the_same_bytes},
    {"names are as Docker's cp has them", names_are_as_asked},
    {"mounts are entered, the kernel's own are not", mounts_are_entered_but_not_the_kernels},
    {"plain is what the client packs", plain_is_what_the_client_packs},
};
TEST_MAIN(tests)
