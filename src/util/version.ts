// Who the engine says it is. A constant and not package.json, which the single file does not have; a test compares them.

export const ENGINE_VERSION = '0.1.0';
