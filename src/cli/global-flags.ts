// The flags that stand before the command: `tsker -H tcp://... ps`.
import { defineFlags } from './flags/spec.ts';

export const GLOBAL_FLAGS = defineFlags({
  host: {
    kind: 'list',
    short: 'H',
    summary: 'Daemon to talk to (unix:///path, tcp://host:port or ssh://[user@]host)',
    group: 'Global Options',
  },
  debug: {
    kind: 'boolean',
    short: 'D',
    summary: 'Show every API request on standard error',
    group: 'Global Options',
  },
  config: {
    kind: 'string',
    summary: 'Directory of the config.json that holds credentials ($DOCKER_CONFIG, ~/.docker)',
    group: 'Global Options',
  },
  'log-level': {
    kind: 'string',
    short: 'l',
    summary: 'Accepted; a client that works logs nothing',
    group: 'Global Options',
    choices: ['debug', 'info', 'warn', 'error', 'fatal'],
    hidden: true,
  },
  'show-api': {
    kind: 'boolean',
    summary: 'Show every API request as a curl command on standard error',
    group: 'Global Options',
  },
  tls: { kind: 'boolean', summary: 'Use TLS; implied by --tlsverify', group: 'Global Options' },
  tlsverify: { kind: 'boolean', summary: 'Use TLS and verify the daemon', group: 'Global Options' },
  tlscacert: { kind: 'string', summary: 'Trust daemons that this CA signed', group: 'Global Options' },
  tlscert: { kind: 'string', summary: 'Certificate to show to the daemon', group: 'Global Options' },
  tlskey: { kind: 'string', summary: 'Its key', group: 'Global Options' },
  version: { kind: 'boolean', short: 'v', summary: 'Print the version and quit', group: 'Global Options' },
});
