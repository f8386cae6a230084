// Allots subnets, bridge names and loopback ports to tests that run side by side, also in different processes.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Owner } from './owner.ts';

const LOCKS = join(tmpdir(), 'tsker-test-subnets');

export interface Subnet {
  /** `10.2xx.y.1/24`: the value of --bip. */
  readonly bip: string;
  readonly gateway: string;
  /** `10.2xx.y`: the first three numbers. */
  readonly prefix: string;
}

/** A 10.200–254.x.0/24 that no other test holds. One file a subnet, made with O_EXCL, naming the process that holds it. */
export function allotSubnet(owner: Owner): Subnet {
  mkdirSync(LOCKS, { recursive: true });
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const [high = 0, low = 0] = randomBytes(2);
    const prefix = `10.${200 + (high % 55)}.${low}`;
    const lock = join(LOCKS, prefix);
    if (!take(lock)) continue;
    owner.teardown(() => rmSync(lock, { force: true }));
    return { prefix, bip: `${prefix}.1/24`, gateway: `${prefix}.1` };
  }
  throw new Error(`no subnet is free: remove ${LOCKS} when no test runs`);
}

function take(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!holderLives(lock)) rmSync(lock, { force: true });
    return false;
  }
}

function holderLives(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // Written but not yet filled: the holder is at it right now.
    if (pid === 0) return true;
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** `tsk` and eight random characters: unique, and short enough for an interface (15). */
export function randomBridge(): string {
  return `tsk${randomBytes(4).toString('hex')}`;
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.on('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
  });
  return promise;
}
