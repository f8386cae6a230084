// tsker search [OPTIONS] TERM: images at Docker Hub, or at a registry named in front of the term that can search.
import type { SearchResult } from '../../types/image.ts';
import { defineCommand } from '../command.ts';
import { encodeAuth, findCredentials, serverKey } from '../credentials/credentials.ts';
import { parseFilters } from '../flags/filters.ts';
import { FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { renderList } from '../output/list.ts';

const HEADERS = {
  Name: 'NAME',
  Description: 'DESCRIPTION',
  StarCount: 'STARS',
  IsOfficial: 'OFFICIAL',
  IsAutomated: 'AUTOMATED',
};
const DESCRIPTION_WIDTH = 45;

const flags = defineFlags({
  filter: { kind: 'list', short: 'f', value: 'filter', summary: 'Filter output based on conditions provided' },
  ...FORMAT_FLAGS,
  limit: { kind: 'integer', summary: 'Max number of search results' },
  'no-trunc': { kind: 'boolean', summary: "Don't truncate output" },
});

export const search = defineCommand({
  usage: '[OPTIONS] TERM',
  flags,
  args: { min: 1, max: 1 },
  examples: [['search --filter stars=100 redis', 'Only what many like']],
  async run({ client, env, flags, args: [term = ''], io }) {
    const [first = ''] = term.split('/');
    const auth = await findCredentials(env, serverKey(/[.:]/.test(first) || first === 'localhost' ? first : undefined));
    const found = await client.json<readonly SearchResult[]>('GET', '/images/search', {
      query: { term, limit: flags.limit, filters: parseFilters(flags.filter) },
      headers: auth === undefined ? {} : { 'X-Registry-Auth': encodeAuth(auth) },
    });
    const rows = found.map((result) => rowOf(result, flags['no-trunc'] === true));
    const columns = ['Name', 'Description', 'StarCount', 'IsOfficial'];
    io.stdout.write(await renderList({ rows, headers: HEADERS, columns }, flags.format, io));
    return 0;
  },
});

function rowOf(result: SearchResult, whole: boolean) {
  const characters = [...result.description.replace(/[\r\n]/g, ' ')];
  const short = whole || characters.length <= DESCRIPTION_WIDTH;
  return {
    Description: short ? characters.join('') : `${characters.slice(0, DESCRIPTION_WIDTH - 1).join('')}…`,
    IsAutomated: result.is_automated ? '[OK]' : '',
    IsOfficial: result.is_official ? '[OK]' : '',
    Name: result.name,
    StarCount: String(result.star_count),
  };
}
