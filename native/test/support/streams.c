/* SPDX-License-Identifier: Apache-2.0
 *
 * See streams.h.
 */
#include "test/support/streams.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int events_fd;

void test_pump_start(void) {
  static const uint8_t helper[] = "not executed here";
  events_fd = tsker_start(helper, sizeof helper, 1);
  CHECK(events_fd >= 0);
  signal(SIGPIPE, SIG_IGN);
}

void test_append(struct bytes *to, const void *data, size_t size) {
  if (to->size + size > to->capacity) {
    to->capacity = 2 * (to->size + size);
    to->data = realloc(to->data, to->capacity);
    CHECK(to->data != NULL);
  }
  memcpy(to->data + to->size, data, size);
  to->size += size;
}

bool test_same(const struct bytes *a, const struct bytes *b) {
  return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

struct tsker_event test_pump_event(int milliseconds) {
  struct tsker_event event = {0};
  struct pollfd waiting = {.fd = events_fd, .events = POLLIN};
  if (poll(&waiting, 1, milliseconds) == 1)
    CHECK(read(events_fd, &event, sizeof event) == sizeof event);
  return event;
}

struct tsker_event test_pump_wait(uint64_t id, uint32_t type) {
  struct tsker_event event = test_pump_event(30000);
  CHECK(event.id == id && event.type == type);
  return event;
}

int test_temporary_file(void) {
  char path[] = "/tmp/tsker-pump-XXXXXX";
  int fd = mkostemp(path, O_CLOEXEC | O_APPEND);
  CHECK(fd >= 0);
  unlink(path);
  return fd;
}

struct bytes test_read_from_start(int fd) {
  struct bytes all = {0};
  uint8_t part[65536];
  ssize_t n;
  while ((n = pread(fd, part, sizeof part, (off_t)all.size)) > 0)
    test_append(&all, part, (size_t)n);
  return all;
}

void test_write_fully(int fd, const uint8_t *data, size_t size) {
  while (size > 0) {
    ssize_t n = write(fd, data, size);
    CHECK(n > 0);
    data += n;
    size -= (size_t)n;
  }
}

static unsigned hex(const uint8_t *text) {
  char digits[5] = {(char)text[0], (char)text[1], (char)text[2], (char)text[3], 0};
  return (unsigned)strtoul(digits, NULL, 16);
}

/* Undoes one record of the log: its text goes to `out` of its stream. Returns the start of the next record. */
static const uint8_t *decode_record(const uint8_t *at, struct bytes out[2]) {
  static uint8_t text[PUMP_LINE_MAX];
  size_t size = 0;
  CHECK(strncmp((const char *)at, "{\"log\":\"", 8) == 0);
  for (at += 8; *at != '"'; at++) {
    uint8_t byte = *at;
    CHECK(byte >= 0x20);
    if (byte == '\\') {
      at++;
      byte = *at == 'n' ? '\n' : *at == 'r' ? '\r' : *at;
      if (*at == 'u') {
        unsigned code = hex(at + 1);
        at += 4;
        byte = code < 0x80 ? (uint8_t)code : 0xff; /* the tests' invalid bytes are all 0xff */
        CHECK(code < 0x80 || code == 0xfffd);
      }
    }
    CHECK(size < sizeof text);
    text[size++] = byte;
  }
  bool is_stderr = strncmp((const char *)at, "\",\"stream\":\"stderr\",\"time\":\"", 28) == 0;
  CHECK(is_stderr || strncmp((const char *)at, "\",\"stream\":\"stdout\",\"time\":\"", 28) == 0);
  CHECK(strncmp((const char *)at + 28 + 29, "Z\"}\n", 4) == 0);
  test_append(&out[is_stderr], text, size);
  return at + 28 + 29 + 4;
}

void test_decode_log(const struct bytes *log, struct bytes out[2]) {
  const uint8_t *at = log->data;
  while (at != NULL && at < log->data + log->size)
    at = decode_record(at, out);
}

static void *produce(void *argument) {
  struct producer *producer = argument;
  size_t at = 0;
  while (at < producer->data.size) {
    size_t size = producer->data.size - at;
    if (size > producer->step)
      size = 1 + (at * 7919) % producer->step;
    test_write_fully(producer->fd, producer->data.data + at, size);
    at += size;
    atomic_store(&producer->written, at);
  }
  close(producer->fd);
  return NULL;
}

pthread_t test_start_producer(struct producer *producer) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, produce, producer) == 0);
  return thread;
}

void *test_consume(void *argument) {
  struct consumer *consumer = argument;
  uint8_t part[30000];
  ssize_t n;
  while ((n = read(consumer->fd, part, sizeof part)) > 0)
    test_append(&consumer->data, part, (size_t)n);
  close(consumer->fd);
  return NULL;
}

struct bytes test_make_output(size_t size, unsigned seed) {
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz 0123456789\"\\<>&\t\r\x01\x7f\xff";
  struct bytes data = {malloc(size), size, size};
  size_t line_left = 0;
  CHECK(data.data != NULL);
  for (size_t i = 0; i < size; i++) {
    seed = seed * 1103515245u + 12345u;
    if (line_left == 0) {
      unsigned kind = (seed >> 16) % 100;
      line_left = kind == 0 ? 20000 + (seed >> 8) % 30000 : kind < 5 ? 0 : 1 + (seed >> 8) % 160;
      data.data[i] = '\n';
    } else {
      data.data[i] = (uint8_t)alphabet[(seed >> 16) % (sizeof alphabet - 1)];
      line_left--;
    }
  }
  return data;
}

void test_make_pipe(int ends[2]) { CHECK(pipe2(ends, O_CLOEXEC) == 0); }
