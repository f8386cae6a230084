// COPY [--from=…] [--chown=…] [--chmod=…] [--link] [--parents] [--exclude=…] source … destination
import type { CopyInstruction } from '../parser/types.ts';
import type { StageRun } from '../stage-run.ts';
import { performTransfer, treeItems } from './transfer.ts';

export async function dispatchCopy(instruction: CopyInstruction, run: StageRun): Promise<void> {
  const { build, stage } = run;
  const from = instruction.from?.text;
  const tree = from === undefined ? await build.contextTree() : await build.sourceTree(from, stage);
  const items = await treeItems(instruction, {
    tree,
    inContext: from === undefined,
    parents: instruction.parents,
    unpack: false,
    signal: build.signal,
  });
  await performTransfer(instruction, run, { items, keepOwners: from !== undefined });
}
