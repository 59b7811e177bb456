/** From start to exit around `/bin/true`: what an agent that need not wait adds to a command. */
import { agents, type Command } from './harness/agents.ts';
import { withPlace } from './harness/place.ts';
import { compile, findTini, TRUE } from './harness/programs.ts';
import { type Budget, type Row } from './harness/row.ts';

const ROUNDS = 300;
const AGENT: Command = [...agents.static.command, '--command', TRUE];

export async function startExit(): Promise<Row[]> {
  return withPlace(async (place) => {
    const spawn = await compile(place, 'spawn');
    const tini = await findTini();
    // -s makes tini a subreaper, as the agent makes itself: without PID 1 it would warn otherwise.
    const commands: Command[] = [
      [TRUE],
      AGENT,
      ...(tini === undefined ? [] : [[tini, '-s', '--', TRUE] as const]),
    ];
    const args = commands.flatMap((command, i) => (i === 0 ? command : [';', ...command]));
    const times = split(await place.run([spawn, String(ROUNDS), ...args]), commands.length);

    const [alone = [], agent = [], underTini = []] = times;
    const inTime: Budget = { of: 'median', atMost: 5 };
    const row = { what: `start to exit around ${TRUE}, static`, unit: 'ms', samples: agent } as const;
    return [
      { ...row, than: { what: `${TRUE} alone`, samples: alone }, budgets: [inTime] },
      tini === undefined
        ? { what: row.what, skipped: 'tini-static is missing; sudo apt-get install tini' }
        : {
            ...row,
            than: { what: 'tini-static', samples: underTini },
            budgets: [{ of: 'ratio', atMost: 2 }],
          },
    ];
  });
}

/** Lines of `COMMAND NANOSECONDS`, as milliseconds of each command. */
function split(text: string, commands: number): number[][] {
  const times = Array.from({ length: commands }, (): number[] => []);
  for (const line of text.trim().split('\n')) {
    const [command, nanoseconds] = line.split(' ').map(Number);
    if (command !== undefined && nanoseconds !== undefined) times[command]?.push(nanoseconds / 1e6);
  }
  return times;
}
