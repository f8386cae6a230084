// Who the client says it is. Constants and not package.json, so that nothing is read at start; a test compares them.

export const CLIENT_VERSION = '0.1.0';

/** The version of the Docker Engine API this client is written after. */
export const CLIENT_API_VERSION = '1.51';
