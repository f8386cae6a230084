/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers as they are written: the form that is chosen for each entry, and that the engine's own reader reads it back.
 */
#include <stdlib.h>
#include <string.h>

#include "layer/pack_internal.h"
#include "layer/tar_internal.h"
#include "test/support/archive.h"
#include "test/support/test.h"

static struct pack_entry plain(const char *name) {
  return (struct pack_entry){.type = TSK_TAR_FILE, .name = name, .link = "", .mode = 0644, .mtime = 1700000000};
}

static const struct tar_header *block(const struct pack_bytes *bytes, size_t index) {
  return (const struct tar_header *)(bytes->data + index * TSK_TAR_BLOCK);
}

/* Reads the entry back; its data is left out, so only headers of no size. */
static void expect_read(const struct pack_bytes *bytes, const struct pack_entry *entry) {
  struct memory_source source = memory_source(bytes->data, bytes->size, 100);
  struct tsk_tar *tar = tsk_tar_open(&source.source);
  struct tsk_tar_entry *read;
  struct tsk_fault fault = {.error = 0};
  CHECK_INT(tsk_tar_next(tar, &read, &fault), 1);
  CHECK(strcmp(read->path, entry->name) == 0);
  CHECK(strcmp(read->link, entry->link) == 0);
  CHECK_INT(read->type, entry->type);
  CHECK_INT(read->mode, entry->mode);
  CHECK_INT(read->uid, entry->uid);
  CHECK_INT(read->gid, entry->gid);
  CHECK_INT(read->size, entry->size);
  CHECK_INT(read->mtime.tv_sec, entry->mtime);
  CHECK_INT(read->major, entry->major);
  CHECK_INT(read->minor, entry->minor);
  CHECK_INT(read->xattr_count, entry->xattr_count);
  for (size_t i = 0; i < read->xattr_count; i++) {
    CHECK(strcmp(read->xattrs[i].name, entry->xattrs[i].name) == 0);
    CHECK_INT(read->xattrs[i].size, entry->xattrs[i].size);
    CHECK(memcmp(read->xattrs[i].value, entry->xattrs[i].value, read->xattrs[i].size) == 0);
  }
  tsk_tar_close(tar);
}

static struct pack_bytes packed(const struct pack_entry *entry, size_t blocks) {
  struct pack_bytes bytes = {.size = 0};
  CHECK_INT(pack_header(&bytes, entry), 0);
  CHECK_INT(bytes.size, blocks * TSK_TAR_BLOCK);
  expect_read(&bytes, entry);
  return bytes;
}

static void ordinary_entries_are_ustar(void) {
  struct pack_entry entry = plain("usr/bin/su");
  entry.mode = 04755;
  entry.uid = 07777777;
  entry.size = 077777777777;
  struct pack_bytes bytes = packed(&entry, 1);
  CHECK(memcmp(block(&bytes, 0)->magic, "ustar\0" "00", 8) == 0);
  CHECK(memcmp(block(&bytes, 0)->mode, "0004755", 8) == 0);
  CHECK(memcmp(block(&bytes, 0)->devmajor, "0000000", 8) == 0);
  CHECK(memcmp(block(&bytes, 0)->size, "77777777777", 12) == 0);
  free(bytes.data);
}

static void devices_have_numbers(void) {
  struct pack_entry entry = plain("dev/sda");
  entry.type = TSK_TAR_BLOCK_DEVICE;
  entry.major = 4095;
  entry.minor = 1048575;
  free(packed(&entry, 1).data);
}

static void long_names_are_cut_where_they_can_be(void) {
  char name[257] = {0};
  memset(name, 'a', 256);
  name[155] = '/'; /* 155 and 100: the most that fits */
  struct pack_entry entry = plain(name);
  struct pack_bytes bytes = packed(&entry, 1);
  CHECK(memcmp(block(&bytes, 0)->prefix, name, 155) == 0 && memcmp(block(&bytes, 0)->name, name + 156, 100) == 0);
  free(bytes.data);
  /* a directory's slash at the end is no place to cut */
  char directory[103] = {0};
  memset(directory, 'd', 101);
  directory[101] = '/';
  entry = plain(directory);
  entry.type = TSK_TAR_DIRECTORY;
  free(packed(&entry, 3).data);
}

static void what_does_not_fit_is_pax(void) {
  char name[200] = {0};
  memset(name, 'n', 150);
  struct pack_entry entry = plain(name);
  struct pack_bytes bytes = packed(&entry, 3);
  CHECK_INT(block(&bytes, 0)->type, 'x');
  CHECK(strncmp(block(&bytes, 0)->name, "PaxHeaders.0/nnn", 16) == 0);
  CHECK(memcmp(block(&bytes, 2)->name, name, 100) == 0);
  free(bytes.data);

  entry = plain("d/\xc3\xbc/x");
  bytes = packed(&entry, 3);
  CHECK(strcmp(block(&bytes, 0)->name, "d//PaxHeaders.0/x") == 0);
  CHECK(strcmp((const char *)block(&bytes, 1), "15 path=d/\xc3\xbc/x\n") == 0);
  CHECK(strcmp(block(&bytes, 2)->name, "d//x") == 0);
  free(bytes.data);

  entry = plain("link");
  entry.type = TSK_TAR_SYMLINK;
  entry.link = name;
  free(packed(&entry, 3).data);

  entry = plain("numbers");
  entry.uid = 2097152;
  entry.gid = 4000000000u;
  entry.mtime = -1;
  bytes = packed(&entry, 3);
  CHECK(strcmp((const char *)block(&bytes, 1), "18 gid=4000000000\n12 mtime=-1\n15 uid=2097152\n") == 0);
  CHECK(memcmp(block(&bytes, 2)->uid, "0000000", 8) == 0);
  free(bytes.data);

  entry = plain("huge");
  entry.size = 1ull << 33;
  bytes = packed(&entry, 3);
  CHECK(strcmp((const char *)block(&bytes, 1), "19 size=8589934592\n") == 0);
  free(bytes.data);
}

static void attributes_are_pax(void) {
  uint8_t value[1000];
  memset(value, 0, sizeof value);
  const struct pack_xattr xattrs[] = {{"security.capability", value, 20}, {"user.x", value, sizeof value}};
  struct pack_entry entry = plain("bin/ping");
  entry.xattrs = xattrs;
  entry.xattr_count = 2;
  free(packed(&entry, 1 + 3 + 1).data);
}

/* The size of a record counts its own digits. */
static void records_of_every_size_are_right(void) {
  char name[1200];
  for (size_t size = 101; size < sizeof name - 1; size++) {
    memset(name, 'r', size);
    name[size] = 0;
    struct pack_entry entry = plain(name);
    struct pack_bytes bytes = {.size = 0};
    CHECK_INT(pack_header(&bytes, &entry), 0);
    expect_read(&bytes, &entry);
    free(bytes.data);
  }
}

static void ids_are_mapped(void) {
  const struct tsker_id_range ranges[] = {
      {TSKER_ID_USER | TSKER_ID_GROUP, 0, 100000, 1000},
      {TSKER_ID_USER, 1000, 5000, 1},
  };
  const struct tsk_ids ids = {ranges, 2};
  const struct tsk_ids none = {NULL, 0};
  uint32_t outside;
  CHECK_INT(tsk_id_inside(&ids, TSKER_ID_USER, 100000), 0);
  CHECK_INT(tsk_id_inside(&ids, TSKER_ID_USER, 100999), 999);
  CHECK_INT(tsk_id_inside(&ids, TSKER_ID_USER, 101000), TSK_ID_NOBODY);
  CHECK_INT(tsk_id_inside(&ids, TSKER_ID_USER, 5000), 1000);
  CHECK_INT(tsk_id_inside(&ids, TSKER_ID_GROUP, 5000), TSK_ID_NOBODY);
  CHECK_INT(tsk_id_inside(&none, TSKER_ID_USER, 7), 7);
  CHECK(tsk_id_outside(&ids, TSKER_ID_GROUP, 33, &outside) && outside == 100033);
  CHECK(tsk_id_outside(&ids, TSKER_ID_USER, 1000, &outside) && outside == 5000);
  CHECK(!tsk_id_outside(&ids, TSKER_ID_GROUP, 1000, &outside));
  CHECK(tsk_id_outside(&none, TSKER_ID_GROUP, 12, &outside) && outside == 12);
}

static const struct test tests[] = {
    {"ordinary entries are one ustar block", ordinary_entries_are_ustar},
    {"devices have their numbers", devices_have_numbers},
    {"long names are cut in two where ustar can hold them", long_names_are_cut_where_they_can_be},
    {"what ustar does not hold is a pax record", what_does_not_fit_is_pax},
    {"extended attributes are pax records, in order", attributes_are_pax},
    {"records of every size are right", records_of_every_size_are_right},
    {"ids are mapped in both directions", ids_are_mapped},
};
TEST_MAIN(tests)
