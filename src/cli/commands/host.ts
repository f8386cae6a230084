// tsker system host [OPTIONS]: the ledger, that is everything tsker made on the host and how it would take it back.
import type { HostEffect } from '../../types/system.ts';
import { defineCommand } from '../command.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { shortId } from '../output/human.ts';
import { renderList } from '../output/list.ts';

const HEADERS = {
  ID: 'ENTRY',
  Owner: 'OWNER',
  Kind: 'KIND',
  Subject: 'SUBJECT',
  Created: 'CREATED',
  Undo: 'UNDO',
};

const flags = defineFlags({
  ...FORMAT_FLAGS,
  'no-trunc': { kind: 'boolean', summary: "Don't truncate output" },
});

export const host = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['system host', 'Every mount, cgroup, interface, rule and directory, with its inverse']],
  async run({ client, flags, io }) {
    const effects = await client.json<readonly HostEffect[]>('GET', '/tsker/host');
    const rows = effects.map((effect) => ({
      Created: effect.Created,
      ID: effect.Id,
      Kind: effect.Kind,
      Owner: flags['no-trunc'] === true ? effect.Owner : shortId(effect.Owner),
      Subject: effect.Subject,
      Undo: effect.Undo.join('; '),
    }));
    const columns = ['ID', 'Owner', 'Kind', 'Subject', 'Undo'];
    const view = { rows, headers: HEADERS, columns, shrinkable: flags['no-trunc'] === true ? [] : ['Subject'] };
    io.stdout.write(await renderList(view, flags.format, io));
    return 0;
  },
});
