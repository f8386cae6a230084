// Which instruction replaces variables where. FROM is not here (it sees the arguments before the first stage only:
// stages.ts), nor ARG (its value may come from the command line: args.ts), nor what never replaces any: RUN, CMD,
// ENTRYPOINT, SHELL, HEALTHCHECK and ONBUILD leave `$x` to the shell or to a later build.
import { TskerError } from '../../util/errors.ts';
import { DockerfileError } from '../parser/error.ts';
import { resolveMount } from '../parser/instructions/mount.ts';
import type { Mount } from '../parser/instructions/mount.types.ts';
import type { Range, Word } from '../parser/position.ts';
import type { AddInstruction, CopyInstruction, InlineFile, Instruction, RunInstruction } from '../parser/types.ts';
import { type Expansion, expand, type Lookup } from './expand.ts';

export interface Scope {
  readonly lookup: Lookup;
  /** The escape character of the file. */
  readonly escape: string;
}

/** A variable that is used and not set. */
export interface UnsetVariable {
  readonly name: string;
  readonly range: Range;
}

export interface Expanded<Value> {
  readonly value: Value;
  readonly unset: readonly UnsetVariable[];
}

/** The instruction with variables replaced and quotes taken off. Throws DockerfileError at the word that is wrong. */
export function expandInstruction<Kind extends Instruction>(instruction: Kind, scope: Scope): Expanded<Kind> {
  const expander = new Expander(scope);
  const value = expander.instruction(instruction) as Kind;
  return { value, unset: expander.unset };
}

/** The mounts of a RUN. */
export function expandMounts(run: RunInstruction, scope: Scope): Expanded<readonly Mount[]> {
  const expander = new Expander(scope);
  const value = run.mounts.map((flag) => {
    const { range } = flag.word;
    return located(range, () => resolveMount(flag, (text) => expander.word({ text, range }).text));
  });
  return { value, unset: expander.unset };
}

/** One word; for what stands outside instructions with a scope of their own. */
export function expandWord(word: Word, scope: Scope): Expanded<Word> {
  const expander = new Expander(scope);
  return { value: expander.word(word), unset: expander.unset };
}

class Expander {
  readonly unset: UnsetVariable[] = [];
  private readonly scope: Scope;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  instruction(instruction: Instruction): Instruction {
    switch (instruction.kind) {
      case 'ENV':
      case 'LABEL': {
        const pairs = instruction.pairs.map((pair) => {
          return { ...pair, name: this.word(pair.name), value: this.word(pair.value) };
        });
        return { ...instruction, pairs };
      }
      case 'ADD':
        return { ...this.transfer(instruction), checksum: this.optional(instruction.checksum) };
      case 'COPY':
        return this.transfer(instruction);
      case 'EXPOSE':
        return { ...instruction, ports: instruction.ports.flatMap((port) => this.words(port)) };
      case 'WORKDIR':
        return { ...instruction, path: this.word(instruction.path) };
      case 'USER':
        return { ...instruction, user: this.word(instruction.user) };
      case 'VOLUME':
        return { ...instruction, volumes: instruction.volumes.map((volume) => this.word(volume)) };
      case 'STOPSIGNAL':
        return { ...instruction, signal: this.word(instruction.signal) };
      default:
        return instruction;
    }
  }

  word(word: Word): Word {
    return { ...word, text: this.expansion(word).text };
  }

  private transfer<Kind extends AddInstruction | CopyInstruction>(instruction: Kind): Kind {
    return {
      ...instruction,
      sources: instruction.sources.map((source) => this.word(source)),
      files: instruction.files.map((file) => this.file(file)),
      destination: this.word(instruction.destination),
      chown: this.optional(instruction.chown),
      chmod: this.optional(instruction.chmod),
      exclude: instruction.exclude.map((pattern) => this.word(pattern)),
    };
  }

  /** `EXPOSE $ports` may become several ports. */
  private words(word: Word): readonly Word[] {
    return this.expansion(word).words.map((text) => ({ ...word, text }));
  }

  private optional(word: Word | undefined): Word | undefined {
    return word === undefined ? undefined : this.word(word);
  }

  /** The escape directive does not reach into heredocs, and quotes mean nothing there. */
  private file(file: InlineFile): InlineFile {
    if (!file.expand) return file;
    const content = this.expansion({ text: file.content, range: file.range }, { escape: '\\', plainQuotes: true }).text;
    return { ...file, content };
  }

  private expansion({ text, range }: Word, options: { escape?: string; plainQuotes?: boolean } = {}): Expansion {
    const expansion = located(range, () => expand(text, { ...this.scope, ...options }));
    for (const name of expansion.unset) this.unset.push({ name, range });
    return expansion;
  }
}

function located<Value>(range: Range, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TskerError) || error instanceof DockerfileError) throw error;
    throw new DockerfileError(error.message, { range, cause: error });
  }
}
