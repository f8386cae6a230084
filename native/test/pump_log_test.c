/* SPDX-License-Identifier: Apache-2.0
 *
 * What the output pump writes into a log, with real pipes and terminals: each byte, lines in pieces,
 * a log that is changed for another, and logs that have no room.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "test/support/streams.h"

static uint64_t last_id;

static void test_log_is_exact(size_t step) {
  int out[2], err[2];
  int log = test_temporary_file();
  uint64_t id = ++last_id;
  struct bytes streams[2] = {0};
  test_make_pipe(out);
  test_make_pipe(err);
  struct producer producers[2] = {{.fd = out[1], .data = test_make_output(3 << 20, 1), .step = step},
                                  {.fd = err[1], .data = test_make_output(2 << 20, 2), .step = step}};
  CHECK(tsker_pump_start(id, out[0], err[0], dup(log), 0) == 0);
  pthread_t threads[2] = {test_start_producer(&producers[0]), test_start_producer(&producers[1])};
  struct tsker_event end = test_pump_wait(id, TSKER_EV_STREAM);
  CHECK(end.a == 0 && end.b == 0);
  struct bytes all = test_read_from_start(log);
  test_decode_log(&all, streams);
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
    CHECK(test_same(&streams[i], &producers[i].data));
    free(streams[i].data);
    free(producers[i].data.data);
  }
  free(all.data);
  close(log);
}

static void test_pieces(void) {
  int out[2];
  int log = test_temporary_file();
  uint64_t id = ++last_id;
  struct bytes line = {0};
  uint8_t long_line[PUMP_LINE_MAX + 1];
  test_make_pipe(out);
  memset(long_line, 'x', sizeof long_line);
  memcpy(long_line + PUMP_LINE_MAX - 1, "\xc3\xa9", 2);
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  test_write_fully(out[1], long_line, sizeof long_line);
  test_write_fully(out[1], (const uint8_t *)"\nlast", 5);
  close(out[1]);
  test_pump_wait(id, TSKER_EV_STREAM);
  struct bytes all = test_read_from_start(log);
  test_append(&all, "", 1);
  const char *second = strchr((const char *)all.data, '\n') + 1;
  CHECK(strncmp((const char *)all.data + 8 + PUMP_LINE_MAX - 1, "\",\"stream\"", 10) == 0); /* not inside é */
  CHECK(strncmp(second, "{\"log\":\"\xc3\xa9\\n\",", 14) == 0);
  CHECK(strncmp(strchr(second, '\n') + 1, "{\"log\":\"last\",\"stream\"", 22) == 0);
  free(all.data);
  free(line.data);
  close(log);
}

static void test_watch_and_swap(void) {
  int out[2];
  int logs[2] = {test_temporary_file(), test_temporary_file()};
  uint64_t id = ++last_id;
  test_make_pipe(out);
  CHECK(tsker_pump_start(id, out[0], -1, dup(logs[0]), 0) == 0);
  CHECK(tsker_pump_watch(id) == 0);
  test_write_fully(out[1], (const uint8_t *)"one\n", 4);
  test_pump_wait(id, TSKER_EV_LOGGED);
  test_write_fully(out[1], (const uint8_t *)"two\nthr", 7);
  CHECK(test_pump_event(50).type == 0); /* once */
  CHECK(tsker_pump_log(id, dup(logs[1])) == 0);
  CHECK(tsker_pump_watch(id) == 0);
  CHECK(test_pump_event(50).type == 0);
  test_write_fully(out[1], (const uint8_t *)"ee\n", 3);
  test_pump_wait(id, TSKER_EV_LOGGED);
  close(out[1]);
  test_pump_wait(id, TSKER_EV_STREAM);
  for (int i = 0; i < 2; i++) {
    static const char *const expected[] = {"one\ntwo\n", "three\n"};
    struct bytes streams[2] = {0};
    struct bytes all = test_read_from_start(logs[i]);
    test_decode_log(&all, streams);
    CHECK(streams[0].size == strlen(expected[i]) && memcmp(streams[0].data, expected[i], streams[0].size) == 0);
    free(all.data);
    free(streams[0].data);
    close(logs[i]);
  }
}

static void test_terminal(void) {
  int master, slave;
  int log = test_temporary_file();
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
  test_pump_wait(id, TSKER_EV_STREAM);
  struct bytes all = test_read_from_start(log);
  test_decode_log(&all, streams);
  test_append(&streams[0], "", 1);
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
  test_make_pipe(out);
  test_make_pipe(tee);
  struct producer producer = {.fd = out[1], .data = test_make_output(300000, 9), .step = 4000};
  struct consumer consumer = {.fd = tee[0]};
  CHECK(tsker_pump_start(id, out[0], -1, open("/dev/full", O_WRONLY | O_CLOEXEC), 0) == 0);
  CHECK(tsker_pump_tee(id, tee[1], TSKER_TEE_STDOUT) == 0);
  pthread_t thread = test_start_producer(&producer);
  test_consume(&consumer);
  struct tsker_event end = test_pump_wait(id, TSKER_EV_STREAM);
  pthread_join(thread, NULL);
  CHECK(end.a > 100 && end.b == ENOSPC);
  CHECK(test_same(&consumer.data, &producer.data));
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
  test_make_pipe(out);
  struct producer producer = {.fd = out[1], .data = test_make_output(300000, 10), .step = 4000};
  CHECK(tsker_pump_start(id, out[0], -1, dup(log), 0) == 0);
  pthread_t thread = test_start_producer(&producer);
  struct tsker_event end = test_pump_wait(id, TSKER_EV_STREAM);
  pthread_join(thread, NULL);
  struct bytes all = test_read_from_start(log);
  CHECK(end.a > 0 && end.b == ENOSPC && all.size > 16384);
  test_decode_log(&all, streams);
  CHECK(streams[0].size < producer.data.size);
  CHECK(umount2(directory, MNT_DETACH) == 0 && rmdir(directory) == 0);
  free(all.data);
  free(streams[0].data);
  free(producer.data.data);
  close(log);
}

int main(void) {
  test_pump_start();
  test_log_is_exact(400);
  test_log_is_exact(100000);
  test_pieces();
  test_watch_and_swap();
  test_terminal();
  test_log_on_full_device();
  fill_file_system();
  puts("pump_log_test: ok");
  return 0;
}
