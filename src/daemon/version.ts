// Who the daemon says it is to others.
import { ENGINE_VERSION } from '../util/version.ts';

export { ENGINE_VERSION };

export const USER_AGENT = `tsker/${ENGINE_VERSION}`;
