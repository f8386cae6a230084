// Bad requests, TSKER_FUZZ_REQUESTS of them (by hand 100,000): none is answered with a failure of the engine, none shows its inside, none
// hangs, and the engine is the same process afterwards, without a descriptor more. TSKER_FUZZ_SEED repeats a run. Needs root.
import { request as httpRequest } from 'node:http';
import test from 'ava';
import { type FuzzedRequest, fuzzRequests } from '../helpers/fuzz-requests.ts';
import { openDescriptors } from '../helpers/residue.ts';
import { waitFor } from '../helpers/wait.ts';
import { start, startWithBusybox } from './daemon.harness.ts';

const REQUESTS = Number(process.env['TSKER_FUZZ_REQUESTS'] ?? 1500);
const SEED = Number(process.env['TSKER_FUZZ_SEED'] ?? Date.now() % 1_000_000);
const AT_ONCE = 8;
/** Milliseconds until an answer has to have begun: a container that ignores its signal is stopped after ten seconds. */
const PATIENCE = 30_000;
const BODY_MAX = 4096;

const INSIDE = /\bat .*\.(ts|js):|node:internal|\[object|TypeError|RangeError|Sqlite|\bundefined\b/;

/** Status and the beginning of the body; streams are cut off. */
function send(socketPath: string, { method, path, body }: FuzzedRequest): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const type =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const request = httpRequest({ socketPath, method, path, agent: false, headers: type });
  const timer = setTimeout(() => request.destroy(new Error('it hangs')), PATIENCE);
  request.on('response', (response) => {
    clearTimeout(timer);
    let text = '';
    const done = (): void => {
      clearTimeout(streaming);
      resolve({ status: response.statusCode ?? 0, text });
      request.destroy();
    };
    const streaming = setTimeout(done, 300);
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.length > BODY_MAX) done();
    });
    response.on('end', done).on('error', done);
  });
  request.on('upgrade', (_response, connection) => {
    clearTimeout(timer);
    connection.destroy();
    resolve({ status: 101, text: '' });
  });
  request.on('error', (error: NodeJS.ErrnoException) => {
    clearTimeout(timer);
    // Refused before the body was sent.
    if (error.code === 'EPIPE' || error.code === 'ECONNRESET') resolve({ status: 400, text: '' });
    else reject(error);
  });
  request.end(body);
  return promise;
}

test(`${REQUESTS} bad requests from seed ${SEED}`, async (t) => {
  t.timeout(60_000 + REQUESTS * 60);
  const daemon = await startWithBusybox(t, { checkTraces: true });
  const names = ['bystander', 'busybox'];
  await start(daemon, { Cmd: ['sleep', '100000'] }, 'bystander');
  const { pid } = daemon;
  await daemon.api('GET', '/_ping');
  const before = openDescriptors(pid);
  const requests = fuzzRequests(SEED, names);
  const offences: string[] = [];
  let left = REQUESTS;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { value } = requests.next();
      const what = `${value.method} ${value.path.slice(0, 200)} ${(value.body ?? '').slice(0, 200)}`;
      const answer = await send(daemon.socket, value).catch((error: Error) => ({ status: 0, text: error.message }));
      const isCivil = answer.status > 0 && (answer.status < 500 || answer.status === 501 || answer.status === 503);
      if (!isCivil || (answer.status >= 400 && INSIDE.test(answer.text)))
        offences.push(`${what}\n  ${answer.status} ${answer.text.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  t.deepEqual(offences, []);
  t.is((await daemon.api('GET', '/_ping')).text, 'OK');
  t.is(daemon.pid, pid);
  t.notRegex(daemon.output(), /a defect:/);
  const containers = (await daemon.api('GET', '/containers/json?all=1')).json<readonly { Id: string }[]>();
  for (const { Id } of containers) await daemon.api('DELETE', `/containers/${Id}?force=1&v=1`);
  await waitFor('descriptors to be closed', () => openDescriptors(pid) <= before, { timeout: 30_000 });
});
