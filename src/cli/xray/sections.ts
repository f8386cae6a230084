// The parts of an x-ray and of a look at a half-built container, each as lines. Pure; draw.ts fits them to a terminal.
import type {
  XrayCgroup,
  XrayIdRange,
  XrayMount,
  XrayNamespace,
  XrayNetwork,
  XrayPrivileges,
  XrayProcess,
  XrayRoot,
  XrayValue,
} from '../../types/xray.ts';
import { ellipsis, humanSize } from '../output/human.ts';
import { tabulate } from '../output/tabulate.ts';
import { drawTree } from './tree.ts';

/** Characters of a command line that are drawn. */
const COMMAND = 80;
/** Changes that are drawn; the JSON has more. */
const CHANGES = 20;
/** The ids of a user namespace that maps all of them to themselves. */
const ALL_IDS = 4_294_967_295;
const KINDS = { modified: 'C', added: 'A', deleted: 'D' } as const;
const ROLES: Readonly<Record<XrayProcess['role'], string>> = {
  host: '',
  daemon: '  ← the daemon that answers',
  first: "  ← the container's first process",
  inside: '',
};

export function processLines(processes: readonly XrayProcess[]): string[] {
  return drawTree(
    processes.map(({ depth, pid, insidePid, command, uid, rss, role }) => {
      const inside = insidePid === undefined ? '' : ` (${insidePid} inside)`;
      return {
        depth,
        text: `${pid}${inside} ${ellipsis(command, COMMAND)}  uid ${uid}, ${humanSize(rss, 3)}${ROLES[role]}`,
      };
    }),
  );
}

export function namespaceLines(namespaces: readonly XrayNamespace[]): string[] {
  return namespaces.map(({ type, inode, host, containers }) => {
    const sharers = [...(host ? ['the host'] : []), ...containers.map((name) => `container ${name}`)];
    const shared = sharers.length === 0 ? 'its own' : `shared with ${sharers.join(', ')}`;
    return `${type.padEnd(8)}${String(inode).padEnd(12)}${shared}`;
  });
}

export function cgroupLines(cgroups: readonly XrayCgroup[]): string[] {
  // Hierarchies in which it is at the same place are told together.
  const byPath = Map.groupBy(cgroups, ({ path }) => path);
  return [...byPath].flatMap(([path, all]) => [
    `${path}  (${all.map(({ hierarchy }) => hierarchy).join(' ')})`,
    ...all.flatMap(({ limits, usage }) => [...valueLines('limit', limits), ...valueLines('now', usage)]),
  ]);
}

function valueLines(word: string, values: readonly XrayValue[]): string[] {
  return values.map(({ file, text }) => `  ${word.padEnd(6)}${file.padEnd(30)}${text}`);
}

export function rootLines({ type, lower, upper, work, changes, changed }: XrayRoot): string[] {
  const shown = changes.slice(0, CHANGES);
  return [
    ...(upper === undefined ? [`the root is of type ${type}`] : [`upper   ${upper}`]),
    ...(work === undefined ? [] : [`work    ${work}`]),
    ...lower.map((path) => `lower   ${path}`),
    `${changed} ${changed === 1 ? 'file' : 'files'} changed (A added, C changed, D deleted)`,
    ...shown.map(({ kind, path }) => `  ${KINDS[kind]} ${path}`),
    ...(changed > shown.length ? [`  … and ${changed - shown.length} more`] : []),
  ];
}

export function mountLines(mounts: readonly XrayMount[]): string[] {
  const rows = mounts.map(({ target, type, source, from, options, propagation }) => {
    const what = from === '/' ? source : `${source}[${from}]`;
    return [target, type, options, propagation, what];
  });
  return tabulate([['TARGET', 'TYPE', 'OPTIONS', 'PROPAGATION', 'SOURCE'], ...rows]).map((line) => line.trimEnd());
}

export function privilegeLines(privileges: XrayPrivileges): string[] {
  const { capabilities, seccomp, seccompFilters, noNewPrivileges, uids, gids, groups, uidMap, gidMap, label } =
    privileges;
  const filter = seccompFilters === undefined || seccompFilters === 1 ? 'a filter' : `${seccompFilters} filters`;
  const calls =
    { off: 'none: every system call is let through', strict: 'strict: read, write and exit alone' }[
      seccomp as 'off' | 'strict'
    ] ?? `${filter} decides about each system call`;
  return [
    `user          ${ids(uids)}, group ${ids(gids)}${groups.length === 0 ? '' : `, groups ${groups.join(' ')}`}`,
    `user ids      ${uidMap.map(mapText).join('; ') || 'not mapped yet'}`,
    `group ids     ${gidMap.map(mapText).join('; ') || 'not mapped yet'}`,
    `capabilities  ${capabilityText(capabilities.effective)}`,
    ...(sameNames(capabilities.bounding, capabilities.effective)
      ? []
      : [`  can have    ${capabilityText(capabilities.bounding)}`]),
    ...(capabilities.ambient.length === 0 ? [] : [`  inherited   ${capabilityText(capabilities.ambient)}`]),
    `seccomp       ${calls}`,
    `new programs  ${noNewPrivileges ? 'gain no privileges (no_new_privs)' : 'may gain privileges by setuid bits and file capabilities'}`,
    ...(label === undefined ? [] : [`label         ${label}`]),
  ];
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}

/** CAP_CHECKPOINT_RESTORE is the 41st. */
const ALL_CAPABILITIES = 41;

function capabilityText(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  if (names.length >= ALL_CAPABILITIES) return `all ${names.length}`;
  return `${names.length}: ${names.map((name) => name.replace(/^CAP_/, '').toLowerCase()).join(' ')}`;
}

function ids([real = 0, effective = real, saved = real, files = real]: readonly number[]): string {
  const all = [real, effective, saved, files];
  return all.every((id) => id === real)
    ? String(real)
    : `${real} (effective ${effective}, saved ${saved}, files ${files})`;
}

function mapText({ inside, outside, count }: XrayIdRange): string {
  if (inside === 0 && outside === 0 && count >= ALL_IDS) return 'the same inside and outside';
  return `${inside} to ${inside + count - 1} inside are ${outside} to ${outside + count - 1} outside`;
}

export function networkLines({ host, links, routes, rules }: XrayNetwork): string[] {
  if (host) return ["the host's own: its links, routes and rules are the host's"];
  return [
    ...links.flatMap(({ index, name, kind, up, mac, mtu, addresses, peer }) => [
      `${index}: ${name}${kind === undefined ? '' : ` (${kind})`}  ${up ? 'up' : 'down'}, mtu ${mtu}${mac === undefined ? '' : `, ${mac}`}`,
      ...addresses.map((address) => `   ${address}`),
      ...(peer === undefined
        ? []
        : [
            `   ⇅ on the host ${peer.index}: ${peer.name}${peer.bridge === undefined ? '' : `, on the bridge ${peer.bridge}`}`,
          ]),
    ]),
    ...routes.map(({ destination, gateway, link }) => {
      const by = [gateway === undefined ? '' : ` by ${gateway}`, link === undefined ? '' : ` over ${link}`].join('');
      return `route  ${destination}${by}`;
    }),
    ...rules.map(({ family, table, chain, text, comment }) => {
      const why = comment === undefined ? '' : `  # ${comment}`;
      return `rule   ${family} ${table} ${chain}: ${text}${why}`;
    }),
  ];
}
