// Who may use the page: one browser on this machine, the one that was given the address. The token in the address is good for one
// use, and becomes a cookie; the Host header must be ours (a name that a stranger's DNS points at 127.0.0.1 is not), and what changes
// something must come from our own page. Pure but for its random numbers.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export type Verdict =
  | { readonly kind: 'pass' }
  /** The token was right: take the cookie and come again without it. */
  | { readonly kind: 'enter'; readonly cookie: string }
  | { readonly kind: 'refuse'; readonly status: 403 | 421; readonly reason: string };

export interface Knock {
  readonly method: string;
  /** With its query, as it stands in the request. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Of 256 bits. */
const SECRET_BYTES = 32;

export class Gate {
  readonly #hosts: readonly string[];
  readonly #cookieName: string;
  readonly #session = secret();
  #token: string | undefined = secret();

  /** `port` of the listener on the loopback address. */
  constructor(port: number) {
    this.#hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    // Cookies do not know ports: two tours must not take each other's away.
    this.#cookieName = `tsker-demo-${port}`;
  }

  /** The address to open, for one use: one that was made before is void. */
  newAddress(): string {
    this.#token = secret();
    return `http://${this.#hosts[0]}/?token=${this.#token}`;
  }

  judge({ method, url, headers }: Knock): Verdict {
    const { host = '', origin } = headers;
    if (!this.#hosts.includes(host)) return refuse(421, 'this server is not called that');
    if (origin !== undefined && origin !== `http://${host}`) return refuse(403, 'from another page');
    const { pathname, searchParams } = new URL(url, 'http://page.invalid');
    const token = searchParams.get('token');
    if (method === 'GET' && pathname === '/' && token !== null) return this.#spend(token);
    if (!same(this.#cookieOf(headers.cookie ?? ''), this.#session))
      return refuse(403, 'open the address that the tour printed');
    // A form of another page sends no Origin in some browsers, and never this header.
    const ours = method === 'GET' || (origin !== undefined && headers['x-tsker-demo'] === '1');
    return ours ? { kind: 'pass' } : refuse(403, 'not from our page');
  }

  #spend(token: string): Verdict {
    if (this.#token === undefined || !same(token, this.#token))
      return refuse(403, 'this address has been used, or was never ours');
    this.#token = undefined;
    return { kind: 'enter', cookie: `${this.#cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=/` };
  }

  #cookieOf(header: string): string {
    const cookies = header.split(';').map((one) => one.trim());
    return cookies.find((one) => one.startsWith(`${this.#cookieName}=`))?.slice(this.#cookieName.length + 1) ?? '';
  }
}

function refuse(status: 403 | 421, reason: string): Verdict {
  return { kind: 'refuse', status, reason };
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('hex');
}

function same(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
