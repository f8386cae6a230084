/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the parts of the packer; nothing else includes it.
 */
#ifndef TSK_LAYER_PACK_INTERNAL_H
#define TSK_LAYER_PACK_INTERNAL_H

#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "layer/archive.h"
#include "layer/digest.h"
#include "layer/fault.h"
#include "layer/passage.h"
#include "layer/ring.h"
#include "layer/tar.h"

/* ---- pack_bytes.c: memory that grows ---- */

struct pack_bytes {
  uint8_t *data;
  size_t size, capacity;
};

/* Makes room for `more` bytes behind `size`: 0 or -ENOMEM. */
int pack_bytes_grow(struct pack_bytes *bytes, size_t more);
int pack_bytes_add(struct pack_bytes *bytes, const void *data, size_t size);

/* ---- pack_header.c: an entry as blocks of a tar. Pure ---- */

struct pack_xattr {
  const char *name;
  const uint8_t *value;
  size_t size;
};

struct pack_entry {
  enum tsk_tar_type type;
  const char *name; /* a directory's ends in a slash */
  const char *link; /* "" for what is none */
  uint32_t mode, uid, gid, major, minor;
  uint64_t size;
  int64_t mtime; /* seconds */
  const struct pack_xattr *xattrs; /* sorted by name */
  size_t xattr_count;
};

/* Replaces `out` by the entry's header, and the pax header before it where one is needed: 0 or -ENOMEM. */
int pack_header(struct pack_bytes *out, const struct pack_entry *entry);

/* ---- pack_out.c: where the tar goes ---- */

struct pack_out {
  int fd; /* -1: nowhere */
  bool pipe, socket, file, piped;
  bool chunked;
  bool framed;    /* a chunk has been begun: its end comes before the next one's beginning */
  uint64_t begun; /* bytes that still belong to it */
  const struct tsk_cancel *cancel;
  struct tsk_fault *fault;
  uint8_t *memory; /* of the buffer, when there are no threads */
  uint8_t *buffer; /* what is being filled; a slot of the ring when there are threads */
  size_t used;
  uint64_t bytes;
  struct tsk_ring ring;
  struct tsk_digest digest;
  pthread_t writer, hasher;
  unsigned threads;
  struct tsk_fault writer_fault;
  struct tsk_passage passage; /* before a pipe */
};

/* All return 0 or a negative errno with the fault filled, or -ECANCELED without when a thread has failed: its fault comes
 * with pack_out_close. */
int pack_out_open(struct pack_out *out, const struct tsk_pack_request *request, struct tsk_fault *fault);
int pack_out_bytes(struct pack_out *out, const void *bytes, size_t size);
int pack_out_zeros(struct pack_out *out, uint64_t size);
/* Sends what the file has at `offset`, `size` bytes at most; `sent` is less when it ends there. An error of reading fills
 * no fault: the caller knows the file's name. */
int pack_out_file(struct pack_out *out, int fd, uint64_t offset, uint64_t size, uint64_t *sent);
/* Sends what is buffered and ends the threads. */
int pack_out_finish(struct pack_out *out);
/* After finish or instead of it. */
void pack_out_close(struct pack_out *out);

/* ---- pack_links.c: names of files that have several ---- */

struct pack_links {
  struct pack_link {
    dev_t device;
    ino_t inode;
    char *name; /* NULL: free */
  } *slots;
  size_t count, capacity;
};

const char *pack_links_find(const struct pack_links *links, const struct stat *status);
int pack_links_add(struct pack_links *links, const struct stat *status, const char *name);
void pack_links_close(struct pack_links *links);

/* ---- pack_names.c: what a directory holds, in the order of bytes ---- */

struct pack_names {
  struct pack_bytes text;
  const char **sorted;
  size_t count;
};

int pack_names_read(struct pack_names *names, int directory);
void pack_names_close(struct pack_names *names);

/* ---- pack_xattrs.c ---- */

#define PACK_XATTRS_MAX 256u

struct pack_xattrs {
  struct pack_bytes names, values;
  struct pack_xattr list[PACK_XATTRS_MAX];
  size_t count;
  bool opaque;    /* overlay's marks */
  bool redirect;  /* of a directory that was renamed */
  bool metacopy;  /* of a file without its data */
  bool truncated; /* some could not be taken */
};

/* Reads what an archive keeps of a file's or directory's xattrs. Names and values are valid until the next call. */
int pack_xattrs_read(struct pack_xattrs *xattrs, int fd);
void pack_xattrs_close(struct pack_xattrs *xattrs);

/* ---- pack.c, pack_entry.c, pack_list.c, pack_data.c ---- */

struct pack {
  const struct tsk_pack_request *request;
  struct tsker_pack_result *result;
  struct tsk_fault fault;
  struct pack_out out;
  struct pack_links links;
  struct pack_xattrs xattrs;
  struct pack_bytes header;
  struct pack_bytes name; /* of the entry at hand, NUL-terminated; `size` without the NUL */
  int proc;               /* /proc/self/fd */
  char link[TSK_TAR_PATH_MAX];
};

static inline bool pack_is_plain(const struct pack *pack) { return (pack->request->flags & TSKER_PACK_PLAIN) != 0; }
static inline const char *pack_name(const struct pack *pack) { return (const char *)pack->name.data; }
/* Fills the fault with "name: what: reason"; returns `error`. */
int pack_failed(struct pack *pack, int error, const char *what);

/* Writes the entry of what `fd` (O_PATH) is, with its data. For a directory *directory becomes a descriptor to read it by,
 * when it is to be entered, else -1. */
int pack_object(struct pack *pack, int fd, const struct stat *status, int *directory);
/* Writes a whiteout for the name at hand; owner and time are those of `status`. */
int pack_whiteout(struct pack *pack, const struct stat *status);
/* Writes the entries of request->list. */
int pack_list(struct pack *pack, int top);
/* Puts a name behind the first `prefix` bytes of the entry's name, or a slash at its end. 0 or -ENOMEM. */
int pack_set_name(struct pack *pack, size_t prefix, const char *name);
int pack_add_slash(struct pack *pack);
/* The same under no name: only the directory. */
int pack_open_directory(struct pack *pack, int fd, int *directory);
int pack_data(struct pack *pack, int fd, const struct stat *status);

#endif
