// tsker demo --web: the show, its server, and the address in the terminal, until it is interrupted.
import { unlessAborted } from '../abort.ts';
import type { DemoIo } from '../io.ts';
import type { Lesson } from '../lesson.ts';
import { INTERFACE } from '../texts/interface.ts';
import { fill, type Language } from '../texts/text.ts';
import { servePage } from './server.ts';
import { Show } from './show.ts';
import { Stream } from './stream.ts';

export interface WebOptions {
  readonly io: DemoIo;
  readonly language: Language;
  readonly lessons: readonly Lesson[];
  readonly image: string;
  /** 0: any. */
  readonly port: number;
  readonly signal: AbortSignal;
}

/** Serves the page until the signal is aborted; everything is taken back then. */
export async function showPage(options: WebOptions): Promise<void> {
  const { io, language, lessons, port, signal } = options;
  const words = INTERFACE[language];
  const stream = new Stream();
  await using show = new Show({ ...options, stream });
  const onError = (message: string): void => void io.stderr.write(`tsker: ${message}\n`);
  const server = await servePage({ show, stream, words: wordsFor(language, lessons), port, onError });
  try {
    io.stdout.write(`${fill(words.open, { address: server.newAddress() })}\n`);
    const again = (): void => void io.stdout.write(`${fill(words.open, { address: server.newAddress() })}\n`);
    if (io.stdin.isTTY === true) io.stdin.on('data', again);
    const watched = show.watch();
    await unlessAborted(signal, show.open()).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    await watched;
    io.stdin.off('data', again);
    io.stdin.pause();
  } finally {
    await server.close();
  }
}

function wordsFor(language: Language, lessons: readonly Lesson[]): object {
  const { page, roles, alone, notSo, failed, lesson } = INTERFACE[language];
  return {
    language,
    ...{ page, roles, alone, notSo, failed, lesson },
    lessons: lessons.map(({ number, texts }) => ({
      number,
      title: texts[language].title,
      short: texts[language].short,
      summary: texts[language].summary,
    })),
  };
}
