import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ApiUnreachableError } from '../../../../controller/runtime/errors.ts';
import { systemClock } from '../../../../controller/runtime/lease/clock.ts';
import { lead, newIdentity, type LeadSettings, type Term } from '../../../../controller/runtime/lease.ts';
import { waitUntil } from '../../../support/wait-until.ts';
import { LeaseServer, type Link } from './server.ts';
import { silent } from './world.ts';

/** Long enough for a machine that is busy, short enough for a test. */
const TIMES = { leaseDuration: 3_000, renewDeadline: 2_000, retryPeriod: 100 };

/** A process that wants to lead, with a line of its own to the server that can be cut. */
class Candidate {
  readonly identity: string;
  readonly seen: string[] = [];
  readonly stop = new AbortController();
  readonly end: Promise<'stopped' | 'lost'>;
  cut = false;
  term: Term | undefined;

  constructor(server: LeaseServer, identity: string, settings: Partial<LeadSettings> = {}) {
    this.identity = identity;
    this.end = lead(
      {
        client: server.client(this.#link()),
        namespace: 'a',
        name: 'b',
        identity,
        log: silent,
        ...TIMES,
        onNewLeader: (leader) => this.seen.push(leader),
        lead: (term) => this.#lead(term),
        ...settings,
      },
      this.stop.signal,
    );
    // Who looks at the end sees it; who does not must not fail for it.
    this.end.catch(() => undefined);
    onTestFinished(() => this.stop.abort());
  }

  async #lead(term: Term): Promise<void> {
    this.term = term;
    if (!term.signal.aborted) {
      await new Promise((resolve) => term.signal.addEventListener('abort', resolve, { once: true }));
    }
  }

  get leads(): boolean {
    return this.term?.isCurrent() === true;
  }

  #link(): Link {
    return {
      send: async (serve, signal) => {
        await sleep(1, undefined, { signal });
        if (this.cut) throw new ApiUnreachableError('the Lease', 'connection', 'the line is cut');
        return serve();
      },
      push: (deliver) => {
        if (!this.cut) setImmediate(deliver);
      },
    };
  }
}

describe('one candidate', () => {
  it('makes the Lease, and renews it', async () => {
    const server = new LeaseServer();
    const one = new Candidate(server, 'one');
    await waitUntil('it leads', () => one.leads);
    expect(server.lease?.spec).toMatchObject({
      holderIdentity: 'one',
      leaseDurationSeconds: 3,
      leaseTransitions: 0,
    });
    const { renewTime } = server.lease?.spec ?? {};
    await waitUntil('it has renewed', () => server.lease?.spec?.renewTime !== renewTime);
    expect(one.seen).toEqual(['one']);
  });

  it('gives the Lease back only when all is done', async () => {
    const server = new LeaseServer();
    const work = Promise.withResolvers<void>();
    let term: Term | undefined;
    const one = new Candidate(server, 'one', {
      lead: (given) => {
        term = given;
        return work.promise;
      },
    });
    await waitUntil('it leads', () => term);
    one.stop.abort(new Error('enough'));
    expect(term?.signal.reason).toEqual(new Error('enough'));
    const { renewTime } = server.lease?.spec ?? {};
    await waitUntil('it renews until the end', () => server.lease?.spec?.renewTime !== renewTime);
    expect(term?.isCurrent()).toBe(true);
    work.resolve();
    expect(await one.end).toBe('stopped');
    expect(server.lease?.spec?.holderIdentity).toBe('');
  });

  it('gives the Lease back when leading ends or fails by itself', async () => {
    const server = new LeaseServer();
    const one = new Candidate(server, 'one', { lead: () => Promise.resolve() });
    expect(await one.end).toBe('stopped');
    const two = new Candidate(server, 'two', { lead: () => Promise.reject(new Error('no')) });
    await expect(two.end).rejects.toThrow('no');
    expect(server.holders.filter((holder, index) => holder !== server.holders[index - 1])).toEqual([
      ...['one', '', 'two', ''],
    ]);
  });

  it('stops while it only waits', async () => {
    const server = new LeaseServer();
    server.create({ metadata: { name: 'b' }, spec: { holderIdentity: 'other', leaseDurationSeconds: 99 } });
    const one = new Candidate(server, 'one');
    await waitUntil('it has seen the leader', () => one.seen[0] === 'other');
    one.stop.abort();
    expect(await one.end).toBe('stopped');
    expect(server.holders).toEqual(['other']);
  });

  it.each<[string, (server: LeaseServer, one: Candidate) => void]>([
    ['it cannot renew', (_, one) => (one.cut = true)],
    ['the Lease is deleted', (server) => server.delete()],
    ['the Lease is given to another', (server) => takeAway(server)],
  ])('loses when %s', async (_, befall) => {
    const server = new LeaseServer();
    const one = new Candidate(server, 'one');
    await waitUntil('it leads', () => one.leads);
    befall(server, one);
    expect(await one.end).toBe('lost');
    expect(one.leads).toBe(false);
    expect(one.term?.signal.aborted).toBe(true);
    expect(server.lease?.spec?.holderIdentity).not.toBe('');
  });

  it('goes on when the answer to a renewal was lost', async () => {
    const server = new LeaseServer();
    const one = new Candidate(server, 'one');
    await waitUntil('it leads', () => one.leads);
    const version = Number(server.patch({ metadata: { name: 'b' } }).metadata.resourceVersion);
    await waitUntil(
      'it has renewed twice',
      () => Number(server.lease?.metadata.resourceVersion) > version + 1,
    );
    expect(one.leads).toBe(true);
  });

  it('counts its term from when it asked, not from when it was answered', async () => {
    let now = 0;
    const clock = { ...systemClock, monotonic: () => now, wall: () => now };
    const server = new LeaseServer();
    const client = server.client({
      send: async (serve) => {
        if (now > 0) throw new ApiUnreachableError('the Lease', 'connection', 'the line is cut');
        try {
          return serve();
        } finally {
          // The first look finds nothing; what makes the Lease takes its time.
          if (server.lease !== undefined) now = 1_500;
        }
      },
      push: () => undefined,
    });
    const one = new Candidate(server, 'one', { client, clock });
    await waitUntil('it leads', () => one.leads);
    now = 1_999;
    expect(one.leads).toBe(true);
    now = 2_000;
    expect(one.leads).toBe(false);
    expect(await one.end).toBe('lost');
  });

  it.each([
    [{ leaseDuration: 10_000, renewDeadline: 10_000 }],
    [{ renewDeadline: 4_000, retryPeriod: 2_000 }],
    [{ retryPeriod: 0 }],
    [{ renewDeadline: NaN }],
  ])('refuses %j', async (times) => {
    const settings = { namespace: 'a', name: 'b', identity: 'c', log: silent, lead: async () => undefined };
    const client = new LeaseServer().client({ send: async (serve) => serve(), push: () => undefined });
    await expect(lead({ client, ...settings, ...times }, AbortSignal.abort())).rejects.toThrow(RangeError);
  });
});

describe('of two candidates', () => {
  it('the other leads once the Lease is given back, without waiting for a poll', async () => {
    const server = new LeaseServer();
    const one = new Candidate(server, 'one');
    await waitUntil('it leads', () => one.leads);
    // Its poll comes too late for this test.
    const two = new Candidate(server, 'two', {
      leaseDuration: 900_000,
      renewDeadline: 600_000,
      retryPeriod: 90_000,
    });
    await waitUntil('it follows', () => two.seen[0] === 'one');
    one.stop.abort();
    await waitUntil('the other leads', () => two.leads);
    expect(await one.end).toBe('stopped');
    expect(two.seen).toEqual(['one', 'two']);
    expect(server.lease?.spec?.leaseTransitions).toBe(1);
  });

  it('the other leads when the first is cut off, and never both', async () => {
    const server = new LeaseServer();
    const one = new Candidate(server, 'one');
    await waitUntil('it leads', () => one.leads);
    const two = new Candidate(server, 'two');
    one.cut = true;
    await waitUntil('the other leads', () => {
      expect(one.leads && two.leads).toBe(false);
      return two.leads;
    });
    expect(await one.end).toBe('lost');
  });
});

it('names every process differently', () => {
  expect(newIdentity()).not.toBe(newIdentity());
});

function takeAway(server: LeaseServer): void {
  server.patch({ metadata: { name: 'b' }, spec: { holderIdentity: 'thief' } });
}
