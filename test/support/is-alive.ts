/** Whether there is a process with this id, be it only a zombie that nobody has taken in yet. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
