import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Size {
  columns: number;
  rows: number;
}

/** A terminal that shows what is written to it, as a person would see it. */
export class Emulator {
  readonly terminal: InstanceType<typeof xterm.Terminal>;
  /** What was asked of the window: its title. */
  readonly titles: string[] = [];

  constructor({ columns, rows }: Size) {
    this.terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 10_000, allowProposedApi: true });
    this.terminal.onTitleChange((title) => this.titles.push(title));
  }

  async write(text: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.terminal.write(text, resolve));
  }

  /** The rows that are in sight. */
  get screen(): string[] {
    const { baseY } = this.terminal.buffer.active;
    return this.#rows()
      .slice(baseY)
      .map(({ text }) => text);
  }

  /** All that was ever shown, as it is copied: a line that the terminal wrapped is one. */
  get lines(): string[] {
    const lines: string[] = [];
    for (const { text, isWrapped } of this.#rows()) {
      if (isWrapped) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    return lines;
  }

  #rows(): { text: string; isWrapped: boolean }[] {
    const { active } = this.terminal.buffer;
    return Array.from({ length: active.length }, (_, at) => {
      const line = active.getLine(at);
      return { text: line?.translateToString(true) ?? '', isWrapped: line?.isWrapped === true };
    });
  }
}

/** Runs the CLI on a terminal of its own, made by script(1); `before` and `after` are shell around it. */
export function onTerminal(
  args: readonly string[],
  options: { size?: Size; env?: Record<string, string>; before?: string; after?: string } = {},
) {
  const { size = { columns: 100, rows: 30 }, env = {}, before = '', after = '' } = options;
  const emulator = new Emulator(size);
  const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
  const text = `stty cols ${size.columns} rows ${size.rows}; ${before} ${command} ${after}`;
  const subprocess = execa('script', ['-qec', text, join('/dev', 'null')], {
    env: { SHELL: '/bin/bash', TERM: 'xterm-256color', CI: '', ...env },
    reject: false,
    stdin: 'pipe',
    stripFinalNewline: false,
  });
  let shown = Promise.resolve();
  subprocess.stdout.on('data', (chunk: Buffer) => {
    shown = shown.then(() => emulator.write(chunk));
  });
  onTestFinished(() => void subprocess.kill('SIGKILL'));
  return {
    emulator,
    /** What keys are pressed. */
    press: (keys: string): void => void subprocess.stdin.write(keys),
    end: async (): Promise<{ exitCode: number | undefined; raw: string }> => {
      const { exitCode, stdout } = await subprocess;
      await shown;
      return { exitCode, raw: stdout };
    },
  };
}
