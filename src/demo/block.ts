// What a step has to show, as data: the terminal and the page each draw it their way.
import type { ProcessNode } from './proc/tree.ts';

export type Block =
  | { readonly kind: 'tree'; readonly roots: readonly ProcessNode[] }
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'bars'; readonly title: string; readonly unit: string; readonly bars: readonly Bar[] };

export interface Bar {
  readonly label: string;
  readonly value: number;
}
