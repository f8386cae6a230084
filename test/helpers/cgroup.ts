// The cgroup files of a process as the kernel has them, v1 or v2, for tests that look at effects and not at configuration.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** True when the controllers are those of cgroup v2. */
export const unified = existsSync(join(ROOT, 'cgroup.controllers'));

/** The directory of a process for a controller, as the host sees it. */
export function cgroupDirectory(pid: number, controller: string): string {
  for (const line of readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')) {
    const [, controllers = '', path = ''] = line.split(':');
    if (unified && controllers === '') return join(ROOT, path);
    if (controllers.split(',').includes(controller)) return join(ROOT, mountName(controllers), path);
  }
  throw new Error(`process ${pid} is in no cgroup of ${controller}`);
}

function mountName(controllers: string): string {
  return basename(controllers.replace(/^name=/, ''));
}

/** A file's text without the last newline; `v1` and `v2` name it in either version. */
export function cgroupFile(pid: number, files: { controller: string; v1: string; v2: string }): string {
  return readFileSync(join(cgroupDirectory(pid, files.controller), unified ? files.v2 : files.v1), 'utf8').trim();
}
