// An HTTP/1.1 response parser, pushed bytes and free of I/O: what a client of a local socket needs and `node:http` takes
// 5 ms to load for. It is no server-side parser and knows no pipelining: one parser reads one answer.
import { TskerError } from '../../util/errors.ts';
import { bodyFramingOf, parseHead, type ResponseHead } from './response-head.ts';

/** An answer is untrusted: what may be held in memory before its body has these bounds. */
const MAX_HEAD = 64 * 1024;
const MAX_CHUNK_LINE = 4 * 1024;
const MAX_TRAILERS = 16 * 1024;

const CRLF = '\r\n';
const EMPTY = Buffer.alloc(0);

/** What is told of an answer, in this order: head, data..., end. */
export interface ResponseSink {
  onHead(head: ResponseHead): void;
  /** A piece of the body, a view of the pushed chunk. */
  onData(piece: Buffer): void;
  onEnd(): void;
  /** The connection left HTTP (101): `rest` are the first bytes of what follows. Called instead of onData and onEnd. */
  onUpgrade(rest: Buffer): void;
}

type State = 'head' | 'fixed' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'until-close' | 'done';

export class ResponseParser {
  readonly #sink: ResponseSink;
  readonly #method: string;
  #state: State = 'head';
  /** Bytes of an incomplete line or head. */
  #pending: Buffer = EMPTY;
  /** Bytes left of the body, or of its current chunk. */
  #remaining = 0;
  #trailerBytes = 0;

  /** `method` is the request's: an answer to HEAD has no body whatever its headers say. */
  constructor(method: string, sink: ResponseSink) {
    this.#method = method;
    this.#sink = sink;
  }

  /** Whether the whole answer has been seen. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** Takes the next bytes of the connection; throws `corrupt` when they are not HTTP. */
  push(chunk: Buffer): void {
    let data = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#pending = EMPTY;
    while (data.length > 0 && this.#state !== 'done') {
      const rest = this.#step(data);
      if (rest === undefined) {
        this.#pending = data;
        return;
      }
      data = rest;
    }
  }

  /** The connection has ended: the end of a body that lasts until then, an error anywhere else. */
  finish(): void {
    if (this.#state === 'done') return;
    if (this.#state !== 'until-close')
      throw new TskerError('unavailable', 'the daemon hung up in the middle of its answer');
    this.#end();
  }

  /** Consumes what it can; answers what is left, or undefined when more bytes are needed. */
  #step(data: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(data);
      case 'fixed':
      case 'chunk-data':
        return this.#readCounted(data);
      case 'chunk-size':
        return this.#readChunkSize(data);
      case 'chunk-end':
        return this.#readChunkEnd(data);
      case 'trailers':
        return this.#readTrailer(data);
      default:
        this.#sink.onData(data);
        return EMPTY;
    }
  }

  #readHead(data: Buffer): Buffer | undefined {
    const end = data.indexOf(CRLF + CRLF);
    if (end > MAX_HEAD || (end < 0 && data.length > MAX_HEAD)) throw malformed('its headers are too long');
    if (end < 0) return undefined;
    const head = parseHead(data.toString('latin1', 0, end));
    const rest = data.subarray(end + 4);
    // 100 Continue and its like announce the real answer; 101 is the last head of the connection.
    if (head.status >= 100 && head.status < 200 && head.status !== 101) return rest;
    this.#begin(head, rest);
    return head.status === 101 ? EMPTY : rest;
  }

  #begin(head: ResponseHead, rest: Buffer): void {
    const framing = bodyFramingOf(this.#method, head);
    this.#sink.onHead(head);
    if (framing.kind === 'upgrade') {
      this.#state = 'done';
      this.#sink.onUpgrade(rest);
    } else if (framing.kind === 'fixed') {
      this.#remaining = framing.length;
      this.#state = 'fixed';
      if (framing.length === 0) this.#end();
    } else {
      this.#state = framing.kind === 'chunked' ? 'chunk-size' : 'until-close';
    }
  }

  #readCounted(data: Buffer): Buffer {
    const piece = data.subarray(0, this.#remaining);
    this.#remaining -= piece.length;
    this.#sink.onData(piece);
    if (this.#remaining === 0) {
      if (this.#state === 'fixed') this.#end();
      else this.#state = 'chunk-end';
    }
    return data.subarray(piece.length);
  }

  #readChunkSize(data: Buffer): Buffer | undefined {
    const line = takeLine(data, MAX_CHUNK_LINE);
    if (line === undefined) return undefined;
    // Chunk extensions follow a semicolon and mean nothing to a client (RFC 9112, 7.1.1). Twelve hex digits stay exact.
    const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line.text)?.[1];
    if (size === undefined) throw malformed('a chunk has no valid size');
    this.#remaining = Number.parseInt(size, 16);
    this.#state = this.#remaining === 0 ? 'trailers' : 'chunk-data';
    return line.rest;
  }

  #readChunkEnd(data: Buffer): Buffer | undefined {
    if (data.length < 2) return undefined;
    if (data.toString('latin1', 0, 2) !== CRLF) throw malformed('a chunk is longer than its size');
    this.#state = 'chunk-size';
    return data.subarray(2);
  }

  #readTrailer(data: Buffer): Buffer | undefined {
    const line = takeLine(data, MAX_TRAILERS);
    if (line === undefined) return undefined;
    this.#trailerBytes += line.text.length;
    if (this.#trailerBytes > MAX_TRAILERS) throw malformed('its trailers are too long');
    if (line.text === '') this.#end();
    return line.rest;
  }

  #end(): void {
    this.#state = 'done';
    this.#sink.onEnd();
  }
}

function takeLine(data: Buffer, limit: number): { readonly text: string; readonly rest: Buffer } | undefined {
  const end = data.indexOf(CRLF);
  if (end > limit || (end < 0 && data.length > limit)) throw malformed('a line of its body is too long');
  return end < 0 ? undefined : { text: data.toString('latin1', 0, end), rest: data.subarray(end + 2) };
}

function malformed(what: string): TskerError {
  return new TskerError('corrupt', `the daemon's answer is not valid HTTP: ${what}`);
}
