/* SPDX-License-Identifier: Apache-2.0
 *
 * One line of output → one line of a json-file log, in the very bytes Docker's daemon writes (its
 * jsonlogbytes.go, which follows Go's encoder with HTML escaping). Pure: no I/O, no allocation.
 */
#include <stdio.h>
#include <string.h>

#include "lib/pump.h"

/* Sixteen bytes at a time, in whatever vector unit the architecture has. */
typedef uint8_t block __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t halves __attribute__((vector_size(16)));

static const char HEX[] = "0123456789abcdef";

static bool is_plain(uint8_t byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\' && byte != '<' && byte != '>' && byte != '&';
}

/* Copies up to the first byte that is not plain; may write (not count) up to 16 bytes more. */
static size_t copy_plain(uint8_t *out, const uint8_t *text, size_t size) {
  size_t at = 0;
  while (size - at >= sizeof(block)) {
    block bytes = *(const block *)(text + at);
    block special = (block)(bytes < 0x20) | (block)(bytes >= 0x80) | (block)(bytes == '"') | (block)(bytes == '\\') |
                    (block)(bytes == '<') | (block)(bytes == '>') | (block)(bytes == '&');
    halves any = (halves)special;
    *(block *)(out + at) = bytes;
    if ((any[0] | any[1]) != 0)
      break;
    at += sizeof(block);
  }
  while (at < size && is_plain(text[at])) {
    out[at] = text[at];
    at++;
  }
  return at;
}

static bool continues(uint8_t byte) { return (byte & 0xc0) == 0x80; }

/* The size of the UTF-8 sequence at `text`, 0 when it is none (overlong forms, surrogates, above U+10FFFF, cut short). */
static size_t sequence(const uint8_t *text, size_t size) {
  uint8_t first = text[0];
  if (first >= 0xc2 && first <= 0xdf)
    return size >= 2 && continues(text[1]) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    uint8_t low = first == 0xe0 ? 0xa0 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : 0xbf;
    return size >= 3 && text[1] >= low && text[1] <= high && continues(text[2]) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    uint8_t low = first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xf4 ? 0x8f : 0xbf;
    return size >= 4 && text[1] >= low && text[1] <= high && continues(text[2]) && continues(text[3]) ? 4 : 0;
  }
  return 0;
}

static uint8_t *put(uint8_t *out, const char *text, size_t size) {
  memcpy(out, text, size);
  return out + size;
}

static uint8_t *escape_ascii(uint8_t *out, uint8_t byte) {
  switch (byte) {
  case '"':
  case '\\':
    *out++ = '\\';
    *out++ = byte;
    return out;
  case '\n':
    return put(out, "\\n", 2);
  case '\r':
    return put(out, "\\r", 2);
  default:
    out = put(out, "\\u00", 4);
    *out++ = (uint8_t)HEX[byte >> 4];
    *out++ = (uint8_t)HEX[byte & 15];
    return out;
  }
}

/* One character beyond ASCII; a byte that is not part of one becomes the replacement character. */
static uint8_t *escape_unicode(uint8_t *out, const uint8_t *text, size_t size, size_t *used) {
  size_t length = sequence(text, size);
  *used = length == 0 ? 1 : length;
  if (length == 0)
    return put(out, "\\ufffd", 6);
  if (length == 3 && text[0] == 0xe2 && text[1] == 0x80 && (text[2] | 1) == 0xa9) /* U+2028, U+2029 */
    return put(out, text[2] == 0xa8 ? "\\u2028" : "\\u2029", 6);
  memcpy(out, text, length);
  return out + length;
}

void tsk_json_tail(struct tsk_json_tail *tail, const char *stream, const char *attributes, const struct timespec *time) {
  const char *name = attributes[0] == '\0' ? "" : ",\"attrs\":";
  struct tm utc;
  gmtime_r(&time->tv_sec, &utc);
  tail->size = (size_t)snprintf(tail->text, TSK_JSON_TAIL + strlen(attributes),
                                "\\n\",\"stream\":\"%s\"%s%s,\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ\"}\n", stream, name,
                                attributes, (utc.tm_year + 1900) % 10000, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                utc.tm_min, utc.tm_sec, time->tv_nsec);
}

/* In place: a line in four million a second must not format a date. */
void tsk_json_tick(struct tsk_json_tail *tail) {
  char *first = tail->text + tail->size - strlen("123456789Z\"}\n");
  char *digit = first + 8;
  while (digit > first && *digit == '9')
    *digit-- = '0';
  if (*digit != '9')
    ++*digit;
}

size_t tsk_json_line(uint8_t *out, const uint8_t *line, size_t size, bool ended, const struct tsk_json_tail *tail) {
  uint8_t *end = put(out, "{\"log\":\"", 8);
  size_t skip = ended ? 0 : 2; /* the tail starts with the escaped newline */
  size_t at = 0;
  while (at < size) {
    size_t used = copy_plain(end, line + at, size - at);
    end += used;
    at += used;
    if (at == size)
      break;
    if (line[at] < 0x80) {
      end = escape_ascii(end, line[at++]);
    } else {
      end = escape_unicode(end, line + at, size - at, &used);
      at += used;
    }
  }
  end = put(end, tail->text + skip, tail->size - skip);
  return (size_t)(end - out);
}

size_t tsk_utf8_boundary(const uint8_t *text, size_t size) {
  size_t back = 1;
  while (back < 4 && back < size && continues(text[size - back]))
    back++;
  uint8_t first = text[size - back];
  size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return length > back && back < size ? size - back : size;
}
