/** The longest time that a timer of Node holds; a longer one would end at once. Milliseconds, 24 days. */
const LONGEST = 2 ** 31 - 1;

/** Calls `act` after `ms` milliseconds. The returned function takes that back. */
export function after(ms: number, act: () => void): () => void {
  const due = performance.now() + ms;
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const left = due - performance.now();
    if (left <= 0) act();
    else timer = setTimeout(look, Math.min(left, LONGEST)).unref();
  };
  look();
  return () => clearTimeout(timer);
}
