// tsker create [OPTIONS] IMAGE [COMMAND] [ARG...]: make a container and do not start it.
import { defineCommand } from '../command.ts';
import { CREATE_FLAGS } from '../create/body.ts';
import { createContainer } from '../create/create-container.ts';
import { defineFlags } from '../flags/spec.ts';

const flags = defineFlags({
  ...CREATE_FLAGS,
  'disable-content-trust': { kind: 'boolean', summary: 'Skip image verification', hidden: true },
});

export const create = defineCommand({
  usage: '[OPTIONS] IMAGE [COMMAND] [ARG...]',
  flags,
  flagsFirst: true,
  args: { min: 1 },
  examples: [['create --name web -v /srv:/srv tsker/busybox httpd -f', 'Start it later with: tsker start web']],
  async run(call) {
    const { id } = await createContainer(call);
    call.io.stdout.write(`${id}\n`);
    return 0;
  },
});
