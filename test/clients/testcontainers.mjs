// What a test suite does with testcontainers: containers that are waited for in every way there is, networks, files, an image built,
// and at the end things left behind on purpose, which the reaper has to take away. Every step prints one line of JSON.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GenericContainer, Network, Wait } from 'testcontainers';

const say = (step, value) => console.log(JSON.stringify({ step, value }));
const SERVE = 'mkdir -p /www && echo served > /www/index.html && echo ready to serve && exec httpd -f -p 8000 -h /www';

const get = async (container) => {
  const answer = await fetch(`http://${container.getHost()}:${container.getMappedPort(8000)}/`);
  return { status: answer.status, body: (await answer.text()).trim() };
};

const byLog = await new GenericContainer('busybox')
  .withCommand(['sh', '-c', SERVE])
  .withExposedPorts(8000)
  .withWaitStrategy(Wait.forLogMessage('ready to serve'))
  .start();
say('by log', byLog.getHost() === '' ? 'no host' : 'started');
await byLog.stop();

const network = await new Network().start();
const web = await new GenericContainer('busybox')
  .withName('tc-web')
  .withCommand(['sh', '-c', SERVE])
  .withExposedPorts(8000)
  .withNetwork(network)
  .withNetworkAliases('web')
  .withEnvironment({ ONE: 'two' })
  .withLabels({ of: 'a test' })
  .withCopyContentToContainer([{ content: 'copied in', target: '/copied' }])
  .withTmpFs({ '/scratch': 'rw,size=1m' })
  .withUlimits({ nofile: { soft: 400, hard: 500 } })
  .withWaitStrategy(Wait.forHttp('/', 8000).forStatusCode(200))
  .start();
say('by http', await get(web));
say('name', web.getName());
say('labels', web.getLabels().of);
const { output, stdout, stderr, exitCode } = await web.exec([
  'sh',
  '-c',
  'cat /copied; echo; echo $ONE; ulimit -n; echo wrong >&2; exit 4',
]);
say('exec', { stdout, stderr, exitCode, length: output.length });
say('exec as', (await web.exec(['sh', '-c', 'id -u; pwd'], { user: '33', workingDir: '/www' })).output);
const archive = await web.copyArchiveFromContainer('/www/index.html');
say('copied out', (await text(archive)).includes('served'));
const client = await new GenericContainer('busybox')
  .withCommand(['sh', '-c', 'wget -qO- http://web:8000/ | grep served'])
  .withNetwork(network)
  .withWaitStrategy(Wait.forOneShotStartup())
  .start();
say('one shot', 'found the other by its alias');
await client.stop();
await web.restart();
say('restarted', await get(web));

const healthy = await new GenericContainer('busybox')
  .withCommand(['sh', '-c', 'sleep 1; touch /ok; exec sleep 10000'])
  .withHealthCheck({ test: ['CMD-SHELL', 'test -f /ok'], interval: 500, timeout: 2000, retries: 20, startPeriod: 0 })
  .withWaitStrategy(Wait.forHealthCheck())
  .start();
say('by health', (await healthy.exec(['ls', '/ok'])).output.trim());
await healthy.stop();

const context = mkdtempSync(join(tmpdir(), 'tsker-test-context-'));
process.on('exit', () => rmSync(context, { recursive: true }));
writeFileSync(
  join(context, 'Dockerfile'),
  `FROM busybox\nARG WHAT\nENV WHAT=$WHAT\nCMD ["sh", "-c", "echo built with $WHAT; sleep 10000"]\n`,
);
const image = await GenericContainer.fromDockerfile(context)
  .withBuildArgs({ WHAT: 'arguments' })
  .build('tc/built:1', { deleteOnExit: false });
const built = await image.withWaitStrategy(Wait.forLogMessage(/built with arguments/)).start();
say('built', (await built.exec(['sh', '-c', 'echo $WHAT'])).output.trim());
await built.stop();

const failed = await new GenericContainer('busybox')
  .withCommand(['false'])
  .withWaitStrategy(Wait.forLogMessage('never'))
  .withStartupTimeout(1500)
  .start()
  .then(
    () => 'started',
    (error) => error.message.replace(/[0-9a-f]{64}/, 'ID'),
  );
say('never ready', failed);
const missing = await new GenericContainer('127.0.0.1:1/tc/nosuch').start().then(
  () => 'started',
  () => 'refused',
);
say('no image', missing);

// Left behind: `web`, its network, and a volume.
say('left', 'to the reaper');
process.exit(0);
