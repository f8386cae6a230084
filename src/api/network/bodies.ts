// Bodies of the network routes: every field that is there has the type the API gives it. What the values mean is the engine's to
// say. Pure.
import type { EndpointIpam, EndpointSettings } from '../../types/container.ts';
import type {
  IpamConfig,
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkDisconnectRequest,
} from '../../types/network.ts';
import { TskerError } from '../../util/errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Throws `invalid` naming the field whose type is wrong, and for what there is not: swarm's networks. */
export function parseNetworkCreate(body: Fields | undefined): NetworkCreateRequest {
  const fields = requireBody(body);
  const ipam = objectOf(fields, 'IPAM') ?? {};
  if (
    flagOf(fields, 'Ingress', false) ||
    flagOf(fields, 'ConfigOnly', false) ||
    objectOf(fields, 'ConfigFrom')?.['Network']
  ) {
    throw new TskerError(
      'not_implemented',
      'networks of a swarm (ingress, config-only, config-from) are not supported',
    );
  }
  return {
    Name: textOf(fields, 'Name') ?? '',
    Driver: textOf(fields, 'Driver') || 'bridge',
    EnableIPv4: flagOf(fields, 'EnableIPv4', true),
    EnableIPv6: flagOf(fields, 'EnableIPv6', false),
    Internal: flagOf(fields, 'Internal', false),
    Attachable: flagOf(fields, 'Attachable', false),
    IPAM: {
      Driver: textOf(ipam, 'Driver') || 'default',
      Options: ipam['Options'] === undefined || ipam['Options'] === null ? null : textsOf(ipam, 'Options'),
      Config: listOf(ipam, 'Config').map(parsePool),
    },
    Options: textsOf(fields, 'Options'),
    Labels: textsOf(fields, 'Labels'),
  };
}

function parsePool(value: unknown): IpamConfig {
  const fields = requireObject(value, 'IPAM.Config');
  const [subnet, range, gateway] = [textOf(fields, 'Subnet'), textOf(fields, 'IPRange'), textOf(fields, 'Gateway')];
  const auxiliary = textsOf(fields, 'AuxiliaryAddresses');
  return {
    ...(subnet ? { Subnet: subnet } : {}),
    ...(range ? { IPRange: range } : {}),
    ...(gateway ? { Gateway: gateway } : {}),
    ...(Object.keys(auxiliary).length > 0 ? { AuxiliaryAddresses: auxiliary } : {}),
  };
}

export function parseConnect(body: Fields | undefined): NetworkConnectRequest {
  const fields = requireBody(body);
  return {
    Container: requireContainer(fields),
    EndpointConfig: parseEndpoint(objectOf(fields, 'EndpointConfig') ?? {}),
  };
}

export function parseDisconnect(body: Fields | undefined): NetworkDisconnectRequest {
  const fields = requireBody(body);
  return { Container: requireContainer(fields), Force: flagOf(fields, 'Force', false) };
}

/** EndpointSettings as far as a client may set them; `path` names them in errors. */
export function parseEndpoint(fields: Fields): Partial<EndpointSettings> {
  const ipam = objectOf(fields, 'IPAMConfig');
  const mac = textOf(fields, 'MacAddress');
  const priority = fields['GwPriority'];
  if (priority !== undefined && priority !== null && !Number.isInteger(priority))
    refuse('GwPriority', 'a whole number');
  return {
    IPAMConfig: ipam === undefined ? null : parseAddresses(ipam),
    Links: wordsOf(fields, 'Links'),
    Aliases: wordsOf(fields, 'Aliases'),
    DriverOpts: textsOf(fields, 'DriverOpts'),
    GwPriority: typeof priority === 'number' ? priority : 0,
    ...(mac ? { MacAddress: mac } : {}),
  };
}

function parseAddresses(fields: Fields): EndpointIpam {
  const [v4, v6] = [textOf(fields, 'IPv4Address'), textOf(fields, 'IPv6Address')];
  const linkLocal = wordsOf(fields, 'LinkLocalIPs');
  return {
    ...(v4 ? { IPv4Address: v4 } : {}),
    ...(v6 ? { IPv6Address: v6 } : {}),
    ...(linkLocal.length > 0 ? { LinkLocalIPs: linkLocal } : {}),
  };
}

function requireBody(body: Fields | undefined): Fields {
  if (body !== undefined) return body;
  throw new TskerError('invalid', 'invalid JSON: got EOF while reading request body');
}

function requireContainer(fields: Fields): string {
  const container = textOf(fields, 'Container') ?? '';
  if (container === '') throw new TskerError('invalid', 'invalid name or ID supplied: ""');
  return container;
}

/** null is Go's zero value: the field counts as missing. */
function fieldOf(fields: Fields, name: string): unknown {
  return fields[name] ?? undefined;
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fieldOf(fields, name);
  return value === undefined || typeof value === 'string' ? value : refuse(name, 'a string');
}

function flagOf(fields: Fields, name: string, standard: boolean): boolean {
  const value = fieldOf(fields, name) ?? standard;
  return typeof value === 'boolean' ? value : refuse(name, 'true or false');
}

function objectOf(fields: Fields, name: string): Fields | undefined {
  const value = fieldOf(fields, name);
  return value === undefined ? undefined : requireObject(value, name);
}

function requireObject(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(name, 'an object');
  return value as Fields;
}

function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fieldOf(fields, name) ?? [];
  return Array.isArray(value) ? value : refuse(name, 'a list');
}

function wordsOf(fields: Fields, name: string): readonly string[] {
  const list = listOf(fields, name);
  return list.every((one) => typeof one === 'string') ? list : refuse(name, 'a list of strings');
}

function textsOf(fields: Fields, name: string): Readonly<Record<string, string>> {
  const object = objectOf(fields, name) ?? {};
  if (Object.values(object).every((one) => typeof one === 'string')) return object as Readonly<Record<string, string>>;
  return refuse(name, 'an object of strings');
}

function refuse(name: string, wanted: string): never {
  throw new TskerError('invalid', `invalid JSON: ${name} must be ${wanted}`);
}
