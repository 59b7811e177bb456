/**
 * Puts taskflow into a cluster, and takes it away:
 * `node scripts/deploy/main.ts deploy|undeploy [--print] [--overlay DIR] [--controller-image I] [--agent-image I] [--yes]`.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { withScratch } from '../build-agent/cache.ts';
import { DeployError, Kubectl } from './kubectl.ts';
import { parseManifests, printManifests, toRemove, waits } from './manifests.ts';
import { writeOverlay } from './overlay.ts';

const ROOT = join(import.meta.dirname, '../..');
const FIELD_MANAGER = 'taskflow-deploy';

const OPTIONS = {
  overlay: { type: 'string', default: 'base' },
  'controller-image': { type: 'string' },
  'agent-image': { type: 'string' },
  context: { type: 'string' },
  timeout: { type: 'string', default: '2m' },
  print: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const HELP = `npm run deploy -- [options]      puts taskflow into the cluster of the current kubectl context
npm run undeploy -- [options]    takes it away; Tasks, and the CRD that they are of, only with --yes

  --overlay NAME|DIR       what to deploy: base, namespaced, or a directory of your own  (base)
  --controller-image IMAGE the image of the controller
  --agent-image IMAGE      the image that brings the agent into pods
  --context NAME           a context of the kubeconfig                                   (the current one)
  --timeout DURATION       how long to wait until it works                               (2m)
  --print                  print the manifests, and do nothing
  --yes                    undeploy: also the CRD, which deletes every Task, and the namespace
`;

process.exitCode = await main(process.argv.slice(2));

/** Returns the exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const [action, ...more] = positionals;
    if ((action !== 'deploy' && action !== 'undeploy') || more.length > 0)
      throw new DeployError(`expected deploy or undeploy, not "${positionals.join(' ')}"`);
    if (values.help) {
      process.stdout.write(HELP);
      return 0;
    }
    const kubectl = new Kubectl(values.context);
    const text = await render(kubectl, overlayAt(values.overlay), {
      controllerImage: values['controller-image'],
      agentImage: values['agent-image'],
    });
    if (values.print) process.stdout.write(`${text}\n`);
    else if (action === 'deploy') await deploy(kubectl, text, values.timeout);
    else await undeploy(kubectl, text, values.yes);
    return 0;
  } catch (error) {
    process.stderr.write(`deploy: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function overlayAt(name: string): string {
  const places = [join(ROOT, 'deploy', name), join(ROOT, 'deploy/overlays', name), resolve(name)];
  const found = places.find((place) => existsSync(join(place, 'kustomization.yaml')));
  if (found === undefined)
    throw new DeployError(`--overlay ${name}: there is no kustomization.yaml in ${places.join(', ')}`);
  return found;
}

async function render(
  kubectl: Kubectl,
  overlay: string,
  images: Parameters<typeof writeOverlay>[2],
): Promise<string> {
  return withScratch(join(ROOT, 'build/deploy'), async (scratch) =>
    kubectl.read(['kustomize', await writeOverlay(scratch, overlay, images)]),
  );
}

async function deploy(kubectl: Kubectl, text: string, timeout: string): Promise<void> {
  await kubectl.requireCluster();
  await kubectl.show(['apply', '--server-side', `--field-manager=${FIELD_MANAGER}`, '--filename=-'], text);
  for (const wait of waits(parseManifests(text), timeout)) await kubectl.show(wait);
}

async function undeploy(kubectl: Kubectl, text: string, everything: boolean): Promise<void> {
  await kubectl.requireCluster();
  const manifests = parseManifests(text);
  const going = printManifests(toRemove(manifests, everything));
  await kubectl.show(['delete', '--ignore-not-found', '--filename=-'], going);
  if (everything || toRemove(manifests, true).length === toRemove(manifests, false).length) return;
  process.stderr.write(
    'deploy: the namespace, the CRD and all Tasks are still there; undeploy with --yes deletes them\n',
  );
}
