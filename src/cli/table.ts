// The table of commands: every name, where it stands in help, and the file that is loaded when it is called. Only the
// file of the matched command is ever loaded.
import type { Command } from './command.ts';

export type Section = 'Common Commands' | 'Management Commands' | 'Commands';

export interface TableEntry {
  /** Every spelling; the first is the name. A second word follows a noun: `container ls`. */
  readonly names: readonly [string, ...string[]];
  readonly summary: string;
  readonly section: Section;
  /** For programs, not for people: it stands in no list. */
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

/** Nouns that group commands: `tsker container --help` lists what is below. */
export const NOUNS: Readonly<Record<string, string>> = {
  builder: 'Manage builds',
  container: 'Manage containers',
  image: 'Manage images',
  network: 'Manage networks',
  system: 'Manage tsker',
  volume: 'Manage volumes',
};

const COMMON = 'Common Commands';
const PLAIN = 'Commands';
const BELOW_NOUN = 'Management Commands';

export const COMMANDS: readonly TableEntry[] = [
  {
    names: ['run', 'container run'],
    summary: 'Create and run a new container from an image',
    section: COMMON,
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    names: ['ps', 'container ls', 'container list', 'container ps'],
    summary: 'List containers',
    section: COMMON,
    load: async () => (await import('./commands/ps.ts')).ps,
  },
  {
    names: ['exec', 'container exec'],
    summary: 'Execute a command in a running container',
    section: COMMON,
    load: async () => (await import('./commands/exec.ts')).exec,
  },
  {
    names: ['build', 'image build', 'builder build'],
    summary: 'Build an image from a Dockerfile',
    section: COMMON,
    load: async () => (await import('./commands/build.ts')).build,
  },
  {
    names: ['builder prune'],
    summary: 'Remove build cache',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/builder-prune.ts')).pruneBuilds,
  },
  {
    names: ['pull', 'image pull'],
    summary: 'Download an image from a registry',
    section: COMMON,
    load: async () => (await import('./commands/pull.ts')).pull,
  },
  {
    names: ['images', 'image ls', 'image list'],
    summary: 'List images',
    section: COMMON,
    load: async () => (await import('./commands/images.ts')).images,
  },
  {
    names: ['version'],
    summary: 'Show the version of client and daemon',
    section: COMMON,
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    names: ['info', 'system info'],
    summary: 'Display system-wide information',
    section: COMMON,
    load: async () => (await import('./commands/info.ts')).info,
  },
  {
    names: ['attach', 'container attach'],
    summary: 'Attach local standard input, output, and error streams to a running container',
    section: PLAIN,
    load: async () => (await import('./commands/attach.ts')).attach,
  },
  {
    names: ['commit', 'container commit'],
    summary: "Create a new image from a container's changes",
    section: PLAIN,
    load: async () => (await import('./commands/commit.ts')).commit,
  },
  {
    names: ['cp', 'container cp'],
    summary: 'Copy files/folders between a container and the local filesystem',
    section: PLAIN,
    load: async () => (await import('./commands/cp.ts')).cp,
  },
  {
    names: ['create', 'container create'],
    summary: 'Create a new container',
    section: PLAIN,
    load: async () => (await import('./commands/create.ts')).create,
  },
  {
    names: ['diff', 'container diff'],
    summary: "Inspect changes to files or directories on a container's filesystem",
    section: PLAIN,
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    names: ['events', 'system events'],
    summary: 'Get real time events from the daemon',
    section: PLAIN,
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    names: ['export', 'container export'],
    summary: "Export a container's filesystem as a tar archive",
    section: PLAIN,
    load: async () => (await import('./commands/export.ts')).exportContainer,
  },
  {
    names: ['import', 'image import'],
    summary: 'Import the contents from a tarball to create a filesystem image',
    section: PLAIN,
    load: async () => (await import('./commands/import.ts')).importImage,
  },
  {
    names: ['history', 'image history'],
    summary: 'Show the history of an image',
    section: PLAIN,
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    names: ['inspect'],
    summary: 'Return low-level information on containers, images, networks and volumes',
    section: PLAIN,
    load: async () => (await import('./commands/inspect.ts')).inspect,
  },
  {
    names: ['container inspect'],
    summary: 'Display detailed information on one or more containers',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/inspect.ts')).inspectContainer,
  },
  {
    names: ['container prune'],
    summary: 'Remove all stopped containers',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/container-prune.ts')).pruneContainers,
  },
  {
    names: ['image prune'],
    summary: 'Remove unused images',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/image-prune.ts')).pruneImages,
  },
  {
    names: ['image inspect'],
    summary: 'Display detailed information on one or more images',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/inspect.ts')).inspectImage,
  },
  {
    names: ['kill', 'container kill'],
    summary: 'Kill one or more running containers',
    section: PLAIN,
    load: async () => (await import('./commands/kill.ts')).kill,
  },
  {
    names: ['load', 'image load'],
    summary: 'Load an image from a tar archive or STDIN',
    section: PLAIN,
    load: async () => (await import('./commands/load.ts')).load,
  },
  {
    names: ['login'],
    summary: 'Authenticate to a registry',
    section: PLAIN,
    load: async () => (await import('./commands/login.ts')).login,
  },
  {
    names: ['logout'],
    summary: 'Log out from a registry',
    section: PLAIN,
    load: async () => (await import('./commands/logout.ts')).logout,
  },
  {
    names: ['logs', 'container logs'],
    summary: 'Fetch the logs of a container',
    section: PLAIN,
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    names: ['port', 'container port'],
    summary: 'List port mappings or a specific mapping for the container',
    section: PLAIN,
    load: async () => (await import('./commands/port.ts')).port,
  },
  {
    names: ['pause', 'container pause'],
    summary: 'Pause all processes within one or more containers',
    section: PLAIN,
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  {
    names: ['ping'],
    summary: 'Ask whether the daemon answers',
    section: PLAIN,
    load: async () => (await import('./commands/ping.ts')).ping,
  },
  {
    names: ['rename', 'container rename'],
    summary: 'Rename a container',
    section: PLAIN,
    load: async () => (await import('./commands/rename.ts')).rename,
  },
  {
    names: ['restart', 'container restart'],
    summary: 'Restart one or more containers',
    section: PLAIN,
    load: async () => (await import('./commands/restart.ts')).restart,
  },
  {
    names: ['push', 'image push'],
    summary: 'Upload an image to a registry',
    section: COMMON,
    load: async () => (await import('./commands/push.ts')).push,
  },
  {
    names: ['rm', 'container rm', 'container remove'],
    summary: 'Remove one or more containers',
    section: PLAIN,
    load: async () => (await import('./commands/rm.ts')).rm,
  },
  {
    names: ['rmi', 'image rm', 'image remove'],
    summary: 'Remove one or more images',
    section: PLAIN,
    load: async () => (await import('./commands/rmi.ts')).rmi,
  },
  {
    names: ['save', 'image save'],
    summary: 'Save one or more images to a tar archive (streamed to STDOUT by default)',
    section: PLAIN,
    load: async () => (await import('./commands/save.ts')).save,
  },
  {
    names: ['search'],
    summary: 'Search Docker Hub for images',
    section: PLAIN,
    load: async () => (await import('./commands/search.ts')).search,
  },
  {
    names: ['start', 'container start'],
    summary: 'Start one or more stopped containers',
    section: PLAIN,
    load: async () => (await import('./commands/start.ts')).start,
  },
  {
    names: ['stats', 'container stats'],
    summary: 'Display a live stream of container(s) resource usage statistics',
    section: PLAIN,
    load: async () => (await import('./commands/stats.ts')).stats,
  },
  {
    names: ['stop', 'container stop'],
    summary: 'Stop one or more running containers',
    section: PLAIN,
    load: async () => (await import('./commands/stop.ts')).stop,
  },
  {
    names: ['tag', 'image tag'],
    summary: 'Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE',
    section: PLAIN,
    load: async () => (await import('./commands/tag.ts')).tag,
  },
  {
    names: ['top', 'container top'],
    summary: 'Display the running processes of a container',
    section: PLAIN,
    load: async () => (await import('./commands/top.ts')).top,
  },
  {
    names: ['unpause', 'container unpause'],
    summary: 'Unpause all processes within one or more containers',
    section: PLAIN,
    load: async () => (await import('./commands/unpause.ts')).unpause,
  },
  {
    names: ['update', 'container update'],
    summary: 'Update configuration of one or more containers',
    section: PLAIN,
    load: async () => (await import('./commands/update.ts')).update,
  },
  {
    names: ['wait', 'container wait'],
    summary: 'Block until one or more containers stop, then print their exit codes',
    section: PLAIN,
    load: async () => (await import('./commands/wait.ts')).wait,
  },
  {
    names: ['system df'],
    summary: 'Show disk usage',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/system-df.ts')).systemDf,
  },
  {
    names: ['system dial-stdio'],
    summary: 'Connect standard input and output to the daemon; what -H ssh:// runs on the other host',
    section: BELOW_NOUN,
    hidden: true,
    load: async () => (await import('./commands/system-dial-stdio.ts')).dialStdio,
  },
  {
    names: ['system host'],
    summary: 'List what tsker made on the host, and how it would be undone',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/host.ts')).host,
  },
  {
    names: ['system install-units'],
    summary: 'Write the units with which systemd starts the daemon',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/system-install-units.ts')).installUnits,
  },
  {
    names: ['system prune'],
    summary: 'Remove unused data',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/system-prune.ts')).pruneSystem,
  },
  {
    names: ['network connect'],
    summary: 'Connect a container to a network',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/network-connect.ts')).connectNetwork,
  },
  {
    names: ['network create'],
    summary: 'Create a network',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/network-create.ts')).createNetwork,
  },
  {
    names: ['network disconnect'],
    summary: 'Disconnect a container from a network',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/network-disconnect.ts')).disconnectNetwork,
  },
  {
    names: ['network inspect'],
    summary: 'Display detailed information on one or more networks',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/inspect.ts')).inspectNetwork,
  },
  {
    names: ['network ls', 'network list'],
    summary: 'List networks',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/network-ls.ts')).listNetworks,
  },
  {
    names: ['network prune'],
    summary: 'Remove all unused networks',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/network-prune.ts')).pruneNetworks,
  },
  {
    names: ['network rm', 'network remove'],
    summary: 'Remove one or more networks',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/network-rm.ts')).removeNetworks,
  },
  {
    names: ['volume create'],
    summary: 'Create a volume',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/volume-create.ts')).createVolume,
  },
  {
    names: ['volume inspect'],
    summary: 'Display detailed information on one or more volumes',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/inspect.ts')).inspectVolume,
  },
  {
    names: ['volume ls', 'volume list'],
    summary: 'List volumes',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/volume-ls.ts')).listVolumes,
  },
  {
    names: ['volume prune'],
    summary: 'Remove unused local volumes',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/volume-prune.ts')).pruneVolumes,
  },
  {
    names: ['volume rm', 'volume remove'],
    summary: 'Remove one or more volumes',
    section: BELOW_NOUN,
    load: async () => (await import('./commands/volume-rm.ts')).removeVolumes,
  },
];

/** A command found in an argument vector, and what follows its name. */
export interface FoundCommand {
  readonly entry: TableEntry;
  /** As it was spelled. */
  readonly spelling: string;
  readonly rest: readonly string[];
}

/** The command that the words start with, the two-word spelling first. */
export function findCommand(words: readonly string[]): FoundCommand | undefined {
  const [first = '', second = ''] = words;
  for (const spelling of [`${first} ${second}`, first]) {
    const entry = COMMANDS.find(({ names }) => names.includes(spelling));
    if (entry !== undefined) return { entry, spelling, rest: words.slice(spelling === first ? 1 : 2) };
  }
  return undefined;
}
