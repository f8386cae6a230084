// EXPOSE port[/protocol] …
import type { ImageConfig } from '../../image/store.types.ts';
import type { ExposeInstruction } from '../parser/types.ts';
import { parseExposedPorts } from '../ports.ts';
import type { ConfigChange } from './change.ts';

export function applyExpose({ ports }: ExposeInstruction, config: ImageConfig): ConfigChange {
  const added = Object.fromEntries(parseExposedPorts(ports).map((port) => [port, {}]));
  const shown = ports.map(({ text }) => text).join(' ');
  return { config: { ...config, ExposedPorts: { ...config.ExposedPorts, ...added } }, comment: `EXPOSE ${shown}` };
}
