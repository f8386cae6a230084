// What a pull reads from: manifests and blobs of one repository. A registry, several of them, or an image inside the
// executable. Types only.

export interface RawManifest {
  readonly bytes: Buffer;
  /** Content-Type of the answer. */
  readonly mediaType: string;
  /** sha256 of the bytes; when it was asked for by digest, that one, verified. */
  readonly digest: string;
}

export interface BlobRequest {
  readonly digest: string;
  /** Bytes of the whole blob. */
  readonly size: number;
  /** First byte wanted. */
  readonly offset: number;
  /** Other places of a foreign layer. */
  readonly urls?: readonly string[];
  readonly signal: AbortSignal;
}

export interface ImageSource {
  /** `reference`: a tag or a digest. */
  manifest(reference: string, signal: AbortSignal): Promise<RawManifest>;
  /** The blob's bytes from `offset`; may end early or throw TransientError, to be asked again. */
  blob(request: BlobRequest): Promise<AsyncIterable<Uint8Array>>;
  tags(signal: AbortSignal): Promise<string[]>;
}
