// The body of a create request: every field that is there has the type the API gives it, whatever else is ignored. What the
// values mean is checked by daemon/container/validate.ts. Pure.
import type { CreateRequest, EndpointSettings, NetworkingConfig, UpdateRequest } from '../../types/container.ts';
import type { ContainerConfig, HostConfig, PortBinding } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { parseEndpoint } from '../network/bodies.ts';

type Kind = 'string' | 'number' | 'boolean' | 'object' | 'strings' | 'words' | 'objects' | 'texts' | 'size' | 'ports';

const CONFIG: Readonly<Record<keyof ContainerConfig, Kind>> = {
  Hostname: 'string',
  Domainname: 'string',
  User: 'string',
  AttachStdin: 'boolean',
  AttachStdout: 'boolean',
  AttachStderr: 'boolean',
  ExposedPorts: 'object',
  Tty: 'boolean',
  OpenStdin: 'boolean',
  StdinOnce: 'boolean',
  Env: 'strings',
  Cmd: 'words',
  Healthcheck: 'object',
  ArgsEscaped: 'boolean',
  Image: 'string',
  Volumes: 'object',
  WorkingDir: 'string',
  Entrypoint: 'words',
  NetworkDisabled: 'boolean',
  MacAddress: 'string',
  OnBuild: 'strings',
  Labels: 'texts',
  StopSignal: 'string',
  StopTimeout: 'number',
  Shell: 'words',
};

const HOST_CONFIG: Readonly<Record<keyof HostConfig, Kind>> = {
  Binds: 'strings',
  ContainerIDFile: 'string',
  LogConfig: 'object',
  NetworkMode: 'string',
  PortBindings: 'ports',
  RestartPolicy: 'object',
  AutoRemove: 'boolean',
  VolumeDriver: 'string',
  VolumesFrom: 'strings',
  ConsoleSize: 'size',
  Annotations: 'texts',
  CapAdd: 'words',
  CapDrop: 'words',
  CgroupnsMode: 'string',
  Dns: 'strings',
  DnsOptions: 'strings',
  DnsSearch: 'strings',
  ExtraHosts: 'strings',
  GroupAdd: 'strings',
  IpcMode: 'string',
  Cgroup: 'string',
  Links: 'strings',
  OomScoreAdj: 'number',
  PidMode: 'string',
  Privileged: 'boolean',
  PublishAllPorts: 'boolean',
  ReadonlyRootfs: 'boolean',
  SecurityOpt: 'strings',
  StorageOpt: 'texts',
  Tmpfs: 'texts',
  UTSMode: 'string',
  UsernsMode: 'string',
  ShmSize: 'number',
  Sysctls: 'texts',
  Runtime: 'string',
  Isolation: 'string',
  CpuShares: 'number',
  Memory: 'number',
  NanoCpus: 'number',
  CgroupParent: 'string',
  BlkioWeight: 'number',
  BlkioWeightDevice: 'objects',
  BlkioDeviceReadBps: 'objects',
  BlkioDeviceWriteBps: 'objects',
  BlkioDeviceReadIOps: 'objects',
  BlkioDeviceWriteIOps: 'objects',
  CpuPeriod: 'number',
  CpuQuota: 'number',
  CpuRealtimePeriod: 'number',
  CpuRealtimeRuntime: 'number',
  CpusetCpus: 'string',
  CpusetMems: 'string',
  Devices: 'objects',
  DeviceCgroupRules: 'strings',
  DeviceRequests: 'objects',
  MemoryReservation: 'number',
  MemorySwap: 'number',
  MemorySwappiness: 'number',
  OomKillDisable: 'boolean',
  PidsLimit: 'number',
  Ulimits: 'objects',
  CpuCount: 'number',
  CpuPercent: 'number',
  IOMaximumIOps: 'number',
  IOMaximumBandwidth: 'number',
  Mounts: 'objects',
  MaskedPaths: 'strings',
  ReadonlyPaths: 'strings',
  Init: 'boolean',
};

/** Fields of the objects in a list. */
const ELEMENTS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  BlkioWeightDevice: { Path: 'string', Weight: 'number' },
  BlkioDeviceReadBps: { Path: 'string', Rate: 'number' },
  BlkioDeviceWriteBps: { Path: 'string', Rate: 'number' },
  BlkioDeviceReadIOps: { Path: 'string', Rate: 'number' },
  BlkioDeviceWriteIOps: { Path: 'string', Rate: 'number' },
  Devices: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' },
  DeviceRequests: {},
  Ulimits: { Name: 'string', Hard: 'number', Soft: 'number' },
  Mounts: {
    Type: 'string',
    Source: 'string',
    Target: 'string',
    ReadOnly: 'boolean',
    Consistency: 'string',
    BindOptions: 'object',
    VolumeOptions: 'object',
    TmpfsOptions: 'object',
  },
};

/** Fields of the objects that stand alone. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  LogConfig: { Type: 'string', Config: 'texts' },
  RestartPolicy: { Name: 'string', MaximumRetryCount: 'number' },
  Healthcheck: {
    Test: 'strings',
    Interval: 'number',
    Timeout: 'number',
    StartPeriod: 'number',
    StartInterval: 'number',
    Retries: 'number',
  },
  BindOptions: {
    Propagation: 'string',
    NonRecursive: 'boolean',
    CreateMountpoint: 'boolean',
    ReadOnlyNonRecursive: 'boolean',
    ReadOnlyForceRecursive: 'boolean',
  },
  VolumeOptions: { NoCopy: 'boolean', Labels: 'texts', Subpath: 'string', DriverConfig: 'object' },
  DriverConfig: { Name: 'string', Options: 'texts' },
  TmpfsOptions: { SizeBytes: 'number', Mode: 'number' },
};

type Fields = Readonly<Record<string, unknown>>;

/** Throws `invalid` naming the field whose type is wrong. */
export function parseCreateRequest(body: Fields | undefined): CreateRequest {
  if (body === undefined) throw new TskerError('invalid', 'invalid JSON: got EOF while reading request body');
  const config = pick(body, CONFIG, '') as Partial<ContainerConfig>;
  const host = memberOf(body, 'HostConfig');
  const network = memberOf(body, 'NetworkingConfig');
  const parsed = {
    ...config,
    ...(host === undefined ? {} : { HostConfig: pick(host, HOST_CONFIG, 'HostConfig.') as Partial<HostConfig> }),
    ...(network === undefined ? {} : { NetworkingConfig: parseNetworking(network) }),
  };
  if (Object.keys(config).length > 0) return parsed;
  throw new TskerError('invalid', 'Config cannot be empty in order to create a container');
}

const PUBLISHING = { PublishAdd: 'ports', PublishRemove: 'strings' } as const;

const UPDATABLE: readonly (keyof HostConfig & keyof UpdateRequest)[] = [
  'BlkioWeight',
  'CpuPeriod',
  'CpuQuota',
  'CpuRealtimePeriod',
  'CpuRealtimeRuntime',
  'CpuShares',
  'CpusetCpus',
  'CpusetMems',
  'Memory',
  'MemoryReservation',
  'MemorySwap',
  'NanoCpus',
  'PidsLimit',
  'RestartPolicy',
];

/** The body of an update request. Throws `invalid` naming the field whose type is wrong. */
export function parseUpdateRequest(body: Fields | undefined): UpdateRequest {
  if (body === undefined) throw new TskerError('invalid', 'invalid JSON: got EOF while reading request body');
  const kinds = { ...Object.fromEntries(UPDATABLE.map((name) => [name, HOST_CONFIG[name]])), ...PUBLISHING };
  const { RestartPolicy: policy, ...limits } = pick(body, kinds, '') as UpdateRequest;
  if (policy === undefined) return limits;
  return { ...limits, RestartPolicy: { Name: policy.Name ?? '', MaximumRetryCount: policy.MaximumRetryCount ?? 0 } };
}

function memberOf(body: Fields, name: string): Fields | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  return requireObject(value, name);
}

function parseNetworking(network: Fields): NetworkingConfig {
  const endpoints = memberOf(network, 'EndpointsConfig') ?? {};
  const parsed: Record<string, Partial<EndpointSettings>> = {};
  for (const [name, value] of Object.entries(endpoints)) {
    parsed[name] = parseEndpoint(
      value === null ? {} : requireObject(value, `NetworkingConfig.EndpointsConfig.${name}`),
    );
  }
  return { EndpointsConfig: parsed };
}

/** null is Go's zero value: the field counts as missing. */
function pick(fields: Fields, kinds: Readonly<Record<string, Kind>>, path: string): Fields {
  const picked: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    picked[name] = READERS[kind](value, name, path + name);
  }
  return picked;
}

type Reader = (value: unknown, name: string, path: string) => unknown;

const READERS: Readonly<Record<Kind, Reader>> = {
  string: (value, _name, path) => requireType(value, 'string', path),
  number: (value, _name, path) => {
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    return refuse(path, 'a number');
  },
  boolean: (value, _name, path) => requireType(value, 'boolean', path),
  object: (value, name, path) => {
    const members = MEMBERS[name];
    const object = requireObject(value, path);
    return members === undefined ? object : pick(object, members, `${path}.`);
  },
  strings: (value, _name, path) => {
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return refuse(path, 'a list of strings');
  },
  // strslice of moby: one string stands for a list of one.
  words: (value, _name, path) => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    return refuse(path, 'a list of strings');
  },
  objects: (value, name, path) => {
    if (!Array.isArray(value)) return refuse(path, 'a list of objects');
    return value.map((item, index) => pick(requireObject(item, path), ELEMENTS[name] ?? {}, `${path}[${index}].`));
  },
  texts: (value, _name, path) => {
    const object = requireObject(value, path);
    if (Object.values(object).every((item) => typeof item === 'string')) return object;
    return refuse(path, 'an object of strings');
  },
  ports: (value, _name, path) =>
    Object.fromEntries(
      Object.entries(requireObject(value, path)).map(([port, list]) => [port, readBindings(list, `${path}.${port}`)]),
    ),
  size: (value, _name, path) => {
    if (Array.isArray(value) && value.length === 2 && value.every((item) => Number.isInteger(item) && item >= 0))
      return value;
    return refuse(path, 'two numbers');
  },
};

function readBindings(value: unknown, path: string): readonly PortBinding[] | null {
  if (value === null) return null;
  if (!Array.isArray(value)) return refuse(path, 'a list of objects');
  return value.map((item) => {
    const { HostIp, HostPort } = pick(requireObject(item, path), { HostIp: 'string', HostPort: 'string' }, `${path}.`);
    return { HostIp: typeof HostIp === 'string' ? HostIp : '', HostPort: typeof HostPort === 'string' ? HostPort : '' };
  });
}

function requireType(value: unknown, type: 'string' | 'boolean', path: string): unknown {
  return typeof value === type ? value : refuse(path, type === 'string' ? 'a string' : 'true or false');
}

function requireObject(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(path, 'an object');
  return value as Fields;
}

function refuse(path: string, wanted: string): never {
  throw new TskerError('invalid', `invalid JSON: ${path} must be ${wanted}`);
}
