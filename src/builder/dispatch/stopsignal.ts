// STOPSIGNAL signal
import type { ImageConfig } from '../../image/store.types.ts';
import { TskerError } from '../../util/errors.ts';
import type { StopsignalInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

/** `isSignal` knows the kernel's names and numbers. */
export function applyStopsignal(
  { signal }: StopsignalInstruction,
  config: ImageConfig,
  isSignal: (text: string) => boolean,
): ConfigChange {
  if (!isSignal(signal.text)) throw new TskerError('invalid', `Invalid signal: ${signal.text}`);
  return { config: { ...config, StopSignal: signal.text }, comment: `STOPSIGNAL ${signal.text}` };
}
