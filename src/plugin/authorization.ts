// Authorization plugins: AuthZPlugin.AuthZReq and AuthZRes of Docker's plugin protocol. All have to agree, in their order;
// the first that does not decides.

import { messageOf, TskerError } from '../util/errors.ts';
import type { AuthorizationBackend, AuthorizedAnswer, AuthorizedRequest } from './authorization.types.ts';
import type { Json } from './call.ts';
import type { Plugins } from './plugins.ts';

export interface AuthorizationOptions {
  readonly names: readonly string[];
  readonly plugins: Pick<Plugins, 'get'>;
}

export function authorization({ names, plugins }: AuthorizationOptions): AuthorizationBackend {
  const askAll = async (method: string, body: Json): Promise<void> => {
    for (const name of names) await ask({ name, plugins, method, body });
  };
  return {
    request: (request) => askAll('AuthZPlugin.AuthZReq', toBody(request)),
    answer: (request, answer) => askAll('AuthZPlugin.AuthZRes', { ...toBody(request), ...toAnswerBody(answer) }),
  };
}

interface Question {
  readonly name: string;
  readonly plugins: Pick<Plugins, 'get'>;
  readonly method: string;
  readonly body: Json;
}

/** Throws unless it allows it: a plugin that cannot be asked allows nothing. */
async function ask({ name, plugins, method, body }: Question): Promise<void> {
  let answer: Json;
  try {
    answer = await (await plugins.get(name, 'authz')).call(method, body);
    const { Err: said } = answer;
    if (typeof said === 'string' && said !== '') throw new Error(said);
  } catch (cause) {
    throw new TskerError('internal', `plugin ${name} failed with error: ${messageOf(cause)}`, { cause });
  }
  if (answer['Allow'] === true) return;
  const { Msg: message } = answer;
  throw new TskerError(
    'forbidden',
    `authorization denied by plugin ${name}: ${typeof message === 'string' ? message : ''}`,
  );
}

/** As Go writes it: what is empty is missing, bytes are base64. */
function toBody(request: AuthorizedRequest): Json {
  const { user, userMethod, method, uri, headers, body, certificates } = request;
  return {
    ...(user === '' ? {} : { User: user }),
    ...(userMethod === '' ? {} : { UserAuthNMethod: userMethod }),
    RequestMethod: method,
    RequestUri: uri,
    ...(body === undefined || body.length === 0 ? {} : { RequestBody: body.toString('base64') }),
    RequestHeaders: headers,
    ...(certificates.length === 0 ? {} : { RequestPeerCertificates: certificates.map((one) => btoa(one)) }),
  };
}

function toAnswerBody({ status, headers, body }: AuthorizedAnswer): Json {
  return {
    ResponseStatusCode: status,
    ...(body === undefined || body.length === 0 ? {} : { ResponseBody: body.toString('base64') }),
    ResponseHeaders: headers,
  };
}
