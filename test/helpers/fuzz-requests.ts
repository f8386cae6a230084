// Bad requests without end, made from the list of endpoints: names, parameters and bodies that are wrong in the ways a client's bug, or
// somebody who means harm, makes them wrong. The same seed makes the same requests.

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

/** Method and path; `*` is a name; behind the question mark the names of parameters; with a body its fields. None leaves the machine. */
const ENDPOINTS: readonly (readonly [line: string, fields?: readonly string[]])[] = [
  ...['GET /_ping', 'GET /version', 'GET /info', 'GET /system/df?type', 'GET /events?since,until,filters'].map(only),
  ...[
    'GET /containers/json?all,limit,size,filters',
    'GET /containers/*/json?size',
    'GET /containers/*/top?ps_args',
  ].map(only),
  ...['GET /containers/*/logs?stdout,stderr,since,until,tail,timestamps,details', 'GET /containers/*/changes'].map(
    only,
  ),
  ...['GET /containers/*/export', 'GET /containers/*/stats?stream,one-shot', 'POST /containers/*/resize?h,w'].map(only),
  ...['POST /containers/*/start?detachKeys', 'POST /containers/*/stop?t,signal', 'POST /containers/*/kill?signal'].map(
    only,
  ),
  ...['POST /containers/*/restart?t,signal', 'POST /containers/*/rename?name', 'POST /containers/*/pause'].map(only),
  ...['POST /containers/*/unpause', 'POST /containers/*/wait?condition', 'DELETE /containers/*?v,force,link'].map(only),
  ...['POST /containers/*/attach?stream,logs,stdin,stdout,stderr,detachKeys', 'GET /containers/*/attach/ws?stream'].map(
    only,
  ),
  ...['HEAD /containers/*/archive?path', 'GET /containers/*/archive?path', 'POST /containers/prune?filters'].map(only),
  ['PUT /containers/*/archive?path,noOverwriteDirNonDir,copyUIDGID', ['x']],
  [
    'POST /containers/create?name,platform',
    ['Image', 'Cmd', 'Env', 'HostConfig', 'Labels', 'Volumes', 'ExposedPorts', 'NetworkingConfig'],
  ],
  ['POST /containers/*/update', ['Memory', 'CpuShares', 'RestartPolicy', 'PidsLimit', 'NanoCpus', 'PublishAdd']],
  ['POST /containers/*/exec', ['Cmd', 'Env', 'User', 'Tty', 'AttachStdout', 'DetachKeys', 'WorkingDir', 'ConsoleSize']],
  ['POST /exec/*/start', ['Detach', 'Tty', 'ConsoleSize']],
  ...['POST /exec/*/resize?h,w', 'GET /exec/*/json'].map(only),
  ...[
    'GET /images/json?all,filters,shared-size',
    'GET /images/*/json?platform',
    'GET /images/*/history',
    'GET /images/get?names',
  ].map(only),
  ...['POST /images/*/tag?repo,tag', 'DELETE /images/*?force,noprune', 'POST /images/prune?filters'].map(only),
  ...['POST /images/create?fromSrc,repo,tag,changes,platform', 'GET /images/*/get?platform'].map(only),
  ['POST /images/load?quiet,platform', ['x']],
  ['POST /commit?container,repo,tag,changes,pause', ['Cmd', 'Env']],
  ['POST /build?dockerfile,t,buildargs,labels,target,ulimits,cachefrom,memory,platform,version,extrahosts', ['x']],
  ...['POST /build/prune?filters,all,keep-storage', 'GET /networks?filters', 'GET /networks/*?scope,verbose'].map(only),
  ...['DELETE /networks/*', 'POST /networks/prune?filters'].map(only),
  ['POST /networks/create', ['Name', 'Driver', 'IPAM', 'Options', 'Labels', 'Internal', 'EnableIPv6', 'ConfigFrom']],
  ['POST /networks/*/connect', ['Container', 'EndpointConfig']],
  ['POST /networks/*/disconnect', ['Container', 'Force']],
  ...['GET /volumes?filters', 'GET /volumes/*', 'DELETE /volumes/*?force', 'POST /volumes/prune?filters'].map(only),
  ['POST /volumes/create', ['Name', 'DriverOpts', 'Labels']],
  ...['GET /plugins', 'GET /swarm', 'POST /session', 'GET /tsker/host', 'GET /tsker/disk', 'GET /metrics'].map(only),
];

function only(line: string): readonly [string] {
  return [line];
}

const TEXTS = [
  ...[
    '',
    '0',
    '1',
    '-1',
    'x',
    'true',
    'null',
    '1e9',
    '99999999999999999999',
    '0x10',
    '1.5',
    '/',
    '..',
    '../../etc',
    'a b',
    'ü',
    '\0',
  ],
  ...[
    '%',
    '%zz',
    '%2e%2e%2f',
    '{}',
    '[]',
    '{',
    '{"a":1}',
    '{"label":["a=b"]}',
    '{"status":["odd"]}',
    '{"until":["x"]}',
    '(',
    '[',
    '*',
  ],
  ...[
    '__proto__',
    'constructor',
    'a:b:c',
    'UPPER',
    '127.0.0.1:1/x',
    'sha256:',
    `sha256:${'0'.repeat(64)}`,
    'container:',
    'host',
    '::',
    '\r\nA: b',
  ],
  ...['a'.repeat(300), 'a'.repeat(9000), '𝔘', '-', '.', 'NaN', 'Infinity', '1h', 'ctrl-', 'os/arch', '80/tcp'],
];

const VALUES: readonly unknown[] = [
  ...TEXTS.slice(0, 40),
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    [],
    {},
    [null],
    [[]],
    [1],
    ['a\0b'],
    { '': '' },
    { a: null },
    { __proto__: 1 },
    [{}],
  ],
  ...[
    { Memory: -1 },
    { Binds: ['/:'] },
    { Binds: [5] },
    { Config: [{ Subnet: 'x' }] },
    { a: { b: { c: {} } } },
    ['', '=', 'A=b'],
  ],
  ...[
    { Mounts: [{}] },
    { Mounts: [null] },
    { PortBindings: { x: null } },
    { Ulimits: [{}] },
    { EndpointsConfig: { a: 5 } },
    { Name: 5 },
  ],
];

const BODIES = [
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '{}',
  '['.repeat(2000),
  '{"a":'.repeat(500),
  '\0',
  '{"Image":"busybox"} {}',
];

/** `names` are those of things that exist: they are hit now and then. */
export function* fuzzRequests(seed: number, names: readonly string[]): Generator<FuzzedRequest> {
  const random = mulberry(seed);
  const pick = <T>(list: readonly T[], fallback: T): T => list[Math.floor(random() * list.length)] ?? fallback;
  const name = (): string => (random() < 0.3 ? pick(names, '') : pick(TEXTS, ''));
  for (;;) {
    const [line, fields] = pick(ENDPOINTS, ['GET /_ping'] as const);
    const [method = '', target = ''] = line.split(' ');
    const [path = '', parameters = ''] = target.split('?');
    const query = parameters.split(',').filter((parameter) => parameter !== '' && random() < 0.6);
    const pairs = query.map((parameter) => `${parameter}=${encodeURIComponent(pick(TEXTS, ''))}`);
    const version = random() < 0.1 ? `/v${pick(['1.24', '1.41', '1.51', '0', '9.9', 'x', '1.'], '')}` : '';
    const written = path.replaceAll('*', () => encode(name()));
    const body =
      fields === undefined || random() < 0.05 ? undefined : random() < 0.2 ? pick(BODIES, '') : object(fields);
    yield { method, path: `${version}${written}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`, body };
  }

  function object(fields: readonly string[]): string {
    const entries = fields.filter(() => random() < 0.5).map((field) => [field, pick(VALUES, null)] as const);
    return JSON.stringify({ ...(random() < 0.5 ? { Image: 'busybox' } : {}), ...Object.fromEntries(entries) });
  }

  /** Most are encoded as they should be; what is left must be what HTTP can carry. */
  function encode(text: string): string {
    return random() < 0.7 ? encodeURIComponent(text) : text.replaceAll(/[^!-~]|[?#]/g, '_');
  }
}

/** A small generator of which the seed is all: mulberry32. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
