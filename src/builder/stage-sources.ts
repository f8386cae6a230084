// What `COPY --from=` and `RUN --mount=from=` name: an earlier stage by name or number, or an image.
import { DockerfileError } from './parser/error.ts';
import type { Word } from './parser/position.ts';
import type { Instruction } from './parser/types.ts';

export type Source =
  | { readonly kind: 'stage'; readonly index: number; readonly word: Word }
  | { readonly kind: 'image'; readonly image: string; readonly word: Word };

export interface KnownStages {
  /** Of the stage that asks. */
  readonly index: number;
  /** Names of all stages of the file, in order. */
  readonly names: readonly (string | undefined)[];
}

/** The words that name a source, each text once. */
export function findSources(instructions: readonly Instruction[]): readonly Word[] {
  const found = new Map<string, Word>();
  for (const word of instructions.flatMap(sourcesOf)) if (!found.has(word.text)) found.set(word.text, word);
  return [...found.values()];
}

/** ONBUILD does nothing in the file it stands in, so it needs nothing there. */
function sourcesOf(instruction: Instruction): readonly Word[] {
  if (instruction.kind === 'COPY') return instruction.from === undefined ? [] : [instruction.from];
  if (instruction.kind !== 'RUN') return [];
  return instruction.mounts.flatMap(({ from, fields, word }) => {
    const type = fields.findLast(({ key }) => key === 'type')?.value?.toLowerCase();
    // The others have no source, or refuse one.
    const reads = type === undefined || type === 'bind' || type === 'cache' || type.includes('$');
    return from === undefined || from === '' || !reads ? [] : [{ text: from, range: word.range }];
  });
}

/** Throws when it is the stage itself, a later one, or a number of none. */
export function resolveSource(word: Word, { index, names }: KnownStages): Source {
  const { text, range } = word;
  const fail = (reason: string, hint?: string): DockerfileError =>
    new DockerfileError(reason, { range, ...(hint === undefined ? {} : { hint }) });
  if (/\$./.test(text)) {
    const hint = 'define a new stage with FROM using ARG from global scope as a workaround';
    throw fail(`variable expansion is not supported for --from, ${hint}`);
  }
  const isNumber = /^[+-]?\d+$/.test(text);
  const wanted = isNumber ? Number(text) : names.indexOf(text.toLowerCase());
  if (!isNumber && wanted < 0) return { kind: 'image', image: text, word };
  if (wanted === index) throw fail(`invalid from flag value ${text}: refers to current build stage`);
  if (wanted < 0 || wanted >= names.length) {
    throw fail(`invalid from flag value ${text}: index out of bounds`, 'stages are counted from 0');
  }
  if (wanted < index) return { kind: 'stage', index: wanted, word };
  const current = names[index] ?? `stage-${index}`;
  throw fail(`cannot copy from stage "${text}", it needs to be defined before current stage "${current}"`);
}
