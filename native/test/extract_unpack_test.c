/* SPDX-License-Identifier: Apache-2.0
 *
 * Unpacking, copying and listing trees, under the sanitizers: what test/conformance checks in its meaning, here on a tree
 * with everything in it, applied twice, copied, compared by diff and cp (needs root, python3).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/ops.h"
#include "layer/layer.h"
#include "layer/path.h"
#include "layer/remove.h"
#include "test/support/archive.h"
#include "test/support/test.h"

static const char *const make_source =
    "set -e; cd %s; mkdir -p s/a/b/c s/empty s/sticky; cd s; printf one >a/one; ln a/one a/b/two; ln a/one three; "
    "ln -s ../a/one a/link; mknod null c 1 3; mknod block b 7 99; mkfifo fifo; chmod 4755 a/one; chmod 1777 sticky; "
    "chown 1000:2000 a/b; chown -h 3:4 a/link; truncate -s 3M hole; printf end | dd of=hole bs=1 seek=2000000 conv=notrunc status=none; "
    "python3 -c \"import os; os.setxattr('a/one', 'user.x', b'y' * 2000); os.setxattr('a', 'trusted.t', b'z')\"; "
    "for i in $(seq 300); do echo $i >a/b/c/file-$i; done; touch -d '2001-02-03 04:05:06.123456789' a/b/c a/link -h a/b/c/file-7";

static const char *const make_listing =
    "cd %s && find . -mindepth 1 \\! -type s -printf '%%p %%y %%m %%U:%%G %%s %%n %%T+ %%l\\n' | sed 's/ d \\([0-7]*\\) \\([0-9:]*\\) [0-9]*/ d \\1 \\2/' | sort; "
    "find . -type f -exec md5sum {} + | sort";


static struct archive listing(const char *directory) {
  char command[1024];
  snprintf(command, sizeof command, make_listing, directory);
  return archive_of_command(command);
}

static void expect_same(const char *one, const char *other) {
  struct archive a = listing(one);
  struct archive b = listing(other);
  bool same = a.size == b.size && memcmp(a.bytes, b.bytes, a.size) == 0;
  if (!same) fprintf(stderr, "%s:\n%.*s\n%s:\n%.*s\n", one, (int)a.size, a.bytes, other, (int)b.size, b.bytes);
  CHECK(same);
  archive_free(&a);
  archive_free(&b);
}

static void source_tree(char **source) {
  char command[2048];
  *source = test_path("s");
  if (access(*source, F_OK) == 0) return;
  snprintf(command, sizeof command, make_source, test_directory());
  CHECK_INT(system(command), 0);
}

static int extract_command(const char *command, const char *target, uint32_t flags, struct tsker_extract_result *result) {
  FILE *stream = popen(command, "r");
  CHECK(stream != NULL);
  int directory = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(directory >= 0);
  struct tsk_extract_request request = {.fd = fileno(stream), .target = directory, .flags = flags, .record = -1, .cancel_fd = -1};
  int error = tsk_extract(&request, result);
  close(directory);
  pclose(stream);
  return error;
}

static void round_trip(uint32_t flags, const char *name, unsigned times) {
  char *source;
  char *target = test_path(name);
  char command[512];
  struct tsker_extract_result result;
  source_tree(&source);
  CHECK_INT(mkdir(target, 0755), 0);
  snprintf(command, sizeof command, "tar -C %s -c -S --format=posix --xattrs --xattrs-include='*' . 2>/dev/null", source);
  for (unsigned i = 0; i < times; i++) {
    int error = extract_command(command, target, flags, &result);
    if (error != 0) fprintf(stderr, "%s\n", result.message);
    CHECK_INT(error, 0);
  }
  expect_same(source, target);
  free(source);
  free(target);
}

static void unpacks(void) { round_trip(TSKER_EXTRACT_OVERLAY, "overlay", 1); }

/* The second time everything is in the way. */
static void applies_twice(void) { round_trip(TSKER_EXTRACT_APPLY, "apply", 2); }

static int run_op(int (*run)(struct tsk_context *, const struct tsk_op *), const char *one, const char *two, uint64_t fd) {
  struct tsk_context context = TSK_CONTEXT;
  struct tsk_op op = {.args = {{.s = one}, {.u = fd}}};
  if (two != NULL) op.args[1].s = two;
  return run(&context, &op);
}

static void copies(void) {
  char *source;
  char *target = test_path("copy");
  source_tree(&source);
  CHECK_INT(mkdir(target, 0700), 0);
  CHECK_INT(run_op(tsk_do_COPYTREE, source, target, 0), 0);
  expect_same(source, target);
  char *hole = test_path("copy/hole");
  struct stat status;
  CHECK_INT(stat(hole, &status), 0);
  CHECK_INT(status.st_size, 3 << 20);
  CHECK(status.st_blocks < 100);
  CHECK_INT(run_op(tsk_do_COPYTREE, "/nowhere", target, 0), -ENOENT);
  CHECK_INT(run_op(tsk_do_COPYTREE, source, target, 0), -EEXIST);
  free(hole);
  free(source);
  free(target);
}

static void scans(void) {
  char *source;
  char *output = test_path("records");
  source_tree(&source);
  int fd = open(output, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  CHECK_INT(run_op(tsk_do_SCAN, source, NULL, (uint64_t)fd), 0);
  struct stat status;
  CHECK_INT(fstat(fd, &status), 0);
  uint8_t *bytes = malloc((size_t)status.st_size);
  CHECK(bytes != NULL && pread(fd, bytes, (size_t)status.st_size, 0) == status.st_size);
  size_t count = 0;
  bool link = false;
  bool xattrs = false;
  for (size_t at = 0; at < (size_t)status.st_size; count++) {
    struct tsker_scan_record record;
    memcpy(&record, bytes + at, sizeof record);
    const char *path = (const char *)bytes + at + sizeof record;
    CHECK(record.size % 8 == 0 && record.size >= sizeof record + record.path_size);
    if (record.path_size == 6 && memcmp(path, "a/link", 6) == 0)
      link = S_ISLNK(record.mode) && record.uid == 3 && record.link != 0 && record.nanoseconds == 123456789;
    if (record.path_size == 5 && memcmp(path, "a/one", 5) == 0) xattrs = record.xattrs != 0 && record.links == 3;
    at += record.size;
  }
  CHECK_INT(count, 313);
  CHECK(link && xattrs);
  CHECK_INT(run_op(tsk_do_SCAN, source, NULL, 9999), -EBADF);
  free(bytes);
  close(fd);
  free(output);
  free(source);
}

static void deep_trees(void) {
  char command[512];
  snprintf(command, sizeof command,
           "python3 -c \"import os\nos.makedirs('%s/deep'); os.chdir('%s/deep')\n"
           "for i in range(3000): os.mkdir('d'); open('f', 'w').close(); os.chdir('d')\"",
           test_directory(), test_directory());
  CHECK_INT(system(command), 0);
  int directory = open(test_directory(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK_INT(tsk_remove_tree(directory, "deep"), 0);
  CHECK_INT(faccessat(directory, "deep", F_OK, 0), -1);
  CHECK_INT(tsk_remove_tree(directory, "deep"), 0);
  close(directory);
}

static void clean_paths(void) {
  static const struct {
    const char *path, *clean; /* NULL: leads out */
  } cases[] = {
      {"a", "a"},       {"./a//b/", "a/b"}, {"/a/../b", "b"}, {"", ""},        {".", ""},        {"/", ""},
      {"..", NULL},     {"a/../..", NULL},  {"/..", ""},      {"/../a", "a"},  {"a/..", ""},     {"a/./../b/c/..", "b"},
      {"...", "..."},   {"a/..b", "a/..b"}, {"./../x", NULL}, {"a/b/../../..", NULL}, {"//a", "a"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[64];
    int error = tsk_path_clean(cases[i].path, out);
    CHECK_INT(error, cases[i].clean == NULL ? -EXDEV : 0);
    CHECK(cases[i].clean == NULL || strcmp(out, cases[i].clean) == 0);
  }
}

static void written_names(void) {
  struct tsk_pathset set;
  CHECK_INT(tsk_pathset_open(&set), 0);
  char name[16];
  for (unsigned i = 0; i < 5000; i++) {
    snprintf(name, sizeof name, "n%u", i);
    CHECK_INT(tsk_pathset_add_name(&set, i % 7, name), 1);
    CHECK_INT(tsk_pathset_add_name(&set, i % 7, name), 0);
  }
  CHECK_INT(tsk_pathset_add_directory(&set, 3), 1);
  CHECK(tsk_pathset_has_name(&set, 4999 % 7, "n4999") && !tsk_pathset_has_name(&set, 4999 % 7 + 1, "n4999"));
  CHECK(tsk_pathset_has_directory(&set, 3) && !tsk_pathset_has_directory(&set, 4));
  tsk_pathset_close(&set);
}

static const struct test tests[] = {
    {"names are cleaned as Go cleans them", clean_paths},
    {"what was written is known by place and name", written_names},
    {"a tree of everything is unpacked as it was", unpacks},
    {"and applied over itself", applies_twice},
    {"a tree is copied with everything, holes included", copies},
    {"a tree is listed record by record", scans},
    {"a tree of any depth is removed", deep_trees},
};
TEST_MAIN(tests)
