/** Where images may be asked for on behalf of whoever writes a Task: the operator's choice. */
import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import { ownAddresses } from '../shared/image/addresses.ts';
import type { LookupSettings } from '../shared/image/lookup.ts';
import { readHost } from '../shared/image/registry-options.ts';
import type { Registries } from '../shared/image/settings.ts';
import { UsageError } from '../shared/turn/errors.ts';
import type { ControllerArguments } from './options.ts';

/**
 * @param registries - of the options that are the same for every command; who is named there may be asked
 * @throws {UsageError}
 * @example lookupPlaces({ lookupDeny: ['10.0.0.0/8'], lookupAllow: ['registry.internal'] }, registries, process.env)
 */
export function lookupPlaces(
  { lookupDeny, lookupAllow }: Pick<ControllerArguments, 'lookupDeny' | 'lookupAllow'>,
  registries: Registries,
  env: Readonly<Record<string, string | undefined>>,
): Required<Pick<LookupSettings, 'registries' | 'denied'>> {
  const denied = ownAddresses(env);
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((own = []) => own))
    denied.addAddress(address, family === 'IPv6' ? 'ipv6' : 'ipv4');
  for (const text of listed(lookupDeny)) {
    const [net = '', bits = '', ...more] = text.split('/');
    const family = isIP(net) === 6 ? 'ipv6' : 'ipv4';
    const isNetwork = isIP(net) !== 0 && /^\d{1,3}$/.test(bits) && more.length === 0;
    if (!isNetwork || Number(bits) > (family === 'ipv6' ? 128 : 32))
      throw new UsageError(`--lookup-deny "${text}" is no network; write it as 10.96.0.0/12`);
    denied.addSubnet(net, Number(bits), family);
  }
  const allowed = listed(lookupAllow).map((host) =>
    readHost(host, `--lookup-allow needs HOST[:PORT], not "${host}"`),
  );
  return {
    denied,
    registries: new Map([...allowed.map((host) => [host, {}] as const), ...registries]),
  };
}

/** A variable has several with commas. */
function listed(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',').map((each) => each.trim())).filter((each) => each !== '');
}
