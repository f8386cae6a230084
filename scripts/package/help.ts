// Renders the help of every command for the widths that most terminals have.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandHelp } from '../../src/cli/help.ts';
import { COMMANDS } from '../../src/cli/table.ts';
import { RENDERED_WIDTHS, renderedName } from './help-name.ts';

/** Writes a file for each below `directory`; answers the assets by name. */
export async function renderHelp(directory: string): Promise<Record<string, string>> {
  mkdirSync(directory, { recursive: true });
  const assets: Record<string, string> = {};
  for (const entry of COMMANDS) {
    for (const width of RENDERED_WIDTHS) {
      const name = renderedName(entry.names[0], width);
      const path = join(directory, name.replaceAll(/[^\w-]/g, '_'));
      writeFileSync(path, await commandHelp(entry, width));
      assets[name] = path;
    }
  }
  return assets;
}
