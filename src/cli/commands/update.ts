// tsker update [OPTIONS] CONTAINER...: change limits and restart policy of containers, running or not.
import type { UpdateRequest, UpdateResponse } from '../../types/container.ts';
import { defineCommand } from '../command.ts';
import { defined } from '../create/defined.ts';
import { parsePorts } from '../create/ports.ts';
import { parseRestartPolicy } from '../create/process.ts';
import { RESOURCE_FLAGS } from '../create/resources.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  'blkio-weight': RESOURCE_FLAGS['blkio-weight'],
  'cpu-period': RESOURCE_FLAGS['cpu-period'],
  'cpu-quota': RESOURCE_FLAGS['cpu-quota'],
  'cpu-rt-period': RESOURCE_FLAGS['cpu-rt-period'],
  'cpu-rt-runtime': RESOURCE_FLAGS['cpu-rt-runtime'],
  'cpu-shares': RESOURCE_FLAGS['cpu-shares'],
  cpus: RESOURCE_FLAGS.cpus,
  'cpuset-cpus': RESOURCE_FLAGS['cpuset-cpus'],
  'cpuset-mems': RESOURCE_FLAGS['cpuset-mems'],
  'kernel-memory': RESOURCE_FLAGS['kernel-memory'],
  memory: RESOURCE_FLAGS.memory,
  'memory-reservation': RESOURCE_FLAGS['memory-reservation'],
  'memory-swap': RESOURCE_FLAGS['memory-swap'],
  'pids-limit': RESOURCE_FLAGS['pids-limit'],
  'publish-add': {
    kind: 'list',
    value: 'port',
    summary: 'Publish a port of a container, running or not (as --publish of run)',
  },
  'publish-rm': { kind: 'list', value: 'port', summary: 'Withdraw one: HOST, HOST:CONTAINER or :CONTAINER[/PROTO]' },
  restart: { kind: 'string', summary: 'Restart policy to apply when a container exits' },
});

export const update = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags,
  args: { min: 1 },
  examples: [
    ['update -m 512m --memory-swap 1g web', 'More memory'],
    ['update --publish-add 8080:80 --publish-rm 8081 web', 'Other ports, without a restart'],
    ['update --restart unless-stopped web db', 'Bring them back when they end'],
  ],
  async run({ client, flags, args, io }) {
    const { 'publish-add': added, 'publish-rm': removed } = flags;
    const body = defined<UpdateRequest>({
      BlkioWeight: flags['blkio-weight'],
      CpuPeriod: flags['cpu-period'],
      CpuQuota: flags['cpu-quota'],
      CpuRealtimePeriod: flags['cpu-rt-period'],
      CpuRealtimeRuntime: flags['cpu-rt-runtime'],
      CpuShares: flags['cpu-shares'],
      CpusetCpus: flags['cpuset-cpus'],
      CpusetMems: flags['cpuset-mems'],
      Memory: flags.memory,
      MemoryReservation: flags['memory-reservation'],
      MemorySwap: flags['memory-swap'],
      NanoCpus: flags.cpus === undefined ? undefined : Math.round(flags.cpus * 1e9),
      PidsLimit: flags['pids-limit'],
      PublishAdd: added.length > 0 ? parsePorts(added, []).bindings : undefined,
      PublishRemove: removed.length > 0 ? removed : undefined,
      RestartPolicy: flags.restart === undefined ? undefined : parseRestartPolicy(flags.restart),
    });
    if (Object.keys(body).length === 0)
      throw new UsageError('you must provide one or more flags when using this command');
    return forEachTarget(args, {
      io,
      act: async (name) => {
        const { Warnings } = await client.json<UpdateResponse>('POST', containerPath(name, 'update'), { json: body });
        for (const warning of Warnings ?? []) io.stderr.write(`${warning}\n`);
        return name;
      },
    });
  },
});
