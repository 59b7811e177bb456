import packageJson from '../../package.json' with { type: 'json' };

/** The agent that Node runs, as a part of this program. Ends the process. */
export async function runAgent(args: readonly string[]): Promise<never> {
  const { main } = await import('../../agent/main.ts');
  const { nodePlatform } = await import('../../agent/platform/node/platform.ts');
  process.exit(await main(nodePlatform(args), packageJson.version));
}
