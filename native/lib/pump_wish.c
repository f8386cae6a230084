/* SPDX-License-Identifier: Apache-2.0
 *
 * Wishes: what other threads left in a pump's inbox (a log, sinks, tees, its start and its end) comes true here, on the
 * pump thread.
 */
#include <unistd.h>

#include "lib/pump.h"

/* Only a log that is nothing but a descriptor can be swapped: one with a name rotates itself. */
static void swap_log(struct pump *pump, int fd) {
  struct tsk_sink *log = pump->sinks[0];
  if (log != NULL && log->id == pump->id)
    tsk_sink_swap(log, fd);
  else
    close(fd);
}

static void add_sinks(struct pump *pump, struct pump_inbox *inbox) {
  int at = 0;
  while (at < PUMP_SINKS && pump->sinks[at] != NULL)
    at++;
  for (int i = 0; i < PUMP_SINKS && inbox->sinks[i] != NULL; i++) {
    if (at < PUMP_SINKS) {
      tsk_sink_attach(inbox->sinks[i], pump);
      pump->sinks[at++] = inbox->sinks[i];
    } else {
      tsk_sink_detach(inbox->sinks[i], NULL, NULL);
      tsk_sink_release(inbox->sinks[i]);
    }
  }
}

/* Somebody is to get what comes from here on, and reads what came before from the log: between the two nothing is read. */
static void park(struct pump *pump) {
  pump->parked = true;
  pump->owed = true;
  if (pump->started && !pump->held)
    tsk_pump_hold(pump);
}

static void tell_parked(struct pump *pump) {
  const struct tsker_event event = {.id = pump->id, .type = TSKER_EV_PARKED, .ns = tsk_now()};
  if (!pump->parked || !pump->owed || tsk_pump_is_log_busy(pump))
    return;
  pump->owed = false;
  tsk_emit(&event);
}

static void apply(struct pump *pump, struct pump_inbox *inbox) {
  if (inbox->parking == PUMP_PARK)
    park(pump);
  if (inbox->log >= 0)
    swap_log(pump, inbox->log);
  add_sinks(pump, inbox);
  while (inbox->tees != NULL) {
    struct pump_tee *tee = inbox->tees;
    inbox->tees = tee->next;
    tsk_pump_tee_add(pump, tee);
  }
  if (pump->started && !pump->held && tsk_pump_tees_full(pump))
    tsk_pump_hold(pump);
  if (inbox->start && !pump->started) {
    pump->started = true;
    if (pump->parked)
      pump->held = true;
    else
      tsk_pump_arm(pump);
  }
  tell_parked(pump);
  if (inbox->parking == PUMP_RESUME || inbox->stop)
    pump->parked = false;
  tsk_pump_drained(pump);
  if (inbox->drain && !pump->finished)
    tsk_pump_begin_drain(pump);
  if (inbox->stop && !pump->finished)
    tsk_pump_stop(pump);
  else
    tsk_pump_finish_if_done(pump);
}

void tsk_pump_apply_wishes(void) {
  struct pump_inbox inbox;
  struct pump *pump;
  while ((pump = tsk_pump_take_dirty(&inbox)) != NULL)
    apply(pump, &inbox);
}
