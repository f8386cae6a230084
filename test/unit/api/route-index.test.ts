// The index of routes: whatever is asked, the answer is that of the routers asked one after the other.
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import express, { Router } from 'express';
import { indexRoutes } from '../../../src/api/route-index.ts';

function routers(): Router[] {
  const answer = (name: string) => (request: express.Request, response: express.Response) => {
    response.json({ name, params: request.params, url: request.originalUrl });
  };
  const first = Router();
  first.get('/containers/json', answer('list'));
  first.get('/containers/:id/json', answer('inspect'));
  first.delete('/containers/:id', answer('remove'));
  const inner = Router();
  inner.post('/containers/:id/attach', answer('attach'));
  inner.get('/:anything/odd', answer('odd'));
  first.use(inner);
  const below = Router();
  below.get('/deep', answer('deep'));
  first.use('/mounted', below);
  const second = Router();
  second.post('/containers/:id/exec', answer('exec'));
  second.get('/images/{*name}/json', answer('image'));
  second.all(['/swarm', '/swarm/{*rest}'], answer('swarm'));
  second.all('/plugins/:name{/*rest}', answer('plugin'));
  return [first, second];
}

async function serve(t: ExecutionContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.teardown(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

interface Answer {
  readonly status: number | undefined;
  readonly allow: string | undefined;
  readonly body: string;
}

function ask(port: number, method: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, method, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          allow: response.headers.allow,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

const PATHS = [
  '/containers/json',
  '/containers/json?all=1',
  '/Containers/JSON',
  '/containers/a/json',
  '/containers/a%2Fb/json/',
  '/containers/%zz/json',
  '/containers/a',
  '/containers/a/attach',
  '/containers/a/exec',
  '/containers',
  '/containers/odd',
  '/whatever/odd',
  '/mounted/deep',
  '/images/a/b/json',
  '/images//json',
  '/swarm',
  '/swarm/init/more',
  '/swarms',
  '/plugins/a/b',
  '/plugins',
  '/',
  '//containers/json',
  '/constructor',
  '/__proto__/odd',
  '*',
  'http://host/containers/a/json',
];

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
  test(`${method} is answered as by the routers one after the other`, async (t) => {
    const plain = express();
    for (const router of routers()) plain.use(router);
    const indexed = express();
    indexed.use(indexRoutes(routers()));
    const [expected, actual] = [await serve(t, plain), await serve(t, indexed)];
    for (const path of PATHS) {
      const [wanted, first, again] = [
        await ask(expected, method, path),
        await ask(actual, method, path),
        await ask(actual, method, path),
      ];
      t.deepEqual(first, wanted, path);
      t.deepEqual(again, wanted, `${path}, asked again`);
    }
  });
}
