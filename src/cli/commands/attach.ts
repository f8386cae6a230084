// tsker attach [OPTIONS] CONTAINER: be the terminal of a container that runs.
import type { ContainerInspect, ContainerState } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import { runSession } from '../attach/session.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath } from '../targets.ts';

const flags = defineFlags({
  'detach-keys': { kind: 'string', summary: 'Override the key sequence for detaching a container' },
  'no-stdin': { kind: 'boolean', summary: 'Do not attach STDIN' },
  'sig-proxy': { kind: 'boolean', summary: 'Proxy all received signals to the process', shownDefault: 'true' },
});

export const attach = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  flags,
  args: { min: 1, max: 1 },
  examples: [['attach --sig-proxy=false web', 'Watch its output; ctrl-c ends the watching only']],
  async run({ client, flags, args: [name = ''], io }) {
    const container = await client.json<ContainerInspect>('GET', containerPath(name, 'json'));
    refuseUnlessRunning(container.State);
    const stdin = flags['no-stdin'] !== true && container.Config.OpenStdin;
    if (stdin && container.Config.Tty && io.stdin.isTTY !== true) {
      throw new TskerError('invalid', 'the input device is not a TTY');
    }
    const result = await runSession({
      client,
      io,
      container: container.Id,
      tty: container.Config.Tty,
      stdin,
      stdout: true,
      stderr: true,
      detachKeys: flags['detach-keys'],
      proxySignals: flags['sig-proxy'] ?? true,
      waitFor: 'not-running',
    });
    if (result !== 'detached') return result;
    // An error to Docker, here and not in run.
    io.stderr.write('read escape sequence\n');
    return 1;
  },
});

function refuseUnlessRunning({ Running, Paused, Restarting }: ContainerState): void {
  if (!Running) throw new TskerError('conflict', 'cannot attach to a stopped container, start it first');
  if (Paused) throw new TskerError('conflict', 'cannot attach to a paused container, unpause it first');
  if (Restarting) throw new TskerError('conflict', 'cannot attach to a restarting container, wait until it is running');
}
