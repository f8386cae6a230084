// Tokens to the tree of a Go template (text/template without named templates). Pure; evaluate.ts walks the tree.
import { templateError } from './error.ts';
import { type Token, tokenize } from './lexer.ts';

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'break' | 'continue' };

/** `$a, $b := command | command`. */
export interface Pipeline {
  readonly variables: readonly string[];
  readonly declares: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

export type Operand = (
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'group'; readonly pipeline: Pipeline }
) & { readonly fields: readonly string[] };

const BLOCKS = new Set(['if', 'with', 'range']);
const UNSUPPORTED = new Set(['define', 'template', 'block']);
const LITERALS: Readonly<Record<string, unknown>> = { true: true, false: false, nil: null };

export function parseTemplate(source: string): readonly Node[] {
  const parser = new Parser(tokenize(source));
  const { nodes, end } = parser.readNodes();
  if (end !== undefined) throw templateError(`unexpected {{${end}}}`);
  return nodes;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Nodes up to the end, or up to the `end` or `else` that closes them: its `{{` and word are then consumed. */
  readNodes(): { readonly nodes: readonly Node[]; readonly end: string | undefined } {
    const nodes: Node[] = [];
    for (let token = this.#next(); token !== undefined; token = this.#next()) {
      if (token.kind === 'text') {
        nodes.push(token);
        continue;
      }
      const first = this.#peek();
      const word = first?.kind === 'identifier' ? first.text : '';
      if (word === 'end' || word === 'else') {
        this.#at++;
        return { nodes, end: word };
      }
      nodes.push(this.#readAction(word));
    }
    return { nodes, end: undefined };
  }

  #readAction(word: string): Node {
    if (UNSUPPORTED.has(word)) throw templateError(`{{${word}}} is not supported`);
    if (BLOCKS.has(word)) {
      this.#at++;
      return this.#readBlock(word as 'if' | 'with' | 'range');
    }
    if (word === 'break' || word === 'continue') {
      this.#at++;
      this.#close();
      return { kind: word };
    }
    const pipeline = this.#readPipeline();
    this.#close();
    return { kind: 'action', pipeline };
  }

  #readBlock(kind: 'if' | 'with' | 'range'): Node {
    const pipeline = this.#readPipeline();
    this.#close();
    const { nodes: body, end } = this.readNodes();
    if (end === undefined) throw templateError(`{{${kind}}} has no {{end}}`);
    return { kind, pipeline, body, otherwise: end === 'else' ? this.#readElse(kind) : this.#closed([]) };
  }

  #readElse(kind: string): readonly Node[] {
    const next = this.#peek();
    // `{{else if x}}` is an `if` inside the else whose end closes both.
    if (next?.kind === 'identifier' && next.text === kind && kind !== 'range') {
      this.#at++;
      return [this.#readBlock(kind as 'if' | 'with')];
    }
    this.#close();
    const { nodes, end } = this.readNodes();
    if (end !== 'end') throw templateError('{{else}} has no {{end}}');
    return this.#closed(nodes);
  }

  #closed(nodes: readonly Node[]): readonly Node[] {
    this.#close();
    return nodes;
  }

  #readPipeline(): Pipeline {
    const { variables, declares } = this.#readDeclaration();
    const commands: (readonly Operand[])[] = [];
    do {
      commands.push(this.#readCommand());
    } while (this.#takeSymbol('|'));
    return { variables, declares, commands };
  }

  #readDeclaration(): { readonly variables: readonly string[]; readonly declares: boolean } {
    const start = this.#at;
    const variables: string[] = [];
    for (let token = this.#peek(); token?.kind === 'variable'; token = this.#peek()) {
      variables.push(token.text);
      this.#at++;
      if (!this.#takeSymbol(',')) break;
    }
    if (variables.length > 0 && this.#takeSymbol(':=')) return { variables, declares: true };
    if (variables.length === 1 && this.#takeSymbol('=')) return { variables, declares: false };
    this.#at = start;
    return { variables: [], declares: false };
  }

  #readCommand(): readonly Operand[] {
    const operands: Operand[] = [];
    for (let operand = this.#readOperand(); operand !== undefined; operand = this.#readOperand())
      operands.push(operand);
    if (operands.length === 0) throw templateError('missing value for command');
    return operands;
  }

  #readOperand(): Operand | undefined {
    const token = this.#peek();
    if (token === undefined || token.kind === 'close' || token.kind === 'open' || token.kind === 'text') {
      return undefined;
    }
    if (token.kind === 'field') return { kind: 'dot', fields: this.#readFields(true) };
    if (token.kind === 'symbol' && token.text !== '.' && token.text !== '(') {
      if (token.text === '|' || token.text === ')') return undefined;
      throw templateError(`unexpected "${token.text}" in operand`);
    }
    this.#at++;
    if (token.kind === 'symbol' && token.text === '(') return this.#readGroup();
    const fields = this.#readFields(false);
    if (token.kind === 'symbol') return { kind: 'dot', fields };
    if (token.kind === 'variable') return { kind: 'variable', name: token.text, fields };
    if (token.kind === 'string') return { kind: 'literal', value: token.text, fields };
    if (token.kind === 'number') return { kind: 'literal', value: token.value, fields };
    if (Object.hasOwn(LITERALS, token.text)) return { kind: 'literal', value: LITERALS[token.text], fields };
    return { kind: 'function', name: token.text, fields };
  }

  #readGroup(): Operand {
    const pipeline = this.#readPipeline();
    if (!this.#takeSymbol(')')) throw templateError('unclosed left paren');
    return { kind: 'group', pipeline, fields: this.#readFields(false) };
  }

  /** `.A.B` written without spaces; the first may follow one when it starts an operand. */
  #readFields(starts: boolean): readonly string[] {
    const fields: string[] = [];
    for (let token = this.#peek(); token?.kind === 'field'; token = this.#peek()) {
      if (token.spaced && !(starts && fields.length === 0)) break;
      fields.push(token.text);
      this.#at++;
    }
    return fields;
  }

  #takeSymbol(text: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'symbol' || token.text !== text) return false;
    this.#at++;
    return true;
  }

  #close(): void {
    if (this.#next()?.kind !== 'close') throw templateError('unexpected words at the end of an action');
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #next(): Token | undefined {
    return this.#tokens[this.#at++];
  }
}
