// The tour as the command line starts it: lessons to a terminal, or the page. It checks what was asked, ends in order when it is
// interrupted, and answers the exit code: 1 when a claim did not hold.
import { TskerError } from '../util/errors.ts';
import type { DemoIo } from './io.ts';
import { LESSONS } from './lessons/all.ts';
import { DEFAULT_IMAGE } from './stage/containers.ts';
import { sweep } from './stage/sweep.ts';
import { TerminalAudience } from './terminal/audience.ts';
import { waitForKey } from './terminal/keys.ts';
import { INTERFACE } from './texts/interface.ts';
import { fill, LANGUAGES, type Language } from './texts/text.ts';
import { tell } from './tour.ts';

export interface DemoOptions {
  readonly io: DemoIo;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly lesson: number | undefined;
  readonly language: string | undefined;
  readonly image: string | undefined;
  /** Waits for a key after each step. */
  readonly pause: boolean;
  /** The page instead of the terminal. */
  readonly web: boolean;
  /** Of the page; undefined: any. */
  readonly port: number | undefined;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Of a program that SIGINT ends, in a shell. */
const INTERRUPTED = 130;

export async function runDemo(options: DemoOptions): Promise<number> {
  const { io, env } = options;
  requireRoot();
  const language = chooseLanguage(options.language, env);
  const lessons = LESSONS.filter(({ number }) => options.lesson === undefined || number === options.lesson);
  if (lessons.length === 0) {
    throw new TskerError('invalid', `--lesson ${options.lesson}: lessons are numbered 1 to ${LESSONS.length}`);
  }
  const port = pagePort(options);

  const end = new AbortController();
  const words = INTERFACE[language];
  const interrupt = (): void => end.abort(new TskerError('cancelled', words.ended));
  const audience = new TerminalAudience({
    io,
    language,
    coloured: io.stdout.isTTY === true && !env['NO_COLOR'],
    next: options.pause ? (question) => waitForKey(io, question, interrupt) : undefined,
  });
  for (const signal of SIGNALS) process.on(signal, interrupt);
  // A reader that goes away would end this process at once, and leave its engines.
  for (const output of [io.stdout, io.stderr]) output.removeAllListeners('error').on('error', interrupt);
  try {
    await sweep();
    const image = options.image ?? DEFAULT_IMAGE;
    if (options.web) {
      const { showPage } = await import('./web/main.ts');
      await showPage({ io, language, lessons, image, port, signal: end.signal });
      io.stderr.write(`${words.ended}\n`);
      return 0;
    }
    const { claims, failed } = await tell(lessons, { audience, language, image, signal: end.signal });
    io.stdout.write(`\n${fill(failed === 0 ? words.kept : words.notKept, { claims, failed })}\n`);
    return failed === 0 ? 0 : 1;
  } catch (error) {
    if (!end.signal.aborted || error !== end.signal.reason) throw error;
    io.stderr.write(`${words.ended}\n`);
    return INTERRUPTED;
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new TskerError('forbidden', 'the tour starts engines of its own, and they need root', {
    hint: 'run it with sudo',
  });
}

const MAX_PORT = 0xffff;

/** 0: any. */
function pagePort({ web, port }: Pick<DemoOptions, 'web' | 'port'>): number {
  if (port === undefined) return 0;
  if (!web) throw new TskerError('invalid', '--port is that of the page: it goes with --web');
  if (port >= 0 && port <= MAX_PORT) return port;
  throw new TskerError('invalid', `--port ${port}: it is a number from 0 to ${MAX_PORT}`);
}

/** `--lang`, or Chinese where the terminal speaks it. */
function chooseLanguage(given: string | undefined, env: DemoOptions['env']): Language {
  if (given === undefined)
    return (env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '').startsWith('zh') ? 'zh' : 'en';
  const language = LANGUAGES.find((one) => one === given);
  if (language !== undefined) return language;
  throw new TskerError('invalid', `--lang ${given}: it is one of ${LANGUAGES.join(', ')}`);
}
