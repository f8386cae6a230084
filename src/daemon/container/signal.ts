// Signals as clients name them. Pure.
import { parseSignal, SIGNALS } from '../../native/signals.ts';
import { TskerError } from '../../util/errors.ts';

export const SIGTERM = SIGNALS['SIGTERM'] ?? 15;
export const SIGKILL = SIGNALS['SIGKILL'] ?? 9;

/** Throws `invalid` for what names no signal. */
export function requireSignal(text: string): number {
  const number = parseSignal(text);
  if (number === undefined) throw new TskerError('invalid', `invalid signal: ${text}`);
  return number;
}
