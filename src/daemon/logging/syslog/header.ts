// What a syslog record says before its text, in the four forms of Docker's driver. Pure.
import type { RemoteRequest } from '../../../native/output-requests.ts';
import type { SyslogAddress, SyslogFormat } from './options.ts';

export interface HeaderRequest {
  readonly format: SyslogFormat;
  readonly transport: SyslogAddress['kind'];
  readonly facility: number;
  readonly tag: string;
  readonly hostname: string;
  readonly pid: number;
}

/** RFC 5424, 6.2.1: stdout is informational, stderr an error. */
const INFO = 6;
const ERROR = 3;

type Header = Pick<RemoteRequest, 'before' | 'after' | 'time' | 'stdoutPriority' | 'stderrPriority' | 'counted'>;

export function headerOf({ format, transport, facility, tag, hostname, pid }: HeaderRequest): Header {
  const name = printable(tag);
  const host = printable(hostname);
  const priorities = { stdoutPriority: facility * 8 + INFO, stderrPriority: facility * 8 + ERROR };
  if (format === 'unix' || format === 'rfc3164') {
    const origin = format === 'unix' ? '' : ` ${host}`;
    return { ...priorities, before: '', after: `${origin} ${name}[${pid}]: `, time: 'stamp', counted: false };
  }
  return {
    ...priorities,
    before: '1 ',
    after: ` ${host} ${name} ${pid} ${name} - `,
    time: format === 'rfc5424' ? 'rfc3339' : 'micro',
    // RFC 5425 wants the length in front; elsewhere Docker ends records with a newline only.
    counted: transport === 'tcp+tls',
  };
}

/** A tag may hold what a user likes, but a line break in it would forge a record. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  return text.replace(/[\x00-\x1f\x7f]/g, '?');
}
