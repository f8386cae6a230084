// tsker volume create [OPTIONS] [VOLUME]: make a volume.
import type { Volume, VolumeCreateRequest } from '../../types/volume.ts';
import { defineCommand } from '../command.ts';
import { pairsToMap } from '../create/words.ts';
import { defineFlags } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  driver: { kind: 'string', short: 'd', summary: 'Specify volume driver name (default "local")' },
  label: { kind: 'list', summary: 'Set metadata for a volume' },
  name: { kind: 'string', summary: 'Specify volume name' },
  opt: { kind: 'list', short: 'o', value: 'map', summary: 'Set driver specific options' },
});

export const createVolume = defineCommand({
  usage: '[OPTIONS] [VOLUME]',
  flags,
  args: { min: 0, max: 1 },
  examples: [
    ['volume create data', 'A directory that stays when containers go'],
    ['volume create -o type=tmpfs -o device=tmpfs -o o=size=64m scratch', 'Memory that containers share'],
  ],
  async run({ client, flags, args, io }) {
    const [name] = args;
    if (name !== undefined && flags.name !== undefined) {
      throw new UsageError(
        'conflicting options: cannot specify a volume name through both --name and as a positional arg',
      );
    }
    const body: VolumeCreateRequest = {
      Name: name ?? flags.name ?? '',
      Driver: flags.driver ?? 'local',
      DriverOpts: pairsToMap(flags.opt) ?? {},
      Labels: pairsToMap(flags.label) ?? {},
    };
    const { Name } = await client.json<Volume>('POST', '/volumes/create', { json: body });
    io.stdout.write(`${Name}\n`);
    return 0;
  },
});
