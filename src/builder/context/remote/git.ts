// A repository as a context: fetched by the host's git, only the commit that is asked for where the server can do that,
// with its submodules, as Docker does.
import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { TskerError } from '../../../util/errors.ts';
import { type ProgramOptions, runProgram } from '../host-program.ts';
import type { Remote } from './detect.ts';

export interface CloneRequest {
  readonly remote: Remote & { readonly kind: 'git' };
  /** Empty; the repository is made in it. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Answers the directory of the context, `folder` of the repository. Throws in Docker's words, with what git said. */
export async function cloneRepository({ remote, directory, signal }: CloneRequest): Promise<string> {
  const git = (words: readonly string[], failed: string): Promise<string> =>
    runProgram({ argv: ['git', ...SAFE, ...words], cwd: directory, env: environment(), signal }, failed);
  const { url, ref = 'HEAD', folder } = remote;
  await git(['init', '--quiet'], `failed to init repo at ${directory}`);
  await git(['remote', 'add', 'origin', url], `failed add origin repo at ${url}`);
  await fetch({ git, url, ref });
  await checkOut({ git, ref });
  const submodules = ['submodule', 'update', '--init', '--recursive', '--depth=1', '--quiet'];
  await git(submodules, 'error initializing submodules');
  return folder === '' ? directory : await folderOf(directory, folder);
}

type Git = (words: readonly string[], failed: string) => Promise<string>;

/** Servers without the smart protocol send no shallow history: then all of it comes. */
async function fetch({ git, url, ref }: { readonly git: Git; readonly url: string; readonly ref: string }) {
  try {
    await git(['fetch', '--quiet', '--depth', '1', 'origin', '--', ref], 'error fetching');
  } catch (error) {
    if (!/^https?:/.test(url) || !(error instanceof TskerError) || error.code !== 'invalid') throw error;
    await git(['fetch', '--quiet', 'origin', '--', ref], 'error fetching');
  }
}

/** A branch or tag by its name first, so that HEAD says it; anything else is what was fetched. */
async function checkOut({ git, ref }: { readonly git: Git; readonly ref: string }): Promise<void> {
  const failed = `error checking out ${ref}`;
  await git(['checkout', '--quiet', ref, '--'], failed).catch(async (error: unknown) => {
    await git(['checkout', '--quiet', 'FETCH_HEAD'], failed).catch(() => {
      throw error;
    });
  });
}

/** The user's own settings, hooks and helpers are not the daemon's; nobody is there to type a password. */
const SAFE = ['-c', 'core.askPass=', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.file.allow=never'];

function environment(): NonNullable<ProgramOptions['env']> {
  const { PATH, HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy } = process.env;
  const { SSL_CERT_FILE, GIT_SSL_CAINFO } = process.env;
  return {
    ...{ PATH, HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy },
    ...{ SSL_CERT_FILE, GIT_SSL_CAINFO },
    HOME: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_PROTOCOL_FROM_USER: '0',
  };
}

async function folderOf(root: string, folder: string): Promise<string> {
  const top = await realpath(root);
  const path = await realpath(join(top, folder)).catch(() => undefined);
  if (path === undefined) throw new TskerError('invalid', `error setting git context, no such folder: ${folder}`);
  if (path !== top && !path.startsWith(`${top}/`)) {
    throw new TskerError('invalid', `error setting git context, ${JSON.stringify(folder)} not within git root`);
  }
  if (!(await lstat(path)).isDirectory()) {
    throw new TskerError('invalid', `error setting git context, not a directory: ${folder}`);
  }
  return path;
}
