// From a container's record to its process: writes its files, resolves its user, builds the spec, and hands all to the
// runtime. What it makes is in the ledger; it cleans nothing up.
import type { RootfsMount } from '../../graphdriver/driver.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import type { Native } from '../../native/native.ts';
import type { Attachment, NetworkService } from '../../network/network.ts';
import type { ContainerProcess, Runtime, StartRequest } from '../../runtime/runtime.ts';
import type { Spec } from '../../runtime/spec.ts';
import type { ResolvedUser } from '../../runtime/users.ts';
import type { Ledger } from '../../store/ledger.ts';
import { runEffects } from './effects.ts';
import { type ContainerDirectories, writeContainerFiles } from './files.ts';
import type { ContainerRecord } from './record.ts';
import { buildSpec, type SpecHost } from './spec/build.ts';
import { givenDevices } from './spec/devices.ts';

/** Resolves `user[:group]` and --group-add by the files of a root file system. */
export type ResolveUser = (rootfs: RootfsMount, user: string, groupAdd: readonly string[]) => ResolvedUser;

export interface LaunchDependencies {
  readonly native: Native;
  readonly runtime: Runtime;
  readonly network: NetworkService;
  readonly layers: Pick<LayerStore, 'containerLayer'>;
  readonly directories: ContainerDirectories;
  readonly ledger: Ledger;
  readonly specHost: SpecHost;
  readonly resolveUser: ResolveUser;
}

export interface LaunchRequest {
  readonly attachment: Attachment;
  readonly stdio: StartRequest['stdio'];
}

export interface Launched {
  readonly process: ContainerProcess;
  readonly spec: Spec;
}

/** Resolves when the program runs. */
export async function launch(
  { network, layers, directories, runtime, ledger, specHost, resolveUser }: LaunchDependencies,
  record: ContainerRecord,
  { attachment, stdio }: LaunchRequest,
): Promise<Launched> {
  const { id, config, hostConfig } = record;
  const files = directories.files(id);
  writeContainerFiles({ record, files, endpoints: attachment.endpoints, network });
  const { rootfs } = layers.containerLayer(id);
  const spec = buildSpec({
    record,
    user: resolveUser(rootfs, config.User, hostConfig.GroupAdd ?? []),
    network: attachment.namespace,
    files,
    devices: givenDevices(hostConfig),
    host: specHost,
  });
  const process = await runtime.start({
    id,
    spec,
    rootfs,
    stdio,
    ...(attachment.namespace === 'new' ? { networkSetup: attachment.setup } : {}),
    effects: runEffects(ledger, id),
  });
  return { process, spec };
}
