// Writes the V8 code cache of a wrapped bundle. For the client's it first runs some commands against a daemon that always gives
// the same answers, so that the cache holds the functions a command needs. Must run in the Node binary that will read it.
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Script } = require('node:vm');

/** What is started most often, by bundle. A command more makes its cache larger, which every start pays for that reads it. */
const COMMANDS = {
  client: [['ps'], ['version'], ['run', '--help']],
  'client-rest': [['images'], ['run', '-d', 'tsker/busybox'], ['rm', 'warm'], ['inspect', 'warm']],
};

const CONTAINER = {
  Id: '0'.repeat(64),
  Names: ['/warm'],
  Image: 'tsker/busybox',
  ImageID: `sha256:${'0'.repeat(64)}`,
  Command: 'sh',
  Created: 1,
  Ports: [],
  Labels: {},
  State: 'running',
  Status: 'Up 2 seconds',
  HostConfig: { NetworkMode: 'bridge' },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

const IMAGE = {
  Id: `sha256:${'0'.repeat(64)}`,
  RepoTags: ['tsker/busybox:latest'],
  RepoDigests: [],
  Created: 1,
  Size: 1,
  SharedSize: -1,
  Containers: -1,
};

const ANSWERS = {
  'GET /containers/json': [CONTAINER],
  'GET /images/json': [IMAGE],
  'GET /containers/warm/json': { Id: CONTAINER.Id, Name: '/warm' },
  'POST /containers/create': { Id: CONTAINER.Id, Warnings: [] },
};

/** The help of a command comes from an asset of the single file. */
function requireBuiltin(name) {
  return name === 'node:sea' ? { getAsset: () => '' } : require(name);
}

function load(script, others) {
  const module = { exports: {}, others };
  script.runInThisContext()(module.exports, requireBuiltin, module);
  return module.exports;
}

async function run(scripts, command) {
  const ended = new Promise((resolve) => {
    process.exit = resolve;
  });
  process.argv = [process.argv[0], 'tsker', ...command];
  load(scripts.client, () => load(scripts['client-rest']));
  const code = await ended;
  if (code !== 0) throw new Error(`tsker ${command.join(' ')} ended with ${code}`);
}

async function warmUp(scripts, commands) {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-warm-'));
  const socket = join(directory, 'socket');
  const server = createServer(({ method, url }, response) => {
    const answer = ANSWERS[`${method} ${url.split('?')[0]}`] ?? { Version: '0', Components: [] };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(socket, resolve));
  process.env.DOCKER_HOST = `unix://${socket}`;
  try {
    for (const command of commands) await run(scripts, command);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

async function main([name, directory]) {
  const { exit } = process;
  const scriptOf = (bundle) =>
    new Script(readFileSync(join(directory, `${bundle}.js`), 'latin1'), { filename: `tsker-${bundle}.js` });
  const commands = COMMANDS[name] ?? [];
  const bundles = new Set([name, ...(commands.length === 0 ? [] : Object.keys(COMMANDS))]);
  const scripts = Object.fromEntries([...bundles].map((bundle) => [bundle, scriptOf(bundle)]));
  if (commands.length > 0) await warmUp(scripts, commands);
  writeFileSync(join(directory, `${name}.cache`), scripts[name].createCachedData());
  exit(0);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
