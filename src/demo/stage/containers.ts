// The containers of one engine of the tour, through its API as any client would: made, started, looked at, removed.
import type { ApiClient } from '../../client/client.ts';
import { createJsonLineReader } from '../../client/json-lines.ts';
import type { ContainerInspect, ContainerSummary, CreateRequest, CreateResponse } from '../../types/container.ts';
import type { ExplainEvent } from '../../types/explain.ts';
import { TskerError } from '../../util/errors.ts';
import { type ProcessFacts, readProcess } from '../proc/processes.ts';

export const DEFAULT_IMAGE = 'tsker/busybox';
/** What containers of the tour do: nothing, for an hour. */
export const SLEEP: readonly string[] = ['sleep', '3600'];

export interface Started {
  readonly id: string;
  readonly name: string;
  /** Of its first process. */
  readonly process: ProcessFacts;
}

export class Containers {
  readonly #api: ApiClient;
  readonly #image: string;
  /** First processes that were seen, by pid: the tree names them, also after the engine that started them has died. */
  readonly #seen = new Map<number, Started>();

  constructor(api: ApiClient, image: string) {
    this.#api = api;
    this.#image = image;
  }

  /** Pulls the image where the engine does not have it; the default one comes out of the executable itself. */
  async haveImage(): Promise<void> {
    const images = await this.#api.json<readonly object[]>('GET', '/images/json');
    if (images.length > 0) return;
    const tagged = /[:@]/.test(this.#image.split('/').at(-1) ?? '');
    const query = { fromImage: tagged ? this.#image : `${this.#image}:latest` };
    const { body } = await this.#api.request('POST', '/images/create', { query });
    const lines = createJsonLineReader();
    for await (const piece of body.stream() as AsyncIterable<Buffer>) {
      for (const line of lines.push(piece)) {
        const { error } = JSON.parse(line) as { readonly error?: string };
        if (error !== undefined) throw new TskerError('unavailable', `the image ${this.#image}: ${error}`);
      }
    }
  }

  async create(name: string, request: CreateRequest = {}): Promise<string> {
    const { HostConfig, ...rest } = request;
    const json: CreateRequest = {
      Image: this.#image,
      Cmd: SLEEP,
      ...rest,
      HostConfig: { NetworkMode: 'none', ...HostConfig },
    };
    const { Id } = await this.#api.json<CreateResponse>('POST', '/containers/create', { query: { name }, json });
    return Id;
  }

  async run(name: string, request: CreateRequest = {}): Promise<Started> {
    const id = await this.create(name, request);
    await this.#api.send('POST', `/containers/${id}/start`);
    return this.started(id);
  }

  /** The first process of a container that runs. Throws when it does not. */
  async started(id: string): Promise<Started> {
    const { Id, Name, State } = await this.inspect(id);
    const process = readProcess(State.Pid);
    if (State.Pid === 0 || process === undefined) throw new TskerError('unavailable', `${Name} does not run`);
    const started = { id: Id, name: Name.replace(/^\//, ''), process };
    this.#seen.set(State.Pid, started);
    return started;
  }

  inspect(id: string): Promise<ContainerInspect> {
    return this.#api.json<ContainerInspect>('GET', `/containers/${id}/json`);
  }

  async act(id: string, verb: 'pause' | 'unpause' | 'start'): Promise<void> {
    await this.#api.send('POST', `/containers/${id}/${verb}`);
  }

  /** Makes and starts a container, and answers how the start went, as the engine explains it. */
  async explain(name: string): Promise<readonly ExplainEvent[]> {
    const id = await this.create(name);
    const { body } = await this.#api.request('POST', `/containers/${id}/start`, { query: { explain: '1' } });
    const lines = createJsonLineReader();
    const events: ExplainEvent[] = [];
    for await (const piece of body.stream() as AsyncIterable<Buffer>) {
      for (const line of lines.push(piece)) events.push(JSON.parse(line) as ExplainEvent);
    }
    await this.started(id);
    return events;
  }

  /** Another program in a running container, in the background. */
  async exec(id: string, words: readonly string[]): Promise<void> {
    const json = { Cmd: words };
    const { Id } = await this.#api.json<CreateResponse>('POST', `/containers/${id}/exec`, { json });
    await this.#api.send('POST', `/exec/${Id}/start`, { json: { Detach: true } });
  }

  async remove(id: string): Promise<void> {
    await this.#api.send('DELETE', `/containers/${id}`, { query: { force: '1' } });
  }

  async removeAll(): Promise<void> {
    const all = await this.#api.json<readonly ContainerSummary[]>('GET', '/containers/json', { query: { all: '1' } });
    await Promise.all(all.map(({ Id }) => this.remove(Id)));
  }

  /** Names of containers by their first process, of those that still are that process. */
  pids(): ReadonlyMap<number, string> {
    const alive = [...this.#seen].filter(([pid, { process }]) => readProcess(pid)?.started === process.started);
    return new Map(alive.map(([pid, { name }]) => [pid, name]));
  }
}
