// What `COPY --from=` and `RUN --mount=from=` name: an earlier stage by name or number, or an image.
import { DockerfileError } from './parser/error.ts';
import type { Word } from './parser/position.ts';
import type { Instruction } from './parser/types.ts';
import { goQuote } from './words/quote.ts';

export type Source =
  | { readonly kind: 'stage'; readonly index: number; readonly word: Word }
  | { readonly kind: 'image'; readonly image: string; readonly word: Word };

export interface KnownStages {
  /** Of the stage that asks. */
  readonly index: number;
  /** Names of all stages of the file, in order. */
  readonly names: readonly (string | undefined)[];
}

/** A place that names a source. */
export interface SourceUse {
  readonly word: Word;
  /** Where a RUN mounts it; undefined for COPY. */
  readonly mountedAt: string | undefined;
}

/** The first use of each source. */
export function findSources(instructions: readonly Instruction[]): readonly SourceUse[] {
  const found = new Map<string, SourceUse>();
  for (const use of instructions.flatMap(sourcesOf)) if (!found.has(use.word.text)) found.set(use.word.text, use);
  return [...found.values()];
}

/** ONBUILD does nothing in the file it stands in, so it needs nothing there. */
function sourcesOf(instruction: Instruction): readonly SourceUse[] {
  if (instruction.kind === 'COPY') {
    return instruction.from === undefined ? [] : [{ word: instruction.from, mountedAt: undefined }];
  }
  if (instruction.kind !== 'RUN') return [];
  return instruction.mounts.flatMap(({ from, fields, word }) => {
    const type = fields.findLast(({ key }) => key === 'type')?.value?.toLowerCase();
    const target = fields.findLast(({ key }) => ['target', 'dst', 'destination'].includes(key))?.value ?? '';
    // The others have no source, or refuse one.
    const reads = type === undefined || type === 'bind' || type === 'cache' || type.includes('$');
    if (from === undefined || from === '' || !reads) return [];
    return [{ word: { text: from, range: word.range }, mountedAt: target }];
  });
}

/** Throws when it is the stage itself, a later one, or a number of none. */
export function resolveSource({ word, mountedAt }: SourceUse, { index, names }: KnownStages): Source {
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
  if (mountedAt !== undefined) {
    const where = `from stage ${goQuote(text)} to ${goQuote(mountedAt)}`;
    throw fail(`cannot mount ${where}, stage needs to be defined before current command`);
  }
  const current = names[index] ?? `stage-${index}`;
  throw fail(
    `cannot copy from stage ${goQuote(text)}, it needs to be defined before current stage ${goQuote(current)}`,
  );
}
