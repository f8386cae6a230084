// What a client said, step by step, in a form in which two engines can be compared: without ids, times, addresses and ports,
// and the list of lines that only one of the two gave.

export interface Step {
  readonly title: string;
  readonly code: number;
  /** Settled lines, sorted where the client itself has no order. */
  readonly lines: readonly string[];
}

export interface Difference {
  readonly step: string;
  readonly only: 'tsker' | 'docker';
  readonly line: string;
}

/** A difference that may be, and why. */
export interface Accepted {
  readonly only: 'tsker' | 'docker';
  readonly step: RegExp;
  readonly line: RegExp;
  readonly why: string;
}

const SETTLING: readonly (readonly [RegExp, string])[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a client that colours and moves the cursor does so with them.
  [/\x1b\[[\d;?]*[a-zA-Z]/g, ''],
  [/\b[0-9a-f]{64}\b/g, 'ID'],
  [/\b[0-9a-f]{12}\b/g, 'SHORT'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?Z| ?[+-]\d\d:?\d\d( \w+)?)?/g, 'TIME'],
  [/\b(127\.0\.0\.1|192\.0\.2\.\d+)\b|\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?!\.)/g, '$1ADDRESS'],
  [/(127\.0\.0\.1|192\.0\.2\.\d+)ADDRESS/g, '$1'],
  [/:(3[2-9]|[456]\d)\d{3}\b/g, ':PORT'],
  [/(\d+ (seconds?|minutes?|hours?)|Less than a second|About (a|an) (minute|hour))( ago)?/g, 'A WHILE$5'],
  [/ {2,}/g, '  '],
  [/ +\.\.\./g, ' ...'],
  [/-{20,}/g, '-----'],
];

/** One line of what a client printed, without what is another one every time. */
export function settle(text: string): string {
  return SETTLING.reduce((line, [pattern, word]) => line.replace(pattern, word), text).trimEnd();
}

export interface StepOptions {
  /** Keep the order of the lines: nothing in the step runs beside something else. */
  readonly ordered?: boolean;
}

/** A step of what a program printed: stderr behind stdout, the lines settled. */
export function stepOf(
  title: string,
  result: { readonly code: number; readonly stdout: string; readonly stderr: string },
  options: StepOptions = {},
): Step {
  const lines = `${result.stdout}\n${result.stderr}`
    .split(/[\r\n]+/)
    .map(settle)
    .filter((line) => line !== '');
  return { title, code: result.code, lines: options.ordered === true ? lines : lines.toSorted() };
}

/** The lines of which one engine has more than the other, step by step, and steps that ended with other codes. */
export function compare(ours: readonly Step[], theirs: readonly Step[]): Difference[] {
  const titles = [...new Set([...ours, ...theirs].map(({ title }) => title))];
  return titles.flatMap((title) => {
    const [own, other] = [ours, theirs].map((steps) => written(steps.find((step) => step.title === title)));
    if (own === undefined || other === undefined) throw new Error('two transcripts make two lists');
    return [
      ...surplus(own, other).map((line): Difference => ({ step: title, only: 'tsker', line })),
      ...surplus(other, own).map((line): Difference => ({ step: title, only: 'docker', line })),
    ];
  });
}

function written(step: Step | undefined): readonly string[] {
  return step === undefined ? ['(the step is missing)'] : [...step.lines, `=> ${step.code}`];
}

function surplus(of: readonly string[], over: readonly string[]): string[] {
  const rest = [...over];
  return of.filter((line) => {
    const at = rest.indexOf(line);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** Differences that no row of the table accepts, and rows that accept nothing any more; both empty when all is well. */
export function judge(
  differences: readonly Difference[],
  table: readonly Accepted[],
): { readonly unexplained: readonly string[]; readonly stale: readonly string[] } {
  const accepts = ({ only, step, line }: Accepted, found: Difference): boolean =>
    only === found.only && step.test(found.step) && line.test(found.line);
  return {
    unexplained: differences
      .filter((found) => !table.some((row) => accepts(row, found)))
      .map(({ step, only, line }) => `${step}: only ${only}: ${line}`),
    stale: table
      .filter((row) => !differences.some((found) => accepts(row, found)))
      .map(({ only, step, line }) => `${step} only ${only} ${line}`),
  };
}
