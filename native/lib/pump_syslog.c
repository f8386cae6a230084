/* SPDX-License-Identifier: Apache-2.0
 *
 * The time in a syslog header, in the forms of RFC 3164 and RFC 5424, as Docker's driver writes them. Pure but for the
 * time zone of the host.
 */
#include <stdio.h>

#include "lib/pump_sink.h"

/* "Nov  7 13:55:20" (RFC 3164, 4.1.2): the names do not follow the locale. */
static size_t stamp(char *out, const struct tm *local) {
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return (size_t)snprintf(out, TSK_SYSLOG_TIME, "%s %2d %02d:%02d:%02d", months[local->tm_mon % 12], local->tm_mday,
                          local->tm_hour, local->tm_min, local->tm_sec);
}

static size_t zone(char *out, long offset) {
  long minutes = (offset < 0 ? -offset : offset) / 60;
  if (offset == 0)
    return (size_t)snprintf(out, 8, "Z");
  return (size_t)snprintf(out, 8, "%c%02ld:%02ld", offset < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
}

size_t tsk_syslog_time(char *out, uint32_t form, const struct timespec *time) {
  struct tm local;
  size_t size;
  localtime_r(&time->tv_sec, &local);
  if (form == TSKER_TIME_STAMP)
    return stamp(out, &local);
  size = (size_t)snprintf(out, TSK_SYSLOG_TIME, "%04d-%02d-%02dT%02d:%02d:%02d", (local.tm_year + 1900) % 10000,
                          local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
  if (form == TSKER_TIME_MICRO)
    size += (size_t)snprintf(out + size, 8, ".%06ld", time->tv_nsec / 1000 % 1000000);
  return size + zone(out + size, local.tm_gmtoff);
}
