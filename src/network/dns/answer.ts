// One query of one container: the answer, or that somebody else has to be asked (libnetwork/resolver.go). Pure.
import { parseAddress } from '../address.ts';
import { type Directory, reverseName } from './directory.ts';
import { type Answer, BadQuery, encodeReply, parseQuery, type Query, RCODES, TYPES } from './message.ts';

/** Bytes of a message over TCP. */
const TCP_SIZE = 65_535;

export type Outcome =
  | { readonly reply: Buffer | undefined }
  /** To be sent when nobody else answers. */
  | { readonly forward: true; readonly failure: Buffer };

export interface Asked {
  readonly directory: Directory;
  readonly containerId: string;
  readonly over: 'udp' | 'tcp';
  /** Shuffles: who asks often gets round to all of those who share a name. */
  readonly random: () => number;
}

export function answerQuery(bytes: Buffer, asked: Asked): Outcome {
  const query = parseQuery(bytes);
  if (query instanceof BadQuery) return { reply: query.reply };
  const limit = asked.over === 'tcp' ? TCP_SIZE : query.size;
  const answers = ownAnswers(query, asked);
  if (answers !== undefined) return { reply: encodeReply(query, answers, { rcode: RCODES.noError, limit }) };
  const failure = encodeReply(query, [], { rcode: RCODES.serverFailure, limit });
  const isolated = asked.directory.membersOf(asked.containerId).every((member) => member.isolated);
  return isolated ? { reply: failure } : { forward: true, failure };
}

/** Undefined for what we know nothing of. A name that is ours and has no address of the family has an empty answer. */
function ownAnswers({ name, type }: Query, { directory, containerId, random }: Asked): Answer[] | undefined {
  if (type === TYPES.PTR) {
    const address = reverseName(name);
    const pointer = address === undefined ? undefined : directory.reverse(containerId, address);
    return pointer === undefined ? undefined : [{ pointer }];
  }
  if (type !== TYPES.A && type !== TYPES.AAAA) return undefined;
  const found = directory.lookup(containerId, name)?.map(parseAddress);
  if (found === undefined) return undefined;
  return shuffle(
    found.filter(({ family }) => (family === 4) === (type === TYPES.A)).map((ip) => ({ ip })),
    random,
  );
}

function shuffle<T>(list: readonly T[], random: () => number): T[] {
  if (list.length < 2) return [...list];
  return list
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
