// What goes on behind the page: an exhibition of both architectures, each with two containers, and over it the lesson that was asked
// for. One lesson at a time; another one ends it first.
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../util/errors.ts';
import type { Lesson } from '../lesson.ts';
import { ARCHITECTURES, type Engine } from '../stage/engine.ts';
import { Stage } from '../stage/stage.ts';
import type { Language } from '../texts/text.ts';
import { tell } from '../tour.ts';
import { sceneOf } from './scene.ts';
import { PageAudience, type Stream } from './stream.ts';
import { timelineOf } from './timeline.ts';

export interface ShowOptions {
  readonly stream: Stream;
  readonly lessons: readonly Lesson[];
  readonly language: Language;
  readonly image: string;
  /** Ends the show. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks at /proc. */
const INTERVAL = 300;

export class Show implements AsyncDisposable {
  readonly #options: ShowOptions;
  readonly #exhibition: Stage;
  readonly #audience: PageAudience;
  #stage: Stage | undefined;
  #lesson: { readonly end: AbortController; readonly over: Promise<void> } | undefined;
  /** The last lesson that was asked for has begun: buttons may be pressed faster than stages are taken down. */
  #begun: Promise<void> = Promise.resolve();

  constructor(options: ShowOptions) {
    this.#options = options;
    this.#exhibition = new Stage(options);
    this.#audience = new PageAudience(options.stream, () => this.#look());
  }

  /** Starts the exhibition. */
  async open(): Promise<void> {
    await Promise.all(
      ARCHITECTURES.map(async (architecture) => {
        const engine = this.#exhibition.engine(architecture);
        await engine.start();
        for (const name of ['one', 'two']) await engine.containers.run(name);
      }),
    );
    await this.#explainStart();
  }

  /** The start of one more container in the monolith, which is where all of it can be seen. It is removed again. */
  async #explainStart(): Promise<void> {
    const monolith = this.#exhibition.engines.find(({ architecture }) => architecture === 'monolith');
    if (monolith === undefined) return;
    const events = await monolith.containers.explain('explained');
    this.#options.stream.last('timeline', timelineOf(events));
    await monolith.containers.remove('explained');
  }

  /** Sends what runs, as often as it changes and somebody looks, until the end. */
  async watch(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      this.#look();
      await sleep(INTERVAL, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Begins a lesson; answers whether there is one of that number. */
  async begin(number: number): Promise<boolean> {
    const lesson = this.#options.lessons.find((one) => one.number === number);
    if (lesson === undefined) return false;
    this.#begun = this.#begun.then(() => this.#replace(lesson));
    await this.#begun;
    return true;
  }

  async #replace(lesson: Lesson): Promise<void> {
    await this.end();
    const end = new AbortController();
    this.#lesson = { end, over: this.#play(lesson, end) };
  }

  next(): void {
    this.#audience.next();
  }

  /** Ends the lesson, if there is one, and waits until its stage is gone. */
  async end(): Promise<void> {
    const lesson = this.#lesson;
    lesson?.end.abort(new Error('ended'));
    await lesson?.over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#begun;
    await this.end();
    await this.#exhibition[Symbol.asyncDispose]();
  }

  async #play(lesson: Lesson, end: AbortController): Promise<void> {
    const { stream, language, image, signal } = this.#options;
    const either = AbortSignal.any([signal, end.signal]);
    const onStage = (stage: Stage): void => {
      this.#stage = stage;
    };
    const audience = this.#audience;
    try {
      const outcome = await tell([lesson], { audience, language, image, signal: either, onStage });
      stream.tell('done', outcome);
    } catch (error) {
      if (!either.aborted) stream.tell('failure', { message: messageOf(error) });
      stream.tell('done', { claims: 0, failed: either.aborted ? 0 : 1 });
    } finally {
      this.#stage = undefined;
    }
  }

  #look(): void {
    const { stream } = this.#options;
    if (stream.watched && this.#stage?.measuring !== true) stream.last('scene', sceneOf(this.#engines()));
  }

  /** Of each architecture the lesson's engine, or else the exhibition's. */
  #engines(): readonly Engine[] {
    const engines = [...this.#exhibition.engines, ...(this.#stage?.engines ?? [])];
    return ARCHITECTURES.flatMap((architecture) => engines.findLast((one) => one.architecture === architecture) ?? []);
  }
}
