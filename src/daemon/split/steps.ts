// The steps of a start in the split architecture, each with its place in the source tree, for a start that is explained. What happens
// behind containerd is another process's, and is told as one step.
import type { Step } from '../../runtime/narration.ts';

export const SPLIT_STEPS = {
  mount: {
    name: 'mount-root',
    file: 'src/daemon/split/root.ts',
    function: 'mountRoot',
    text: 'the daemon mounts the root file system on the host, for others to find',
  },
  bundle: {
    name: 'bundle',
    file: 'src/daemon/split/bundle.ts',
    function: 'bundleSpec',
    text: "spec and root become a bundle, the standard's config.json beside them",
  },
  create: {
    name: 'tasks-create',
    file: 'src/daemon/split/runtime/start.ts',
    function: 'startTask',
    text: 'containerd starts a shim, which starts the runtime: runc create makes a process that waits',
  },
  network: {
    name: 'network-in',
    file: 'src/runtime/inprocess/network.ts',
    function: 'changeNetwork',
    text: "a helper enters the waiting process's namespace and makes its links",
  },
  start: {
    name: 'tasks-start',
    file: 'src/daemon/split/runtime/start.ts',
    function: 'startTask',
    text: 'containerd tells the shim, which runs runc start: the process executes its program',
  },
  exec: {
    name: 'tasks-exec',
    file: 'src/daemon/split/runtime/exec.ts',
    function: 'execInTask',
    text: 'containerd tells the shim, which runs runc exec: a process joins the container and executes its program',
  },
} satisfies Readonly<Record<string, Step>>;
