// Stands in for the package string-width below yargs in the client's bundle: to be right for every script it compiles
// Unicode tables, 70 ms of a `tsker run --help`, and what yargs prints for us is ASCII.
import { stripVTControlCharacters } from 'node:util';

export default function stringWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}
