/* SPDX-License-Identifier: Apache-2.0
 *
 * Remote sinks of the pump with real sockets: drops, records on connections that break, and how records and
 * their times are written.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "test/support/sinks.h"

/* Lines are dropped, the writer goes on; what is logged is a part of the lines in their order. */
static void test_nonblocking_drops(void) {
  struct tsker_remote options = {.buffer = 10000, .flags = TSKER_REMOTE_NONBLOCK, .stdout_priority = 30};
  uint64_t sink = ++test_last_id;
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  CHECK_INT(tsker_remote_open(sink, (const uint8_t *)&options, sizeof options, "", " t: "), 0);
  CHECK_INT(tsker_remote_connect(sink, pair[1]), 0);
  struct writer writer = {.lines = 60000};
  uint64_t pump = test_start_pump(sink, &writer.fd);
  pthread_t thread = test_start_writer(&writer);
  pthread_join(thread, NULL); /* nobody reads */
  test_wait_for_end(pump);
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
  CHECK_INT(tsker_remote_open(++test_last_id, (const uint8_t *)&options, sizeof options, "1 ", " host tag - "), 0);
  return test_last_id;
}

static void test_a_broken_record_is_sent_again(void) {
  int first[2], second[2];
  uint64_t sink = open_remote(0, TSKER_TIME_RFC3339);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, first) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, second) == 0);
  CHECK_INT(tsker_remote_connect(sink, first[1]), 0);
  struct writer writer = {.lines = 30000};
  uint64_t pump = test_start_pump(sink, &writer.fd);
  pthread_t thread = test_start_writer(&writer);
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
  test_wait_for_end(pump);
  fclose(peer);
  tsker_sink_close(sink);
}

static void test_records_are_datagrams(void) {
  const char *path = test_fresh_path();
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char text[256] = {0};
  int server = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK_INT(tsker_remote_datagram(path, 0), -ENOENT);
  strcpy(address.sun_path, path);
  CHECK(bind(server, (struct sockaddr *)&address, sizeof address) == 0);
  uint64_t sink = open_remote(0, TSKER_TIME_MICRO);
  CHECK_INT(tsker_remote_connect(sink, tsker_remote_datagram(path, 0)), 0);
  int out;
  uint64_t pump = test_start_pump(sink, &out);
  CHECK(write(out, "one\n\ntwo", 8) == 8); /* nothing is sent for the empty line */
  close(out);
  CHECK(recv(server, text, sizeof text, 0) > 0 && strcmp(strrchr(text, '-'), "- one\n") == 0);
  memset(text, 0, sizeof text);
  CHECK(recv(server, text, sizeof text, 0) > 0 && strcmp(strrchr(text, '-'), "- two\n") == 0);
  test_wait_for_end(pump);
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
  uint64_t pump = test_start_pump(sink, &out);
  CHECK(write(out, "hello\n", 6) == 6);
  close(out);
  test_wait_for_end(pump);
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
  uint64_t pump = test_start_pump(sink, &writer.fd);
  pthread_t thread = test_start_writer(&writer);
  test_wait_for_end(pump);
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

static const struct test tests[] = {
    {"non-blocking drops", test_nonblocking_drops},
    {"a broken record is sent again", test_a_broken_record_is_sent_again},
    {"records are datagrams", test_records_are_datagrams},
    {"records are counted", test_records_are_counted},
    {"an absent server holds nobody", test_an_absent_server_holds_nobody},
    {"times", test_times},
};

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  test_start();
  return test_run(tests, sizeof tests / sizeof *tests);
}
