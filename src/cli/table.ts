// The table of commands: every name, where it stands in help, and the file that is loaded when it is called. Only the
// file of the matched command is ever loaded.

import { CONTAINER_COMMANDS } from './table/containers.ts';
import type { TableEntry } from './table/entry.ts';
import { IMAGE_COMMANDS } from './table/images.ts';
import { NETWORK_COMMANDS } from './table/networks.ts';
import { SYSTEM_COMMANDS } from './table/system.ts';
import { TEACHING_COMMANDS } from './table/teaching.ts';
import { VOLUME_COMMANDS } from './table/volumes.ts';

/** Nouns that group commands: `tsker container --help` lists what is below. */
export const NOUNS: Readonly<Record<string, string>> = {
  builder: 'Manage builds',
  container: 'Manage containers',
  image: 'Manage images',
  network: 'Manage networks',
  system: 'Manage tsker',
  volume: 'Manage volumes',
};

export const COMMANDS: readonly TableEntry[] = [
  ...CONTAINER_COMMANDS,
  ...IMAGE_COMMANDS,
  ...NETWORK_COMMANDS,
  ...VOLUME_COMMANDS,
  ...SYSTEM_COMMANDS,
  ...TEACHING_COMMANDS,
];

/** A command found in an argument vector, and what follows its name. */
export interface FoundCommand {
  readonly entry: TableEntry;
  /** As it was spelled. */
  readonly spelling: string;
  readonly rest: readonly string[];
}

/** The command that the words start with, the two-word spelling first. */
export function findCommand(words: readonly string[]): FoundCommand | undefined {
  const [first = '', second = ''] = words;
  for (const spelling of [`${first} ${second}`, first]) {
    const entry = COMMANDS.find(({ names }) => names.includes(spelling));
    if (entry !== undefined) return { entry, spelling, rest: words.slice(spelling === first ? 1 : 2) };
  }
  return undefined;
}
