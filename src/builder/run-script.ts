// What a RUN with heredocs runs. A heredoc alone is a script: for the shell, or a program when it starts with `#!`.
// Anything else is put together again and left to the shell.
import { chomp, readMark } from './parser/heredoc.ts';
import type { RunInstruction } from './parser/types.ts';

export type RunProgram =
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  /** One argument for the shell in force. */
  | { readonly kind: 'shell'; readonly script: string }
  /** To be written to a file of that name and executed. */
  | { readonly kind: 'file'; readonly name: string; readonly content: string };

/** Variables in it are the shell's, whether the heredoc's name was quoted or not. */
export function programOf({ command, heredocs }: RunInstruction): RunProgram {
  const texts = command.words.map(({ text }) => text);
  if (command.form === 'exec') return { kind: 'exec', argv: texts };
  const line = texts.join(' ');
  const [first] = heredocs;
  if (first === undefined) return { kind: 'shell', script: line };
  if (readMark(line) === undefined) {
    const script = heredocs.reduce((text, { content, name }) => `${text}\n${content}${name}`, line);
    return { kind: 'shell', script };
  }
  const content = first.chomp ? chomp(first.content) : first.content;
  return content.startsWith('#!') ? { kind: 'file', name: first.name, content } : { kind: 'shell', script: content };
}
