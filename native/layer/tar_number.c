/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers in tar headers: octal text, GNU's base-256, and the decimals and timestamps of pax. Pure.
 */
#include "layer/tar_internal.h"

/* GNU: the first bit set means a big-endian two's complement number in the remaining bits. */
static bool base256(const uint8_t *bytes, size_t size, int64_t *value) {
  uint8_t invert = (bytes[0] & 0x40) != 0 ? 0xff : 0;
  uint64_t number = 0;
  for (size_t i = 0; i < size; i++) {
    uint8_t byte = bytes[i] ^ invert;
    if (i == 0) byte &= 0x7f;
    if (number >> 56 != 0) return false;
    number = number << 8 | byte;
  }
  if (number >> 63 != 0) return false;
  *value = invert != 0 ? (int64_t)~number : (int64_t)number;
  return true;
}

bool tar_number(const char *field, size_t size, int64_t *value) {
  if (((uint8_t)field[0] & 0x80) != 0) return base256((const uint8_t *)field, size, value);
  /* Padding before and after is blanks or NULs, depending on the writer. An empty field is zero. */
  while (size > 0 && (*field == ' ' || *field == 0)) field++, size--;
  uint64_t number = 0;
  for (; size > 0 && *field != ' ' && *field != 0; field++, size--) {
    if (*field < '0' || *field > '7' || number >> 60 != 0) return false;
    number = number << 3 | (uint64_t)(*field - '0');
  }
  for (; size > 0 && *field != 0; field++, size--)
    if (*field != ' ') return false;
  *value = (int64_t)number;
  return true;
}

bool tar_decimal(const char *text, size_t size, uint64_t *value) {
  if (size == 0 || size > 19) return false;
  uint64_t number = 0;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    number = number * 10 + (uint64_t)(text[i] - '0');
  }
  if (number > INT64_MAX) return false;
  *value = number;
  return true;
}

bool tar_timestamp(const char *text, size_t size, struct timespec *value) {
  bool negative = size > 0 && text[0] == '-';
  if (negative) text++, size--;
  size_t whole = 0;
  while (whole < size && text[whole] != '.') whole++;
  uint64_t seconds;
  if (!tar_decimal(text, whole, &seconds)) return false;
  long nanoseconds = 0;
  long scale = 100000000;
  for (size_t i = whole + 1; i < size; i++, scale /= 10) {
    if (text[i] < '0' || text[i] > '9') return false;
    nanoseconds += (text[i] - '0') * scale; /* digits beyond the ninth count nothing */
  }
  value->tv_sec = negative ? -(int64_t)seconds : (int64_t)seconds;
  value->tv_nsec = nanoseconds;
  if (negative && nanoseconds > 0) {
    value->tv_sec -= 1;
    value->tv_nsec = 1000000000 - nanoseconds;
  }
  return true;
}
