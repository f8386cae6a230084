/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs of the pump with real files: rotation and who reads across it, and compression.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "test/support/sinks.h"

/* Writes `text` through a pump of its own into the log, and waits until it is there. */
static void log_text(uint64_t log, const char *text) {
  int out;
  uint64_t pump = test_start_pump(log, &out);
  CHECK(write(out, text, strlen(text)) == (ssize_t)strlen(text));
  close(out);
  test_wait_for_end(pump);
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
  const char *path = test_fresh_path();
  uint64_t log = test_open_log(path, 2 << 20, 4, 0);
  struct writer writer = {.lines = 40000};
  uint64_t pump = test_start_pump(log, &writer.fd);
  pthread_t thread = test_start_writer(&writer);
  unsigned next = 0;
  test_wait_for_end(pump);
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
  const char *path = test_fresh_path();
  uint64_t log = test_open_log(path, 10, 1, 0);
  size_t size;
  log_text(log, "one\ntwo\n");
  char *text = read_path(path, &size);
  CHECK(strncmp(text, "{\"log\":\"two\\n\"", 14) == 0 && !exists(suffixed(path, ".1")) && !exists(suffixed(path, ".new")));
  free(text);
  tsker_sink_close(log);
}

static void test_files_put_away_are_compressed(void) {
  static const char *const suffixes[] = {".3.gz", ".2.gz", ".1.gz"};
  const char *path = test_fresh_path();
  uint64_t log = test_open_log(path, 1 << 20, 4, TSKER_LOG_COMPRESS);
  struct writer writer = {.lines = 30000};
  uint64_t pump = test_start_pump(log, &writer.fd);
  pthread_t thread = test_start_writer(&writer);
  unsigned next = 0;
  size_t size;
  char *text;
  test_wait_for_end(pump); /* compression included */
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
  const char *path = test_fresh_path();
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  size_t size;
  CHECK(write(fd, "{\"log\":\"cut o", 13) == 13);
  close(fd);
  uint64_t log = test_open_log(path, 0, 1, 0);
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
  const char *path = test_fresh_path();
  uint64_t log = test_open_log(path, 1, 3, 0);
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

static const struct test tests[] = {
    {"lines continue across files", test_lines_continue_across_files},
    {"one file alone is replaced", test_one_file_is_replaced},
    {"files put away are compressed", test_files_put_away_are_compressed},
    {"a torn line is closed", test_torn_line_is_closed},
    {"generations keep their number", test_generations_keep_their_number},
};

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  test_start();
  return test_run(tests, sizeof tests / sizeof *tests);
}
