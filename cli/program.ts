/** The command `taskflow`: does what its arguments say, sets `process.exitCode` or ends the process. */
export async function taskflow(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  // The agent has flags of its own, and what follows them is a command that nobody here must read. A local run may
  // start one for each step: none of the rest is loaded for it.
  if (first === 'agent') return (await import('./commands/agent.ts')).runAgent(rest);
  return (await import('./arguments.ts')).obey(args);
}
