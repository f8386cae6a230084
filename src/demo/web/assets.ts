// The page's files, from beside this one. In the single file scripts/package puts their text in this module's place.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ASSETS = ['page.html', 'page.css', 'page.js', 'drawing.js'] as const;
export type Asset = (typeof ASSETS)[number];

export function readAsset(name: Asset): string {
  return readFileSync(join(import.meta.dirname, 'page', name), 'utf8');
}
