// An npm that can be copied to where there is nothing else of it: with its dependencies inside, as the registry has it. Debian's has
// them elsewhere.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Owner } from './owner.ts';
import { ok } from './run.ts';
import { tempdir } from './tempdir.ts';

/** Any that runs on the Node of the project. */
const VERSION = '10';

/** Its directory: the machine's own, or one installed for the test. */
export async function wholeNpm(owner: Owner): Promise<string> {
  const own = await ok(['sh', '-c', 'dirname "$(dirname "$(readlink -f "$(command -v npm)")")"']);
  if (existsSync(join(own, 'node_modules/semver'))) return own;
  const directory = tempdir(owner, 'npm');
  await ok(['npm', 'install', '--no-audit', '--no-fund', '--prefix', directory, `npm@${VERSION}`]);
  return join(directory, 'node_modules/npm');
}
