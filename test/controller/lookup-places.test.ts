import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { lookupPlaces } from '../../controller/lookup-places.ts';
import { anonymous } from '../../shared/image/keyring.ts';
import { ImageNotFoundError } from '../../shared/image/errors.ts';
import { ImageLookup } from '../../shared/image/lookup.ts';
import { listen } from '../support/servers.ts';

const places = (lookupDeny: string[], lookupAllow: string[] = []) =>
  lookupPlaces({ lookupDeny, lookupAllow }, new Map(), {});

describe('where images may be asked for', () => {
  it('is nowhere in a network that is denied, or at an address of this machine', () => {
    const { denied } = places(['10.96.0.0/12,192.0.2.0/24', '2001:db8::/32']);
    const isDenied = (address: string): boolean =>
      denied.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
    const own = Object.values(networkInterfaces()).flatMap((each = []) => each.map(({ address }) => address));
    const inside = ['10.96.0.1', '10.111.255.255', '192.0.2.7', '::ffff:10.96.0.1', '2001:db8::1', ...own];
    expect(inside.filter((address) => !isDenied(address))).toEqual([]);
    expect(['10.112.0.1', '192.0.3.1'].filter(isDenied)).toEqual([]);
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '::/129', 'x/8', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0.0/-1'])(
    'cannot be said as %s',
    (network) => {
      expect(() => places([network])).toThrow(`--lookup-deny "${network}" is no network`);
    },
  );

  it('cannot be said as an address of the web', () => {
    expect(() => places([], ['https://r.example'])).toThrow('--lookup-allow needs HOST[:PORT]');
  });

  it('is at a registry that is allowed, wherever it is', async () => {
    const { host } = await listen((_, response) => void response.writeHead(404).end());
    const find = async (allowed: string[]) =>
      new ImageLookup(places([], allowed)).find(`${host}/a:1`, { keyring: anonymous });
    await expect(find([])).rejects.toThrow('an address of the cluster’s own');
    // It is asked, and has no such image.
    await expect(find([host])).rejects.toThrow(ImageNotFoundError);
  });
});
