/** Several controllers that elect their leader, each with a network and a name of its own. */
import { join } from 'node:path';
import { type Call, type Front } from '../../support/api-server/index.ts';
import { scratch } from '../../support/scratch.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { NAMESPACE, type World } from '../harness.ts';
import { currentLeader, ledgerOf, wordsOf, type Written } from './ledger.ts';
import { bundledController, keepRunning, startController, type ControllerProcess } from './process.ts';

/** Short, so that a test does not take long; not so short that a busy machine takes the Lease from who has it. */
const TIMES = { 'lease-duration': '5s', 'renew-deadline': '4s', 'retry-period': '300ms' };
/** ms. A controller that is to be gone is so after the lease duration; the machine may be busy. */
const DEADLINE = 60_000;

export interface Candidate {
  /** As the API server knows it. */
  user: string;
  front: Front;
  /** The one that runs now: another is started when it ends, as its Deployment would. */
  process: ControllerProcess;
}

export interface Candidates {
  all: readonly Candidate[];
  ledger: readonly Written[];
  /** Waits until one of them leads. */
  leader: () => Promise<Candidate>;
  /** Waits until another one leads. */
  leaderAfter: (former: Candidate) => Promise<Candidate>;
  /** Waits for the next write of this kind by one of them, and acts when it is done and not answered yet. */
  after: (what: string, by: Candidate, act: () => void) => Promise<void>;
}

/** @param times - options of the election, if they matter */
export async function candidates(world: World, count: number, times = TIMES): Promise<Candidates> {
  const { server } = world;
  // Whoever says nothing is the test.
  server.access.allow('', { name: 'test' });
  server.access.allow('kubelet', { name: 'kubelet' });
  const ledger = ledgerOf(server, { without: ['test', 'kubelet'] });
  const [bundled, directory] = [await bundledController(), await scratch()];
  const flags = Object.entries(times).flatMap(([name, time]) => [`--leader-elect-${name}`, time]);
  const all = await Promise.all(
    Array.from({ length: count }, async (_, index): Promise<Candidate> => {
      const user = `controller-${index + 1}`;
      server.access.allow(user, { name: user });
      const front = await server.front();
      const kubeconfig = join(directory, user);
      await server.kubeconfig(kubeconfig, { url: front.url, token: user });
      const args = ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE, ...flags];
      const candidate = { user, front } as Candidate;
      keepRunning(() => startController(bundled, args), {
        onStart: (started) => (candidate.process = started),
      });
      return candidate;
    }),
  );
  const leads = async (who: string, wanted: (user: string) => boolean): Promise<Candidate> =>
    waitUntil(
      `${who} leads`,
      () => all.find(({ user }) => user === currentLeader(server, ledger) && wanted(user)),
      DEADLINE,
    );
  return {
    all,
    ledger,
    leader: () => leads('somebody', () => true),
    leaderAfter: ({ user: former }) => leads(`another one than ${former}`, (user) => user !== former),
    after: async (what, { user }, act) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const listener = (call: Call): void => {
        if (call.user !== user || wordsOf(call) !== what) return;
        server.counts.listeners.delete(listener);
        act();
        resolve();
      };
      server.counts.listeners.add(listener);
      await promise;
    },
  };
}
