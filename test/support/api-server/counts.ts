/** How many requests there were, by verb, resource and code. */
import { type Call, type Verb } from './http/call.ts';
import { qualified } from './status.ts';

export interface Count {
  verb: Verb;
  /** `tasks.api.practice.com`, `pods/status` */
  resource: string;
  /** 0: the answer was never sent. */
  code: number;
  count: number;
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

export class Counts {
  readonly #counts = new Map<string, Count>();
  /** Told of every request when it is done, and before it is answered. */
  readonly listeners = new Set<(call: Call, code: number) => void>();

  add(call: Call, code: number): void {
    for (const listener of this.listeners) listener(call, code);
    const { verb, resource, subresource } = call;
    const name = subresource === undefined ? qualified(resource) : `${qualified(resource)}/${subresource}`;
    const key = `${verb} ${name} ${code}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { verb, resource: name, code, count: 1 });
    else known.count++;
  }

  /** All of them, the most first. */
  all(): Count[] {
    return [...this.#counts.values()].toSorted((a, b) => b.count - a.count);
  }

  /** The sum of those that are as asked. */
  of(want: { verb?: Verb; resource?: string; code?: number } = {}): number {
    const { verb, resource, code } = want;
    return this.#sum(
      (each) =>
        (verb === undefined || each.verb === verb) &&
        (resource === undefined || each.resource === resource) &&
        (code === undefined || each.code === code),
    );
  }

  /** Requests that would change something, answered with a success or not. */
  get writes(): number {
    return this.#sum(({ verb }) => WRITES.has(verb));
  }

  reset(): void {
    this.#counts.clear();
  }

  #sum(wanted: (count: Count) => boolean): number {
    return this.all().reduce((sum, each) => sum + (wanted(each) ? each.count : 0), 0);
  }
}
