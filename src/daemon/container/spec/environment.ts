// The environment of a container's program: Docker's own three variables, then the merged ones of image and user. Pure.
import { DEFAULT_PATH } from '../../../runtime/default-spec.ts';
import type { ContainerConfig } from '../../../types/container-config.ts';

/** HOME is the runtime's to add: it knows the image's passwd. */
export function buildEnvironment({ Hostname, Tty, Env }: Pick<ContainerConfig, 'Hostname' | 'Tty' | 'Env'>): string[] {
  const own = [`PATH=${DEFAULT_PATH}`, `HOSTNAME=${Hostname}`, ...(Tty ? ['TERM=xterm'] : [])];
  return mergeEnvironment(own, Env ?? []);
}

/** Later values win and keep the place of the earlier; a name without `=` removes the variable. */
export function mergeEnvironment(base: readonly string[], changes: readonly string[]): string[] {
  const merged = new Map<string, string>(base.map((entry) => [nameOf(entry), entry]));
  for (const entry of changes) {
    if (entry.includes('=')) merged.set(nameOf(entry), entry);
    else merged.delete(entry);
  }
  return [...merged.values()];
}

export function nameOf(entry: string): string {
  const equals = entry.indexOf('=');
  return equals < 0 ? entry : entry.slice(0, equals);
}
