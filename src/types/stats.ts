// Statistics on the wire: the answers of GET /containers/{id}/stats, in the API's own spelling (Docker API 1.51). Shared by
// client and daemon; types only.

export interface CpuStats {
  readonly cpu_usage: {
    /** Nanoseconds, as the others. */
    readonly total_usage: number;
    /** cgroup v1 only. */
    readonly percpu_usage?: readonly number[];
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  /** Of the whole machine. Missing in the first answer's precpu_stats. */
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

export interface MemoryStats {
  readonly usage?: number;
  /** cgroup v1 only. */
  readonly max_usage?: number;
  readonly stats?: Readonly<Record<string, number>>;
  readonly failcnt?: number;
  readonly limit?: number;
}

export interface BlkioEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: string;
  readonly value: number;
}

export interface BlkioStats {
  readonly io_service_bytes_recursive: readonly BlkioEntry[] | null;
  readonly io_serviced_recursive: readonly BlkioEntry[] | null;
  readonly io_queue_recursive: readonly never[] | null;
  readonly io_service_time_recursive: readonly never[] | null;
  readonly io_wait_time_recursive: readonly never[] | null;
  readonly io_merged_recursive: readonly never[] | null;
  readonly io_time_recursive: readonly never[] | null;
  readonly sectors_recursive: readonly never[] | null;
}

export interface NetworkStats {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}

/** One sample. A container that does not run has zeros, and `read` is `0001-01-01T00:00:00Z`. */
export interface StatsResponse {
  /** With the leading slash. */
  readonly name: string;
  readonly id: string;
  /** RFC 3339. */
  readonly read: string;
  readonly preread: string;
  /** A limit that is not there is none. */
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly blkio_stats: BlkioStats;
  readonly num_procs: number;
  readonly storage_stats: Readonly<Record<string, never>>;
  readonly cpu_stats: CpuStats;
  readonly precpu_stats: CpuStats;
  readonly memory_stats: MemoryStats;
  /** By interface, without the loopback. */
  readonly networks?: Readonly<Record<string, NetworkStats>>;
}
