// Compiled seccomp filters: compiling one takes over 10 ms, so each is kept in memory and in a directory, by a hash of
// everything that went into it. A file that is damaged is compiled anew.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { SeccompRules } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { Seccomp } from '../spec.ts';
import { compactFilter } from './compact.ts';
import { answerNewCalls } from './enosys.ts';
import { seccompRules } from './rules.ts';

/** Raise it when the same rules compile to another program: it is part of the hash. */
const FORMAT = 2;
const CHECKSUM = 32;
/** Milliseconds. */
const A_MOMENT = 1;
/** Docker's default by capabilities, and users' own; each is some ten kilobytes. */
const MAX_IN_MEMORY = 64;

export interface SeccompCompiler {
  compileSeccomp(rules: SeccompRules): Promise<Buffer>;
}

export class SeccompCache {
  readonly #compiler: SeccompCompiler;
  readonly #directory: string;
  readonly #byKey = new Map<string, Buffer>();
  /** A daemon hands out the same resolved profile again and again: no need to hash it each time. */
  readonly #byProfile = new WeakMap<Seccomp, Buffer>();
  /** What is being compiled, by key. */
  readonly #pending = new Map<string, Promise<Buffer>>();

  /** `directory` is made when it is missing; it holds nothing else. */
  constructor(compiler: SeccompCompiler, directory: string) {
    this.#compiler = compiler;
    this.#directory = directory;
  }

  /** Has it at hand for `program`. */
  async prepare(seccomp: Seccomp): Promise<void> {
    if (this.#byProfile.has(seccomp)) return;
    const key = keyOf(seccomp);
    this.#byProfile.set(seccomp, this.#known(key) ?? (await this.#compiled(key, seccomp)));
  }

  /** The BPF program of a resolved profile, which must be prepared. */
  program(seccomp: Seccomp): Buffer {
    const program = this.#byProfile.get(seccomp) ?? this.#known(keyOf(seccomp));
    if (program === undefined) throw new TskerError('internal', 'a seccomp filter is not prepared');
    this.#byProfile.set(seccomp, program);
    return program;
  }

  #known(key: string): Buffer | undefined {
    const program = this.#byKey.get(key) ?? this.#load(key);
    if (program !== undefined) this.#remember(key, program);
    return program;
  }

  #remember(key: string, program: Buffer): void {
    const oldest = this.#byKey.size >= MAX_IN_MEMORY ? this.#byKey.keys().next().value : undefined;
    if (oldest !== undefined) this.#byKey.delete(oldest);
    this.#byKey.set(key, program);
  }

  #load(key: string): Buffer | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#path(key));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const program = bytes.subarray(CHECKSUM);
    const intact = program.length > 0 && bytes.subarray(0, CHECKSUM).equals(checksum(program));
    return intact ? program : undefined;
  }

  /** Once for all who want it meanwhile. */
  async #compiled(key: string, seccomp: Seccomp): Promise<Buffer> {
    const pending = this.#pending.get(key) ?? this.#compile(key, seccomp);
    this.#pending.set(key, pending);
    return await pending.finally(() => this.#pending.delete(key));
  }

  async #compile(key: string, seccomp: Seccomp): Promise<Buffer> {
    const rules = seccompRules(seccomp);
    const compiled = await this.#compiler.compileSeccomp(rules);
    const program = compactFilter(answerNewCalls(rules, compiled));
    // Making it smaller takes as long as all else of a start's turn: by a timer, so that those that are due are looked at between.
    await setTimeout(A_MOMENT);
    this.#store(key, program);
    this.#remember(key, program);
    return program;
  }

  /** Written whole or not at all; the checksum catches what a power cut left of it. */
  #store(key: string, program: Buffer): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const temporary = `${this.#path(key)}.${process.pid}.tmp`;
    writeFileSync(temporary, Buffer.concat([checksum(program), program]), { mode: 0o600 });
    renameSync(temporary, this.#path(key));
  }

  #path(key: string): string {
    return join(this.#directory, `${key}.bpf`);
  }
}

function keyOf(seccomp: Seccomp): string {
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, seccomp]))
    .digest('hex');
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
