/** The processes that a command started, from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { descendants, parseStat, type Process } from '../processes.ts';

/**
 * Those below this process, and those of the sessions that its commands led: whose parent is gone belongs to another
 * process by now. Who left the session too is not found. `undefined` where there is no /proc of this pid namespace.
 */
export function ownDescendants(sessions: readonly number[]): readonly Process[] | undefined {
  const all = processes();
  if (all === undefined) return undefined;
  const below = new Set(descendants(process.pid, all));
  // The number of a command that is over may have been given to a stranger.
  const strangers = all
    .filter((each) => sessions.includes(each.pid) && !below.has(each))
    .map(({ pid }) => pid);
  const own = sessions.filter((session) => !strangers.includes(session));
  return all.filter((each) => !each.over && (below.has(each) || own.includes(each.session)));
}

function processes(): readonly Process[] | undefined {
  try {
    if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;
    return readdirSync('/proc').flatMap((name) => (/^\d/.test(name) ? (readStat(name) ?? []) : []));
  } catch {
    return undefined;
  }
}

function readStat(pid: string): Process | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}
