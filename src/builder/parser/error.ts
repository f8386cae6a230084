// Errors of a Dockerfile: Docker's message, and besides it where the fault lies and what was probably meant.
import { type ErrorDetails, TskerError } from '../../util/errors.ts';
import { type Line, rangeAt, type Span } from './line.ts';
import type { Range } from './position.ts';

export interface DockerfileErrorDetails extends ErrorDetails {
  readonly range: Range;
  /** What to write instead of the text at the range, as far as that can be guessed. */
  readonly suggestion?: string | undefined;
}

/** Always of code `invalid`. `diagnostics.ts` renders it with the line it is about. */
export class DockerfileError extends TskerError {
  readonly range: Range;
  readonly suggestion: string | undefined;

  constructor(message: string, { range, suggestion, hint, cause }: DockerfileErrorDetails) {
    const said = hint ?? (suggestion === undefined ? undefined : `did you mean ${suggestion}?`);
    super('invalid', message, { cause, ...(said === undefined ? {} : { hint: said }) });
    this.name = 'DockerfileError';
    this.range = range;
    this.suggestion = suggestion;
  }
}

interface Extra {
  readonly span?: Span;
  readonly suggestion?: string | undefined;
  readonly hint?: string;
}

/** A line that does not have the form of its instruction: Docker finds these in the whole file before anything else. */
export function syntaxError(line: Line, reason: string, { span, ...extra }: Extra = {}): DockerfileError {
  return new DockerfileError(`failed to parse ${line.file}: ${reason}`, {
    range: rangeAt(line, span ?? { start: 0, end: line.text.length }),
    ...extra,
  });
}

/** An instruction that says something impossible. The line in the message is the one it starts on. */
export function instructionError(startLine: number, reason: string, details: DockerfileErrorDetails): DockerfileError {
  return new DockerfileError(`dockerfile parse error line ${startLine}: ${reason}`, details);
}
