/** `events.k8s.io/v1` Events, and Leases: both have times to the microsecond. */
import { fieldsOf, isFields, same, type ApiObject, textOf } from '../object.ts';
import { type Rules } from '../resource.ts';
import { cause, type Cause } from '../status.ts';
import { checkMicroTime } from './times.ts';

const MAX_NOTE = 1024;

export const eventRules: Rules = {
  createOnUpdate: true,
  admit: (event) => {
    checkMicroTime('Event', event['eventTime']);
    checkMicroTime('Event', fieldsOf(event['series'])['lastObservedTime']);
  },
  prepareCreate: (event) => ({
    ...event,
    deprecatedSource: {},
    deprecatedFirstTimestamp: null,
    deprecatedLastTimestamp: null,
  }),
  validate: (event, old) => (old === undefined ? newEventCauses(event) : changedEventCauses(event, old)),
};

const REQUIRED = ['reportingController', 'reportingInstance', 'action', 'reason'] as const;
const LIMITS = { reportingInstance: 128, action: 128, reason: 128 } as const;

function newEventCauses(event: ApiObject): Cause[] {
  const { namespace = '' } = event.metadata;
  const regarding = textOf(fieldsOf(event['regarding'])['namespace']);
  // What is about a thing of the whole cluster is told in the namespace `default`.
  const wrong = regarding === '' && namespace !== 'default';
  const text = (key: string): string => textOf(event[key]);
  const type = text('type');
  return [
    ...(wrong
      ? [cause.invalid('involvedObject.namespace', regarding, 'does not match event.namespace')]
      : []),
    ...(event['eventTime'] === undefined ? [cause.required('eventTime')] : []),
    ...REQUIRED.filter((key) => text(key) === '').map((key) => cause.required(key)),
    ...Object.entries(LIMITS)
      .filter(([key, limit]) => text(key).length > limit)
      .map(([key, limit]) => cause.invalid(key, text(key), `can have at most ${limit} characters`)),
    ...(type === 'Normal' || type === 'Warning'
      ? []
      : [cause.invalid('type', '', `has invalid value: ${type}`)]),
    ...(Buffer.byteLength(text('note')) > MAX_NOTE
      ? [cause.invalid('message', text('note'), `can have at most ${MAX_NOTE} characters`)]
      : []),
  ];
}

/** The field, and what the real server's older name for it is. */
const FIXED = {
  note: 'message',
  reason: 'reason',
  type: 'type',
  action: 'action',
  regarding: 'involvedObject',
};

function changedEventCauses(event: ApiObject, old: ApiObject): Cause[] {
  return Object.entries(FIXED)
    .filter(([key]) => !same(event[key], old[key]))
    .map(([key, field]) => cause.invalid(field, event[key], 'field is immutable'));
}

export const leaseRules: Rules = {
  noBlindUpdate: true,
  createOnUpdate: true,
  admit: ({ spec }) => {
    checkMicroTime('Lease', spec?.['renewTime']);
    checkMicroTime('Lease', spec?.['acquireTime']);
  },
  validate: ({ spec }) => {
    if (!isFields(spec)) return [];
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec;
    return [
      ...(typeof duration === 'number' && duration <= 0
        ? [cause.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
        : []),
      ...(typeof transitions === 'number' && transitions < 0
        ? [cause.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
        : []),
    ];
  },
};
