// What the engine counts for Prometheus, by Docker's names where Docker has one. Nothing is loaded, counted or timed before
// somebody asks for the first time: most daemons are never asked.
import { availableParallelism, totalmem } from 'node:os';
import type { Histogram, Registry } from 'prom-client';
import type { MetricsBackend } from '../../api/metrics/backend.ts';
import type { ContainerStore } from '../container/store.ts';
import { ENGINE_VERSION } from '../version.ts';
import { EventLoopMonitor } from './event-loop.ts';

export interface MetricsDependencies {
  readonly containers: Pick<ContainerStore, 'list'>;
  readonly events: { readonly emitted: number };
}

/** As inspect has them; Docker counts three. */
const STATES = ['created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'] as const;
/** Seconds. */
const ACTION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics implements MetricsBackend, Disposable {
  readonly #dependencies: MetricsDependencies;
  #registry: Promise<Registry> | undefined;
  #actions: Histogram<'action'> | undefined;
  #loop: EventLoopMonitor | undefined;

  constructor(dependencies: MetricsDependencies) {
    this.#dependencies = dependencies;
  }

  async metrics(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.#registry ??= this.#register();
    const registry = await this.#registry;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }

  /** Runs an action, and notes how long it took when it succeeded. */
  async timed<T>(action: string, run: () => Promise<T>): Promise<T> {
    if (this.#actions === undefined) return run();
    const end = this.#actions.startTimer({ action });
    const result = await run();
    end();
    return result;
  }

  [Symbol.dispose](): void {
    this.#loop?.[Symbol.dispose]();
  }

  async #register(): Promise<Registry> {
    const { Counter, Gauge, Histogram, Registry } = await import('prom-client');
    const registry = new Registry();
    const registers = [registry];
    const { containers, events } = this.#dependencies;
    const loop = new EventLoopMonitor();
    this.#loop = loop;
    this.#actions = new Histogram({
      name: 'engine_daemon_container_actions_seconds',
      help: 'The number of seconds it takes to process each container action',
      labelNames: ['action'],
      buckets: ACTION_BUCKETS,
      registers,
    });
    new Gauge({
      name: 'engine_daemon_container_states_containers',
      help: 'The count of containers in various states',
      labelNames: ['state'],
      registers,
      collect() {
        const states = containers.list().map(({ record }) => record.state.status);
        for (const state of STATES) this.set({ state }, states.filter((one) => one === state).length);
      },
    });
    new Counter({
      name: 'engine_daemon_events_total',
      help: 'The number of events logged',
      registers,
      collect() {
        this.reset();
        this.inc(events.emitted);
      },
    });
    new Gauge({
      name: 'tsker_event_loop_delay_seconds',
      help: 'How long the event loop was blocked, since the first scrape',
      labelNames: ['stat'],
      registers,
      collect() {
        for (const [stat, seconds] of Object.entries(loop.read())) this.set({ stat }, seconds);
      },
    });
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size in bytes.',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Gauge({
      name: 'engine_daemon_engine_info',
      help: 'The information related to the engine and the OS it is running on',
      labelNames: ['version'],
      registers,
    }).set({ version: ENGINE_VERSION }, 1);
    const cpus = {
      name: 'engine_daemon_engine_cpus_cpus',
      help: 'The number of cpus that the host system of the engine has',
    };
    new Gauge({ ...cpus, registers }).set(availableParallelism());
    const memory = {
      name: 'engine_daemon_engine_memory_bytes',
      help: 'The number of bytes of memory that the host system of the engine has',
    };
    new Gauge({ ...memory, registers }).set(totalmem());
    return registry;
  }
}
