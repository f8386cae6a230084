/* SPDX-License-Identifier: Apache-2.0
 *
 * Placing archives under the sanitizers: what Docker's cp does with what is there, and hostile names, links and streams
 * (needs root, GNU tar, gzip, zstd).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "layer/archive.h"
#include "layer/inside.h"
#include "test/support/archive.h"
#include "test/support/test.h"

static int shell(const char *format, const char *argument) {
  char command[2048];
  snprintf(command, sizeof command, format, argument);
  return system(command);
}

/* A fresh root, with a file beside it that nothing may touch. */
struct world {
  char *path, *outside;
  int root;
  struct tsk_place_request request;
  struct tsker_place_result result;
};

static struct world new_world(void) {
  static unsigned number;
  char name[32];
  struct world world;
  snprintf(name, sizeof name, "w%u/root", ++number);
  world.path = test_path(name);
  CHECK_INT(shell("mkdir -p %1$s/dir %1$s/etc && chmod 755 %1$s/dir && printf secret >%1$s/../outside", world.path), 0);
  snprintf(name, sizeof name, "w%u/outside", number);
  world.outside = test_path(name);
  world.root = open(world.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(world.root >= 0);
  world.request = (struct tsk_place_request){.root = world.root, .path = "/dir", .cancel = {.fd = -1}};
  return world;
}

static void end_world(struct world *world) {
  char text[16] = {0};
  int fd = open(world->outside, O_RDONLY | O_CLOEXEC);
  struct stat status;
  CHECK(fd >= 0 && fstat(fd, &status) == 0 && read(fd, text, sizeof text) == 6);
  CHECK(strcmp(text, "secret") == 0 && (status.st_mode & 0111) == 0 && status.st_uid == 0 && status.st_nlink == 1);
  close(fd);
  CHECK_INT(shell("cd %1$s/.. && test $(ls | wc -l) = 2", world->path), 0);
  close(world->root);
  free(world->path);
  free(world->outside);
}

static int place_bytes(struct world *world, struct archive *archive) {
  FILE *file = tmpfile();
  CHECK_INT(fwrite(archive->bytes, 1, archive->size, file), archive->size);
  rewind(file);
  world->request.fd = fileno(file);
  int error = tsk_place(&world->request, &world->result);
  fclose(file);
  archive_free(archive);
  return error;
}

static void expect(struct world *world, struct archive *archive, int expected) {
  archive_end(archive);
  int error = place_bytes(world, archive);
  if (error != expected) fprintf(stderr, "%s\n", world->result.message);
  CHECK_INT(error, expected);
}

static struct stat look(const struct world *world, const char *name) {
  char path[4096];
  struct stat status = {.st_mode = 0};
  snprintf(path, sizeof path, "%s/%s", world->path, name);
  if (lstat(path, &status) < 0) status.st_mode = 0;
  return status;
}

/* ---- as Docker ---- */

static void a_tree_arrives_whole(void) {
  static const char *const forms[] = {"cat", "gzip", "zstd -q"};
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    struct world world = new_world();
    char command[2048];
    snprintf(command, sizeof command,
             "cd %s/etc && mkdir -p t/sub && cd t && printf x >sub/f && chmod 4711 sub/f && ln sub/f hard && ln -s /no/where l && "
             "mkfifo p && mknod c c 1 3 && chmod 640 c && chown -h 5:6 c p l sub && chmod 1770 sub && touch -d @1000000000 -h l sub/f && touch -d @1000000000 sub && "
             "python3 -c \"import os; os.setxattr('sub/f','user.x',b'1')\" && tar -c --xattrs --format=posix . | %s", world.path, forms[i]);
    struct archive archive = archive_of_command(command);
    CHECK_INT(place_bytes(&world, &archive), 0);
    CHECK_INT(look(&world, "dir/sub/f").st_mode, S_IFREG | 04711);
    CHECK_INT(look(&world, "dir/sub/f").st_nlink, 2);
    CHECK_INT(look(&world, "dir/sub").st_mode, S_IFDIR | 01770);
    CHECK_INT(look(&world, "dir/sub").st_mtime, 1000000000);
    CHECK_INT(look(&world, "dir/l").st_uid, 5);
    CHECK_INT(look(&world, "dir/l").st_mtime, 1000000000);
    CHECK_INT(look(&world, "dir/c").st_mode, S_IFCHR | 0640);
    CHECK_INT(look(&world, "dir/c").st_rdev, makedev(1, 3));
    CHECK_INT(look(&world, "dir/p").st_gid, 6);
    char value;
    char path[4096];
    snprintf(path, sizeof path, "%s/dir/hard", world.path);
    CHECK_INT(getxattr(path, "user.x", &value, 1), 1);
    CHECK_INT(world.result.entries, 6);
    CHECK_INT(world.result.size, 1);
    end_world(&world);
  }
}

static void directories_merge_and_files_are_replaced(void) {
  struct world world = new_world();
  CHECK_INT(shell("cd %1$s/dir && mkdir -p d/old f && printf old >f/x && ln -s ../../outside l && printf old >file", world.path), 0);
  struct archive archive = {.size = 0};
  archive_entry(&archive, '5', "d/", "");
  archive_entry(&archive, '0', "d/new", "1");
  archive_entry(&archive, '0', "f", "now a file");
  archive_entry(&archive, '0', "l", "now a file");
  archive_entry(&archive, '5', "file/", "");
  archive_entry(&archive, '0', ".wh.file", "no whiteout here");
  expect(&world, &archive, 0);
  CHECK(S_ISDIR(look(&world, "dir/d/old").st_mode) && S_ISREG(look(&world, "dir/d/new").st_mode));
  CHECK(S_ISREG(look(&world, "dir/f").st_mode) && S_ISREG(look(&world, "dir/l").st_mode));
  CHECK(S_ISDIR(look(&world, "dir/file").st_mode) && S_ISREG(look(&world, "dir/.wh.file").st_mode));
  end_world(&world);
}

static void kinds_are_kept_when_asked(void) {
  static const struct {
    char type;
    const char *name;
    int error, stage;
    const char *message;
  } cases[] = {
      {'0', "d", -EISDIR, TSKER_STAGE_DIRECTORY, "cannot overwrite directory \"/dir/d\" with non-directory \"/dir\""},
      {'2', "d", -EISDIR, TSKER_STAGE_DIRECTORY, "cannot overwrite directory \"/dir/d\" with non-directory \"/dir\""},
      {'5', "f", -ENOTDIR, TSKER_STAGE_FILE, "cannot overwrite non-directory \"/dir/f\" with directory \"/dir\""},
      {'5', "l", -ENOTDIR, TSKER_STAGE_FILE, "cannot overwrite non-directory \"/dir/l\" with directory \"/dir\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct world world = new_world();
    struct archive archive = {.size = 0};
    CHECK_INT(shell("cd %1$s/dir && mkdir d && : >f && ln -s d l", world.path), 0);
    world.request.flags = TSKER_PLACE_KEEP_KIND;
    archive_entry(&archive, cases[i].type, cases[i].name, "");
    expect(&world, &archive, cases[i].error);
    CHECK_INT(world.result.stage, cases[i].stage);
    CHECK(strcmp(world.result.message, cases[i].message) == 0);
    CHECK(S_ISDIR(look(&world, "dir/d").st_mode) && S_ISREG(look(&world, "dir/f").st_mode));
    end_world(&world);
  }
}

static void owners_are_as_asked(void) {
  const struct tsker_id_range ranges[] = {{TSKER_ID_USER | TSKER_ID_GROUP, 0, 100000, 1000}};
  struct world world = new_world();
  struct archive archive = {.size = 0};
  world.request.ids = (struct tsk_ids){ranges, 1};
  archive_entry(&archive, '0', "implied/mapped", "");
  archive_patch(&archive, 108, "0000041", 8);
  expect(&world, &archive, 0);
  CHECK_INT(look(&world, "dir/implied/mapped").st_uid, 100033);
  CHECK_INT(look(&world, "dir/implied").st_uid, 100000);
  CHECK_INT(look(&world, "dir/implied").st_mode, S_IFDIR | 0755);

  archive_entry(&archive, '0', "unmapped", "");
  archive_patch(&archive, 116, "0001750", 8);
  expect(&world, &archive, -EINVAL);
  CHECK(look(&world, "dir/unmapped").st_mode == 0);

  world.request.flags = TSKER_PLACE_OWNER;
  world.request.uid = 7;
  world.request.gid = 8;
  archive_entry(&archive, '0', "given", "");
  archive_patch(&archive, 116, "0001750", 8);
  expect(&world, &archive, 0);
  CHECK_INT(look(&world, "dir/given").st_uid, 100007);
  CHECK_INT(look(&world, "dir/given").st_gid, 100008);
  end_world(&world);
}

/* ---- paths of the container ---- */

static void links_are_followed_within_the_root(void) {
  struct world world = new_world();
  struct archive archive = {.size = 0};
  CHECK_INT(shell("cd %1$s && ln -s / dir/abs && ln -s ../../../../.. dir/up && ln -s ../etc dir/etc && ln -s /dir away", world.path), 0);
  world.request.path = "/away";
  archive_entry(&archive, '0', "abs/one", "");
  archive_entry(&archive, '0', "up/two", "");
  archive_entry(&archive, '0', "etc/three", "");
  archive_entry(&archive, '5', "up/new/deep/", "");
  archive_entry(&archive, '1', "hard", "");
  archive_patch(&archive, 157, "up/two", 7);
  expect(&world, &archive, 0);
  CHECK(look(&world, "one").st_mode != 0 && look(&world, "two").st_mode != 0 && look(&world, "etc/three").st_mode != 0);
  CHECK(look(&world, "new/deep").st_mode != 0);
  CHECK_INT(look(&world, "dir/hard").st_ino, look(&world, "two").st_ino);
  end_world(&world);
}

static void breakouts_are_refused(void) {
  static const char *const names[] = {"../outside", "x/../../outside", "../../outside", "../root/../outside"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    struct world world = new_world();
    struct archive archive = {.size = 0};
    archive_entry(&archive, '0', names[i], "owned");
    expect(&world, &archive, -EXDEV);
    CHECK_INT(world.result.stage, TSKER_STAGE_BREAKOUT);
    archive_entry(&archive, '1', "hard", "");
    archive_patch(&archive, 157, names[i], strlen(names[i]) + 1);
    expect(&world, &archive, -EXDEV);
    CHECK_INT(world.result.stage, TSKER_STAGE_BREAKOUT);
    end_world(&world);
  }
}

/* Links that the archive itself makes, then goes through. */
static void links_of_the_archive_stay_inside(void) {
  static const char *const targets[] = {"../../outside", "/../outside", "../../../../../../../../tmp", "/"};
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
    struct world world = new_world();
    struct archive archive = {.size = 0};
    archive_entry(&archive, '2', "l", "");
    archive_patch(&archive, 157, targets[i], strlen(targets[i]) + 1);
    archive_entry(&archive, '0', "l/owned", "x");
    archive_end(&archive);
    place_bytes(&world, &archive); /* a link to nowhere is an error, one to the root is not */
    /* writing to a link's name replaces the link */
    archive_entry(&archive, '0', "l", "x");
    expect(&world, &archive, 0);
    CHECK(S_ISREG(look(&world, "dir/l").st_mode));
    end_world(&world);
  }
}

static void the_directory_has_to_be_one(void) {
  static const struct {
    const char *path;
    int error;
  } cases[] = {{"/nowhere", -ENOENT}, {"/dir/file", -ENOTDIR}, {"/loop", -ELOOP}, {"/dir/file/x", -ENOTDIR}, {"/proc", -EOPNOTSUPP}};
  struct world world = new_world();
  CHECK_INT(shell("cd %1$s && : >dir/file && ln -s loop loop && mkdir proc && mount -t proc proc proc", world.path), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct archive archive = {.size = 0};
    world.request.path = cases[i].path;
    expect(&world, &archive, cases[i].error);
    CHECK_INT(world.result.stage, TSKER_STAGE_PATH);
  }
  world.request.path = "/";
  struct archive archive = {.size = 0};
  archive_entry(&archive, '0', "proc/sys/kernel/core_pattern", "|x");
  expect(&world, &archive, -EOPNOTSUPP);
  CHECK_INT(shell("umount %1$s/proc", world.path), 0);
  end_world(&world);
}

/* ---- streams ---- */

static void broken_streams_are_told(void) {
  struct world world = new_world();
  struct archive archive = archive_of_command("cd /etc && tar -c passwd group | head -c 700");
  CHECK_INT(place_bytes(&world, &archive), -EBADMSG);
  CHECK_INT(world.result.stage, TSKER_STAGE_TAR);
  archive = archive_of_command("cd /etc && tar -cz passwd group | head -c 300");
  CHECK(place_bytes(&world, &archive) < 0);
  CHECK_INT(world.result.stage, TSKER_STAGE_INFLATE);
  archive = archive_of_command("printf 'BZh91AY&SY'");
  CHECK_INT(place_bytes(&world, &archive), -EOPNOTSUPP);
  archive = (struct archive){.size = 0};
  expect(&world, &archive, 0); /* empty, but for its end */
  end_world(&world);
}

/* What comes of a command by a pipe, whose pages go into files as they are. */
static int place_piped(struct world *world, const char *command) {
  FILE *pipe = popen(command, "r");
  CHECK(pipe != NULL);
  world->request.fd = fileno(pipe);
  int error = tsk_place(&world->request, &world->result);
  pclose(pipe);
  return error;
}

static void large_files_arrive_by_pipe(void) {
  char command[2048];
  struct world world = new_world();
  CHECK_INT(shell("mkdir %1$s/etc/t && cd %1$s/etc/t && head -c 3000001 /dev/urandom >large && printf x >small && "
                  "for i in 1 2 3; do head -c 65536 /dev/urandom >edge-$i; done && head -c 65537 /dev/urandom >over && "
                  "truncate -s 2M hole && head -c 100000 /dev/urandom | dd of=hole bs=1000 seek=1000 conv=notrunc status=none",
                  world.path), 0);
  for (int sparse = 0; sparse < 2; sparse++) {
    snprintf(command, sizeof command, "tar -C %s/etc/t -c %s --sort=name .", world.path, sparse ? "-S" : "");
    CHECK_INT(place_piped(&world, command), 0);
    CHECK_INT(world.result.size, 3000001 + 1 + 3 * 65536 + 65537 + 2097152);
    CHECK_INT(shell("diff -r %1$s/etc/t %1$s/dir && rm -r %1$s/dir/*", world.path), 0);
  }
  snprintf(command, sizeof command, "tar -C %s/etc/t -c large | head -c 2000000", world.path);
  CHECK_INT(place_piped(&world, command), -EBADMSG);
  CHECK_INT(world.result.stage, TSKER_STAGE_TAR);
  CHECK_INT(look(&world, "dir/large").st_size, 2000000 - 512);
  end_world(&world);
}

/* ---- as tsker's client ---- */

static void plain_is_what_the_client_unpacks(void) {
  struct world world = new_world();
  world.request.path = "";
  world.request.flags = TSKER_PLACE_PLAIN | TSKER_PLACE_KEEP_KIND;
  CHECK_INT(shell("mkdir %1$s/etc/t && cd %1$s/etc/t && mkdir sub && printf x >sub/f && chown 5:6 sub sub/f && chmod 6751 sub/f && "
                  "chmod 1770 sub && ln sub/f hard && ln -s /no/where l && python3 -c \"import os; os.setxattr('sub/f','user.x',b'1')\"",
                  world.path), 0);
  char command[2048];
  snprintf(command, sizeof command, "tar -C %s/etc/t -c --xattrs --format=posix --sort=name .", world.path);
  CHECK_INT(place_piped(&world, command), 0);
  CHECK_INT(look(&world, "sub/f").st_mode, S_IFREG | 0751);
  CHECK_INT(look(&world, "sub/f").st_uid + look(&world, "sub/f").st_gid, 0);
  CHECK_INT(look(&world, "sub/f").st_nlink, 2);
  CHECK_INT(look(&world, "sub").st_mode, S_IFDIR | 0770);
  CHECK_INT(look(&world, "l").st_mode, S_IFLNK | 0777);
  CHECK_INT(shell("getfattr -d %1$s/sub/f 2>/dev/null | grep -q user.x", world.path) != 0, 1);
  CHECK_INT(shell("rm -r %1$s/sub %1$s/hard %1$s/l && ln -s ../outside %1$s/sub", world.path), 0);
  CHECK_INT(place_piped(&world, command), -ENOTDIR); /* a link is no directory */
  CHECK_INT(shell("rm -r %1$s/etc/t/* %1$s/sub && ln -s etc %1$s/way && cd %1$s/etc/t && mkdir way && : >way/f", world.path), 0);
  snprintf(command, sizeof command, "tar -C %s/etc/t -c way/f", world.path);
  CHECK_INT(place_piped(&world, command), -ELOOP);
  CHECK_INT(shell("cd %1$s/etc/t && mkfifo p", world.path), 0);
  snprintf(command, sizeof command, "tar -C %s/etc/t -c p", world.path);
  CHECK_INT(place_piped(&world, command), -EOPNOTSUPP);
  end_world(&world);
}

static bool at_once(void *unused) {
  (void)unused;
  return true;
}

static void it_can_be_cancelled(void) {
  int ends[2];
  struct world world = new_world();
  CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
  world.request.fd = ends[0];
  world.request.cancel.asked = at_once;
  CHECK_INT(write(ends[1], "x", 1), 1);
  CHECK_INT(tsk_place(&world.request, &world.result), -ECANCELED);
  close(ends[0]);
  close(ends[1]);
  end_world(&world);
}

/* ---- where links lead ---- */

static void targets_of_links_are_named(void) {
  static const struct {
    const char *path, *target;
  } cases[] = {
      {"/a", "/dir/file"},   {"/up", "/dir"},       {"/broken", "/dir/no/where"}, {"/dir/../a", "/dir/file"},
      {"/top", "/"},         {"/chain", "/dir/x"}, {"relative", "/etc"},         {"/dir/file/y", "/dir/file/y"},
  };
  char target[TSK_INSIDE_PATH_MAX];
  struct world world = new_world();
  CHECK_INT(shell("cd %1$s && : >dir/file && ln -s dir/file a && ln -s ../../../dir up && ln -s /dir/no/where broken && "
                  "ln -s .. top && ln -s up/x chain && ln -s ./etc/ relative && ln -s loop loop", world.path), 0);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    CHECK_INT(tsk_inside_target(world.root, cases[i].path, target), 0);
    if (strcmp(target, cases[i].target) != 0) fprintf(stderr, "%s -> %s\n", cases[i].path, target);
    CHECK(strcmp(target, cases[i].target) == 0);
  }
  CHECK_INT(tsk_inside_target(world.root, "/loop", target), -ELOOP);
  end_world(&world);
}

static void enter_namespace(void) {
  CHECK_INT(unshare(CLONE_NEWNS), 0);
  CHECK_INT(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

static const struct test tests[] = {
    {"a mount namespace is entered", enter_namespace},
    {"a tree arrives whole, compressed or not", a_tree_arrives_whole},
    {"directories merge, everything else is replaced", directories_merge_and_files_are_replaced},
    {"directories stay directories when asked", kinds_are_kept_when_asked},
    {"owners are mapped, or given", owners_are_as_asked},
    {"links of the container are followed within the root", links_are_followed_within_the_root},
    {"names that lead out are refused", breakouts_are_refused},
    {"links of the archive stay inside", links_of_the_archive_stay_inside},
    {"the directory has to be there, and a directory, and not the kernel's", the_directory_has_to_be_one},
    {"broken streams are told", broken_streams_are_told},
    {"large files arrive by pipe", large_files_arrive_by_pipe},
    {"plain is what the client unpacks", plain_is_what_the_client_unpacks},
    {"it can be cancelled", it_can_be_cancelled},
    {"where links lead is told", targets_of_links_are_named},
};
TEST_MAIN(tests)
