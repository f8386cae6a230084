// ARG name[=default] …
import type { ImageConfig } from '../../image/store.types.ts';
import type { ArgInstruction } from '../parser/types.ts';
import type { Lookup } from '../words/expand.ts';
import { expandWord } from '../words/expand-instruction.ts';
import type { ConfigChange } from './change.ts';

/** What the history says: the defaults with variables replaced, whatever the command line says. */
export function applyArg(
  { args }: ArgInstruction,
  config: ImageConfig,
  scope: { readonly lookup: Lookup; readonly escape: string },
): ConfigChange {
  const shown = args.map(({ name, value }) => {
    const text = expandWord(name, scope).value.text;
    return value === undefined ? text : `${text}=${expandWord(value, scope).value.text}`;
  });
  return { config, comment: `ARG ${shown.join(' ')}` };
}
