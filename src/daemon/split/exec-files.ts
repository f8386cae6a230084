// Execs that are running, a file each in the directory of their container's task: found again by the next daemon, and gone with the
// task. Their processes are called by the exec's id, in containerd and in the shim.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../container/container.ts';
import { Exec, type ExecConfig } from '../exec/exec.ts';
import type { ExecJournal } from '../exec/journal.ts';
import type { TaskDirectories } from './task-directory.ts';

const SUFFIX = '.exec';

export class ExecFiles implements ExecJournal {
  readonly #directories: TaskDirectories;

  constructor(directories: TaskDirectories) {
    this.#directories = directories;
  }

  begin(exec: Exec): void {
    writeFileSync(this.#pathOf(exec), toText(exec.config), { mode: 0o600 });
  }

  end(exec: Exec): void {
    rmSync(this.#pathOf(exec), { force: true });
  }

  /** Those of a container whose end nobody has noted. */
  of(container: Container): Exec[] {
    const directory = this.#directories.of(container.id);
    return readdirSync(directory).flatMap((name) => {
      if (!name.endsWith(SUFFIX)) return [];
      const config = fromText(readFileSync(join(directory, name), 'utf8'));
      return [new Exec(name.slice(0, -SUFFIX.length), container, config)];
    });
  }

  #pathOf({ id, container }: Exec): string {
    return join(this.#directories.of(container.id), `${id}${SUFFIX}`);
  }
}

function toText(config: ExecConfig): string {
  return JSON.stringify({ ...config, detachKeys: config.detachKeys.toString('base64') });
}

/** Root's own file, as toText has written it. */
function fromText(text: string): ExecConfig {
  const config = JSON.parse(text) as ExecConfig & { readonly detachKeys: string };
  return { ...config, detachKeys: Buffer.from(config.detachKeys, 'base64') };
}
