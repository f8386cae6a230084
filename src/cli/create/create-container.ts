// Creating a container for `create` and `run`: the request, the pull of a missing image, the id file, the warnings.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import type { Environment } from '../../client/host.ts';
import type { CreateRequest, CreateResponse } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import { splitImageName } from '../image-name.ts';
import type { Io } from '../io.ts';
import { pullImage } from '../pull-image.ts';
import { type CreateFlags, createBody } from './body.ts';

export interface CreateOptions {
  readonly client: ApiClient;
  readonly flags: CreateFlags;
  /** Image, command, arguments. */
  readonly args: readonly string[];
  readonly io: Io;
  readonly env: Environment;
  /** Last changes of the request. */
  readonly adjust?: (body: CreateRequest) => CreateRequest;
}

export interface CreatedContainer {
  readonly id: string;
  readonly body: CreateRequest;
}

export async function createContainer(options: CreateOptions): Promise<CreatedContainer> {
  const { flags, args, io, env } = options;
  const [image = '', ...command] = args;
  const around = { env, cwd: process.cwd(), readFile: (path: string) => readFileSync(path, 'utf8') };
  const asked = withConsoleSize(createBody(flags, { image, command }, around), io);
  const body = options.adjust?.(asked) ?? asked;
  if (flags.cidfile !== undefined && existsSync(flags.cidfile)) {
    throw new TskerError(
      'conflict',
      `container ID file found, make sure the other container isn't running or delete ${flags.cidfile}`,
    );
  }
  const created = await createOrPull(options, image, body);
  for (const warning of created.Warnings ?? []) io.stderr.write(`WARNING: ${warning}\n`);
  if (flags.cidfile !== undefined) writeFileSync(flags.cidfile, created.Id, { flag: 'wx' });
  return { id: created.Id, body };
}

/** The size a terminal has from its first moment on: a resize after the start would come late for a short program. */
function withConsoleSize(body: CreateRequest, { stdout }: Io): CreateRequest {
  if (body.Tty !== true || stdout.isTTY !== true) return body;
  return { ...body, HostConfig: { ...body.HostConfig, ConsoleSize: [stdout.rows ?? 0, stdout.columns ?? 0] } };
}

async function createOrPull(options: CreateOptions, image: string, body: CreateRequest): Promise<CreateResponse> {
  const { client, flags, io, env } = options;
  const platform = flags.platform ?? env.DOCKER_DEFAULT_PLATFORM;
  const pull = (): Promise<void> =>
    pullImage(client, image, { output: io.stderr, env, platform, quiet: flags.quiet === true });
  const request = { query: { name: flags.name, platform }, json: body };
  if (flags.pull === 'always') await pull();
  try {
    return await client.json<CreateResponse>('POST', '/containers/create', request);
  } catch (error) {
    if (!isMissingImage(error) || (flags.pull ?? 'missing') !== 'missing') throw error;
  }
  if (flags.quiet !== true) {
    const { repository, version } = splitImageName(image);
    const separator = version.includes(':') ? '@' : ':';
    io.stderr.write(`Unable to find image '${repository}${separator}${version || 'latest'}' locally\n`);
  }
  await pull();
  return client.json<CreateResponse>('POST', '/containers/create', request);
}

function isMissingImage(error: unknown): boolean {
  return error instanceof ApiError && error.httpStatus === 404 && /no such image/i.test(error.message);
}
