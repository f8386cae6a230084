// tsker system prune [OPTIONS]: remove what nobody uses, of every kind.
import { defineCommand } from '../command.ts';
import { confirm } from '../confirm.ts';
import { defineFlags } from '../flags/spec.ts';
import { type Pruned, prunedText } from '../output/pruned.ts';
import { UsageError } from '../usage-error.ts';
import { removeBuildCache } from './builder-prune.ts';
import { removeContainers } from './container-prune.ts';
import { removeImages } from './image-prune.ts';
import { removeUnusedNetworks } from './network-prune.ts';
import { removeUnusedVolumes } from './volume-prune.ts';

const flags = defineFlags({
  all: { kind: 'boolean', short: 'a', summary: 'Remove all unused images not just dangling ones' },
  filter: { kind: 'list', value: 'filter', summary: 'Provide filter values (e.g. "label=<key>=<value>")' },
  force: { kind: 'boolean', short: 'f', summary: 'Do not prompt for confirmation' },
  volumes: { kind: 'boolean', summary: 'Prune anonymous volumes' },
});

export const pruneSystem = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['system prune -af --volumes', 'Everything that no container needs']],
  async run({ client, flags, io }) {
    const { all = false, volumes = false, filter } = flags;
    // Volumes have no age that the filter could mean.
    if (volumes && filter.some((one) => one.startsWith('until='))) {
      throw new UsageError('the "until" filter is not supported with "--volumes"');
    }
    if (flags.force !== true && !(await confirm(io, warningOf({ all, volumes, filter })))) return 0;
    const parts: Pruned[] = [await removeContainers(client, filter), await removeUnusedNetworks(client, filter)];
    if (volumes) parts.push(await removeUnusedVolumes(client, filter));
    parts.push(await removeImages(client, { all, filter }));
    // Build cache bears no labels.
    const ofCache = filter.filter((one) => one.startsWith('until='));
    if (ofCache.length === filter.length) parts.push(await removeBuildCache(client, { all, filter }));
    io.stdout.write(prunedText(parts));
    return 0;
  },
});

function warningOf(what: { all: boolean; volumes: boolean; filter: readonly string[] }): string {
  const items = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(what.volumes ? ['all anonymous volumes not used by at least one container'] : []),
    what.all ? 'all images without at least one container associated to them' : 'all dangling images',
    what.all ? 'all build cache' : 'unused build cache',
  ];
  const list = (lines: readonly string[]): string => lines.map((line) => `  - ${line}\n`).join('');
  const filtered =
    what.filter.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${list(what.filter)}`;
  return `WARNING! This will remove:\n${list(items)}${filtered}`;
}
