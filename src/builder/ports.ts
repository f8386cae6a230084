// `EXPOSE 80 53/udp 8000-8010`: the words, variables replaced, to the keys of ExposedPorts. Messages are Docker's.
import { DockerfileError } from './parser/error.ts';
import type { Word } from './parser/position.ts';

const PROTOCOLS = ['tcp', 'udp', 'sctp'];
const MAX_PORT = 65535;

/** `['80/tcp', '53/udp', …]`, each once. Host parts (`1.2.3.4:80:80`) are read and mean nothing, as in Docker. */
export function parseExposedPorts(words: readonly Word[]): readonly string[] {
  return [...new Set(words.flatMap(parseWord))];
}

function parseWord({ text, range }: Word): readonly string[] {
  const slash = text.lastIndexOf('/');
  const protocol = (slash < 0 ? '' : text.slice(slash + 1)) || 'tcp';
  const port = (slash < 0 ? text : text.slice(0, slash)).split(':').at(-1) ?? '';
  if (port === '') throw new DockerfileError(`No port specified: ${text}<empty>`, { range });
  const [first, last] = parseRange(port);
  if (first === undefined || last === undefined) throw new DockerfileError(`Invalid containerPort: ${port}`, { range });
  if (!PROTOCOLS.includes(protocol.toLowerCase())) throw new DockerfileError(`Invalid proto: ${protocol}`, { range });
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol.toLowerCase()}`);
}

function parseRange(text: string): readonly [number, number] | readonly [] {
  const parts = /^(\d{1,8})(?:-(\d{1,8}))?$/.exec(text);
  const first = Number(parts?.[1]);
  const last = Number(parts?.[2] ?? first);
  return parts !== null && first <= last && last <= MAX_PORT ? [first, last] : [];
}
