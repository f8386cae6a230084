// The daemon's steps of a start, each with its place in the source tree (runtime/narration.ts has the runtime's own). Data; a unit
// test looks every place up.
import { RUNTIME_STEPS, type Step } from '../../runtime/narration.ts';
import { SPLIT_STEPS } from '../split/steps.ts';

export const STEPS = {
  ...RUNTIME_STEPS,
  ...SPLIT_STEPS,
  start: {
    name: 'start',
    file: 'src/daemon/container/start.ts',
    function: 'startContainer',
    text: 'the verb: the container is locked, and its state allows a start',
  },
  network: {
    name: 'network',
    file: 'src/network/networks.ts',
    function: 'attach',
    text: 'addresses, MACs, link names and ports are chosen; nothing is made on the host yet',
  },
  sources: {
    name: 'sources',
    file: 'src/daemon/container/sources.ts',
    function: 'createBindSources',
    text: 'missing sources of -v are made',
  },
  volumes: {
    name: 'volumes',
    file: 'src/daemon/container/mounts/run-volumes.ts',
    function: 'mountVolumes',
    text: 'volumes get their paths for this run',
  },
  streams: {
    name: 'streams',
    file: 'src/daemon/container/start.ts',
    function: 'openStreams',
    text: 'the log is opened, pipes or a terminal are made, a native thread will pump them',
  },
  hold: {
    name: 'hold',
    file: 'src/layer/store.ts',
    function: 'holdContainer',
    text: "the container's writable layer stays for as long as it runs",
  },
  launch: {
    name: 'launch',
    file: 'src/daemon/container/launch.ts',
    function: 'launch',
    text: 'from the record to a process',
  },
  files: {
    name: 'files',
    file: 'src/daemon/container/files.ts',
    function: 'writeContainerFiles',
    text: 'its own /etc/hosts, /etc/hostname and /etc/resolv.conf are written',
  },
  sharedMemory: {
    name: 'shared-memory',
    file: 'src/daemon/container/launch.ts',
    function: 'prepareSharedMemory',
    text: 'where /dev/shm comes from',
  },
  layer: {
    name: 'layer',
    file: 'src/layer/store.ts',
    function: 'containerLayer',
    text: 'the graphdriver says what mount makes its root file system',
  },
  user: {
    name: 'user',
    file: 'src/runtime/users.ts',
    function: 'resolveUser',
    text: "the user is looked up in the image's own passwd and group",
  },
  spec: {
    name: 'spec',
    file: 'src/daemon/container/spec/build.ts',
    function: 'buildSpec',
    text: 'all of it becomes an OCI runtime spec',
  },
  serve: {
    name: 'serve',
    file: 'src/network/networks.ts',
    function: 'serve',
    text: 'the embedded name server takes its sockets over',
  },
  record: {
    name: 'record',
    file: 'src/daemon/container/start.ts',
    function: 'recordStart',
    text: '"running" is one committed transaction of SQLite, before any client hears of it',
  },
  tell: {
    name: 'tell',
    file: 'src/daemon/container/event.ts',
    function: 'emitContainerEvent',
    text: 'events, other containers that link to it, and who watches for its end',
  },
  execStreams: {
    name: 'exec-streams',
    file: 'src/daemon/exec/attach.ts',
    function: 'openIo',
    text: "pipes or a terminal are made, a native thread pumps them to the client's connection",
  },
  execLaunch: {
    name: 'exec',
    file: 'src/daemon/exec/launch.ts',
    function: 'launchExec',
    text: "the verb: the exec is this client's alone, and its container runs",
  },
  execProcess: {
    name: 'exec-process',
    file: 'src/daemon/exec/process.ts',
    function: 'execProcess',
    text: "the process of the container's own program with another command, user, environment and terminal",
  },
} satisfies Readonly<Record<string, Step>>;
