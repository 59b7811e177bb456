/** Something this machine has not got, and what to do about it. */
export interface Missing {
  readonly what: string;
  readonly cure: string;
}

/** The build cannot start here: the caller may go on without the static agent. Never a compile error. */
export class PrerequisiteError extends Error {
  override readonly name = 'PrerequisiteError';
  readonly missing: readonly Missing[];

  constructor(missing: readonly Missing[], options?: ErrorOptions) {
    super(explain(missing), options);
    this.missing = missing;
  }
}

/** All of it, for someone who wants the agent built. */
function explain(missing: readonly Missing[]): string {
  const blocks = missing.map(({ what, cure }) => `  - ${what}\n${indent(cure, 4)}`);
  return `the static agent cannot be built here:\n${blocks.join('\n')}`;
}

/** One line, for someone who can do without (`--if-possible`). */
export function shortNote({ missing }: PrerequisiteError): string {
  const whats = missing.map(({ what }) => what).join('; ');
  return `the static agent was not built: ${whats}; the Node agent will be used`;
}

/** Commands that are not on the PATH, and the Debian packages that have them. */
export function missingCommands(commands: readonly string[], packages: readonly string[]): Missing {
  return {
    what: `${listed(commands)} ${commands.length === 1 ? 'is' : 'are'} missing`,
    cure: `sudo apt-get install ${packages.join(' ')}`,
  };
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function indent(text: string, columns: number): string {
  return text.replaceAll(/^/gm, ' '.repeat(columns));
}
