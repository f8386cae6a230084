// A container as it is stored: one JSON document a row, with everything that inspect can tell of it when it does not run.
// Immutable; the store replaces it as a whole.

import type { Endpoint, EndpointConfig } from '../../network/network.ts';
import type { Bindings } from '../../network/ports/published.ts';
import type { ContainerStatus } from '../../types/container.ts';
import type { ContainerConfig, HostConfig } from '../../types/container-config.ts';
import type { HealthRecord } from './health.ts';
import type { UserMount } from './mounts/types.ts';

export interface StateRecord {
  readonly status: ContainerStatus;
  /** Host pid; 0 when not alive. */
  readonly pid: number;
  readonly exitCode: number;
  readonly error: string;
  readonly oomKilled: boolean;
  /** RFC 3339, or ZERO_TIME. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface ContainerRecord {
  readonly id: string;
  /** Without the slash that the API puts in front. */
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  /** The program and its arguments, from entrypoint and command. */
  readonly path: string;
  readonly args: readonly string[];
  /** `sha256:…`. */
  readonly imageId: string;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  /** Of its writable layer. */
  readonly driver: string;
  /** What is mounted for the user, resolved when it was made. Read it by mounts/of-record.ts: an older one has none. */
  readonly mounts?: readonly UserMount[];
  readonly state: StateRecord;
  /** The networks it is to be on, by name, in the order of its interfaces. Missing: the one of its mode. */
  readonly networks?: Readonly<Record<string, EndpointConfig>>;
  /** Of the present run; empty when it does not run. */
  readonly endpoints: readonly Endpoint[];
  /** Of the present run: its ports and those of the host that lead there. */
  readonly ports?: Bindings;
  readonly restartCount: number;
  /** The user has stopped it, and not started it since: `unless-stopped` is over. Missing: no. */
  readonly manuallyStopped?: boolean;
  /** At the last change of its status, or the end of the last run. */
  readonly health?: HealthRecord;
}

/** 64 hexadecimal digits, of which clients show twelve. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
