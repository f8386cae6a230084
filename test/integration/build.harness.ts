// Builds by the API, as a client that keeps everything it is told: contexts from a table of files, messages parsed.
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Daemon } from '../helpers/daemon.ts';
import { openCall } from '../helpers/http.ts';
import type { Owner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

export interface Message {
  readonly stream?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly code?: number; readonly message: string };
  readonly aux?: { readonly ID?: string };
  readonly step?: { readonly state: string; readonly reason?: string; readonly text: string };
}

export interface Built {
  readonly text: string;
  readonly messages: readonly Message[];
  readonly error: Message | undefined;
  readonly id: string | undefined;
}

export type Files = Readonly<Record<string, string>>;

/** A directory with the files, all of one time, so that the same files give the same context. */

export interface BuildHarness {
  /** A directory with the files, all of one time, so that the same files give the same context. */
  contextOf(files: Files): string;
  tarOf(files: Files): Promise<Buffer>;
  build(daemon: Daemon, files: Files, query?: Readonly<Record<string, string>>): Promise<Built>;
  /** Throws with what was said when the build fails. */
  succeeds(daemon: Daemon, files: Files, query?: Readonly<Record<string, string>>): Promise<Built>;
}

export function buildHarness(owner: Owner): BuildHarness {
  const contextOf = (files: Files): string => {
    const root = tempdir(owner, 'build');
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), content);
      utimesSync(join(root, path), 1_500_000_000, 1_500_000_000);
    }
    return root;
  };
  const tarOf = async (files: Files): Promise<Buffer> => {
    const root = contextOf(files);
    const archive = join(tempdir(owner, 'archive'), 'context.tar');
    await ok(['tar', '-cf', archive, '-C', root, '.']);
    return readFileSync(archive);
  };
  const build: BuildHarness['build'] = async (daemon, files, query = {}) => {
    const parameters = new URLSearchParams({ rm: '1', ...query });
    const body = await tarOf(files);
    const path = `/v1.41/build?${parameters}`;
    const response = await openCall({ target: daemon.socket, method: 'POST', path, body });
    let text = '';
    for await (const chunk of response) text += String(chunk);
    if (response.statusCode !== 200) throw new Error(text);
    const messages = text
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Message);
    return {
      messages,
      text: messages.map(({ stream = '' }) => stream).join(''),
      error: messages.find(({ error }) => error !== undefined),
      id: messages.findLast(({ aux }) => aux?.ID !== undefined)?.aux?.ID,
    };
  };
  const succeeds: BuildHarness['succeeds'] = async (daemon, files, query = {}) => {
    const built = await build(daemon, files, query);
    if (built.error !== undefined) throw new Error(`${built.error.error}\n${built.text}`);
    return built;
  };
  return { contextOf, tarOf, build, succeeds };
}
