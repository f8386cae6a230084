// Writes the V8 code cache of the daemon's bundle, wrapped exactly as load-daemon.ts wraps it.
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [source, target] = process.argv.slice(2);
const script = new Script(`(function(exports,require,module){${readFileSync(source, 'utf8')}\n})`, {
  filename: 'tsker-daemon.js',
});
writeFileSync(target, script.createCachedData());
