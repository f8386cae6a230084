// What a volume and a volume driver are. Types only: the local driver is local-driver.ts, plugins are plugin-driver.ts.

export type Texts = Readonly<Record<string, string>>;

/** A volume as the engine keeps it. */
export interface VolumeRecord {
  readonly name: string;
  readonly driver: string;
  readonly labels: Texts | null;
  readonly options: Texts | null;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** A volume as it is shown. */
export interface VolumeView extends VolumeRecord {
  /** Where its data can be seen on the host; '' when the driver does not say before it is mounted. */
  readonly mountpoint: string;
  readonly scope: string;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** What a driver says of a volume. */
export interface DriverVolume {
  readonly name: string;
  readonly mountpoint: string;
  readonly createdAt?: string;
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface NewVolume {
  readonly name: string;
  readonly options: Texts;
}

/** Throws TskerError. Calls for one volume come one at a time. */
export interface VolumeDriver {
  readonly name: string;
  /** `local`: a volume belongs to this host. */
  scope(): Promise<string>;
  /** Says no to what `create` would refuse, before anything is written down. */
  check(volume: NewVolume): void;
  create(volume: NewVolume): Promise<void>;
  /** Missing is success. */
  remove(name: string): Promise<void>;
  path(name: string): Promise<string>;
  /** Makes it usable and says where; `user` names the mount, and the call that takes it back. */
  mount(name: string, user: string): Promise<string>;
  unmount(name: string, user: string): Promise<void>;
  /** Undefined when the driver does not know it. */
  get(name: string): Promise<DriverVolume | undefined>;
  list(): Promise<readonly DriverVolume[]>;
  /** Lets `fill` write the first content, so that a death in between leaves none of it where the driver can. */
  populate?(name: string, fill: (directory: string) => Promise<void>): Promise<void>;
}

/** Finds drivers by their names; throws `not_found` in Docker's words. */
export interface VolumeDrivers {
  get(name: string): Promise<VolumeDriver>;
  /** Those that can be found now. */
  all(): Promise<readonly VolumeDriver[]>;
  /** The names of those that have been used. */
  used(): readonly string[];
}

export const LOCAL_DRIVER = 'local';

/** The label of a volume whose name was made up. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';
