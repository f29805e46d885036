/**
 * The JSON of a RocketMQ broker, whose keys may be bare integers, which JSON does not allow.
 *
 * Objects are maps, so `__proto__` is a key like any other. A bare integer key is a number, and is
 * printed bare again. Printed as RocketMQ 5.5.0 does, with a member a line and tabs; 5.3.3 reads it
 * too.
 *
 * Reproduces what `RemotingSerializable.toJson(object, true)` of RocketMQ 5.x makes with fastjson.
 *
 * @module
 */

/** A number that no `number` holds exactly; it keeps its text. */
export class RawNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object; a number is a key that was a bare integer. */
export type BrokerObject = Map<string | number, BrokerJson>;

/** A value. */
export type BrokerJson =
  | null
  | boolean
  | number
  | string
  | RawNumber
  | BrokerJson[]
  | BrokerObject;

/** Deeper than what brokers write, and shallow enough for any stack. */
const DEPTH_LIMIT = 64;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/.source;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/.source;
const TOKEN = new RegExp(`[ \\t\\r\\n]*([{}[\\]:,]|${STRING}|${NUMBER}|true|false|null)`, "y");
const BLANK = /[ \t\r\n]*/y;

/**
 * Parses a broker's JSON. A text with one key twice, which no broker writes, is refused.
 *
 * @throws {SyntaxError} If it is not JSON, bare integer keys aside.
 */
export function parseBrokerJson(text: string): BrokerJson {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

/** Prints a value as a broker does, without a final line end. */
export function printBrokerJson(value: BrokerJson): string {
  return print(value, "");
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): BrokerJson {
    if (depth > DEPTH_LIMIT) this.#fail("is nested too deep");
    const token = this.#next();
    if (token === "{") return this.#object(depth);
    if (token === "[") return this.#array(depth);
    if ("}]:,".includes(token)) this.#fail(`has ${JSON.stringify(token)} for a value`);
    return /^[-0-9]/.test(token) ? toNumber(token) : this.#literal(token);
  }

  end(): void {
    BLANK.lastIndex = this.#at;
    BLANK.exec(this.#text);
    if (BLANK.lastIndex !== this.#text.length) this.#fail("goes on");
  }

  #object(depth: number): BrokerObject {
    const members: BrokerObject = new Map();
    if (this.#skip("}")) return members;
    do {
      const key = this.#key();
      if (members.has(key) || members.has(otherForm(key))) this.#fail("has a member twice");
      if (!this.#skip(":")) this.#fail("lacks a colon");
      members.set(key, this.value(depth + 1));
    } while (this.#skip(","));
    if (!this.#skip("}")) this.#fail("has an object that does not end");
    return members;
  }

  #array(depth: number): BrokerJson[] {
    const items: BrokerJson[] = [];
    if (this.#skip("]")) return items;
    do items.push(this.value(depth + 1)); while (this.#skip(","));
    if (!this.#skip("]")) this.#fail("has a list that does not end");
    return items;
  }

  #key(): string | number {
    const token = this.#next();
    if (token.startsWith('"')) return this.#literal(token) as string;
    const key = toNumber(token);
    if (typeof key !== "number" || !Number.isSafeInteger(key)) this.#fail("has a wrong key");
    return key;
  }

  /** The value of a string or a word. */
  #literal(token: string): string | boolean | null {
    try {
      return JSON.parse(token);
    } catch {
      return this.#fail("has a wrong escape");
    }
  }

  /** Skips a sign if it is the next token. */
  #skip(sign: string): boolean {
    BLANK.lastIndex = this.#at;
    BLANK.exec(this.#text);
    if (this.#text[BLANK.lastIndex] !== sign) return false;
    this.#at = BLANK.lastIndex + 1;
    return true;
  }

  #next(): string {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) this.#fail("has a wrong character");
    this.#at = TOKEN.lastIndex;
    return match[1];
  }

  #fail(state: string): never {
    throw new SyntaxError(`Cannot parse broker's JSON: it ${state} at character ${this.#at}`);
  }
}

/** The same key with quotes, or without. */
function otherForm(key: string | number): string | number {
  return typeof key === "number" ? `${key}` : Number(key);
}

function toNumber(text: string): number | RawNumber {
  const value = Number(text);
  return String(value) === text ? value : new RawNumber(text);
}

function print(value: BrokerJson, indent: string): string {
  if (value instanceof RawNumber) return value.text;
  if (value instanceof Map) {
    const members = [...value].map(([key, member]) =>
      `${typeof key === "number" ? key : JSON.stringify(key)}:${print(member, `${indent}\t`)}`
    );
    return printLines(members, indent, "{", "}");
  }
  if (!Array.isArray(value)) return JSON.stringify(value);
  return printLines(value.map((item) => print(item, `${indent}\t`)), indent, "[", "]");
}

function printLines(lines: string[], indent: string, open: string, close: string): string {
  if (lines.length === 0) return `${open}${close}`;
  return `${open}\n${lines.map((line) => `${indent}\t${line}`).join(",\n")}\n${indent}${close}`;
}
