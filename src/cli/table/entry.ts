// One row of the table of commands: the names, where it stands in help, and what is loaded when it is called.
import type { Command } from '../command.ts';

export type Section = 'Common Commands' | 'Management Commands' | 'Commands' | 'Commands to Learn from';

export interface TableEntry {
  /** Every spelling; the first is the name. A second word follows a noun: `container ls`. */
  readonly names: readonly [string, ...string[]];
  readonly summary: string;
  readonly section: Section;
  /** For programs, not for people: it stands in no list. */
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

export const COMMON = 'Common Commands';
export const PLAIN = 'Commands';
export const BELOW_NOUN = 'Management Commands';
export const TEACHING = 'Commands to Learn from';
