// What the values of a create request may be, in Docker's words where clients show them (moby daemon/container.go,
// daemon_unix.go). Limits are in validate-resources.ts. Pure.
import { isIP } from 'node:net';
import { RLIMITS } from '../../native/linux.ts';
import { wantedPorts } from '../../network/ports/wanted.ts';
import { normalizeCapability } from '../../runtime/capabilities.ts';
import type { ContainerConfig, HealthConfig, HostConfig, RestartPolicy } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { parseUserMounts } from './binds.ts';
import { requireSignal } from './signal.ts';
import { nameOf } from './spec/environment.ts';
import { parseDeviceRule } from './spec/resources.ts';
import { parseSecurityOptions } from './spec/security.ts';
import { validateModes } from './validate-modes.ts';

/** Throws `invalid`. */
export function validateConfig(config: ContainerConfig): void {
  if (config.WorkingDir !== '' && !/^\/[^\0]*$/.test(config.WorkingDir)) {
    refuse(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  for (const entry of config.Env ?? []) {
    if (nameOf(entry) === '' || entry.includes('\0')) refuse(`invalid environment variable: ${entry}`);
  }
  if (config.Hostname.length > 64 || /[\s\0]/.test(config.Hostname))
    refuse(`invalid hostname format: ${config.Hostname}`);
  if (config.StopSignal !== undefined) requireSignal(config.StopSignal);
  for (const port of Object.keys(config.ExposedPorts ?? {})) checkPort(port);
  for (const word of [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]) {
    if (word.includes('\0')) refuse('a command must not contain a NUL character');
  }
  for (const path of Object.keys(config.Volumes ?? {})) {
    if (!path.startsWith('/') || path.includes('\0')) {
      refuse(`invalid mount config for type "volume": invalid mount path: '${path}' mount path must be absolute`);
    }
  }
  validateHealthcheck(config.Healthcheck);
}

export function validateHostConfig(host: HostConfig, known: { readonly runtime: string }): void {
  parseUserMounts(host);
  parseSecurityOptions(host.SecurityOpt);
  for (const rule of host.DeviceCgroupRules ?? []) parseDeviceRule(rule);
  checkCapabilities('CapAdd', host.CapAdd);
  checkCapabilities('CapDrop', host.CapDrop);
  checkRestartPolicy(host.RestartPolicy);
  if (host.AutoRemove && host.RestartPolicy.Name !== 'no') {
    refuse("can't create 'AutoRemove' container with restart policy");
  }
  for (const entry of host.ExtraHosts ?? []) checkExtraHost(entry);
  checkNameServers(host);
  for (const { PathOnHost } of host.Devices ?? []) checkDevice(PathOnHost);
  for (const { Name } of host.Ulimits ?? []) {
    if (!Object.hasOwn(RLIMITS, `RLIMIT_${Name.toUpperCase()}`)) refuse(`invalid ulimit type: ${Name}`);
  }
  if (host.Runtime !== known.runtime && host.Runtime !== 'runc') {
    refuse(`unknown or invalid runtime name: ${host.Runtime}`);
  }
  if (host.CgroupParent.split('/').includes('..')) refuse(`invalid cgroup parent "${host.CgroupParent}"`);
  validateModes(host);
  wantedPorts({ bindings: host.PortBindings ?? {}, exposed: [], all: false });
  validateAbsent(host);
}

/** What tsker does not do yet is refused, not ignored: a limit that nobody keeps is worse than an error. */
function validateAbsent(host: HostConfig): void {
  if ((host.DeviceRequests ?? []).length > 0) refuse('could not select device driver "" with capabilities: [[gpu]]');
  if (Object.keys(host.StorageOpt ?? {}).length > 0) {
    refuse("--storage-opt is supported only for overlay over xfs with 'pquota' mount option.");
  }
}

function checkCapabilities(field: string, names: readonly string[] | null): void {
  for (const name of names ?? []) {
    if (name.toUpperCase() === 'ALL') continue;
    try {
      normalizeCapability(name);
    } catch (cause) {
      throw new TskerError(
        'invalid',
        `invalid ${field}: unknown capability: ${JSON.stringify(`CAP_${name.toUpperCase().replace(/^CAP_/, '')}`)}`,
        { cause },
      );
    }
  }
}

export function checkRestartPolicy({ Name: name, MaximumRetryCount: retries }: RestartPolicy): void {
  if (!['no', 'always', 'on-failure', 'unless-stopped'].includes(name)) {
    refuse(
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (retries < 0) refuse('invalid restart policy: maximum retry count cannot be negative');
  if (retries !== 0 && name !== 'on-failure') {
    refuse(`invalid restart policy: maximum retry count can only be used with 'on-failure'`);
  }
}

function checkExtraHost(entry: string): void {
  if (!/^[^\s:=]+[:=]\S+$/.test(entry)) refuse(`bad format for add-host: ${JSON.stringify(entry)}`);
  const address = entry.slice(entry.search(/[:=]/) + 1).replace(/^\[(.*)\]$/, '$1');
  if (address !== 'host-gateway' && isIP(address) === 0) {
    refuse(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  }
}

/** They are lines and words of resolv.conf. */
function checkNameServers({ Dns, DnsSearch, DnsOptions }: HostConfig): void {
  for (const address of Dns ?? []) {
    if (isIP(address) === 0) refuse(`${JSON.stringify(address)} is not an ip address`);
  }
  for (const word of [...(DnsSearch ?? []), ...(DnsOptions ?? [])]) {
    if (!/^[^\s\0]+$/.test(word)) refuse(`${JSON.stringify(word)} is not a valid domain or DNS option`);
  }
}

/** What the body left out is not there, whatever its type says. */
function checkDevice(path: string | undefined): void {
  if (path === undefined || !/^\/[^\0]+$/.test(path)) {
    refuse(`invalid device: the path on the host must be absolute: ${JSON.stringify(path ?? '')}`);
  }
}

function checkPort(text: string): void {
  if (!/^\d{1,5}(-\d{1,5})?(\/(tcp|udp|sctp))?$/i.test(text))
    refuse(`invalid port specification: ${JSON.stringify(text)}`);
}

const MILLISECOND = 1_000_000;

function validateHealthcheck(health: HealthConfig | null | undefined): void {
  const durations = {
    Interval: health?.Interval,
    Timeout: health?.Timeout,
    StartPeriod: health?.StartPeriod,
    StartInterval: health?.StartInterval,
  };
  for (const [name, value] of Object.entries(durations)) {
    if (value !== undefined && value !== 0 && value < MILLISECOND) {
      refuse(`${name} in Healthcheck cannot be less than 1ms`);
    }
  }
  if ((health?.Retries ?? 0) < 0) refuse('Retries in Healthcheck cannot be negative');
}

function refuse(message: string): never {
  throw new TskerError('invalid', message);
}
