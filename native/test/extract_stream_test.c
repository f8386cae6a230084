/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipeline around the tar reader: decompression however the bytes arrive, both digests, full disks, cancelling, input
 * that stalls or breaks (needs root, gzip, zstd).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layer/digest.h"
#include "layer/inflate.h"
#include "layer/layer.h"
#include "test/support/archive.h"
#include "test/support/test.h"

/* ---- decompression ---- */

/* Inflates `packed` cut into two buffers at `cut`; what came out, or the error. */
static int inflate_cut(enum tsk_compression kind, const struct archive *packed, size_t cut, struct archive *out,
                       struct tsk_fault *fault) {
  static struct tsk_ring from, to; /* buffers are filled before anyone reads: all fits */
  *out = (struct archive){0};
  *fault = (struct tsk_fault){0};
  CHECK_INT(tsk_ring_open(&from, 1), 0);
  CHECK_INT(tsk_ring_open(&to, 1), 0);
  const size_t sizes[2] = {cut, packed->size - cut};
  size_t at = 0;
  for (size_t i = 0; i < 2; i++) {
    memcpy(tsk_ring_reserve(&from), packed->bytes + at, sizes[i]);
    tsk_ring_publish(&from, sizes[i]);
    at += sizes[i];
  }
  tsk_ring_end(&from);
  int error = tsk_inflate(kind, &from, &to, fault);
  tsk_ring_end(&to);
  const uint8_t *data;
  ssize_t got;
  while ((got = tsk_ring_peek(&to, 0, &data)) > 0) {
    archive_append(out, data, (size_t)got);
    tsk_ring_release(&to, 0);
  }
  tsk_ring_close(&from);
  tsk_ring_close(&to);
  return error;
}

/* Cut anywhere, the stream gives the same; truncated anywhere, it is an error or, between its parts, a whole part. */
static void check_stream(enum tsk_compression kind, const char *command, const char *expected) {
  struct archive packed = archive_of_command(command);
  struct archive out;
  struct tsk_fault fault;
  CHECK_INT(tsk_sniff(packed.bytes, packed.size), kind);
  for (size_t cut = 0; cut <= packed.size; cut++) {
    int error = inflate_cut(kind, &packed, cut, &out, &fault);
    if (error != 0) fprintf(stderr, "cut at %zu of %zu: %s\n", cut, packed.size, fault.message);
    CHECK_INT(error, 0);
    CHECK(out.size == strlen(expected) && memcmp(out.bytes, expected, out.size) == 0);
    archive_free(&out);
  }
  unsigned whole = 0;
  for (size_t size = 1; size < packed.size; size++) {
    struct archive cut = {packed.bytes, size};
    int error = inflate_cut(kind, &cut, size / 2, &out, &fault);
    if (error == 0) whole++;
    else CHECK(error == -EBADMSG && fault.stage == TSKER_STAGE_INFLATE && strstr(fault.message, "unexpected end") != NULL);
    archive_free(&out);
  }
  CHECK(whole <= 2);
  archive_free(&packed);
}

static void gzip_members(void) {
  check_stream(TSK_GZIP, "printf 'first member' | gzip -n; printf 'and the second' | gzip -n; printf '' | gzip",
               "first memberand the second");
  check_stream(TSK_GZIP, "f=$(mktemp -d)/named; printf data >$f; gzip -c $f; rm -r ${f%/named}", "data"); /* with FNAME */
}

static void zstd_frames(void) {
  check_stream(TSK_ZSTD, "printf 'first frame' | zstd -q; printf '\\120\\052\\115\\030\\003\\000\\000\\000abc'; printf two | zstd -q",
               "first frametwo");
}

static void after_gzip(void) {
  struct archive out;
  struct tsk_fault fault;
  struct archive zeros = archive_of_command("printf data | gzip; head -c 300 /dev/zero");
  CHECK_INT(inflate_cut(TSK_GZIP, &zeros, 100, &out, &fault), 0);
  CHECK_INT(out.size, 4);
  archive_free(&out);
  struct archive junk = archive_of_command("printf data | gzip; printf junk");
  CHECK_INT(inflate_cut(TSK_GZIP, &junk, 10, &out, &fault), -EBADMSG);
  CHECK(strstr(fault.message, "garbage after its end") != NULL);
  archive_free(&out);
  archive_free(&zeros);
  archive_free(&junk);
}

static void flipped_bits(void) {
  struct archive packed = archive_of_command("seq 1000 | gzip");
  struct archive out;
  struct tsk_fault fault;
  for (size_t at = 10; at < packed.size; at += 3) {
    packed.bytes[at] ^= 4;
    CHECK_INT(inflate_cut(TSK_GZIP, &packed, 5, &out, &fault), -EBADMSG);
    packed.bytes[at] ^= 4;
    archive_free(&out);
  }
  archive_free(&packed);
}

/* ---- the whole ---- */

static int extract(int fd, const char *target, struct tsker_extract_result *result) {
  int directory = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(directory >= 0);
  struct tsk_extract_request request = {
      .record = -1,
      .fd = fd, .target = directory, .flags = TSKER_EXTRACT_OVERLAY, .cancel_fd = -1};
  int error = tsk_extract(&request, result);
  close(directory);
  return error;
}

static int extract_command(const char *command, const char *target, struct tsker_extract_result *result) {
  FILE *stream = popen(command, "r");
  CHECK(stream != NULL);
  int error = extract(fileno(stream), target, result);
  pclose(stream);
  return error;
}

static char *fresh(const char *name) {
  char *path = test_path(name);
  CHECK_INT(mkdir(path, 0755), 0);
  return path;
}

static void digests(void) {
  char *target = fresh("digests");
  struct tsker_extract_result result;
  struct archive tar = {0};
  archive_entry(&tar, '0', "file", "content");
  archive_end(&tar);
  archive_append(&tar, "trailer", 7);
  int pipe_fds[2];
  CHECK_INT(pipe(pipe_fds), 0);
  CHECK_INT(write(pipe_fds[1], tar.bytes, tar.size), tar.size);
  close(pipe_fds[1]);
  CHECK_INT(extract(pipe_fds[0], target, &result), 0);
  struct tsk_digest digest;
  uint8_t expected[32];
  tsk_digest_init(&digest);
  tsk_digest_update(&digest, tar.bytes, tar.size);
  tsk_digest_final(&digest, expected);
  CHECK(memcmp(expected, result.sha256_tar, 32) == 0 && memcmp(expected, result.sha256_in, 32) == 0);
  CHECK_INT(result.bytes_in, tar.size);
  CHECK_INT(result.size, 7);
  CHECK_INT(result.entries, 1);
  close(pipe_fds[0]);
  archive_free(&tar);
  free(target);
}

static void full_disk(void) {
  char *target = fresh("full");
  struct tsker_extract_result result;
  CHECK_INT(mount("tmpfs", target, "tmpfs", 0, "size=1m"), 0);
  int error = extract_command("cd /tmp && f=$(mktemp -d) && cd $f && truncate -s 200M bomb && tar -c bomb | gzip -1; rm -r $f",
                              target, &result);
  CHECK_INT(umount2(target, MNT_DETACH), 0);
  CHECK_INT(error, -ENOSPC);
  CHECK_INT(result.stage, TSKER_STAGE_WRITE);
  CHECK(strstr(result.message, "bomb: cannot write: No space left on device") != NULL);
  free(target);
}

static bool is_set(void *flag) { return atomic_load((atomic_bool *)flag); }

struct cancelling {
  struct tsk_extract_request request;
  struct tsker_extract_result result;
};

static void *run_extract(void *context) {
  struct cancelling *cancelling = context;
  tsk_extract(&cancelling->request, &cancelling->result);
  return NULL;
}

/* Cancels an extraction after 30 ms; it must end at once. */
static void cancel_one(int fd, const char *target) {
  atomic_bool cancelled = false;
  pthread_t thread;
  int wake = eventfd(0, EFD_CLOEXEC);
  struct cancelling cancelling = {.request = {.fd = fd,
                                              .target = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC),
                                              .flags = TSKER_EXTRACT_OVERLAY,
                                              .cancel_fd = wake,
                                              .cancelled = is_set,
                                              .context = &cancelled}};
  CHECK_INT(pthread_create(&thread, NULL, run_extract, &cancelling), 0);
  usleep(30000);
  atomic_store(&cancelled, true);
  CHECK_INT(eventfd_write(wake, 1), 0);
  CHECK_INT(pthread_join(thread, NULL), 0);
  CHECK_INT(cancelling.result.error, -ECANCELED);
  CHECK(strcmp(cancelling.result.message, "cancelled") == 0);
  close(wake);
  close(cancelling.request.target);
}

static void cancelling(void) {
  char *target = fresh("cancel");
  int pipe_fds[2];
  CHECK_INT(pipe(pipe_fds), 0);
  cancel_one(pipe_fds[0], target); /* waiting for the first byte */
  struct archive tar = {0};
  archive_entry(&tar, '0', "file", "content");
  CHECK_INT(write(pipe_fds[1], tar.bytes, 700), 700);
  cancel_one(pipe_fds[0], target); /* in the middle of an entry */
  close(pipe_fds[0]);
  close(pipe_fds[1]);
  archive_free(&tar);
  /* at full speed, with every buffer full */
  FILE *stream = popen("f=$(mktemp -d); cd $f; truncate -s 4G big; tar -c big 2>/dev/null | gzip -1 2>/dev/null; rm -r $f",
                       "r");
  CHECK(stream != NULL);
  cancel_one(fileno(stream), target);
  pclose(stream);
  free(target);
}

static void broken_input(void) {
  char *target = fresh("broken");
  struct tsker_extract_result result;
  CHECK_INT(extract(open(target, O_RDONLY | O_DIRECTORY), target, &result), -EISDIR);
  CHECK_INT(result.stage, TSKER_STAGE_READ);
  CHECK(strstr(result.message, "cannot read the layer") != NULL);
  CHECK_INT(extract_command("printf 'x' | bzip2", target, &result), -EOPNOTSUPP);
  CHECK_INT(result.stage, TSKER_STAGE_INFLATE);
  free(target);
}

static const struct test tests[] = {
    {"gzip members, cut and truncated anywhere", gzip_members},
    {"zstd frames, cut and truncated anywhere", zstd_frames},
    {"after gzip's end zeros are padding and anything else an error", after_gzip},
    {"a flipped bit is found", flipped_bits},
    {"both digests cover every byte", digests},
    {"a full disk is an error of the write stage that names the entry", full_disk},
    {"cancelling ends a stalled and a busy extraction", cancelling},
    {"input that cannot be read", broken_input},
};
TEST_MAIN(tests)
