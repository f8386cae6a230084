// Reads a progress stream of the daemon to its end and shows it.
import type { AnswerBody } from '../../client/http/answer-body.ts';
import { createJsonLineReader } from '../../client/json-lines.ts';
import type { ProgressMessage } from '../../types/image.ts';
import { TskerError } from '../../util/errors.ts';
import type { Output } from '../io.ts';
import { ProgressRenderer } from './progress.ts';

export interface ShowProgressOptions {
  readonly output: Output;
  /** Show nothing but errors. */
  readonly quiet?: boolean;
}

/** Throws the error that the stream reports. */
export async function showProgress(body: AnswerBody, { output, quiet }: ShowProgressOptions): Promise<void> {
  const renderer = new ProgressRenderer(
    output.isTTY === true ? { columns: output.columns || 80, rows: output.rows || 24 } : undefined,
  );
  const reader = createJsonLineReader();
  const show = (lines: readonly string[]): void => {
    const text = lines.map((line) => renderer.render(parseMessage(line), performance.now())).join('');
    if (quiet !== true && text !== '') output.write(text);
  };
  for await (const piece of body.stream() as AsyncIterable<Buffer>) show(reader.push(piece));
  show(reader.finish());
}

function parseMessage(line: string): ProgressMessage {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below: a line that is no JSON is as wrong as one that is no object.
  }
  throw new TskerError('corrupt', `the daemon's progress is not JSON: ${line.slice(0, 80)}`);
}
