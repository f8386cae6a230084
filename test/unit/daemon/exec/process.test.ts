import test from 'ava';
import type { ExecConfig } from '../../../../src/daemon/exec/exec.ts';
import { type ExecProcessRequest, execProcess } from '../../../../src/daemon/exec/process.ts';
import type { Process } from '../../../../src/runtime/spec.ts';

const BASE: Process = {
  terminal: true,
  consoleSize: { height: 1, width: 2 },
  user: { uid: 33, gid: 33, umask: 0o27, additionalGids: [33] },
  args: ['server'],
  env: ['PATH=/bin', 'A=from the container'],
  cwd: '/srv',
  capabilities: { bounding: ['CAP_CHOWN'], effective: [], permitted: [], inheritable: [], ambient: [] },
  rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 }],
  noNewPrivileges: true,
  apparmorProfile: 'own',
  oomScoreAdj: 5,
};

const CONFIG: ExecConfig = {
  command: ['id', '-u'],
  tty: false,
  attachStdin: false,
  attachStdout: false,
  attachStderr: false,
  detachKeys: Buffer.alloc(0),
  env: [],
  workingDir: '/srv',
  user: '',
  privileged: false,
  size: { rows: 0, columns: 0 },
};

const build = (config: Partial<ExecConfig>, request: Partial<ExecProcessRequest> = {}): Process =>
  execProcess({
    base: BASE,
    container: { Hostname: 'box', Env: ['PATH=/bin', 'A=from the container'] },
    config: { ...CONFIG, ...config },
    user: { uid: 0, gid: 0, additionalGids: [0] },
    size: { rows: 24, columns: 80 },
    allCapabilities: ['CAP_CHOWN', 'CAP_SYS_ADMIN'],
    ...request,
  });

test('limits and confinement are those of the container', (t) => {
  const process = build({});
  t.like(process, {
    terminal: false,
    args: ['id', '-u'],
    cwd: '/srv',
    rlimits: BASE.rlimits,
    noNewPrivileges: true,
    apparmorProfile: 'own',
    oomScoreAdj: 5,
  });
  t.deepEqual(process.user, { uid: 0, gid: 0, additionalGids: [0], umask: 0o27 });
  t.false('consoleSize' in process);
});

test('root may what the root of the container may, another user nothing of it', (t) => {
  t.deepEqual(build({}).capabilities?.effective, ['CAP_CHOWN']);
  const other = build({}, { user: { uid: 5, gid: 5, additionalGids: [] } });
  t.deepEqual(other.capabilities?.effective, []);
  t.deepEqual(other.capabilities?.bounding, ['CAP_CHOWN']);
});

test('privileged gives all capabilities and takes the profile away', (t) => {
  const process = build({ privileged: true });
  t.deepEqual(process.capabilities?.effective, ['CAP_CHOWN', 'CAP_SYS_ADMIN']);
  t.false('apparmorProfile' in process);
  t.true(process.noNewPrivileges);
});

test('the environment is that of the container, with changes', (t) => {
  t.deepEqual(build({ env: ['A=mine', 'B=new', 'HOSTNAME'] }).env, ['PATH=/bin', 'A=mine', 'B=new']);
});

test('a terminal has a size and a name', (t) => {
  const process = build({ tty: true });
  t.deepEqual(process.consoleSize, { height: 24, width: 80 });
  t.true(process.env.includes('TERM=xterm'));
});

test('without a directory it is the root', (t) => t.is(build({ workingDir: '' }).cwd, '/'));
