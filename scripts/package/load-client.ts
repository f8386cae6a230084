// The entry of the single file. The client is an asset too, since the code cache that Node's own loader makes holds no
// function that has not run: one that is written after a run starts every command 2 ms sooner.
import { loadAsset } from './load-asset.ts';

// The one that Node gives the entry of a single file knows Node's own modules, and no others are asked for.
loadAsset('client', require);
