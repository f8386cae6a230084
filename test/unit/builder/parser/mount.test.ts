import test from 'ava';
import { resolveMount } from '../../../../src/builder/parser/instructions/mount.ts';
import type { Mount } from '../../../../src/builder/parser/instructions/mount.types.ts';
import { parseTrigger } from '../../../../src/builder/parser/parse.ts';

function mountOf(flag: string): Mount {
  const run = parseTrigger(`RUN --mount=${flag} true`);
  const mount = run.kind === 'RUN' ? run.mounts[0] : undefined;
  if (mount === undefined) throw new Error('no mount');
  return resolveMount(mount, (value) => value);
}

const nobody = { mode: undefined, uid: undefined, gid: undefined };

for (const [flag, expected] of [
  ['target=/x', { type: 'bind', from: undefined, source: '', target: '/x', readOnly: true }],
  [
    'type=bind,from=a,src=/s,destination=/x,rw',
    { type: 'bind', from: 'a', source: '/s', target: '/x', readOnly: false },
  ],
  ['target=/x,rw,ro', { type: 'bind', from: undefined, source: '', target: '/x', readOnly: true }],
  ['target=/x,rw=false', { type: 'bind', from: undefined, source: '', target: '/x', readOnly: true }],
  ['TYPE=BIND,dst=/x,readonly=false', { type: 'bind', from: undefined, source: '', target: '/x', readOnly: false }],
  [
    'type=cache,target=/a/../x/',
    {
      ...nobody,
      ...{ type: 'cache', id: '/x/', from: undefined, source: '', target: '/a/../x/' },
      ...{ readOnly: false, sharing: 'shared' },
    },
  ],
  [
    'type=cache,id=i,target=/x,sharing=Private,uid=1,gid=2,mode=0700,ro',
    {
      ...{ type: 'cache', id: 'i', from: undefined, source: '', target: '/x', readOnly: true },
      ...{ sharing: 'private', uid: 1, gid: 2, mode: 0o700 },
    },
  ],
  ['type=tmpfs,target=/x,size=1.5k', { type: 'tmpfs', target: '/x', readOnly: false, size: 1536 }],
  [
    'type=secret,id=a/b',
    { ...nobody, type: 'secret', id: 'a/b', target: '/run/secrets/b', env: undefined, required: false },
  ],
  [
    'required,type=secret,target=/x/y',
    { ...nobody, type: 'secret', id: 'y', target: '/x/y', env: undefined, required: true },
  ],
  ['type=secret,id=a,env=A', { ...nobody, type: 'secret', id: 'a', target: undefined, env: 'A', required: false }],
  [
    'type=secret,id=a,env=A,target=/a,mode=0440',
    { ...nobody, type: 'secret', id: 'a', target: '/a', env: 'A', required: false, mode: 0o440 },
  ],
  ['type=ssh', { ...nobody, type: 'ssh', id: 'default', target: undefined, required: false }],
] as const) {
  test(`--mount=${flag} is a ${expected.type} mount`, (t) => {
    t.deepEqual(mountOf(flag), expected as Mount);
  });
}
