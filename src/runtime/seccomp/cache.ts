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

  /** `directory` is made when it is missing; it holds nothing else. */
  constructor(compiler: SeccompCompiler, directory: string) {
    this.#compiler = compiler;
    this.#directory = directory;
  }

  /** Whether it is at hand; if not, `program` takes as long as all else of a start. */
  has(seccomp: Seccomp): boolean {
    return this.#byProfile.has(seccomp);
  }

  /** The BPF program of a resolved profile. */
  program(seccomp: Seccomp): Buffer {
    const known = this.#byProfile.get(seccomp);
    if (known !== undefined) return known;
    const key = hash(JSON.stringify([FORMAT, seccomp]));
    const program = this.#byKey.get(key) ?? this.#load(key) ?? this.#compile(key, seccomp);
    this.#remember(key, program);
    this.#byProfile.set(seccomp, program);
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
    const program = compactFilter(answerNewCalls(rules, this.#compiler.compileSeccomp(rules)));
    this.#store(key, program);
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

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
