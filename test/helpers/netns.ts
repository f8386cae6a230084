// Network namespaces of tests: made by name, gone with the test, and a netlink transport that works inside one, so that
// what tsker's network code does to "the host" is done to a namespace and never to the machine.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ERRNO } from '../../src/native/errno.ts';
import { failureOf } from '../../src/native/failure.ts';
import type { NetlinkTransport } from '../../src/network/kernel.ts';
import type { Owner } from './owner.ts';
import { ok, type RunResult, run } from './run.ts';

const CARRIER = join(import.meta.dirname, 'netlink_transport.py');

export interface Netns {
  readonly name: string;
  readonly path: string;
  /** Runs a program inside; it has to succeed. */
  ok(...argv: string[]): Promise<string>;
  run(...argv: string[]): Promise<RunResult>;
  /** Writes a file of /proc/sys as seen from inside. */
  write(path: string, text: string): void;
  /** Carries netlink messages from inside. `files` are namespaces that messages refer to, as descriptors 100, 101, ... */
  transport(files?: readonly string[]): NetlinkTransport;
}

export async function makeNetns(owner: Owner, label = 'ns'): Promise<Netns> {
  const name = `tsk-${label}-${randomBytes(3).toString('hex')}`;
  await ok(['ip', 'netns', 'add', name]);
  const path = `/run/netns/${name}`;
  owner.teardown(async () => {
    // A test may have deleted it itself.
    if (existsSync(path)) await ok(['ip', 'netns', 'del', name]);
  });
  const inside = ['ip', 'netns', 'exec', name];
  return {
    name,
    path,
    ok: (...argv) => ok([...inside, ...argv]),
    run: (...argv) => run([...inside, ...argv]),
    write: (path, text) => {
      const [program = '', ...args] = [...inside, 'tee', path];
      const result = spawnSync(program, args, { input: text });
      if (result.status !== 0) throw new Error(`writing ${path}: ${result.stderr}`);
    },
    transport: (files = []) => ({
      // A socket is opened anew for each call: what stands for it is its protocol.
      netlinkOpen: (protocol) => protocol,
      close: () => undefined,
      netlinkCall(protocol, request) {
        const [program = '', ...args] = [...inside, '/usr/bin/python3', CARRIER, String(protocol), ...files];
        const result = spawnSync(program, args, { input: request, maxBuffer: 1 << 24 });
        const status = result.status ?? ERRNO.EIO;
        if (result.stderr.length > 0) throw new Error(result.stderr.toString());
        if (status !== 0) throw failureOf(status, 'netlink');
        return result.stdout;
      },
    }),
  };
}
