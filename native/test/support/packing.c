/* SPDX-License-Identifier: Apache-2.0
 *
 * See packing.h.
 */
#include "test/support/packing.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const make_source =
    "set -e; mkdir -p %1$s; cd %1$s; mkdir -p a/b/c empty sticky; printf one >a/one; ln a/one a/b/two; ln a/one three; "
    "ln -s ../a/one a/link; mknod null c 1 3; mknod block b 7 99; mkfifo fifo; chmod 4755 a/one; chmod 1777 sticky; "
    "chown 1000:2000 a/b; chown -h 3:4 a/link; truncate -s 3M hole; "
    "printf end | dd of=hole bs=1 seek=2000000 conv=notrunc status=none; head -c 700000 /dev/urandom >a/large; "
    "python3 -c \"import os,socket; os.setxattr('a/one', 'user.x', b'y' * 2000); os.setxattr('a', 'trusted.t', b'z'); "
    "socket.socket(socket.AF_UNIX).bind('socket')\"; "
    "for i in $(seq 300); do echo $i >a/b/c/file-$i; done; touch -d '2001-02-03 04:05:06' a/b/c a/link -h a/b/c/file-7";

int test_source_tree(void) {
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

int test_shell(const char *format, const char *argument) {
  char command[2048];
  snprintf(command, sizeof command, format, argument, argument);
  return system(command);
}

struct packing test_pack_of(int root) {
  return (struct packing){.request = {.root = root, .path = "", .name = "", .out = -1, .cancel = {.fd = -1}}};
}

struct archive test_pack_to_memory(struct packing *packing, int expected) {
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

void test_expect_list(const struct archive *archive, const char *expected) {
  char text[8192];
  list(archive, text, sizeof text);
  if (strcmp(text, expected) != 0) fprintf(stderr, "got:\n%s", text);
  CHECK(strcmp(text, expected) == 0);
}

bool test_change_size(void *context) {
  struct change *change = context;
  if (++change->calls == change->at) CHECK_INT(truncate(change->path, change->size), 0);
  return false;
}

void *test_drain(void *fd) {
  char buffer[65536];
  ssize_t got;
  size_t total = 0;
  while ((got = read((int)(intptr_t)fd, buffer, sizeof buffer)) > 0) total += (size_t)got;
  close((int)(intptr_t)fd);
  return (void *)total;
}
