// The mounts of a RUN: what they are worth for the cache before it runs, and what is made for them when it does. The host
// paths of sources are looked up in their trees, so that no link leads out.
import { posix } from 'node:path';
import { TskerError } from '../../util/errors.ts';
import { inTurns } from '../../util/in-turns.ts';
import { entriesDigest } from '../copy/digests.ts';
import { nameOf } from '../copy/items.ts';
import type { Found, RunMount, Tree, Workspace } from '../host.types.ts';
import type { BindMount, CacheMount, Mount, SecretMount, SshMount } from '../parser/instructions/mount.types.ts';
import type { StageRun } from '../stage-run.ts';

export interface PreparedMounts extends AsyncDisposable {
  readonly mounts: readonly RunMount[];
  /** Secrets that are variables, and where an SSH agent listens. */
  readonly env: readonly string[];
}

export interface PlannedMounts {
  /** Part of the step's key. */
  readonly key: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  prepare(workspace: Workspace): Promise<PreparedMounts>;
}

/** What one mount comes to. */
interface Prepared {
  readonly mounts: readonly RunMount[];
  readonly env?: readonly string[];
  readonly release?: () => Promise<void>;
}

interface Planned {
  readonly key: string;
  readonly files?: Readonly<Record<string, string>>;
  prepare(workspace: Workspace): Promise<Prepared>;
}

const SECRET_MODE = 0o400;
const AGENT_TARGET = '/run/buildkit/ssh_agent';

export async function planMounts(mounts: readonly Mount[], run: StageRun): Promise<PlannedMounts> {
  const planned: Planned[] = [];
  for (const [index, mount] of mounts.entries()) planned.push(await planMount(mount, run, index));
  return {
    key: planned.map(({ key }) => key),
    files: Object.assign({}, ...planned.map(({ files }) => files ?? {})),
    prepare: (workspace) => prepareAll(planned, workspace),
  };
}

async function prepareAll(planned: readonly Planned[], workspace: Workspace): Promise<PreparedMounts> {
  await using stack = new AsyncDisposableStack();
  const all: Prepared[] = [];
  for (const one of planned) {
    const prepared = await one.prepare(workspace);
    if (prepared.release !== undefined) stack.defer(prepared.release);
    all.push(prepared);
  }
  const held = stack.move();
  return {
    mounts: all.flatMap(({ mounts }) => mounts),
    env: all.flatMap(({ env }) => env ?? []),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function planMount(mount: Mount, run: StageRun, index: number): Promise<Planned> | Planned {
  switch (mount.type) {
    case 'bind':
      return planBind(mount, run);
    case 'cache':
      return planCache(mount, run);
    case 'tmpfs': {
      const target = absolute(mount.target, run);
      const options = mount.size > 0 ? [`size=${mount.size}`] : [];
      const made: RunMount = { type: 'tmpfs', target, readOnly: mount.readOnly, options };
      return { key: `tmpfs ${target} ${mount.size}`, prepare: async () => ({ mounts: [made] }) };
    }
    case 'secret':
      return planSecret(mount, run, index);
    case 'ssh':
      return planSsh(mount, run, index);
  }
}

function absolute(path: string, { config }: StageRun): string {
  return posix.resolve('/', config.WorkingDir ?? '', path);
}

async function sourceTree(from: string | undefined, run: StageRun): Promise<Tree> {
  return from === undefined ? await run.build.contextTree() : await run.build.sourceTree(from, run.stage);
}

async function planBind(mount: BindMount, run: StageRun): Promise<Planned> {
  const tree = await sourceTree(mount.from, run);
  const found = await tree.look(mount.source === '' ? '/' : mount.source);
  if (found === undefined) {
    throw new TskerError('invalid', `failed to compute cache key: "${mount.source}": not found`);
  }
  const { digest, files } = await digestOf(tree, found, run);
  const target = absolute(mount.target, run);
  return {
    key: `bind ${target} ${digest} ${mount.readOnly}`,
    files,
    prepare: async (workspace) => {
      const { signal } = run.build;
      const source = await workspace.bindSource(tree, found, { readOnly: mount.readOnly, signal });
      return { mounts: [{ type: 'bind', source, target, readOnly: mount.readOnly }] };
    },
  };
}

async function digestOf(tree: Tree, found: Found, run: StageRun) {
  const { signal } = run.build;
  if (found.kind !== 'directory') {
    const digest = await tree.digest(found, signal);
    return { digest, files: { [found.path.slice(1)]: digest } };
  }
  const entries = await tree.list(found.path, signal);
  const files: Record<string, string> = {};
  await inTurns(entries, (entry) => {
    files[nameOf(entry)] = entry.digest;
  });
  return { digest: await entriesDigest(entries), files };
}

async function planCache(mount: CacheMount, run: StageRun): Promise<Planned> {
  const { host, signal } = run.build;
  const target = absolute(mount.target, run);
  const owner = { uid: mount.uid ?? 0, gid: mount.gid ?? 0 };
  const { from, source } = mount;
  const seed =
    from === undefined
      ? undefined
      : async () => {
          const tree = await sourceTree(from, run);
          const found = await tree.look(source === '' ? '/' : source);
          const entries = found?.kind === 'directory' ? await tree.list(found.path, signal) : [];
          return await tree.packEntries(
            found?.path ?? '/',
            entries.map(({ path }) => path),
          );
        };
  return {
    // What is in it is nobody's input.
    key: `cache ${target}`,
    prepare: async () => {
      const id = mount.id === '' ? target : mount.id;
      const request = { id, sharing: mount.sharing, owner, mode: mount.mode ?? 0o755, seed, signal };
      const opened = await host.cacheMounts.open(request);
      const made: RunMount = { type: 'bind', source: opened.path, target, readOnly: mount.readOnly };
      return { mounts: [made], release: () => opened.release() };
    },
  };
}

function planSecret(mount: SecretMount, run: StageRun, index: number): Planned {
  const content = run.build.options.secrets.get(mount.id);
  const target = mount.target === undefined ? undefined : absolute(mount.target, run);
  // The content is no part of the key: a new password is no reason to build again, as with BuildKit.
  const key = `secret ${mount.id} ${target ?? ''} ${mount.env ?? ''}`;
  if (content === undefined) {
    if (!mount.required) return { key, prepare: async () => ({ mounts: [] }) };
    throw new TskerError('invalid', `secret ${mount.id}: not found`, {
      hint: `give it with --secret id=${mount.id},src=FILE`,
    });
  }
  return {
    key,
    prepare: async (workspace) => {
      const env = mount.env === undefined ? [] : [`${mount.env}=${Buffer.from(content).toString('utf8')}`];
      if (target === undefined) return { mounts: [], env };
      const owner = { uid: mount.uid ?? 0, gid: mount.gid ?? 0, mode: mount.mode ?? SECRET_MODE };
      const source = await workspace.privateFile(`secret-${index}`, content, owner);
      return { mounts: [{ type: 'bind', source, target, readOnly: true }], env };
    },
  };
}

function planSsh(mount: SshMount, run: StageRun, index: number): Planned {
  const agent = run.build.options.ssh.get(mount.id);
  const target = mount.target === undefined ? `${AGENT_TARGET}.${index}` : absolute(mount.target, run);
  const key = `ssh ${mount.id} ${target}`;
  if (agent === undefined) {
    if (!mount.required) return { key, prepare: async () => ({ mounts: [] }) };
    throw new TskerError('invalid', `unset ssh forward key ${mount.id}`, { hint: `give it with --ssh ${mount.id}` });
  }
  const mounts: readonly RunMount[] = [{ type: 'bind', source: agent, target, readOnly: false }];
  return { key, prepare: async () => ({ mounts, env: [`SSH_AUTH_SOCK=${target}`] }) };
}
