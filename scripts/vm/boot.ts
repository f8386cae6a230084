// Boots the guest in qemu by software emulation (KVM does not work everywhere a test machine is itself a guest), shows its
// console, and resolves with the exit code that guest-init prints last.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Kernel } from './kernel.ts';

export interface BootRequest {
  readonly kernel: Kernel;
  readonly initrd: string;
  readonly root: string;
  readonly project: string;
  /** Milliseconds after which the guest is ended and counts as failed. */
  readonly timeout: number;
  readonly onLine: (line: string) => void;
}

export function boot(request: BootRequest): Promise<number> {
  const drive = (file: string): string[] => ['-drive', `file=${file},format=raw,if=virtio,snapshot=on,cache=unsafe`];
  const args = [
    ...['-accel', 'tcg,thread=multi', '-cpu', 'Haswell-v4', '-smp', '2', '-m', '4096', '-nodefaults', '-nographic'],
    ...['-no-reboot', '-serial', 'stdio', '-monitor', 'none'],
    ...['-kernel', request.kernel.vmlinuz, '-initrd', request.initrd],
    ...['-append', 'console=ttyS0 quiet loglevel=2 panic=-1 rdinit=/init'],
    ...drive(request.root),
    ...drive(request.project),
  ];
  return new Promise((done, fail) => {
    // It ends with us, however we end.
    const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let exit = 1;
    const timer = setTimeout(() => {
      request.onLine(`guest: no end after ${request.timeout / 1000} s`);
      qemu.kill('SIGKILL');
    }, request.timeout);
    createInterface({ input: qemu.stdout }).on('line', (raw) => {
      const line = raw.replace(/\r$/, '');
      const end = /^guest: exit (\d+)$/.exec(line);
      if (end !== null) exit = Number(end[1]);
      request.onLine(line);
    });
    qemu.once('error', fail);
    qemu.once('close', () => {
      clearTimeout(timer);
      done(exit);
    });
  });
}
