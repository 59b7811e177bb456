/** A place in a spec whose shape nobody has checked yet, and where to say what is wrong there. */

export type Report = (path: (string | number)[], message: string) => void;

export class Spot {
  readonly value: unknown;
  readonly #path: readonly (string | number)[];
  readonly #report: Report;

  constructor(value: unknown, path: readonly (string | number)[], report: Report) {
    this.value = value;
    this.#path = path;
    this.#report = report;
  }

  at(name: string): Spot {
    const { value } = this;
    const inner: unknown = isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return new Spot(inner, [...this.#path, name], this.#report);
  }

  /** Whether there is anything. For Kubernetes nothing and null are one. */
  get isThere(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  get number(): number | bigint | undefined {
    return typeof this.value === 'number' || typeof this.value === 'bigint' ? this.value : undefined;
  }

  items(): Spot[] {
    const { value } = this;
    if (!Array.isArray(value)) return [];
    return value.map((item: unknown, index) => new Spot(item, [...this.#path, index], this.#report));
  }

  entries(): [string, Spot][] {
    return isMap(this.value) ? Object.keys(this.value).map((name) => [name, this.at(name)]) : [];
  }

  say(message: string): void {
    this.#report([...this.#path], message);
  }

  /** Says it where the value, if there is one, is not as it should be. */
  want(isRight: (text: string) => boolean, expected: string): void {
    if (this.text !== undefined && !isRight(this.text)) this.say(`expected ${expected}`);
  }

  /** Of these fields no more than one may be there. */
  atMostOne(names: readonly string[], what: string): void {
    const [first, second] = names.filter((name) => this.at(name).isThere);
    if (second !== undefined) this.at(second).say(`there is ${first} already; keep one ${what} of the two`);
  }

  /** Of these fields one must be there, and no more, unless a newer Kubernetes has another. */
  one(names: readonly string[], what: string): void {
    this.atMostOne(names, what);
    const others = this.entries().filter(([name]) => !BESIDE.has(name));
    if (isMap(this.value) && others.every(([, value]) => !value.isThere))
      this.say(`has no ${what}; add one of ${names.join(', ')}`);
  }

  /** Says it of every item that has the key of an earlier one. */
  unique(keyOf: (item: Spot) => Spot, message: string): void {
    const seen = new Set<string>();
    for (const item of this.items()) {
      const key = keyOf(item);
      const { text } = key;
      if (text === undefined || text === '') continue;
      if (seen.has(text)) key.say(message);
      seen.add(text);
    }
  }
}

/** Fields beside which a source or handler stands. */
const BESIDE = new Set([
  ...['name', 'prefix', 'path', 'mode', 'initialDelaySeconds', 'timeoutSeconds', 'periodSeconds'],
  ...['successThreshold', 'failureThreshold', 'terminationGracePeriodSeconds'],
]);

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
