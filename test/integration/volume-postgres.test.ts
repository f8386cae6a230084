// PostgreSQL keeps its data in a volume over rm and run, and over the death of the daemon. Its programs are those of Debian's
// packages on this machine, put into an image. Needs root, postgresql-15.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { busyboxEntries } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { run } from '../helpers/run.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { dataOf } from './volume.harness.ts';

const HOME = '/usr/lib/postgresql/15';
const DATA = '/var/lib/postgresql/data';
const USER = 70;

/** What `ldd` says the programs load, and the programs. */
async function filesOfPostgres(): Promise<string[]> {
  const programs = ['postgres', 'initdb', 'pg_ctl', 'psql'].map((name) => join(HOME, 'bin', name));
  const { stdout } = await run(['ldd', ...programs]);
  const libraries = [...stdout.matchAll(/(\/lib\S*\.so\S*)/g)].map(([, path = '']) => path);
  const trees = [join(HOME, 'lib/dict_snowball.so'), join(HOME, 'lib/plpgsql.so'), '/usr/share/postgresql/15'];
  return [
    ...new Set([...programs, ...libraries, ...trees, '/usr/share/zoneinfo/UTC', '/usr/share/zoneinfo/posixrules']),
  ]
    .filter((path) => existsSync(path))
    .map((path) => path.slice(1));
}

/** A busybox with PostgreSQL in it; /var/lib/postgresql/data is a volume, and belongs to the user as packages have it. */
async function importPostgres({ tsker }: Daemon, work: string): Promise<void> {
  const [base, archive] = [join(work, 'base.tar'), join(work, 'image.tar')];
  const entries = [
    ...(await busyboxEntries()).filter(({ path }) => path !== 'etc/passwd'),
    { path: 'etc/passwd', content: `root:x:0:0::/:/bin/sh\npostgres:x:${USER}:${USER}::/tmp:/bin/sh\n` },
    { path: 'var/lib/postgresql', type: 'directory' as const, mode: 0o755 },
    { path: DATA.slice(1), type: 'directory' as const, mode: 0o700, uid: USER, gid: USER },
  ];
  await run(['sh', '-c', `cat > ${base}`], { input: makeTar(entries) });
  const files = await filesOfPostgres();
  await run([
    'sh',
    '-c',
    `tar --dereference --hard-dereference -C / -cf ${archive} "$@" && tar -A -f ${archive} ${base}`,
    'sh',
    ...files,
  ]);
  const changes = ['-c', `VOLUME ${DATA}`, '-c', 'USER postgres'];
  // Synced at its end: on a busy disk that waits for what others wrote.
  await tsker.ok(['import', ...changes, archive, 'postgres:15'], { timeout: 300_000 });
}

const SERVER = `pg_ctl -s -w -l /tmp/server.log -D ${DATA} -o "-c listen_addresses= -c unix_socket_directories=/tmp -c fsync=off" start`;
const sql = (statement: string): string => `psql -h /tmp -U postgres -At -c "${statement}"`;

if (existsSync(join(HOME, 'bin/initdb'))) {
  test('PostgreSQL keeps its data in a volume over rm and run, and over the death of the daemon', async (t) => {
    t.timeout(180_000);
    const daemon = await startDaemon(t, { args: ['--bridge', 'none'] });
    const { tsker } = daemon;
    await importPostgres(daemon, tempdir(t, 'postgres'));
    const args = ['--network', 'none', '-e', `PATH=${HOME}/bin:/bin:/usr/bin`, '-e', 'LC_ALL=C', '-v', `pg:${DATA}`];
    const once = (script: string): Promise<string> =>
      tsker.ok(['run', '--rm', ...args, 'postgres:15', 'sh', '-ec', script]);

    await once(
      `initdb -D ${DATA} -U postgres -A trust --no-sync >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }; ${SERVER}; ${sql('CREATE TABLE kept (n int); INSERT INTO kept SELECT generate_series(1, 1000)')}; pg_ctl -s -D ${DATA} -m fast stop`,
    );
    t.true(existsSync(join(dataOf(daemon, 'pg'), 'PG_VERSION')));
    const count = await once(
      `${SERVER}; ${sql('SELECT count(*), sum(n) FROM kept')}; pg_ctl -s -D ${DATA} -m fast stop`,
    );
    t.is(count, '1000|500500');

    const busy = `${SERVER}; ${sql('INSERT INTO kept VALUES (-1)')}; echo committed; exec sleep 1000`;
    await tsker.ok(['run', '-d', '--name', 'busy', ...args, 'postgres:15', 'sh', '-ec', busy]);
    const isCommitted = async () => (await tsker.ok(['logs', 'busy'])).includes('committed');
    await waitFor('the commit', isCommitted, { timeout: 60_000, interval: 200 });
    await daemon.kill();
    await daemon.start();
    await tsker.ok(['rm', 'busy']);
    const after = await once(
      `rm -f ${DATA}/postmaster.pid; ${SERVER}; ${sql('SELECT count(*), sum(n) FROM kept')}; pg_ctl -s -D ${DATA} -m fast stop`,
    );
    t.is(after, '1001|500499', 'what was committed is there when the server was killed');
  });
} else {
  needing(test, { 'postgresql-15': false })('PostgreSQL keeps its data in a volume', () => undefined);
}
