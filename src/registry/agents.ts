// The connections of the registry client: kept alive, through a proxy where the environment wants one, and by TLS with the
// authorities and client certificates of the registry. What is asked over them is http.ts's business.
import { createHash, X509Certificate } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf, TskerError } from '../util/errors.ts';
import { type HostCertificates, readCertificates } from './certificates.ts';
import { type ProxySettings, proxyFor, proxySettings } from './no-proxy.ts';
import { readSystemRoots } from './system-roots.ts';

export interface AgentsOptions {
  /** Directories like /etc/docker/certs.d; the first that has a host is the one. */
  readonly certificates: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface AgentRequest {
  readonly url: URL;
  /** Certificates are not verified. */
  readonly insecure: boolean;
  /** Host of the registry on whose behalf another host is asked: its authorities count there too. */
  readonly registry: string | undefined;
}

export class Agents {
  readonly #certificates: readonly string[];
  readonly #proxies: ProxySettings;
  readonly #env: AgentsOptions['env'];
  /** By what distinguishes them: proxy, verification, certificates. */
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();
  /** Read once, as Go's programs do. */
  #roots: Promise<readonly string[]> | undefined;

  constructor({ certificates, env }: AgentsOptions) {
    this.#certificates = certificates;
    this.#env = env;
    this.#proxies = proxySettings(env);
  }

  /** The agent for a request. Throws `invalid` for certificates that cannot be used. */
  async of(request: AgentRequest): Promise<HttpAgent | HttpsAgent> {
    const proxy = proxyFor(request.url, this.#proxies);
    if (request.url.protocol === 'http:') return this.#agent(`http ${proxy}`, () => new HttpAgent(agentOptions(proxy)));
    const { insecure } = request;
    const own = await this.#certificatesFor(request);
    const roots = insecure ? [] : await this.#systemRoots();
    return this.#agent(`https ${proxy} ${insecure} ${fingerprint(own)}`, () => {
      const secureContext = contextOf(own, { roots, insecure, host: request.url.host });
      return new HttpsAgent({ ...agentOptions(proxy), secureContext, rejectUnauthorized: !insecure });
    });
  }

  /** Closes idle connections. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #agent(key: string, make: () => HttpAgent | HttpsAgent): HttpAgent | HttpsAgent {
    const agent = this.#agents.get(key) ?? make();
    this.#agents.set(key, agent);
    return agent;
  }

  /** A client certificate says who one is: it is shown to the host it lies there for, and to nobody else. */
  async #certificatesFor({ url, registry }: AgentRequest): Promise<HostCertificates> {
    const own = await readCertificates(this.#certificates, url.host);
    if (registry === undefined || registry === url.host) return own;
    const { authorities } = await readCertificates(this.#certificates, registry);
    return { authorities: [...own.authorities, ...authorities], pairs: own.pairs };
  }

  #systemRoots(): Promise<readonly string[]> {
    this.#roots ??= readSystemRoots(this.#env);
    return this.#roots;
  }
}

/** Node's agent makes the tunnel of a proxy itself; whether there is to be one was decided before. */
function agentOptions(proxy: string | undefined) {
  if (proxy === undefined) return { keepAlive: true };
  return { keepAlive: true, proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } };
}

/** Files that were changed make a new agent. */
function fingerprint({ authorities, pairs }: HostCertificates): string {
  const hash = createHash('sha256');
  for (const text of [...authorities, ...pairs.flatMap(({ cert, key }) => [cert, key])]) hash.update(text).update('\0');
  return hash.digest('hex');
}

interface Trust {
  readonly roots: readonly string[];
  readonly insecure: boolean;
  readonly host: string;
}

/** Made once for all connections: to read the system's authorities takes milliseconds. */
function contextOf({ authorities, pairs }: HostCertificates, { roots, insecure, host }: Trust): SecureContext {
  try {
    // OpenSSL passes over what is no certificate.
    for (const text of authorities) new X509Certificate(text);
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(insecure ? {} : { ca: [...roots, ...authorities] }),
      ...(pairs.length === 0 ? {} : { cert: pairs.map(({ cert }) => cert), key: pairs.map(({ key }) => key) }),
    });
  } catch (error) {
    throw new TskerError('invalid', `the certificates for ${host} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
