/** What /proc says of processes, for both builds. */

export interface Process {
  readonly pid: number;
  /** A zombie: it ended, and its parent has not asked how. */
  readonly over: boolean;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/**
 * Reads the begin of a `/proc/PID/stat`, as proc_pid_stat(5) has it. The program's name, which may hold anything, ends
 * at the last bracket.
 *
 * @example parseStat('7 (a (b) c) S 1 7 7 0 …') // { pid: 7, over: false, parent: 1, group: 7, session: 7 }
 */
export function parseStat(text: string): Process {
  const [state, ...numbers] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent = 0, group = 0, session = 0] = numbers.slice(0, 3).map(Number);
  return { pid: Number.parseInt(text, 10), over: state === 'Z', parent, group, session };
}

/** The children of `pid`, their children, and so on. */
export function descendants(pid: number, all: readonly Process[]): readonly Process[] {
  const byParent = groupByParent(all);
  const found: Process[] = [];
  for (let next: number | undefined = pid, seen = 0; next !== undefined; next = found[seen++]?.pid) {
    found.push(...(byParent.get(next) ?? []));
    // Read one by one while they come and go, they may seem to descend from one another.
    byParent.delete(next);
  }
  return found;
}

function groupByParent(all: readonly Process[]): Map<number, Process[]> {
  const groups = new Map<number, Process[]>();
  for (const each of all) {
    const siblings = groups.get(each.parent);
    if (siblings === undefined) groups.set(each.parent, [each]);
    else siblings.push(each);
  }
  return groups;
}
