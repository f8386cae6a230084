// One stage on its way: its state, its arguments, and how a step is taken from the cache or made. What the steps are is
// the business of dispatch/; when which stage runs that of engine.ts.
import { randomBytes } from 'node:crypto';
import type { Image, ImageConfig, ImageHistory } from '../image/store.types.ts';
import { TskerError } from '../util/errors.ts';
import { stageLookup } from './args.ts';
import type { BuildOptions } from './build.types.ts';
import { imageStep } from './cache/from-images.ts';
import { stepKey } from './cache/key.ts';
import { missReason } from './cache/reason.ts';
import type { BuildContext } from './context/context.ts';
import { environmentMap } from './environment.ts';
import type { BuildHost, CachedStep, MadeLayer, StepInputs, Tree, Workspace } from './host.types.ts';
import type { Channel } from './output/channel.ts';
import type { StepClock } from './output/steps.ts';
import type { Stage, StagePlan } from './stages.ts';
import { nextState, type State, shortId, stateKey } from './state.ts';
import type { Lookup } from './words/expand.ts';

/** What all stages of a build share. */
export interface Build {
  readonly host: BuildHost;
  readonly options: BuildOptions;
  readonly context: BuildContext;
  readonly plan: StagePlan;
  readonly signal: AbortSignal;
  /** The escape character of the file. */
  readonly escape: string;
  /** What --cache-from names and is here. */
  readonly cacheImages: readonly Image[];
  /** The build context as a tree, opened once. */
  readonly contextTree: () => Promise<Tree>;
  /** The tree of another stage, or of an image, opened once. */
  readonly sourceTree: (from: string, stage: Stage) => Promise<Tree>;
  /** The tree of a git repository. */
  readonly repository: (url: string) => Promise<Tree>;
  /** Waits for a place among the steps that work at the same time. */
  readonly place: () => Promise<() => void>;
  /** Names of build arguments that an ARG took. */
  readonly declared: Set<string>;
}

/** A step to be taken from the cache or made. */
export interface PlannedStep {
  readonly createdBy: string;
  readonly config: ImageConfig;
  readonly author?: string;
  readonly instruction: string;
  readonly inputs?: Pick<StepInputs, 'args' | 'files'>;
  readonly extra?: readonly string[];
  /** Absent: only the configuration changes. */
  readonly make?: (workspace: Workspace) => Promise<void>;
  /** Says that something runs in a container. */
  readonly announced: boolean;
  /** The key of a layer that is made on nothing, whatever the state is (COPY --link). */
  readonly linked?: string | undefined;
}

export class StageRun {
  readonly build: Build;
  readonly stage: Stage;
  readonly output: Channel;
  readonly clock: StepClock;
  state: State;
  /** A CMD stands in this stage. */
  cmdSet = false;
  readonly args = new Map<string, string>();

  constructor(facts: { build: Build; stage: Stage; output: Channel; clock: StepClock; state: State }) {
    this.build = facts.build;
    this.stage = facts.stage;
    this.output = facts.output;
    this.clock = facts.clock;
    this.state = facts.state;
  }

  get config(): ImageConfig {
    return this.state.config;
  }

  get lookup(): Lookup {
    return stageLookup({
      env: environmentMap(this.config),
      args: this.args,
      buildArgs: this.build.plan.context.buildArgs,
    });
  }

  say(text: string): void {
    void this.output.send({ stream: text });
  }

  async perform(step: PlannedStep): Promise<void> {
    const { build, state } = this;
    const { host, options, signal } = build;
    if (signal.aborted) throw new TskerError('cancelled', 'the build was cancelled');
    const epoch = options.sourceDateEpoch;
    const { createdBy, config, author, extra = [] } = step;
    const key = stepKey({ state, createdBy, config, author, extra, epoch });
    const cached = options.noCache ? undefined : this.#fromCache(key, createdBy);
    if (cached !== undefined) {
      this.say(' ---> Using cache\n');
      this.clock.cached();
      this.state = nextState(state, { ...step, history: cached.history, diffId: cached.layer?.diffId });
      return;
    }
    const inputs = { instruction: step.instruction, parent: stateKey(state), args: {}, files: {}, ...step.inputs };
    const reason = this.#reason(inputs);
    if (options.explain) this.say(` ---> Not from the cache: ${reason}\n`);
    const layer = await this.#make(step);
    const history: ImageHistory = {
      created: epoch === undefined ? host.now() : new Date(epoch * 1000).toISOString().replace('.000Z', 'Z'),
      ...historyAuthor(author ?? state.document.author),
      created_by: createdBy,
      ...(layer === undefined ? { empty_layer: true } : {}),
    };
    host.cache.put(key, { history, layer }, inputs);
    if (step.linked !== undefined) host.cache.put(step.linked, { history, layer }, inputs);
    this.clock.made(reason, layer?.size);
    this.state = nextState(state, { ...step, history, diffId: layer?.diffId });
  }

  #fromCache(key: string, createdBy: string): CachedStep | undefined {
    const { host, cacheImages } = this.build;
    const cached = host.cache.get(key) ?? imageStep(cacheImages, this.state, createdBy);
    if (cached?.layer === undefined) return cached;
    host.layers.hold([cached.layer.chainId]);
    return host.layers.has(cached.layer.chainId) ? cached : undefined;
  }

  #reason(inputs: StepInputs): string {
    const { options, host } = this.build;
    if (options.noCache) return 'the cache is not used';
    return options.explain || options.steps ? missReason(inputs, host.cache.like(inputs.instruction)) : '';
  }

  async #make({ make, announced, linked }: PlannedStep): Promise<MadeLayer | undefined> {
    const { host, options, signal, place } = this.build;
    const { chainId } = this.state;
    const alone = chainId !== undefined && linked !== undefined;
    if (make === undefined) {
      // Docker makes a container for each of these; programs that read its output wait for the words.
      const id = randomBytes(32).toString('hex');
      this.#announce(id);
      if (options.remove) this.say(`Removing intermediate container ${shortId(id)}\n`);
      return undefined;
    }
    const release = await place();
    try {
      const before = alone ? this.#linked(linked) : undefined;
      if (alone && before !== undefined) return await host.layers.rebase(before, chainId, signal);
      await using workspace = disposable(await host.layers.open(alone ? undefined : chainId));
      if (announced) this.#announce(workspace.value.id);
      await make(workspace.value);
      const epoch = options.sourceDateEpoch;
      const layer = await workspace.value.commit({ signal, epoch, onto: alone ? chainId : undefined });
      if (announced && options.remove) this.say(`Removing intermediate container ${shortId(workspace.value.id)}\n`);
      return layer;
    } finally {
      release();
    }
  }

  /** The chain on which that layer was put before. */
  #linked(key: string): string | undefined {
    const { host, options } = this.build;
    const chainId = options.noCache ? undefined : host.cache.get(key)?.layer?.chainId;
    if (chainId !== undefined) host.layers.hold([chainId]);
    return chainId !== undefined && host.layers.has(chainId) ? chainId : undefined;
  }

  #announce(id: string): void {
    this.say(` ---> Running in ${shortId(id)}\n`);
  }
}

function historyAuthor(author: string | undefined): Pick<ImageHistory, 'author'> {
  return author === undefined || author === '' ? {} : { author };
}

function disposable(workspace: Workspace): AsyncDisposable & { readonly value: Workspace } {
  return { value: workspace, [Symbol.asyncDispose]: () => workspace.discard() };
}
