// tsker build [OPTIONS] PATH | URL | -: an image from a Dockerfile and the files around it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { BuildPreamble } from '../../types/build.ts';
import { TskerError } from '../../util/errors.ts';
import { debugFailure } from '../build/debug.ts';
import { exportResult, parseOutput } from '../build/export.ts';
import { BUILD_FLAGS } from '../build/flags.ts';
import { type BuildFlags, buildQuery } from '../build/query.ts';
import { proxyArguments, registryConfigHeader } from '../build/registry-config.ts';
import { readSecret } from '../build/secrets.ts';
import { askForTsker, type Sent, sendBuild } from '../build/send.ts';
import { type ProgressKind, showBuild } from '../build/show.ts';
import { findSource } from '../build/source.ts';
import { openSsh, type SshLink } from '../build/ssh.ts';
import { defineCommand } from '../command.ts';
import type { Io } from '../io.ts';
import { humanSize } from '../output/human.ts';

export const build = defineCommand({
  usage: '[OPTIONS] PATH | URL | -',
  flags: BUILD_FLAGS,
  args: { min: 1, max: 1 },
  examples: [
    ['build -t app .', 'From the Dockerfile in this directory'],
    ['build --explain --target test .', 'One stage, and why each step ran'],
    ['build -o out .', "The result's files into a directory"],
  ],
  async run({ client, flags, args: [context = ''], io, env }) {
    const outputs = flags.output.map(parseOutput);
    const cwd = process.cwd();
    if (flags.iidfile !== undefined) rmSync(flags.iidfile, { force: true });
    const source = await findSource({ context, file: flags.file, cwd, stdin: io.stdin });
    const isTsker = await askForTsker(client);
    const progress = progressOf(flags, io);
    using ssh = flags.ssh.length === 0 ? undefined : await openSsh({ client, specs: flags.ssh, env, cwd });
    const meter = sendingMeter(io, progress);
    const sent = await sendBuild({
      ...{ client, source, isTsker, onSent: meter.update },
      compress: flags.compress === true,
      query: {
        ...buildQuery({ flags, env, proxies: await proxyArguments(env, client.host.url) }),
        ...ownQuery(flags, { isTsker, progress }),
      },
      preamble: preambleOf(flags, { env, ssh }),
      headers: await registryConfigHeader(env),
    }).finally(meter.clear);
    if (progress !== 'quiet') io.stdout.write(sentLine(sent));
    const { imageId, failedContainer, error } = await showBuild(sent.answer.body, { output: io.stdout, progress });
    if (error !== undefined) {
      if (failedContainer !== undefined) await debugFailure({ client, io, env, container: failedContainer, error });
      throw error;
    }
    if (imageId !== undefined && progress === 'quiet' && flags.quiet === true) io.stdout.write(`${imageId}\n`);
    writeId(flags.iidfile, imageId);
    for (const output of outputs) await exportResult({ client, io, output, imageId: imageId ?? '' });
    return 0;
  },
});

function progressOf(flags: BuildFlags, io: Io): ProgressKind {
  if (flags.quiet === true || flags.progress === 'quiet') return 'quiet';
  if (flags.progress === 'plain' || flags.progress === 'tty') return flags.progress;
  return io.stdout.isTTY === true ? 'tty' : 'plain';
}

/** Only a tsker knows these, and another engine must not be asked for them in silence. */
function ownQuery(
  flags: BuildFlags,
  { isTsker, progress }: { readonly isTsker: boolean; readonly progress: ProgressKind },
) {
  if (!isTsker) {
    for (const name of ['explain', 'debug'] as const) {
      if (flags[name] === true)
        throw new TskerError('unsupported', `--${name} needs a tsker daemon: this is another engine`);
    }
    return {};
  }
  return {
    steps: progress === 'tty' ? true : undefined,
    explain: flags.explain === true ? true : undefined,
    debug: flags.debug === true ? true : undefined,
  };
}

interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ssh: SshLink | undefined;
}

function preambleOf(flags: BuildFlags, { env, ssh }: World): BuildPreamble | undefined {
  if (flags.secret.length === 0 && ssh === undefined) return undefined;
  const secrets = flags.secret.map((text) => readSecret(text, { env, readFile: (path) => readFileSync(path) }));
  return {
    secrets: Object.fromEntries(secrets.map(([id, content]) => [id, content.toString('base64')])),
    ...(ssh === undefined ? {} : { ssh: { session: ssh.session, ids: ssh.ids } }),
  };
}

const METER_MILLISECONDS = 200;

/** On a terminal, how much has been sent while it is. */
function sendingMeter({ stdout }: Io, progress: ProgressKind) {
  let shownAt = performance.now();
  let isShown = false;
  return {
    update: (bytes: number): void => {
      if (progress === 'quiet' || stdout.isTTY !== true || performance.now() - shownAt < METER_MILLISECONDS) return;
      shownAt = performance.now();
      isShown = true;
      stdout.write(`\r\x1b[2KSending build context to tsker daemon  ${humanSize(bytes)}`);
    },
    clear: (): void => {
      if (isShown) stdout.write('\r\x1b[2K');
    },
  };
}

function sentLine({ bytes, kept }: Sent): string {
  const unchanged = kept === 0 ? '' : `, ${kept} ${kept === 1 ? 'file' : 'files'} unchanged`;
  return `Sending build context to tsker daemon  ${humanSize(bytes)}${unchanged}\n`;
}

function writeId(file: string | undefined, imageId: string | undefined): void {
  if (file === undefined) return;
  if (imageId === undefined)
    throw new TskerError('corrupt', `server did not provide an image ID. Cannot write ${file}`);
  writeFileSync(file, imageId, { mode: 0o666 });
}
