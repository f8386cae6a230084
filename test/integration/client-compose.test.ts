// docker-compose, as Debian packages it, with a project of four services on tsker and on the reference engine: what it says has to
// be the same, to the line, before and after a restart of the daemon. Needs: root, docker-compose, dockerd.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { COMPOSE } from '../clients/differences.ts';
import { needing } from '../helpers/needs.ts';
import { HAS_REFERENCE } from '../helpers/reference-docker.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { compare, judge, type Step, stepOf } from '../helpers/transcript.ts';
import { type ClientEngine, startTwoEngines } from '../helpers/two-engines.ts';

const PROJECT = join(import.meta.dirname, '../fixtures/clients/compose');
const COMPOSE_PROGRAM = '/usr/bin/docker-compose';

/** docker-compose's words; after `docker` the docker command line's. */
const STEPS: readonly string[] = [
  'build',
  'up -d',
  'ps',
  'ps -q worker',
  'ps --services --filter status=running',
  'images',
  'exec -T db cat /run/secrets/password /data/greeting',
  'exec -T db id',
  'exec -T web cat /www/index.html',
  'exec -T web nosuch-program',
  'exec -T api sh -c ␣grep␣gate␣/etc/hosts;ulimit␣-n;mount|grep␣-c␣"on␣/run␣type␣tmpfs"',
  'exec -T -e A=b -w /tmp -u 33:33 worker sh -c echo␣$A;pwd;id␣-u',
  'port web 80',
  'logs --no-color db',
  'logs --no-color --tail=1 api web',
  'up -d --scale worker=4',
  'ps worker',
  'exec -T --index=4 worker echo from␣the␣fourth',
  'up -d --scale worker=1',
  'restart web',
  'pause db',
  'ps db',
  'unpause db',
  'kill -s SIGKILL worker',
  'ps -a worker',
  'start worker',
  'stop -t 3 worker',
  'up -d',
  'run --rm -T api sh -c wget␣-qO-␣http://database:5432/greeting;exit␣3',
  'run --rm -T --no-deps -e X=y --entrypoint env worker',
  'up -d --force-recreate --no-deps web',
  'top db',
  'docker network ls --format {{.Name}}␣{{.Driver}}',
  'docker volume ls -q',
  'docker ps --format {{.Names}}␣{{.Status}}␣{{.Ports}}',
  'docker inspect -f {{json␣.Config.Labels}} shop_db_1',
  'docker inspect -f {{range␣.Mounts}}{{println␣.Type␣.Destination␣.Mode␣.RW␣.Propagation}}{{end}} shop_db_1',
  'down -v --remove-orphans',
  'docker ps -a',
  'docker volume ls -q',
  'docker network ls --format {{.Name}}',
  'ps',
  'up -d nosuch',
];

const check = needing(test, { 'docker-compose': existsSync(COMPOSE_PROGRAM), dockerd: HAS_REFERENCE });

/** One life of the project, in the words of docker-compose. */
async function live(engine: ClientEngine, directory: string): Promise<Step[]> {
  const steps: Step[] = [];
  for (const [index, line] of STEPS.entries()) {
    const [first, ...rest] = line.split(' ').map((word) => word.replaceAll('␣', ' '));
    const words = first === undefined ? rest : [first, ...rest];
    const result =
      first === 'docker'
        ? await engine.cli.run(rest)
        : await engine.run([COMPOSE_PROGRAM, '--no-ansi', '-p', 'shop', ...words], { cwd: directory });
    steps.push(stepOf(`${index + 1}: ${line.replaceAll('␣', ' ')}`, result));
  }
  return steps;
}

function agree(t: ExecutionContext, ours: readonly Step[], theirs: readonly Step[]): void {
  const { unexplained, stale } = judge(compare(ours, theirs), COMPOSE);
  t.deepEqual(unexplained, []);
  t.deepEqual(stale, []);
}

check('docker-compose lives through a project of four services, again after the daemon was restarted', async (t) => {
  t.timeout(400_000);
  const { tsker, docker } = await startTwoEngines(t);
  const directory = tempdir(t, 'compose');
  cpSync(PROJECT, directory, { recursive: true });
  const first = await Promise.all([live(tsker, directory), live(docker, directory)]);
  agree(t, ...first);
  await tsker.daemon.stop();
  await tsker.daemon.start();
  // Built already, and the last step of the first life has left its networks: the reference lives twice as well.
  agree(t, ...(await Promise.all([live(tsker, directory), live(docker, directory)])));
});
