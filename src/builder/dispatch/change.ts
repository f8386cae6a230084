// What an instruction comes to when it only changes the configuration: the new one, and what the history says.
import type { ImageConfig } from '../../image/store.types.ts';

export interface ConfigChange {
  readonly config: ImageConfig;
  /** As Docker writes it behind `#(nop)`. */
  readonly comment: string;
  readonly author?: string;
}

const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c'];

/** The shell in force. */
export function shellOf({ Shell }: ImageConfig): readonly string[] {
  return Shell === undefined || Shell === null || Shell.length === 0 ? DEFAULT_SHELL : Shell;
}

/** `created_by` of a step that ran nothing: the comment as an argument of its own. */
export function noOperation({ config, comment }: Pick<ConfigChange, 'config' | 'comment'>): string {
  return [...shellOf(config), '#(nop) ', comment].join(' ');
}

/** The same with the comment in one argument with the mark, as COPY, ADD and WORKDIR have it. */
export function noOperationJoined({ config, comment }: Pick<ConfigChange, 'config' | 'comment'>): string {
  return [...shellOf(config), `#(nop) ${comment}`].join(' ');
}

/** Go's `%q` of a list: `["a" "b"]`. */
export function quoteList(words: readonly string[], quote: (text: string) => string): string {
  return `[${words.map(quote).join(' ')}]`;
}
