// `state`: what the specification lets a runtime be asked (runtime-spec runtime.md, "State"), with runc's additions.
import { print } from './output.ts';
import { type Status, statusOf } from './status.ts';
import type { Container, Store } from './store.ts';
import type { Invocation } from './table.ts';

export async function state({ session: { store }, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  print(JSON.stringify(describe(store.read(id), store, ''), null, 2));
  return 0;
}

export interface ContainerState {
  readonly ociVersion: string;
  readonly id: string;
  readonly pid: number;
  readonly status: Status;
  readonly bundle: string;
  readonly rootfs: string;
  readonly created: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly owner: string;
}

export function describe(container: Container, store: Store, owner: string): ContainerState {
  const { id, bundle, rootfs, created, spec } = container;
  const status = statusOf(container, store);
  return {
    ociVersion: spec.ociVersion,
    id,
    pid: status === 'stopped' ? 0 : container.pid,
    status,
    bundle,
    rootfs,
    created,
    ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
    owner,
  };
}
