// How the image verbs tell the engine what happened; the daemon's event log implements it. Types only.

export interface ImageEvents {
  publish(
    type: 'image',
    action: 'pull' | 'tag' | 'untag' | 'delete' | 'load' | 'import' | 'save' | 'push' | 'prune',
    id: string,
    attributes: Readonly<Record<string, string>>,
  ): void;
}
