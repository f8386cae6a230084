/* SPDX-License-Identifier: Apache-2.0
 *
 * The output pump with real pipes, sockets and terminals, through its API and its event pipe; its encoder by tables.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/pump.h"

#define CHECK(condition)                                                                                             \
  do {                                                                                                               \
    if (!(condition)) {                                                                                              \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, __func__, #condition);                                  \
      exit(1);                                                                                                       \
    }                                                                                                                \
  } while (0)

struct bytes {
  uint8_t *data;
  size_t size;
  size_t capacity;
};

static int events_fd;
static uint64_t last_id;

static void append(struct bytes *to, const void *data, size_t size) {
  if (to->size + size > to->capacity) {
    to->capacity = 2 * (to->size + size);
    to->data = realloc(to->data, to->capacity);
    CHECK(to->data != NULL);
  }
  memcpy(to->data + to->size, data, size);
  to->size += size;
}

static bool same(const struct bytes *a, const struct bytes *b) {
  return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* The next event within a second; type 0 when there is none. */
static struct tsker_event next_event(int milliseconds) {
  struct tsker_event event = {0};
  struct pollfd waiting = {.fd = events_fd, .events = POLLIN};
  if (poll(&waiting, 1, milliseconds) == 1)
    CHECK(read(events_fd, &event, sizeof event) == sizeof event);
  return event;
}

static struct tsker_event wait_for(uint64_t id, uint32_t type) {
  struct tsker_event event = next_event(30000);
  CHECK(event.id == id && event.type == type);
  return event;
}

static int temporary_file(void) {
  char path[] = "/tmp/tsker-pump-XXXXXX";
  int fd = mkostemp(path, O_CLOEXEC | O_APPEND);
  CHECK(fd >= 0);
  unlink(path);
  return fd;
}

static struct bytes read_from_start(int fd) {
  struct bytes all = {0};
  uint8_t part[65536];
  ssize_t n;
  while ((n = pread(fd, part, sizeof part, (off_t)all.size)) > 0)
    append(&all, part, (size_t)n);
  return all;
}

static void write_fully(int fd, const uint8_t *data, size_t size) {
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
  append(&out[is_stderr], text, size);
  return at + 28 + 29 + 4;
}

static void decode_log(const struct bytes *log, struct bytes out[2]) {
  const uint8_t *at = log->data;
  while (at != NULL && at < log->data + log->size)
    at = decode_record(at, out);
}

struct producer {
  int fd;
  struct bytes data;
  size_t step; /* bytes a write, at most */
  atomic_size_t written;
};

static void *produce(void *argument) {
  struct producer *producer = argument;
  size_t at = 0;
  while (at < producer->data.size) {
    size_t size = producer->data.size - at;
    if (size > producer->step)
      size = 1 + (at * 7919) % producer->step;
    write_fully(producer->fd, producer->data.data + at, size);
    at += size;
    atomic_store(&producer->written, at);
  }
  close(producer->fd);
  return NULL;
}

static pthread_t start_producer(struct producer *producer) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, produce, producer) == 0);
  return thread;
}

struct consumer {
  int fd;
  struct bytes data;
};

static void *consume(void *argument) {
  struct consumer *consumer = argument;
  uint8_t part[30000];
  ssize_t n;
  while ((n = read(consumer->fd, part, sizeof part)) > 0)
    append(&consumer->data, part, (size_t)n);
  close(consumer->fd);
  return NULL;
}

/* Lines of many lengths, empty and very long ones, with every kind of character that is escaped. */
static struct bytes make_output(size_t size, unsigned seed) {
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

static void make_pipe(int ends[2]) { CHECK(pipe2(ends, O_CLOEXEC) == 0); }

static const struct tsk_json_tail TAIL = {(char *)"\\n\",T}\n", 7};

static void check_line(const char *line, size_t size, bool ended, const char *expected) {
  uint8_t out[TSK_JSON_MAX(256) + 16];
  size_t written = tsk_json_line(out, (const uint8_t *)line, size, ended, &TAIL);
  if (written != strlen(expected) || memcmp(out, expected, written) != 0) {
    fprintf(stderr, "expected %s, got %.*s\n", expected, (int)written, (const char *)out);
    exit(1);
  }
}

static void test_escapes(void) {
#define LINE(text, expected) check_line(text, sizeof text - 1, true, "{\"log\":\"" expected "\\n\",T}\n")
  LINE("", "");
  LINE("plain text of more than sixteen bytes, and more than thirty-two", "plain text of more than sixteen bytes, and more than thirty-two");
  LINE("say \"hi\" \\ there", "say \\\"hi\\\" \\\\ there");
  LINE("<a href=x>&amp;", "\\u003ca href=x\\u003e\\u0026amp;");
  LINE("\t\r\n\b\f\033[0m\x7f", "\\u0009\\r\\n\\u0008\\u000c\\u001b[0m\x7f");
  LINE("nul\0inside", "nul\\u0000inside");
  LINE("é 日本 🎉", "é 日本 🎉");
  LINE("0123456789abcde\"f", "0123456789abcde\\\"f");
  LINE("0123456789abcdef\"", "0123456789abcdef\\\"");
  LINE("line\xe2\x80\xa8sep\xe2\x80\xa9", "line\\u2028sep\\u2029");
  LINE("\xe2\x80\xaa", "\xe2\x80\xaa");
  LINE("\x80", "\\ufffd");
  LINE("\xff\xfe", "\\ufffd\\ufffd");
  LINE("a\xc3", "a\\ufffd");
  LINE("a\xc3(", "a\\ufffd(");
  LINE("\xc0\xaf", "\\ufffd\\ufffd");
  LINE("\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd");
  LINE("\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd");
  LINE("\xed\x9f\xbf", "\xed\x9f\xbf");
  LINE("\xf0\x9f\x8e", "\\ufffd\\ufffd\\ufffd");
  LINE("\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd");
  LINE("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf");
#undef LINE
  check_line("part", 4, false, "{\"log\":\"part\",T}\n");
}

static void check_tail(const char *attributes, const char *expected) {
  char text[256];
  struct tsk_json_tail tail = {text, 0};
  struct timespec time = {1767225600, 123456789};
  tsk_json_tail(&tail, "stdout", attributes, &time);
  CHECK(tail.size == strlen(expected) && memcmp(tail.text, expected, tail.size) == 0);
}

static void check_tick(long nanoseconds, const char *expected) {
  char text[256];
  struct tsk_json_tail tail = {text, 0};
  struct timespec time = {1767225600, nanoseconds};
  tsk_json_tail(&tail, "stdout", "", &time);
  tsk_json_tick(&tail);
  CHECK(memcmp(tail.text + tail.size - 13, expected, 13) == 0);
}

static void test_tick(void) {
  check_tick(0, "000000001Z\"}\n");
  check_tick(123456789, "123456790Z\"}\n");
  check_tick(99, "000000100Z\"}\n");
  check_tick(899999999, "900000000Z\"}\n");
}

static void test_tail(void) {
  check_tail("", "\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:00.123456789Z\"}\n");
  check_tail("{\"tag\":\"x\"}",
             "\\n\",\"stream\":\"stdout\",\"attrs\":{\"tag\":\"x\"},\"time\":\"2026-01-01T00:00:00.123456789Z\"}\n");
}

static void test_boundary(void) {
#define BOUNDARY(text, expected) CHECK(tsk_utf8_boundary((const uint8_t *)(text), sizeof(text) - 1) == (expected))
  BOUNDARY("abcd", 4);
  BOUNDARY("ab\xc3\xa9", 4);
  BOUNDARY("abc\xc3", 3);
  BOUNDARY("abc\xe2\x82", 3);
  BOUNDARY("abc\xf0\x9f\x8e", 3);
  BOUNDARY("ab\xf0\x9f\x8e\x89", 6);
  BOUNDARY("a\x80\x80\x80\x80\x80", 6);
  BOUNDARY("\xf0", 1);
#undef BOUNDARY
}

static void test_log_is_exact(size_t step) {
  int out[2], err[2];
  int log = temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  make_pipe(out);
  make_pipe(err);
  struct producer producers[2] = {{.fd = out[1], .data = make_output(3 << 20, 1), .step = step},
                                  {.fd = err[1], .data = make_output(2 << 20, 2), .step = step}};
  CHECK(tsker_pump_start(id, out[0], err[0], dup(log), 0) == 0);
  pthread_t threads[2] = {start_producer(&producers[0]), start_producer(&producers[1])};
  struct tsker_event end = wait_for(id, TSKER_EV_STREAM);
  CHECK(end.a == 0 && end.b == 0);
  struct bytes all = read_from_start(log);
  decode_log(&all, streams);
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
    CHECK(same(&streams[i], &producers[i].data));
    free(streams[i].data);
    free(producers[i].data.data);
  }
  free(all.data);
  close(log);
}

static void test_pieces(void) {
  int out[2];
  int log = temporary_file();
  uint64_t id = ++last_id;
  struct bytes line = {0};
  uint8_t long_line[PUMP_LINE_MAX + 1];
  make_pipe(out);
  memset(long_line, 'x', sizeof long_line);
  memcpy(long_line + PUMP_LINE_MAX - 1, "\xc3\xa9", 2);
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  write_fully(out[1], long_line, sizeof long_line);
  write_fully(out[1], (const uint8_t *)"\nlast", 5);
  close(out[1]);
  wait_for(id, TSKER_EV_STREAM);
  struct bytes all = read_from_start(log);
  append(&all, "", 1);
  const char *second = strchr((const char *)all.data, '\n') + 1;
  CHECK(strncmp((const char *)all.data + 8 + PUMP_LINE_MAX - 1, "\",\"stream\"", 10) == 0); /* not inside é */
  CHECK(strncmp(second, "{\"log\":\"\xc3\xa9\\n\",", 14) == 0);
  CHECK(strncmp(strchr(second, '\n') + 1, "{\"log\":\"last\",\"stream\"", 22) == 0);
  free(all.data);
  free(line.data);
  close(log);
}

/* Takes the 8-byte frames apart. */
static void unframe(const struct bytes *framed, struct bytes out[2]) {
  size_t at = 0;
  while (at < framed->size) {
    const uint8_t *header = framed->data + at;
    CHECK(framed->size - at >= 8 && (header[0] == 1 || header[0] == 2) && header[1] == 0 && header[2] == 0 && header[3] == 0);
    size_t size = (size_t)header[4] << 24 | (size_t)header[5] << 16 | (size_t)header[6] << 8 | header[7];
    CHECK(size > 0 && size <= framed->size - at - 8);
    append(&out[header[0] - 1], header + 8, size);
    at += 8 + size;
  }
}

static void test_tees(void) {
  int out[2], err[2], mux[2], raw[2];
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  make_pipe(out);
  make_pipe(err);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, mux) == 0);
  make_pipe(raw);
  struct producer producers[2] = {{.fd = out[1], .data = make_output(2 << 20, 3), .step = 5000},
                                  {.fd = err[1], .data = make_output(1 << 20, 4), .step = 5000}};
  struct consumer consumers[2] = {{.fd = mux[0]}, {.fd = raw[0]}};
  pthread_t threads[4];
  CHECK(tsker_pump_start(id, out[0], err[0], -1, 0) == 0);
  CHECK(tsker_pump_tee(id, mux[1], TSKER_TEE_STDOUT | TSKER_TEE_STDERR | TSKER_TEE_MUX) == 0);
  CHECK(tsker_pump_tee(id, raw[1], TSKER_TEE_STDERR) == 0);
  for (int i = 0; i < 2; i++) {
    CHECK(pthread_create(&threads[2 + i], NULL, consume, &consumers[i]) == 0);
    threads[i] = start_producer(&producers[i]);
  }
  wait_for(id, TSKER_EV_STREAM);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  unframe(&consumers[0].data, streams);
  CHECK(same(&streams[0], &producers[0].data));
  CHECK(same(&streams[1], &producers[1].data));
  CHECK(same(&consumers[1].data, &producers[1].data));
  for (int i = 0; i < 2; i++) {
    free(streams[i].data);
    free(producers[i].data.data);
    free(consumers[i].data.data);
  }
}

static void test_full_tee_holds_its_pump_only(void) {
  int slow[2], fast[2], tee[2];
  uint64_t slow_id = ++last_id;
  uint64_t fast_id = ++last_id;
  make_pipe(slow);
  make_pipe(fast);
  make_pipe(tee);
  struct producer slow_producer = {.fd = slow[1], .data = make_output(2 << 20, 5), .step = 4000};
  struct producer fast_producer = {.fd = fast[1], .data = make_output(2 << 20, 6), .step = 4000};
  CHECK(tsker_pump_start(slow_id, slow[0], -1, temporary_file(), 0) == 0);
  CHECK(tsker_pump_tee(slow_id, tee[1], TSKER_TEE_STDOUT) == 0);
  CHECK(tsker_pump_start(fast_id, fast[0], -1, temporary_file(), 0) == 0);
  pthread_t slow_thread = start_producer(&slow_producer);
  pthread_t fast_thread = start_producer(&fast_producer);
  wait_for(fast_id, TSKER_EV_STREAM); /* the other one goes on, to its end */
  CHECK(next_event(50).type == 0);
  CHECK(atomic_load(&slow_producer.written) < 1 << 20); /* held back by pipes and one chunk */
  struct consumer consumer = {.fd = tee[0]};
  consume(&consumer);
  wait_for(slow_id, TSKER_EV_STREAM);
  pthread_join(slow_thread, NULL);
  pthread_join(fast_thread, NULL);
  CHECK(same(&consumer.data, &slow_producer.data));
  free(consumer.data.data);
  free(slow_producer.data.data);
  free(fast_producer.data.data);
}

/* A tee whose reader goes, at once or while it is full, is dropped; a duplicate of its descriptor must not matter. */
static void test_closed_tee_is_dropped(void) {
  int out[2], gone[2], full[2];
  int log = temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  make_pipe(out);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gone) == 0);
  make_pipe(full);
  int duplicate = dup(gone[1]);
  struct producer producer = {.fd = out[1], .data = make_output(1 << 20, 7), .step = 4000};
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  CHECK(tsker_pump_tee(id, gone[1], TSKER_TEE_STDOUT) == 0);
  CHECK(tsker_pump_tee(id, full[1], TSKER_TEE_STDOUT) == 0);
  close(gone[0]);
  pthread_t thread = start_producer(&producer);
  CHECK(next_event(50).type == 0); /* held by the full tee */
  close(full[0]);
  wait_for(id, TSKER_EV_STREAM);
  pthread_join(thread, NULL);
  struct bytes all = read_from_start(log);
  decode_log(&all, streams);
  CHECK(same(&streams[0], &producer.data));
  free(all.data);
  free(streams[0].data);
  free(producer.data.data);
  close(log);
  close(duplicate);
}

static void test_watch_and_swap(void) {
  int out[2];
  int logs[2] = {temporary_file(), temporary_file()};
  uint64_t id = ++last_id;
  make_pipe(out);
  CHECK(tsker_pump_start(id, out[0], -1, dup(logs[0]), 0) == 0);
  CHECK(tsker_pump_watch(id) == 0);
  write_fully(out[1], (const uint8_t *)"one\n", 4);
  wait_for(id, TSKER_EV_LOGGED);
  write_fully(out[1], (const uint8_t *)"two\nthr", 7);
  CHECK(next_event(50).type == 0); /* once */
  CHECK(tsker_pump_log(id, dup(logs[1])) == 0);
  CHECK(tsker_pump_watch(id) == 0);
  CHECK(next_event(50).type == 0);
  write_fully(out[1], (const uint8_t *)"ee\n", 3);
  wait_for(id, TSKER_EV_LOGGED);
  close(out[1]);
  wait_for(id, TSKER_EV_STREAM);
  for (int i = 0; i < 2; i++) {
    static const char *const expected[] = {"one\ntwo\n", "three\n"};
    struct bytes streams[2] = {0};
    struct bytes all = read_from_start(logs[i]);
    decode_log(&all, streams);
    CHECK(streams[0].size == strlen(expected[i]) && memcmp(streams[0].data, expected[i], streams[0].size) == 0);
    free(all.data);
    free(streams[0].data);
    close(logs[i]);
  }
}

/* Held: nothing is read, tees that come before the release get the first byte, and a stop still ends it. */
static void test_held(void) {
  int out[2], tee[2];
  uint64_t id = ++last_id;
  char text[16] = {0};
  make_pipe(out);
  make_pipe(tee);
  CHECK(tsker_pump_start(id, out[0], -1, temporary_file(), TSKER_PUMP_HELD) == 0);
  CHECK(tsker_pump_watch(id) == 0);
  write_fully(out[1], (const uint8_t *)"first\n", 6);
  CHECK(next_event(50).type == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  CHECK(tsker_pump_release(id) == 0 && tsker_pump_release(id) == 0);
  wait_for(id, TSKER_EV_LOGGED);
  close(out[1]);
  wait_for(id, TSKER_EV_STREAM);
  CHECK(read(tee[0], text, sizeof text) == 6 && strcmp(text, "first\n") == 0);
  CHECK(tsker_pump_release(id) == -ENOENT);
  close(tee[0]);

  make_pipe(out);
  CHECK(tsker_pump_start(++last_id, out[0], -1, -1, TSKER_PUMP_HELD) == 0);
  CHECK(tsker_pump_stop(last_id) == 0);
  wait_for(last_id, TSKER_EV_STREAM);
  close(out[1]);
}

static void test_stop(void) {
  int out[2], tee[2];
  int log = temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  make_pipe(out);
  make_pipe(tee);
  struct bytes data = make_output(60000, 8);
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  write_fully(out[1], data.data, data.size);
  write_fully(out[1], data.data, data.size); /* the tee is full, what follows waits in the pipe */
  CHECK(next_event(50).type == 0);
  CHECK(tsker_pump_stop(id) == 0); /* the writer is still there */
  wait_for(id, TSKER_EV_STREAM);
  struct bytes all = read_from_start(log);
  decode_log(&all, streams);
  CHECK(streams[0].size == 2 * data.size && memcmp(streams[0].data + data.size, data.data, data.size) == 0);
  CHECK(write(out[1], "x", 1) < 0 && errno == EPIPE);
  CHECK(tsker_pump_stop(id) == -ENOENT);
  free(all.data);
  free(streams[0].data);
  free(data.data);
  close(out[1]);
  close(tee[0]);
  close(log);
}

/* As a stop, but for a reader that is slow: it gets all that was there when the drain began. */
static void test_drain(void) {
  int out[2], tee[2];
  int log = temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  make_pipe(out);
  make_pipe(tee);
  struct bytes data = make_output(150000, 11);
  struct consumer consumer = {.fd = tee[0]};
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  write_fully(out[1], data.data, data.size);
  write_fully(out[1], data.data, data.size); /* the tee is full, what follows waits in the pipe */
  CHECK(next_event(50).type == 0);
  CHECK(tsker_pump_drain(id) == 0);
  CHECK(next_event(50).type == 0); /* nothing is given up */
  consume(&consumer);
  wait_for(id, TSKER_EV_STREAM);
  CHECK(consumer.data.size == 2 * data.size);
  CHECK(memcmp(consumer.data.data + data.size, data.data, data.size) == 0);
  struct bytes all = read_from_start(log);
  decode_log(&all, streams);
  CHECK(streams[0].size == 2 * data.size);
  CHECK(write(out[1], "x", 1) < 0 && errno == EPIPE);
  CHECK(tsker_pump_drain(id) == -ENOENT);
  free(all.data);
  free(streams[0].data);
  free(data.data);
  free(consumer.data.data);
  close(out[1]);
  close(log);

  /* Nothing was there, and nobody reads: it ends at once. */
  make_pipe(out);
  CHECK(tsker_pump_start(++last_id, out[0], -1, -1, 0) == 0);
  CHECK(tsker_pump_drain(last_id) == 0);
  wait_for(last_id, TSKER_EV_STREAM);
  close(out[1]);
}

static void test_terminal(void) {
  int master, slave;
  int log = temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  struct winsize size;
  CHECK(openpty(&master, &slave, NULL, NULL, NULL) == 0);
  int kept = dup(master); /* as JavaScript keeps one for input */
  CHECK(tsker_pty_resize(kept, 33, 111) == 0);
  CHECK(ioctl(slave, TIOCGWINSZ, &size) == 0 && size.ws_row == 33 && size.ws_col == 111);
  CHECK(tsker_pty_resize(kept, 65536, 1) == -EINVAL);
  CHECK(tsker_pump_start(id, master, -1, dup(log), TSKER_PUMP_TTY) == 0);
  for (int i = 0; i < 2000; i++)
    dprintf(slave, "line %d\n", i);
  dprintf(slave, "$ ");
  close(slave);
  wait_for(id, TSKER_EV_STREAM);
  struct bytes all = read_from_start(log);
  decode_log(&all, streams);
  append(&streams[0], "", 1);
  CHECK(strncmp((char *)streams[0].data, "line 0\r\nline 1\r\n", 16) == 0);
  CHECK(strcmp((char *)streams[0].data + streams[0].size - 14, "line 1999\r\n$ ") == 0);
  free(all.data);
  free(streams[0].data);
  close(kept);
  close(log);
}

static void test_log_on_full_device(void) {
  int out[2], tee[2];
  uint64_t id = ++last_id;
  make_pipe(out);
  make_pipe(tee);
  struct producer producer = {.fd = out[1], .data = make_output(300000, 9), .step = 4000};
  struct consumer consumer = {.fd = tee[0]};
  CHECK(tsker_pump_start(id, out[0], -1, open("/dev/full", O_WRONLY | O_CLOEXEC), 0) == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  pthread_t thread = start_producer(&producer);
  consume(&consumer);
  struct tsker_event end = wait_for(id, TSKER_EV_STREAM);
  pthread_join(thread, NULL);
  CHECK(end.a > 100 && end.b == ENOSPC);
  CHECK(same(&consumer.data, &producer.data));
  free(consumer.data.data);
  free(producer.data.data);
}

/* A file system that fills up in the middle of a line: the file keeps whole records only. In a child, for its mounts. */
static void fill_file_system(void) {
  char directory[] = "/tmp/tsker-pump-fs-XXXXXX";
  char path[64];
  struct bytes streams[2] = {0};
  int out[2];
  uint64_t id = ++last_id;
  CHECK(mkdtemp(directory) != NULL);
  CHECK(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
  CHECK(mount("tsker", directory, "tmpfs", 0, "size=64k") == 0);
  snprintf(path, sizeof path, "%s/log", directory);
  int log = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  CHECK(log >= 0);
  make_pipe(out);
  struct producer producer = {.fd = out[1], .data = make_output(300000, 10), .step = 4000};
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  pthread_t thread = start_producer(&producer);
  struct tsker_event end = wait_for(id, TSKER_EV_STREAM);
  pthread_join(thread, NULL);
  struct bytes all = read_from_start(log);
  CHECK(end.a > 0 && end.b == ENOSPC && all.size > 16384);
  decode_log(&all, streams);
  CHECK(streams[0].size < producer.data.size);
  CHECK(umount2(directory, MNT_DETACH) == 0 && rmdir(directory) == 0);
  free(all.data);
  free(streams[0].data);
  free(producer.data.data);
  close(log);
}

static void test_refusals(void) {
  int out[2];
  int file = temporary_file();
  make_pipe(out);
  CHECK(tsker_pump_start(++last_id, 9999, -1, -1, 0) == -EBADF);
  CHECK(tsker_pump_start(++last_id, dup(out[0]), -1, 9999, 0) == -EBADF);
  CHECK(tsker_pump_start(++last_id, file, -1, -1, 0) == -EINVAL);
  CHECK(fcntl(file, F_GETFD) < 0); /* taken over, so closed */
  CHECK(tsker_pump_start(++last_id, dup(out[0]), dup(out[0]), -1, TSKER_PUMP_TTY) == -EINVAL);
  CHECK(tsker_pump_start(++last_id, dup(out[0]), -1, -1, 64) == -EINVAL);
  CHECK(tsker_pump_start(last_id, dup(out[0]), -1, -1, 0) == 0);
  CHECK(tsker_pump_start(last_id, dup(out[0]), -1, -1, 0) == -EEXIST);
  CHECK(tsker_pump_tee(last_id, 9999, TSKER_TEE_STDOUT) == -EBADF);
  CHECK(tsker_pump_tee(last_id, dup(out[0]), 256) == -EINVAL);
  CHECK(tsker_pump_log(last_id, 9999) == -EBADF);
  int tee = dup(out[1]);
  CHECK(tsker_pump_tee(987654, tee, TSKER_TEE_STDOUT) == -ENOENT && fcntl(tee, F_GETFD) < 0);
  int log = temporary_file();
  CHECK(tsker_pump_log(987654, log) == -ENOENT && fcntl(log, F_GETFD) < 0);
  CHECK(tsker_pump_watch(987654) == -ENOENT);
  CHECK(tsker_pump_stop(987654) == -ENOENT);
  CHECK(tsker_pump_drain(987654) == -ENOENT);
  close(out[1]);
  wait_for(last_id, TSKER_EV_STREAM);
  close(out[0]);
}

static void test_many_pumps(void) {
  enum { COUNT = 100 };
  int writers[COUNT];
  uint64_t first = last_id + 1;
  for (int i = 0; i < COUNT; i++) {
    int out[2];
    make_pipe(out);
    CHECK(tsker_pump_start(++last_id, out[0], -1, temporary_file(), 0) == 0);
    writers[i] = out[1];
  }
  for (int i = 0; i < COUNT; i++) {
    dprintf(writers[i], "hello from %d\n", i);
    close(writers[i]);
  }
  for (int i = 0; i < COUNT; i++) {
    struct tsker_event event = next_event(10000);
    CHECK(event.type == TSKER_EV_STREAM && event.id >= first && event.id <= last_id);
  }
}

int main(void) {
  static const uint8_t helper[] = "not executed here";
  events_fd = tsker_start(helper, sizeof helper, 1);
  CHECK(events_fd >= 0);
  signal(SIGPIPE, SIG_IGN);
  test_escapes();
  test_tail();
  test_tick();
  test_boundary();
  test_log_is_exact(400);
  test_log_is_exact(100000);
  test_pieces();
  test_tees();
  test_full_tee_holds_its_pump_only();
  test_closed_tee_is_dropped();
  test_watch_and_swap();
  test_held();
  test_stop();
  test_drain();
  test_terminal();
  test_log_on_full_device();
  test_refusals();
  test_many_pumps();
  fill_file_system();
  puts("pump_test: ok");
  return 0;
}
