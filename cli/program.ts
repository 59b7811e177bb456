/** The command `taskflow`: does what its arguments say, sets `process.exitCode` or ends the process. */
export async function taskflow(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  // The agent has flags of its own, and what follows them is a command that nobody here must read. A local run may
  // start one for each step: none of the rest is loaded for it.
  if (first === 'agent') return (await import('./commands/agent.ts')).runAgent(rest);
  if (!hasCurrentDirectory()) {
    process.stderr.write('taskflow: the current directory does not exist any more; change to another one\n');
    process.exitCode = 2;
    return;
  }
  return (await import('./arguments.ts')).obey(args);
}

/** Most of what is loaded asks for it, and fails in its own ways. */
function hasCurrentDirectory(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
