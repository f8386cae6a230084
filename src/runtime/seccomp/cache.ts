// Compiled seccomp filters: compiling one takes over 10 ms, so each is kept in memory and in a directory, by a hash of
// everything that went into it. A file that is damaged is compiled anew.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeccompRules } from '../../native/native.ts';
import type { Seccomp } from '../spec.ts';
import { compactFilter } from './compact.ts';
import { answerNewCalls } from './enosys.ts';
import { seccompRules } from './rules.ts';

/** Raise it when the same rules compile to another program: it is part of the hash. */
const FORMAT = 2;
const CHECKSUM = 32;
/** Docker's default by capabilities, and users' own; each is some ten kilobytes. */
const MAX_IN_MEMORY = 64;

export interface SeccompCompiler {
  compileSeccomp(rules: SeccompRules): Buffer;
}

export class SeccompCache {
  readonly #compiler: SeccompCompiler;
  readonly #directory: string;
  readonly #byKey = new Map<string, Buffer>();
  /** A daemon hands out the same resolved profile again and again: no need to hash it each time. */
  readonly #byProfile = new WeakMap<Seccomp, Buffer>();
  /** What is being compiled, by key. */
  readonly #pending = new Map<string, Promise<void>>();

  /** `directory` is made when it is missing; it holds nothing else. */
  constructor(compiler: SeccompCompiler, directory: string) {
    this.#compiler = compiler;
    this.#directory = directory;
  }

  /** Has it at hand for `program`, which may take as long as all else of a start: in two parts, with `pause` behind each. */
  async prepare(seccomp: Seccomp, pause: () => Promise<void>): Promise<void> {
    if (this.#byProfile.has(seccomp)) return;
    const key = keyOf(seccomp);
    if (this.#known(key) === undefined) {
      const pending = this.#pending.get(key) ?? this.#compileInParts(key, seccomp, pause);
      this.#pending.set(key, pending);
      await pending.finally(() => this.#pending.delete(key));
    }
    this.#ready(key, seccomp);
  }

  /** The BPF program of a resolved profile. */
  program(seccomp: Seccomp): Buffer {
    return this.#byProfile.get(seccomp) ?? this.#ready(keyOf(seccomp), seccomp);
  }

  #ready(key: string, seccomp: Seccomp): Buffer {
    const program = this.#known(key) ?? this.#compile(key, seccomp);
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

  #compile(key: string, seccomp: Seccomp): Buffer {
    const rules = seccompRules(seccomp);
    return this.#finish(key, rules, this.#compiler.compileSeccomp(rules));
  }

  async #compileInParts(key: string, seccomp: Seccomp, pause: () => Promise<void>): Promise<void> {
    const rules = seccompRules(seccomp);
    const compiled = this.#compiler.compileSeccomp(rules);
    await pause();
    this.#finish(key, rules, compiled);
    await pause();
  }

  #finish(key: string, rules: SeccompRules, compiled: Buffer): Buffer {
    const program = compactFilter(answerNewCalls(rules, compiled));
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
