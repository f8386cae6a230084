// One container of a list as the fields that tables and templates name. Pure.
import type { ContainerSummary, Port } from '../../types/container.ts';
import { ellipsis, goTime, humanAgo, humanSize, shortId } from './human.ts';

export const CONTAINER_HEADERS: Readonly<Record<string, string>> = {
  ID: 'CONTAINER ID',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  Ports: 'PORTS',
  State: 'STATE',
  Status: 'STATUS',
  Size: 'SIZE',
  Names: 'NAMES',
  Labels: 'LABELS',
  Mounts: 'MOUNTS',
  LocalVolumes: 'LOCAL VOLUMES',
  Networks: 'NETWORKS',
  Platform: 'PLATFORM',
};

const COMMAND_WIDTH = 20;
const MOUNT_WIDTH = 15;

export interface RowOptions {
  readonly noTrunc: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Fields in the alphabetical order in which `{{json .}}` shows them. */
export function containerRow(container: ContainerSummary, options: RowOptions): Readonly<Record<string, unknown>> {
  const { noTrunc } = options;
  const labels = container.Labels ?? {};
  const mounts = (container.Mounts ?? []).map(({ Name, Source }) => Name ?? Source);
  return {
    Command: JSON.stringify(noTrunc ? container.Command : ellipsis(container.Command, COMMAND_WIDTH)),
    // Naming the local time zone loads ICU: only for those who ask.
    get CreatedAt() {
      return goTime(container.Created);
    },
    ID: noTrunc ? container.Id : shortId(container.Id),
    Image: imageOf(container, noTrunc),
    Labels: Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(','),
    LocalVolumes: String((container.Mounts ?? []).filter(({ Driver }) => Driver === 'local').length),
    Mounts: mounts.map((mount) => (noTrunc ? mount : ellipsis(mount, MOUNT_WIDTH))).join(','),
    Names: namesOf(container, noTrunc).join(','),
    Networks: Object.keys(container.NetworkSettings?.Networks ?? {}).join(','),
    Ports: showPorts(container.Ports ?? []),
    RunningFor: humanAgo(container.Created, options.now),
    Size: sizeOf(container),
    State: container.State,
    Status: container.Status,
    Label: (name: unknown) => labels[String(name)] ?? '',
  };
}

/** An image whose tag moved on is shown by its id, cut. */
function imageOf({ Image, ImageID }: ContainerSummary, noTrunc: boolean): string {
  if (Image === '') return '<no image>';
  return !noTrunc && Image === ImageID
    ? shortId(Image)
    : Image.replace(/@sha256:[0-9a-f]{64}$/, (digest) => (noTrunc ? digest : ''));
}

/** Without the leading slash; names given by links have a second one and are details. */
function namesOf({ Names }: ContainerSummary, noTrunc: boolean): readonly string[] {
  const names = (Names ?? []).map((name) => name.replace(/^\//, ''));
  return noTrunc ? names : names.filter((name) => !name.includes('/'));
}

function sizeOf({ SizeRw = 0, SizeRootFs = 0 }: ContainerSummary): string {
  const own = humanSize(SizeRw, 3);
  return SizeRootFs > 0 ? `${own} (virtual ${humanSize(SizeRootFs, 3)})` : own;
}

interface PortGroup {
  first: number;
  last: number;
  readonly host: string;
  readonly shift: number | undefined;
  readonly type: string;
}

/** `0.0.0.0:8080->80/tcp, 9000-9002/tcp`: neighbours that are published alike become ranges. */
export function showPorts(ports: readonly Port[]): string {
  const sorted = [...ports].sort(
    (a, b) => a.PrivatePort - b.PrivatePort || order(a.IP ?? '', b.IP ?? '') || order(a.Type, b.Type),
  );
  const groups: PortGroup[] = [];
  for (const { IP = '', PrivatePort, PublicPort, Type } of sorted) {
    const shift = PublicPort === undefined || PublicPort === 0 ? undefined : PublicPort - PrivatePort;
    const host = shift === undefined ? '' : IP.includes(':') ? `[${IP}]` : IP;
    const group = groups.find(
      (one) => one.last + 1 === PrivatePort && one.host === host && one.shift === shift && one.type === Type,
    );
    if (group === undefined) groups.push({ first: PrivatePort, last: PrivatePort, host, shift, type: Type });
    else group.last = PrivatePort;
  }
  return groups.map(showGroup).join(', ');
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function showGroup({ first, last, host, shift, type }: PortGroup): string {
  const inside = `${range(first, last)}/${type}`;
  return shift === undefined ? inside : `${host}:${range(first + shift, last + shift)}->${inside}`;
}

function range(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}
