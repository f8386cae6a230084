// tsker inspect NAME...: everything the daemon knows of containers, images, networks and volumes, as JSON or a template.
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import { messageOf, TskerError } from '../../util/errors.ts';
import { type Command, type CommandCall, defineCommand } from '../command.ts';
import { SHORT_FORMAT_FLAGS } from '../flags/format.ts';
import { defineFlags } from '../flags/spec.ts';
import { platformQuery } from '../platform.ts';
import { containerPath, imagePath, volumePath } from '../targets.ts';

type ObjectType = 'container' | 'image' | 'network' | 'volume';

/** Where a name is looked for, in this order. */
const PATHS: Readonly<Record<ObjectType, (name: string) => string>> = {
  container: (name) => containerPath(name, 'json'),
  image: (name) => imagePath(name, 'json'),
  network: (name) => `/networks/${encodeURIComponent(name)}`,
  volume: volumePath,
};
const TYPES = Object.keys(PATHS) as ObjectType[];

const flags = defineFlags({
  ...SHORT_FORMAT_FLAGS,
  size: { kind: 'boolean', short: 's', summary: 'Display total file sizes if the type is container' },
  type: { kind: 'string', summary: 'Only inspect objects of the given type', choices: TYPES },
});
const { type: _, ...typedFlags } = flags;

interface Wish {
  readonly format: string | undefined;
  readonly size: boolean;
  /** Of an image, as the query wants it. */
  readonly platform?: string | undefined;
  readonly types: readonly ObjectType[];
}

async function inspectAll({ client, args, io }: CommandCall<typeof typedFlags>, wish: Wish): Promise<number> {
  const found: unknown[] = [];
  const errors: string[] = [];
  for (const name of args) {
    try {
      found.push(await findObject(client, name, wish));
    } catch (error) {
      errors.push(`tsker: ${messageOf(error)}\n`);
    }
  }
  io.stdout.write(await show(found, wish.format));
  io.stderr.write(errors.join(''));
  return errors.length === 0 ? 0 : 1;
}

async function findObject(client: ApiClient, name: string, { types, size, platform }: Wish): Promise<unknown> {
  for (const type of types) {
    try {
      const query = { size: (type === 'container' && size) || undefined, platform };
      return await client.json('GET', PATHS[type](name), { query });
    } catch (error) {
      const [only, ...others] = types;
      if (only !== undefined && others.length === 0) throw error;
      // An engine without networks or volumes answers 404 or 501: the name is just not there.
      if (!(error instanceof ApiError && [404, 501].includes(error.httpStatus))) throw error;
    }
  }
  throw new TskerError('not_found', `No such object: ${name}`);
}

async function show(found: readonly unknown[], format: string | undefined): Promise<string> {
  if (format === undefined || format === '') return `${JSON.stringify(found, undefined, 4)}\n`;
  if (format.trim() === 'json') return `${JSON.stringify(found)}\n`;
  const { compileOne } = await import('../template/one.ts');
  return found.map(compileOne(format)).join('');
}

export const inspect = defineCommand({
  usage: '[OPTIONS] NAME|ID [NAME|ID...]',
  flags,
  args: { min: 1 },
  examples: [["inspect -f '{{.State.Pid}}' web", "The process id of a container's first process"]],
  run: (call) => {
    const { format, size, type } = call.flags;
    return inspectAll(call, { format, size: size === true, types: TYPES.filter((one) => (type ?? one) === one) });
  },
});

function inspectOnly<T extends typeof typedFlags>(
  type: ObjectType,
  example: readonly [string, string],
  flags: T | typeof typedFlags = typedFlags,
): Command {
  return defineCommand({
    usage: `[OPTIONS] ${type.toUpperCase()} [${type.toUpperCase()}...]`,
    flags,
    args: { min: 1 },
    examples: [example],
    run: (call) => inspectAll(call, { format: call.flags.format, size: call.flags.size === true, types: [type] }),
  });
}

export const inspectContainer = inspectOnly('container', ['container inspect web', 'Everything about the container']);
export const inspectImage = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags: {
    ...typedFlags,
    platform: { kind: 'string', value: 'os/arch', summary: 'The image of this platform' },
  },
  args: { min: 1 },
  examples: [["image inspect -f '{{.Config.Cmd}}' busybox", 'Its default command']],
  run: (call) => {
    const { format, platform } = call.flags;
    return inspectAll(call, { format, size: false, types: ['image'], platform: platformQuery(platform) });
  },
});

/** Docker's --verbose is about services of a swarm: there is no more to say here. */
export const inspectNetwork = inspectOnly('network', ['network inspect backend', 'Its subnet, and who is on it'], {
  ...typedFlags,
  verbose: { kind: 'boolean', short: 'v', summary: 'Verbose output for diagnostics' },
});
export const inspectVolume = inspectOnly('volume', ['volume inspect data', 'Where its data is']);
