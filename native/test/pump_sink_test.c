/* SPDX-License-Identifier: Apache-2.0
 *
 * Sinks of the pump with real files, pipes and sockets: rotation and who reads across it, compression, what a log that
 * hangs does to others, drops, and records on connections that break.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/pump.h"
#include "test/support/daemon.h"
#include "test/support/test.h"

enum { LINE = 100 };

static uint64_t last_id;

struct writer {
  int fd;
  unsigned lines;
};

/* Numbered lines of LINE bytes, as fast as they are taken. */
static void *write_lines(void *argument) {
  struct writer *writer = argument;
  char block[64 * LINE + 1];
  for (unsigned i = 0; i < writer->lines; i += 64) {
    unsigned count = writer->lines - i < 64 ? writer->lines - i : 64;
    size_t at = 0;
    for (unsigned j = 0; j < count; j++)
      at += (size_t)sprintf(block + at, "%08u %090d\n", i + j, 0);
    for (size_t written = 0; written < at;) {
      ssize_t n = write(writer->fd, block + written, at - written);
      CHECK(n > 0);
      written += (size_t)n;
    }
  }
  close(writer->fd);
  return NULL;
}

static pthread_t start_writer(struct writer *writer) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, write_lines, writer) == 0);
  return thread;
}

static uint64_t open_log(const char *path, uint64_t max_size, uint32_t max_files, uint32_t flags) {
  struct tsker_log log = {.max_size = max_size, .max_files = max_files, .flags = flags};
  CHECK_INT(tsker_log_open(++last_id, path, (const uint8_t *)&log, sizeof log, ""), 0);
  return last_id;
}

/* For a log of the test's own. */
static const char *fresh_path(void) {
  static char *paths[32];
  static unsigned count;
  char name[16];
  snprintf(name, sizeof name, "log-%u", count);
  return paths[count++] = test_path(name);
}

/* A pump into `sink`; *writer is the other end of its stdout. */
static uint64_t start_pump(uint64_t sink, int *writer) {
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  *writer = ends[1];
  CHECK_INT(tsker_pump_start(++last_id, ends[0], -1, -1, TSKER_PUMP_HELD), 0);
  CHECK_INT(tsker_pump_to(last_id, sink), 0);
  CHECK_INT(tsker_pump_release(last_id), 0);
  return last_id;
}

static void wait_for_end(uint64_t pump) {
  struct tsker_event event = test_event_of(pump);
  CHECK_INT(event.type, TSKER_EV_STREAM);
  CHECK_INT(event.a, 0);
}

/* Writes `text` through a pump of its own into the log, and waits until it is there. */
static void log_text(uint64_t log, const char *text) {
  int out;
  uint64_t pump = start_pump(log, &out);
  CHECK(write(out, text, strlen(text)) == (ssize_t)strlen(text));
  close(out);
  wait_for_end(pump);
}

static char *slurp(FILE *file, size_t *size) {
  char *text = NULL;
  size_t capacity = 0;
  ssize_t n;
  CHECK(file != NULL);
  n = getdelim(&text, &capacity, '\0', file); /* no NUL in it: all */
  *size = n < 0 ? 0 : (size_t)n;
  return text;
}

static char *read_path(const char *path, size_t *size) {
  FILE *file = fopen(path, "re");
  char *text = slurp(file, size);
  fclose(file);
  return text;
}

static char *read_packed(const char *path, size_t *size) {
  char command[512];
  snprintf(command, sizeof command, "gzip -dc %s", path);
  FILE *pipe = popen(command, "re");
  char *text = slurp(pipe, size);
  CHECK_INT(pclose(pipe), 0);
  return text;
}

/* Counts the records and checks that their numbers go on from *next. */
static void check_numbers(const char *text, size_t size, unsigned *next) {
  const char *end = text + size;
  while (text < end) {
    unsigned number;
    CHECK(sscanf(text, "{\"log\":\"%8u ", &number) == 1);
    CHECK_INT(number, *next);
    *next = number + 1;
    text = memchr(text, '\n', (size_t)(end - text));
    CHECK(text++ != NULL);
  }
}

static char *suffixed(const char *path, const char *suffix) {
  static char name[8][512];
  static unsigned turn;
  char *out = name[turn++ % 8];
  snprintf(out, sizeof name[0], "%s%s", path, suffix);
  return out;
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

static void test_lines_continue_across_files(void) {
  static const char *const suffixes[] = {".3", ".2", ".1", ""};
  const char *path = fresh_path();
  uint64_t log = open_log(path, 2 << 20, 4, 0);
  struct writer writer = {.lines = 40000};
  uint64_t pump = start_pump(log, &writer.fd);
  pthread_t thread = start_writer(&writer);
  unsigned next = 0;
  wait_for_end(pump);
  pthread_join(thread, NULL);
  for (size_t i = 0; i < 4; i++) {
    size_t size;
    char *text = read_path(suffixed(path, suffixes[i]), &size);
    if (i == 0)
      CHECK(sscanf(text, "{\"log\":\"%8u ", &next) == 1);
    check_numbers(text, size, &next);
    if (i < 3)
      CHECK(size >= 2 << 20 && size < (2 << 20) + LINE + 80); /* full, by no more than a line */
    free(text);
  }
  CHECK_INT(next, 40000);
  CHECK(!exists(suffixed(path, ".4")));
  CHECK_INT(tsker_sink_close(log), 0);
}

static void test_one_file_is_replaced(void) {
  const char *path = fresh_path();
  uint64_t log = open_log(path, 10, 1, 0);
  size_t size;
  log_text(log, "one\ntwo\n");
  char *text = read_path(path, &size);
  CHECK(strncmp(text, "{\"log\":\"two\\n\"", 14) == 0 && !exists(suffixed(path, ".1")) && !exists(suffixed(path, ".new")));
  free(text);
  tsker_sink_close(log);
}

static void test_files_put_away_are_compressed(void) {
  static const char *const suffixes[] = {".3.gz", ".2.gz", ".1.gz"};
  const char *path = fresh_path();
  uint64_t log = open_log(path, 1 << 20, 4, TSKER_LOG_COMPRESS);
  struct writer writer = {.lines = 30000};
  uint64_t pump = start_pump(log, &writer.fd);
  pthread_t thread = start_writer(&writer);
  unsigned next = 0;
  size_t size;
  char *text;
  wait_for_end(pump); /* compression included */
  pthread_join(thread, NULL);
  for (size_t i = 0; i < 3; i++) {
    text = read_packed(suffixed(path, suffixes[i]), &size);
    if (i == 0)
      CHECK(sscanf(text, "{\"log\":\"%8u ", &next) == 1);
    check_numbers(text, size, &next);
    CHECK(size >= 1 << 20);
    free(text);
  }
  text = read_path(path, &size);
  check_numbers(text, size, &next);
  free(text);
  CHECK_INT(next, 30000);
  CHECK(!exists(suffixed(path, ".1")) && !exists(suffixed(path, ".1.gz.tmp")));
  char header[64] = {0};
  int fd = open(suffixed(path, ".1.gz"), O_RDONLY | O_CLOEXEC);
  CHECK(read(fd, header, sizeof header - 1) > 0 && memcmp(header + 12, "{\"lastTime\":\"2", 14) == 0);
  close(fd);
  tsker_sink_close(log);
}

static void test_torn_line_is_closed(void) {
  const char *path = fresh_path();
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  size_t size;
  CHECK(write(fd, "{\"log\":\"cut o", 13) == 13);
  close(fd);
  uint64_t log = open_log(path, 0, 1, 0);
  log_text(log, "next\n");
  char *text = read_path(path, &size);
  CHECK(strncmp(text, "{\"log\":\"cut o\n{\"log\":\"next\\n\"", 29) == 0);
  free(text);
  tsker_sink_close(log);
}

static int open_generation(uint64_t log, int64_t generation) { return tsker_log_file(log, (uint64_t)generation); }

static void check_generation(uint64_t log, int64_t generation, const char *expected) {
  char text[64] = {0};
  int fd = open_generation(log, generation);
  CHECK(fd >= 0);
  CHECK(pread(fd, text, sizeof text - 1, 0) > 0);
  CHECK(strncmp(text + 8, expected, strlen(expected)) == 0);
  close(fd);
}

static void test_generations_keep_their_number(void) {
  const char *path = fresh_path();
  uint64_t log = open_log(path, 1, 3, 0);
  int64_t first = tsker_log_generation(log);
  log_text(log, "a\nb\n");
  CHECK_INT(tsker_log_generation(log), first + 1);
  check_generation(log, first, "a");
  log_text(log, "c\n");
  check_generation(log, first, "a");
  check_generation(log, first + 1, "b");
  check_generation(log, first + 2, "c");
  CHECK_INT(open_generation(log, first + 3), -ENOENT);
  CHECK_INT(tsker_log_pin(log, (uint64_t)first + 1), 0);
  log_text(log, "d\ne\nf\n");
  CHECK_INT(open_generation(log, first), -ENOENT); /* renamed away, and nobody asked for it */
  check_generation(log, first + 1, "b");           /* so is this, but it was pinned */
  check_generation(log, first + 3, "d");
  check_generation(log, first + 5, "f");
  CHECK_INT(tsker_log_pin(log, (uint64_t)first + 2), 0);
  CHECK_INT(open_generation(log, first + 1), -ENOENT);
  check_generation(log, first + 2, "c");
  CHECK_INT(tsker_log_pin(log, 0), 0);
  CHECK_INT(open_generation(log, first + 2), -ENOENT);
  tsker_sink_close(log);
  CHECK_INT(tsker_log_generation(log), -ENOENT);
}

static void test_followers_are_told(void) {
  uint64_t log = open_log(fresh_path(), 0, 1, 0);
  int out;
  CHECK_INT(tsker_log_watch(log), 0);
  uint64_t pump = start_pump(log, &out);
  CHECK(write(out, "x\n", 2) == 2);
  CHECK_INT(test_event_of(log).type, TSKER_EV_LOGGED);
  close(out);
  wait_for_end(pump);
  tsker_sink_close(log);
}

/* A log that takes nothing (a pipe that nobody reads stands for a disk that hangs) holds its own container only. */
static void test_stalled_logs_hold_nobody_else(void) {
  enum { STALLED = 5 };
  int stalled[STALLED], unread[STALLED];
  struct writer writers[STALLED] = {0};
  pthread_t threads[STALLED];
  uint64_t ids[STALLED];
  for (int i = 0; i < STALLED; i++) {
    int log[2], out[2];
    CHECK(pipe2(log, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
    unread[i] = log[0];
    stalled[i] = out[1];
    ids[i] = ++last_id;
    CHECK_INT(tsker_pump_start(ids[i], out[0], -1, log[1], 0), 0);
    writers[i] = (struct writer){.fd = stalled[i], .lines = 60000};
    threads[i] = start_writer(&writers[i]);
  }
  uint64_t log = open_log(fresh_path(), 0, 1, 0);
  struct writer writer = {.lines = 60000};
  uint64_t pump = start_pump(log, &writer.fd);
  pthread_t thread = start_writer(&writer);
  wait_for_end(pump);
  pthread_join(thread, NULL);
  tsker_sink_close(log);
  for (int i = 0; i < STALLED; i++) {
    char part[65536];
    size_t total = 0;
    ssize_t n;
    while ((n = read(unread[i], part, sizeof part)) > 0)
      total += (size_t)n;
    CHECK(total > 60000 * LINE);
    close(unread[i]);
    pthread_join(threads[i], NULL);
    wait_for_end(ids[i]);
  }
}

/* Lines are dropped, the writer goes on; what is logged is a part of the lines in their order. */
static void test_nonblocking_drops(void) {
  struct tsker_remote options = {.buffer = 10000, .flags = TSKER_REMOTE_NONBLOCK, .stdout_priority = 30};
  uint64_t sink = ++last_id;
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  CHECK_INT(tsker_remote_open(sink, (const uint8_t *)&options, sizeof options, "", " t: "), 0);
  CHECK_INT(tsker_remote_connect(sink, pair[1]), 0);
  struct writer writer = {.lines = 60000};
  uint64_t pump = start_pump(sink, &writer.fd);
  pthread_t thread = start_writer(&writer);
  pthread_join(thread, NULL); /* nobody reads */
  wait_for_end(pump);
  CHECK_INT(tsker_sink_end(sink), 0);
  struct timeval patience = {.tv_usec = 500000};
  CHECK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
  FILE *peer = fdopen(pair[0], "r");
  char line[LINE + 64];
  int number = -1, at;
  while (fgets(line, sizeof line, peer) != NULL) {
    CHECK(sscanf(line, "<30>%*15c t: %d", &at) == 1 && at > number);
    number = at;
  }
  CHECK(number > 0);
  struct tsker_event event = test_event_of(sink);
  CHECK_INT(event.type, TSKER_EV_SINK);
  CHECK_INT(event.a, 0);
  CHECK(event.b > 0 && event.b < 60000);
  fclose(peer);
  tsker_sink_close(sink);
}

static uint64_t open_remote(uint32_t flags, uint32_t time) {
  struct tsker_remote options = {.flags = flags, .time = time, .stdout_priority = 30, .stderr_priority = 27};
  CHECK_INT(tsker_remote_open(++last_id, (const uint8_t *)&options, sizeof options, "1 ", " host tag - "), 0);
  return last_id;
}

static void test_a_broken_record_is_sent_again(void) {
  int first[2], second[2];
  uint64_t sink = open_remote(0, TSKER_TIME_RFC3339);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, first) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, second) == 0);
  CHECK_INT(tsker_remote_connect(sink, first[1]), 0);
  struct writer writer = {.lines = 30000};
  uint64_t pump = start_pump(sink, &writer.fd);
  pthread_t thread = start_writer(&writer);
  char part[100001];
  size_t size = 0;
  while (size < sizeof part - 1) {
    ssize_t n = read(first[0], part + size, sizeof part - 1 - size);
    CHECK(n > 0);
    size += (size_t)n;
  }
  close(first[0]);
  struct tsker_event event = test_event_of(sink);
  CHECK(event.type == TSKER_EV_SINK && (event.a == EPIPE || event.a == ECONNRESET));
  CHECK(tsker_remote_connect(sink, second[1]) >= 0);
  FILE *peer = fdopen(second[0], "r");
  char line[LINE + 64];
  unsigned last = 0, at;
  while (last != 29999 && fgets(line, sizeof line, peer) != NULL) {
    CHECK(sscanf(line, "<30>1 %*s host tag - %u", &at) == 1); /* whole records only */
    CHECK(at >= last);
    last = at;
  }
  CHECK_INT(last, 29999);
  pthread_join(thread, NULL);
  wait_for_end(pump);
  fclose(peer);
  tsker_sink_close(sink);
}

static void test_records_are_datagrams(void) {
  const char *path = fresh_path();
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char text[256] = {0};
  int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK_INT(tsker_remote_datagram(path, 0), -ENOENT);
  strcpy(address.sun_path, path);
  CHECK(bind(server, (struct sockaddr *)&address, sizeof address) == 0);
  uint64_t sink = open_remote(0, TSKER_TIME_MICRO);
  CHECK_INT(tsker_remote_connect(sink, tsker_remote_datagram(path, 0)), 0);
  int out;
  uint64_t pump = start_pump(sink, &out);
  CHECK(write(out, "one\n\ntwo", 8) == 8); /* nothing is sent for the empty line */
  close(out);
  CHECK(recv(server, text, sizeof text, 0) > 0 && strcmp(strrchr(text, '-'), "- one\n") == 0);
  memset(text, 0, sizeof text);
  CHECK(recv(server, text, sizeof text, 0) > 0 && strcmp(strrchr(text, '-'), "- two\n") == 0);
  wait_for_end(pump);
  close(server);
  tsker_sink_close(sink);
}

static void test_records_are_counted(void) {
  int pair[2];
  char text[256] = {0};
  uint64_t sink = open_remote(TSKER_REMOTE_COUNTED, TSKER_TIME_STAMP);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  CHECK_INT(tsker_remote_connect(sink, pair[1]), 0);
  int out;
  uint64_t pump = start_pump(sink, &out);
  CHECK(write(out, "hello\n", 6) == 6);
  close(out);
  wait_for_end(pump);
  ssize_t n = read(pair[0], text, sizeof text);
  int length, digits;
  CHECK(sscanf(text, "%d %n", &length, &digits) == 1 && n == digits + length);
  CHECK(strncmp(text + digits, "<30>1 ", 6) == 0 && strcmp(text + n - 7, " hello\n") == 0);
  close(pair[0]);
  tsker_sink_close(sink);
}

/* Without a connection lines wait up to the limit, and the writer is never held. */
static void test_an_absent_server_holds_nobody(void) {
  uint64_t sink = open_remote(0, TSKER_TIME_STAMP);
  struct writer writer = {.lines = 60000};
  uint64_t pump = start_pump(sink, &writer.fd);
  pthread_t thread = start_writer(&writer);
  wait_for_end(pump);
  pthread_join(thread, NULL);
  int pair[2];
  char text[64] = {0};
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  int lost = tsker_remote_connect(sink, pair[1]);
  CHECK(lost > 30000 && lost < 60000);
  CHECK(read(pair[0], text, 50) == 50 && strstr(text, " host tag - 00000000") != NULL);
  tsker_sink_close(sink);
  close(pair[0]);
}

static void test_times(void) {
  char out[TSK_SYSLOG_TIME];
  struct timespec time = {1792065320, 26936100}; /* 2026-10-15T11:55:20.0269361Z */
  setenv("TZ", "UTC-5:30", 1);
  tzset();
  CHECK(tsk_syslog_time(out, TSKER_TIME_STAMP, &time) == 15 && memcmp(out, "Oct 15 17:25:20", 15) == 0);
  CHECK(tsk_syslog_time(out, TSKER_TIME_RFC3339, &time) == 25 && memcmp(out, "2026-10-15T17:25:20+05:30", 25) == 0);
  CHECK(tsk_syslog_time(out, TSKER_TIME_MICRO, &time) == 32 && memcmp(out, "2026-10-15T17:25:20.026936+05:30", 32) == 0);
  setenv("TZ", "UTC", 1);
  tzset();
  time.tv_sec -= 10 * 86400;
  CHECK(tsk_syslog_time(out, TSKER_TIME_STAMP, &time) == 15 && memcmp(out, "Oct  5 11:55:20", 15) == 0);
  CHECK(tsk_syslog_time(out, TSKER_TIME_RFC3339, &time) == 20 && memcmp(out, "2026-10-05T11:55:20Z", 20) == 0);
}

static void test_refusals(void) {
  struct tsker_log log = {.max_files = 1};
  struct tsker_remote remote = {0};
  const uint8_t *bytes = (const uint8_t *)&log;
  const char *path = fresh_path();
  int out;
  CHECK_INT(tsker_log_open(1, "relative", bytes, sizeof log, ""), -EINVAL);
  CHECK_INT(tsker_log_open(1, path, bytes, sizeof log - 1, ""), -EINVAL);
  CHECK_INT(tsker_log_open(1, "/dev/null", bytes, sizeof log, ""), -EINVAL);
  CHECK_INT(tsker_log_open(1, "/no/such/log", bytes, sizeof log, ""), -ENOENT);
  log.max_files = 0;
  CHECK_INT(tsker_log_open(1, path, bytes, sizeof log, ""), -EINVAL);
  CHECK_INT(tsker_remote_open(1, (uint8_t *)&remote, sizeof remote, "", "a\nb"), -EINVAL);
  CHECK_INT(tsker_remote_datagram("localhost", 514), -EINVAL);
  CHECK_INT(tsker_remote_datagram("127.0.0.1", 65536), -EINVAL);
  CHECK_INT(tsker_pump_to(1, 999999), -ENOENT);
  CHECK_INT(tsker_sink_close(999999), -ENOENT);
  uint64_t sink = open_log(path, 0, 1, 0);
  struct tsker_log again = {.max_files = 1};
  CHECK_INT(tsker_log_open(sink, path, (const uint8_t *)&again, sizeof again, ""), -EEXIST);
  CHECK_INT(tsker_pump_to(999999, sink), -ENOENT);
  uint64_t pump = start_pump(sink, &out);
  int second[2];
  CHECK(pipe2(second, O_CLOEXEC) == 0);
  CHECK_INT(tsker_pump_start(++last_id, second[0], -1, -1, TSKER_PUMP_HELD), 0);
  CHECK_INT(tsker_pump_to(last_id, sink), -EBUSY);
  CHECK_INT(tsker_pump_stop(last_id), 0);
  wait_for_end(last_id);
  close(second[1]);
  close(out);
  wait_for_end(pump);
  tsker_sink_close(sink);
}

static const struct test tests[] = {
    {"lines continue across files", test_lines_continue_across_files},
    {"one file alone is replaced", test_one_file_is_replaced},
    {"files put away are compressed", test_files_put_away_are_compressed},
    {"a torn line is closed", test_torn_line_is_closed},
    {"generations keep their number", test_generations_keep_their_number},
    {"followers are told", test_followers_are_told},
    {"stalled logs hold nobody else", test_stalled_logs_hold_nobody_else},
    {"non-blocking drops", test_nonblocking_drops},
    {"a broken record is sent again", test_a_broken_record_is_sent_again},
    {"records are datagrams", test_records_are_datagrams},
    {"records are counted", test_records_are_counted},
    {"an absent server holds nobody", test_an_absent_server_holds_nobody},
    {"times", test_times},
    {"refusals", test_refusals},
};

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  test_start();
  return test_run(tests, sizeof tests / sizeof *tests);
}
