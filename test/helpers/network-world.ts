// A network of tsker's whose host is a namespace: startNetwork with a transport and files of that namespace, containers as
// namespaces whose set-up operations are carried out one by one, and a world outside behind a link.

import { ERRNO } from '../../src/native/errno.ts';
import type { Op } from '../../src/native/ops.ts';
import type { HostFiles } from '../../src/network/host-files.ts';
import type {
  Attachment,
  AttachRequest,
  EndpointConfig,
  NetworkService,
  NetworkSetup,
} from '../../src/network/network.ts';
import { type NetworkOptions, startNetwork } from '../../src/network/service.ts';
import type { Effects } from '../../src/runtime/runtime.ts';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { TskerError } from '../../src/util/errors.ts';
import { NFT } from './host.ts';
import { makeNetns, type Netns } from './netns.ts';
import type { Owner } from './owner.ts';
import { ok } from './run.ts';
import { randomBridge } from './subnet.ts';

/** Slot under which operations find the host's rtnetlink socket here, and descriptor under which the peer's namespace is. */
const HOST_SLOT = 5;
const PEER_DESCRIPTOR = 100;

export interface World {
  readonly host: Netns;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly bridge: string;
  readonly warnings: string[];
  /** Files written on the host, by path. */
  readonly written: Map<string, string>;
  start(options?: StartOptions): NetworkService;
  /** A namespace, attached as the runtime attaches a container; without endpoints it is on the default bridge. */
  container(network: NetworkService, id: string, endpoints?: readonly EndpointConfig[]): Promise<Container>;
  /** Carries out a change of its network as the runtime does. */
  change(container: Netns, setup: NetworkSetup): void;
  /** What can be seen on the host: links with addresses, rules. */
  visible(): Promise<string>;
}

export interface Container extends Netns {
  readonly address: string;
  readonly attachment: Attachment;
}

export type StartOptions = Partial<
  Pick<NetworkOptions, 'bip' | 'bridge' | 'mtu' | 'icc' | 'ipMasq' | 'files' | 'pools'>
> & {
  nftables?: boolean;
};

export async function makeWorld(owner: Owner): Promise<World> {
  const host = await makeNetns(owner, 'host');
  await host.ok('ip', 'link', 'set', 'lo', 'up');
  const db = openDatabase(':memory:');
  const ledger = new Ledger(db, async (ops) => ops.forEach((op) => void carryOut(op, host, host)));
  const bridge = randomBridge();
  const warnings: string[] = [];
  const written = new Map<string, string>();
  const files: HostFiles = {
    read: (path) => written.get(path) ?? '',
    write: (path, text) => void written.set(path, text),
  };
  return {
    ...{ host, db, ledger, bridge, warnings, written },
    start: ({ nftables = true, ...options } = {}) => {
      const service = startNetwork({
        native: { ...host.transport(), ...NO_PROCESSES, features: { nftables } },
        proxies: true,
        ...{ db, ledger, bridge, files, ...options },
        warn: (message) => void warnings.push(message),
      });
      owner.teardown(() => service.close());
      return service;
    },
    change: (container, setup) => {
      for (const op of setup({ hostNetlink: HOST_SLOT, netns: PEER_DESCRIPTOR, sockets: 0 }))
        carryOut(op, host, container);
    },
    async container(network, id, endpoints = []) {
      const netns = await makeNetns(owner, 'box');
      const effects: Effects = { record: (kind, subject, undo) => void ledger.record(id, kind, subject, undo) };
      const attachment = network.attach({ ...attachRequest(id), endpoints, effects });
      const setup = attachment.setup({ hostNetlink: HOST_SLOT, netns: PEER_DESCRIPTOR, sockets: 0 });
      for (const op of setup) carryOut(op, host, netns);
      return { ...netns, attachment, address: attachment.endpoints[0]?.address ?? '' };
    },
    // Without states and flags, which come and go by themselves.
    visible: async () =>
      [
        ...(await host.ok('ip', '-o', 'link')).split('\n').map((line) => line.split(':')[1]),
        await host.ok('ip', '-4', '-o', 'addr'),
        await host.ok(NFT, 'list', 'ruleset'),
      ].join('\n'),
  };
}

/** No port is published in these tests: that takes the daemon's own namespace. */
const NO_PROCESSES = {
  listen: unexpected,
  spawn: unexpected,
  open: unexpected,
  pidfdOpen: unexpected,
};

function unexpected(): never {
  throw new Error('nothing here should publish a port');
}

/** For a container that is known by its id alone and wants nothing. */
export function attachRequest(id: string, mode = 'bridge'): AttachRequest {
  const names = { containerId: id, name: id, hostname: id };
  return { ...names, mode, endpoints: [], dns: [], ports: [], effects: { record: () => undefined } };
}

/** A namespace behind a link of the host's, 203.0.113.0/24 (TEST-NET-3): it knows no way back to the containers. */
export async function makeOutside(owner: Owner, host: Netns): Promise<Netns> {
  const outside = await makeNetns(owner, 'out');
  await ok([
    'ip',
    '-n',
    host.name,
    'link',
    'add',
    'uplink',
    'type',
    'veth',
    'peer',
    'name',
    'uplink',
    'netns',
    outside.name,
  ]);
  for (const [netns, address] of [[host, '203.0.113.1/24'] as const, [outside, '203.0.113.2/24'] as const]) {
    await netns.ok('ip', 'addr', 'add', address, 'dev', 'uplink');
    await netns.ok('ip', 'link', 'set', 'uplink', 'up');
  }
  await host.ok('/bin/busybox', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  return outside;
}

/** What the helper would do: messages of the host's slot from the host, all others from the container. */
function carryOut(op: Op, host: Netns, container: Netns): void {
  if (op.op === 'WRITE') {
    container.write(op.path, String(op.data));
    return;
  }
  // Who would serve it is the daemon; its tests are others.
  if (op.op === 'SOCKET') return;
  if (op.op !== 'NETLINK') throw new Error(`unexpected operation ${op.op}`);
  const where = op.slot === HOST_SLOT ? host : container;
  try {
    where.transport([container.path]).netlinkCall(op.protocol, op.messages);
  } catch (error) {
    const errno = error instanceof TskerError ? error.errno : undefined;
    const tolerated = Object.entries(ERRNO).some(([name, number]) => name === errno && number === op.tolerate);
    if (!tolerated) throw error;
  }
}
