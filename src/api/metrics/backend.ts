// What the metrics route needs of the engine. Types only.

export interface MetricsBackend {
  /** All metrics in a text format, and which one. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
