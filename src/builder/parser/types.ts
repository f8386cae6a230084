// The typed instructions: what the parser hands to the stage graph and the evaluator. Values are as written, variables
// and quotes still in them; words/expand-instruction.ts replaces those where the language says so.
import type { Pair } from './forms.ts';
import type { Heredoc } from './heredoc.ts';
import type { MountFlag } from './instructions/mount.ts';
import type { Range, Word } from './position.ts';

interface Base {
  readonly keyword: Word;
  readonly range: Range;
  /** The joined line: Docker shows it as the step, and it is part of the cache key. */
  readonly original: string;
  /** The comments right above. */
  readonly comments: readonly string[];
}

/** A command: exec form (JSON) as it is, shell form as one argument for the shell; empty when nothing was given. */
export interface CommandLine {
  readonly form: 'exec' | 'shell';
  readonly words: readonly Word[];
}

export interface FromInstruction extends Base {
  readonly kind: 'FROM';
  readonly image: Word;
  /** In small letters. */
  readonly stageName: Word | undefined;
  readonly platform: Word | undefined;
}

export interface RunInstruction extends Base {
  readonly kind: 'RUN';
  readonly command: CommandLine;
  readonly heredocs: readonly Heredoc[];
  readonly mounts: readonly MountFlag[];
  readonly devices: readonly Device[];
  readonly network: 'default' | 'none' | 'host';
  readonly security: 'sandbox' | 'insecure';
}

export interface Device {
  readonly name: string;
  readonly required: boolean;
}

export interface CmdInstruction extends Base {
  readonly kind: 'CMD';
  readonly command: CommandLine;
}

export interface EntrypointInstruction extends Base {
  readonly kind: 'ENTRYPOINT';
  readonly command: CommandLine;
}

/** All values see the environment from before the instruction. */
export interface EnvInstruction extends Base {
  readonly kind: 'ENV';
  readonly pairs: readonly Pair[];
}

export interface LabelInstruction extends Base {
  readonly kind: 'LABEL';
  readonly pairs: readonly Pair[];
}

export interface ArgInstruction extends Base {
  readonly kind: 'ARG';
  readonly args: readonly { readonly name: Word; readonly value: Word | undefined }[];
}

export interface ExposeInstruction extends Base {
  readonly kind: 'EXPOSE';
  readonly ports: readonly Word[];
}

/** What ADD and COPY have in common. */
interface Transfer extends Base {
  readonly sources: readonly Word[];
  /** Files that heredocs spell out. */
  readonly files: readonly InlineFile[];
  readonly destination: Word;
  readonly chown: Word | undefined;
  readonly chmod: Word | undefined;
  readonly link: boolean;
  readonly exclude: readonly Word[];
}

export interface InlineFile {
  readonly name: string;
  readonly content: string;
  /** Variables in the content are replaced. */
  readonly expand: boolean;
  readonly range: Range;
}

export interface CopyInstruction extends Transfer {
  readonly kind: 'COPY';
  readonly from: Word | undefined;
  readonly parents: boolean;
}

export interface AddInstruction extends Transfer {
  readonly kind: 'ADD';
  readonly checksum: Word | undefined;
  readonly keepGitDir: boolean | undefined;
  /** Undefined: archives are unpacked when they are local. */
  readonly unpack: boolean | undefined;
}

export interface WorkdirInstruction extends Base {
  readonly kind: 'WORKDIR';
  readonly path: Word;
}

export interface UserInstruction extends Base {
  readonly kind: 'USER';
  readonly user: Word;
}

export interface VolumeInstruction extends Base {
  readonly kind: 'VOLUME';
  readonly volumes: readonly Word[];
}

export interface ShellInstruction extends Base {
  readonly kind: 'SHELL';
  readonly shell: readonly Word[];
}

export interface StopsignalInstruction extends Base {
  readonly kind: 'STOPSIGNAL';
  readonly signal: Word;
}

export interface HealthcheckInstruction extends Base {
  readonly kind: 'HEALTHCHECK';
  /** Undefined: `NONE`. */
  readonly check: Healthcheck | undefined;
}

/** Durations in nanoseconds; 0 is the default's place. */
export interface Healthcheck {
  readonly command: CommandLine;
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export interface OnbuildInstruction extends Base {
  readonly kind: 'ONBUILD';
  /** What the image keeps: the text of the instruction, heredocs included. */
  readonly expression: string;
  /** Undefined when it is no proper instruction: Docker takes it all the same, and the build on the image fails. */
  readonly trigger: Instruction | undefined;
  /** What is wrong with it then. */
  readonly problem: string | undefined;
}

export interface MaintainerInstruction extends Base {
  readonly kind: 'MAINTAINER';
  readonly name: Word;
}

export type Instruction =
  | AddInstruction
  | ArgInstruction
  | CmdInstruction
  | CopyInstruction
  | EntrypointInstruction
  | EnvInstruction
  | ExposeInstruction
  | FromInstruction
  | HealthcheckInstruction
  | LabelInstruction
  | MaintainerInstruction
  | OnbuildInstruction
  | RunInstruction
  | ShellInstruction
  | StopsignalInstruction
  | UserInstruction
  | VolumeInstruction
  | WorkdirInstruction;
