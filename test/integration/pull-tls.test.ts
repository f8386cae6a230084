// Registries behind TLS: one that is insecure is spoken to by TLS without looking at its certificate.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { HttpClient } from '../../src/registry/http.ts';
import { makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { type Owner, suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { startRegistry } from '../helpers/registry.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { startEngine } from './image.harness.ts';

const suite = suiteOwner(test);

/** A self-signed front of a registry; what came by which path. */
async function startTls(owner: Owner, target: string): Promise<{ host: string; paths: string[] }> {
  const directory = tempdir(owner, 'tls');
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name));
  const subject = ['-subj', '/CN=localhost', '-days', '2'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key ?? '', '-out', cert ?? '', ...subject],
    { stdio: 'pipe' },
  );
  const paths: string[] = [];
  const server = createServer({ key: readFileSync(key ?? ''), cert: readFileSync(cert ?? '') }, (request, response) => {
    paths.push(request.url ?? '');
    httpRequest(new URL(request.url ?? '', target), { headers: { accept: request.headers.accept } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  owner.teardown(() => void server.close().closeAllConnections());
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, paths };
}

test('an insecure registry with TLS is pulled from, whatever its certificate', async (t) => {
  const registry = await startRegistry(suite);
  const image = makeImage({ layers: [{ entries: [{ path: 'a', content: 'a' }] }] });
  await pushImage(image, { url: registry.url, name: 'tls', tag: 'latest' });
  const tls = await startTls(t, registry.url);
  const engine = await startEngine(t, { native: openNative() });
  await engine.pull(`${tls.host}/tls`, { tag: 'latest' });
  t.is(tls.paths.length, 3, 'a manifest, a configuration and a layer, and nothing to find out how');
});

test('a certificate that nobody signed is refused where it counts', async (t) => {
  const tls = await startTls(t, 'http://127.0.0.1:1');
  const http = new HttpClient({ userAgent: 'test', stallTimeout: 5000 });
  t.teardown(() => http.close());
  const { signal } = new AbortController();
  await t.throwsAsync(http.request({ url: `https://${tls.host}/`, insecure: false, signal }), {
    code: 'unavailable',
    message: /self-signed certificate/,
  });
  t.deepEqual(tls.paths, []);
});
