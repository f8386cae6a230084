// What COPY and ADD share: from their items to a step of the stage.
import { posix } from 'node:path';
import { messageOf, TskerError } from '../../util/errors.ts';
import { inTurns } from '../../util/in-turns.ts';
import { linkKey } from '../cache/key.ts';
import { sourcesDigest } from '../copy/digests.ts';
import { contentItem, type Item, type ItemRequest, itemsOf, nameOf } from '../copy/items.ts';
import { placeItem } from '../copy/place.ts';
import type { BuildLayers, Owner, TreeEntry, Workspace } from '../host.types.ts';
import { DockerfileError } from '../parser/error.ts';
import type { AddInstruction, CopyInstruction } from '../parser/types.ts';
import type { StageRun } from '../stage-run.ts';
import { noOperationJoined } from './change.ts';

const FILE_MODE = 0o644;

type Transfer = AddInstruction | CopyInstruction;

export interface TransferSources {
  readonly items: readonly Item[];
  /** Files keep their owners when no --chown says otherwise. */
  readonly keepOwners: boolean;
  readonly extra?: readonly string[];
}

/** Items of sources in a tree, and of heredocs. Errors say which instruction they are of, as Docker's do. */
export async function treeItems(
  { kind, sources, files, exclude }: Transfer,
  request: Omit<ItemRequest, 'exclude'>,
  isElsewhere: (source: string) => Promise<readonly Item[]> | undefined = () => undefined,
): Promise<readonly Item[]> {
  const patterns = exclude.map(({ text }) => text);
  const items: Item[] = files.map(({ name, content }) => contentItem(name, Buffer.from(content), { mode: FILE_MODE }));
  try {
    for (const { text } of sources) {
      items.push(...((await isElsewhere(text)) ?? (await itemsOf(text, { ...request, exclude: patterns }))));
    }
    if (items.length === 0) throw new TskerError('invalid', 'no source files were specified');
  } catch (error) {
    if (!(error instanceof TskerError) || error.code !== 'invalid') throw error;
    throw new TskerError('invalid', `${kind} failed: ${messageOf(error)}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  return items;
}

export async function performTransfer(instruction: Transfer, run: StageRun, sources: TransferSources): Promise<void> {
  const { kind, destination, chown, chmod, link } = instruction;
  const { items, keepOwners, extra = [] } = sources;
  const { build, config } = run;
  const target = destinationPath(destination.text, config.WorkingDir ?? '');
  if (items.length > 1 && !target.endsWith('/')) {
    const reason = `When using ${kind} with more than one source file, the destination must be a directory and end with a /`;
    throw new DockerfileError(reason, { range: destination.range });
  }
  const mode = chmod === undefined ? undefined : parseMode(chmod.text);
  // No space behind the owner: the histories of all images that Docker built have it so.
  const owned = chown === undefined ? '' : `--chown=${chown.text}`;
  const comment = `${kind} ${owned}${sourcesDigest(items)} in ${destination.text} `;
  const createdBy = noOperationJoined({ config, comment });
  const facts = [chown?.text ?? '', chmod?.text ?? '', String(keepOwners), String(link), ...extra];
  // Names of owners are looked up in what is below: then the layer is not the same everywhere.
  const isLinked = link && (chown === undefined || /^\d+(:\d+)?$/.test(chown.text));
  const epoch = build.options.sourceDateEpoch;
  await run.perform({
    createdBy,
    config,
    instruction: instruction.original,
    inputs: { args: {}, files: await filesOf(items) },
    extra: facts,
    linked: isLinked ? linkKey({ createdBy, extra: [...facts, target], epoch }) : undefined,
    announced: false,
    make: async (workspace) => {
      const owner = chown === undefined ? (keepOwners ? undefined : ROOT) : await ownerOf(workspace, chown.text);
      await placeAll(items, { workspace, layers: build.host.layers, destination: target, owner, mode, run });
    },
  });
}

const ROOT: Owner = { uid: 0, gid: 0 };

interface PlacingAll {
  readonly workspace: Workspace;
  readonly layers: BuildLayers;
  readonly destination: string;
  readonly owner: Owner | undefined;
  readonly mode: number | undefined;
  readonly run: StageRun;
}

async function placeAll(items: readonly Item[], { workspace, run, ...placing }: PlacingAll): Promise<void> {
  const { signal, options } = run.build;
  const tree = await workspace.tree();
  try {
    const now = options.sourceDateEpoch ?? Math.floor(Date.now() / 1000);
    for (const item of items) await placeItem(item, { ...placing, tree, now, signal });
  } finally {
    await tree.close();
  }
}

/** Relative ones are below the working directory. What can only be a directory has a slash at its end. */
function destinationPath(text: string, workingDirectory: string): string {
  const joined = posix.resolve('/', workingDirectory, text);
  return /(^|\/)\.{0,2}$/.test(text) && joined !== '/' ? `${joined}/` : joined;
}

/** A user alone stands for the group of the same name too, as in Docker. */
async function ownerOf(workspace: Workspace, chown: string): Promise<Owner> {
  if (chown.includes(':')) return await workspace.owner(chown);
  try {
    return await workspace.owner(`${chown}:${chown}`);
  } catch {
    return await workspace.owner(chown);
  }
}

function parseMode(text: string): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new TskerError(
    'invalid',
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
  );
}

async function filesOf(items: readonly Item[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const add = (entry: TreeEntry): void => {
    files[nameOf(entry)] = entry.digest;
  };
  for (const item of items) {
    if (item.kind === 'directory') await inTurns(item.entries, add);
    else files[item.kind === 'archive' ? item.path.slice(1) : item.name] = item.digest;
  }
  return files;
}
