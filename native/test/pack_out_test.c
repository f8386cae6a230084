/* SPDX-License-Identifier: Apache-2.0
 *
 * The places an archive can go to: pipes, sockets and chunks, readers that leave, and a request
 * that is cancelled (needs root).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test/support/packing.h"

static void every_kind_of_descriptor_gets_the_same(void) {
  struct packing packing = test_pack_of(test_source_tree());
  struct archive expected = test_pack_to_memory(&packing, 0);
  for (unsigned kind = 0; kind < 4; kind++) {
    int ends[2];
    pthread_t reader;
    void *total;
    CHECK_INT(kind < 2 ? pipe2(ends, O_CLOEXEC) : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    CHECK_INT(pthread_create(&reader, NULL, test_drain, (void *)(intptr_t)ends[0]), 0);
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
  struct packing packing = test_pack_of(test_source_tree());
  struct archive expected = test_pack_to_memory(&packing, 0);
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
    CHECK_INT(test_shell("head -c 4000000 /dev/urandom >%1$s; chmod 644 %1$s", file), 0);
    struct change change = {.path = file, .size = size, .at = 2};
    struct packing packing = test_pack_of(root);
    packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = test_change_size, .context = &change};
    struct archive archive = pack_in_chunks(&packing);
    CHECK_INT(packing.result.changed, 1);
    CHECK(archive.size % 512 == 0);
    test_expect_list(&archive, "file 0 644 0:0 4000000\n");
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
    struct packing packing = test_pack_of(test_source_tree());
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
    struct packing packing = test_pack_of(test_source_tree());
    packing.request.out = ends[1];
    packing.request.flags = kind == 0 ? 0 : TSKER_PACK_DIGEST;
    packing.request.cancel = (struct tsk_cancel){.fd = -1, .asked = asked_late, .context = &calls};
    CHECK_INT(tsk_pack(&packing.request, &packing.result), -ECANCELED);
    close(ends[0]);
    close(ends[1]);
  }
}

static const struct test tests[] = {
    {"pipes and sockets get the same", every_kind_of_descriptor_gets_the_same},
    {"chunks hold the same", chunks_hold_the_same},
    {"files may change within a chunk", files_may_change_within_a_chunk},
    {"a reader that leaves is noticed", a_reader_that_leaves_is_noticed},
    {"it can be cancelled", it_can_be_cancelled},
};
TEST_MAIN(tests)
