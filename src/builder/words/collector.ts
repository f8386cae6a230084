// Puts a text together and splits it into words at the same time.
import { isSpace } from '../parser/space.ts';

export class WordCollector {
  private text = '';
  private word = '';
  private readonly words: string[] = [];

  /** Belongs to the current word, white space in it too: what was quoted or escaped, and plain letters. */
  addWhole(text: string): void {
    this.text += text;
    this.word += text;
  }

  addSpace(character: string): void {
    this.text += character;
    this.endWord();
  }

  /** The value of a variable outside quotes: its white space separates words. */
  addSplit(value: string): void {
    this.text += value;
    let start = 0;
    for (let at = 0; at < value.length; at += 1) {
      if (!isSpace(value[at])) continue;
      this.word += value.slice(start, at);
      this.endWord();
      start = at + 1;
    }
    this.word += value.slice(start);
  }

  end(): { readonly text: string; readonly words: readonly string[] } {
    this.endWord();
    return { text: this.text, words: this.words };
  }

  private endWord(): void {
    if (this.word !== '') this.words.push(this.word);
    this.word = '';
  }
}
