// What /info told until some version of the API: clients of that time read these fields, later ones are not given them.
import type { InfoResponse } from '../../types/system.ts';
import { versionAtLeast } from '../version.ts';

/** `info` as the request's version of the API knows it. */
export function withOldFacts(request: object, info: InfoResponse): InfoResponse {
  if (versionAtLeast(request, '1.50')) return info;
  const { ContainerdCommit, RuncCommit, InitCommit } = info;
  const kernelMemory = versionAtLeast(request, '1.42') ? {} : { KernelMemory: false, KernelMemoryTCP: false };
  const commits = Object.entries({ ContainerdCommit, RuncCommit, InitCommit }).map(
    ([name, { ID }]) => [name, { ID, Expected: ID }] as const,
  );
  // Packets between containers pass nf_tables of the bridge family, not br_netfilter.
  const netfilter = { BridgeNfIptables: false, BridgeNfIp6tables: false };
  return { ...info, ...kernelMemory, ...netfilter, ...Object.fromEntries(commits) };
}
