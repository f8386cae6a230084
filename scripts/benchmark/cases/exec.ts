// exec of `true` in a running container through the API: create, start attached, wait for the end of its output, ask for
// the exit code.
import type { Engine, Ground } from '../ground.ts';
import { interleave } from '../measure.ts';
import { compared, type Row } from '../result.ts';

export async function exec(ground: Ground, rounds: number): Promise<Row[]> {
  const sleepers = await Promise.all(ground.engines.map((engine) => sleeper(engine, ground.image)));
  const contenders = ground.engines.map(({ name, api }, index) => ({
    name,
    run: () => execTrue(api, sleepers[index] ?? ''),
  }));
  try {
    return compared('exec of true, API', await interleave(contenders, rounds * 2, 3), { command: 'exec', atMost: 0.1 });
  } finally {
    for (const [index, { api }] of ground.engines.entries()) {
      await api.call('DELETE', `/containers/${sleepers[index]}?force=1`);
    }
  }
}

async function sleeper({ api }: Engine, image: string): Promise<string> {
  const body = { Image: image, Cmd: ['sleep', '3600'], HostConfig: { NetworkMode: 'none' } };
  const { Id } = (await api.call('POST', '/containers/create', body)) as { Id: string };
  await api.call('POST', `/containers/${Id}/start`);
  return Id;
}

async function execTrue(api: Engine['api'], container: string): Promise<void> {
  const body = { Cmd: ['true'], AttachStdout: true, AttachStderr: true };
  const { Id } = (await api.call('POST', `/containers/${container}/exec`, body)) as { Id: string };
  await api.call('POST', `/exec/${Id}/start`, { Detach: false, Tty: false });
  const { ExitCode } = (await api.call('GET', `/exec/${Id}/json`)) as { ExitCode: number };
  if (ExitCode !== 0) throw new Error(`true ended with ${ExitCode}`);
}
