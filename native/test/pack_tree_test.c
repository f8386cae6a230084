/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing trees under the sanitizers: every kind of file, layers in overlay's form, trees that change meanwhile, all the
 * places an archive can go to (needs root, GNU tar).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sys.h"
#include "layer/archive.h"
#include "layer/digest.h"
#include "test/support/archive.h"
#include "test/support/test.h"

static const char *const make_source =
    "set -e; mkdir -p %1$s; cd %1$s; mkdir -p a/b/c empty sticky; printf one >a/one; ln a/one a/b/two; ln a/one three; "
    "ln -s ../a/one a/link; mknod null c 1 3; mknod block b 7 99; mkfifo fifo; chmod 4755 a/one; chmod 1777 sticky; "
    "chown 1000:2000 a/b; chown -h 3:4 a/link; truncate -s 3M hole; "
    "printf end | dd of=hole bs=1 seek=2000000 conv=notrunc status=none; head -c 700000 /dev/urandom >a/large; "
    "python3 -c \"import os,socket; os.setxattr('a/one', 'user.x', b'y' * 2000); os.setxattr('a', 'trusted.t', b'z'); "
    "socket.socket(socket.AF_UNIX).bind('socket')\"; "
    "for i in $(seq 300); do echo $i >a/b/c/file-$i; done; touch -d '2001-02-03 04:05:06' a/b/c a/link -h a/b/c/file-7";

static int source_tree(void) {
  static int root = -1;
  char command[2048];
  char *path = test_path("source");
  if (root < 0) {
    snprintf(command, sizeof command, make_source, path);
    CHECK_INT(system(command), 0);
    root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(root >= 0);
  }
  free(path);
  return root;
}

static int shell(const char *format, const char *argument) {
  char command[2048];
  snprintf(command, sizeof command, format, argument, argument);
  return system(command);
}

struct packing {
  struct tsk_pack_request request;
  struct tsker_pack_result result;
};

static struct packing pack_of(int root) {
  return (struct packing){.request = {.root = root, .path = "", .name = "", .out = -1, .cancel = {.fd = -1}}};
}

/* Packs into memory. */
static struct archive pack_to_memory(struct packing *packing, int expected) {
  int memory = memfd_create("archive", MFD_CLOEXEC);
  CHECK(memory >= 0);
  packing->request.out = memory;
  int error = tsk_pack(&packing->request, &packing->result);
  if (error != expected) fprintf(stderr, "%s\n", packing->result.message);
  CHECK_INT(error, expected);
  struct archive archive = {.size = (size_t)lseek(memory, 0, SEEK_END)};
  archive.bytes = malloc(archive.size + 1);
  CHECK_INT(pread(memory, archive.bytes, archive.size, 0), archive.size);
  close(memory);
  if (expected == 0) CHECK_INT(packing->result.bytes, archive.size);
  return archive;
}

/* One line an entry, "name type mode uid:gid size link". */
static void list(const struct archive *archive, char *out, size_t capacity) {
  struct memory_source source = memory_source(archive->bytes, archive->size, 4096);
  struct tsk_tar *tar = tsk_tar_open(&source.source);
  struct tsk_tar_entry *entry;
  struct tsk_fault fault = {.error = 0};
  size_t used = 0;
  int got;
  out[0] = 0;
  while ((got = tsk_tar_next(tar, &entry, &fault)) > 0)
    used += (size_t)snprintf(out + used, capacity - used, "%s %c %o %u:%u %llu%s%s\n", entry->path, (char)entry->type,
                             entry->mode, entry->uid, entry->gid, (unsigned long long)entry->size,
                             entry->link[0] != 0 ? " " : "", entry->link);
  CHECK_INT(got, 0);
  CHECK(used < capacity);
  tsk_tar_close(tar);
}

static void expect_list(const struct archive *archive, const char *expected) {
  char text[8192];
  list(archive, text, sizeof text);
  if (strcmp(text, expected) != 0) fprintf(stderr, "got:\n%s", text);
  CHECK(strcmp(text, expected) == 0);
}

/* ---- what is packed ---- */

static void gnu_tar_gets_the_tree_back(void) {
  struct packing packing = pack_of(source_tree());
  struct archive archive = pack_to_memory(&packing, 0);
  char *copy = test_path("copy");
  CHECK_INT(mkdir(copy, 0755), 0);
  char command[256];
  snprintf(command, sizeof command, "tar -C %s -xp --xattrs --xattrs-include='user.*' -f -", copy);
  FILE *tar = popen(command, "w");
  CHECK_INT(fwrite(archive.bytes, 1, archive.size, tar), archive.size);
  CHECK_INT(pclose(tar), 0);
  CHECK_INT(packing.result.skipped, 1); /* the socket */
  CHECK_INT(packing.result.changed, 0);
  CHECK_INT(shell("cd %1$s && cd .. && for d in source copy; do (cd $d && find . -mindepth 1 \\! -type s \\! -name copy "
                  "-printf '%%P %%y %%m %%U:%%G %%s %%n %%Ts %%l\\n' | sed 's/ d \\([0-7]*\\) \\([0-9:]*\\) [0-9]*/ d \\1 \\2/' | sort; "
                  "find . -type f -exec md5sum {} + | sort; getfattr -R -d -m user . 2>/dev/null) >list-$d; done; diff list-source list-copy",
                  copy),
            0);
  free(copy);
  archive_free(&archive);
}

static void the_same_tree_gives_the_same_bytes(void) {
  struct packing one = pack_of(source_tree());
  struct packing other = pack_of(source_tree());
  one.request.flags = other.request.flags = TSKER_PACK_DIGEST;
  struct archive first = pack_to_memory(&one, 0);
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
  CHECK_INT(shell("mkdir -p %1$s/d/e && printf x >%1$s/d/e/f && printf y >%1$s/d.txt && ln -s d %1$s/l", root_path), 0);
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
  CHECK_INT(shell("chmod 755 %1$s/d %1$s/d/e && chmod 644 %1$s/d/e/f %1$s/d.txt", root_path), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct packing packing = pack_of(root);
    packing.request.path = cases[i].path;
    packing.request.name = cases[i].name;
    struct archive archive = pack_to_memory(&packing, 0);
    expect_list(&archive, cases[i].expected);
    archive_free(&archive);
  }
  umask(0);
  struct packing missing = pack_of(root);
  missing.request.path = "/nowhere";
  missing.request.name = "x";
  struct archive none = pack_to_memory(&missing, -ENOENT);
  CHECK_INT(missing.result.stage, TSKER_STAGE_PATH);
  archive_free(&none);
  close(root);
  free(root_path);
}

static void layers_have_whiteouts(void) {
  char *path = test_path("upper");
  CHECK_INT(shell("mkdir -p %1$s/opaque/kept %1$s/plain && cd %1$s && mknod gone c 0 0 && mknod plain/gone c 0 0 && "
                  "chmod 755 . opaque opaque/kept plain && mknod null c 1 3 && chmod 600 null && printf x >.wh.fake && "
                  "python3 -c \"import os; os.setxattr('opaque', 'trusted.overlay.opaque', b'y'); "
                  "os.setxattr('plain', 'trusted.overlay.origin', b'zz'); os.setxattr('plain', 'user.overlay.opaque', b'y')\"",
                  path),
            0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = pack_of(root);
  packing.request.flags = TSKER_PACK_OVERLAY;
  struct archive archive = pack_to_memory(&packing, 0);
  expect_list(&archive, ".wh.gone 0 600 0:0 0\n"
                        "null 3 600 0:0 0\n"
                        "opaque/ 5 755 0:0 0\n"
                        "opaque/.wh..wh..opq 0 755 0:0 0\n"
                        "opaque/kept/ 5 755 0:0 0\n"
                        "plain/ 5 755 0:0 0\n"
                        "plain/.wh.gone 0 600 0:0 0\n");
  CHECK_INT(packing.result.skipped, 1); /* the fake */
  CHECK(memmem(archive.bytes, archive.size, "overlay", 7) == NULL);
  archive_free(&archive);
  CHECK_INT(shell("python3 -c \"import os; os.setxattr('%1$s/plain', 'trusted.overlay.redirect', b'/x')\"", path), 0);
  archive = pack_to_memory(&packing, -EOPNOTSUPP);
  CHECK(strstr(packing.result.message, "plain/: overlay's redirects") != NULL);
  archive_free(&archive);
  close(root);
  free(path);
}

static void lists_of_changes_become_layers(void) {
  static const uint8_t list[] = "\1/dir\0\1/dir/new\0\2/dir/old\0\2/gone\0\1/vanished\0\1/.wh.fake";
  char *path = test_path("changes");
  CHECK_INT(shell("mkdir -p %1$s/dir && cd %1$s && : >dir/new && : >dir/unlisted && : >.wh.fake && chmod 755 dir && chmod 644 dir/new", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = pack_of(root);
  packing.request.list = list;
  packing.request.list_size = sizeof list;
  CHECK(tsk_pack_list_holds(list, sizeof list));
  struct archive archive = pack_to_memory(&packing, 0);
  expect_list(&archive, "dir/ 5 755 0:0 0\ndir/new 0 644 0:0 0\ndir/.wh.old 0 600 0:0 0\n.wh.gone 0 600 0:0 0\n");
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
  CHECK_INT(shell("mkdir -p %1$s && cd %1$s && : >a && : >b && chmod 644 a b && chown 100000:100033 a && chown 7:7 b", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  const struct tsker_id_range ranges[] = {{TSKER_ID_USER | TSKER_ID_GROUP, 0, 100000, 65536}};
  struct packing packing = pack_of(root);
  packing.request.ids = (struct tsk_ids){ranges, 1};
  struct archive archive = pack_to_memory(&packing, 0);
  expect_list(&archive, "a 0 644 0:33 0\nb 0 644 65534:65534 0\n");
  archive_free(&archive);
  close(root);
  free(path);
}

/* ---- mounts ---- */

static void mounts_are_entered_but_not_the_kernels(void) {
  char *path = test_path("mounts");
  CHECK_INT(shell("mkdir -p %1$s/proc %1$s/tmp && cd %1$s && chmod 755 . && mount -t proc proc proc && mount -t tmpfs -o mode=755 tmpfs tmp && "
                  ": >tmp/file && chmod 644 tmp/file && chmod 755 tmp", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = pack_of(root);
  struct archive archive = pack_to_memory(&packing, 0);
  expect_list(&archive, "proc/ 5 555 0:0 0\ntmp/ 5 755 0:0 0\ntmp/file 0 644 0:0 0\n");
  archive_free(&archive);
  packing.request.flags = TSKER_PACK_XDEV;
  archive = pack_to_memory(&packing, 0);
  expect_list(&archive, "proc/ 5 555 0:0 0\ntmp/ 5 755 0:0 0\n");
  archive_free(&archive);
  packing.request.path = "/proc/version";
  packing.request.name = "version";
  archive = pack_to_memory(&packing, -ENOENT);
  archive_free(&archive);
  packing.request.path = "/proc/self/root/etc/passwd"; /* a magic link */
  archive = pack_to_memory(&packing, -ELOOP);
  archive_free(&archive);
  close(root);
  CHECK_INT(shell("umount %1$s/proc %1$s/tmp", path), 0);
  free(path);
}

/* ---- as the client packs ---- */

static void plain_is_what_the_client_packs(void) {
  char *path = test_path("plain");
  CHECK_INT(shell("mkdir -p %1$s/d && cd %1$s && umask 022 && chmod 755 . d && printf abc >d/a && chmod 644 d/a && ln d/a d/b && "
                  "ln -s a d/l && mkfifo d/pipe && mknod d/null c 1 3 && setfattr -n user.x -v y d/a", path), 0);
  int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = pack_of(root);
  packing.request.name = "n";
  packing.request.flags = TSKER_PACK_PLAIN;
  struct archive archive = pack_to_memory(&packing, 0);
  expect_list(&archive, "n/ 5 755 0:0 0\nn/d/ 5 755 0:0 0\nn/d/a 0 644 0:0 3\nn/d/b 0 644 0:0 3\nn/d/l 2 777 0:0 0 a\n");
  CHECK_INT(packing.result.skipped, 2); /* the pipe and the device */
  CHECK(memmem(archive.bytes, archive.size, "user.x", 6) == NULL);
  archive_free(&archive);
  CHECK_INT(shell("mkdir %1$s/proc && mount -t proc proc %1$s/proc", path), 0);
  archive = pack_to_memory(&packing, -EOPNOTSUPP);
  archive_free(&archive);
  CHECK_INT(shell("umount %1$s/proc", path), 0);
  close(root);
  free(path);
}

/* ---- trees that change ---- */

struct change {
  const char *path;
  off_t size;
  unsigned calls, at;
};

static bool change_size(void *context) {
  struct change *change = context;
  if (++change->calls == change->at) CHECK_INT(truncate(change->path, change->size), 0);
  return false;
}

static void *drain(void *fd) {
  char buffer[65536];
  ssize_t got;
  size_t total = 0;
  while ((got = read((int)(intptr_t)fd, buffer, sizeof buffer)) > 0) total += (size_t)got;
  close((int)(intptr_t)fd);
  return (void *)total;
}

/* Whatever the size becomes, the archive is as long as its headers say. */
static void files_may_change_their_size(void) {
  char *directory = test_path("changing");
  char *file = test_path("changing/file");
  CHECK_INT(mkdir(directory, 0755), 0);
  int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (unsigned kind = 0; kind < 4; kind++) {
    CHECK_INT(shell("head -c 4000000 /dev/zero >%1$s", file), 0);
    struct change change = {.path = file, .size = kind % 2 == 0 ? 1000 : 5000000, .at = kind < 2 ? 2 : 4};
    struct packing packing = pack_of(root);
    int pipe[2];
    pthread_t reader;
    void *total;
    CHECK_INT(pipe2(pipe, O_CLOEXEC), 0);
    CHECK_INT(pthread_create(&reader, NULL, drain, (void *)(intptr_t)pipe[0]), 0);
    packing.request.out = pipe[1];
    packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = change_size, .context = &change};
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
  CHECK_INT(shell("rm -rf %1$s/*", context), 0);
  return false;
}

static void names_may_vanish(void) {
  char *directory = test_path("vanishing");
  CHECK_INT(shell("mkdir -p %1$s/d && for i in 1 2 3; do : >%1$s/d/$i; : >%1$s/$i; done", directory), 0);
  int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct packing packing = pack_of(root);
  packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = remove_names, .context = directory};
  struct archive archive = pack_to_memory(&packing, 0);
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
  struct packing packing = pack_of(root);
  struct archive archive = pack_to_memory(&packing, -ELOOP);
  CHECK_INT(packing.result.stage, TSKER_STAGE_READ);
  archive_free(&archive);
  close(root);
  CHECK_INT(shell("rm -rf %1$s", path), 0);
  free(path);
}

/* ---- where it goes ---- */

static void every_kind_of_descriptor_gets_the_same(void) {
  struct packing packing = pack_of(source_tree());
  struct archive expected = pack_to_memory(&packing, 0);
  for (unsigned kind = 0; kind < 4; kind++) {
    int ends[2];
    pthread_t reader;
    void *total;
    CHECK_INT(kind < 2 ? pipe2(ends, O_CLOEXEC) : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    CHECK_INT(pthread_create(&reader, NULL, drain, (void *)(intptr_t)ends[0]), 0);
    packing.request.out = ends[1];
    packing.request.flags = kind % 2 == 0 ? 0 : TSKER_PACK_DIGEST;
    CHECK_INT(tsk_pack(&packing.request, &packing.result), 0);
    close(ends[1]);
    pthread_join(reader, &total);
    CHECK_INT((size_t)total, expected.size);
  }
  archive_free(&expected);
}

/* Takes the frames away, in place; what is missing at the end is the last chunk. */
static void take_chunks_apart(struct archive *archive) {
  size_t at = 0, used = 0;
  while (at < archive->size) {
    char *end;
    size_t size = strtoul((char *)archive->bytes + at, &end, 16);
    CHECK(size > 0 && memcmp(end, "\r\n", 2) == 0);
    at = (size_t)(end + 2 - (char *)archive->bytes);
    CHECK(at + size + 2 <= archive->size && memcmp(archive->bytes + at + size, "\r\n", 2) == 0);
    memmove(archive->bytes + used, archive->bytes + at, size);
    used += size;
    at += size + 2;
  }
  archive->size = used;
}

static void *collect(void *fd) {
  struct archive *archive = calloc(1, sizeof *archive);
  ssize_t got = 1;
  archive->bytes = malloc(16 << 20);
  for (; got > 0; archive->size += (size_t)got)
    got = read((int)(intptr_t)fd, archive->bytes + archive->size, (16 << 20) - archive->size);
  archive->bytes[archive->size] = 0;
  close((int)(intptr_t)fd);
  return archive;
}

static struct archive pack_in_chunks(struct packing *packing) {
  int ends[2];
  pthread_t reader;
  void *got;
  CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  CHECK_INT(pthread_create(&reader, NULL, collect, (void *)(intptr_t)ends[0]), 0);
  packing->request.out = ends[1];
  packing->request.flags = TSKER_PACK_CHUNKED;
  CHECK_INT(tsk_pack(&packing->request, &packing->result), 0);
  close(ends[1]);
  pthread_join(reader, &got);
  struct archive archive = *(struct archive *)got;
  free(got);
  take_chunks_apart(&archive);
  CHECK_INT(archive.size, packing->result.bytes);
  return archive;
}

static void chunks_hold_the_same(void) {
  struct packing packing = pack_of(source_tree());
  struct archive expected = pack_to_memory(&packing, 0);
  struct archive archive = pack_in_chunks(&packing);
  CHECK(archive.size == expected.size && memcmp(archive.bytes, expected.bytes, archive.size) == 0);
  archive_free(&expected);
  archive_free(&archive);
}

/* A chunk is as long as it says, though the file it was begun for is not. */
static void files_may_change_within_a_chunk(void) {
  char *directory = test_path("chunked");
  char *file = test_path("chunked/file");
  CHECK_INT(mkdir(directory, 0755), 0);
  int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (off_t size = 1000; size < 10000000; size *= 5000) {
    CHECK_INT(shell("head -c 4000000 /dev/urandom >%1$s; chmod 644 %1$s", file), 0);
    struct change change = {.path = file, .size = size, .at = 2};
    struct packing packing = pack_of(root);
    packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = change_size, .context = &change};
    struct archive archive = pack_in_chunks(&packing);
    CHECK_INT(packing.result.changed, 1);
    CHECK(archive.size % 512 == 0);
    expect_list(&archive, "file 0 644 0:0 4000000\n");
    archive_free(&archive);
  }
  close(root);
  free(directory);
  free(file);
}

static void a_reader_that_leaves_is_noticed(void) {
  for (unsigned kind = 0; kind < 2; kind++) {
    int ends[2];
    CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    struct packing packing = pack_of(source_tree());
    packing.request.out = ends[1];
    packing.request.flags = kind == 0 ? 0 : TSKER_PACK_DIGEST;
    sigset_t broken;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, NULL); /* as in the library's threads */
    CHECK_INT(tsk_pack(&packing.request, &packing.result), -EPIPE);
    CHECK_INT(packing.result.stage, TSKER_STAGE_WRITE);
    close(ends[1]);
  }
}

static bool asked_late(void *calls) { return ++*(unsigned *)calls > 3; }

static void it_can_be_cancelled(void) {
  for (unsigned kind = 0; kind < 2; kind++) {
    int ends[2];
    unsigned calls = 0;
    CHECK_INT(pipe2(ends, O_CLOEXEC), 0); /* nobody reads */
    struct packing packing = pack_of(source_tree());
    packing.request.out = ends[1];
    packing.request.flags = kind == 0 ? 0 : TSKER_PACK_DIGEST;
    packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = asked_late, .context = &calls};
    CHECK_INT(tsk_pack(&packing.request, &packing.result), -ECANCELED);
    close(ends[0]);
    close(ends[1]);
  }
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
    {"an overlay directory becomes a layer with whiteouts", layers_have_whiteouts},
    {"lists of changes become layers", lists_of_changes_become_layers},
    {"owners are mapped", owners_are_mapped},
    {"mounts are entered, the kernel's own are not", mounts_are_entered_but_not_the_kernels},
    {"plain is what the client packs", plain_is_what_the_client_packs},
    {"files may change their size", files_may_change_their_size},
    {"names may vanish", names_may_vanish},
    {"depth is limited", depth_is_limited},
    {"pipes and sockets get the same", every_kind_of_descriptor_gets_the_same},
    {"chunks hold the same", chunks_hold_the_same},
    {"files may change within a chunk", files_may_change_within_a_chunk},
    {"a reader that leaves is noticed", a_reader_that_leaves_is_noticed},
    {"it can be cancelled", it_can_be_cancelled},
};
TEST_MAIN(tests)
