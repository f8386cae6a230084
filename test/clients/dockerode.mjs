// What a Node program does with Docker, through dockerode: every step prints what it saw as one line of JSON.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import Docker from 'dockerode';

const docker = new Docker();
const say = (step, value) => console.log(JSON.stringify({ step, value }));

async function failure(step, action) {
  try {
    say(step, { succeeded: await action() });
  } catch (error) {
    say(step, { status: error.statusCode, reason: error.reason, json: error.json });
  }
}

const progress = (stream) =>
  new Promise((resolve, reject) =>
    docker.modem.followProgress(stream, (error, lines) => (error ? reject(error) : resolve(lines))),
  );

/** Both streams of an attach or an exec without a terminal. */
async function demux(stream) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  const ended = once(stream, 'end').then(() => {
    out.end();
    err.end();
  });
  const [stdout, stderr] = await Promise.all([text(out), text(err), ended]);
  return { stdout, stderr };
}

/** A tar of one file, made by hand. */
function tar(name, content) {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}

// The engine
say('ping', (await docker.ping()).toString());
say('version', typeof (await docker.version()).ApiVersion);
const info = await docker.info();
say('info', { OSType: info.OSType, Containers: info.Containers, Architecture: info.Architecture });

// Images
const dockerfile = 'FROM busybox\nLABEL by=dockerode\nRUN echo made > /made\nCMD ["cat", "/made"]\n';
const lines = await progress(
  await docker.buildImage(tar('Dockerfile', dockerfile), { t: 'ode/built', labels: '{"x":"y"}' }),
);
say(
  'build',
  lines.flatMap(({ stream }) => (stream?.trim() ? [stream.trim()] : [])),
);
const image = docker.getImage('ode/built');
say('image', (await image.inspect()).Config.Labels);
await image.tag({ repo: 'ode/again', tag: 'v1' });
say(
  'list',
  (await docker.listImages({ filters: { label: ['by=dockerode'] } })).flatMap(({ RepoTags }) => RepoTags).sort(),
);
const saved = await buffer(await image.get());
say(
  'untag',
  (await docker.getImage('ode/again:v1').remove()).map((entry) => Object.keys(entry)),
);
say(
  'load',
  (await progress(await docker.loadImage(saved))).flatMap(({ stream }) => stream?.trim() ?? []),
);
await failure('no image', () => docker.getImage('ode/nosuch').inspect());

// Containers
const out = new PassThrough();
const collected = text(out);
const [end, ran] = await docker.run('ode/built', ['sh', '-c', 'cat /made; exit 6'], out, {
  name: 'ode-ran',
  Tty: false,
});
out.end();
say('run', { StatusCode: end.StatusCode, output: (await collected).slice(8) });
await ran.remove();

const volume = await docker.createVolume({ Name: 'ode-vol', Labels: { v: '1' } });
const network = await docker.createNetwork({ Name: 'ode-net', Labels: { n: '1' }, CheckDuplicate: true });
const container = await docker.createContainer({
  Image: 'busybox',
  name: 'ode-box',
  Cmd: ['sh', '-c', 'echo out; echo err >&2; trap "exit 7" TERM; while :; do sleep 0.1; done'],
  Env: ['A=b'],
  Labels: { one: 'two' },
  ExposedPorts: { '9000/tcp': {} },
  HostConfig: {
    Binds: ['ode-vol:/vol'],
    PortBindings: { '9000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    Memory: 50 * 1024 * 1024,
    RestartPolicy: { Name: 'no' },
    Tmpfs: { '/t': 'size=1m' },
  },
  NetworkingConfig: { EndpointsConfig: { 'ode-net': { Aliases: ['boxy'] } } },
});
const attached = await container.attach({ stream: true, stdout: true, stderr: true });
const both = demux(attached);
await container.start();
await failure('start again', () => container.start().then(String));
await failure('the name again', () => docker.createContainer({ Image: 'busybox', name: 'ode-box' }).then(() => 'made'));
const inspected = await container.inspect();
say('inspect', {
  state: inspected.State.Status,
  image: inspected.Config.Image,
  labels: inspected.Config.Labels,
  memory: inspected.HostConfig.Memory,
});
say(
  'listed',
  (await docker.listContainers({ filters: { name: ['ode-box'] } })).map(({ Names, Labels, Ports }) => ({
    Names,
    Labels,
    Ports: Ports.map(({ PrivatePort, Type }) => [PrivatePort, Type]),
  })),
);
say('ports', Object.keys(inspected.NetworkSettings.Ports));
say(
  'mounts',
  inspected.Mounts.map(({ Source, ...mount }) => ({ ...mount, Source: typeof Source })),
);

const exec = await container.exec({
  Cmd: ['sh', '-c', 'echo $A; echo no >&2; cat; exit 3'],
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
});
const stream = await exec.start({ hijack: true, stdin: true });
const executed = demux(stream);
stream.end('typed');
say('exec', await executed);
const { ID: _id, ContainerID: _container, Pid: _pid, ...facts } = await exec.inspect();
say('exec inspect', facts);
const terminal = await container.exec({ Cmd: ['tty'], AttachStdout: true, Tty: true });
say('exec tty', await text(await terminal.start({ Tty: true })));
await failure('exec nothing', async () =>
  text(await (await container.exec({ Cmd: ['nosuch-program'], AttachStdout: true })).start({ Tty: true })),
);

await container.putArchive(tar('sent', 'from node'), { path: '/vol' });
say('archive', (await buffer(await container.getArchive({ path: '/vol/sent' }))).subarray(512, 521).toString());
say(
  'archive info',
  JSON.parse(
    Buffer.from((await container.infoArchive({ path: '/vol/sent' })).headers['x-docker-container-path-stat'], 'base64'),
  ).size,
);
await failure('archive nothing', () => container.getArchive({ path: '/nosuch' }).then(() => 'there'));
say('stats', Object.keys(await container.stats({ stream: false })).sort());
say('top', (await container.top()).Titles);
await container.update({ Memory: 60 * 1024 * 1024, MemorySwap: 120 * 1024 * 1024 });
say('updated', (await container.inspect()).HostConfig.Memory);
await container.resize({ h: 10, w: 20 }).then(
  () => say('resize', 'done'),
  ({ statusCode }) => say('resize', statusCode),
);
await container.pause();
say('paused', (await container.inspect()).State.Status);
await container.unpause();
const checkpoint = createHash('sha256')
  .update(await buffer(await container.export()))
  .digest().length;
say('export', checkpoint);
await network
  .connect({ Container: container.id, EndpointConfig: {} })
  .catch(({ statusCode, reason }) => say('connect twice', { statusCode, reason }));
await network.disconnect({ Container: 'ode-box', Force: true });
const since = Math.floor(Date.now() / 1000) - 60;
await container.stop({ t: 5 });
say('wait', (await container.wait()).StatusCode);
say('attached', await both);
say('logs', await demux(PassThrough.from([await container.logs({ stdout: true, stderr: true })])));
await failure('stop again', () => container.stop().then(String));
const events = await text(
  await docker.getEvents({ since, until: Math.floor(Date.now() / 1000) + 1, filters: { container: ['ode-box'] } }),
);
say(
  'events',
  events
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ Type }) => Type === 'container')
    .map(({ Action }) => Action.replace(/^exec_(\w+):.*$/, 'exec_$1')),
);
say('changes', (await container.changes())?.filter(({ Path }) => Path === '/vol') ?? []);
await container.commit({ repo: 'ode/committed', comment: 'c' });
await container.remove({ v: true });
await failure('gone', () => container.inspect());

// The end
await volume.remove();
await network.remove();
for (const name of ['ode/committed', 'ode/built']) await docker.getImage(name).remove({ force: true });
say('prune', Object.keys(await docker.pruneContainers()).sort());
say('df', (await docker.df()).Containers);
await failure('swarm', () => docker.listServices());
await failure('a bad filter', () => docker.listContainers({ filters: { nosuch: ['x'] } }));
say('left', [await docker.listContainers({ all: true }), (await docker.listVolumes()).Volumes ?? []]);
// Streams that nobody read to the end keep a program alive.
process.exit(0);
