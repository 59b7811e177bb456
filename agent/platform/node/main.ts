#!/usr/bin/env node
import { main } from '../../main.ts';
import { nodePlatform } from './platform.ts';
import packageJson from '../../../package.json' with { type: 'json' };

process.exit(await main(nodePlatform(process.argv.slice(2)), packageJson.version));
