// Attacks on the engine from inside a container, each tried and failing. Needs root and musl-gcc.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect, CreateRequest } from '../../src/types/container.ts';
import type { HostConfig } from '../../src/types/container-config.ts';
import { dockerArchive } from '../helpers/archive.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { call } from '../helpers/http.ts';
import { makeImage } from '../helpers/image.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { SLOWNESS } from '../helpers/wait.ts';
import { create, inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
/** A file of the host whose name no container has. */
let marker: string;
test.before(async () => {
  daemon = await startWithBusybox(suite);
  marker = join(tempdir(suite, 'secret'), `marker-${process.pid}`);
  writeFileSync(marker, 'secret');
});

const sh = (script: string): CreateRequest => ({ Cmd: ['sh', '-c', script] });
const output = async (body: CreateRequest, host: Partial<HostConfig> = {}): Promise<string> => {
  const { id } = await runToEnd(daemon, { ...body, HostConfig: host });
  const { out, err } = await logs(daemon, id);
  return out + err;
};

/** Runs a program by exec, to its end. */
async function exec(id: string, Cmd: readonly string[], more: object = {}): Promise<{ status: number; text: string }> {
  const created = await daemon.api('POST', `/containers/${id}/exec`, {
    ...{ Cmd, AttachStdout: true, AttachStderr: true },
    ...more,
  });
  const { Id } = created.json<{ Id: string }>();
  const answer = await daemon.api('POST', `/exec/${Id}/start`, { Detach: false, Tty: false });
  return { status: answer.status, text: answer.text };
}

// ---- CVE-2019-5736: the program that starts containers overwritten through /proc/self/exe ---------------------------

test('the helper that stays as PID 1 cannot be written to', async (t) => {
  const text = await output(sh('(echo x >/proc/1/exe) 2>&1; (dd if=/dev/zero of=/proc/1/exe count=1) 2>&1; echo end'), {
    Init: true,
  });
  t.notRegex(text, /records out/);
  t.regex(text, /end\n$/);
  t.is(await output(sh('echo still works'), { Init: true }), 'still works\n');
});

test('/proc/self/exe as program or interpreter reaches nothing of the host', async (t) => {
  const executable = readFileSync(`/proc/${daemon.pid}/exe`).length;
  for (const Cmd of [['/proc/self/exe'], ['sh', '-c', 'printf "#!/proc/self/exe\\n" >/x; chmod +x /x; exec /x']]) {
    const id = await create(daemon, { Cmd });
    await daemon.api('POST', `/containers/${id}/start`);
    await daemon.api('POST', `/containers/${id}/kill`);
  }
  t.is(readFileSync(`/proc/${daemon.pid}/exe`).length, executable);
  t.is(await output(sh('echo still works')), 'still works\n');
});

// ---- CVE-2024-21626: a working directory that is a descriptor of the host -------------------------------------------

test('no descriptor is a working directory, at start or exec', async (t) => {
  const find = `for up in . .. ../.. ../../.. ../../../.. ../../../../..; do test -e $up${marker} && echo ESCAPED; done; true`;
  const running = await start(daemon, sh('exec sleep 1000'));
  for (let fd = 3; fd < 24; fd++) {
    const WorkingDir = `/proc/self/fd/${fd}`;
    const id = await create(daemon, { ...sh(find), WorkingDir });
    const started = await daemon.api('POST', `/containers/${id}/start`);
    if (started.status === 204) {
      await daemon.api('POST', `/containers/${id}/wait`);
      t.notRegex((await logs(daemon, id)).out, /ESCAPED/, WorkingDir);
    }
    t.notRegex((await exec(running, ['sh', '-c', find], { WorkingDir })).text, /ESCAPED/, WorkingDir);
  }
  await daemon.api('DELETE', `/containers/${running}?force=1`);
});

test('no descriptor of the daemon is in a container, at start or exec', async (t) => {
  const list = 'for fd in /proc/self/fd/*; do echo "$(basename $fd)"; done | tr "\\n" " "; ls -l /proc/$$/fd';
  // Behind a shim streams are FIFOs, which have names; there is no such path in the container.
  const allowed =
    /-> (\/dev\/null|pipe:\[\d+\]|\S+\/tasks\/[0-9a-f]{64}\/std(out|err)|\/dev\/pts\/\d+|\/proc\/\d+\/fd|\/bin\/\w+)$/;
  const links = (text: string): string[] => text.split('\n').filter((line) => line.includes('->'));
  const id = await start(daemon, { Cmd: ['sleep', '1000'] });
  const texts = [await output(sh(list)), (await exec(id, ['sh', '-c', list])).text];
  for (const text of texts) {
    t.true(links(text).length >= 3, text);
    t.deepEqual(
      links(text).filter((line) => !allowed.test(line)),
      [],
    );
  }
  const { Pid } = (await inspect<ContainerInspect>(daemon, id)).State;
  t.deepEqual(
    execFileSync('ls', [`/proc/${Pid}/fd`], { encoding: 'utf8' })
      .trim()
      .split('\n'),
    ['0', '1', '2'],
  );
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

// ---- CVE-2016-9962: a process that joins is traced before it is the program ------------------------------------------

test('a process that joins a container cannot be traced, nor its descriptors be seen', async (t) => {
  const directory = tempdir(t, 'thief');
  const thief = join(directory, 'thief');
  const source = join(import.meta.dirname, '../fixtures/attack/thief.c');
  // The virtual machine has no compiler, and gets it made.
  const built = source.replace(/\.c$/, '');
  if (existsSync(built)) copyFileSync(built, thief);
  else execFileSync('musl-gcc', ['-static', '-O2', '-o', thief, source]);
  // Between its last capability and its program a process can be traced by its like. The filter is loaded then, and the
  // program searched for: an image can make that as long as it likes.
  const Env = [`PATH=${Array.from({ length: 3000 }, (_, index) => `/n/${index}`).join(':')}:/bin`];
  const id = await start(daemon, {
    Cmd: ['/v/thief', String(3 * SLOWNESS)],
    HostConfig: { Binds: [`${directory}:/v:ro`], SecurityOpt: ['no-new-privileges'] },
  });
  const ended = daemon.api('POST', `/containers/${id}/wait`);
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (let count = 0; !over && count < 400; count++) await exec(id, ['true'], { Env }).catch(() => undefined);
  await ended;
  const { out } = await logs(daemon, id);
  t.log(out.split('\n').at(-2));
  t.notRegex(out, /STOLEN|TRACED|OVERWRITABLE/);
  t.regex(out, /candidates [1-9]/, 'the attack had its chance');
});

// ---- CVE-2022-0492: a program of the host started through release_agent --------------------------------------------

const RELEASE_AGENT = `
for f in $(find /sys/fs/cgroup -name release_agent 2>/dev/null); do (echo /x >$f) 2>/dev/null && echo WRITTEN; done
mkdir -p /tmp/c
for c in memory rdma cpu pids; do mount -t cgroup -o $c cgroup /tmp/c 2>/dev/null && echo MOUNTED; done
mount -t cgroup2 cgroup /tmp/c 2>/dev/null && echo MOUNTED
unshare -r -m sh -c 'mount -t cgroup -o memory cgroup /tmp/c && echo x >/tmp/c/release_agent' 2>/dev/null && echo ESCAPED
mount -o remount,rw /sys/fs/cgroup 2>/dev/null && echo REMOUNTED
echo end`;
for (const SecurityOpt of [[], ['seccomp=unconfined']]) {
  test(`release_agent is out of reach, ${SecurityOpt[0] ?? 'with the usual filter'}`, async (t) => {
    t.is(await output(sh(RELEASE_AGENT), { SecurityOpt }), 'end\n');
  });
}

// ---- Masked paths --------------------------------------------------------------------------------------------------

const UNMASK =
  'umount /proc/kcore && echo OPEN; umount -l /proc/sys && echo OPEN; umount -l /sys/firmware && echo OPEN;';
const REMOUNT = 'mount -o remount,rw /proc/sys && echo OPEN; mount -o remount,rw,bind /proc/sys && echo OPEN;';
for (const [title, script, host] of [
  ['', `${UNMASK}${REMOUNT}`, {}],
  [', from a user namespace', `unshare -r -m sh -c '${UNMASK}${REMOUNT}'`, { SecurityOpt: ['seccomp=unconfined'] }],
  [
    ', by a second /proc',
    'unshare -r -m -p -f sh -c "mount -t proc proc /tmp && echo OPEN"',
    { SecurityOpt: ['seccomp=unconfined'] },
  ],
] as const) {
  test(`masked and read-only paths stay so${title}`, async (t) => {
    const text = await output(sh(`(${script}) 2>/dev/null; echo end`), host);
    t.is(text, 'end\n');
  });
}

// ---- CVE-2021-41091: other users of the host and what is in the layers ----------------------------------------------

test("other users of the host reach no container's files", async (t) => {
  const others = (path: string): number => statSync(path).mode & 0o007;
  const id = await create(daemon, { Cmd: ['true'] });
  t.is(others(daemon.root) & 0o006, 0, 'cannot be listed or written to');
  t.is(others(join(daemon.root, 'containers', id)), 0);
});

test('a program in a layer cannot be run by another user of the host, who knows its path', async (t) => {
  const { id } = await runToEnd(daemon, sh('cp /bin/busybox /root/own; chmod 4755 /root/own'));
  const { GraphDriver } = await inspect<ContainerInspect>(daemon, id);
  const path = join(GraphDriver.Data?.['UpperDir'] ?? '', 'root/own');
  t.is(statSync(path).mode & 0o7777, 0o4755, 'root finds it');
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
  // By a shell: setpriv itself still has its capabilities when it executes.
  const tried = await run([...nobody, 'sh', '-c', '"$0" id -u', path]);
  t.not(tried.code, 0);
  t.regex(tried.stderr, /Permission denied/);
});

// ---- CVE-2020-15257: abstract sockets of the engine, within reach of containers with the network of the host -----------

test('the engine listens on no abstract socket', async (t) => {
  const seen = await output(sh('cat /proc/net/unix'), { NetworkMode: 'host' });
  const abstract = seen.split('\n').filter((line) => / @/.test(line));
  const own = new Set(
    readdirSync(`/proc/${daemon.pid}/fd`).flatMap((fd) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${daemon.pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return []; // closed meanwhile
      }
    }),
  );
  t.true(own.size > 0);
  t.deepEqual(
    abstract.filter((line) => own.has(line.trim().split(/\s+/)[6] ?? '')),
    [],
  );
});

// ---- CVE-2014-9357: an archive that writes outside of where it is unpacked ---------------------------------------------

test('layers that climb, by names and by links, reach nothing of the host', async (t) => {
  const target = join(tempdir(t, 'outside'), 'file');
  const ways = [
    [{ path: `../../../../../../../../..${target}`, content: 'x' }],
    [{ path: target.slice(1), content: 'x' }],
    [
      { path: 'way', type: 'symlink', target: join(target, '..') },
      { path: 'way/file', content: 'x' },
    ],
    [
      { path: 'up', type: 'symlink', target: '../../../../../../../../../..' },
      { path: `up${target}`, content: 'x' },
    ],
    [{ path: 'hard', type: 'link', target: '/etc/passwd' }],
  ] as const;
  for (const [index, entries] of ways.entries()) {
    const image = await makeImage({ layers: [{ entries }], config: { Cmd: ['/x'] } });
    const body = dockerArchive(image, [`climber:${index}`]);
    await call({ target: daemon.socket, method: 'POST', path: '/images/load', body });
    t.false(existsSync(target), JSON.stringify(entries));
  }
  t.is(statSync('/etc/passwd').nlink, 1);
});
