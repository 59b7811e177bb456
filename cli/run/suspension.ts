/** Ctrl-Z and fg. Steps have sessions of their own, so a terminal stops only the run, and not them. */
import { readFileSync } from 'node:fs';
import { type Report } from './events.ts';

/**
 * From now on the steps stop and go on with this process, where Linux says which they are; their time limits go on. The
 * returned function takes that back.
 */
export function suspendWithSteps(report: Report): () => void {
  const suspend = (): void => {
    void report({ type: 'Suspended' });
    signalChildren('SIGTSTP');
    process.off('SIGTSTP', suspend);
    // It stops here until somebody says fg. Where there is no shell that could, the kernel goes on at once.
    process.kill(process.pid, 'SIGTSTP');
    process.on('SIGTSTP', suspend);
    signalChildren('SIGCONT');
    void report({ type: 'Resumed' });
  };
  process.on('SIGTSTP', suspend);
  return () => void process.off('SIGTSTP', suspend);
}

/** Tells the agents, which pass it on to their commands; one that waits for its turn does not care. */
function signalChildren(signal: 'SIGTSTP' | 'SIGCONT'): void {
  for (const pid of children()) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}

function children(): number[] {
  try {
    const text = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
