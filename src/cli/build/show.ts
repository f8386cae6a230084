// Reads a build's stream to its end and shows it: as Docker prints it, on a terminal step by step, or not at all.
import type { AnswerBody } from '../../client/http/answer-body.ts';
import { createJsonLineReader } from '../../client/json-lines.ts';
import type { TskerError } from '../../util/errors.ts';
import type { Output } from '../io.ts';
import { ProgressRenderer } from '../output/progress.ts';
import { addFacts, type BuildFacts, type BuildLine, errorOf, parseLine } from './messages.ts';
import { BuildScreen } from './screen.ts';

export type ProgressKind = 'plain' | 'tty' | 'quiet';

export interface ShowRequest {
  readonly output: Output;
  readonly progress: ProgressKind;
}

export interface BuildOutcome extends BuildFacts {
  readonly error: TskerError | undefined;
}

const TICK_MILLISECONDS = 100;

export async function showBuild(body: AnswerBody, { output, progress }: ShowRequest): Promise<BuildOutcome> {
  const view = viewOf(output, progress);
  const timer = progress === 'tty' ? setInterval(() => write(view.tick()), TICK_MILLISECONDS) : undefined;
  const write = (text: string): void => {
    if (text !== '') output.write(text);
  };
  const reader = createJsonLineReader();
  let facts: BuildFacts = { imageId: undefined, failedContainer: undefined };
  let error: TskerError | undefined;
  const take = (lines: readonly string[]): void => {
    for (const line of lines.map(parseLine)) {
      facts = addFacts(facts, line);
      error ??= errorOf(line);
      if (errorOf(line) === undefined) write(view.render(line));
    }
  };
  try {
    for await (const piece of body.stream() as AsyncIterable<Buffer>) take(reader.push(piece));
    take(reader.finish());
  } finally {
    clearInterval(timer);
    write(view.finish());
  }
  return { ...facts, error };
}

interface View {
  render(line: BuildLine): string;
  tick(): string;
  finish(): string;
}

function viewOf(output: Output, progress: ProgressKind): View {
  if (progress === 'quiet') return { render: () => '', tick: () => '', finish: () => '' };
  const size = () => ({ columns: output.columns || 80, rows: output.rows || 24 });
  if (progress === 'tty') {
    const screen = new BuildScreen(size);
    return {
      render: (line) => screen.render(line, performance.now()),
      tick: () => screen.tick(performance.now()),
      finish: () => screen.finish(),
    };
  }
  const renderer = new ProgressRenderer(output.isTTY === true ? size() : undefined);
  return {
    render: (line) => (line.step === undefined ? renderer.render(line, performance.now()) : ''),
    tick: () => '',
    finish: () => '',
  };
}
