/* SPDX-License-Identifier: Apache-2.0
 *
 * The pump's encoder of log records, by tables: escapes, tails, times, and where a text may be cut.
 */
#include <string.h>
#include <time.h>

#include "lib/pump.h"
#include "test/support/test.h"

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

int main(void) {
  test_escapes();
  test_tail();
  test_tick();
  test_boundary();
  puts("pump_json_test: ok");
  return 0;
}
