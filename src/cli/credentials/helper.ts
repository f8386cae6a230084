// The protocol of credential helpers (docker-credential-helpers): `docker-credential-NAME get|store|erase`, the question on
// stdin, the answer on stdout.
import { execFile } from 'node:child_process';
import type { Environment } from '../../client/host.ts';
import { TskerError } from '../../util/errors.ts';

export interface HelperCredentials {
  readonly Username: string;
  readonly Secret: string;
}

const NOT_FOUND = 'credentials not found in native keychain';
const MAX_ANSWER = 1024 * 1024;

interface Call {
  readonly helper: string;
  readonly env: Environment;
}

/** Undefined when the helper has none for this registry. */
export async function getFromHelper(call: Call, server: string): Promise<HelperCredentials | undefined> {
  const answer = await runHelper(call, 'get', server);
  if (answer === undefined) return undefined;
  const { Username, Secret }: Partial<HelperCredentials> = parse(answer, call.helper);
  if (typeof Username === 'string' && typeof Secret === 'string') return { Username, Secret };
  throw new TskerError('invalid', `docker-credential-${call.helper} answered without Username or Secret`);
}

export async function storeWithHelper(call: Call, server: string, credentials: HelperCredentials): Promise<void> {
  await runHelper(call, 'store', JSON.stringify({ ServerURL: server, ...credentials }));
}

/** Erasing what is not there is success. */
export async function eraseFromHelper(call: Call, server: string): Promise<void> {
  await runHelper(call, 'erase', server);
}

function runHelper({ helper, env }: Call, verb: string, input: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) throw new TskerError('invalid', `invalid credential helper: ${helper}`);
  const program = `docker-credential-${helper}`;
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const child = execFile(program, [verb], { env, maxBuffer: MAX_ANSWER }, (error, stdout, stderr) => {
    if (error === null) resolve(stdout);
    else if (stdout.includes(NOT_FOUND)) resolve(undefined);
    else {
      const said = (stdout.trim() || stderr.trim() || error.message).slice(0, 500);
      reject(new TskerError('unavailable', `error getting credentials - err: ${program} ${verb}: ${said}`));
    }
  });
  // A helper that ends without reading is told apart by its exit code.
  child.stdin?.on('error', () => undefined).end(input);
  return promise;
}

function parse(text: string, helper: string): Partial<HelperCredentials> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    throw new TskerError('invalid', `docker-credential-${helper} did not answer with JSON`, { cause: error });
  }
}
