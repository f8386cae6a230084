// The OCI list of device rules, which are applied in order, folded into one verdict: a default and its exceptions. v1
// files and the v2 program are both made from it. Pure.
import { TskerError } from '../../util/errors.ts';
import type { DeviceCgroup } from '../spec.ts';

export interface DeviceException {
  readonly type: 'b' | 'c';
  /** -1: any. */
  readonly major: number;
  readonly minor: number;
  /** Some of `rwm`. */
  readonly access: string;
}

export interface DevicePolicy {
  readonly allowByDefault: boolean;
  /** What is treated the other way round. */
  readonly exceptions: readonly DeviceException[];
}

const ANY = -1;

/** What every runtime allows besides the spec: making nodes, and the devices that /dev always has (runc's AllowedDevices). */
const RUNTIME_DEVICES: readonly DeviceCgroup[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 7, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 8, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 9, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

/**
 * Folds `rules`. Throws `invalid` for a rule that takes something out of a wildcard exception: neither kernel interface
 * can say that, and to leave it out would give more than was asked for.
 */
export function foldDeviceRules(rules: readonly DeviceCgroup[]): DevicePolicy {
  let allowByDefault = true;
  let exceptions = new Map<string, DeviceException>();
  for (const rule of [...rules, ...RUNTIME_DEVICES]) {
    const access = checkAccess(rule.access);
    if (isCatchAll(rule, access)) {
      allowByDefault = rule.allow;
      exceptions = new Map();
      continue;
    }
    for (const type of typesOf(rule)) {
      const exception = { type, major: rule.major ?? ANY, minor: rule.minor ?? ANY, access };
      if (rule.allow === allowByDefault) withdraw(exceptions, exception);
      else extend(exceptions, exception);
    }
  }
  return { allowByDefault, exceptions: [...exceptions.values()] };
}

function isCatchAll(rule: DeviceCgroup, access: string): boolean {
  return typesOf(rule).length === 2 && (rule.major ?? ANY) === ANY && (rule.minor ?? ANY) === ANY && access === 'rwm';
}

function typesOf(rule: DeviceCgroup): ('b' | 'c')[] {
  return rule.type === undefined || rule.type === 'a' ? ['b', 'c'] : [rule.type];
}

function checkAccess(access = 'rwm'): string {
  if (!/^[rwm]+$/.test(access)) throw new TskerError('invalid', `device cgroup rule: invalid access "${access}"`);
  return sortAccess(access);
}

function sortAccess(access: string): string {
  return [...'rwm'].filter((letter) => access.includes(letter)).join('');
}

function keyOf({ type, major, minor }: DeviceException): string {
  return `${type}${major}:${minor}`;
}

function extend(exceptions: Map<string, DeviceException>, wanted: DeviceException): void {
  const access = sortAccess(wanted.access + (exceptions.get(keyOf(wanted))?.access ?? ''));
  exceptions.set(keyOf(wanted), { ...wanted, access });
}

function withdraw(exceptions: Map<string, DeviceException>, rule: DeviceException): void {
  for (const [key, exception] of exceptions) {
    if (!overlap(exception, rule)) continue;
    if (!covers(rule, exception)) {
      throw new TskerError('invalid', `device cgroup rule: cannot take ${keyOf(rule)} out of ${key}`);
    }
    const access = [...exception.access].filter((letter) => !rule.access.includes(letter)).join('');
    if (access === '') exceptions.delete(key);
    else exceptions.set(key, { ...exception, access });
  }
}

function overlap(a: DeviceException, b: DeviceException): boolean {
  const meet = (x: number, y: number): boolean => x === ANY || y === ANY || x === y;
  const shared = [...a.access].some((letter) => b.access.includes(letter));
  return a.type === b.type && shared && meet(a.major, b.major) && meet(a.minor, b.minor);
}

function covers(rule: DeviceException, exception: DeviceException): boolean {
  const within = (outer: number, inner: number): boolean => outer === ANY || outer === inner;
  return within(rule.major, exception.major) && within(rule.minor, exception.minor);
}

/** The v1 form of an exception: `c 1:3 rwm`, `b *:* m`. */
export function formatDevice({ type, major, minor, access }: DeviceException): string {
  const number = (value: number): string => (value === ANY ? '*' : String(value));
  return `${type} ${number(major)}:${number(minor)} ${access}`;
}
