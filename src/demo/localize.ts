// Figures in the tour's language: lessons name them in English, as data. Pure.
import type { Block } from './block.ts';

export function localize(block: Block, labels: Readonly<Record<string, string>>): Block {
  const word = (text: string): string => (Object.hasOwn(labels, text) ? (labels[text] ?? text) : text);
  switch (block.kind) {
    case 'table':
      return { ...block, head: block.head.map(word), rows: block.rows.map((row) => row.map(word)) };
    case 'bars':
      return {
        ...block,
        title: word(block.title),
        bars: block.bars.map(({ label, value }) => ({ label: word(label), value })),
      };
    default:
      return block;
  }
}
