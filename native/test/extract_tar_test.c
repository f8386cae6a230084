/* SPDX-License-Identifier: Apache-2.0
 *
 * The tar reader: every dialect GNU tar writes, what only other writers write, and what nobody should.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "layer/tar_internal.h"
#include "test/support/archive.h"
#include "test/support/test.h"

/* Reads all entries with their data; what the last call returned. `text` collects "name:type:size:data;". */
static int read_all(const struct archive *archive, size_t step, char *text, size_t capacity, struct tsk_fault *fault) {
  uint8_t *copy = malloc(archive->size + 1); /* of its own size, so that the sanitizer sees one byte too many */
  CHECK(copy != NULL);
  if (archive->size > 0) memcpy(copy, archive->bytes, archive->size);
  struct memory_source source = memory_source(copy, archive->size, step);
  struct tsk_tar *tar = tsk_tar_open(&source.source);
  struct tsk_tar_entry *entry;
  size_t used = 0;
  int got;
  *fault = (struct tsk_fault){0};
  text[0] = 0;
  while ((got = tsk_tar_next(tar, &entry, fault)) > 0) {
    const uint8_t *data;
    size_t length;
    uint64_t offset;
    used += (size_t)snprintf(text + used, capacity - used, "%s:%c:%llu:", entry->path, (char)entry->type,
                             (unsigned long long)entry->size);
    while ((got = tsk_tar_data(tar, &data, &length, &offset, fault)) > 0)
      if (used + length < capacity) memcpy(text + used, data, length), text[used += length] = 0;
    if (got < 0) break;
    used += (size_t)snprintf(text + used, capacity - used, "%s%s;", entry->link[0] ? ">" : "", entry->link);
  }
  tsk_tar_close(tar);
  free(copy);
  return got;
}

static void expect(const struct archive *archive, const char *expected) {
  static const size_t steps[] = {1, 7, 511, 512, 4096, 1u << 20};
  char text[16384];
  struct tsk_fault fault;
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    int got = read_all(archive, steps[i], text, sizeof text, &fault);
    if (got != 0 || strcmp(text, expected) != 0) fprintf(stderr, "%d %s\n got %s\nwant %s\n", got, fault.message, text, expected);
    CHECK(got == 0 && strcmp(text, expected) == 0);
  }
}

static void expect_error(struct archive *archive, const char *message) {
  char text[16384];
  struct tsk_fault fault;
  int got = read_all(archive, 512, text, sizeof text, &fault);
  if (got >= 0 || strstr(fault.message, message) == NULL) fprintf(stderr, "%d: %s, expected %s\n", got, fault.message, message);
  CHECK(got < 0 && fault.stage == TSKER_STAGE_TAR && strstr(fault.message, message) != NULL);
  archive_free(archive);
}

static void numbers(void) {
  static const struct {
    const char *field;
    int64_t value; /* -1: malformed */
  } cases[] = {
      {"0000644\0", 0644},     {"   644 \0", 0644},    {"644     ", 0644},     {"\0\0\0\0\0\0\0\0", 0},
      {"        ", 0},         {"77777777", 077777777}, {"0000648\0", -1},     {"06 44\0\0\0", -1},
      {"-000001\0", -1},       {"\x80\0\0\0\0\0\x01\0", 256}, {"644\0junk", 0644},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t value = -1;
    CHECK(tar_number(cases[i].field, 8, &value) == (cases[i].value >= 0));
    if (cases[i].value >= 0) CHECK_INT(value, cases[i].value);
  }
  int64_t value;
  CHECK(tar_number("\xff\xff\xff\xff\xff\xff\xff\xfe", 8, &value));
  CHECK_INT(value, -2);
  CHECK(!tar_number("\x80\0\0\x80\0\0\0\0\0\0\0\0", 12, &value)); /* beyond 63 bits */
}

static void timestamps(void) {
  static const struct {
    const char *text;
    int64_t seconds;
    long nanoseconds;
  } cases[] = {
      {"0", 0, 0}, {"12.5", 12, 500000000}, {"1700000000.123456789999", 1700000000, 123456789}, {"7.", 7, 0},
      {"-1", -1, 0}, {"-1.5", -2, 500000000}, {"-0.000000001", -1, 999999999},
  };
  struct timespec time;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK(tar_timestamp(cases[i].text, strlen(cases[i].text), &time));
    CHECK_INT(time.tv_sec, cases[i].seconds);
    CHECK_INT(time.tv_nsec, cases[i].nanoseconds);
  }
  static const char *const bad[] = {"", "-", ".5", "1.x", "1e3", "99999999999999999999", " 1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!tar_timestamp(bad[i], strlen(bad[i]), &time));
}

static const char *const make_tree =
    "cd %s && rm -rf t && mkdir -p t/d && printf hello >t/d/f && ln t/d/f t/hard && ln -s d/f t/soft && "
    "cd t && tar -c --format=%s --owner=0 --group=0 --no-recursion -f - d d/f hard soft";

static void dialects(void) {
  static const char *const formats[] = {"v7", "oldgnu", "gnu", "ustar", "posix"};
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    char command[512];
    snprintf(command, sizeof command, make_tree, test_directory(), formats[i]);
    struct archive archive = archive_of_command(command);
    expect(&archive, "d/:5:0:;d/f:0:5:hello;hard:1:0:>d/f;soft:2:0:>d/f;");
    archive_free(&archive);
  }
}

static void long_names(void) {
  char long_name[301];
  char expected[2048];
  memset(long_name, 'n', 300);
  long_name[150] = '/';
  long_name[300] = 0;
  static const char *const formats[] = {"gnu", "posix"};
  for (size_t i = 0; i < 2; i++) {
    char command[2048];
    snprintf(command, sizeof command,
             "cd %s && rm -rf l && mkdir l && cd l && mkdir %.150s && printf x >%s && ln -s %s link && "
             "tar -c --format=%s --owner=0 --group=0 -f - %s link",
             test_directory(), long_name, long_name, long_name, formats[i], long_name);
    struct archive archive = archive_of_command(command);
    snprintf(expected, sizeof expected, "%s:0:1:x;link:2:0:>%s;", long_name, long_name);
    expect(&archive, expected);
    archive_free(&archive);
  }
}

/* A file of 1 MB with three stretches of data, in every form GNU tar can write. */
static void sparse_files(void) {
  static const char *const options[] = {"--format=gnu", "--format=posix --sparse-version=0.0",
                                        "--format=posix --sparse-version=0.1", "--format=posix --sparse-version=1.0"};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    char command[2048];
    snprintf(command, sizeof command,
             "cd %s && rm -f s && truncate -s 1M s && for at in 0 20 200; do "
             "printf data | dd of=s bs=4096 seek=$at conv=notrunc status=none; done && tar -c -S %s -f - s && rm s",
             test_directory(), options[i]);
    struct archive archive = archive_of_command(command);
    struct memory_source source = memory_source(archive.bytes, archive.size, 1000);
    struct tsk_tar *tar = tsk_tar_open(&source.source);
    struct tsk_tar_entry *entry;
    struct tsk_fault fault = {0};
    const uint8_t *data;
    size_t length;
    uint64_t offset;
    uint64_t ends[3] = {0};
    CHECK_INT(tsk_tar_next(tar, &entry, &fault), 1);
    CHECK(strcmp(entry->path, "s") == 0 && entry->sparse);
    CHECK_INT(entry->size, 1 << 20);
    int got;
    while ((got = tsk_tar_data(tar, &data, &length, &offset, &fault)) > 0) {
      size_t which = offset < 20 * 4096 ? 0 : offset < 200 * 4096 ? 1 : 2;
      static const uint64_t starts[] = {0, 20 * 4096, 200 * 4096};
      if (offset == starts[which]) CHECK(length >= 4 && memcmp(data, "data", 4) == 0);
      ends[which] = offset + length;
    }
    CHECK_INT(got, 0);
    CHECK(ends[0] > 0 && ends[1] > 20 * 4096 && ends[2] > 200 * 4096 && ends[2] <= 1 << 20);
    CHECK_INT(tsk_tar_next(tar, &entry, &fault), 0);
    tsk_tar_close(tar);
    archive_free(&archive);
  }
}

static void many_sparse_extents(void) {
  char command[512];
  snprintf(command, sizeof command,
           "cd %s && rm -f s && truncate -s 4M s && for at in $(seq 0 2 80); do "
           "printf x | dd of=s bs=4096 seek=$at conv=notrunc status=none; done && tar -c -S --format=gnu -f - s s && rm s",
           test_directory());
  struct archive archive = archive_of_command(command);
  char text[1u << 19];
  struct tsk_fault fault;
  CHECK_INT(read_all(&archive, 333, text, sizeof text, &fault), 0); /* the map goes on in extension blocks */
  archive_free(&archive);
}

static void pax_records(void) {
  struct archive archive = {0};
  archive_pax(&archive, "path", "from pax");
  archive_entry(&archive, '0', "from header", "x");
  archive_entry(&archive, '0', "next", "y");
  archive_entry(&archive, 'g', "global", "20 path=of everyone\n");
  archive_entry(&archive, '0', "after global", "z");
  archive_end(&archive);
  expect(&archive, "from pax:0:1:x;next:0:1:y;after global:0:1:z;");
  archive_free(&archive);
}

static void pax_metadata(void) {
  struct archive archive = {0};
  static const char records[] =
      "19 uid=3000000000\n" "12 gid=1234\n" "30 mtime=1700000000.123456789\n" "24 SCHILY.xattr.user.a=1\n"
      "24 SCHILY.xattr.user.a=2\n" "20 unknown.key=value\n";
  char text[512];
  size_t used = 0;
  for (const char *at = records; *at != 0;) { /* lengths as they should be */
    const char *space = strchr(at, ' ') + 1;
    const char *end = strchr(at, '\n');
    size_t rest = (size_t)(end - space) + 2;
    size_t total = rest + (rest + 2 > 99 ? 3 : rest + 1 > 9 ? 2 : 1);
    used += (size_t)snprintf(text + used, sizeof text - used, "%zu %.*s\n", total, (int)(end - space), space);
    at = end + 1;
  }
  archive_entry(&archive, 'x', "PaxHeaders/x", text);
  archive_entry(&archive, '0', "file", "");
  archive_end(&archive);
  struct memory_source source = memory_source(archive.bytes, archive.size, 512);
  struct tsk_tar *tar = tsk_tar_open(&source.source);
  struct tsk_tar_entry *entry;
  struct tsk_fault fault = {0};
  CHECK_INT(tsk_tar_next(tar, &entry, &fault), 1);
  CHECK_INT(entry->uid, 3000000000u);
  CHECK_INT(entry->gid, 1234);
  CHECK_INT(entry->mtime.tv_nsec, 123456789);
  CHECK_INT(entry->xattr_count, 1);
  CHECK(strcmp(entry->xattrs[0].name, "user.a") == 0 && entry->xattrs[0].size == 1 && entry->xattrs[0].value[0] == '2');
  tsk_tar_close(tar);
  archive_free(&archive);
}

static void names_of_go_before_1_9(void) {
  struct archive archive = {0};
  archive_entry(&archive, '0', "file", "");
  archive_patch(&archive, 257, "ustar  ", 8);
  archive_patch(&archive, 345, "a/directory", 11); /* in a GNU header, where atime belongs */
  archive_end(&archive);
  expect(&archive, "a/directory/file:0:0:;");
  archive_free(&archive);
}

static void ends(void) {
  struct archive archive = {0};
  expect(&archive, "");
  archive_entry(&archive, '0', "file", "x");
  expect(&archive, "file:0:1:x;"); /* no end at all */
  struct archive unpadded = {archive.bytes, 513};
  expect(&unpadded, "file:0:1:x;"); /* not even padding */
  static const uint8_t zeros[512];
  archive_append(&archive, zeros, 512);
  expect(&archive, "file:0:1:x;"); /* half of the end */
  archive_append(&archive, zeros, 512);
  archive_append(&archive, "whatever follows", 16);
  expect(&archive, "file:0:1:x;");
  archive_free(&archive);
}

static void malformed(void) {
  struct archive archive = {0};
  static const uint8_t zeros[512];
  uint8_t junk[1024];
  memset(junk, 'j', sizeof junk);
  archive_append(&archive, junk, sizeof junk);
  expect_error(&archive, "checksum");

  archive_entry(&archive, '0', "file", "x");
  archive_append(&archive, zeros, 512);
  archive_entry(&archive, '0', "more", "x");
  expect_error(&archive, "a block of zeros within the archive");

  archive_entry(&archive, 'V', "volume", "");
  expect_error(&archive, "unknown type");

  archive_entry(&archive, '0', "file", "");
  archive_patch(&archive, 124, "99999999999", 12);
  expect_error(&archive, "invalid size");

  archive_entry(&archive, '0', "file", "");
  archive_patch(&archive, 108, "\x80\0\0\0\xff\xff\xff\xff", 8);
  expect_error(&archive, "invalid owner");

  archive_entry(&archive, '3', "device", "");
  archive_patch(&archive, 329, "7777777", 8);
  expect_error(&archive, "invalid device number");

  archive_entry(&archive, 'x', "PaxHeaders/x", "999 path=short\n");
  expect_error(&archive, "malformed pax header");

  archive_pax(&archive, "uid", "-1");
  expect_error(&archive, "malformed pax header (uid)");

  archive_entry_bytes(&archive, 'x', "PaxHeaders/x", "12 path=a\0b\n", 12);
  expect_error(&archive, "malformed pax header");

  archive_pax(&archive, "path", "orphan");
  expect_error(&archive, "truncated after an extended header");

  archive_entry(&archive, 'L', "././@LongLink", "");
  archive_patch(&archive, 124, "00777777777", 12);
  expect_error(&archive, "an extended header is too large");

  archive_pax(&archive, "GNU.sparse.map", "0,10,5,10");
  archive_pax(&archive, "path", "replaced"); /* the second header replaces the first: no sparse file */
  archive_entry(&archive, '0', "file", "x");
  archive_end(&archive);
  expect(&archive, "replaced:0:1:x;");
  archive_free(&archive);

  archive_pax(&archive, "GNU.sparse.map", "0,10,5,10");
  archive_entry(&archive, '0', "file", "12345678901234567890");
  expect_error(&archive, "the sparse map does not fit the file");

  archive_pax(&archive, "GNU.sparse.map", "0,9223372036854775807,9223372036854775807,9223372036854775807");
  archive_entry(&archive, '0', "file", "x");
  expect_error(&archive, "the sparse map does not fit the file");
}

/* Cut anywhere, an archive is an error or ends early; never more. */
static void truncations(void) {
  struct archive archive = {0};
  char text[16384];
  struct tsk_fault fault;
  archive_pax(&archive, "path", "a name");
  archive_entry(&archive, '0', "file", "0123456789");
  archive_entry(&archive, 'L', "././@LongLink", "another name");
  archive_entry(&archive, '0', "file", "0123456789");
  for (size_t size = 0; size < archive.size; size++) {
    struct archive cut = {archive.bytes, size};
    int got = read_all(&cut, 100, text, sizeof text, &fault);
    bool at_boundary = size == 0 || (size >= 1546 && size <= 2048) || size >= 3594;
    if (at_boundary ? got != 0 : got >= 0) fprintf(stderr, "cut at %zu: %d %s\n", size, got, text);
    CHECK(at_boundary ? got == 0 : got < 0);
  }
  archive_free(&archive);
}

static const struct test tests[] = {
    {"numbers in octal and base 256", numbers},
    {"pax timestamps, before 1970 too", timestamps},
    {"v7, oldgnu, gnu, ustar and posix archives of GNU tar", dialects},
    {"long names and link targets", long_names},
    {"sparse files in all four forms", sparse_files},
    {"a sparse map that goes on in further blocks", many_sparse_extents},
    {"pax records hold for one entry, global ones for none", pax_records},
    {"owner, time and xattrs of pax", pax_metadata},
    {"the prefix in GNU headers that old Go wrote", names_of_go_before_1_9},
    {"every way an archive may end", ends},
    {"malformed archives are refused with a reason", malformed},
    {"truncated archives are refused at every length", truncations},
};
TEST_MAIN(tests)
