// libtsker.so through ffi-rs: one typed function for each exported one. A call costs 2 to 7 µs: nothing here allocates
// beyond what ffi-rs itself needs. It knows no meaning of arguments or results; that is ffi.ts and its neighbours.
import { TskerError } from '../util/errors.ts';
import { ABI_VERSION } from './abi.ts';

/** What is used of ffi-rs: the same in its JavaScript entry and in the addon below it, which the single file loads alone. */
export interface FfiRs {
  readonly DataType: {
    readonly String: number;
    readonly I32: number;
    readonly I64: number;
    readonly U32: number;
    readonly U8Array: number;
  };
  readonly FFITypeTag: object;
  open(options: { library: string; path: string }): void;
  load(call: FfiCall): unknown;
}

interface FfiCall {
  readonly library: string;
  readonly funcName: string;
  readonly retType: unknown;
  readonly paramsType: readonly unknown[];
  paramsValue: readonly unknown[];
  readonly freeResultMemory: false;
}

/** C types in the words of this file: `id` is a uint64_t below 2^53, `bytes` any pointer to memory, `text` a C string. */
interface ArgumentTypes {
  i32: number;
  u32: number;
  id: number;
  bytes: Uint8Array;
  text: string;
}

/** Result type, then argument types, as in native/include/tsker.h; scripts/check-abi.ts compares them. */
export const FUNCTIONS = {
  tsker_abi: ['i32'],
  tsker_start: ['i32', 'bytes', 'u32', 'u32'],
  tsker_spawn: ['i32', 'bytes', 'u32', 'bytes', 'u32', 'bytes'],
  tsker_watch: ['i32', 'id', 'i32'],
  tsker_pidfd_open: ['i32', 'i32'],
  tsker_signal: ['i32', 'i32', 'i32'],
  tsker_job_plan: ['i32', 'id', 'bytes', 'u32'],
  tsker_job_extract: ['i32', 'id', 'i32', 'text', 'u32', 'text'],
  tsker_job_assemble: ['i32', 'id', 'text', 'text', 'i32', 'u32'],
  tsker_job_result: ['i32', 'id', 'bytes', 'u32'],
  tsker_job_cancel: ['i32', 'id'],
  tsker_job_view: ['i32', 'id', 'i32', 'bytes', 'u32', 'u32'],
  tsker_job_close: ['i32', 'id', 'i32'],
  tsker_job_stat: ['i32', 'id', 'i32', 'text', 'u32'],
  tsker_job_pack: ['i32', 'id', 'i32', 'text', 'text', 'i32', 'u32', 'bytes', 'u32'],
  tsker_job_pack_list: ['i32', 'id', 'i32', 'bytes', 'u32', 'i32', 'u32', 'bytes', 'u32'],
  tsker_job_place: ['i32', 'id', 'i32', 'text', 'i32', 'u32', 'u32', 'u32', 'bytes', 'u32'],
  tsker_pump_start: ['i32', 'id', 'i32', 'i32', 'i32', 'u32'],
  tsker_pump_tee: ['i32', 'id', 'i32', 'u32'],
  tsker_pump_release: ['i32', 'id'],
  tsker_pump_watch: ['i32', 'id'],
  tsker_pump_log: ['i32', 'id', 'i32'],
  tsker_pump_stop: ['i32', 'id'],
  tsker_pump_drain: ['i32', 'id'],
  tsker_pump_park: ['i32', 'id'],
  tsker_pump_resume: ['i32', 'id'],
  tsker_pump_to: ['i32', 'id', 'id'],
  tsker_log_open: ['i32', 'id', 'text', 'bytes', 'u32', 'text'],
  tsker_log_generation: ['i64', 'id'],
  tsker_log_file: ['i32', 'id', 'id'],
  tsker_log_pin: ['i32', 'id', 'id'],
  tsker_log_watch: ['i32', 'id'],
  tsker_remote_open: ['i32', 'id', 'bytes', 'u32', 'text', 'text'],
  tsker_remote_connect: ['i32', 'id', 'i32'],
  tsker_remote_datagram: ['i32', 'text', 'u32'],
  tsker_sink_end: ['i32', 'id'],
  tsker_sink_close: ['i32', 'id'],
  tsker_pair: ['i32', 'u32', 'u32', 'bytes'],
  tsker_close: ['i32', 'i32'],
  tsker_dup: ['i32', 'i32'],
  tsker_open: ['i32', 'text', 'u32', 'u32'],
  tsker_connect: ['i32', 'text'],
  tsker_recv_fd: ['i32', 'i32'],
  tsker_unread: ['i32', 'i32'],
  tsker_pty_resize: ['i32', 'i32', 'u32', 'u32'],
  tsker_lock: ['i32', 'i32'],
  tsker_listen: ['i32', 'bytes', 'u32', 'i32', 'i32'],
  tsker_netlink_open: ['i32', 'i32'],
  tsker_netlink_call: ['i32', 'i32', 'bytes', 'u32', 'bytes', 'u32'],
  tsker_job_seccomp: ['i32', 'id', 'bytes', 'u32'],
  tsker_fs_magic: ['i64', 'text'],
  tsker_getxattr: ['i32', 'text', 'text', 'bytes', 'u32'],
  tsker_features: ['i32'],
  tsker_trim: ['i32'],
  tsker_room_for_descriptors: ['i32', 'u32'],
  tsker_prefer: ['i32', 'bytes', 'u32'],
} as const;

type Arguments<T extends readonly unknown[]> = T extends readonly [
  infer Head extends keyof ArgumentTypes,
  ...infer Tail,
]
  ? [ArgumentTypes[Head], ...Arguments<Tail>]
  : [];
type Signature<T> = T extends readonly [string, ...infer A] ? (...args: Arguments<A>) => number : never;

/** Every function answers a non-negative value or a negative errno. */
export type Library = { readonly [N in keyof typeof FUNCTIONS]: Signature<(typeof FUNCTIONS)[N]> };

/** The name by which ffi-rs keeps the opened library. */
const LIBRARY = 'libtsker';

/** Opens the library; throws TskerError `internal` when it cannot be loaded or is of another version. */
export function bindLibrary(ffi: FfiRs, path: string): Library {
  try {
    ffi.open({ library: LIBRARY, path });
  } catch (cause) {
    throw new TskerError('internal', `cannot load ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  const types: Readonly<Record<string, unknown>> = {
    i32: ffi.DataType.I32,
    u32: ffi.DataType.U32,
    i64: ffi.DataType.I64,
    id: ffi.DataType.I64,
    text: ffi.DataType.String,
    // What ffi-rs' `define` would make for a buffer at every call; the length is not read for an argument.
    bytes: { ffiTypeTag: Reflect.get(ffi.FFITypeTag, 'Array'), type: ffi.DataType.U8Array, length: 0 },
  };
  const entries = Object.entries(FUNCTIONS).map(([name, signature]) => {
    const [result, ...parameters] = signature.map((type) => types[type]);
    return [name, bindFunction(ffi, name, result, parameters)] as const;
  });
  const library = Object.fromEntries(entries) as unknown as Library;
  const version = library.tsker_abi();
  if (version !== ABI_VERSION) {
    throw new TskerError('internal', `${path} has version ${version} of the native interface, not ${ABI_VERSION}`);
  }
  return library;
}

/** The call object is made once; ffi-rs is done with it when `load` returns. */
function bindFunction(ffi: FfiRs, name: string, retType: unknown, paramsType: readonly unknown[]) {
  const call: FfiCall = {
    library: LIBRARY,
    funcName: name,
    retType,
    paramsType,
    paramsValue: [],
    freeResultMemory: false,
  };
  return (...values: readonly unknown[]): number => {
    call.paramsValue = values;
    return ffi.load(call) as number;
  };
}
