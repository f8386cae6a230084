// CMD ["program", "argument"] | CMD shell text
import type { ImageConfig } from '../../image/store.types.ts';
import type { CmdInstruction } from '../parser/types.ts';
import { goQuote } from '../words/quote.ts';
import { type ConfigChange, quoteList } from './change.ts';
import { commandWords } from './command.ts';

export function applyCmd({ command }: CmdInstruction, config: ImageConfig): ConfigChange {
  const Cmd = commandWords(command, config);
  // ArgsEscaped is part of the image on Windows only; Docker's linux images say nothing of it.
  return { config: { ...config, Cmd }, comment: `CMD ${quoteList(Cmd, goQuote)}` };
}
