// A program: commits to the database it is given, now and then as fast as it can, and says what a power cut may not take any more.
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Checkpoints } from '../../src/store/checkpoints.ts';
import { onDisk, openDatabase } from '../../src/store/database.ts';
import { Settings } from '../../src/store/settings.ts';

const path = process.argv[2];
if (path === undefined) throw new Error('usage: committer.ts DATABASE');
const db = openDatabase(path);
new Checkpoints(db, path);
const settings = new Settings(db);

for (let count = 1; ; count += 1) {
  // Rows of each place in the file, all of the same commit, say what a mixture of old and new pages would not.
  db.transaction(() => {
    settings.set('count', String(count));
    settings.set(`row ${count % 400}`, `${count} ${'x'.repeat(2000)}`);
    settings.set(`sum ${count % 7}`, String(count));
  })();
  if (count % 200 === 0) {
    settings.set('durable', String(count));
    await onDisk(db);
    process.stdout.write(`${count}\n`);
  }
  if (count % 10 === 0) await setImmediate();
  // A rest, in which the log is moved and begun anew.
  if (count % 500 === 0) await setTimeout(200);
}
