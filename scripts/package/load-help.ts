// Stands in for src/cli/rendered-help.ts in the client's bundle of the single file.
import { getAsset } from 'node:sea';
import { RENDERED_WIDTHS, renderedName } from './help-name.ts';

const [, WIDEST] = RENDERED_WIDTHS;

export function renderedHelp(name: string, columns: number = WIDEST): string | undefined {
  const width = RENDERED_WIDTHS.find((one) => one === Math.min(columns, WIDEST));
  return width === undefined ? undefined : getAsset(renderedName(name, width), 'utf8');
}
