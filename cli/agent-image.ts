import packageJson from '../package.json' with { type: 'json' };

/** The image of this version's agent. */
export const agentImage = `taskflow/agent:${packageJson.version}`;
