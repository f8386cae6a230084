// The flags of run, start and exec that explain the start: --explain[=FORMAT[:FILE]], and --step, which an exec has not.
import { defineFlags } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';

export const EXPLAIN_FORMATS = ['text', 'json', 'trace', 'chrome'] as const;
export type ExplainFormat = (typeof EXPLAIN_FORMATS)[number];

const GROUP = 'Explaining';

export const EXPLAIN_FLAGS = defineFlags({
  explain: {
    kind: 'string',
    bare: 'text',
    value: '=format[:file]',
    group: GROUP,
    summary: 'Tell on stderr how it is started: as text, json (a line an event) or trace (for ui.perfetto.dev)',
  },
  step: { kind: 'boolean', group: GROUP, summary: 'Explain, and wait for a key before each operation' },
});

/** What a start is to be told as. */
export interface ExplainWish {
  readonly format: ExplainFormat;
  /** Undefined: stderr. */
  readonly file: string | undefined;
  readonly step: boolean;
}

/** Undefined: nobody asked. */
export function explainWish(flags: {
  readonly explain: string | undefined;
  readonly step?: boolean | undefined;
}): ExplainWish | undefined {
  const { explain, step = false } = flags;
  if (explain === undefined && !step) return undefined;
  const [asked = '', ...rest] = (explain ?? 'text').split(':');
  const format = EXPLAIN_FORMATS.find((one) => one === asked);
  const file = rest.length === 0 ? undefined : rest.join(':');
  if (format === undefined || file === '') {
    throw new UsageError(
      `invalid argument ${JSON.stringify(explain)} for "--explain" flag: it is one of ${EXPLAIN_FORMATS.join(', ')}, and may have :FILE behind it`,
    );
  }
  return { format, file, step };
}
