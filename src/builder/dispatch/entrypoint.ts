// ENTRYPOINT ["program", "argument"] | ENTRYPOINT shell text
import type { ImageConfig } from '../../image/store.types.ts';
import type { EntrypointInstruction } from '../parser/types.ts';
import { goQuote } from '../words/quote.ts';
import { type ConfigChange, quoteList } from './change.ts';
import { commandWords } from './command.ts';

/** A CMD that came with the base goes, for it was meant for the base's entrypoint. */
export function applyEntrypoint(
  { command }: EntrypointInstruction,
  config: ImageConfig,
  { cmdSet }: { readonly cmdSet: boolean },
): ConfigChange {
  const Entrypoint = commandWords(command, config);
  const { Cmd, ...rest } = config;
  const kept = cmdSet && Cmd !== undefined ? { ...rest, Cmd } : rest;
  return { config: { ...kept, Entrypoint }, comment: `ENTRYPOINT ${quoteList(Entrypoint, goQuote)}` };
}
