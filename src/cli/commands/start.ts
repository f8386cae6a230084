// tsker start [OPTIONS] CONTAINER...: start containers that were created or have ended.
import type { ContainerInspect } from '../../types/container.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  attach: { kind: 'boolean', short: 'a', summary: 'Attach STDOUT/STDERR and forward signals' },
  'detach-keys': { kind: 'string', summary: 'Override the key sequence for detaching a container' },
  interactive: { kind: 'boolean', short: 'i', summary: "Attach container's STDIN" },
});

type StartCall = CommandCall<typeof flags>;

export const start = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags,
  args: { min: 1 },
  examples: [['start -ai job', 'Start it and be its terminal']],
  async run(call) {
    const { client, flags, args, io } = call;
    if (flags.attach === true || flags.interactive === true) return startAttached(call);
    return forEachTarget(args, {
      io,
      act: async (name) => {
        await client.send('POST', containerPath(name, 'start'));
        return name;
      },
    });
  },
});

async function startAttached({ client, flags: wish, args, io }: StartCall): Promise<number> {
  const [name = '', ...others] = args;
  if (others.length > 0) {
    throw new UsageError('you cannot start and attach multiple containers at once');
  }
  const container = await client.json<ContainerInspect>('GET', containerPath(name, 'json'));
  const { runSession } = await import('../attach/session.ts');
  const result = await runSession({
    client,
    io,
    container: container.Id,
    tty: container.Config.Tty,
    stdin: wish.interactive === true && container.Config.OpenStdin,
    stdout: true,
    stderr: true,
    detachKeys: wish['detach-keys'],
    proxySignals: true,
    waitFor: container.HostConfig.AutoRemove ? 'removed' : 'next-exit',
    start: () => client.send('POST', containerPath(container.Id, 'start')),
  });
  return result === 'detached' ? 0 : result;
}
