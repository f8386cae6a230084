// Walks the tree of a Go template over a value. What a missing field means is the caller's: a list's fields are known, a
// container's are whatever the daemon sent.
import { templateError } from './error.ts';
import { FUNCTIONS, type TemplateFunction } from './functions.ts';
import type { Node, Operand, Pipeline } from './parser.ts';
import { entriesOf, isTrue, print } from './value.ts';

export interface EvaluateOptions {
  /** Replaces functions by name: heads of columns are not upper-cased by the template that makes them. */
  readonly functions?: Readonly<Record<string, TemplateFunction>>;
  /** The value of a field that an object does not have; throws or answers. */
  readonly missing?: (name: string) => unknown;
}

/** Renders a parsed template with `data` as its dot. Throws TskerError `invalid`. */
export function evaluate(nodes: readonly Node[], data: unknown, options: EvaluateOptions = {}): string {
  return new Evaluator(data, options).render(nodes, data);
}

/** Leaves a range; caught by it. */
class LoopExit extends Error {
  readonly kind: 'break' | 'continue';
  /** What the body had written before. */
  readonly written: string;

  constructor(kind: 'break' | 'continue', written: string) {
    super(`{{${kind}}} outside {{range}}`);
    this.kind = kind;
    this.written = written;
  }
}

class Evaluator {
  /** Innermost last; blocks pop what they pushed. */
  readonly #variables: { readonly name: string; value: unknown }[];
  readonly #functions: Readonly<Record<string, TemplateFunction>>;
  readonly #missing: (name: string) => unknown;

  constructor(data: unknown, options: EvaluateOptions) {
    this.#variables = [{ name: '$', value: data }];
    this.#functions = { ...FUNCTIONS, ...options.functions };
    this.#missing = options.missing ?? missingField;
  }

  render(nodes: readonly Node[], dot: unknown): string {
    let text = '';
    for (const node of nodes) {
      try {
        text += this.#renderNode(node, dot);
      } catch (error) {
        if (error instanceof LoopExit) throw new LoopExit(error.kind, text + error.written);
        throw error;
      }
    }
    return text;
  }

  #renderNode(node: Node, dot: unknown): string {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot);
        return node.pipeline.variables.length > 0 ? '' : print(value);
      }
      case 'break':
      case 'continue':
        throw new LoopExit(node.kind, '');
      default:
        return this.#renderBlock(node, dot);
    }
  }

  #renderBlock(node: Extract<Node, { body: unknown }>, dot: unknown): string {
    const depth = this.#variables.length;
    try {
      if (node.kind === 'range') return this.#renderRange(node, dot);
      const value = this.#pipeline(node.pipeline, dot);
      if (!isTrue(value)) return this.render(node.otherwise, dot);
      return this.render(node.body, node.kind === 'with' ? value : dot);
    } finally {
      this.#variables.length = depth;
    }
  }

  #renderRange(node: Extract<Node, { body: unknown }>, dot: unknown): string {
    const { variables } = node.pipeline;
    const entries = entriesOf(this.#pipeline({ ...node.pipeline, variables: [] }, dot));
    if (entries.length === 0) return this.render(node.otherwise, dot);
    let text = '';
    for (const [key, value] of entries) {
      const depth = this.#variables.length;
      const [first, second] = variables;
      if (second !== undefined) this.#variables.push({ name: second, value });
      if (first !== undefined) this.#variables.push({ name: first, value: second === undefined ? value : key });
      try {
        text += this.render(node.body, value);
      } catch (error) {
        if (!(error instanceof LoopExit)) throw error;
        text += error.written;
        if (error.kind === 'break') break;
      } finally {
        this.#variables.length = depth;
      }
    }
    return text;
  }

  #pipeline({ commands, variables, declares }: Pipeline, dot: unknown): unknown {
    let value: unknown;
    commands.forEach((command, index) => {
      value = this.#command(command, dot, index === 0 ? [] : [value]);
    });
    for (const name of variables) {
      if (declares) this.#variables.push({ name, value });
      else this.#variable(name).value = value;
    }
    return value;
  }

  /** One command of a pipeline; `piped` is what the one before it gave. */
  #command([head, ...rest]: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    if (head === undefined) throw templateError('missing value for command');
    if (head.kind === 'function' && (head.name === 'and' || head.name === 'or')) {
      return this.#shortCircuit(head.name, rest, dot, piped);
    }
    const args = [...rest.map((operand) => this.#operand(operand, dot, [])), ...piped];
    return this.#operand(head, dot, args);
  }

  /** `and` answers the first false, `or` the first true, and neither looks further. */
  #shortCircuit(name: 'and' | 'or', operands: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    let value: unknown;
    for (const operand of operands) {
      value = this.#operand(operand, dot, []);
      if (isTrue(value) === (name === 'or')) return value;
    }
    if (operands.length + piped.length === 0) throw templateError(`wrong number of args for ${name}`);
    return piped.length > 0 ? piped[0] : value;
  }

  #operand(operand: Operand, dot: unknown, args: readonly unknown[]): unknown {
    const callable = operand.fields.length > 0 ? [] : args;
    let value = this.#base(operand, dot, callable);
    operand.fields.forEach((name, index) => {
      value = this.#field(value, name, index === operand.fields.length - 1 ? args : []);
    });
    return value;
  }

  #base(operand: Operand, dot: unknown, args: readonly unknown[]): unknown {
    if (operand.kind === 'function') return this.#call(operand.name, args);
    if (args.length > 0) throw templateError("can't give argument to non-function");
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'variable':
        return this.#variable(operand.name).value;
      case 'literal':
        return operand.value;
      default:
        return this.#pipeline(operand.pipeline, dot);
    }
  }

  #call(name: string, args: readonly unknown[]): unknown {
    const called = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined;
    if (called === undefined) throw templateError(`function "${name}" not defined`);
    try {
      return called(...args);
    } catch (error) {
      if (error instanceof RangeError) throw templateError(`error calling ${name}: ${error.message}`);
      throw error;
    }
  }

  /** Own properties only: a template must not reach what JavaScript gives every object. */
  #field(receiver: unknown, name: string, args: readonly unknown[]): unknown {
    if (receiver === undefined) return undefined;
    if (receiver === null) throw templateError(`nil pointer evaluating .${name}`);
    if (typeof receiver !== 'object' || Array.isArray(receiver)) {
      throw templateError(
        `can't evaluate field ${name} in ${Array.isArray(receiver) ? 'a list' : `a ${typeof receiver}`}`,
      );
    }
    const value = Object.hasOwn(receiver, name) ? (receiver as Record<string, unknown>)[name] : this.#missing(name);
    if (typeof value === 'function') return (value as TemplateFunction)(...args);
    if (args.length > 0) throw templateError(`${name} is not a method but has arguments`);
    return value;
  }

  #variable(name: string): { readonly name: string; value: unknown } {
    const found = this.#variables.findLast((one) => one.name === name);
    if (found === undefined) throw templateError(`undefined variable "${name}"`);
    return found;
  }
}

function missingField(name: string): never {
  throw templateError(`can't evaluate field ${name}`);
}
