// tsker start [OPTIONS] CONTAINER...: start containers that were created or have ended.
import type { ContainerInspect } from '../../types/container.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { EXPLAIN_FLAGS, type ExplainWish, explainWish } from '../explain/flags.ts';
import { startOrExplain } from '../explain/start-or-explain.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  attach: { kind: 'boolean', short: 'a', summary: 'Attach STDOUT/STDERR and forward signals' },
  'detach-keys': { kind: 'string', summary: 'Override the key sequence for detaching a container' },
  ...EXPLAIN_FLAGS,
  interactive: { kind: 'boolean', short: 'i', summary: "Attach container's STDIN" },
});

type StartCall = CommandCall<typeof flags>;

export const start = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags,
  args: { min: 1 },
  examples: [
    ['start -ai job', 'Start it and be its terminal'],
    ['start --explain web', 'What happens when it starts, system call by system call'],
    ['start --explain=trace:start.json web', 'The same for ui.perfetto.dev, in a file'],
  ],
  async run(call) {
    const { flags, args, io } = call;
    const wish = explainWish(flags);
    if (wish !== undefined && args.length > 1) {
      throw new UsageError('you cannot have several starts explained at once');
    }
    if (flags.attach === true || flags.interactive === true) return startAttached(call, wish);
    return forEachTarget(args, {
      io,
      act: async (name) => {
        await startOrExplain(call, name, wish);
        return name;
      },
    });
  },
});

async function startAttached(call: StartCall, explain: ExplainWish | undefined): Promise<number> {
  const { client, flags: wish, args, io } = call;
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
    start: () => startOrExplain(call, container.Id, explain),
    outputAfterStart: explain !== undefined,
  });
  return result === 'detached' ? 0 : result;
}
