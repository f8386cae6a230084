// Writes the V8 code cache of a wrapped bundle. For the client it first runs some commands against a daemon that always
// gives the same answer, so that the cache holds the functions a command needs. Must run in the Node binary that will read it.
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Script } = require('node:vm');

/** What is started most often. A command more makes the cache larger, which every start pays for. */
const COMMANDS = [['ps'], ['version']];

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

async function run(script, command) {
  const ended = new Promise((resolve) => {
    process.exit = resolve;
  });
  process.argv = [process.argv[0], 'tsker', ...command];
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module);
  const code = await ended;
  if (code !== 0) throw new Error(`tsker ${command.join(' ')} ended with ${code}`);
}

async function warmUp(script) {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-warm-'));
  const socket = join(directory, 'socket');
  const answer = ({ url }) => (url.endsWith('/containers/json') ? [CONTAINER] : { Version: '0', Components: [] });
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer(request)));
  });
  await new Promise((resolve) => server.listen(socket, resolve));
  process.env.DOCKER_HOST = `unix://${socket}`;
  try {
    for (const command of COMMANDS) await run(script, command);
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
}

async function main([name, source, target]) {
  const { exit } = process;
  const script = new Script(readFileSync(source, 'latin1'), { filename: `tsker-${name}.js` });
  if (name === 'client') await warmUp(script);
  writeFileSync(target, script.createCachedData());
  exit(0);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
