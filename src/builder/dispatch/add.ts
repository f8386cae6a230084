// ADD [--chown=…] [--chmod=…] [--checksum=…] [--keep-git-dir] [--unpack] [--exclude=…] source … destination
import { TskerError } from '../../util/errors.ts';
import { download } from '../copy/download.ts';
import { contentItem, type Item, itemsOf } from '../copy/items.ts';
import type { AddInstruction } from '../parser/types.ts';
import type { StageRun } from '../stage-run.ts';
import { performTransfer, treeItems } from './transfer.ts';

/** Docker gives what it fetched to root alone. */
const DOWNLOAD_MODE = 0o600;
const URL_SOURCE = /^https?:\/\//i;
const GIT_SOURCE = /^(?:git@|git:\/\/|ssh:\/\/)|^https?:\/\/.*\.git(?:#.*)?$/i;

export async function dispatchAdd(instruction: AddInstruction, run: StageRun): Promise<void> {
  const { build } = run;
  const remote = (source: string): Promise<readonly Item[]> | undefined => {
    if (GIT_SOURCE.test(source)) return repositoryItems(source, instruction, run);
    return URL_SOURCE.test(source) ? downloaded(source, instruction, run) : undefined;
  };
  const request = {
    tree: await build.contextTree(),
    inContext: true,
    parents: false,
    unpack: instruction.unpack ?? true,
    signal: build.signal,
  };
  const items = await treeItems(instruction, request, remote);
  await performTransfer(instruction, run, { items, keepOwners: false, extra: [instruction.checksum?.text ?? ''] });
}

/** The files of a commit; without what git keeps of itself, unless that is wanted. */
async function repositoryItems(source: string, instruction: AddInstruction, run: StageRun): Promise<readonly Item[]> {
  const { signal } = run.build;
  const tree = await run.build.repository(source);
  const exclude = [
    ...(instruction.keepGitDir === true ? [] : ['.git']),
    ...instruction.exclude.map(({ text }) => text),
  ];
  return await itemsOf('/', { tree, inContext: false, exclude, parents: false, unpack: false, signal });
}

async function downloaded(source: string, instruction: AddInstruction, run: StageRun): Promise<readonly Item[]> {
  const { signal } = run.build;
  run.say('\n');
  const { content, name, mtime } = await download(source, { checksum: instruction.checksum?.text, signal });
  const named = name === '' ? fileNameFor(source, instruction) : name;
  return [contentItem(named, content, { mode: DOWNLOAD_MODE, mtime })];
}

/** A URL that ends in a slash names no file: then the destination must. */
function fileNameFor(source: string, { destination }: AddInstruction): string {
  if (!destination.text.endsWith('/')) return 'download';
  throw new TskerError('invalid', `cannot determine filename from url: ${source}`);
}
