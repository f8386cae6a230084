import test from 'ava';
import { parseCluster } from '../../../../src/network/overlay/options.ts';

const STANDARD = { prefix: 'tsker', heartbeat: 5, ttl: 15, tls: undefined };

for (const [store, advertise, options, expected] of [
  ['etcd://10.0.0.5:2379', 'eth0:2376', {}, { ...STANDARD, servers: ['http://10.0.0.5:2379'], reachedAt: 'eth0' }],
  [
    'etcd://one,two:4001,[fd00::5]:2379/some/path/',
    '10.0.0.2:2376',
    {},
    {
      ...STANDARD,
      servers: ['http://one:2379', 'http://two:4001', 'http://[fd00::5]:2379'],
      reachedAt: '10.0.0.2',
      prefix: 'some/path',
    },
  ],
  ['etcd://e', '10.0.0.2', { 'kv.path': '/else' }, { prefix: 'else', reachedAt: '10.0.0.2' }],
  ['etcd://e', 'eth0', { 'discovery.heartbeat': '20' }, { heartbeat: 20, ttl: 60 }],
  ['etcd://e', 'eth0', { 'discovery.heartbeat': '2', 'discovery.ttl': '9' }, { heartbeat: 2, ttl: 9 }],
  [
    'etcd://e',
    'eth0',
    { 'kv.cacertfile': '/ca', 'kv.certfile': '/cert', 'kv.keyfile': '/key' },
    { servers: ['https://e:2379'], tls: { ca: '/ca', cert: '/cert', key: '/key' } },
  ],
  ['etcd://e', 'eth0', { 'kv.username': 'u', 'kv.password': '' }, { user: { name: 'u', password: '' } }],
] as const) {
  test(`--cluster-store ${store} --cluster-advertise ${advertise} ${JSON.stringify(options)}`, (t) => {
    t.like(parseCluster({ store, advertise, options }), { store, advertise, ...expected });
  });
}

test('a daemon that is told nothing is in no cluster', (t) => {
  t.is(parseCluster({ store: undefined, advertise: undefined, options: {} }), undefined);
});

for (const [what, store, advertise, options, message] of [
  ['no store', undefined, 'eth0:1', {}, /need --cluster-store/],
  ['nothing to be reached at', 'etcd://e', undefined, {}, /needs --cluster-advertise/],
  ['another store', 'consul://e', 'eth0', {}, /the only store is etcd, not consul/],
  ['no address of a store', 'etcd', 'eth0', {}, /it is etcd:\/\/HOST:PORT/],
  ['a host that is none', 'etcd://a b', 'eth0', {}, /"a b" is no HOST:PORT/],
  ['a port that is none', 'etcd://a:99999', 'eth0', {}, /is no HOST:PORT/],
  ['an address of IPv6', 'etcd://e', '[fd00::1]:2376', {}, /an IPv4 address or an interface/],
  ['an option that there is not', 'etcd://e', 'eth0', { 'kv.colour': 'red' }, /kv\.colour: it is one of/],
  ['a time that is none', 'etcd://e', 'eth0', { 'discovery.ttl': '5s' }, /a number of seconds/],
  ['times that do not fit', 'etcd://e', 'eth0', { 'discovery.ttl': '5' }, /has to be greater/],
  ['half a user', 'etcd://e', 'eth0', { 'kv.username': 'u' }, /kv\.username and kv\.password go together/],
  ['half a certificate', 'etcd://e', 'eth0', { 'kv.certfile': '/cert' }, /go together/],
] as const) {
  test(`refused: ${what}`, (t) => {
    t.throws(() => parseCluster({ store, advertise, options }), { message });
  });
}
